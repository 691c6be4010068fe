/* check_fat_volume.c: FAT volumes made by hand, whole and damaged, read
 * through the file system interface. */
#include <stdio.h>

#include "fat_build.h"
#include "fs/fs_impl.h"

static const struct hl_fs_driver only_fat[] = {
	{ "fat", &hl_fs_fat },
	{ NULL, NULL },
};

struct open {
	struct hl_src *mem, *holed;
	struct hl_fs *fs;
};

static struct hl_fs *open_src(struct hl_src *src)
{
	struct hl_fs_found found;

	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, src, true, only_fat,
	                                     test_ctx()), HL_OK);
	return found.fs;
}

static struct open open_vol(const struct vol *v)
{
	struct open o = { 0 };

	ck_assert_int_eq(hl_src_mem(&o.mem, v->p, v->n, false, test_ctx()),
	                 HL_OK);
	o.fs = open_src(o.mem);
	return o;
}

/* The same with [off, off+len) not readable. */
static struct open open_holed(const struct vol *v, uint64_t off, uint64_t len)
{
	struct open o = { 0 };
	struct hl_extent ext[3];

	ck_assert_int_eq(hl_src_mem(&o.mem, v->p, v->n, false, test_ctx()),
	                 HL_OK);
	ext[0] = (struct hl_extent){ .len = off, .in = o.mem, .in_len = off };
	ext[1] = (struct hl_extent){ .off = off, .len = len,
	                             .what = HL_WHAT_MISSING,
	                             .quality = HL_Q_UNREADABLE };
	ext[2] = (struct hl_extent){ .off = off + len, .len = v->n - off - len,
	                             .in = o.mem, .in_off = off + len,
	                             .in_len = v->n - off - len };
	size_t skip = off ? 0 : 1; /* an extent is never empty */
	ck_assert_int_eq(hl_src_extents(&o.holed, "holed", ext + skip,
	                                3 - skip, test_ctx()), HL_OK);
	o.fs = open_src(o.holed);
	return o;
}

static void close_vol(struct open *o, struct vol *v)
{
	hl_fs_close(o->fs);
	hl_src_close(o->holed);
	hl_src_close(o->mem);
	ck_assert_uint_eq(test_mem_now(), 0);
	free(v->p);
}

static struct hl_entry find(struct open *o, const char *path)
{
	struct hl_entry e;

	ck_assert_msg(hl_fs_find(o->fs, path, &e) == HL_OK, "%s", path);
	return e;
}

static struct hl_src *stream_of(struct open *o, const char *path,
                                enum hl_stream_how how)
{
	struct hl_entry e = find(o, path);
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_stream(&s, o->fs, &e.ref, "", how), HL_OK);
	return s;
}

/* Names of a folder joined by '|'; the number of HL_CORRUPT in *bad. */
static const char *names_of(struct open *o, const char *path, int *bad)
{
	static char out[4096];
	struct hl_entry dir = find(o, path), e;
	struct hl_fs_iter *it;
	enum hl_status st;

	out[0] = '\0';
	*bad = 0;
	st = hl_fs_list(&it, o->fs, &dir.ref, 0);
	ck_assert_int_eq(st, HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		*bad += st == HL_CORRUPT;
		if (st == HL_OK && strlen(out) < 3000) {
			strcat(out, e.name);
			strcat(out, "|");
		}
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return out;
}

/* ---- whole volumes ----------------------------------------------------------- */

static const int kinds[] = { 12, 16, 32 };

/* FILE in clusters 10, 11, 20 (1,100 bytes); SUB in 5 with "Long file name". */
static struct vol plain(int kind)
{
	struct vol v = vol_new(kind);
	uint8_t *r = vol_root(&v);

	slot(r, "ROOT LABEL ", 0x08, 0, 0);
	slot(r + 32, "FILE    BIN", 0x21, 10, 1100);
	slot(r + 64, "SUB        ", 0x10, 5, 0);
	slot(r + 96, "EMPTY      ", 0x20, 0, 0);
	slot(r + 128, "\xE5" "ONE       ", 0x20, 9, 4);
	vol_link(&v, 10, 11);
	vol_link(&v, 11, 20);
	vol_link(&v, 20, LAST);
	memset(vol_cluster(&v, 10), 'a', 512);
	memset(vol_cluster(&v, 11), 'b', 512);
	memset(vol_cluster(&v, 20), 'c', 512);
	vol_link(&v, 5, LAST);
	dots(vol_cluster(&v, 5), 5, 0);
	named(vol_cluster(&v, 5) + 64, "Long file name", "LONGFI~1   ", 0x20,
	      30, 3);
	vol_link(&v, 30, LAST);
	memcpy(vol_cluster(&v, 30), "xyz", 3);
	return v;
}

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
	tcase_add_loop_test(tc, what_is_not_there_is_not_found, 0, 3);
	tcase_add_loop_test(tc, facts_name_entry_and_chain, 0, 3);
	tcase_add_loop_test(tc, entry_is_whole_when_its_name_straddles_clusters,
	                    0, 3);
	tcase_add_loop_test(tc, short_names_are_listed_when_asked_for, 0, 3);
	tcase_add_loop_test(tc, dirty_marks_are_seen, 0, 3);
	return tc;
}

/* ---- damaged chains -------------------------------------------------------------- */

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

/* ---- second copies ------------------------------------------------------------- */

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

/* ---- damaged folders --------------------------------------------------------------- */

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
	return test_main("fat_volume", whole_case(), chain_case(),
	                 copies_case(), folder_case(), NULL);
}
