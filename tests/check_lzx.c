/*
 * check_lzx.c: LZX chunks built bit by bit, and those of libwim.
 */
#include "codec_check.h"

enum { VERBATIM = 1, ALIGNED, STORED };

/* ---- the parts of a block ------------------------------------------------ */

static void put_head(struct stream *s, unsigned type, unsigned size)
{
	put_bits(s, 3, type);
	put_bits(s, 1, 0); /* the size follows */
	put_bits(s, 16, size);
}

/*
 * The small code that all lists of lengths here use: 16 (one more than
 * before, from 0: length 1) has 1 bit, 17 and 18 (zeros) have 2.
 */
static void put_pre(struct stream *s)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		put_bits(s, 4, i == 16 ? 1 : i == 17 || i == 18 ? 2 : 0);
}

static void put_one(struct stream *s)
{
	put_bits(s, 1, 0); /* 16 */
}

/* n lengths of zero, n of 4 or more */
static void put_zeros(struct stream *s, unsigned n)
{
	while (n >= 20) {
		unsigned k = n > 51 && n - 51 < 4 ? 47 : n < 51 ? n : 51;

		put_bits(s, 2, 3); /* 18 */
		put_bits(s, 5, k - 20);
		n -= k;
	}
	if (n) {
		ck_assert_uint_ge(n, 4);
		put_bits(s, 2, 2); /* 17 */
		put_bits(s, 4, n - 4);
	}
}

/* A list of n lengths: 1 for symbol a, and for b when it is not 0. */
static void put_list(struct stream *s, unsigned n, unsigned a, unsigned b)
{
	put_pre(s);
	put_zeros(s, a);
	put_one(s);
	if (b) {
		put_zeros(s, b - a - 1);
		put_one(s);
		a = b;
	}
	put_zeros(s, n - a - 1);
}

/* Main: 'A' has 1 bit (0), one match symbol too (1).  Lengths: 0 and 1. */
static void put_codes(struct stream *s, unsigned match)
{
	put_list(s, 256, 'A', 0);
	put_list(s, 240, match - 256, 0);
	put_list(s, 249, 0, 1);
}

static unsigned match_symbol(unsigned slot, unsigned len)
{
	return 256 + 8 * slot + len;
}

static void expect(const struct stream *s, const char *want, size_t n)
{
	decodes_to(HL_CODEC_LZX, s->p, s->n, want, n);
	every_cut(HL_CODEC_LZX, s->p, s->n, want, n);
	every_flip(HL_CODEC_LZX, WIM_LZX, s->p, s->n, n);
}

/* ---- verbatim and aligned ------------------------------------------------ */

START_TEST(a_byte_and_a_match_of_it)
{
	struct stream s = { .n = 0 };

	put_head(&s, VERBATIM, 11);
	put_codes(&s, match_symbol(3, 7)); /* slot 3: distance 1 */
	put_bits(&s, 1, 0);                /* A */
	put_bits(&s, 1, 1);                /* the match: 2 + 7 + ... */
	put_bits(&s, 1, 1);                /* ... 1 */
	expect(&s, "AAAAAAAAAAA", 11);
}
END_TEST

/* 16 times A, then a match of length 2 at a distance of that slot, whose low
 * bits are 1; low bits 1 and 6 have a codeword each. */
static void put_aligned(struct stream *s, unsigned slot)
{
	unsigned i;

	put_head(s, ALIGNED, 18);
	for (i = 0; i < 8; i++)
		put_bits(s, 3, i == 1 || i == 6);
	put_codes(s, match_symbol(slot, 0));
	for (i = 0; i < 16; i++)
		put_bits(s, 1, 0);
	put_bits(s, 1, 1);
	put_bits(s, 1, 0);
}

START_TEST(an_aligned_distance)
{
	struct stream s = { .n = 0 };

	put_aligned(&s, 8); /* 16 + 1 - 2 */
	expect(&s, "AAAAAAAAAAAAAAAAAA", 18);
	memset(&s, 0, sizeof(s));
	put_aligned(&s, 9); /* 24 + 1 - 2: before the start */
	is_corrupt(HL_CODEC_LZX, s.p, s.n, 18);
}
END_TEST

/* A small code of 0 (as before) and 18 (20 zeros or more), a bit each. */
static void put_keep(struct stream *s, unsigned n, unsigned kept)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		put_bits(s, 4, i == 0 || i == 18);
	for (i = 0; i < kept; i++)
		put_bits(s, 1, 0);
	for (n -= kept; n >= 51; n -= 51) {
		put_bits(s, 1, 1);
		put_bits(s, 5, 31);
	}
	for (i = 0; i < n; i++)
		put_bits(s, 1, 0);
}

START_TEST(the_next_block_tells_only_what_differs)
{
	struct stream s = { .n = 0 };

	put_head(&s, VERBATIM, 3);
	put_codes(&s, match_symbol(3, 0));
	put_bits(&s, 2, 1); /* A, and a match */
	put_head(&s, VERBATIM, 3);
	put_keep(&s, 256, 'A' + 1);
	put_keep(&s, 240, 25);
	put_keep(&s, 249, 2);
	put_bits(&s, 2, 2); /* a match, and A */
	expect(&s, "AAAAAA", 6);
}
END_TEST

/* Lengths again: 19 repeats one difference 4 or 5 times. */
START_TEST(a_run_of_one_difference)
{
	struct stream s = { .n = 0 };
	unsigned i;

	put_head(&s, VERBATIM, 4);
	/* 15 (length 2): 2 bits, 18: 2 bits, 17: 2 bits, 19: 2 bits */
	for (i = 0; i < 20; i++)
		put_bits(&s, 4, i == 15 || i >= 17 ? 2 : 0);
	/* 256: 'A' to 'D' have 2 bits */
	put_bits(&s, 2, 2), put_bits(&s, 5, 31); /* 18: 51 zeros */
	put_bits(&s, 2, 1), put_bits(&s, 4, 10); /* 17: 14 zeros */
	put_bits(&s, 2, 3), put_bits(&s, 1, 0);  /* 19: 4 of ... */
	put_bits(&s, 2, 0);                      /* ... 15 */
	for (i = 0; i < 3; i++)
		put_bits(&s, 2, 2), put_bits(&s, 5, 31); /* 153 zeros */
	put_bits(&s, 2, 2), put_bits(&s, 5, 34 - 20);    /* 34 zeros */
	/* 240 and 249: nothing; this small code is 17 and 18, a bit each */
	for (i = 0; i < 20; i++)
		put_bits(&s, 4, i == 17 || i == 18);
	for (i = 0; i < 4; i++)
		put_bits(&s, 1, 1), put_bits(&s, 5, 31); /* 204 */
	put_bits(&s, 1, 1), put_bits(&s, 5, 16);         /* 36 */
	for (i = 0; i < 20; i++)
		put_bits(&s, 4, i == 17 || i == 18);
	for (i = 0; i < 4; i++)
		put_bits(&s, 1, 1), put_bits(&s, 5, 31); /* 204 */
	put_bits(&s, 1, 1), put_bits(&s, 5, 25);         /* 45 */
	put_bits(&s, 8, 0xd8);                           /* D B C A */
	expect(&s, "DBCA", 4);
}
END_TEST

/* ---- stored -------------------------------------------------------------- */

static void put_recent(struct stream *s, uint32_t a, uint32_t b, uint32_t c)
{
	uint8_t p[12];

	put32(p, a);
	put32(p + 4, b);
	put32(p + 8, c);
	put_bytes(s, p, 12);
	s->left = 0;
}

START_TEST(stored_blocks_one_after_another)
{
	struct stream s = { .n = 0 };

	put_head(&s, STORED, 3);
	put_bits(&s, 12, 0); /* to the next unit */
	put_recent(&s, 1, 1, 1);
	put_bytes(&s, "abc\0", 4); /* to an even number */
	put_head(&s, STORED, 4);
	put_bits(&s, 12, 0);
	put_recent(&s, 1, 1, 1);
	put_bytes(&s, "defg", 4);
	expect(&s, "abcdefg", 7);
}
END_TEST

/* A header that ends with its unit is followed by a whole unit of nothing. */
START_TEST(a_stored_block_behind_a_full_unit)
{
	struct stream s = { .n = 0 };
	char want[20];
	size_t bits, n;

	/* so many times A that the next header, of 20 bits, ends there */
	put_head(&s, VERBATIM, 0);
	put_codes(&s, match_symbol(3, 0));
	bits = s.n * 8 - s.left + 20;
	n = 16 - bits % 16;
	memset(&s, 0, sizeof(s));
	put_head(&s, VERBATIM, (unsigned)n);
	put_codes(&s, match_symbol(3, 0));
	put_bits(&s, (unsigned)n, 0);
	put_head(&s, STORED, 2);
	ck_assert_uint_eq(s.left, 0);
	put_bits(&s, 16, 0);
	put_recent(&s, 1, 1, 1);
	put_bytes(&s, "xy", 2);
	memset(want, 'A', n);
	memcpy(want + n, "xy", 2);
	expect(&s, want, n + 2);
}
END_TEST

/* "BCD" stored, with the distances 2, 3, 1; then a match of length 2 at one
 * of them, and another, or two times A. */
static void put_recents(struct stream *s, unsigned slot, bool twice)
{
	put_head(s, STORED, 3);
	put_bits(s, 12, 0);
	put_recent(s, 2, 3, 1);
	put_bytes(s, "BCD\0", 4);
	put_head(s, VERBATIM, 4);
	put_codes(s, match_symbol(slot, 0));
	put_bits(s, 1, 1);
	put_bits(s, twice ? 1 : 2, twice ? 1 : 0);
}

/* Slots 0 to 2: the one used changes places with the first. */
START_TEST(distances_used_lately)
{
	static const char *const once[] = {
		"BCDCDAA", "BCDBCAA", "BCDDDAA",
	};
	static const char *const twice[] = {
		"BCDCDCD", /* 2, 2 */
		"BCDBCBC", /* 3, then 2, which came to its place */
		"BCDDDDD", /* 1, then 2, likewise */
	};
	struct stream s = { .n = 0 };

	put_recents(&s, (unsigned)_i, false);
	expect(&s, once[_i], 7);
	memset(&s, 0, sizeof(s));
	put_recents(&s, (unsigned)_i, true);
	expect(&s, twice[_i], 7);
}
END_TEST

START_TEST(a_distance_of_zero_is_damage_when_it_is_used)
{
	struct stream s = { .n = 0 };

	put_head(&s, STORED, 2);
	put_bits(&s, 12, 0);
	put_recent(&s, 0, 1, 1);
	put_bytes(&s, "AB", 2);
	put_head(&s, VERBATIM, 2);
	put_codes(&s, match_symbol(0, 0));
	put_bits(&s, 1, 1);
	is_corrupt(HL_CODEC_LZX, s.p, s.n, 4);
}
END_TEST

/* ---- calls --------------------------------------------------------------- */

struct call { uint32_t stored, want; };
static const struct call calls[] = {
	{ 0x00000100, 0x00000100 - 4 },         /* absolute: less its place */
	{ 0x00000000, 0xfffffffc },
	{ 11999999, 11999999 - 4 },
	{ 12000000, 12000000 },                 /* too far: as it was */
	{ 0xfffffffc, 12000000 - 4 },           /* -4: as far as its place */
	{ 0xffffffff, 12000000 - 1 },
	{ 0xfffffffb, 0xfffffffb },             /* -5: as it was */
};

/* One stored block that holds it. */
static void put_plain(struct stream *s, const uint8_t *p, size_t n)
{
	put_head(s, STORED, (unsigned)n);
	put_bits(s, 12, 0);
	put_recent(s, 1, 1, 1);
	put_bytes(s, p, n);
	if (n % 2)
		put_bytes(s, "", 1);
}

START_TEST(targets_of_calls_become_relative)
{
	struct stream s = { .n = 0 };
	uint8_t p[20] = { 0 };

	p[4] = 0xe8;
	put32(p + 5, calls[_i].stored);
	put_plain(&s, p, sizeof(p));
	put32(p + 5, calls[_i].want);
	decodes_to(HL_CODEC_LZX, s.p, s.n, p, sizeof(p));
	every_flip(HL_CODEC_LZX, WIM_LZX, s.p, s.n, sizeof(p));
}
END_TEST

START_TEST(the_last_ten_bytes_have_no_calls)
{
	struct stream s = { .n = 0 };
	uint8_t p[20] = { 0 };

	p[10] = 0xe8;
	put32(p + 11, 0x100);
	put_plain(&s, p, sizeof(p));
	decodes_to(HL_CODEC_LZX, s.p, s.n, p, sizeof(p));
	/* one byte before: it is one */
	memset(p, 0, sizeof(p));
	memset(&s, 0, sizeof(s));
	p[9] = 0xe8;
	put32(p + 10, 0x100);
	put_plain(&s, p, sizeof(p));
	put32(p + 10, 0x100 - 9);
	decodes_to(HL_CODEC_LZX, s.p, s.n, p, sizeof(p));
	/* nor has a chunk that is not longer than that */
	memset(&s, 0, sizeof(s));
	memset(p, 0xe8, 10);
	put_plain(&s, p, 10);
	decodes_to(HL_CODEC_LZX, s.p, s.n, p, 10);
}
END_TEST

/* The four bytes of a target are not looked at for another call. */
START_TEST(calls_do_not_overlap)
{
	struct stream s = { .n = 0 };
	uint8_t p[24] = { 0 };

	p[0] = 0xe8;
	put32(p + 1, 0x0000e800); /* its second byte looks like one */
	p[5] = 0xe8;
	put32(p + 6, 0x00001000);
	put_plain(&s, p, sizeof(p));
	put32(p + 6, 0x00001000 - 5);
	decodes_to(HL_CODEC_LZX, s.p, s.n, p, sizeof(p));
}
END_TEST

/* ---- damage -------------------------------------------------------------- */

START_TEST(headers_that_cannot_be)
{
	struct stream s = { .n = 0 };

	switch (_i) {
	case 0: /* no such type */
		put_head(&s, 0, 4);
		break;
	case 1:
		put_head(&s, 4, 4);
		break;
	case 2: /* nothing in it */
		put_head(&s, STORED, 0);
		break;
	case 3: /* more than is wanted */
		put_head(&s, STORED, 5);
		break;
	case 4: /* 32 KiB are more than is wanted */
		put_bits(&s, 4, STORED << 1 | 1);
		break;
	case 5: /* a run of zeros past the end of the list */
		put_head(&s, VERBATIM, 4);
		put_pre(&s);
		put_zeros(&s, 255);
		put_bits(&s, 2, 2);
		put_bits(&s, 4, 0);
		break;
	case 6: /* a match past the end of its block */
		put_head(&s, VERBATIM, 2);
		put_codes(&s, match_symbol(3, 0));
		put_bits(&s, 2, 1);
		break;
	case 7: /* a code without symbols, and one is asked for */
		put_head(&s, VERBATIM, 4);
		for (int i = 0; i < 20; i++)
			put_bits(&s, 4, 0);
		break;
	}
	put_bytes(&s, (uint8_t[64]){ 0 }, 64);
	is_corrupt(HL_CODEC_LZX, s.p, s.n, 4);
}
END_TEST

START_TEST(only_one_chunk_at_a_time)
{
	static uint8_t out[32769];
	uint8_t in[4] = { 0 };
	size_t got = 7;

	ck_assert_int_eq(decode(HL_CODEC_LZX, in, 4, out, 32769, &got),
	                 HL_UNSUPPORTED);
	ck_assert_uint_eq(got, 0);
	ck_assert_int_eq(decode(HL_CODEC_LZX, in, 0, out, 0, &got), HL_OK);
	is_corrupt(HL_CODEC_LZX, in, 0, 1);
}
END_TEST

/* ---- libwim -------------------------------------------------------------- */

START_TEST(what_libwim_compressed)
{
	static const struct wim_case c = { HL_CODEC_LZX, WIM_LZX, 32768 };
	const struct wim *w = wim_open();

	if (!w)
		SKIP("no libwim here");
	round_trips(&c, w, 400);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("lzx");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_byte_and_a_match_of_it);
	tcase_add_test(t, an_aligned_distance);
	tcase_add_test(t, the_next_block_tells_only_what_differs);
	tcase_add_test(t, a_run_of_one_difference);
	tcase_add_test(t, stored_blocks_one_after_another);
	tcase_add_test(t, a_stored_block_behind_a_full_unit);
	tcase_add_loop_test(t, distances_used_lately, 0, 3);
	tcase_add_test(t, a_distance_of_zero_is_damage_when_it_is_used);
	tcase_add_loop_test(t, targets_of_calls_become_relative, 0, 7);
	tcase_add_test(t, the_last_ten_bytes_have_no_calls);
	tcase_add_test(t, calls_do_not_overlap);
	tcase_add_loop_test(t, headers_that_cannot_be, 0, 8);
	tcase_add_test(t, only_one_chunk_at_a_time);
	tcase_add_test(t, what_libwim_compressed);
	return t;
}

int main(void)
{
	return test_main("lzx", cases(), NULL);
}
