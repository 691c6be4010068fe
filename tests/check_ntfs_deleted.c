/*
 * check_ntfs_deleted.c: what is left of deleted files, and each rule of when
 * it still fits together: once where it does, once where it does not.
 */
#include <stdio.h>

#include "ntfs_fixture.h"

#define CREATED 0x01d0000000000000u /* what nb_name writes */

/* $STANDARD_INFORMATION with that creation time */
static void std_info(uint64_t created)
{
	uint8_t v[0x30] = { 0 };

	put64(v, created);
	nb_resident(b, 0x10, "", v, sizeof(v));
}

static uint8_t *named(unsigned parent, unsigned seq, const char *name)
{
	uint8_t v[0x42 + 510];
	size_t n = nb_name(v, parent, seq, name, 1, false);

	return nb_resident(b, 0x30, "", v, n);
}

/* A deleted file of one record, with resident content. */
static void gone_file(unsigned number, unsigned seq, unsigned parent,
                      unsigned parent_seq, const char *name)
{
	nb_record(b, number, seq, 0);
	std_info(CREATED);
	named(parent, parent_seq, name);
	nb_resident(b, 0x80, "", name, strlen(name));
	nb_end(b);
}

static void folder(unsigned number, unsigned seq, unsigned flags,
                   unsigned parent, unsigned parent_seq, const char *name)
{
	uint8_t e[32];
	size_t n = nb_entry(e, 0, 0, NULL, -1);

	nb_record(b, number, seq, flags);
	std_info(CREATED);
	named(parent, parent_seq, name);
	nb_root(b, e, n, false);
	nb_end(b);
}

static const char *path_of(const struct hl_entry *e)
{
	static char path[4096];

	ck_assert_int_eq(hl_fs_path(fs, e, path, sizeof(path), NULL), HL_OK);
	return path;
}

/* The path of a record, by number. */
static const char *path_at(const char *at)
{
	static struct hl_entry e;

	ck_assert_int_eq(hl_fs_find(fs, at, &e), HL_OK);
	return path_of(&e);
}

/* Names of a folder, "a b*": with a star those from slack, '?' no record */
static const char *names_of(const char *dir, unsigned how)
{
	static char all[4096];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;
	size_t n = 0;

	all[0] = '\0';
	ck_assert_int_eq(hl_fs_find(fs, dir, &e), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &e.ref, how), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s%s%s",
		                      n ? " " : "", e.name,
		                      e.flags & HL_ENTRY_SLACK ? "*" : "",
		                      e.flags & HL_ENTRY_RECORD ? "" : "?");
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return all;
}

static const char *swept(unsigned how)
{
	static char all[4096];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;
	size_t n = 0;

	all[0] = '\0';
	ck_assert_int_eq(hl_fs_sweep(&it, fs, how), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		                      n ? " " : "", e.name);
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return all;
}

/* ---- parents ------------------------------------------------------------- */

START_TEST(a_deleted_folder_is_one_further_on)
{
	ROOT({ 3, 3, "$Volume" });
	folder(8, 3, 2, 5, 5, "dir");
	gone_file(9, 2, 8, 2, "f");
	open_it();
	ck_assert_str_eq(path_at("@9"), "/dir/f");
	ck_assert_str_eq(names_of("@8", HL_LIST_DELETED), "f");
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume dir");
	ck_assert_str_eq(names_of("/", 0), "$Volume");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_folder_further_on_is_another_one)
{
	ROOT({ 3, 3, "$Volume" });
	folder(8, 4, 2, 5, 5, "dir");
	gone_file(9, 2, 8, 2, "f"); /* two deletions ago */
	gone_file(10, 2, 8, 4, "g"); /* of a folder that never was */
	open_it();
	ck_assert_str_eq(path_at("@9"), "/$Orphan/f");
	ck_assert_str_eq(path_at("@10"), "/$Orphan/g");
	ck_assert_str_eq(names_of("@8", HL_LIST_DELETED), "");
}
END_TEST

START_TEST(a_folder_used_anew_is_not_the_old_one)
{
	ROOT({ 8, 3, "new" });
	folder(8, 3, 3, 5, 5, "new");
	gone_file(9, 2, 8, 2, "old");
	gone_file(10, 2, 8, 3, "its");
	open_it();
	ck_assert_str_eq(path_at("@9"), "/$Orphan/old");
	ck_assert_str_eq(path_at("@10"), "/new/its");
	ck_assert_str_eq(names_of("/new", HL_LIST_DELETED), "its");
}
END_TEST

START_TEST(a_file_is_nobodys_folder)
{
	ROOT({ 3, 3, "$Volume" });
	gone_file(8, 3, 5, 5, "file");
	gone_file(9, 2, 8, 2, "f");
	open_it();
	ck_assert_str_eq(path_at("@9"), "/$Orphan/f");
}
END_TEST

START_TEST(sequence_numbers_begin_anew_at_one)
{
	ROOT({ 3, 3, "$Volume" });
	folder(8, 1, 2, 5, 5, "dir");
	gone_file(9, 2, 8, 0xffff, "f");
	gone_file(10, 2, 8, 0, "g"); /* 0 names nothing that is deleted */
	open_it();
	ck_assert_str_eq(path_at("@9"), "/dir/f");
	ck_assert_str_eq(path_at("@10"), "/$Orphan/g");
}
END_TEST

START_TEST(folders_in_a_circle_end)
{
	ROOT({ 3, 3, "$Volume" });
	folder(8, 3, 2, 9, 2, "a");
	folder(9, 3, 2, 8, 2, "b");
	gone_file(10, 2, 9, 2, "f");
	open_it();
	ck_assert(!strncmp(path_at("@10"), "/$Orphan/", 9));
}
END_TEST

START_TEST(by_number_and_sequence)
{
	struct hl_entry e;
	struct hl_src *s;

	ROOT({ 3, 3, "$Volume" });
	gone_file(9, 2, 5, 5, "f");
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "@9-2", &e), HL_OK);
	ck_assert_uint_eq(e.ref.seq, 2);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_int_eq(hl_fs_find(fs, "@9-1", &e), HL_END);
	s = stream("@9", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 1);
	expect(s, 0, 1, 'f');
	hl_src_close(s);
}
END_TEST

/* ---- sweeps -------------------------------------------------------------- */

START_TEST(a_sweep_gives_every_name)
{
	ROOT({ 8, 1, "a" }, { 8, 1, "b" });
	nb_record(b, 8, 1, 1);
	std_info(CREATED);
	named(5, 5, "a");
	named(5, 5, "b");
	nb_end(b);
	nb_record(b, 9, 1, 1); /* an extension record of 8 */
	put64(b->r + 0x20, 8 | 1ull << 48);
	named(5, 5, "c");
	nb_end(b);
	gone_file(10, 2, 5, 5, "d");
	open_it();
	ck_assert_str_eq(swept(0), "$MFT a b");
	ck_assert_str_eq(swept(HL_LIST_DELETED), "$MFT a b d");
	ck_assert_str_eq(swept(HL_LIST_DELETED | HL_LIST_NO_LIVE), "d");
}
END_TEST

/* $MFT says that it has 2^40 bytes and maps 16 KiB of them. */
START_TEST(a_sweep_of_an_endless_mft_ends)
{
	struct nb_runs m = {
		.highest = (1u << 28) - 1, .allocated = 1ull << 40,
		.size = 1ull << 40, .valid = 1ull << 40,
		.runs = { 0x11, 4, NB_MFT }, .n = 4,
	};
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;
	unsigned n = 0;

	nb_record(b, 0, 1, 1);
	nb_file_name(b, 5, "$MFT");
	nb_mapped(b, 0x80, "", &m);
	nb_end(b);
	ROOT({ 8, 1, "a" });
	gone_file(9, 2, 5, 5, "d");
	open_it();
	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT)
		n += st == HL_OK;
	ck_assert_int_eq(st, HL_END);
	ck_assert_uint_eq(n, 2);
	hl_fs_iter_close(it);
	ck_assert(test_noted(HL_LOSS, ""));
}
END_TEST

/* ---- names in slack ------------------------------------------------------ */

/* Behind the used part of record 5, before its last protected words. */
static void root_slack(const uint8_t *entry, size_t n)
{
	uint8_t *r = nb_place(b, 5);
	size_t used = r[0x18] | (size_t)r[0x19] << 8;

	used = (used + 7) / 8 * 8;
	ck_assert_uint_le(used + n, 0x3f8);
	/* bytes 0x1fe hold the update sequence's word: keep it */
	ck_assert(used >= 0x200 || used + n < 0x1fe);
	memcpy(r + used, entry, n);
}

START_TEST(a_name_in_the_slack_of_a_record)
{
	uint8_t e[128];
	size_t n = nb_entry(e, 9, 1, "left", -1);

	ROOT({ 3, 3, "$Volume" });
	root_slack(e, n);
	gone_file(9, 2, 5, 4, "other"); /* its own name is another */
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume left*");
	ck_assert_str_eq(names_of("/", 0), "$Volume");
}
END_TEST

START_TEST(a_name_of_another_folder_is_none)
{
	uint8_t e[128];
	size_t n = nb_entry(e, 9, 1, "left", -1);

	ROOT({ 3, 3, "$Volume" });
	put64(e + 0x10, 5 | 4ull << 48); /* a root of another time */
	root_slack(e, n);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume");
}
END_TEST

START_TEST(a_name_of_an_impossible_time_is_none)
{
	uint8_t e[128];
	size_t n = nb_entry(e, 9, 1, "left", -1);

	ROOT({ 3, 3, "$Volume" });
	put64(e + 0x10 + 8, 12345); /* created in 1601 */
	root_slack(e, n);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume");
}
END_TEST

START_TEST(a_name_that_is_still_there_is_not_deleted)
{
	uint8_t e[128];
	size_t n = nb_entry(e, 3, 3, "$Volume", -1);

	ROOT({ 3, 3, "$Volume" });
	root_slack(e, n);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume");
}
END_TEST

/* The last entry of a shrunken node lies on the entry's head. */
START_TEST(a_name_without_its_head_has_no_record)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	struct hl_src *s;
	uint8_t p[128];
	size_t n = nb_entry(p, 9, 1, "left", -1);

	ROOT({ 3, 3, "$Volume" });
	nb_entry(p, 0, 0, NULL, -1);
	root_slack(p, n);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume left*?");
	ck_assert_int_eq(hl_fs_root(fs, &e), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &e.ref, HL_LIST_DELETED |
	                            HL_LIST_NO_LIVE), HL_OK);
	ck_assert_int_eq(hl_fs_next(it, &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_END);
	hl_fs_iter_close(it);
}
END_TEST

START_TEST(a_name_whose_record_was_used_anew)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	struct hl_src *s;
	uint8_t p[128];
	size_t n = nb_entry(p, 9, 1, "left", -1);

	ROOT({ 9, 2, "new" });
	nb_record(b, 9, 2, 1);
	named(5, 5, "new");
	nb_resident(b, 0x80, "", "x", 1);
	nb_end(b);
	root_slack(p, n);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "new left*");
	ck_assert_int_eq(hl_fs_root(fs, &e), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &e.ref, HL_LIST_DELETED |
	                            HL_LIST_NO_LIVE), HL_OK);
	ck_assert_int_eq(hl_fs_next(it, &e), HL_OK);
	ck_assert_uint_eq(e.ref.seq, 1);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_END);
	hl_fs_iter_close(it);
}
END_TEST

/* Blocks at clusters 16 and 17, of which $BITMAP has the first. */
static void big_folder(unsigned bitmap)
{
	struct nb_runs m = {
		.highest = 1, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 2, 16 }, .n = 4,
	};
	uint8_t root[64], used[8] = { (uint8_t)bitmap };
	size_t n = nb_entry(root, 0, 0, NULL, 0);

	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, root, n, true);
	nb_mapped(b, 0xa0, "$I30", &m);
	nb_resident(b, 0xb0, "$I30", used, sizeof(used));
	nb_end(b);
}

START_TEST(names_in_the_slack_of_blocks)
{
	uint8_t e[512];
	size_t n, used;

	big_folder(1);
	n = nb_entry(e, 3, 3, "$Volume", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	used = n;
	n += nb_entry(e + n, 9, 1, "left", -1);
	nb_indx(b, 16, 0, e, n, false);
	put32(nb_cluster(b, 16) + 0x1c, (uint32_t)(0x28 + used));
	n = nb_entry(e, 9, 1, "freed", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_indx(b, 17, 1, e, n, false);
	open_it();
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED),
	                 "$Volume left* freed*");
	ck_assert_str_eq(names_of("/", 0), "$Volume");
}
END_TEST

/* ---- record slack -------------------------------------------------------- */

/* Cuts the record behind `at`; what was built after it becomes slack. */
static void cut(size_t at)
{
	memmove(b->r + at + 8, b->r + at, b->at - at);
	put32(b->r + at, 0xffffffff);
	put32(b->r + at + 4, 0);
	put32(b->r + 0x18, (uint32_t)at + 8);
	nb_protect(b->r, NB_RECORD);
}

static void name_in_slack(uint64_t created)
{
	size_t at;

	ROOT({ 3, 3, "$Volume" });
	nb_record(b, 9, 2, 0);
	std_info(created);
	nb_resident(b, 0x80, "", "x", 1);
	at = b->at;
	/* the byte before the value: indexed, as names are */
	named(5, 5, "slack")[-2] = 1;
	cut(at);
	open_it();
}

START_TEST(a_name_in_record_slack_created_together)
{
	name_in_slack(CREATED);
	ck_assert_str_eq(path_at("@9"), "/slack");
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume slack");
}
END_TEST

START_TEST(a_name_in_record_slack_of_another_file)
{
	name_in_slack(CREATED + 1);
	ck_assert_str_eq(path_at("@9"), "/$Orphan/@9");
	ck_assert_str_eq(names_of("/", HL_LIST_DELETED), "$Volume");
}
END_TEST

static const struct nb_runs two_clusters = {
	.highest = 1, .allocated = 8192, .size = 5000, .valid = 5000,
	.runs = { 0x11, 2, 20 }, .n = 4,
};

static void data_in_slack(const struct nb_runs *m, uint64_t allocated)
{
	uint8_t *v;
	size_t at;

	ROOT({ 3, 3, "$Volume" });
	memset(nb_cluster(b, 20), 'D', 8192);
	nb_record(b, 9, 2, 0);
	std_info(CREATED);
	v = named(5, 5, "f");
	put64(v + 0x28, allocated);
	at = b->at;
	nb_mapped(b, 0x80, "", m);
	cut(at);
	open_it();
}

START_TEST(data_in_record_slack_of_the_size_that_the_name_states)
{
	struct hl_src *s;

	data_in_slack(&two_clusters, 8192);
	s = stream("@9", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 5000);
	expect(s, 0, 5000, 'D');
	hl_src_close(s);
}
END_TEST

static void no_data(void)
{
	struct hl_entry e;
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_find(fs, "@9", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_END);
}

START_TEST(data_in_record_slack_of_another_size)
{
	data_in_slack(&two_clusters, 12288);
	no_data();
}
END_TEST

START_TEST(data_in_record_slack_outside_the_volume)
{
	struct nb_runs m = two_clusters;

	m.runs[2] = 63; /* and 64, which is none */
	data_in_slack(&m, 8192);
	no_data();
}
END_TEST

START_TEST(data_in_record_slack_with_too_few_runs)
{
	struct nb_runs m = two_clusters;

	m.runs[1] = 1;
	data_in_slack(&m, 8192);
	no_data();
}
END_TEST

/* ---- extension records --------------------------------------------------- */

/* Base record 8, deleted once since seq 2; its $DATA lies in record 9. */
static void in_two_records(unsigned ext_seq, unsigned ext_flags,
                           uint64_t base)
{
	uint8_t list[0x20] = { 0 };

	ROOT({ 3, 3, "$Volume" });
	memset(nb_cluster(b, 20), 'D', 8192);
	put32(list, 0x80);
	put16(list + 4, 0x20);               /* entry's length */
	list[7] = 0x1a;
	put64(list + 0x10, 9 | 6ull << 48); /* record 9, sequence 6 */
	nb_record(b, 8, 3, 0);
	std_info(CREATED);
	nb_resident(b, 0x20, "", list, sizeof(list));
	named(5, 5, "f");
	nb_end(b);
	nb_record(b, 9, ext_seq, ext_flags);
	put64(b->r + 0x20, base);
	nb_mapped(b, 0x80, "", &two_clusters);
	nb_end(b);
	open_it();
}

START_TEST(an_extension_record_freed_together)
{
	struct hl_src *s;

	in_two_records(7, 0, 8 | 2ull << 48);
	s = stream("@8", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 5000);
	expect(s, 0, 5000, 'D');
	hl_src_close(s);
}
END_TEST

static const struct {
	unsigned seq, flags;
	uint64_t base;
} strangers[] = {
	{ 7, 1, 8 | 2ull << 48 }, /* in use */
	{ 8, 0, 8 | 2ull << 48 }, /* used and freed since */
	{ 6, 0, 8 | 2ull << 48 }, /* freed before */
	{ 7, 0, 8 | 1ull << 48 }, /* of the file that had the record before */
	{ 7, 0, 10 | 2ull << 48 }, /* of another file */
};

START_TEST(an_extension_record_of_a_stranger)
{
	struct hl_entry e;
	struct hl_src *s;

	in_two_records(strangers[_i].seq, strangers[_i].flags,
	               strangers[_i].base);
	ck_assert_int_eq(hl_fs_find(fs, "@8", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_END);
	/* it is no damage of the volume */
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* ---- whose are the clusters ---------------------------------------------- */

/* Clusters 20 to 23 of a deleted file; 22 and 23 are in use, 22 by record 10 */
static void reused(bool with_bitmap)
{
	struct nb_runs m = {
		.highest = 3, .allocated = 16384, .size = 16384,
		.valid = 16384, .runs = { 0x11, 4, 20 }, .n = 4,
	};
	struct nb_runs one = {
		.highest = 0, .allocated = 4096, .size = 4096, .valid = 4096,
		.runs = { 0x11, 1, 22 }, .n = 4,
	};
	uint8_t used[8] = { 0xff, 0, 0xc0 };

	ROOT({ 10, 1, "live" });
	nb_record(b, 9, 2, 0);
	std_info(CREATED);
	named(5, 5, "f");
	nb_mapped(b, 0x80, "", &m);
	nb_end(b);
	nb_record(b, 10, 1, 1);
	named(5, 5, "live");
	nb_mapped(b, 0x80, "", &one);
	nb_end(b);
	if (with_bitmap) {
		nb_record(b, 6, 6, 1);
		nb_resident(b, 0x80, "", used, sizeof(used));
		nb_end(b);
	}
	open_it();
}

static void expect_run(struct hl_src *s, uint64_t off, uint64_t len,
                       unsigned quality, uint64_t owner)
{
	struct hl_extent e;

	ck_assert_int_eq(hl_src_locate(s, off, &e), HL_OK);
	ck_assert_uint_eq(e.len, len);
	ck_assert_uint_eq(e.quality, quality);
	ck_assert_uint_eq(e.owner, owner);
	ck_assert_uint_eq(e.in_off, 20 * 4096 + off);
}

START_TEST(each_run_says_whose_it_is)
{
	struct hl_src *s;

	reused(true);
	s = stream("@9", "", HL_STREAM_CONTENT);
	expect_run(s, 0, 8192, HL_Q_UNALLOCATED_NOW, 0);
	expect_run(s, 8192, 4096, HL_Q_ALLOCATED_TO, 10);
	expect_run(s, 12288, 4096, HL_Q_ALLOCATED_TO, HL_NO_OFFSET);
	ck_assert(test_noted(HL_LOSS, "8192 bytes of its clusters are in use"));
	hl_src_close(s);
}
END_TEST

START_TEST(without_a_bitmap_nobody_knows)
{
	struct hl_src *s;

	reused(false);
	s = stream("@9", "", HL_STREAM_CONTENT);
	expect_run(s, 0, 8192, HL_Q_UNKNOWN, 0);
	expect_run(s, 8192, 4096, HL_Q_ALLOCATED_TO, 10);
	expect_run(s, 12288, 4096, HL_Q_UNKNOWN, 0);
	hl_src_close(s);
}
END_TEST

START_TEST(a_live_file_asks_nobody)
{
	struct hl_extent e;
	struct hl_src *s;

	reused(true);
	s = stream("/live", "", HL_STREAM_CONTENT);
	ck_assert_int_eq(hl_src_locate(s, 0, &e), HL_OK);
	ck_assert_uint_eq(e.quality, HL_Q_OK);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

static enum hl_status use_all(void)
{
	struct hl_fs_iter *it = NULL;
	struct hl_entry e;
	struct hl_extent x;
	struct hl_src *s = NULL;
	char path[256];
	enum hl_status st = hl_fs_root(fs, &e);

	if (st == HL_OK)
		st = hl_fs_list(&it, fs, &e.ref, HL_LIST_DELETED);
	while (st == HL_OK) {
		st = hl_fs_next(it, &e);
		if (st == HL_OK)
			st = hl_fs_path(fs, &e, path, sizeof(path), NULL);
	}
	hl_fs_iter_close(it);
	if (st == HL_END)
		st = hl_fs_find(fs, "@9", &e);
	if (st == HL_OK)
		st = hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT);
	if (st == HL_OK)
		st = hl_src_locate(s, 0, &x);
	hl_src_close(s);
	return st;
}

START_TEST(memory_that_ends_is_told)
{
	enum hl_status st = HL_NOMEM;
	size_t n;

	reused(true);
	for (n = 1; n < 200 && st != HL_OK; n++) {
		test_fail_alloc(n);
		st = use_all();
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
	}
	ck_assert_int_eq(st, HL_OK);
	ck_assert_uint_gt(n, 5);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("deleted");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_deleted_folder_is_one_further_on);
	tcase_add_test(t, a_folder_further_on_is_another_one);
	tcase_add_test(t, a_folder_used_anew_is_not_the_old_one);
	tcase_add_test(t, a_file_is_nobodys_folder);
	tcase_add_test(t, sequence_numbers_begin_anew_at_one);
	tcase_add_test(t, folders_in_a_circle_end);
	tcase_add_test(t, by_number_and_sequence);
	tcase_add_test(t, a_sweep_gives_every_name);
	tcase_add_test(t, a_sweep_of_an_endless_mft_ends);
	tcase_add_test(t, a_name_in_the_slack_of_a_record);
	tcase_add_test(t, a_name_of_another_folder_is_none);
	tcase_add_test(t, a_name_of_an_impossible_time_is_none);
	tcase_add_test(t, a_name_that_is_still_there_is_not_deleted);
	tcase_add_test(t, a_name_without_its_head_has_no_record);
	tcase_add_test(t, a_name_whose_record_was_used_anew);
	tcase_add_test(t, names_in_the_slack_of_blocks);
	return t;
}

static TCase *more(void)
{
	TCase *t = tcase_create("remains");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_name_in_record_slack_created_together);
	tcase_add_test(t, a_name_in_record_slack_of_another_file);
	tcase_add_test(t,
	               data_in_record_slack_of_the_size_that_the_name_states);
	tcase_add_test(t, data_in_record_slack_of_another_size);
	tcase_add_test(t, data_in_record_slack_outside_the_volume);
	tcase_add_test(t, data_in_record_slack_with_too_few_runs);
	tcase_add_test(t, an_extension_record_freed_together);
	tcase_add_loop_test(t, an_extension_record_of_a_stranger, 0,
	                    (int)(sizeof(strangers) / sizeof(strangers[0])));
	tcase_add_test(t, each_run_says_whose_it_is);
	tcase_add_test(t, without_a_bitmap_nobody_knows);
	tcase_add_test(t, a_live_file_asks_nobody);
	tcase_add_test(t, memory_that_ends_is_told);
	return t;
}

int main(void)
{
	return test_main("ntfs_deleted", cases(), more(), NULL);
}
