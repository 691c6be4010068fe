/* check_fat_volume.c: whole FAT volumes made by hand, read through the file
 * system interface. */
#include "fat_open.h"

START_TEST(volume_is_described)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	const struct hl_fs_info *info = hl_fs_info(o.fs);
	uint64_t bytes;

	ck_assert_str_eq(info->name, _i == 0 ? "fat12" : _i == 1 ? "fat16"
	                                                         : "fat32");
	ck_assert_str_eq(info->label, "ROOT LABEL");
	ck_assert_str_eq(info->serial, _i == 2 ? "DEAD-BEEF" : "1A2B-3C4D");
	ck_assert_uint_eq(info->cluster_size, 512);
	ck_assert_uint_eq(info->size, v.n);
	ck_assert(!info->dirty && !info->boot_backup && !info->has_records);
	ck_assert_uint_eq(info->unallocated, HL_NO_OFFSET);
	ck_assert_int_eq(hl_fs_unallocated(o.fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, 512u * (v.clusters - (_i == 2 ? 6 : 5)));
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(files_and_folders_are_read)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	char text[HL_TIME_TEXT], buf[1100];
	int bad;

	ck_assert_str_eq(names_of(&o, "/", &bad), "FILE.BIN|SUB|EMPTY|");
	ck_assert_str_eq(names_of(&o, "/sub", &bad), "Long file name|");
	struct hl_entry e = find(&o, "\\File.Bin");
	ck_assert_int_eq(e.type, HL_FILE);
	ck_assert_uint_eq(e.size, 1100);
	ck_assert_uint_eq(e.attributes, 0x21);
	ck_assert_str_eq(hl_time_text(text, e.modified), "2020-02-29T12:34:56");
	ck_assert_int_eq(e.created.kind, HL_TIME_NONE);
	ck_assert_uint_eq(e.ref.id * 32, (uint64_t)(vol_root(&v) - v.p) + 32);
	ck_assert_int_eq(find(&o, "/SUB/longfi~1").size, 3);
	ck_assert_int_eq(find(&o, "/SUB/LONG FILE NAME").size, 3);
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 1100);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 1100, NULL), HL_OK);
	ck_assert(buf[0] == 'a' && buf[1023] == 'b' && buf[1099] == 'c');
	struct hl_extent ext;
	ck_assert_int_eq(hl_src_map(s, 1024, &ext), HL_OK);
	ck_assert_uint_eq(ext.in_off, (uint64_t)(vol_cluster(&v, 20) - v.p));
	ck_assert_uint_eq(ext.len, 76);
	hl_src_close(s);
	s = stream_of(&o, "/FILE.BIN", HL_STREAM_SLACK);
	ck_assert_uint_eq(hl_src_size(s), 1536);
	hl_src_close(s);
	s = stream_of(&o, "/EMPTY", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 0);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol(&o, &v);
}
END_TEST

/* Its entry leads to another cluster, or its first cluster is another's: all
 * is listed, and it is said.  A "." without a cluster is an oddity only. */
START_TEST(a_folder_begins_with_its_own_name)
{
	static const struct {
		unsigned self;
		const char *says;
		int losses;
	} c[] = {
		{ 5, NULL, 0 },
		{ 0, "names no cluster", 0 },
		{ 6, "of another one", 1 },
		{ UINT16_MAX, "does not begin with", 1 },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct vol v = plain(kinds[_i]);
		uint8_t *p = vol_cluster(&v, 5);
		struct open o;
		int bad;

		if (c[i].self == UINT16_MAX)
			slot(p, "OTHER      ", 0x20, 0, 0);
		else
			dots(p, c[i].self, 0);
		o = open_vol(&v);
		ck_assert_ptr_nonnull(strstr(names_of(&o, "/SUB", &bad),
		                             "Long file name|"));
		ck_assert_int_eq(test_note_count(HL_LOSS), c[i].losses);
		if (c[i].says)
			ck_assert(test_noted(c[i].losses ? HL_LOSS : HL_INFO,
			                     c[i].says));
		(void)names_of(&o, "/SUB", &bad); /* said once */
		ck_assert_int_eq(test_note_count(HL_LOSS), c[i].losses);
		close_vol(&o, &v);
		test_forget_notes();
	}
}
END_TEST

/* The whole chain, also where the size says less; folders have one too. */
START_TEST(raw_is_the_whole_chain)
{
	struct vol v = plain(kinds[_i]);
	put32(vol_root(&v) + 32 + 0x1C, 10); /* of 1,536 bytes allocated */
	struct open o = open_vol(&v);
	struct hl_src *s = stream_of(&o, "/FILE.BIN", HL_STREAM_RAW);
	char buf[1536];

	ck_assert_uint_eq(hl_src_size(s), 1536);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 1536, NULL), HL_OK);
	ck_assert(buf[0] == 'a' && buf[1535] == 'c');
	hl_src_close(s);
	s = stream_of(&o, "/SUB", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(s), 512);
	hl_src_close(s);
	s = stream_of(&o, "/EMPTY", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(s), 0);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	struct hl_entry e, dir = find(&o, "/SUB");
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_find(o.fs, "/NONE", &e), HL_END);
	ck_assert_int_eq(hl_fs_find(o.fs, "/ROOT LABEL", &e), HL_END);
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, ".", &e), HL_END);
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "..", &e), HL_END);
	e = find(&o, "/FILE.BIN");
	ck_assert_int_eq(hl_fs_stream(&s, o.fs, &e.ref, "ads",
	                              HL_STREAM_CONTENT), HL_END);
	ck_assert_int_eq(hl_fs_stream(&s, o.fs, &dir.ref, "",
	                              HL_STREAM_CONTENT), HL_END);
	e.ref.id += 1000000;
	ck_assert_int_eq(hl_fs_stream(&s, o.fs, &e.ref, "",
	                              HL_STREAM_CONTENT), HL_END);
	e.ref.id = UINT64_MAX;
	ck_assert_int_eq(hl_fs_entry(o.fs, &e.ref, &e), HL_END);
	close_vol(&o, &v);
}
END_TEST

START_TEST(facts_name_entry_and_chain)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	struct hl_entry e = find(&o, "/FILE.BIN");
	struct hl_fact f;
	unsigned cursor = 0;
	char all[4096] = "";

	while (hl_fs_fact_next(o.fs, &e.ref, &cursor, &f) == HL_OK) {
		strcat(all, f.key);
		strcat(all, "=");
		strcat(all, f.value);
		strcat(all, ";");
	}
	ck_assert_ptr_nonnull(strstr(all, "name=FILE.BIN;"));
	ck_assert_ptr_nonnull(strstr(all, "raw name=46494c452020202042494e;"));
	ck_assert_ptr_nonnull(strstr(all, "0x21 read-only archive;"));
	ck_assert_ptr_nonnull(strstr(all, "first cluster=10;size=1100;"));
	ck_assert_ptr_nonnull(strstr(all, "run=10-11 (2 clusters, 1024 byt"));
	ck_assert_ptr_nonnull(strstr(all, "run=20-20 (1 clusters, 512 bytes"));
	ck_assert_ptr_nonnull(strstr(all, "clusters=3;state=whole"));
	close_vol(&o, &v);
}
END_TEST

/* A long name that begins in a cluster which is not the one before. */
START_TEST(entry_is_whole_when_its_name_straddles_clusters)
{
	struct vol v = plain(kinds[_i]);
	uint8_t slots[3 * 32];
	struct hl_stream_info info;
	struct hl_entry e, again;
	unsigned cursor = 0;

	named(slots, "Straddling long name", "STRADD~1   ", 0x20, 30, 3);
	for (int i = 5; i < 15; i++)
		slot(vol_cluster(&v, 5) + 32 * i, "\xE5" "ILL       ", 0, 0, 0);
	memcpy(vol_cluster(&v, 5) + 32 * 15, slots, 32);
	memcpy(vol_cluster(&v, 50), slots + 32, 64);
	vol_link(&v, 5, 50);
	vol_link(&v, 50, LAST);
	struct open o = open_vol(&v);
	e = find(&o, "/SUB/straddling LONG name");
	ck_assert_int_eq(hl_fs_entry(o.fs, &e.ref, &again), HL_OK);
	ck_assert_str_eq(again.name, "Straddling long name");
	ck_assert_uint_eq(again.ref.id, e.ref.id);
	ck_assert_uint_eq(again.ref.seq, e.ref.seq);
	ck_assert_int_eq(hl_fs_stream_next(o.fs, &e.ref, &cursor, &info),
	                 HL_OK);
	ck_assert_uint_eq(info.allocated, 512);
	close_vol(&o, &v);
}
END_TEST

START_TEST(short_names_are_listed_when_asked_for)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	struct hl_entry dir = find(&o, "/SUB"), e;
	struct hl_fs_iter *it;

	ck_assert_int_eq(hl_fs_list(&it, o.fs, &dir.ref, HL_LIST_SHORT), HL_OK);
	ck_assert_int_eq(hl_fs_next(it, &e), HL_OK);
	ck_assert_str_eq(e.name, "Long file name");
	ck_assert_int_eq(hl_fs_next(it, &e), HL_OK);
	ck_assert_str_eq(e.name, "LONGFI~1");
	ck_assert(e.flags & HL_ENTRY_SHORT_NAME);
	ck_assert_int_eq(hl_fs_next(it, &e), HL_END);
	hl_fs_iter_close(it);
	close_vol(&o, &v);
}
END_TEST

START_TEST(dirty_marks_are_seen)
{
	struct vol v = vol_new(kinds[_i]);

	if (kinds[_i] == 12)
		v.p[0x25] = 1; /* FAT12 has only the boot sector's */
	else
		vol_link(&v, 1, kinds[_i] == 16 ? 0x7FFF : 0x07FFFFFF);
	struct open o = open_vol(&v);
	ck_assert(hl_fs_info(o.fs)->dirty);
	ck_assert_str_eq(hl_fs_info(o.fs)->label, "BOOT LABEL");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

static TCase *whole_case(void)
{
	TCase *tc = tcase_create("whole");

	tcase_add_loop_test(tc, volume_is_described, 0, 3);
	tcase_add_loop_test(tc, files_and_folders_are_read, 0, 3);
	tcase_add_loop_test(tc, a_folder_begins_with_its_own_name, 0, 3);
	tcase_add_loop_test(tc, raw_is_the_whole_chain, 0, 3);
	tcase_add_loop_test(tc, what_is_not_there_is_not_found, 0, 3);
	tcase_add_loop_test(tc, facts_name_entry_and_chain, 0, 3);
	tcase_add_loop_test(tc, entry_is_whole_when_its_name_straddles_clusters,
	                    0, 3);
	tcase_add_loop_test(tc, short_names_are_listed_when_asked_for, 0, 3);
	tcase_add_loop_test(tc, dirty_marks_are_seen, 0, 3);
	return tc;
}

int main(void)
{
	return test_main("fat_volume", whole_case(), NULL);
}
