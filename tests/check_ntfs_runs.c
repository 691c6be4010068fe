/* check_ntfs_runs.c: mapping pairs, byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"
#include "testing.h"

#define CLUSTERS 0x100000ull

static struct hl_ntfs_runs it;
static struct hl_ntfs_run run;
static uint8_t *bytes;

static void start(const uint8_t *p, size_t n)
{
	free(bytes);
	bytes = tight(p, n);
	hl_ntfs_runs_init(&it, span_of(bytes, n), 0, CLUSTERS);
}
#define START(...) do { \
		static const uint8_t b_[] = { __VA_ARGS__ }; \
		start(b_, sizeof(b_)); \
	} while (0)
#define NEXT() hl_ntfs_run_next(&it, &run)

START_TEST(forward_backward_and_sparse)
{
	START(0x11, 0x10, 0x60,       /* 16 at LCN 96 */
	      0x01, 0x08,             /* 8 sparse */
	      0x21, 0x04, 0x00, 0x10, /* 4 at 96 + 4096 */
	      0x11, 0x02, 0xfe,       /* 2 at 4192 - 2 */
	      0x00);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.vcn, 0);
	ck_assert_uint_eq(run.len, 16);
	ck_assert_uint_eq(run.lcn, 96);
	ck_assert(!run.sparse && !run.outside);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert(run.sparse);
	ck_assert_uint_eq(run.vcn, 16);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.lcn, 4192);
	ck_assert_uint_eq(run.vcn, 24);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.lcn, 4190);
	ck_assert_int_eq(NEXT(), HL_END);
	ck_assert_int_eq(NEXT(), HL_END);
}
END_TEST

START_TEST(fields_of_eight_bytes)
{
	START(0x88, 5, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0,
	      0x81, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.len, 5);
	ck_assert_uint_eq(run.lcn, 0x1234);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.lcn, 0x1233); /* a delta of -1 */
	ck_assert_int_eq(NEXT(), HL_END);
}
END_TEST

START_TEST(a_delta_with_only_its_sign_set)
{
	/* -2^63 cannot be negated; it must simply lie outside */
	START(0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert(run.outside);
}
END_TEST

START_TEST(outside_the_volume)
{
	START(0x31, 0x02, 0xff, 0xff, 0x0f, /* the last cluster and one more */
	      0x31, 0x01, 0x00, 0x00, 0x80, /* far before the first */
	      0x00);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_uint_eq(run.lcn, CLUSTERS - 1);
	ck_assert(run.outside);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert(run.outside);
	START(0x31, 0x01, 0xff, 0xff, 0x0f, 0x00); /* the last one itself */
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert(!run.outside);
}
END_TEST

START_TEST(without_an_end_mark)
{
	START(0x11, 0x10, 0x60);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_int_eq(NEXT(), HL_END);
	start(NULL, 0);
	ck_assert_int_eq(NEXT(), HL_END);
}
END_TEST

struct bad_row { uint8_t b[20]; size_t n; };
static const struct bad_row bad_rows[] = {
	{ { 0x11 }, 1 },             /* the header is the last byte */
	{ { 0x11, 0x10 }, 2 },       /* half of its fields */
	{ { 0x01 }, 1 },
	{ { 0x10, 0x60, 0 }, 3 },    /* no length at all */
	{ { 0x11, 0x00, 0x60 }, 3 }, /* a length of zero */
	{ { 0x11, 0x80, 0x60 }, 3 }, /* a negative length */
	{ { 0x19, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1 }, 11 }, /* nine bytes */
	{ { 0x91, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 }, 11 },
	{ { 0xff, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 }, 20 },
	{ { 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 }, 10 },
};

START_TEST(hostile_runs)
{
	const struct bad_row *r = &bad_rows[_i];

	start(r->b, r->n);
	ck_assert_int_eq(NEXT(), HL_CORRUPT);
	ck_assert_int_eq(NEXT(), HL_END); /* and no way on */
}
END_TEST

START_TEST(the_sum_of_lengths_does_not_wrap)
{
	START(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x01, 0x01,
	      0x00);
	ck_assert_int_eq(NEXT(), HL_OK);
	ck_assert_int_eq(NEXT(), HL_CORRUPT);
	ck_assert_int_eq(NEXT(), HL_END);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("runs");

	tcase_add_test(t, forward_backward_and_sparse);
	tcase_add_test(t, fields_of_eight_bytes);
	tcase_add_test(t, a_delta_with_only_its_sign_set);
	tcase_add_test(t, outside_the_volume);
	tcase_add_test(t, without_an_end_mark);
	tcase_add_loop_test(t, hostile_runs, 0,
	                    sizeof(bad_rows) / sizeof(bad_rows[0]));
	tcase_add_test(t, the_sum_of_lengths_does_not_wrap);
	return t;
}

int main(void)
{
	return test_main("ntfs_runs", cases(), NULL);
}
