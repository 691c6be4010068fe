/*
 * check_xpress.c: XPRESS with Huffman codes: the examples of [MS-XCA], a
 * stream of Windows' own, streams built by hand, and those of libwim.
 */
#include "codec_check.h"

/* A table of 256 bytes: two symbols in each, the even one in the low half. */
static size_t put_table(uint8_t *p, const unsigned (*code)[2], size_t n)
{
	size_t i;

	memset(p, 0, 256);
	for (i = 0; i < n; i++)
		p[code[i][0] / 2] |= (uint8_t)(code[i][1] <<
		                               4 * (code[i][0] % 2));
	return 256;
}
#define TABLE(s, ...) do { \
		static const unsigned c_[][2] = { __VA_ARGS__ }; \
		(s)->n += put_table((s)->p + (s)->n, c_, \
		                    sizeof(c_) / sizeof(c_[0])); \
		(s)->left = 0; \
	} while (0)

/* ---- published ----------------------------------------------------------- */

/* [MS-XCA] 3.2, first example: the alphabet. */
static size_t alphabet(uint8_t *in)
{
	static const uint8_t codes[] = {
		/* 'a' to 'v' have 5 bits, 'w' to 'z' 4 */
		0x50, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
		0x55, 0x45, 0x44, 0x04,
	};
	static const uint8_t body[] = {
		0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b, 0xe9, 0x19, 0x5f,
		0xf9, 0xd6, 0x7c, 0xdf, 0x8d, 0x04, 0x00, 0x00, 0x00, 0x00,
	};

	memset(in, 0, 256);
	memcpy(in + 'a' / 2, codes, sizeof(codes));
	in[256 / 2] = 0x04; /* 256 ends the data: 4 bits */
	memcpy(in + 256, body, sizeof(body));
	return 256 + sizeof(body);
}

START_TEST(the_alphabet_of_the_specification)
{
	static const char want[] = "abcdefghijklmnopqrstuvwxyz";
	uint8_t in[300];
	size_t n = alphabet(in);

	decodes_to(HL_CODEC_XPRESS, in, n, want, 26);
	every_cut(HL_CODEC_XPRESS, in, n, want, 26);
	every_flip(HL_CODEC_XPRESS, WIM_XPRESS, in, n, 26);
}
END_TEST

/* [MS-XCA] 3.2, second example: "abc" a hundred times. */
START_TEST(the_long_match_of_the_specification)
{
	static const uint8_t body[] = {
		0xa8, 0xdc, /* a b c, the match, its distance bit, the end */
		0x00, 0x00, /* the unit that is at hand by then */
		0xff, 0x26, 0x01, /* 255: length - 3 in 16 bits: 294 */
	};
	uint8_t in[256 + sizeof(body)] = { 0 }, want[300];
	size_t i;

	in[48] = 0x30;  /* 'a': 3 bits */
	in[49] = 0x23;  /* 'b': 3, 'c': 2 */
	in[128] = 0x02; /* 256: 2 */
	in[143] = 0x20; /* 287, length 15 or more, one distance bit: 2 */
	memcpy(in + 256, body, sizeof(body));
	for (i = 0; i < 300; i++)
		want[i] = (uint8_t)"abc"[i % 3];
	decodes_to(HL_CODEC_XPRESS, in, sizeof(in), want, 300);
	every_cut(HL_CODEC_XPRESS, in, sizeof(in), want, 300);
	every_flip(HL_CODEC_XPRESS, WIM_XPRESS, in, sizeof(in), 300);
}
END_TEST

/* What Windows' compression API makes of 65,537 zeros: the match reaches one
 * byte beyond the 64 KiB for which its code stands. */
START_TEST(a_match_across_the_end_of_a_block)
{
	static const uint8_t body[] = {
		0x00, 0x98, 0x00, 0x00, 0xff, 0xfd, 0xff,
	};
	static const uint8_t want[65537];
	uint8_t in[256 + sizeof(body)] = { 0 };

	in[0] = 0x02;   /* a zero byte: 2 bits */
	in[128] = 0x02; /* the end: 2 */
	in[135] = 0x10; /* 271, length 15 or more, distance 1: 1 */
	memcpy(in + 256, body, sizeof(body));
	decodes_to(HL_CODEC_XPRESS, in, sizeof(in), want, 65537);
}
END_TEST

/* ---- by hand ------------------------------------------------------------- */

START_TEST(a_second_block_has_a_code_of_its_own)
{
	static uint8_t want[65536 + 3];
	struct stream s = { .n = 0 };

	TABLE(&s, { 0, 2 }, { 256, 2 }, { 271, 1 });
	put_bits(&s, 2, 2);  /* a zero byte: 10 */
	put_bits(&s, 1, 0);  /* 271: 0 */
	put_bits(&s, 13, 0);
	put_bits(&s, 16, 0); /* the unit at hand when the length is read */
	put_bytes(&s, "\xff\xfc\xff", 3); /* length 65532 + 3 */
	TABLE(&s, { 'x', 1 }, { 'y', 1 });
	put_bits(&s, 1, 1);  /* y */
	put_bits(&s, 1, 0);  /* x */
	put_bits(&s, 1, 1);  /* y */
	memcpy(want + 65536, "yxy", 3);
	decodes_to(HL_CODEC_XPRESS, s.p, s.n, want, sizeof(want));
	/* without its code the first block is all there is */
	size_t got;
	static uint8_t out[sizeof(want)];
	ck_assert_int_eq(decode(HL_CODEC_XPRESS, s.p, 300, out, sizeof(want),
	                        &got), HL_CORRUPT);
	ck_assert_uint_eq(got, 65536);
}
END_TEST

START_TEST(lengths_of_every_size)
{
	struct row { const char *bytes; size_t n, len; };
	static const struct row rows[] = {
		{ "\x00", 1, 18 },               /* 15 + 0 + 3 */
		{ "\xfe", 1, 15 + 254 + 3 },
		{ "\xff\x0f\x00", 3, 15 + 3 },   /* 16 bits stand for all */
		{ "\xff\xff\xff", 3, 65535 + 3 },
		{ "\xff\x00\x00\x00\x00\x01\x00", 7, 65536 + 3 },
	};
	static uint8_t want[70000];
	const struct row *r = &rows[_i];
	struct stream s = { .n = 0 };

	/* the long one: two symbols of a bit each */
	memset(want, 'x', sizeof(want));
	TABLE(&s, { 'x', 1 }, { 271, 1 });
	put_bits(&s, 1, 0); /* x */
	put_bits(&s, 1, 1); /* 271: distance 1, length follows */
	put_bits(&s, 14, 0);
	put_bits(&s, 16, 0);
	put_bytes(&s, r->bytes, r->n);
	decodes_to(HL_CODEC_XPRESS, s.p, s.n, want, r->len + 1);
	if (r->len < 65536) /* one less is wanted than the match has */
		is_corrupt(HL_CODEC_XPRESS, s.p, s.n, r->len);
}
END_TEST

START_TEST(a_codeword_of_fifteen_bits)
{
	static uint8_t want[4] = { 14, 15, 0, 14 };
	struct stream s = { .n = 0 };

	/* 0 has 1 bit, 1 has 2, ... 14 and 15 have 15 */
	TABLE(&s, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 5 }, { 5, 6 },
	      { 6, 7 }, { 7, 8 }, { 8, 9 }, { 9, 10 }, { 10, 11 }, { 11, 12 },
	      { 12, 13 }, { 13, 14 }, { 14, 15 }, { 15, 15 });
	put_bits(&s, 15, 0x7ffe);
	put_bits(&s, 15, 0x7fff);
	put_bits(&s, 1, 0);
	put_bits(&s, 15, 0x7ffe);
	decodes_to(HL_CODEC_XPRESS, s.p, s.n, want, 4);
	every_cut(HL_CODEC_XPRESS, s.p, s.n, want, 4);
}
END_TEST

START_TEST(a_match_may_not_reach_before_the_start)
{
	struct stream s = { .n = 0 };

	/* 256 + 1 << 4: distances 2 and 3, length 3 */
	TABLE(&s, { 'x', 1 }, { 272, 1 });
	put_bits(&s, 1, 0); /* x */
	put_bits(&s, 1, 1);
	put_bits(&s, 1, 0); /* distance 2 */
	put_bits(&s, 13, 0);
	is_corrupt(HL_CODEC_XPRESS, s.p, s.n, 4);
}
END_TEST

START_TEST(codes_that_cannot_be)
{
	struct stream s = { .n = 0 };

	switch (_i) {
	case 0: /* three of one bit */
		TABLE(&s, { 'x', 1 }, { 'y', 1 }, { 'z', 1 });
		break;
	case 1: /* only half of the bits have a meaning */
		TABLE(&s, { 'x', 1 });
		break;
	case 2: /* no symbol at all */
		TABLE(&s, { 0, 0 });
		break;
	case 3: /* the lengths themselves are cut */
		s.n = 255;
		break;
	}
	put_bits(&s, 16, 0);
	is_corrupt(HL_CODEC_XPRESS, s.p, _i == 3 ? 255 : s.n, 4);
}
END_TEST

START_TEST(a_length_that_has_a_shorter_form_is_damage)
{
	struct stream s = { .n = 0 };

	TABLE(&s, { 'x', 1 }, { 271, 1 });
	put_bits(&s, 2, 1);
	put_bits(&s, 14, 0);
	put_bits(&s, 16, 0);
	put_bytes(&s, "\xff\x0e\x00", 3); /* 14: would not need the bytes */
	is_corrupt(HL_CODEC_XPRESS, s.p, s.n, 18);
}
END_TEST

START_TEST(nothing_comes_out_of_nothing)
{
	uint8_t out[1] = { 0 };
	size_t got = 7;

	ck_assert_int_eq(decode(HL_CODEC_XPRESS, out, 0, out, 0, &got), HL_OK);
	ck_assert_uint_eq(got, 0);
	is_corrupt(HL_CODEC_XPRESS, out, 0, 1);
}
END_TEST

/* ---- libwim -------------------------------------------------------------- */

static const struct wim_case wim_cases[] = {
	{ HL_CODEC_XPRESS, WIM_XPRESS, 4096 },
	{ HL_CODEC_XPRESS, WIM_XPRESS, 8192 },
	{ HL_CODEC_XPRESS, WIM_XPRESS, 16384 },
	{ HL_CODEC_XPRESS, WIM_XPRESS, 65536 },
};

START_TEST(what_libwim_compressed)
{
	const struct wim *w = wim_open();

	if (!w)
		SKIP("no libwim here");
	round_trips(&wim_cases[_i], w, 400);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("xpress");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_alphabet_of_the_specification);
	tcase_add_test(t, the_long_match_of_the_specification);
	tcase_add_test(t, a_match_across_the_end_of_a_block);
	tcase_add_test(t, a_second_block_has_a_code_of_its_own);
	tcase_add_loop_test(t, lengths_of_every_size, 0, 5);
	tcase_add_test(t, a_codeword_of_fifteen_bits);
	tcase_add_test(t, a_match_may_not_reach_before_the_start);
	tcase_add_loop_test(t, codes_that_cannot_be, 0, 4);
	tcase_add_test(t, a_length_that_has_a_shorter_form_is_damage);
	tcase_add_test(t, nothing_comes_out_of_nothing);
	tcase_add_loop_test(t, what_libwim_compressed, 0, 4);
	return t;
}

int main(void)
{
	return test_main("xpress", cases(), NULL);
}
