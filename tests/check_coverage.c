/* check_coverage.c: what is said of what was not searched. */
#include <stdio.h>

#include "fake_fs.h"

START_TEST(coverage_tells_what_was_not_searched)
{
	struct hl_disk *disk = fake_start(2);
	struct hl_coverage c;

	fake_add(&fake[0], "/a file");
	disk->n = 4;
	disk->v[2] = (struct hl_volume){
		.id = "3", .len = 4096, .fs_name = "bitlocker",
		.unread = "BitLocker: encrypted, no key" };
	disk->v[3] = (struct hl_volume){
		.id = "4", .len = 4096, .fs_name = "", .expected_empty = true };
	disk->gap_len = 512;
	fake[1].fs.info.shadow_copies = 3;
	fake[0].fs.info.unallocated = 0;
	ck_assert_int_eq(hl_coverage_build(&c, disk, test_ctx()), HL_OK);
	ck_assert_uint_eq(c.n_searched, 2);
	ck_assert(c.loss);
	ck_assert_uint_eq(c.n_unsearched, 5);
	ck_assert_str_eq(c.unsearched[0].what, "shadow copies");
	ck_assert_uint_eq(c.unsearched[0].count, 3);
	ck_assert(!c.unsearched[0].loss);
	ck_assert_str_eq(c.unsearched[1].what, "unallocated");
	ck_assert_str_eq(c.unsearched[2].volume, "3");
	ck_assert(c.unsearched[2].loss);
	ck_assert(!c.unsearched[3].loss);
	ck_assert_str_eq(c.unsearched[4].what, "gap");
	hl_coverage_free(&c, test_ctx());
	/* without the encrypted one nothing is lost */
	disk->n = 2;
	ck_assert_int_eq(hl_coverage_build(&c, disk, test_ctx()), HL_OK);
	ck_assert(!c.loss);
	hl_coverage_free(&c, test_ctx());
	/* a partition behind the end of the image is said once */
	struct hl_part part = { .flags = HL_PART_OUTSIDE, .stated_len = 512 };
	disk->n = 3;
	disk->v[2].len = 0;
	disk->v[2].part = &part;
	ck_assert_int_eq(hl_coverage_build(&c, disk, test_ctx()), HL_OK);
	ck_assert(c.loss);
	ck_assert_uint_eq(c.n_unsearched, 4);
	hl_coverage_free(&c, test_ctx());
	disk->n = 2;
	/* an image that ends before its file system does */
	fake[1].fs.info.size = disk->v[1].len + 100;
	ck_assert_int_eq(hl_coverage_build(&c, disk, test_ctx()), HL_OK);
	ck_assert(c.loss);
	hl_coverage_free(&c, test_ctx());
}
END_TEST

/* What only the caller knows: that its time was over, for one. */
START_TEST(an_entry_can_be_added)
{
	static const struct hl_unsearched rest = {
		.what = "rest", .off = HL_NO_OFFSET, .len = HL_NO_OFFSET,
		.reason = "time budget reached", .loss = true,
	};
	struct hl_disk *disk = fake_start(1);
	uint64_t before = test_mem_now();
	struct hl_coverage c;

	fake[0].fs.info.unallocated = 0;
	disk->gap_len = 0;
	ck_assert_int_eq(hl_coverage_build(&c, disk, test_ctx()), HL_OK);
	size_t n = c.n_unsearched;
	ck_assert(!c.loss);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(hl_coverage_add(&c, &rest, test_ctx()), HL_OK);
	ck_assert_uint_eq(c.n_unsearched, n + 100);
	ck_assert_str_eq(c.unsearched[n + 99].reason, "time budget reached");
	ck_assert(c.loss);
	hl_coverage_free(&c, test_ctx());
	ck_assert_uint_eq(test_mem_now(), before);
}
END_TEST

START_TEST(short_memory_leaks_nothing)
{
	struct hl_disk *disk = fake_start(2);
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;
	struct hl_coverage c;

	disk->gap_len = 512;
	for (size_t n = 1; st == HL_NOMEM; n++) {
		test_fail_alloc(n);
		st = hl_coverage_build(&c, disk, test_ctx());
		ck_assert_uint_lt(n, 100);
		if (st != HL_OK)
			ck_assert_uint_eq(test_mem_now(), before);
	}
	test_fail_alloc(0);
	hl_coverage_free(&c, test_ctx());
	ck_assert_uint_eq(test_mem_now(), before);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coverage");

	tcase_add_test(tc, coverage_tells_what_was_not_searched);
	tcase_add_test(tc, an_entry_can_be_added);
	tcase_add_test(tc, short_memory_leaks_nothing);
	return test_main("coverage", tc, NULL);
}
