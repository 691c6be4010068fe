/*
 * check_exfat_volume.c: whole volumes made by hand, sound and damaged, read
 * through the file system interface; what is lost is said.
 */
#include <stdio.h>
#include <string.h>

#include "exfat_build.h"
#include "fs/fs_impl.h"
#include "io/src_impl.h"

static const struct hl_fs_driver only_exfat[] = {
	{ "exfat", &hl_fs_exfat },
	{ NULL, NULL },
};

static struct vol v;
static struct hl_src *src;
static struct hl_fs *fs;

static enum hl_status try_open(size_t n)
{
	struct hl_fs_found found;

	test_forget_notes();
	ck_assert_int_eq(hl_src_mem(&src, v.p, n, false, test_ctx()), HL_OK);
	enum hl_status st = hl_fs_identify_with(&found, src, true, only_exfat,
	                                        test_ctx());
	fs = found.fs;
	return st;
}

static void open_vol(void)
{
	ck_assert_int_eq(try_open(v.n), HL_OK);
}

static void close_vol(void)
{
	hl_fs_close(fs);
	hl_src_close(src);
	free(v.p);
	fs = NULL;
	ck_assert_uint_eq(test_mem_now(), 0);
}

static uint8_t byte_of(unsigned cluster, unsigned i)
{
	return (uint8_t)(cluster * 37 + i + (i >> 8));
}

static void fill_cluster(unsigned cluster)
{
	uint8_t *p = vol_cluster(&v, cluster);

	for (unsigned i = 0; i < CLUSTER; i++)
		p[i] = byte_of(cluster, i);
}

/* Bytes [from, to) of an open source are those of a cluster's. */
static void same_bytes(struct hl_src *s, uint64_t from, uint64_t to,
                       unsigned cluster)
{
	for (uint64_t i = from; i < to; i++) {
		uint8_t b;
		ck_assert_int_eq(hl_src_read(s, i, &b, 1, NULL), HL_OK);
		ck_assert_uint_eq(b, byte_of(cluster, (unsigned)i % CLUSTER));
	}
}

static struct hl_src *stream(const char *path, enum hl_stream_how how)
{
	struct hl_entry e;
	struct hl_src *s;

	ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", how), HL_OK);
	return s;
}

static unsigned what_at(struct hl_src *s, uint64_t off)
{
	struct hl_extent x;

	ck_assert_int_eq(hl_src_map(s, off, &x), HL_OK);
	return x.what;
}

/* Names of a folder joined by '|'; how often something was skipped. */
static char names[4096];
static unsigned list(const char *path)
{
	struct hl_fs_iter *it;
	struct hl_entry dir, e;
	unsigned skipped = 0;
	enum hl_status st;

	names[0] = '\0';
	ck_assert_int_eq(hl_fs_find(fs, path, &dir), HL_OK);
	st = hl_fs_list(&it, fs, &dir.ref, 0);
	if (st != HL_OK)
		return 1000;
	while ((st = hl_fs_next(it, &e)) != HL_END) {
		if (st == HL_OK) {
			size_t n = strlen(names);
			snprintf(names + n, sizeof(names) - n, "%s%s",
			         n ? "|" : "", e.name);
		} else {
			ck_assert_int_eq(st, HL_CORRUPT);
			skipped++;
		}
	}
	hl_fs_iter_close(it);
	return skipped;
}

static bool fact(const char *path, const char *key, const char *value)
{
	struct hl_entry e;
	struct hl_fact f;
	unsigned cursor = 0;

	ck_assert_int_eq(hl_fs_find(fs, path, &e), HL_OK);
	while (hl_fs_fact_next(fs, &e.ref, &cursor, &f) == HL_OK)
		if (strcmp(f.key, key) == 0 && strstr(f.value, value))
			return true;
	return false;
}

/* ---- what a sound volume tells ------------------------------------------- */

START_TEST(a_sound_volume_is_told_without_loss)
{
	uint64_t bytes;

	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	p += 32 * set_ascii(p, "File.txt", 0x20, 10, 100);
	set_ascii(p, "Folder", 0x10, 11, CLUSTER);
	vol_use(&v, 10, 2);
	put16(v.p + 106, 2); /* dirty */
	open_vol();
	const struct hl_fs_info *info = hl_fs_info(fs);
	ck_assert_str_eq(info->name, "exfat");
	ck_assert_str_eq(info->label, "HAND");
	ck_assert_str_eq(info->serial, "1A2B-3C4D");
	ck_assert_str_eq(info->guid, "");
	ck_assert_uint_eq(info->cluster_size, CLUSTER);
	ck_assert_uint_eq(info->sector_size, SECTOR);
	ck_assert_uint_eq(info->size, v.n);
	ck_assert(info->dirty && !info->boot_backup && !info->has_records);
	ck_assert_int_eq(hl_fs_unallocated(fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, (CLUSTERS - 5) * CLUSTER);
	ck_assert_uint_eq(list("/"), 0);
	ck_assert_str_eq(names, "File.txt|Folder");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(the_volume_guid_is_shown_if_its_sum_is_right)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		v = vol_new(1);
		uint8_t *p = vol_root(&v) + 32 * set_ascii(vol_root(&v), "a",
		                                           0x20, 0, 0);
		p[0] = 0xA0;
		for (unsigned i = 0; i < 16; i++)
			p[6 + i] = (uint8_t)(i + 1);
		set_seal(p, 1);
		p[2] ^= (uint8_t)wrong;
		open_vol();
		ck_assert_str_eq(hl_fs_info(fs)->guid, wrong ? "" :
		                 "04030201-0605-0807-090a-0b0c0d0e0f10");
		ck_assert_int_eq(test_noted(HL_LOSS, "GUID"), wrong);
		close_vol();
	}
}
END_TEST

START_TEST(entries_tell_times_sizes_and_places)
{
	struct hl_entry e, again;
	char t[HL_TIME_TEXT];

	v = vol_new(1);
	set_ascii(vol_root(&v), "File.txt", 0x23, 10, 100);
	open_vol();
	ck_assert_int_eq(hl_fs_find(fs, "/FILE.TXT", &e), HL_OK);
	ck_assert_int_eq(e.type, HL_FILE);
	ck_assert_uint_eq(e.size, 100);
	ck_assert_uint_eq(e.attributes, 0x23);
	ck_assert_str_eq(hl_time_text(t, e.created),
	                 "2020-02-03T03:05:06.5000000Z");
	ck_assert_str_eq(hl_time_text(t, e.modified),
	                 "2021-02-03T04:35:01.9900000Z");
	ck_assert_str_eq(hl_time_text(t, e.accessed), "2022-02-03T04:05:00");
	ck_assert_int_eq(e.mft_changed.kind, HL_TIME_NONE);
	ck_assert_int_eq(hl_fs_entry(fs, &e.ref, &again), HL_OK);
	ck_assert_str_eq(again.name, "File.txt");
	ck_assert(fact("/file.txt", "created offset", "UTC+01:00"));
	ck_assert(fact("/file.txt", "modified offset", "UTC-00:30"));
	ck_assert(fact("/file.txt", "accessed offset", "not set"));
	ck_assert(fact("/file.txt", "clusters marked free", "1"));
	ck_assert(fact("/file.txt", "run", "10-10 (1 clusters, 1024 bytes)"));
	ck_assert(fact("/file.txt", "state", "whole"));
	close_vol();
}
END_TEST

/* ---- content ----------------------------------------------------------- */

START_TEST(rows_and_chains_are_read)
{
	static const uint16_t name[] = { 'c' };
	struct set chained = { .name = name, .n_name = 1, .attributes = 0x20,
	                       .cluster = 20, .size = 3000, .valid = 3000,
	                       .chained = 1 };

	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	p += 32 * set_ascii(p, "row", 0x20, 10, 2 * CLUSTER);
	set_put(p, &chained);
	for (unsigned c = 10; c < 40; c++)
		fill_cluster(c);
	vol_link(&v, 20, 30);
	vol_link(&v, 30, 15);
	vol_link(&v, 15, LAST);
	vol_link(&v, 10, 10); /* of no account: the file is a row */
	open_vol();
	struct hl_src *s = stream("/row", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 2 * CLUSTER);
	same_bytes(s, 0, CLUSTER, 10);
	same_bytes(s, CLUSTER, 2 * CLUSTER, 11);
	hl_src_close(s);
	s = stream("/c", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 3000);
	same_bytes(s, 0, CLUSTER, 20);
	same_bytes(s, CLUSTER, 2 * CLUSTER, 30);
	same_bytes(s, 2 * CLUSTER, 3000, 15);
	hl_src_close(s);
	s = stream("/c", HL_STREAM_SLACK);
	ck_assert_uint_eq(hl_src_size(s), 3 * CLUSTER);
	same_bytes(s, 2 * CLUSTER, 3 * CLUSTER, 15);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(bytes_beyond_the_valid_length_are_zeros)
{
	static const uint16_t name[] = { 'v' };
	struct set s = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .cluster = 10, .size = 2500, .valid = 1500 };
	uint8_t buf[3 * CLUSTER];

	v = vol_new(1);
	set_put(vol_root(&v), &s);
	for (unsigned c = 10; c < 13; c++)
		fill_cluster(c);
	open_vol();
	struct hl_src *x = stream("/v", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(x), 2500);
	ck_assert_int_eq(hl_src_read(x, 0, buf, 2500, NULL), HL_OK);
	for (unsigned i = 1500; i < 2500; i++)
		ck_assert_uint_eq(buf[i], 0);
	same_bytes(x, CLUSTER, 1500, 11);
	ck_assert_uint_eq(what_at(x, 1499), HL_WHAT_DATA);
	ck_assert_uint_eq(what_at(x, 1500), HL_WHAT_BEYOND_VALID);
	hl_src_close(x);
	x = stream("/v", HL_STREAM_SLACK);
	ck_assert_uint_eq(hl_src_size(x), 3 * CLUSTER);
	ck_assert_uint_eq(what_at(x, 2499), HL_WHAT_BEYOND_VALID);
	same_bytes(x, 2500, 3 * CLUSTER, 12);
	hl_src_close(x);
	x = stream("/v", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(x), 2500);
	same_bytes(x, 1500, 2 * CLUSTER, 11);
	same_bytes(x, 2 * CLUSTER, 2500, 12);
	hl_src_close(x);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(what_a_broken_chain_lacks_is_missing_and_said)
{
	static const struct { uint32_t link; const char *said; } broken[] = {
		{ 0, "leads nowhere (FAT[11] is 0)" },
		{ 1, "leads out of the volume" },
		{ CLUSTERS + 2, "leads out of the volume" },
		{ 0xFFFFFFF7, "marked bad" },
		{ 0xFFFFFFF6, "leads out of the volume" },
		{ LAST, "ends before the file does" },
		{ 10, "leads back into itself" },
		{ 11, "leads back into itself" },
	};
	static const uint16_t name[] = { 'b' };
	struct set f = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .cluster = 10, .size = 4 * CLUSTER,
	                 .valid = 4 * CLUSTER, .chained = 1 };

	v = vol_new(1);
	set_put(vol_root(&v), &f);
	fill_cluster(10);
	fill_cluster(11);
	vol_link(&v, 10, 11);
	vol_link(&v, 11, broken[_i].link);
	open_vol();
	struct hl_src *s = stream("/b", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 4 * CLUSTER);
	same_bytes(s, 0, CLUSTER, 10);
	same_bytes(s, CLUSTER, 2 * CLUSTER, 11);
	ck_assert_uint_eq(what_at(s, 2 * CLUSTER), HL_WHAT_MISSING);
	ck_assert(test_noted(HL_LOSS, broken[_i].said));
	ck_assert(test_noted(HL_LOSS, "after 2 of 4 clusters"));
	hl_src_close(s);
	close_vol();
}
END_TEST

START_TEST(impossible_places_and_sizes_are_missing_and_said)
{
	static const struct { uint32_t cluster; uint64_t size, got;
	                      const char *said; } bad[] = {
		{ 1, 100, 100, "first cluster 1 is not in the volume" },
		{ CLUSTERS + 2, 100, 100, "is not in the volume" },
		{ CLUSTERS, 5 * CLUSTER, 5 * CLUSTER,
		  "after 2 of 5 clusters: the volume ends" },
		{ 10, UINT64_MAX, CLUSTERS * CLUSTER, "more than the volume" },
	};

	v = vol_new(1);
	set_ascii(vol_root(&v), "x", 0x20, bad[_i].cluster, bad[_i].size);
	open_vol();
	list("/");
	ck_assert_int_eq(test_noted(HL_LOSS, "first cluster or size"),
	                 _i != 2);
	struct hl_src *s = stream("/x", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), bad[_i].got);
	ck_assert(test_noted(HL_LOSS, bad[_i].said));
	ck_assert_uint_eq(what_at(s, hl_src_size(s) - 1), HL_WHAT_MISSING);
	hl_src_close(s);
	close_vol();
}
END_TEST

START_TEST(encrypted_content_is_refused_and_given_raw)
{
	struct hl_entry e;
	struct hl_src *s;

	v = vol_new(1);
	unsigned n = set_ascii(vol_root(&v), "a.PFILE", 0x20, 10, 100);
	put16(vol_root(&v) + 6, 0x8000);
	set_seal(vol_root(&v), n);
	fill_cluster(10);
	open_vol();
	ck_assert_int_eq(hl_fs_find(fs, "/a.pfile", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_ENCRYPTED);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, "encrypted"));
	s = stream("/a.PFILE", HL_STREAM_RAW);
	same_bytes(s, 0, 100, 10);
	hl_src_close(s);
	close_vol();
}
END_TEST

/* ---- folders ----------------------------------------------------------- */

/* A folder of three clusters, so full that sets lie across their borders. */
static void big_folder(bool chained)
{
	static const unsigned place[2][3] = { { 40, 41, 42 }, { 40, 60, 50 } };
	static const uint16_t name[] = { 'd' };
	struct set d = { .name = name, .n_name = 1, .attributes = 0x10,
	                 .cluster = 40, .size = 3 * CLUSTER,
	                 .valid = 3 * CLUSTER, .chained = chained };
	uint8_t all[3 * CLUSTER] = { 0 };
	unsigned n = 0;

	set_put(vol_root(&v), &d);
	for (unsigned i = 0; n + 5 <= sizeof(all) / 32; i++) {
		char s[64];
		snprintf(s, sizeof(s), "a name of three entries, number %u", i);
		n += set_ascii(all + 32 * n, s, 0x20, 70 + i, 10);
		ck_assert_uint_lt(n, sizeof(all) / 32 + 1);
	}
	for (unsigned i = 0; i < 3; i++) {
		memcpy(vol_cluster(&v, place[chained][i]), all + i * CLUSTER,
		       CLUSTER);
		if (chained)
			vol_link(&v, place[1][i],
			         i < 2 ? place[1][i + 1] : LAST);
		fill_cluster(70 + i);
	}
}

START_TEST(sets_lie_across_clusters)
{
	struct hl_entry e, again;

	v = vol_new(1);
	big_folder(_i);
	open_vol();
	ck_assert_uint_eq(list("/d"), 0);
	for (unsigned i = 0; i < 19; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/D/A NAME of three entries, "
		         "number %u", i);
		ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
		ck_assert_int_eq(hl_fs_entry(fs, &e.ref, &again), HL_OK);
		ck_assert_str_eq(again.name, e.name);
		ck_assert(!(again.flags & HL_ENTRY_DAMAGED));
		ck_assert_uint_eq(again.size, 10);
	}
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(a_looping_folder_ends)
{
	struct hl_entry e;

	v = vol_new(1);
	big_folder(true);
	vol_link(&v, 50, 40);
	vol_cluster(&v, 50)[CLUSTER - 32] = 0x05; /* no end mark */
	/* its size says more than the chain has */
	put64(vol_root(&v) + 32 + 24, 100 * CLUSTER);
	set_seal(vol_root(&v), 3);
	open_vol();
	ck_assert_uint_eq(list("/d"), 1);
	ck_assert(test_noted(HL_LOSS, "leads back into itself"));
	ck_assert_int_eq(hl_fs_find(fs, "/d/nothing", &e), HL_CORRUPT);
	close_vol();
}
END_TEST

START_TEST(a_folder_in_itself_is_a_folder)
{
	struct hl_entry e;

	v = vol_new(1);
	set_ascii(vol_root(&v), "d", 0x10, 40, CLUSTER);
	set_ascii(vol_cluster(&v, 40), "d", 0x10, 40, CLUSTER);
	open_vol();
	ck_assert_int_eq(hl_fs_find(fs, "/d/d/d/d", &e), HL_OK);
	close_vol();
}
END_TEST

START_TEST(entries_of_no_set_and_of_no_kind_are_said)
{
	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	p += 32 * set_ascii(p, "one", 0x20, 0, 0);
	p[0] = 0xC0, p[32] = 0xC1; /* a stream and a name without a file */
	p += 64;
	p[0] = 0x8D; /* critical, unknown */
	p += 32;
	p[0] = 0xAD; /* benign, unknown: skipped by everybody */
	p += 32;
	set_ascii(p, "two", 0x20, 0, 0);
	open_vol();
	ck_assert_uint_eq(list("/"), 1);
	ck_assert_str_eq(names, "one|two");
	ck_assert(test_noted(HL_LOSS, "2 entries belong to no file"));
	ck_assert(test_noted(HL_LOSS, "1 entries of unknown kinds (the first: "
	                     "0x8d)"));
	size_t said = test_note_count(HL_LOSS);
	list("/");
	ck_assert_uint_eq(test_note_count(HL_LOSS), said);
	close_vol();
}
END_TEST

START_TEST(a_damaged_set_is_shown_and_said)
{
	struct hl_entry e;

	v = vol_new(1);
	set_ascii(vol_root(&v), "one", 0x20, 0, 0);
	vol_root(&v)[9] ^= 1;
	open_vol();
	list("/");
	ck_assert_str_eq(names, "one");
	ck_assert(test_noted(HL_LOSS, "one: its entry set is damaged: chec"));
	ck_assert_int_eq(hl_fs_find(fs, "/one", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
	close_vol();
}
END_TEST

START_TEST(a_wrong_hash_is_information)
{
	struct hl_entry e;

	v = vol_new(1);
	unsigned n = set_ascii(vol_root(&v), "one", 0x20, 0, 0);
	vol_root(&v)[32 + 4] ^= 1;
	set_seal(vol_root(&v), n);
	open_vol();
	ck_assert_uint_eq(list("/"), 0);
	ck_assert(test_noted(HL_INFO, "one: the hash of its name is wrong"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_int_eq(hl_fs_find(fs, "/ONE", &e), HL_OK);
	ck_assert(!(e.flags & HL_ENTRY_DAMAGED));
	close_vol();
}
END_TEST

/* Entry by entry: dead sets in the way of live ones, and behind the end. */
static void with_dead(void)
{
	uint8_t *p = vol_root(&v);

	p += 32 * set_ascii(p, "live", 0x20, 0, 0);
	unsigned n = set_ascii(p, "dead", 0x20, 30, 10);
	for (unsigned i = 0; i < n; i++)
		p[32 * i] &= 0x7F;
	p += 32 * n;
	p[0] = 0x41; /* what is left of one that was overwritten */
	p += 32;
	p += 32 * set_ascii(p, "later", 0x20, 0, 0);
	p += 32; /* the end */
	set_ascii(p, "behind", 0x20, 31, 10);
}

START_TEST(dead_entries_are_not_listed)
{
	v = vol_new(1);
	with_dead();
	open_vol();
	ck_assert_uint_eq(list("/"), 0);
	ck_assert_str_eq(names, "live|later");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(dead_entries_are_listed_when_asked_for)
{
	struct hl_fs_iter *it;
	struct hl_entry e, root;
	char seen[8192] = "";

	v = vol_new(1);
	with_dead();
	fill_cluster(30);
	open_vol();
	ck_assert_int_eq(hl_fs_root(fs, &root), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &root.ref, HL_LIST_DELETED),
	                 HL_OK);
	while (hl_fs_next(it, &e) == HL_OK) {
		size_t n = strlen(seen);
		snprintf(seen + n, sizeof(seen) - n, "%s%s|",
		         e.flags & HL_ENTRY_DELETED ? "-" : "", e.name);
		if (strcmp(e.name, "dead") == 0) {
			struct hl_src *s;
			ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
			                              HL_STREAM_CONTENT),
			                 HL_OK);
			same_bytes(s, 0, 10, 30);
			hl_src_close(s);
		}
	}
	hl_fs_iter_close(it);
	ck_assert_str_eq(seen, "live|-dead|later|-behind|");
	close_vol();
}
END_TEST

/* ---- deleted ----------------------------------------------------------- */

static void kill_set(uint8_t *p)
{
	for (unsigned i = p[1] + 1u; i-- > 0;)
		p[32 * i] &= 0x7F;
}

/* The deleted entry of that name, wherever it is. */
static struct hl_entry gone(const char *name)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	bool found = false;

	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED |
	                             HL_LIST_NO_LIVE), HL_OK);
	while (!found && hl_fs_next(it, &e) == HL_OK)
		found = strcmp(e.name, name) == 0;
	hl_fs_iter_close(it);
	ck_assert_msg(found, "%s", name);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	return e;
}

static unsigned quality_at(struct hl_src *s, uint64_t off)
{
	struct hl_extent x;

	ck_assert_int_eq(hl_src_map(s, off, &x), HL_OK);
	return x.quality;
}

static struct hl_src *gone_stream(const char *name, bool guessed)
{
	struct hl_entry e = gone(name);
	struct hl_src *s;

	ck_assert_int_eq(!!(e.flags & HL_ENTRY_GUESSED), guessed);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_OK);
	return s;
}

START_TEST(a_deleted_row_tells_what_is_free_now)
{
	v = vol_new(1);
	set_ascii(vol_root(&v), "row", 0x20, 10, 3 * CLUSTER);
	kill_set(vol_root(&v));
	for (unsigned c = 10; c < 13; c++)
		fill_cluster(c);
	vol_use(&v, 11, 1);
	open_vol();
	struct hl_src *s = gone_stream("row", false);
	same_bytes(s, 0, CLUSTER, 10);
	same_bytes(s, CLUSTER, 2 * CLUSTER, 11);
	same_bytes(s, 2 * CLUSTER, 3 * CLUSTER, 12);
	ck_assert_uint_eq(quality_at(s, 0), HL_Q_UNALLOCATED_NOW);
	ck_assert_uint_eq(quality_at(s, CLUSTER), HL_Q_ALLOCATED_TO);
	ck_assert_uint_eq(quality_at(s, 2 * CLUSTER), HL_Q_UNALLOCATED_NOW);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_src_close(s);
	close_vol();
}
END_TEST

START_TEST(a_deleted_chain_is_guessed)
{
	static const uint16_t name[] = { 'c' };
	struct set f = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .cluster = 20, .size = 2 * CLUSTER,
	                 .valid = 2 * CLUSTER, .chained = 1 };

	/* 0: the FAT still holds it; 1: that is gone, a row is left */
	v = vol_new(1);
	set_put(vol_root(&v), &f);
	kill_set(vol_root(&v));
	for (unsigned c = 20; c < 31; c++)
		fill_cluster(c);
	vol_link(&v, 20, _i ? 0 : 30);
	vol_link(&v, 30, LAST);
	open_vol();
	struct hl_src *s = gone_stream("c", true);
	same_bytes(s, 0, CLUSTER, 20);
	same_bytes(s, CLUSTER, 2 * CLUSTER, _i ? 21 : 30);
	ck_assert(test_noted(HL_INFO, _i ? "contiguous guess" :
	                     "the chain that the FAT still holds"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_src_close(s);
	close_vol();
}
END_TEST

START_TEST(without_a_bitmap_nothing_is_known_of_it)
{
	v = vol_new(1);
	set_ascii(vol_root(&v), "row", 0x20, 10, CLUSTER);
	kill_set(vol_root(&v));
	vol_cluster(&v, ROOT)[32] = 0x01; /* the bitmap's entry */
	open_vol();
	struct hl_src *s = gone_stream("row", false);
	ck_assert_uint_eq(quality_at(s, 0), HL_Q_UNKNOWN);
	hl_src_close(s);
	close_vol();
}
END_TEST

/* A deleted folder with a file that still has its in-use bits, one that has
 * not, and bytes that look like a set but for the checksum. */
static void gone_folder(void)
{
	uint8_t *p = vol_root(&v), *q = vol_cluster(&v, 50);
	unsigned n = set_ascii(p, "folder", 0x10, 50, CLUSTER);

	kill_set(p);
	set_ascii(p + 32 * n, "live", 0x10, 60, CLUSTER);
	q += 32 * set_ascii(q, "with bits", 0x20, 51, 100);
	n = set_ascii(q, "without", 0x20, 52, 100);
	kill_set(q);
	q += 32 * n;
	set_ascii(q, "false", 0x20, 53, 100);
	q[9] ^= 1;
	fill_cluster(51);
}

START_TEST(a_deleted_folder_gives_what_is_left_of_it)
{
	struct hl_entry e;
	struct hl_fs_iter *it;
	char path[256], seen[4096] = "";
	bool orphan;

	v = vol_new(1);
	gone_folder();
	open_vol();
	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED), HL_OK);
	while (hl_fs_next(it, &e) == HL_OK) {
		ck_assert_int_eq(hl_fs_path(fs, &e, path, sizeof(path),
		                            &orphan), HL_OK);
		ck_assert(!orphan);
		size_t n = strlen(seen);
		snprintf(seen + n, sizeof(seen) - n, "%s%s|",
		         e.flags & HL_ENTRY_DELETED ? "-" : "", path);
	}
	hl_fs_iter_close(it);
	ck_assert_str_eq(seen, "-/folder|/live|-/folder/with bits|"
	                 "-/folder/without|");
	e = gone("with bits");
	struct hl_src *s;
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_OK);
	same_bytes(s, 0, 100, 51);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(a_deleted_folder_whose_cluster_is_anothers_gives_nothing)
{
	struct hl_fs_iter *it;
	struct hl_entry e;

	v = vol_new(1);
	gone_folder();
	vol_use(&v, 50, 1);
	open_vol();
	e = gone("folder");
	ck_assert_int_eq(hl_fs_list(&it, fs, &e.ref, HL_LIST_DELETED), HL_OK);
	ck_assert_int_eq(hl_fs_next(it, &e), HL_END);
	hl_fs_iter_close(it);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(a_renamed_folder_is_entered_once)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	unsigned n = 0;

	/* the old name is dead, the new one leads to the same cluster */
	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	unsigned used = set_ascii(p, "old", 0x10, 50, CLUSTER);
	kill_set(p);
	set_ascii(p + 32 * used, "new", 0x10, 50, CLUSTER);
	set_ascii(vol_cluster(&v, 50), "file", 0x20, 0, 0);
	vol_use(&v, 50, 1);
	open_vol();
	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED), HL_OK);
	while (hl_fs_next(it, &e) == HL_OK)
		n++;
	hl_fs_iter_close(it);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(names_may_hold_anything)
{
	static const uint16_t lone[] = { 'a', 0xD800, 'b' };
	static const uint16_t nul[] = { 'n', 0, 'z' };
	struct set a = { .name = lone, .n_name = 3, .attributes = 0x20 };
	struct set b = { .name = nul, .n_name = 3, .attributes = 0x20 };
	struct hl_entry e;

	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	p += 32 * set_put(p, &a);
	p += 32 * set_put(p, &b);
	set_ascii(p, "..", 0x10, 40, CLUSTER);
	open_vol();
	list("/");
	ck_assert_str_eq(names, "a\xEF\xBF\xBD" "b|n\xEF\xBF\xBDz|..");
	ck_assert_int_eq(hl_fs_find(fs, "/a\xEF\xBF\xBD" "b", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_BAD_NAME);
	ck_assert_uint_eq(e.name16[1], 0xD800);
	ck_assert_uint_eq(e.n_name16, 3);
	close_vol();
}
END_TEST

/* ---- tables ------------------------------------------------------------ */

START_TEST(names_are_folded_by_the_volumes_own_table)
{
	static const uint16_t name[] = { 0x180, 0xE9 };
	struct set s = { .name = name, .n_name = 2, .attributes = 0x20 };
	struct hl_entry e;

	v = vol_new(1);
	set_put(vol_root(&v), &s);
	open_vol();
	ck_assert_int_eq(hl_fs_find(fs, "/a\xC3\xA9", &e), HL_OK);
	ck_assert_int_eq(hl_fs_find(fs, "/a\xC3\x89", &e), HL_END);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol();
}
END_TEST

START_TEST(a_lost_table_of_capitals_is_replaced_and_said)
{
	static const char *const said[] = {
		"its checksum is wrong", "its size is impossible",
		"the root does not say", "its clusters are damaged",
		"its clusters are damaged",
	};
	struct hl_entry e;

	v = vol_new(1);
	set_ascii(vol_root(&v), "one", 0x20, 0, 0);
	uint8_t *entry = vol_cluster(&v, ROOT) + 64;
	switch (_i) {
	case 0:
		vol_cluster(&v, 3)[9] ^= 1;
		break;
	case 1:
		put64(entry + 24, UINT64_MAX);
		break;
	case 2:
		entry[0] = 0x02;
		break;
	case 3:
		put32(entry + 20, 9999);
		break;
	default:
		put64(entry + 24, 4 * CLUSTER); /* the chain has one */
		break;
	}
	open_vol();
	ck_assert_int_eq(hl_fs_find(fs, "/ONE", &e), HL_OK);
	ck_assert(test_noted(HL_LOSS, said[_i]));
	ck_assert(test_noted(HL_LOSS, "the built-in rule is used"));
	close_vol();
}
END_TEST

START_TEST(a_lost_bitmap_is_said_and_what_is_free_not_known)
{
	uint64_t bytes;

	v = vol_new(1);
	uint8_t *entry = vol_cluster(&v, ROOT) + 32;
	set_ascii(vol_root(&v), "one", 0x20, 10, 10);
	if (_i == 0)
		entry[0] = 0x01;
	else if (_i == 1)
		put32(entry + 20, 1);
	else
		put64(entry + 24, 24); /* 25 bytes are needed */
	open_vol();
	ck_assert(test_noted(HL_LOSS, "allocation bitmap"));
	ck_assert_int_eq(hl_fs_unallocated(fs, &bytes), HL_END);
	ck_assert(fact("/one", "clusters marked free", "not known"));
	ck_assert_uint_eq(list("/"), 0);
	close_vol();
}
END_TEST

START_TEST(bits_behind_the_last_cluster_do_not_count)
{
	uint64_t bytes;

	v = vol_new(1);
	put32(v.p + 92, CLUSTERS - 3);
	vol_seal(&v);
	memset(vol_cluster(&v, 2), 0xFF, 25);
	vol_cluster(&v, 2)[0] = 0xFE;
	open_vol();
	ck_assert_int_eq(hl_fs_unallocated(fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, CLUSTER);
	close_vol();
}
END_TEST

START_TEST(too_long_a_label_is_cut_and_said)
{
	v = vol_new(1);
	vol_cluster(&v, ROOT)[1] = 200;
	open_vol();
	ck_assert(test_noted(HL_LOSS, "200 characters"));
	close_vol();
}
END_TEST

/* ---- second copies ----------------------------------------------------- */

static void one_file(void)
{
	set_ascii(vol_root(&v), "one", 0x20, 10, 100);
	fill_cluster(10);
}

static void read_one(void)
{
	struct hl_src *s = stream("/one", HL_STREAM_CONTENT);

	same_bytes(s, 0, 100, 10);
	hl_src_close(s);
}

/* What is done to the first region. */
static const struct boot_damage {
	unsigned off, n;
	uint8_t with;
	const char *said;
} boot_damage[] = {
	{ 0, 512, 0, "not called EXFAT" },
	{ 0, 12 * 512, 0, "not called EXFAT" },
	{ 510, 2, 0, "no boot signature" },
	{ 92, 4, 0xFF, "number of clusters" },
	{ 100, 1, 0, "checksum" },         /* the serial */
	{ 5 * 512 + 9, 1, 1, "checksum" }, /* boot code */
	{ 11 * 512 + 508, 1, 1, "checksum" },
};

START_TEST(the_backup_boot_region_is_used_and_said)
{
	const struct boot_damage *t = &boot_damage[_i];

	v = vol_new(1);
	one_file();
	memset(v.p + t->off, t->with, t->n);
	open_vol();
	ck_assert(hl_fs_info(fs)->boot_backup);
	ck_assert_str_eq(hl_fs_info(fs)->serial, "1A2B-3C4D");
	ck_assert(test_noted(HL_LOSS, t->said));
	ck_assert(test_noted(HL_LOSS, "the backup at byte 6144 is used"));
	read_one();
	close_vol();
}
END_TEST

START_TEST(the_first_region_is_used_when_both_sums_are_wrong)
{
	v = vol_new(1);
	one_file();
	v.p[600] = 1;
	v.p[12 * 512 + 600] = 1;
	open_vol();
	ck_assert(!hl_fs_info(fs)->boot_backup);
	ck_assert(test_noted(HL_LOSS, "so is its backup"));
	read_one();
	close_vol();
}
END_TEST

START_TEST(a_damaged_exfat_is_still_called_exfat)
{
	struct hl_fs_found found;

	v = vol_new(1);
	memset(v.p + 64, 0xFF, 48);
	memset(v.p + 12 * 512 + 64, 0xFF, 48);
	test_forget_notes();
	ck_assert_int_eq(hl_src_mem(&src, v.p, v.n, false, test_ctx()), HL_OK);
	/* with all drivers, as a disk would be asked */
	ck_assert_int_eq(hl_fs_identify(&found, src, true, test_ctx()),
	                 HL_END);
	ck_assert_str_eq(found.name, "exfat");
	ck_assert_str_eq(found.reason, "damaged beyond use");
	ck_assert(test_noted(HL_FAILED, "and so is its backup"));
	ck_assert(hl_fs_probes(v.p, 4096));
	close_vol();
}
END_TEST

START_TEST(a_stale_backup_is_no_volume)
{
	/* named so in sector 12, but its sum is that of something else */
	v = vol_new(1);
	memset(v.p, 0, 12 * 512);
	v.p[12 * 512 + 300] ^= 1;
	ck_assert_int_eq(try_open(v.n), HL_END);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(a_healthy_primary_never_looks_at_the_backup)
{
	v = vol_new(1);
	one_file();
	memset(v.p + 12 * 512, 0xEE, 12 * 512);
	open_vol();
	read_one();
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(the_active_fat_is_the_one_that_the_flag_says)
{
	static const uint16_t name[] = { 'c' };
	struct set f = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .cluster = 20, .size = 2 * CLUSTER,
	                 .valid = 2 * CLUSTER, .chained = 1 };

	v = vol_new(2);
	set_put(vol_root(&v), &f);
	/* the second bitmap, for which the second FAT goes */
	uint8_t *p = vol_root(&v) + 3 * 32;
	p[0] = 0x81, p[1] = 1;
	put32(p + 20, 5);
	put64(p + 24, 25);
	vol_link(&v, 5, LAST);
	memset(vol_cluster(&v, 5), 0xFF, 25);
	fill_cluster(20);
	fill_cluster(30);
	fill_cluster(31);
	put32(v.p + FAT1 + 4 * 20, 30), put32(v.p + FAT1 + 4 * 30, LAST);
	put32(v.p + FAT2 + 4 * 20, 31), put32(v.p + FAT2 + 4 * 31, LAST);
	put16(v.p + 106, (unsigned)_i);
	open_vol();
	struct hl_src *s = stream("/c", HL_STREAM_CONTENT);
	same_bytes(s, CLUSTER, 2 * CLUSTER, _i ? 31 : 30);
	hl_src_close(s);
	uint64_t bytes;
	ck_assert_int_eq(hl_fs_unallocated(fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, _i ? 0 : (CLUSTERS - 3) * CLUSTER);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol();
}
END_TEST

START_TEST(the_other_fat_is_used_where_one_makes_no_sense)
{
	static const uint16_t name[] = { 'c' };
	struct set f = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .cluster = 20, .size = 2 * CLUSTER,
	                 .valid = 2 * CLUSTER, .chained = 1 };

	v = vol_new(2);
	set_put(vol_root(&v), &f);
	fill_cluster(20);
	fill_cluster(30);
	vol_link(&v, 20, 30);
	vol_link(&v, 30, LAST);
	memset(v.p + FAT1, 0, 8 * 512);
	open_vol();
	list("/");
	ck_assert(test_noted(HL_LOSS, "bad in the active FAT"));
	struct hl_src *s = stream("/c", HL_STREAM_CONTENT);
	same_bytes(s, 0, CLUSTER, 20);
	same_bytes(s, CLUSTER, 2 * CLUSTER, 30);
	hl_src_close(s);
	ck_assert(test_noted(HL_LOSS, "c: 1 entries are bad in the active"));
	close_vol();
}
END_TEST

/* ---- what cannot be read ----------------------------------------------- */

START_TEST(a_cut_image_gives_what_lies_before_the_cut)
{
	v = vol_new(1);
	uint8_t *p = vol_root(&v);
	p += 32 * set_ascii(p, "early", 0x20, 10, 2 * CLUSTER);
	p += 32 * set_ascii(p, "late", 0x20, 100, 2 * CLUSTER);
	for (unsigned c = 10; c < 12; c++)
		fill_cluster(c);
	fill_cluster(100);
	ck_assert_int_eq(try_open(HEAP + (101 - 2) * CLUSTER), HL_OK);
	ck_assert(test_noted(HL_LOSS, "its end is missing"));
	test_forget_notes();
	struct hl_src *s = stream("/early", HL_STREAM_CONTENT);
	same_bytes(s, 0, CLUSTER, 10);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	s = stream("/late", HL_STREAM_CONTENT);
	same_bytes(s, 0, CLUSTER, 100);
	ck_assert_uint_eq(what_at(s, CLUSTER), HL_WHAT_MISSING);
	ck_assert(test_noted(HL_LOSS, "late: clusters lie behind the end"));
	hl_src_close(s);
	close_vol();
}
END_TEST

/* A source with one unreadable sector. */
struct holed {
	struct hl_src src;
	uint64_t hole;
};

static enum hl_status holed_read(struct hl_src *s, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct holed *h = (struct holed *)s;

	memcpy(buf, v.p + off, len);
	for (uint64_t i = off; i < off + len; i++)
		if (i >= h->hole && i < h->hole + SECTOR)
			((uint8_t *)buf)[i - off] = 0;
	if (off < h->hole + SECTOR && h->hole < off + len)
		hl_ranges_add(bad, off > h->hole ? off : h->hole,
		              (off + len < h->hole + SECTOR ? off + len
		               : h->hole + SECTOR) -
		              (off > h->hole ? off : h->hole),
		              HL_WHAT_MISSING, HL_Q_UNREADABLE);
	return HL_OK;
}

static void holed_close(struct hl_src *s)
{
	(void)s;
}

static struct holed holed;

static void open_holed(uint64_t hole)
{
	static const struct hl_src_ops ops = { .read = holed_read,
	                                       .close = holed_close };
	struct hl_fs_found found;

	holed.hole = hole;
	hl_src_init(&holed.src, &ops, test_ctx(), "holed", v.n, SECTOR);
	src = &holed.src;
	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, src, true, only_exfat,
	                                     test_ctx()), HL_OK);
	fs = found.fs;
}

START_TEST(an_unreadable_boot_sector_gives_way_to_the_backup)
{
	v = vol_new(1);
	one_file();
	open_holed((unsigned)_i * SECTOR);
	ck_assert(hl_fs_info(fs)->boot_backup);
	ck_assert(test_noted(HL_LOSS, "cannot be read"));
	read_one();
	close_vol();
}
END_TEST

START_TEST(an_unreadable_piece_of_a_folder_is_not_its_end)
{
	v = vol_new(1);
	big_folder(false);
	/* the second sector of the folder, 16 entries of 32 */
	open_holed(HEAP + (40 - 2) * CLUSTER + SECTOR);
	ck_assert_uint_eq(list("/d"), 2); /* the hole, and strays behind it */
	ck_assert(test_noted(HL_LOSS, "cannot be read at its byte 512"));
	ck_assert_ptr_nonnull(strstr(names, "number 0"));
	ck_assert_ptr_nonnull(strstr(names, "number 18"));
	close_vol();
}
END_TEST

START_TEST(an_unreadable_fat_cuts_the_chain)
{
	v = vol_new(1);
	big_folder(true);
	open_holed(FAT1);
	struct hl_entry d;
	ck_assert_int_eq(hl_fs_find(fs, "/d", &d), HL_OK);
	list("/d");
	ck_assert(test_noted(HL_LOSS, "the FAT cannot be read"));
	ck_assert_ptr_nonnull(strstr(names, "number 0"));
	close_vol();
}
END_TEST

START_TEST(memory_may_end_anywhere)
{
	for (size_t n = 1; n < 200; n++) {
		struct hl_fs_found found = { 0 };
		struct hl_entry e;
		struct hl_src *s = NULL;

		v = vol_new(1);
		big_folder(true);
		ck_assert_int_eq(hl_src_mem(&src, v.p, v.n, false, test_ctx()),
		                 HL_OK);
		test_fail_alloc(n);
		enum hl_status st = hl_fs_identify_with(
			&found, src, true, only_exfat, test_ctx());
		if (st == HL_OK) {
			st = hl_fs_find(found.fs, "/d/a name of three "
			                "entries, number 7", &e);
			if (st == HL_OK)
				st = hl_fs_stream(&s, found.fs, &e.ref, "",
				                  HL_STREAM_CONTENT);
		}
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		hl_src_close(s);
		fs = found.fs;
		close_vol();
		if (st == HL_OK)
			return;
	}
	ck_abort_msg("never enough");
}
END_TEST

int main(void)
{
	TCase *a = tcase_create("sound"), *b = tcase_create("damaged");

	tcase_add_test(a, a_sound_volume_is_told_without_loss);
	tcase_add_test(a, the_volume_guid_is_shown_if_its_sum_is_right);
	tcase_add_test(a, entries_tell_times_sizes_and_places);
	tcase_add_test(a, rows_and_chains_are_read);
	tcase_add_test(a, bytes_beyond_the_valid_length_are_zeros);
	tcase_add_test(a, encrypted_content_is_refused_and_given_raw);
	tcase_add_loop_test(a, sets_lie_across_clusters, 0, 2);
	tcase_add_test(a, a_folder_in_itself_is_a_folder);
	tcase_add_test(a, a_wrong_hash_is_information);
	tcase_add_test(a, dead_entries_are_not_listed);
	tcase_add_test(a, dead_entries_are_listed_when_asked_for);
	tcase_add_test(a, a_deleted_row_tells_what_is_free_now);
	tcase_add_loop_test(a, a_deleted_chain_is_guessed, 0, 2);
	tcase_add_test(a, without_a_bitmap_nothing_is_known_of_it);
	tcase_add_test(a, a_deleted_folder_gives_what_is_left_of_it);
	tcase_add_test(
		a, a_deleted_folder_whose_cluster_is_anothers_gives_nothing);
	tcase_add_test(a, a_renamed_folder_is_entered_once);
	tcase_add_test(a, names_may_hold_anything);
	tcase_add_test(a, names_are_folded_by_the_volumes_own_table);
	tcase_add_test(a, bits_behind_the_last_cluster_do_not_count);
	tcase_add_loop_test(a, the_active_fat_is_the_one_that_the_flag_says, 0,
	                    2);
	tcase_add_test(a, a_healthy_primary_never_looks_at_the_backup);
	tcase_add_loop_test(b, what_a_broken_chain_lacks_is_missing_and_said,
	                    0, 8);
	tcase_add_loop_test(b, impossible_places_and_sizes_are_missing_and_said,
	                    0, 4);
	tcase_add_test(b, a_looping_folder_ends);
	tcase_add_test(b, entries_of_no_set_and_of_no_kind_are_said);
	tcase_add_test(b, a_damaged_set_is_shown_and_said);
	tcase_add_loop_test(b, a_lost_table_of_capitals_is_replaced_and_said,
	                    0, 5);
	tcase_add_loop_test(b, a_lost_bitmap_is_said_and_what_is_free_not_known,
	                    0, 3);
	tcase_add_test(b, too_long_a_label_is_cut_and_said);
	tcase_add_loop_test(b, the_backup_boot_region_is_used_and_said, 0,
	                    sizeof(boot_damage) / sizeof(boot_damage[0]));
	tcase_add_test(b, the_first_region_is_used_when_both_sums_are_wrong);
	tcase_add_test(b, a_damaged_exfat_is_still_called_exfat);
	tcase_add_test(b, a_stale_backup_is_no_volume);
	tcase_add_test(b, the_other_fat_is_used_where_one_makes_no_sense);
	tcase_add_test(b, a_cut_image_gives_what_lies_before_the_cut);
	tcase_add_loop_test(
		b, an_unreadable_boot_sector_gives_way_to_the_backup, 0, 12);
	tcase_add_test(b, an_unreadable_piece_of_a_folder_is_not_its_end);
	tcase_add_test(b, an_unreadable_fat_cuts_the_chain);
	tcase_add_test(b, memory_may_end_anywhere);
	return test_main("exfat_volume", a, b, NULL);
}
