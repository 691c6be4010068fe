/* check_fat_damage.c: damaged FAT volumes: what is lost is said, and nothing
 * else is lost. */
#include "fat_open.h"

/* ---- damaged chains ----------------------------------------------------- */

static struct vol damaged(int kind, uint32_t size)
{
	struct vol v = plain(kind);

	put32(vol_root(&v) + 32 + 0x1C, size);
	return v;
}

/* Opens /FILE.BIN and tells how many of its bytes are missing. */
static uint64_t missing(struct open *o, const char *note)
{
	struct hl_src *s = stream_of(o, "/FILE.BIN", HL_STREAM_CONTENT);
	size_t n = (size_t)hl_src_size(s);
	struct hl_ranges bad;
	uint8_t *buf = malloc(n);

	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, buf, n, &bad), HL_OK);
	ck_assert_uint_eq(bad.n > 0, test_note_count(HL_LOSS) > 0);
	if (note)
		ck_assert_msg(test_noted(HL_LOSS, note), "%s", note);
	free(buf);
	hl_src_close(s);
	return bad.bytes;
}

START_TEST(chain_cuts_cost_only_what_is_behind_them)
{
	static const struct {
		unsigned cluster;
		uint32_t value, missing;
		const char *note;
	} x[] = {
		{ 11, LAST, 76, "ends before the file does" },
		{ 11, 0, 76, "marked free" },
		{ 11, 1, 76, "out of the volume" },
		{ 11, 10, 76, "back into itself (FAT[11] is 10)" },
		{ 11, 11, 76, "back into itself" },
		{ 10, 10, 588, "back into itself" },
		{ 11, 0x0FFFFFF7, 76, "marked bad" },
		{ 10, 5000, 588, "out of the volume" },
	};
	const int kind = kinds[_i % 3];
	const int row = _i / 3;
	struct vol v = damaged(kind, 1100);
	uint32_t mask = kind == 32 ? LAST : kind == 16 ? 0xFFFF : 0xFFF;
	uint32_t value = x[row].value;

	vol_link(&v, x[row].cluster, value == LAST ? LAST : value & mask);
	struct open o = open_vol(&v);
	ck_assert_uint_eq(missing(&o, x[row].note), x[row].missing);
	close_vol(&o, &v);
}
END_TEST

START_TEST(chain_loop_far_behind_a_short_size_does_not_matter)
{
	struct vol v = damaged(kinds[_i], 1100);

	vol_link(&v, 20, 10); /* behind the last byte of the file */
	struct open o = open_vol(&v);
	ck_assert_uint_eq(missing(&o, NULL), 0);
	close_vol(&o, &v);
}
END_TEST

/* 30 clusters in front, then a ring of 3, 7 … clusters, a size beyond all. */
START_TEST(chain_loops_of_every_size_are_cut_exactly)
{
	for (unsigned period = 1; period < 25; period++) {
		struct vol v = damaged(kinds[_i], 40000);
		unsigned at = 10;
		for (unsigned i = 1; i < 30 + period; i++) {
			unsigned to = 9 + (i * 37) % 89;
			vol_link(&v, at, to);
			at = to;
		}
		vol_link(&v, at, 9 + (30 * 37) % 89);
		struct open o = open_vol(&v);
		ck_assert_uint_eq(missing(&o, "back into itself"),
		                  40000 - 512 * (30 + period));
		close_vol(&o, &v);
	}
}
END_TEST

START_TEST(chain_loop_met_before_the_size_ends_the_walk)
{
	/* the size stops the walk before the loop finder's mark is met */
	for (unsigned want = 6; want < 30; want++) {
		struct vol v = damaged(kinds[_i], want * 512);
		unsigned path[] = { 10, 12, 14, 16, 18 };
		for (int i = 0; i < 4; i++)
			vol_link(&v, path[i], path[i + 1]);
		vol_link(&v, 18, 12);
		struct open o = open_vol(&v);
		ck_assert_uint_eq(missing(&o, "back into itself"),
		                  512 * (want - 5));
		close_vol(&o, &v);
	}
}
END_TEST

START_TEST(chain_first_cluster_is_checked)
{
	struct vol v = damaged(kinds[_i], 1100);

	put16(vol_root(&v) + 32 + 0x1A, 60000);
	struct open o = open_vol(&v);
	ck_assert(find(&o, "/FILE.BIN").flags & HL_ENTRY_DAMAGED);
	ck_assert_uint_eq(missing(&o, "first cluster 60000"), 1100);
	close_vol(&o, &v);
}
END_TEST

START_TEST(chain_size_beyond_the_volume_is_missing)
{
	struct vol v = damaged(kinds[_i], 0xFFFFFFFF);
	struct open o = open_vol(&v);
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_CONTENT);
	struct hl_extent ext;

	ck_assert_uint_eq(hl_src_size(s), 0xFFFFFFFF);
	ck_assert(find(&o, "/FILE.BIN").flags & HL_ENTRY_DAMAGED);
	ck_assert_int_eq(hl_src_map(s, 0xFFFFFFFE, &ext), HL_OK);
	ck_assert_int_eq(ext.what, HL_WHAT_MISSING);
	hl_src_close(s);
	close_vol(&o, &v);
}
END_TEST

static TCase *chain_case(void)
{
	TCase *tc = tcase_create("chains");

	tcase_add_loop_test(tc, chain_cuts_cost_only_what_is_behind_them, 0,
	                    3 * 8);
	tcase_add_loop_test(
		tc, chain_loop_far_behind_a_short_size_does_not_matter, 0, 3);
	tcase_add_loop_test(tc, chain_loops_of_every_size_are_cut_exactly, 0,
	                    3);
	tcase_add_loop_test(tc, chain_loop_met_before_the_size_ends_the_walk, 0,
	                    3);
	tcase_add_loop_test(tc, chain_first_cluster_is_checked, 0, 3);
	tcase_add_loop_test(tc, chain_size_beyond_the_volume_is_missing, 0, 3);
	return tc;
}

/* ---- second copies ------------------------------------------------------ */

START_TEST(second_fat_is_used_where_the_first_is_bad)
{
	static const uint32_t junk[] = { 0, 1, 0xFFFF0, LAST };
	struct vol v = damaged(kinds[_i % 3], 1100);
	uint32_t value = junk[_i / 3];

	if (value == LAST && v.kind != 32)
		value = v.kind == 16 ? 0xFFFF : 0xFFF;
	vol_set(&v, 0, 11, value & (v.kind == 16 ? 0xFFFF : LAST));
	struct open o = open_vol(&v);
	char buf[1100];
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_CONTENT);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 1100, NULL), HL_OK);
	ck_assert(buf[1099] == 'c');
	ck_assert(test_noted(HL_LOSS, "the second is used"));
	hl_src_close(s);
	close_vol(&o, &v);
}
END_TEST

START_TEST(second_fat_is_used_for_a_whole_chain_that_leads_astray)
{
	struct vol v = damaged(kinds[_i], 1100);

	vol_set(&v, 0, 10, 60); /* a cluster, but of nobody: its entry is 0 */
	struct open o = open_vol(&v);
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_CONTENT);
	char buf[1100];
	ck_assert_int_eq(hl_src_read(s, 0, buf, 1100, NULL), HL_OK);
	ck_assert(buf[512] == 'b' && buf[1099] == 'c');
	ck_assert(test_noted(HL_LOSS, "the second is used"));
	hl_src_close(s);
	close_vol(&o, &v);
}
END_TEST

START_TEST(good_copies_that_differ_are_said_and_no_loss)
{
	struct vol v = damaged(kinds[_i], 1100);

	vol_set(&v, 1, 11, 21); /* the second copy is behind the times */
	struct open o = open_vol(&v);
	ck_assert_uint_eq(missing(&o, NULL), 0);
	ck_assert(test_noted(HL_INFO, "FAT copies disagree on 1 clusters"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(unmirrored_fat32_believes_the_active_fat_only)
{
	struct vol v = damaged(32, 1100);

	put16(v.p + 0x28, 0x81);
	memset(v.p + 512 * v.fat, 0x55, 512 * v.fat_sectors);
	struct open o = open_vol(&v);
	ck_assert_uint_eq(missing(&o, NULL), 0);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(unreadable_fat_gives_way_to_its_copy)
{
	struct vol v = damaged(kinds[_i], 1100);
	struct open o = open_holed(&v, 512 * v.fat, 512);
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_CONTENT);
	char buf[1100];

	ck_assert_int_eq(hl_src_read(s, 0, buf, 1100, NULL), HL_OK);
	ck_assert(test_noted(HL_LOSS, "the second is used"));
	hl_src_close(s);
	close_vol(&o, &v);
}
END_TEST

START_TEST(backup_boot_sector_is_used_by_itself)
{
	struct vol v = plain(32);

	if (_i == 0)
		memset(v.p, 0, 512);
	else
		v.p[0x0D] = 3; /* cluster size */
	struct open o = open_vol(&v);
	ck_assert(hl_fs_info(o.fs)->boot_backup);
	ck_assert(test_noted(HL_LOSS, "the backup at byte 3072 is used"));
	ck_assert_uint_eq(find(&o, "/FILE.BIN").size, 1100);
	close_vol(&o, &v);
}
END_TEST

START_TEST(backup_boot_sector_elsewhere_and_unreadable_primary)
{
	struct vol v = plain(32);

	memmove(v.p + 12 * 512, v.p + 6 * 512, 512);
	memset(v.p + 6 * 512, 0, 512);
	put16(v.p + 12 * 512 + 0x32, 12);
	struct open o = open_holed(&v, 0, 512);
	ck_assert(hl_fs_info(o.fs)->boot_backup);
	ck_assert_uint_eq(find(&o, "/FILE.BIN").size, 1100);
	close_vol(&o, &v);
}
END_TEST

START_TEST(backup_that_is_none_is_not_believed)
{
	struct vol v = plain(32);
	struct hl_fs_found found;
	struct hl_src *s;

	memset(v.p, 0, 512);
	memset(v.p + 512 * v.fat, 0, 4); /* no FAT where it says */
	ck_assert_int_eq(hl_src_mem(&s, v.p, v.n, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_fs_identify_with(&found, s, true, only_fat,
	                                     test_ctx()), HL_END);
	hl_src_close(s);
	free(v.p);
}
END_TEST

static TCase *copies_case(void)
{
	TCase *tc = tcase_create("copies");

	tcase_add_loop_test(tc, second_fat_is_used_where_the_first_is_bad, 0,
	                    12);
	tcase_add_loop_test(
		tc, second_fat_is_used_for_a_whole_chain_that_leads_astray, 0,
		3);
	tcase_add_loop_test(tc, good_copies_that_differ_are_said_and_no_loss, 0,
	                    3);
	tcase_add_test(tc, unmirrored_fat32_believes_the_active_fat_only);
	tcase_add_loop_test(tc, unreadable_fat_gives_way_to_its_copy, 0, 3);
	tcase_add_loop_test(tc, backup_boot_sector_is_used_by_itself, 0, 2);
	tcase_add_test(tc, backup_boot_sector_elsewhere_and_unreadable_primary);
	tcase_add_test(tc, backup_that_is_none_is_not_believed);
	return tc;
}

/* ---- damaged folders ---------------------------------------------------- */

START_TEST(unreadable_part_of_a_folder_is_not_its_end)
{
	struct vol v = plain(kinds[_i]);

	vol_link(&v, 5, 40); /* SUB goes on in 40 (lost) and 41 */
	vol_link(&v, 40, 41);
	vol_link(&v, 41, LAST);
	for (int i = 5; i < 16; i++)
		slot(vol_cluster(&v, 5) + 32 * i, "\xE5" "ILL       ", 0, 0, 0);
	slot(vol_cluster(&v, 41), "BEHIND     ", 0x20, 0, 0);
	struct open o = open_holed(&v, (uint64_t)(vol_cluster(&v, 40) - v.p),
	                           512);
	int bad;
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "Long file name|BEHIND|");
	ck_assert_int_eq(bad, 1);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 1);
	struct hl_entry e;
	ck_assert_int_eq(hl_fs_find(o.fs, "/SUB/NONE", &e), HL_CORRUPT);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 1); /* told once */
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_whose_chain_is_cut_tells)
{
	struct vol v = plain(kinds[_i]);
	int bad;

	for (int i = 5; i < 16; i++)
		slot(vol_cluster(&v, 5) + 32 * i, "\xE5" "ILL       ", 0, 0, 0);
	vol_link(&v, 5, 0); /* free */
	struct open o = open_vol(&v);
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "Long file name|");
	ck_assert_int_eq(bad, 1);
	ck_assert(test_noted(HL_LOSS, "marked free"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_that_goes_on_in_the_second_fat_only_is_a_loss)
{
	struct vol v = plain(kinds[_i]);
	int bad;

	for (int i = 5; i < 16; i++)
		slot(vol_cluster(&v, 5) + 32 * i, "\xE5" "ILL       ", 0, 0, 0);
	/* both end; the second one two clusters later */
	vol_set(&v, 1, 5, 40);
	vol_set(&v, 1, 40, 41);
	vol_set(&v, 1, 41, 0x0fffffff);
	struct open o = open_vol(&v);
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "Long file name|");
	ck_assert(test_noted(HL_LOSS, "names in 2 clusters of the second"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_that_loops_is_listed_once)
{
	struct vol v = plain(kinds[_i]);
	int bad;

	for (int i = 5; i < 16; i++)
		slot(vol_cluster(&v, 5) + 32 * i, "\xE5" "ILL       ", 0, 0, 0);
	vol_link(&v, 5, 5);
	struct open o = open_vol(&v);
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "Long file name|");
	ck_assert_int_eq(bad, 1);
	ck_assert(test_noted(HL_LOSS, "back into itself"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_of_nowhere_is_not_the_root)
{
	struct vol v = plain(kinds[_i]);
	struct hl_entry dir;
	struct hl_fs_iter *it;

	put16(vol_root(&v) + 64 + 0x1A, 0);
	struct open o = open_vol(&v);
	dir = find(&o, "/SUB");
	ck_assert(dir.flags & HL_ENTRY_DAMAGED);
	ck_assert_int_eq(hl_fs_list(&it, o.fs, &dir.ref, 0), HL_CORRUPT);
	ck_assert(test_noted(HL_LOSS, "has no cluster"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(labels_that_hide_content_are_said)
{
	struct vol v = plain(kinds[_i]);
	int bad;

	slot(vol_cluster(&v, 5) + 160, "HIDDEN  EXE", 0x08, 50, 900);
	struct open o = open_vol(&v);
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "Long file name|");
	ck_assert(test_noted(HL_INFO, "\"HIDDEN.EXE\" in a subfolder: 900"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_of_garbage_is_a_loss)
{
	struct vol v = plain(kinds[_i]);
	int bad;

	memset(vol_cluster(&v, 5), 0xD1, 512); /* attribute 0xD1: no entry … */
	for (int i = 0; i < 512; i += 32)
		vol_cluster(&v, 5)[i + 3] = 0x07; /* … with a bell inside */
	struct open o = open_vol(&v);
	ck_assert_str_eq(names_of(&o, "/SUB", &bad), "");
	ck_assert_int_eq(bad, 1);
	ck_assert(test_noted(HL_LOSS, "16 slots hold no entries"));
	close_vol(&o, &v);
}
END_TEST

/* FAT16: a folder longer than the format allows ends with a note. */
START_TEST(folder_without_end_is_bounded)
{
	struct vol v = plain(16);
	struct hl_entry dir, e;
	struct hl_fs_iter *it;
	enum hl_status st;
	int n = 0, bad = 0;

	for (unsigned c = 102; c < 4201; c++) {
		vol_link(&v, c, c == 4200 ? LAST : c + 1);
		for (int i = 0; i < 16; i++)
			slot(vol_cluster(&v, c) + 32 * i, "SAME       ", 0x20,
			     0, 0);
	}
	put16(vol_root(&v) + 64 + 0x1A, 102);
	struct open o = open_vol(&v);
	dir = find(&o, "/SUB");
	ck_assert_int_eq(hl_fs_list(&it, o.fs, &dir.ref, 0), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		n += st == HL_OK;
		bad += st == HL_CORRUPT;
	}
	hl_fs_iter_close(it);
	ck_assert_int_eq(n, 65536);
	ck_assert_int_eq(bad, 1);
	ck_assert(test_noted(HL_LOSS, "longer than 65536 entries"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(cut_medium_costs_what_it_cut)
{
	struct vol v = damaged(kinds[_i], 1100);

	v.n = (size_t)(vol_cluster(&v, 20) - v.p) + 10;
	struct open o = open_vol(&v);
	ck_assert(test_noted(HL_LOSS, "its end is missing"));
	ck_assert_uint_eq(missing(&o, "behind the end of the medium"), 66);
	close_vol(&o, &v);
}
END_TEST

START_TEST(no_memory_is_an_answer)
{
	struct vol v = plain(kinds[_i]);
	bool done = false;

	for (size_t n = 1; !done && n < 60; n++) {
		struct hl_fs_found found = { 0 };
		struct hl_src *s, *file;
		struct hl_entry e;
		enum hl_status st;

		ck_assert_int_eq(hl_src_mem(&s, v.p, v.n, false, test_ctx()),
		                 HL_OK);
		test_fail_alloc(n);
		st = hl_fs_identify_with(&found, s, true, only_fat,
		                         test_ctx());
		if (st == HL_OK)
			st = hl_fs_find(found.fs, "/FILE.BIN", &e);
		if (st == HL_OK)
			st = hl_fs_stream(&file, found.fs, &e.ref, "",
			                  HL_STREAM_CONTENT);
		if (st == HL_OK)
			hl_src_close(file);
		done = st == HL_OK;
		if (!done)
			ck_assert_int_eq(st, HL_NOMEM);
		test_fail_alloc(0);
		hl_fs_close(found.fs);
		hl_src_close(s);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
	ck_assert(done);
	free(v.p);
}
END_TEST

static TCase *folder_case(void)
{
	TCase *tc = tcase_create("folders");

	tcase_add_loop_test(tc, unreadable_part_of_a_folder_is_not_its_end, 0,
	                    3);
	tcase_add_loop_test(tc, folder_whose_chain_is_cut_tells, 0, 3);
	tcase_add_loop_test(
		tc, folder_that_goes_on_in_the_second_fat_only_is_a_loss, 0, 3);
	tcase_add_loop_test(tc, folder_that_loops_is_listed_once, 0, 3);
	tcase_add_loop_test(tc, folder_of_nowhere_is_not_the_root, 0, 3);
	tcase_add_loop_test(tc, labels_that_hide_content_are_said, 0, 3);
	tcase_add_loop_test(tc, folder_of_garbage_is_a_loss, 0, 3);
	tcase_add_test(tc, folder_without_end_is_bounded);
	tcase_add_loop_test(tc, cut_medium_costs_what_it_cut, 0, 3);
	tcase_add_loop_test(tc, no_memory_is_an_answer, 0, 3);
	return tc;
}

int main(void)
{
	return test_main("fat_damage", chain_case(), copies_case(),
	                 folder_case(), NULL);
}
