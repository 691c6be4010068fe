/*
 * check_ntfs_volume.c: volumes built by hand with one thing odd or wrong:
 * what must still come out, and what must be said.
 */
#include "ntfs_fixture.h"

/* ---- records ------------------------------------------------------------- */

START_TEST(a_healthy_volume_is_quiet)
{
	struct hl_src *s;
	struct hl_entry e;
	char text[8];

	ROOT({ 8, 1, "a.txt" });
	nb_record(b, 8, 1, 1);
	nb_file_name(b, 5, "a.txt");
	nb_resident(b, 0x80, "", "content", 7);
	nb_end(b);
	open_it();
	ck_assert_str_eq(hl_fs_info(fs)->label, "hi");
	ck_assert_str_eq(hl_fs_info(fs)->serial, "0123456789ABCDEF");
	ck_assert(!hl_fs_info(fs)->dirty);
	ck_assert_int_eq(hl_fs_find(fs, "A.TXT", &e), HL_OK);
	ck_assert_uint_eq(e.size, 7);
	ck_assert_uint_eq(e.ref.id, 8);
	ck_assert_int_eq(hl_fs_find(fs, "b.txt", &e), HL_END);
	s = stream("a.txt", "", HL_STREAM_CONTENT);
	ck_assert_int_eq(hl_src_read(s, 0, text, 7, NULL), HL_OK);
	ck_assert(!memcmp(text, "content", 7));
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* The value of a resident stream reaches over the end of sector 0. */
START_TEST(a_torn_sector_is_said_and_costs_its_own_bytes)
{
	uint8_t value[600], have[600], *p;
	struct hl_ranges bad;
	struct hl_extent x;
	struct hl_entry e;
	struct hl_src *s;
	size_t i;

	memset(value, 0x5a, sizeof(value));
	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	p = nb_resident(b, 0x80, "", value, sizeof(value));
	nb_end(b);
	nb_place(b, 8)[1022] ^= 1;
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
	ck_assert(test_noted(HL_LOSS, "1 of 2 sectors are torn"));
	s = stream("a", "", HL_STREAM_CONTENT);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, have, sizeof(have), &bad), HL_OK);
	for (i = 0; i < sizeof(have); i++) /* the saved word is back */
		ck_assert_uint_eq(have[i], 0x5a);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 512u - (unsigned)(p - nb_place(b, 8)));
	ck_assert_uint_eq(bad.r[0].off + bad.r[0].len, sizeof(have));
	/* and the map says where the bytes lie on the image */
	ck_assert_int_eq(hl_src_locate(s, 3, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_RESIDENT);
	ck_assert_uint_eq(x.in_off, (unsigned)(p + 3 - b->v));
	hl_src_close(s);
}
END_TEST

START_TEST(record_zero_out_of_the_mirror)
{
	struct hl_entry e;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_end(b);
	nb_finish(b);
	memset(nb_place(b, 0), _i ? 0x11 : 0, NB_RECORD);
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_open(&fs, src, test_ctx()), HL_OK);
	ck_assert(test_noted(HL_LOSS, "its copy in $MFTMirr is used"));
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
}
END_TEST

START_TEST(without_record_zero_the_records_are_found)
{
	struct hl_entry e;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_resident(b, 0x80, "", "here", 4);
	nb_end(b);
	memset(nb_place(b, 0), 0x11, NB_RECORD); /* and the copy */
	open_it();
	ck_assert(test_noted(HL_LOSS, "$MFT cannot be found whole"));
	ck_assert(test_noted(HL_LOSS, "found by their signature"));
	ck_assert_uint_eq(test_note_count(HL_FAILED), 0);
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_uint_eq(e.size, 4);
}
END_TEST

/* The run list leads elsewhere, the record itself is sound. */
START_TEST(a_wrong_run_list_of_mft_gives_way_to_the_mirror)
{
	struct hl_entry e;
	uint8_t *p = nb_place(b, 0), *end = p + NB_RECORD;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_end(b);
	nb_finish(b);
	while (p < end - 3 && memcmp(p, "\x11\x04\x04", 3))
		p++;
	ck_assert(p < end - 3);
	p[2] = _i ? 40 : 0x7f; /* nothing there; outside the volume */
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_open(&fs, src, test_ctx()), HL_OK);
	ck_assert(test_noted(HL_LOSS, "does not describe $MFT as it is"));
	ck_assert(!test_noted(HL_LOSS, "signature"));
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
}
END_TEST

/* Of two stretches with the same numbers the one counts that begins where the
 * boot sector says, though another volume's is longer. */
START_TEST(records_of_another_volume_are_not_taken)
{
	struct hl_entry e;
	unsigned i;

	for (i = 0; i < 20; i++) {
		nb_record_at(b, nb_cluster(b, 30) + i * NB_RECORD, i, 5, 1);
		nb_file_name(b, 5, "alien");
		nb_end(b);
	}
	nb_record(b, 1, 1, 1);
	nb_end(b);
	nb_record(b, 8, 1, 1);
	nb_end(b);
	ROOT({ 8, 1, "a" });
	memset(nb_place(b, 0), 0x11, NB_RECORD);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_uint_eq(e.ref.id, 8);
	ck_assert_uint_eq(e.ref.seq, 1);
	ck_assert(!(e.flags & HL_ENTRY_DAMAGED));
}
END_TEST

START_TEST(without_any_record_nothing_opens)
{
	memset(nb_cluster(b, NB_MFT), 0x11, 4 * NB_CLUSTER);
	ck_assert_int_ne(try_open(), HL_OK);
	ck_assert(test_noted(HL_FAILED, "$MFT cannot be found"));
}
END_TEST

START_TEST(the_boot_sector_behind_the_volume)
{
	struct hl_entry e;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_end(b);
	memset(b->v, 0, 512);
	open_it();
	ck_assert(hl_fs_info(fs)->boot_backup);
	ck_assert(test_noted(HL_LOSS, "the boot sector is destroyed or wrong"));
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
}
END_TEST

START_TEST(a_stale_reference_is_not_another_file)
{
	struct hl_ref ref = { .id = 8, .seq = 1 };
	struct hl_entry e;

	ROOT({ 8, 2, "a" });
	nb_record(b, 8, 2, 0); /* and not in use */
	nb_file_name(b, 5, "a");
	nb_end(b);
	open_it();
	ck_assert_int_eq(hl_fs_entry(fs, &ref, &e), HL_END);
	ck_assert(test_noted(HL_INFO, "it is another file now"));
	ck_assert_int_eq(hl_fs_find(fs, "@8", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_str_eq(e.name, "a");
	/* the folder still names it: that is damage */
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
}
END_TEST

/* ---- attribute lists ----------------------------------------------------- */

static size_t list_entry(uint8_t *p, uint32_t type, uint64_t lowest,
                         unsigned record, unsigned seq, unsigned id)
{
	memset(p, 0, 0x20);
	put32(p, type);
	put16(p + 4, 0x20);
	p[7] = 0x1a;
	put64(p + 8, lowest);
	put64(p + 0x10, (uint64_t)seq << 48 | record);
	put16(p + 0x18, id);
	return 0x20;
}

/*
 * $MFT in three pieces: record 0 maps records 0 to 15, record 15 maps 16 to
 * 19, record 16, reachable only then, maps 20 to 23.
 */
START_TEST(mft_that_describes_itself_in_passes)
{
	static const struct nb_runs first = {
		.highest = 3, .allocated = 24576, .size = 24576,
		.valid = 24576, .runs = { 0x11, 4, NB_MFT }, .n = 4,
	};
	static const struct nb_runs second = {
		.lowest = 4, .highest = 4, .runs = { 0x11, 1, 20 }, .n = 4,
	};
	static const struct nb_runs third = {
		.lowest = 5, .highest = 5, .runs = { 0x11, 1, 22 }, .n = 4,
	};
	uint8_t list[0x60];
	struct hl_entry e;
	size_t n;

	n = list_entry(list, 0x80, 5, 16, 1, 0); /* unsorted on purpose */
	n += list_entry(list + n, 0x80, 0, 0, 1, 1);
	n += list_entry(list + n, 0x80, 4, 15, 1, 0);
	nb_record(b, 0, 1, 1);
	nb_resident(b, 0x20, "", list, n);
	nb_mapped(b, 0x80, "", &first);
	nb_end(b);
	nb_record(b, 15, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48);
	nb_mapped(b, 0x80, "", &second);
	nb_end(b);
	nb_record_at(b, nb_cluster(b, 20), 16, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48);
	nb_mapped(b, 0x80, "", &third);
	nb_end(b);
	nb_record_at(b, nb_cluster(b, 22) + 3 * NB_RECORD, 23, 1, 1);
	nb_resident(b, 0x80, "", "far", 3);
	nb_end(b);
	ROOT({ 23, 1, "a" });
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_uint_eq(e.size, 3);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* Base and extension both have an attribute with id 1. */
static void split_file(unsigned base_of_extension)
{
	static const struct nb_runs first = {
		.highest = 0, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 1, 30 }, .n = 4,
	};
	static const struct nb_runs second = {
		.lowest = 1, .highest = 1, .runs = { 0x11, 1, 40 }, .n = 4,
	};
	uint8_t list[0x80];
	size_t n;

	n = list_entry(list, 0x80, 1, 9, 1, 0);
	n += list_entry(list + n, 0x80, 0, 8, 1, 1);
	n += list_entry(list + n, 0xc0, 0, 9, 1, 1);
	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_resident(b, 0x20, "", list, n);
	nb_mapped(b, 0x80, "", &first);
	nb_end(b);
	nb_record(b, 9, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48 | base_of_extension);
	nb_mapped(b, 0x80, "", &second);
	nb_resident(b, 0xc0, "", "\1\0\0\x80\0\0\0\0", 8);
	nb_end(b);
	memset(nb_cluster(b, 30), 'x', NB_CLUSTER);
	memset(nb_cluster(b, 40), 'y', NB_CLUSTER);
	open_it();
}

START_TEST(pieces_from_several_records)
{
	struct hl_src *s;

	split_file(8);
	s = stream("a", "", HL_STREAM_CONTENT);
	expect(s, 0, 4096, 'x');
	expect(s, 4096, 4096, 'y');
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(an_extension_record_of_another_file_is_not_taken)
{
	struct hl_ranges bad;
	struct hl_src *s;
	uint8_t buf[8192];

	split_file(7);
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert(test_noted(HL_LOSS, "an extension record is another file's"));
	ck_assert(test_noted(HL_LOSS, "is not mapped to its end"));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 8192, &bad), HL_OK);
	ck_assert_uint_eq(buf[0], 'x');
	ck_assert_uint_eq(buf[4096], 0); /* never invented */
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 4096);
	ck_assert_int_eq(bad.r[0].what, HL_WHAT_MISSING);
	hl_src_close(s);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("volume");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_healthy_volume_is_quiet);
	tcase_add_test(t, a_torn_sector_is_said_and_costs_its_own_bytes);
	tcase_add_loop_test(t, record_zero_out_of_the_mirror, 0, 2);
	tcase_add_test(t, without_record_zero_the_records_are_found);
	tcase_add_loop_test(t, a_wrong_run_list_of_mft_gives_way_to_the_mirror,
	                    0, 2);
	tcase_add_test(t, records_of_another_volume_are_not_taken);
	tcase_add_test(t, without_any_record_nothing_opens);
	tcase_add_test(t, the_boot_sector_behind_the_volume);
	tcase_add_test(t, a_stale_reference_is_not_another_file);
	tcase_add_test(t, mft_that_describes_itself_in_passes);
	tcase_add_test(t, pieces_from_several_records);
	tcase_add_test(t, an_extension_record_of_another_file_is_not_taken);
	return t;
}

int main(void)
{
	return test_main("ntfs_volume", cases(), NULL);
}
