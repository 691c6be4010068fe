/* check_lznt1.c: LZNT1 with streams built byte by byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "testing.h"

static enum hl_status decode(const uint8_t *in, size_t n, uint8_t *out,
                             size_t want, size_t *got)
{
	uint8_t *p = tight(in, n);
	enum hl_status st = hl_codec_decode(HL_CODEC_LZNT1, span_of(p, n), out,
	                                    want, got);

	free(p);
	return st;
}

START_TEST(literals_and_a_pair)
{
	static const uint8_t in[] = {
		0x05, 0xb0, /* compressed, signature 3, 6 bytes of body */
		0x08,       /* tokens: three bytes, then a pair */
		'a', 'b', 'c',
		0x03, 0x20, /* 4 + 12 bits: distance 2 + 1, length 3 + 3 */
		0x00, 0x00, /* end */
	};
	uint8_t out[64];
	size_t got;

	ck_assert_int_eq(decode(in, sizeof(in), out, sizeof(out), &got), HL_OK);
	ck_assert_uint_eq(got, 9);
	ck_assert(!memcmp(out, "abcabcabc", 9));
}
END_TEST

START_TEST(a_pair_may_reach_into_itself)
{
	static const uint8_t in[] = {
		0x03, 0xb0,      /* 4 bytes of body */
		0x02, 'x',       /* a byte, a pair */
		0xfc, 0x0f,      /* distance 1, length 4092 + 3 */
	};
	uint8_t out[4096];
	size_t got, i;

	ck_assert_int_eq(decode(in, sizeof(in), out, sizeof(out), &got), HL_OK);
	ck_assert_uint_eq(got, 4096);
	for (i = 0; i < 4096; i++)
		ck_assert_uint_eq(out[i], 'x');
}
END_TEST

START_TEST(the_split_of_a_pair_moves)
{
	/* 17 bytes out: now 5 bits of distance and 11 of length */
	uint8_t in[64] = { 0, 0, 0x00 }, out[64];
	size_t got, n = 3, i;

	for (i = 0; i < 17; i++) {
		if (i % 8 == 0 && i)
			in[n++] = i == 16 ? 0x02 : 0x00;
		in[n++] = (uint8_t)('a' + i);
	}
	put16(in + n, 16 << 11 | 1); /* distance 17, length 4 */
	n += 2;
	put16(in, 0xb000 | (unsigned)(n - 3));
	ck_assert_int_eq(decode(in, n, out, sizeof(out), &got), HL_OK);
	ck_assert_uint_eq(got, 21);
	ck_assert(!memcmp(out + 17, "abcd", 4));
}
END_TEST

START_TEST(a_stored_chunk_is_copied)
{
	static const uint8_t in[] = { 0x03, 0x30, 1, 2, 3, 4, 0, 0 };
	uint8_t out[16];
	size_t got;

	ck_assert_int_eq(decode(in, sizeof(in), out, sizeof(out), &got), HL_OK);
	ck_assert_uint_eq(got, 4);
	ck_assert(!memcmp(out, in + 2, 4));
}
END_TEST

START_TEST(a_short_chunk_before_another_is_filled_with_zeros)
{
	static const uint8_t in[] = {
		0x00, 0x30, 'a', /* stored, one byte */
		0x00, 0x30, 'b',
	};
	uint8_t out[5000];
	size_t got;

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(decode(in, sizeof(in), out, sizeof(out), &got), HL_OK);
	ck_assert_uint_eq(got, 4097);
	ck_assert_uint_eq(out[0], 'a');
	ck_assert_uint_eq(out[1], 0);
	ck_assert_uint_eq(out[4095], 0);
	ck_assert_uint_eq(out[4096], 'b');
	ck_assert_uint_eq(out[4097], 0xee);
}
END_TEST

struct bad_row {
	uint8_t in[12];
	size_t n;
	size_t got;
};
static const struct bad_row bad_rows[] = {
	/* a pair before anything came out */
	{ { 0x02, 0xb0, 0x01, 0x00, 0x00 }, 5, 0 },
	/* a pair that reaches before the chunk */
	{ { 0x03, 0xb0, 0x02, 'a', 0x00, 0x10 }, 6, 0 },
	/* wrong signature */
	{ { 0x01, 0x90, 0x00, 'a' }, 4, 0 },
	/* the body is cut */
	{ { 0xff, 0xbf, 0x00, 'a' }, 4, 0 },
	/* half a pair at the end */
	{ { 0x02, 0xb0, 0x02, 'a', 0x00 }, 5, 0 },
	/* the chunk before the damage counts, filled to its size */
	{ { 0x00, 0x30, 'a', 0x01, 0x90, 0, 0 }, 7, 4096 },
	/* more than a chunk holds */
	{ { 0x03, 0xb0, 0x02, 'x', 0xff, 0x0f }, 6, 0 },
};

START_TEST(damage_is_told_and_what_came_before_kept)
{
	const struct bad_row *r = &bad_rows[_i];
	uint8_t out[8192];
	size_t got;

	ck_assert_int_eq(decode(r->in, r->n, out, sizeof(out), &got),
	                 HL_CORRUPT);
	ck_assert_uint_eq(got, r->got);
}
END_TEST

START_TEST(no_more_than_wanted)
{
	static const uint8_t in[] = { 0x03, 0xb0, 0x02, 'x', 0xfc, 0x0f };
	uint8_t out[16];
	size_t got;

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(decode(in, sizeof(in), out, 10, &got), HL_OK);
	ck_assert_uint_eq(got, 10);
	ck_assert_uint_eq(out[9], 'x');
	ck_assert_uint_eq(out[10], 0xee);
	ck_assert_int_eq(decode(in, 0, out, 10, &got), HL_OK);
	ck_assert_uint_eq(got, 0);
	ck_assert_int_eq(decode(in, 1, out, 10, &got), HL_OK);
	ck_assert_int_eq(hl_codec_decode(99, span_of(in, 6), out, 10, &got),
	                 HL_UNSUPPORTED);
}
END_TEST

static uint8_t *slurp(const char *name, size_t *n)
{
	const char *path = test_corpus(name);
	FILE *f = path ? fopen(path, "rb") : NULL;
	uint8_t *p = malloc(65536);

	*n = f ? fread(p, 1, 65536, f) : 0;
	if (f)
		fclose(f);
	return p;
}

START_TEST(a_cluster_that_windows_compressed)
{
	size_t n_in, n_want, got;
	uint8_t *in, *want, out[65536];

	in = slurp("images/SecurityRonin__ntfs-forensic/lznt1_real.bin", &n_in);
	want = slurp("images/SecurityRonin__ntfs-forensic/lznt1_real.expected",
	             &n_want);
	if (n_in && n_want) {
		ck_assert_int_eq(decode(in, n_in, out, n_want, &got), HL_OK);
		ck_assert_uint_eq(got, n_want);
		ck_assert(!memcmp(out, want, n_want));
	}
	free(in);
	free(want);
	if (!n_in || !n_want)
		SKIP("no corpus");
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("lznt1");

	tcase_add_test(t, literals_and_a_pair);
	tcase_add_test(t, a_pair_may_reach_into_itself);
	tcase_add_test(t, the_split_of_a_pair_moves);
	tcase_add_test(t, a_stored_chunk_is_copied);
	tcase_add_test(t, a_short_chunk_before_another_is_filled_with_zeros);
	tcase_add_loop_test(t, damage_is_told_and_what_came_before_kept, 0,
	                    sizeof(bad_rows) / sizeof(bad_rows[0]));
	tcase_add_test(t, no_more_than_wanted);
	tcase_add_test(t, a_cluster_that_windows_compressed);
	return t;
}

int main(void)
{
	return test_main("lznt1", cases(), NULL);
}
