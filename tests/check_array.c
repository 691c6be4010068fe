/*
 * check_array.c: sources put together of others.  What a byte of the whole
 * is, is counted out here by hand: no formula of the library's is used.
 */
#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define CHUNK 512

/* A column whose chunks begin with the letters given; '.' is parity. */
static struct hl_src *column(const char *letters)
{
	size_t n = strlen(letters);
	uint8_t *p = calloc(n, CHUNK);
	struct hl_src *s;

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < n; i++)
		memset(p + i * CHUNK, letters[i], CHUNK);
	ck_assert_int_eq(hl_src_mem(&s, p, n * CHUNK, true, test_ctx()), HL_OK);
	free(p);
	return s;
}

static void whole_is(struct hl_src *s, const char *want)
{
	size_t n = strlen(want) * CHUNK;
	uint8_t *p = malloc(n);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(hl_src_size(s), n);
	ck_assert_int_eq(hl_src_read(s, 0, p, n, NULL), HL_OK);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(p[i] == (uint8_t)want[i / CHUNK],
		              "byte %zu: %c, not %c", i, p[i],
		              want[i / CHUNK]);
	/* across the edges of chunks too */
	ck_assert_int_eq(hl_src_read(s, CHUNK - 3, p, 6, NULL), HL_OK);
	ck_assert_uint_eq(p[2], (uint8_t)want[0]);
	ck_assert_uint_eq(p[3], (uint8_t)want[1]);
	free(p);
}

static void close_all(struct hl_src *s, struct hl_array *a)
{
	hl_src_close(s);
	for (size_t i = 0; i < a->n; i++)
		hl_src_close(a->column[i]);
	ck_assert_uint_eq(test_mem_now(), 0);
}

START_TEST(a_stripe_takes_one_chunk_of_each_in_turn)
{
	struct hl_array a = { .kind = HL_ARRAY_STRIPE, .n = 3, .chunk = CHUNK,
	                      .column = { column("adg"), column("beh"),
	                                  column("cfi") } };
	struct hl_src *s;
	struct hl_extent e;

	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	whole_is(s, "abcdefghi");
	ck_assert_int_eq(hl_src_locate(s, 4 * CHUNK + 5, &e), HL_OK);
	ck_assert_ptr_eq(e.in, a.column[1]);
	ck_assert_uint_eq(e.in_off, CHUNK + 5);
	ck_assert_uint_eq(e.len, CHUNK - 5);
	close_all(s, &a);
}
END_TEST

START_TEST(a_stripe_without_a_column_is_missing_only_that)
{
	struct hl_array a = { .kind = HL_ARRAY_STRIPE, .n = 2, .chunk = CHUNK,
	                      .column = { column("ac"), NULL } };
	struct hl_src *s;
	struct hl_ranges bad;
	uint8_t p[4 * CHUNK];

	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, p, sizeof(p), &bad), HL_OK);
	ck_assert_uint_eq(p[2 * CHUNK], 'c');
	ck_assert_uint_eq(p[CHUNK], 0);
	ck_assert_uint_eq(bad.bytes, 2 * CHUNK);
	ck_assert_uint_eq(bad.r[0].off, CHUNK);
	ck_assert_uint_eq(bad.r[0].what, HL_WHAT_MISSING);
	close_all(s, &a);
}
END_TEST

/*
 * Left-symmetric, from the documentation of Linux' md:
 *	a b .      the parity moves to the left, and data goes on behind it
 *	d . c
 *	. e f
 */
static struct hl_array raid5(void)
{
	struct hl_array a = { .kind = HL_ARRAY_RAID5, .n = 3, .chunk = CHUNK,
	                      .column = { column("ad\x03"), column("b\x07" "e"),
	                                  column("\x03" "cf") } };
	return a;
}

START_TEST(a_raid5_reads_with_all_and_without_any_one_member)
{
	for (size_t gone = 0; gone <= 3; gone++) {
		struct hl_array a = raid5();
		struct hl_src *s;

		if (gone < 3) {
			hl_src_close(a.column[gone]);
			a.column[gone] = NULL;
		}
		ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
		whole_is(s, "abcdef");
		close_all(s, &a);
	}
}
END_TEST

START_TEST(calculated_bytes_have_no_place)
{
	struct hl_array a = raid5();
	struct hl_src *s;
	struct hl_extent e;

	hl_src_close(a.column[0]);
	a.column[0] = NULL;
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_locate(s, 1, &e), HL_OK);
	ck_assert_ptr_null(e.in);
	ck_assert_str_eq(hl_what_text((enum hl_what)e.what), "data");
	ck_assert_uint_eq(e.quality, HL_Q_OK);
	close_all(s, &a);
}
END_TEST

START_TEST(a_raid5_without_two_members_lacks_both)
{
	struct hl_array a = raid5();
	struct hl_src *s;
	struct hl_ranges bad;
	uint8_t p[6 * CHUNK];

	for (size_t i = 0; i < 2; i++) {
		hl_src_close(a.column[i]);
		a.column[i] = NULL;
	}
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, p, sizeof(p), &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 4 * CHUNK);
	ck_assert_uint_eq(p[2 * CHUNK], 'c');
	ck_assert_uint_eq(p[5 * CHUNK], 'f');
	close_all(s, &a);
}
END_TEST

START_TEST(a_mirror_mends_one_copy_with_the_other_and_says_so)
{
	struct hl_array a = { .kind = HL_ARRAY_MIRROR, .n = 2,
	                      .column = { NULL, column("abcd") } };
	struct hl_extent torn[] = {
		{ .len = CHUNK, .in = a.column[1] },
		{ .off = CHUNK, .len = CHUNK, .what = HL_WHAT_MISSING,
		  .quality = HL_Q_UNREADABLE },
		{ .off = 2 * CHUNK, .len = 2 * CHUNK, .in = a.column[1],
		  .in_off = 2 * CHUNK },
	};
	struct hl_src *s;

	ck_assert_int_eq(hl_src_extents(&a.column[0], "torn", torn, 3,
	                                test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	whole_is(s, "abcd");
	ck_assert(!test_noted(HL_LOSS, "another"));
	hl_src_close(s);
	ck_assert(test_noted(HL_LOSS, "come from another"));
	hl_src_close(a.column[0]);
	hl_src_close(a.column[1]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(what_one_copy_of_a_mirror_lacks_the_other_has)
{
	struct hl_array a = { .kind = HL_ARRAY_MIRROR, .n = 3,
	                      .column = { column("ab"), NULL,
	                                  column("abcd") } };
	struct hl_extent e;
	struct hl_src *s;

	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_OK);
	whole_is(s, "abcd");
	ck_assert_int_eq(hl_src_map(s, CHUNK, &e), HL_OK);
	ck_assert_ptr_eq(e.in, a.column[0]);
	ck_assert_uint_eq(e.len, CHUNK);
	ck_assert_int_eq(hl_src_map(s, 2 * CHUNK, &e), HL_OK);
	ck_assert_ptr_eq(e.in, a.column[2]);
	ck_assert_uint_eq(e.len, 2 * CHUNK);
	hl_src_close(s);
	hl_src_close(a.column[0]);
	hl_src_close(a.column[2]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_stripe_larger_than_its_columns_is_refused)
{
	struct hl_array a = { .kind = HL_ARRAY_STRIPE, .n = 2,
	                      .chunk = 4 * CHUNK,
	                      .column = { column("ab"), column("abcd") } };
	struct hl_src *s;

	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
	hl_src_close(a.column[0]);
	hl_src_close(a.column[1]);
}
END_TEST

START_TEST(what_cannot_be_an_array_is_refused)
{
	struct hl_array a = { .kind = HL_ARRAY_STRIPE, .n = 2, .chunk = 1000,
	                      .column = { column("ab"), NULL } };
	struct hl_src *s;

	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
	a.chunk = 0;
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
	a.chunk = CHUNK;
	a.kind = HL_ARRAY_RAID5; /* of two */
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
	hl_src_close(a.column[0]);
	a.column[0] = NULL; /* nothing at all */
	a.kind = HL_ARRAY_MIRROR;
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
	a.n = 0;
	ck_assert_int_eq(hl_src_array(&s, "a", &a, test_ctx()), HL_USAGE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("array");

	tcase_add_test(t, a_stripe_takes_one_chunk_of_each_in_turn);
	tcase_add_test(t, a_stripe_without_a_column_is_missing_only_that);
	tcase_add_test(t, a_raid5_reads_with_all_and_without_any_one_member);
	tcase_add_test(t, calculated_bytes_have_no_place);
	tcase_add_test(t, a_raid5_without_two_members_lacks_both);
	tcase_add_test(t, a_mirror_mends_one_copy_with_the_other_and_says_so);
	tcase_add_test(t, what_one_copy_of_a_mirror_lacks_the_other_has);
	tcase_add_test(t, a_stripe_larger_than_its_columns_is_refused);
	tcase_add_test(t, what_cannot_be_an_array_is_refused);
	return test_main("array", t, NULL);
}
