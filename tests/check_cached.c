/* check_cached.c: a source from memory after the first time. */
#include <stdlib.h>
#include <string.h>

#include "io/cached.h"
#include "testing.h"

#define BLOCK (256u << 10) /* the unit in which it keeps things */

static uint8_t content[3 * BLOCK + 1000], got[sizeof(content)];

static struct hl_src *whole(void)
{
	struct hl_src *src;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 31 + i / 977);
	ck_assert_int_eq(hl_src_mem(&src, content, sizeof(content), false,
	                            test_ctx()), HL_OK);
	return src;
}

START_TEST(each_block_is_read_once)
{
	struct hl_src *in = whole(), *src;

	ck_assert_int_eq(hl_src_cached(&src, in, test_ctx()), HL_OK);
	uint64_t before = test_stats()->image_bytes;
	ck_assert_int_eq(hl_src_read(src, BLOCK - 5, got, 10, NULL), HL_OK);
	ck_assert_int_eq(memcmp(got, content + BLOCK - 5, 10), 0);
	ck_assert_uint_eq(test_stats()->image_bytes - before, 2 * BLOCK);
	for (int i = 0; i < 2; i++) {
		memset(got, 0, sizeof(got));
		ck_assert_int_eq(hl_src_read(src, 0, got, sizeof(got), NULL),
		                 HL_OK);
		ck_assert_int_eq(memcmp(got, content, sizeof(got)), 0);
	}
	ck_assert_uint_eq(test_stats()->image_bytes - before,
	                  sizeof(content));
	/* and it still tells where its bytes lie */
	struct hl_extent e;
	ck_assert_int_eq(hl_src_map(src, 100, &e), HL_OK);
	hl_src_close(src);
	hl_src_close(in);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(damage_is_told_each_time_and_costs_its_own_bytes)
{
	struct hl_src *in = whole(), *bad, *src;
	struct hl_ranges list;
	const struct hl_extent ext[3] = {
		{ .len = 1000, .in = in, .in_len = 1000 },
		{ .off = 1000, .len = 24, .what = HL_WHAT_MISSING,
		  .quality = HL_Q_UNREADABLE },
		{ .off = 1024, .len = BLOCK, .in = in, .in_off = 1024,
		  .in_len = BLOCK },
	};

	ck_assert_int_eq(hl_src_extents(&bad, "x", ext, 3, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_cached(&src, bad, test_ctx()), HL_OK);
	for (int i = 0; i < 2; i++) {
		hl_ranges_clear(&list);
		ck_assert_int_eq(hl_src_read(src, 0, got, 1024 + BLOCK, &list),
		                 HL_OK);
		ck_assert_uint_eq(list.bytes, 24);
		ck_assert_uint_eq(list.r[0].off, 1000);
		ck_assert_int_eq(got[999], content[999]);
		ck_assert_int_eq(got[1000], 0);
		ck_assert_int_eq(got[1024], content[1024]);
		/* beside the damage there is none */
		hl_ranges_clear(&list);
		ck_assert_int_eq(hl_src_read(src, 0, got, 900, &list), HL_OK);
		ck_assert_uint_eq(list.bytes, 0);
	}
	hl_src_close(src);
	hl_src_close(bad);
	hl_src_close(in);
}
END_TEST

START_TEST(without_memory_it_reads_all_the_same)
{
	struct hl_src *in = whole(), *src;

	ck_assert_int_eq(hl_src_cached(&src, in, test_ctx()), HL_OK);
	test_fail_alloc(1);
	ck_assert_int_eq(hl_src_read(src, 10, got, 10, NULL), HL_OK);
	test_fail_alloc(0);
	ck_assert_int_eq(memcmp(got, content + 10, 10), 0);
	hl_src_close(src);
	hl_src_close(in);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cached");

	tcase_add_test(tc, each_block_is_read_once);
	tcase_add_test(tc, damage_is_told_each_time_and_costs_its_own_bytes);
	tcase_add_test(tc, without_memory_it_reads_all_the_same);
	return test_main("cached", tc, NULL);
}
