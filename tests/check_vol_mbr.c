/* check_vol_mbr.c: master and extended boot records, gaps, sector sizes. */
#include "vol/types.h"
#include "vol_build.h"

START_TEST(four_primaries_with_gaps_between)
{
	struct img m = img_new(1000, 512);

	put32(m.p + 0x1b8, 0xcafe1234);
	mbr_entry(m.p, 0, 0x07, 10, 90);
	mbr_entry(m.p, 1, 0x0c, 100, 100);
	mbr_entry(m.p, 2, 0x83, 300, 10);
	mbr_entry(m.p, 3, 0x27, 400, 600);
	m.p[0x1be] = 0x80; /* active */
	struct hl_table *t;
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_str_eq(table_text(t),
	                 "mbr 512 ok (1+9) 10+90:0x07 100+100:0x0c (200+100) "
	                 "300+10:0x83 (310+90) 400+600:0x27");
	ck_assert_str_eq(hl_table_info(t)->disk_id, "0xcafe1234");
	ck_assert(hl_table_part(t, 1)->flags & HL_PART_ACTIVE);
	ck_assert_str_eq(hl_table_part(t, 2)->type_name, "FAT32 (LBA)");
	hl_table_close(t);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	img_free(&m);
}
END_TEST

START_TEST(entries_in_any_order_come_out_by_start)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x07, 500, 100);
	mbr_entry(m.p, 3, 0x07, 1, 499);
	expect_table(img_src(&m), 0,
	             "mbr 512 ok 1+499:0x07 500+100:0x07 (600+400)");
	img_free(&m);
}
END_TEST

START_TEST(boot_sectors_are_no_mbr)
{
	struct img m = img_new(100, 512);
	struct hl_table *t;

	/* 55 aa, and code where an MBR has its entries */
	memcpy(m.p, "\xeb\x52\x90NTFS    ", 11);
	memset(m.p + 0x1be, 'A', 64);
	boot_mark(m.p);
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()),
	                 HL_END);
	ck_assert_ptr_null(t);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	img_free(&m);
}
END_TEST

START_TEST(no_signature_is_no_mbr)
{
	struct img m = img_new(100, 512);
	struct hl_table *t;

	mbr_entry(m.p, 0, 0x07, 10, 10);
	m.p[511] = 0;
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()),
	                 HL_END);
	img_free(&m);
}
END_TEST

/* One thing wrong, and a volume where an entry says: damage, told. */
START_TEST(a_damaged_mbr_is_used_when_a_volume_vouches_for_it)
{
	struct img m = img_new(200, 512);
	struct hl_table *t;

	mbr_entry(m.p, 0, 0x07, 10, 50);
	mbr_entry(m.p, 1, 0x07, 100, 50);
	m.p[0x1be + 16] = 0x41; /* status of the second */
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()),
	                 HL_END);
	boot_mark(img_at(&m, 10));
	expect_table(img_src(&m), 0, "mbr 512 (1+9) 10+50:0x07 (60+140)");
	ck_assert(test_noted(HL_LOSS, "damaged"));
	m.p[0x1be + 16] = 0;
	m.p[510] = 0; /* now only the signature */
	expect_table(img_src(&m), 0, "mbr 512 (1+9) 10+50:0x07 (60+40) "
	             "100+50:0x07 (150+50)");
	m.p[0x1be + 16] = 0x41; /* both are too much */
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()),
	                 HL_END);
	img_free(&m);
}
END_TEST

START_TEST(an_empty_table_is_one_gap)
{
	struct img m = img_new(100, 512);

	boot_mark(m.p);
	expect_table(img_src(&m), 0, "mbr 512 ok (1+99)");
	img_free(&m);
}
END_TEST

/* ---- what the table claims wrongly ----------------------------------- */

START_TEST(a_partition_past_the_end_is_cut_and_told)
{
	struct img m = img_new(100, 512);

	mbr_entry(m.p, 0, 0x07, 50, 1000);
	expect_table(img_src(&m), 0, "mbr 512 (1+49) 50+50:0x07C");
	ck_assert(test_noted(HL_LOSS, "the image ends"));
	img_free(&m);
}
END_TEST

START_TEST(a_partition_behind_the_image_is_kept_without_bytes)
{
	struct img m = img_new(100, 512);
	struct hl_table *t;

	mbr_entry(m.p, 0, 0x07, 10, 10);
	mbr_entry(m.p, 1, 0x07, 0xfffffff0, 0xffffffff); /* wraps in 32 bits */
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	ck_assert_str_eq(table_text(t), "mbr 512 (1+9) 10+10:0x07 (20+80) "
	                 "4294967280+0:0x07X");
	ck_assert_uint_eq(hl_table_part(t, 3)->stated_len,
	                  0xffffffffull * 512);
	ck_assert(test_noted(HL_LOSS, "behind the end of the image"));
	hl_table_close(t);
	img_free(&m);
}
END_TEST

/* A small partition inside a large one must not end what the large covers. */
START_TEST(nesting_makes_no_gap)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x07, 1, 799);  /* 1..799 */
	mbr_entry(m.p, 1, 0x07, 100, 50); /* inside it */
	mbr_entry(m.p, 2, 0x07, 790, 20); /* across its end */
	expect_table(img_src(&m), 0,
	             "mbr 512 1+799:0x07O 100+50:0x07O 790+20:0x07O "
	             "(810+190)");
	ck_assert(test_noted(HL_INFO, "overlaps"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(neighbours_do_not_overlap)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x07, 1, 99);
	mbr_entry(m.p, 1, 0x07, 100, 900);
	expect_table(img_src(&m), 0, "mbr 512 ok 1+99:0x07 100+900:0x07");
	img_free(&m);
}
END_TEST

START_TEST(an_entry_at_sector_0_is_not_used)
{
	struct img m = img_new(100, 512);

	mbr_entry(m.p, 0, 0x07, 0, 100);
	mbr_entry(m.p, 1, 0x07, 10, 10);
	expect_table(img_src(&m), 0, "mbr 512 (1+9) 10+10:0x07 (20+80)");
	ck_assert(test_noted(HL_LOSS, "begins at sector 0"));
	img_free(&m);
}
END_TEST

/* ---- logical partitions ---------------------------------------------- */

/* base 100, EBRs at 100, 300, 500; a link counts from the base */
static struct img chain(unsigned type)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x07, 1, 99);
	mbr_entry(m.p, 1, type, 100, 800);
	mbr_entry(img_at(&m, 100), 0, 0x07, 10, 150);
	mbr_entry(img_at(&m, 100), 1, 0x05, 200, 200);
	mbr_entry(img_at(&m, 300), 0, 0x06, 10, 150);
	mbr_entry(img_at(&m, 300), 1, 0x05, 400, 200);
	mbr_entry(img_at(&m, 500), 0, 0x0b, 10, 150);
	return m;
}

START_TEST(a_chain_of_logical_partitions)
{
	static const unsigned types[] = { 0x05, 0x0f, 0x85 };
	struct img m = chain(types[_i]);

	expect_table(img_src(&m), 0,
	             "mbr 512 ok 1+99:0x07 (101+9) 110+150:0x07L (260+40) "
	             "(301+9) 310+150:0x06L (460+40) (501+9) 510+150:0x0bL "
	             "(660+340)");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	img_free(&m);
}
END_TEST

/* As Digital Forensics Tool Testing image 1: two volumes and a link. */
START_TEST(every_slot_of_an_ebr_counts)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 3, 0x05, 100, 800);
	mbr_entry(img_at(&m, 100), 0, 0x04, 10, 90);
	mbr_entry(img_at(&m, 100), 1, 0x04, 110, 90);
	mbr_entry(img_at(&m, 100), 2, 0x05, 300, 100);
	mbr_entry(img_at(&m, 400), 0, 0x06, 10, 50);
	expect_table(img_src(&m), 0,
	             "mbr 512 ok (1+99) (101+9) 110+90:0x04L (200+10) "
	             "210+90:0x04L (300+100) (401+9) 410+50:0x06L (460+540)");
	img_free(&m);
}
END_TEST

START_TEST(rubbish_in_the_last_slots_is_left_alone)
{
	struct img m = chain(0x05);
	uint8_t *e = img_at(&m, 100) + 0x1be + 16 * 2;

	memset(e, 'x', 32);
	mbr_entry(img_at(&m, 300), 3, 0x07, 900, 5000); /* out of the base */
	expect_table(img_src(&m), 0,
	             "mbr 512 ok 1+99:0x07 (101+9) 110+150:0x07L (260+40) "
	             "(301+9) 310+150:0x06L (460+40) (501+9) 510+150:0x0bL "
	             "(660+340)");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(a_loop_of_ebrs_ends_and_loses_nothing)
{
	struct img m = chain(0x05);

	mbr_entry(img_at(&m, 500), 1, 0x05, 0, 200); /* back to the first */
	expect_table(img_src(&m), 0,
	             "mbr 512 1+99:0x07 (101+9) 110+150:0x07L (260+40) "
	             "(301+9) 310+150:0x06L (460+40) (501+9) 510+150:0x0bL "
	             "(660+340)");
	ck_assert(test_noted(HL_LOSS, "a loop"));
	img_free(&m);
}
END_TEST

START_TEST(an_ebr_that_links_to_itself_ends)
{
	struct img m = chain(0x05);

	mbr_entry(img_at(&m, 100), 1, 0x05, 0, 800);
	expect_table(img_src(&m), 0,
	             "mbr 512 1+99:0x07 (101+9) 110+150:0x07L (260+740)");
	ck_assert(test_noted(HL_LOSS, "a loop"));
	img_free(&m);
}
END_TEST

START_TEST(a_broken_chain_keeps_what_came_before)
{
	struct img m = chain(0x05);

	memset(img_at(&m, 300), 0, 512);
	expect_table(img_src(&m), 0,
	             "mbr 512 1+99:0x07 (101+9) 110+150:0x07L (260+740)");
	ck_assert(test_noted(HL_LOSS, "no extended boot record"));
	img_free(&m);
}
END_TEST

START_TEST(an_ebr_without_its_signature_is_read_and_told)
{
	struct img m = chain(0x05);

	img_at(&m, 300)[510] = 0;
	expect_table(img_src(&m), 0,
	             "mbr 512 1+99:0x07 (101+9) 110+150:0x07L (260+40) "
	             "(301+9) 310+150:0x06L (460+40) (501+9) 510+150:0x0bL "
	             "(660+340)");
	ck_assert(test_noted(HL_LOSS, "EBR: damaged"));
	img_free(&m);
}
END_TEST

START_TEST(an_empty_extended_partition_is_no_damage)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x0f, 100, 800);
	expect_table(img_src(&m), 0, "mbr 512 ok (1+999)");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(a_chain_of_thousands_is_bounded)
{
	struct img m = img_new(6000, 512);

	mbr_entry(m.p, 0, 0x0f, 1, 5999);
	for (uint32_t i = 1; i < 5000; i++)
		mbr_entry(img_at(&m, i), 1, 0x05, i, 1); /* to i + 1 */
	struct hl_table *t;
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 0, test_ctx()), HL_OK);
	hl_table_close(t);
	ck_assert(test_noted(HL_LOSS, "more than 1024"));
	img_free(&m);
}
END_TEST

/* ---- sector sizes ---------------------------------------------------- */

START_TEST(the_sector_size_is_found_by_where_volumes_begin)
{
	static const uint32_t sizes[] = { 512, 1024, 2048, 4096 };
	struct img m = img_new(400, sizes[_i]);
	char want[100];

	mbr_entry(m.p, 0, 0x07, 20, 100);
	mbr_entry(m.p, 1, 0x07, 120, 100);
	boot_mark(img_at(&m, 20));
	boot_mark(img_at(&m, 120));
	snprintf(want, sizeof(want), "mbr %u ok (1+19) 20+100:0x07 "
	         "120+100:0x07 (220+180)", sizes[_i]);
	expect_table(img_src(&m), 0, want);
	expect_table(img_src(&m), sizes[_i], want);
	img_free(&m);
}
END_TEST

START_TEST(logical_partitions_with_4096_byte_sectors)
{
	struct img m = img_new(300, 4096);

	mbr_entry(m.p, 0, 0x0f, 50, 200);
	mbr_entry(img_at(&m, 50), 0, 0x07, 5, 100);
	expect_table(img_src(&m), 0,
	             "mbr 4096 ok (1+49) (51+4) 55+100:0x07L (155+145)");
	img_free(&m);
}
END_TEST

START_TEST(an_impossible_sector_size_is_refused)
{
	struct img m = img_new(10, 512);
	struct hl_table *t;

	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 513, test_ctx()),
	                 HL_USAGE);
	ck_assert_int_eq(hl_table_open(&t, img_src(&m), 8192, test_ctx()),
	                 HL_USAGE);
	img_free(&m);
}
END_TEST

START_TEST(tiny_images)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024 };
	uint8_t b[1024] = { 0 };
	struct hl_src *src;
	struct hl_table *t;

	for (size_t i = 0; i < 6; i++) {
		uint8_t *p = tight(b, sizes[i]);
		ck_assert_int_eq(hl_src_mem(&src, p, sizes[i], false,
		                            test_ctx()), HL_OK);
		ck_assert_int_eq(hl_table_open(&t, src, 0, test_ctx()),
		                 HL_END);
		hl_src_close(src);
		free(p);
	}
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct img m = chain(0x05);
	struct hl_src *src = img_src(&m);
	struct hl_table *t;
	enum hl_status st = HL_NOMEM;
	uint64_t before = test_mem_now();

	for (size_t i = 1; i < 50 && st == HL_NOMEM; i++) {
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

/* ---- files of testdata ----------------------------------------------- */

static const struct { const char *file, *want, *loss; } files[] = {
	{ "mbr/good-three-slots.hex", "mbr 512 ok 1+9:0x04 11+9:0x04L (20+1) "
	  "21+9:0x04L (30+20) 51+19:0x06L (70+30)", NULL },
	{ "mbr/bad-ebr-loop.hex", "mbr 512 (1+9) 11+9:0x07L (20+30) "
	  "51+19:0x06L (70+30)", "a loop" },
	{ "mbr/bad-ebr-gone.hex", "mbr 512 (1+9) 11+9:0x07L (20+80)",
	  "no extended boot record" },
	{ "mbr/bad-outside.hex", "mbr 512 (1+9) 10+90:0x07C "
	  "4294967280+0:0x07X", "behind the end" },
	{ "mbr/bad-nested.hex", "mbr 512 1+60:0x07O 10+5:0x07O 55+10:0x07O "
	  "(65+35)", NULL },
};

START_TEST(files_come_out_as_their_readme_says)
{
	size_t n;
	uint8_t *p = test_file(files[_i].file, &n);
	struct hl_src *src;

	ck_assert_uint_eq(n, 100 * 512);
	ck_assert_int_eq(hl_src_mem(&src, p, n, false, test_ctx()), HL_OK);
	expect_table(src, 0, files[_i].want);
	if (files[_i].loss)
		ck_assert(test_noted(HL_LOSS, files[_i].loss));
	else
		ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_src_close(src);
	free(p);
}
END_TEST

/* ---- the names ------------------------------------------------------- */

START_TEST(no_type_is_listed_twice)
{
	size_t n, k;
	const struct vol_mbr_type *m = hl_vol_mbr_types(&n);
	const struct vol_gpt_type *g = hl_vol_gpt_types(&k);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			ck_assert_uint_ne(m[i].type, m[j].type);
	for (size_t i = 0; i < k; i++) {
		ck_assert_uint_eq(strlen(g[i].guid), 36);
		ck_assert_uint_eq(strspn(g[i].guid, "0123456789abcdef-"), 36);
		for (size_t j = i + 1; j < k; j++)
			ck_assert_str_ne(g[i].guid, g[j].guid);
	}
	ck_assert_str_eq(hl_vol_mbr_type(0x99)->name, "unknown");
	ck_assert_str_eq(hl_vol_gpt_type("nothing")->name, "unknown");
}
END_TEST

int main(void)
{
	TCase *mbr = tcase_create("mbr"), *ebr = tcase_create("ebr");
	TCase *size = tcase_create("sizes");

	tcase_add_test(mbr, four_primaries_with_gaps_between);
	tcase_add_test(mbr, entries_in_any_order_come_out_by_start);
	tcase_add_test(mbr, boot_sectors_are_no_mbr);
	tcase_add_test(mbr, no_signature_is_no_mbr);
	tcase_add_test(mbr, a_damaged_mbr_is_used_when_a_volume_vouches_for_it);
	tcase_add_test(mbr, an_empty_table_is_one_gap);
	tcase_add_test(mbr, a_partition_past_the_end_is_cut_and_told);
	tcase_add_test(mbr, a_partition_behind_the_image_is_kept_without_bytes);
	tcase_add_test(mbr, nesting_makes_no_gap);
	tcase_add_test(mbr, neighbours_do_not_overlap);
	tcase_add_test(mbr, an_entry_at_sector_0_is_not_used);
	tcase_add_test(mbr, no_type_is_listed_twice);
	tcase_add_loop_test(mbr, files_come_out_as_their_readme_says, 0,
	                    sizeof(files) / sizeof(files[0]));
	tcase_add_loop_test(ebr, a_chain_of_logical_partitions, 0, 3);
	tcase_add_test(ebr, every_slot_of_an_ebr_counts);
	tcase_add_test(ebr, rubbish_in_the_last_slots_is_left_alone);
	tcase_add_test(ebr, a_loop_of_ebrs_ends_and_loses_nothing);
	tcase_add_test(ebr, an_ebr_that_links_to_itself_ends);
	tcase_add_test(ebr, a_broken_chain_keeps_what_came_before);
	tcase_add_test(ebr, an_ebr_without_its_signature_is_read_and_told);
	tcase_add_test(ebr, an_empty_extended_partition_is_no_damage);
	tcase_add_test(ebr, a_chain_of_thousands_is_bounded);
	tcase_add_loop_test(size,
	                    the_sector_size_is_found_by_where_volumes_begin,
	                    0, 4);
	tcase_add_test(size, logical_partitions_with_4096_byte_sectors);
	tcase_add_test(size, an_impossible_sector_size_is_refused);
	tcase_add_test(size, tiny_images);
	tcase_add_test(size, every_failing_allocation_is_survived);
	return test_main("vol_mbr", mbr, ebr, size, NULL);
}
