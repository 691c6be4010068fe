/* check_vol_gpt.c: GUID partition tables, sound and damaged. */
#include "vol_build.h"

/* 500 sectors: arrays at 2..33 and 467..498, headers at 1 and 499 */
static struct img usual(uint32_t ss, struct gpt_build *b)
{
	struct img m = img_new(500, ss);

	*b = gpt_usual(&m, 128, 128);
	uint8_t *array = img_at(&m, b->array_lba);
	gpt_entry(array, b, 0, 200, 299, "second");
	gpt_entry(array, b, 1, 40, 99, "first");
	gpt_seal(&m, b);
	return m;
}

static void expect(struct img *m, const char *state)
{
	char want[200];

	/* 34 + 6: the gap between the array and the first partition */
	snprintf(want, sizeof(want), "gpt 512%s (34+6) 40+60:ebd0a0a2 "
	         "(100+100) 200+100:ebd0a0a2 (300+167)", state);
	expect_table(img_src(m), 0, want);
}

START_TEST(a_sound_table)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	struct hl_table *t;
	uint64_t off, len;

	expect(&m, " ok");
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	const struct hl_part *p = hl_table_part(t, 1);
	ck_assert_str_eq(p->name, "first");
	ck_assert_str_eq(p->type_name, "Basic data");
	ck_assert_str_eq(p->guid, "11111101-1111-1111-1111-111111111111");
	ck_assert_uint_eq(hl_table_info(t)->offset, 512);
	ck_assert_str_eq(hl_table_info(t)->disk_id,
	                 "22222222-2222-2222-2222-222222222222");
	ck_assert(hl_table_own(t, 0, &off, &len));
	ck_assert_uint_eq(off, 0);
	ck_assert_uint_eq(len, 2 * 512);
	ck_assert(hl_table_own(t, 1, &off, &len));
	ck_assert_uint_eq(off, 2 * 512);
	ck_assert(hl_table_own(t, 2, &off, &len));
	ck_assert_uint_eq(off + len, m.n);
	ck_assert(!hl_table_own(t, 3, &off, &len));
	hl_table_close(t);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	img_free(&m);
}
END_TEST

START_TEST(every_sector_size_is_found)
{
	static const uint32_t sizes[] = { 512, 1024, 2048, 4096 };
	struct gpt_build b;
	struct img m = usual(sizes[_i], &b);
	struct hl_table *t;

	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_table_info(t)->sector_size, sizes[_i]);
	ck_assert(hl_table_info(t)->ok);
	ck_assert_uint_eq(hl_table_part(t, 1)->off, 40 * sizes[_i]);
	ck_assert_uint_eq(hl_table_part(t, 1)->len, 60 * sizes[_i]);
	hl_table_close(t);
	img_free(&m);
}
END_TEST

START_TEST(every_sector_size_is_found_by_the_backup)
{
	static const uint32_t sizes[] = { 512, 1024, 2048, 4096 };
	struct gpt_build b;
	struct img m = usual(sizes[_i], &b);
	struct hl_table *t;

	memset(img_at(&m, 1), 0, m.ss);
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_table_info(t)->sector_size, sizes[_i]);
	ck_assert(hl_table_info(t)->used_backup);
	hl_table_close(t);
	img_free(&m);
}
END_TEST

/* ---- entries --------------------------------------------------------- */

START_TEST(more_entries_and_larger_ones)
{
	static const struct { uint32_t n, size; } kinds[] = {
		{ 256, 128 }, { 130, 256 }, { 4, 128 }, { 128, 4096 },
		{ 1, 512 }, { 16384, 128 },
	};
	struct img m = img_new(12000, 512);
	struct gpt_build b = gpt_usual(&m, kinds[_i].n, kinds[_i].size);
	char want[200];
	uint64_t n = ((uint64_t)b.n_entries * b.entry_size + 511) / 512;

	gpt_entry(img_at(&m, 2), &b, b.n_entries - 1, 6000, 6099, "last");
	gpt_seal(&m, &b);
	snprintf(want, sizeof(want), "gpt 512 ok (%u+%u) 6000+100:ebd0a0a2 "
	         "(6100+%u)", (unsigned)(2 + n), (unsigned)(6000 - 2 - n),
	         (unsigned)(12000 - 6100 - 1 - n));
	expect_table(img_src(&m), 0, want);
	img_free(&m);
}
END_TEST

START_TEST(all_of_130_partitions_come_out)
{
	struct img m = img_new(1000, 512);
	struct gpt_build b = gpt_usual(&m, 256, 128);
	struct hl_table *t;

	for (unsigned i = 0; i < 130; i++)
		gpt_entry(img_at(&m, 2), &b, i, 100 + 2 * i, 101 + 2 * i, "p");
	gpt_seal(&m, &b);
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_table_count(t), 132); /* and two gaps */
	hl_table_close(t);
	img_free(&m);
}
END_TEST

/* end < start, and sums that wrap: the trap of libblkid's gpt.c */
START_TEST(reversed_and_huge_entries_are_told)
{
	struct img m = img_new(500, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);
	uint8_t *a = img_at(&m, 2);

	gpt_entry(a, &b, 0, 299, 200, "reversed");
	gpt_entry(a, &b, 1, 40, 99, "good");
	gpt_entry(a, &b, 2, 0, UINT64_MAX, "everything");
	gpt_entry(a, &b, 3, UINT64_MAX, UINT64_MAX, "the very last");
	gpt_entry(a, &b, 4, 1, UINT64_MAX, "wraps");
	gpt_entry(a, &b, 5, 1ull << 55, (1ull << 55) + 7, "times 512 wraps");
	gpt_entry(a, &b, 6, 300, 300, "one sector");
	gpt_seal(&m, &b);
	expect_table(img_src(&m), 0,
	             "gpt 512 1+499:ebd0a0a2OC 40+60:ebd0a0a2O "
	             "300+1:ebd0a0a2O "
	             "36028797018963967+0:ebd0a0a2X "
	             "36028797018963967+0:ebd0a0a2X");
	ck_assert(test_noted(HL_LOSS, "entry 1: sectors 299 to 200"));
	ck_assert(test_noted(HL_LOSS, "entry 3: sectors 0 to"));
	img_free(&m);
}
END_TEST

START_TEST(a_name_may_be_full_and_not_ascii)
{
	struct img m = img_new(500, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);
	struct hl_table *t;
	char want[36 * 3 + 1];

	gpt_entry(img_at(&m, 2), &b, 0, 40, 99, "");
	for (unsigned i = 0; i < 36; i++) {
		put16(img_at(&m, 2) + 56 + 2 * i, 0x65e5);
		memcpy(want + 3 * i, "\xe6\x97\xa5", 4);
	}
	gpt_seal(&m, &b);
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_str_eq(hl_table_part(t, 1)->name, want);
	hl_table_close(t);
	img_free(&m);
}
END_TEST

/* ---- damage ---------------------------------------------------------- */

/* Every byte of the primary header that a checksum covers, one at a time. */
START_TEST(any_bad_byte_of_the_primary_brings_the_backup)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	for (size_t i = 0; i < 92; i++) {
		test_forget_notes();
		m.p[512 + i] ^= 0x5a;
		expect(&m, " backup");
		ck_assert(test_noted(HL_LOSS, "the backup"));
		m.p[512 + i] ^= 0x5a;
	}
	for (size_t i = 0; i < 128 * 128; i += 61) {
		test_forget_notes();
		m.p[1024 + i] ^= 0x5a;
		expect(&m, " backup");
		ck_assert(test_noted(HL_LOSS, "array with a wrong checksum"));
		m.p[1024 + i] ^= 0x5a;
	}
	expect(&m, " ok");
	img_free(&m);
}
END_TEST

START_TEST(any_bad_byte_of_the_backup_is_only_told)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	uint8_t *h = img_at(&m, 499), *a = img_at(&m, b.backup_array_lba);

	for (size_t i = 0; i < 92; i++) {
		test_forget_notes();
		h[i] ^= 0x5a;
		expect(&m, "");
		ck_assert(test_noted(HL_INFO, "GPT backup"));
		ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
		h[i] ^= 0x5a;
	}
	a[100] ^= 1;
	expect(&m, "");
	img_free(&m);
}
END_TEST

START_TEST(without_any_header_the_array_is_still_used)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	memset(img_at(&m, 1), 0, 512);
	memset(img_at(&m, 499), 0, 512);
	expect(&m, "");
	ck_assert(test_noted(HL_LOSS, "no sound copy"));
	img_free(&m);
}
END_TEST

START_TEST(with_both_arrays_bad_the_sensible_entries_are_used)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	/* entry 2 and its copy become rubbish */
	memset(img_at(&m, 2) + 2 * 128, 0xee, 128);
	memset(img_at(&m, b.backup_array_lba) + 2 * 128, 0xdd, 128);
	expect(&m, "");
	ck_assert(test_noted(HL_LOSS, "no sound copy"));
	ck_assert(test_noted(HL_LOSS, "entry 3"));
	img_free(&m);
}
END_TEST

START_TEST(a_wiped_first_sector_leaves_the_gpt)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	memset(m.p, 0, 512);
	expect(&m, "");
	ck_assert(test_noted(HL_INFO, "no protective MBR"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(a_wiped_first_mebibyte_leaves_the_backup)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	memset(m.p, 0, 34 * 512);
	expect(&m, " backup");
	img_free(&m);
}
END_TEST

START_TEST(nothing_left_but_the_announcement)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	memset(m.p + 512, 0, 33 * 512);
	memset(img_at(&m, 467), 0, 33 * 512);
	expect_table(img_src(&m), 0, "mbr 512 1+499:0xee");
	ck_assert(test_noted(HL_LOSS, "announces a GPT"));
	img_free(&m);
}
END_TEST

/* A fixed VHD is a raw image and 512 bytes; they are no partition. */
START_TEST(a_footer_behind_the_backup_does_not_hide_it)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	uint8_t *p = calloc(1, m.n + 512);
	struct hl_src *src;

	memcpy(p, m.p, m.n);
	memcpy(p + m.n, "conectix", 8);
	ck_assert_int_eq(hl_src_mem(&src, p, m.n + 512, false, test_ctx()),
	                 HL_OK);
	expect_table(src, 0, "gpt 512 ok (34+6) 40+60:ebd0a0a2 (100+100) "
	             "200+100:ebd0a0a2 (300+167) (500+1)");
	memset(p + 512, 0, 512);
	expect_table(src, 0, "gpt 512 backup (34+6) 40+60:ebd0a0a2 (100+100) "
	             "200+100:ebd0a0a2 (300+167) (500+1)");
	hl_src_close(src);
	free(p);
	img_free(&m);
}
END_TEST

START_TEST(a_cut_image_keeps_the_primary)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	struct hl_src *src;

	ck_assert_int_eq(hl_src_mem(&src, m.p, 250 * 512, false, test_ctx()),
	                 HL_OK);
	expect_table(src, 0, "gpt 512 (34+6) 40+60:ebd0a0a2 (100+100) "
	             "200+50:ebd0a0a2C");
	ck_assert(test_noted(HL_INFO, "behind the end of the image"));
	ck_assert(test_noted(HL_LOSS, "the image ends"));
	hl_src_close(src);
	img_free(&m);
}
END_TEST

START_TEST(impossible_numbers_do_not_allocate)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	static const struct { uint32_t n, size; uint64_t lba; } bad[] = {
		{ UINT32_MAX, 128, 2 }, { 128, UINT32_MAX, 2 }, { 128, 127, 2 },
		{ 128, 0, 2 }, { 128, 192, 2 }, { 128, 128, 0 },
		{ 128, 128, UINT64_MAX }, { 128, 128, 1ull << 55 },
		{ 16384, 4096, 2 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *h = img_at(&m, 1);

		put32(h + 80, bad[i].n);
		put32(h + 84, bad[i].size);
		put64(h + 72, bad[i].lba);
		put32(h + 16, 0);
		put32(h + 16, (uint32_t)crc32(0, h, 92));
		expect(&m, " backup");
	}
	ck_assert_uint_lt(test_stats()->mem_peak, 8u << 20);
	img_free(&m);
}
END_TEST

/* ---- beside an MBR --------------------------------------------------- */

START_TEST(a_hybrid_is_told_and_the_gpt_wins)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	mbr_entry(m.p, 1, 0x07, 40, 60);
	expect(&m, " ok hybrid");
	ck_assert(test_noted(HL_INFO, "a hybrid"));
	img_free(&m);
}
END_TEST

START_TEST(an_old_gpt_behind_an_ordinary_mbr_is_not_used)
{
	struct gpt_build b;
	struct img m = usual(512, &b);

	mbr_entry(m.p, 0, 0x07, 100, 200);
	expect_table(img_src(&m), 0,
	             "mbr 512 ok (1+99) 100+200:0x07 (300+200)");
	ck_assert(test_noted(HL_INFO, "a GPT lies behind it"));
	img_free(&m);
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct gpt_build b;
	struct img m = usual(512, &b);
	struct hl_src *src = img_src(&m);
	struct hl_table *t;
	enum hl_status st = HL_NOMEM;
	uint64_t before = test_mem_now();

	m.p[512] = 0; /* by the backup, which is the longer way */
	for (size_t i = 1; i < 100 && st == HL_NOMEM; i++) {
		test_fail_alloc(i);
		st = hl_table_open(&t, src, 0, test_ctx());
		test_fail_alloc(0);
		if (st == HL_NOMEM)
			ck_assert_uint_eq(test_mem_now(), before);
	}
	ck_assert_int_eq(st, HL_OK);
	hl_table_close(t);
	ck_assert_uint_eq(test_mem_now(), before);
	img_free(&m);
}
END_TEST

/* One per cent of the table's bytes changed, a thousand times. */
START_TEST(mutations_never_crash)
{
	struct gpt_build b;
	struct img m = usual(512, &b), copy = img_new(500, 512);
	uint32_t seed = 1;

	memcpy(copy.p, m.p, m.n);
	for (unsigned round = 0; round < 1000; round++) {
		struct hl_table *t;

		for (unsigned i = 0; i < 40; i++) {
			seed = seed * 1664525 + 1013904223;
			size_t at = (seed >> 8) % (34 * 512);
			if (i & 1)
				at = m.n - 1 - at;
			m.p[at] = (uint8_t)(seed >> 3);
		}
		if (hl_table_open(&t, img_src(&m), 0, test_ctx()) == HL_OK)
			hl_table_close(t);
		memcpy(m.p, copy.p, m.n);
	}
	img_free(&m);
	img_free(&copy);
}
END_TEST

int main(void)
{
	TCase *good = tcase_create("sound"), *bad = tcase_create("damaged");
	TCase *mbr = tcase_create("beside an MBR");

	tcase_add_test(good, a_sound_table);
	tcase_add_loop_test(good, every_sector_size_is_found, 0, 4);
	tcase_add_loop_test(good, every_sector_size_is_found_by_the_backup,
	                    0, 4);
	tcase_add_loop_test(good, more_entries_and_larger_ones, 0, 6);
	tcase_add_test(good, all_of_130_partitions_come_out);
	tcase_add_test(good, a_name_may_be_full_and_not_ascii);
	tcase_add_test(bad, reversed_and_huge_entries_are_told);
	tcase_add_test(bad, any_bad_byte_of_the_primary_brings_the_backup);
	tcase_add_test(bad, any_bad_byte_of_the_backup_is_only_told);
	tcase_add_test(bad, without_any_header_the_array_is_still_used);
	tcase_add_test(bad, with_both_arrays_bad_the_sensible_entries_are_used);
	tcase_add_test(bad, a_wiped_first_sector_leaves_the_gpt);
	tcase_add_test(bad, a_wiped_first_mebibyte_leaves_the_backup);
	tcase_add_test(bad, nothing_left_but_the_announcement);
	tcase_add_test(bad, a_footer_behind_the_backup_does_not_hide_it);
	tcase_add_test(bad, a_cut_image_keeps_the_primary);
	tcase_add_test(bad, impossible_numbers_do_not_allocate);
	tcase_add_test(bad, every_failing_allocation_is_survived);
	tcase_add_test(bad, mutations_never_crash);
	tcase_add_test(mbr, a_hybrid_is_told_and_the_gpt_wins);
	tcase_add_test(mbr, an_old_gpt_behind_an_ordinary_mbr_is_not_used);
	return test_main("vol_gpt", good, bad, mbr, NULL);
}
