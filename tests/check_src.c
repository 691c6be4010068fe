/* check_src.c: the one read bottleneck, its views and its map. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/src_impl.h"
#include "testing.h"

static uint8_t pattern[4096];

static struct hl_src *mem(size_t n)
{
	struct hl_src *s;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8));
	ck_assert_int_eq(hl_src_mem(&s, pattern, n, true, test_ctx()), HL_OK);
	return s;
}

START_TEST(reading_past_the_end_is_told_and_zero_filled)
{
	struct hl_src *s = mem(100);
	uint8_t buf[20];

	memset(buf, 0xaa, sizeof(buf));
	ck_assert_int_eq(hl_src_read(s, 90, buf, 20, NULL), HL_RANGE);
	ck_assert_mem_eq(buf, pattern + 90, 10);
	for (int i = 10; i < 20; i++)
		ck_assert_uint_eq(buf[i], 0);
	memset(buf, 0xaa, sizeof(buf));
	ck_assert_int_eq(hl_src_read(s, UINT64_MAX - 3, buf, 20, NULL),
	                 HL_RANGE);
	ck_assert_uint_eq(buf[0] | buf[19], 0);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 0, NULL), HL_OK);
	hl_src_close(s);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_window_behind_the_end_reads_as_missing)
{
	struct hl_src *s = mem(100), *w;
	struct hl_ranges bad;
	struct hl_extent e;
	uint8_t buf[60];

	ck_assert_int_eq(hl_src_window(&w, s, 80, 60, test_ctx()), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(w, 0, buf, 60, &bad), HL_OK);
	ck_assert_mem_eq(buf, pattern + 80, 20);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 20);
	ck_assert_uint_eq(bad.r[0].len, 40);
	ck_assert_uint_eq(bad.r[0].what, HL_WHAT_MISSING);
	/* without a list the loss cannot be overlooked */
	ck_assert_int_eq(hl_src_read(w, 0, buf, 60, NULL), HL_IO);
	ck_assert_int_eq(hl_src_read(w, 0, buf, 20, NULL), HL_OK);
	ck_assert_int_eq(hl_src_locate(w, 5, &e), HL_OK);
	ck_assert_ptr_eq(e.in, s);
	ck_assert_uint_eq(e.in_off, 85);
	ck_assert_uint_eq(e.len, 15);
	ck_assert_uint_eq(hl_src_image_offset(w, 30), HL_NO_OFFSET);
	struct hl_src *no;
	ck_assert_int_eq(hl_src_window(&no, w, UINT64_MAX, 2, test_ctx()),
	                 HL_USAGE);
	hl_src_close(w);
	hl_src_close(s);
}
END_TEST

START_TEST(extents_are_read_in_order_with_holes)
{
	struct hl_src *s = mem(4096), *v, *w;
	const struct hl_extent ext[] = {
		{ .off = 0, .len = 10, .in = s, .in_off = 1000, .in_len = 10 },
		{ .off = 10, .len = 5, .what = HL_WHAT_SPARSE },
		{ .off = 15, .len = 10, .in = s, .in_off = 20, .in_len = 10 },
	};
	struct hl_extent e;
	uint8_t buf[25], want[25] = { 0 };

	memcpy(want, pattern + 1000, 10);
	memcpy(want + 15, pattern + 20, 10);
	ck_assert_int_eq(hl_src_extents(&v, "v", ext, 3, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_read(v, 0, buf, 25, NULL), HL_OK);
	ck_assert_mem_eq(buf, want, 25);
	for (size_t off = 0; off < 25; off++)
		for (size_t n = 1; n <= 25 - off; n++) {
			ck_assert_int_eq(hl_src_read(v, off, buf, n, NULL),
			                 HL_OK);
			ck_assert_mem_eq(buf, want + off, n);
		}
	/* a window over the view: the map walks down to the leaf */
	ck_assert_int_eq(hl_src_window(&w, v, 12, 10, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_locate(w, 0, &e), HL_OK);
	ck_assert_ptr_null(e.in);
	ck_assert_uint_eq(e.len, 3);
	ck_assert_int_eq(e.what, HL_WHAT_SPARSE);
	ck_assert_int_eq(hl_src_locate(w, 4, &e), HL_OK);
	ck_assert_uint_eq(e.in_off, 21);
	ck_assert_uint_eq(e.len, 6);
	hl_src_close(w);
	hl_src_close(v);
	hl_src_close(s);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(extents_with_a_gap_an_overlap_or_a_wrap_are_refused)
{
	struct hl_src *s = mem(100), *v;
	struct hl_extent ext[] = { { .len = 10, .in = s },
	                           { .off = 10, .len = 5, .in = s } };

	for (int i = 0; i < 5; i++) {
		struct hl_extent e[2];
		memcpy(e, ext, sizeof(e));
		if (i == 0)
			e[1].off = 11;
		else if (i == 1)
			e[1].off = 9;
		else if (i == 2)
			e[1].len = 0;
		else if (i == 3)
			e[1].in_off = UINT64_MAX - 2;
		else
			e[1].len = UINT64_MAX - 5;
		ck_assert_int_eq(hl_src_extents(&v, "v", e, 2, test_ctx()),
		                 HL_USAGE);
		ck_assert_ptr_null(v);
	}
	hl_src_close(s);
}
END_TEST

/* A leaf with one bad sector, as a failing disk shows it. */
static enum hl_status bad_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	(void)src;
	for (size_t i = 0; i < len; i++) {
		bool lost = (off + i) / 512 == 3;
		((uint8_t *)buf)[i] = lost ? 0 : pattern[(off + i) % 4096];
		if (lost)
			hl_ranges_add(bad, off + i, 1, HL_WHAT_DATA,
			              HL_Q_UNREADABLE);
	}
	return HL_OK;
}

static void no_close(struct hl_src *src)
{
	(void)src;
}

START_TEST(a_bad_sector_costs_only_its_own_bytes)
{
	static const struct hl_src_ops ops = { .read = bad_read,
		                               .close = no_close };
	struct hl_src leaf, *w, *v;
	struct hl_ranges bad;
	uint8_t buf[2048];

	hl_src_close(mem(1)); /* fills the pattern */
	hl_src_init(&leaf, &ops, test_ctx(), "leaf", 4096, 512);
	ck_assert_int_eq(hl_src_window(&w, &leaf, 1024, 3072, test_ctx()),
	                 HL_OK);
	const struct hl_extent ext[] = {
		{ .off = 0, .len = 1024, .in = w, .in_off = 1024 },
		{ .off = 1024, .len = 1024, .in = w, .in_off = 0 },
	};
	ck_assert_int_eq(hl_src_extents(&v, "v", ext, 2, test_ctx()), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(v, 0, buf, 2048, &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 1024 + 512);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_mem_eq(buf, pattern + 2048, 1024);
	ck_assert_mem_eq(buf + 1024, pattern + 1024, 512);
	ck_assert_uint_eq(hl_src_sector_size(v), 512);
	hl_src_close(v);
	hl_src_close(w);
}
END_TEST

START_TEST(damage_lists_merge_and_never_understate)
{
	struct hl_ranges r;

	hl_ranges_clear(&r);
	hl_ranges_add(&r, 0, 5, HL_WHAT_DATA, HL_Q_UNREADABLE);
	hl_ranges_add(&r, 5, 5, HL_WHAT_DATA, HL_Q_UNREADABLE);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_uint_eq(r.r[0].len, 10);
	for (unsigned i = 1; i < 200; i++)
		hl_ranges_add(&r, i * 100, 1, HL_WHAT_DATA, HL_Q_UNREADABLE);
	ck_assert_uint_eq(r.n, HL_RANGES_MAX);
	ck_assert(r.overflow);
	ck_assert_uint_eq(r.bytes, 10 + 199);
	ck_assert_uint_ge(r.r[HL_RANGES_MAX - 1].off +
	                          r.r[HL_RANGES_MAX - 1].len,
	                  19901);
	hl_ranges_add(NULL, 0, 1, HL_WHAT_DATA, HL_Q_OK);
}
END_TEST

START_TEST(a_failed_allocation_leaves_nothing)
{
	struct hl_src *s = mem(100), *w;
	uint64_t held = test_mem_now();

	for (size_t i = 1; i <= 2; i++) {
		test_fail_alloc(i);
		ck_assert_int_eq(hl_src_window(&w, s, 0, 10, test_ctx()),
		                 HL_NOMEM);
		test_fail_alloc(0);
		ck_assert_ptr_null(w);
		ck_assert_uint_eq(test_mem_now(), held);
	}
	hl_src_close(s);
}
END_TEST

static TCase *sources(void)
{
	TCase *t = tcase_create("sources");

	tcase_add_test(t, reading_past_the_end_is_told_and_zero_filled);
	tcase_add_test(t, a_window_behind_the_end_reads_as_missing);
	tcase_add_test(t, extents_are_read_in_order_with_holes);
	tcase_add_test(t,
	               extents_with_a_gap_an_overlap_or_a_wrap_are_refused);
	tcase_add_test(t, a_bad_sector_costs_only_its_own_bytes);
	tcase_add_test(t, damage_lists_merge_and_never_understate);
	tcase_add_test(t, a_failed_allocation_leaves_nothing);
	return t;
}

int main(void)
{
	return test_main("src", sources(), NULL);
}
