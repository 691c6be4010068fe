/*
 * check_fat_deleted.c: deleted files and folders on hand-made volumes: each
 * rule with one case that it is made for and one that only looks like it.
 */
#include "fat_open.h"

/* Everything a sweep gives, one line each; "*" deleted, "?" orphan. */
static char *swept(struct open *o, unsigned how)
{
	static char out[8192], path[1024];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;
	bool orphan;

	out[0] = '\0';
	ck_assert_int_eq(hl_fs_sweep(&it, o->fs, how), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_CORRUPT)
			continue;
		ck_assert_int_eq(hl_fs_path(o->fs, &e, path, sizeof(path),
		                            &orphan), HL_OK);
		ck_assert_uint_lt(strlen(out), 7000);
		sprintf(out + strlen(out), "%s%s%s\n",
		        e.flags & HL_ENTRY_DELETED ? "*" : "",
		        orphan ? "?" : "", path);
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return out;
}

static char *gone(struct open *o)
{
	return swept(o, HL_LIST_DELETED | HL_LIST_NO_LIVE);
}

/* The deleted entry of that path in a sweep. */
static struct hl_entry find_gone(struct open *o, const char *want)
{
	static char path[1024];
	struct hl_fs_iter *it;
	struct hl_entry e;
	bool found = false;

	ck_assert_int_eq(hl_fs_sweep(&it, o->fs, HL_LIST_DELETED |
	                             HL_LIST_NO_LIVE), HL_OK);
	while (!found && hl_fs_next(it, &e) == HL_OK) {
		ck_assert_int_eq(hl_fs_path(o->fs, &e, path, sizeof(path),
		                            NULL), HL_OK);
		found = strcmp(path, want) == 0;
	}
	hl_fs_iter_close(it);
	ck_assert_msg(found, "%s", want);
	return e;
}

/* "a3 b1 .2": first byte, bytes/512 and quality of each extent. */
static char *shape(struct open *o, const struct hl_entry *e,
                   enum hl_stream_how how)
{
	static char out[256];
	static const char mark[] = "okfaubx"; /* free, allocated, unknown */
	struct hl_extent x;
	struct hl_src *s;
	uint8_t byte;

	out[0] = '\0';
	ck_assert_int_eq(hl_fs_stream(&s, o->fs, &e->ref, "", how), HL_OK);
	for (uint64_t off = 0; off < hl_src_size(s); off += x.len) {
		struct hl_ranges bad;
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_map(s, off, &x), HL_OK);
		ck_assert_int_eq(hl_src_read(s, off, &byte, 1, &bad), HL_OK);
		char q = x.quality == HL_Q_UNALLOCATED_NOW ? 'f' :
		         x.quality == HL_Q_ALLOCATED_TO ? 'a' :
		         x.quality == HL_Q_UNKNOWN ? 'u' :
		         x.what == HL_WHAT_MISSING ? 'm' : mark[0];
		sprintf(out + strlen(out), "%c%llu%c ", byte ? byte : '.',
		        (unsigned long long)(x.len + 511) / 512, q);
	}
	hl_src_close(s);
	return out;
}

static bool has_fact(struct open *o, const struct hl_entry *e, const char *key,
                     const char *part)
{
	struct hl_fact f;
	unsigned cursor = 0;

	while (hl_fs_fact_next(o->fs, &e->ref, &cursor, &f) == HL_OK)
		if (strcmp(f.key, key) == 0 && strstr(f.value, part))
			return true;
	return false;
}

/* Clusters from .. to hold 'a', 'b', 'c' … */
static void letters(struct vol *v, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		memset(vol_cluster(v, c), (int)('a' + c - from), 512);
}

/* ---- names --------------------------------------------------------------- */

START_TEST(deleted_names_are_given_only_when_asked_for)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);
	struct hl_fs_iter *it;
	struct hl_entry e, root;
	int live = 0, dead = 0, bad;

	ck_assert_str_eq(names_of(&o, "/", &bad), "FILE.BIN|SUB|EMPTY|");
	ck_assert_int_eq(hl_fs_root(o.fs, &root), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, o.fs, &root.ref, HL_LIST_DELETED),
	                 HL_OK);
	while (hl_fs_next(it, &e) == HL_OK) {
		live += !(e.flags & HL_ENTRY_DELETED);
		dead += !!(e.flags & HL_ENTRY_DELETED);
	}
	hl_fs_iter_close(it);
	ck_assert_int_eq(live, 3);
	ck_assert_int_eq(dead, 1);
	ck_assert_str_eq(gone(&o), "*/_ONE\n");
	e = find_gone(&o, "/_ONE");
	ck_assert_uint_eq(e.flags & (HL_ENTRY_GUESSED | HL_ENTRY_FIRST_LOST),
	                  HL_ENTRY_GUESSED | HL_ENTRY_FIRST_LOST);
	/* never by a path among the live ones */
	ck_assert_int_eq(hl_fs_find(o.fs, "/_ONE", &e), HL_END);
	ck_assert_int_eq(hl_fs_find(o.fs, "/GONE", &e), HL_END);
	close_vol(&o, &v);
}
END_TEST

START_TEST(sweep_and_indexes_agree_on_what_is_live)
{
	struct vol v = plain(kinds[_i]);
	struct open o = open_vol(&v);

	ck_assert_str_eq(swept(&o, 0), "/FILE.BIN\n/SUB\n/EMPTY\n"
	                 "/SUB/Long file name\n");
	ck_assert_str_eq(swept(&o, HL_LIST_SHORT),
	                 "/FILE.BIN\n/SUB\n/EMPTY\n/SUB/Long file name\n"
	                 "/SUB/LONGFI~1\n");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(behind_the_end_mark_only_what_is_plausible)
{
	struct vol v = plain(kinds[_i]);
	uint8_t *r = vol_root(&v) + 5 * 32;

	/* slot 5 is the end mark */
	memcpy(r + 32, "this text was here before, you see, and goes on", 47);
	slot(r + 96, "OLD     TXT", 0x20, 40, 5);
	memset(r + 128, 0xA7, 32);
	slot(r + 160, "BAD     TXT", 0x20, 999999, 5);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_ONE\n*/OLD.TXT\n");
	ck_assert_str_eq(swept(&o, 0), "/FILE.BIN\n/SUB\n/EMPTY\n"
	                 "/SUB/Long file name\n");
	struct hl_entry e = find_gone(&o, "/OLD.TXT");
	ck_assert(!(e.flags & HL_ENTRY_FIRST_LOST));
	ck_assert_int_eq(hl_fs_entry(o.fs, &e.ref, &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

/* ---- content ------------------------------------------------------------- */

/* _ILE at 40, of `clusters`; 40 to 47 hold 'a' to 'h'. */
static struct vol with_file(int kind, unsigned clusters)
{
	struct vol v = vol_new(kind);

	slot(vol_root(&v), "\xE5ILE       ", 0x20, 40, clusters * 512 - 100);
	letters(&v, 40, 47);
	return v;
}

START_TEST(free_clusters_in_a_row)
{
	struct vol v = with_file(kinds[_i], 3);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_ILE");
	struct hl_stream_info info;
	unsigned cursor = 0;

	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "a3f ");
	ck_assert(test_noted(HL_INFO, "contiguous guess"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert(has_fact(&o, &e, "state", "contiguous guess"));
	ck_assert(has_fact(&o, &e, "run", "unallocated-now"));
	ck_assert_int_eq(hl_fs_stream_next(o.fs, &e.ref, &cursor, &info),
	                 HL_OK);
	ck_assert_uint_eq(info.size, 3 * 512 - 100);
	ck_assert_uint_eq(info.allocated, 3 * 512);
	close_vol(&o, &v);
}
END_TEST

START_TEST(clusters_in_use_are_stepped_over_but_not_raw)
{
	struct vol v = with_file(kinds[_i], 3);

	vol_link(&v, 41, LAST);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "a1f c2f ");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_RAW), "a1f b1a c1f ");
	ck_assert(has_fact(&o, &e, "state", "without clusters"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(first_cluster_in_use_keeps_every_place)
{
	struct vol v = with_file(kinds[_i], 4);

	vol_link(&v, 40, 42); /* two clusters: not as many as the file had */
	vol_link(&v, 42, LAST);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT),
	                 "a1a b1f c1a d1f ");
	ck_assert(has_fact(&o, &e, "run", "allocated-to"));
	ck_assert(test_noted(HL_LOSS, "2 of 4 clusters are in use again"));
	test_forget_notes(); /* a glance is no loss */
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_LOOK), "a1a b1f c1a d1f ");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(a_chain_of_the_right_length_is_followed)
{
	struct vol v = with_file(kinds[_i], 3);

	vol_link(&v, 40, 45); /* renamed: the live name has it now */
	vol_link(&v, 45, 43);
	vol_link(&v, 43, LAST);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "a1a f1a d1a ");
	ck_assert(has_fact(&o, &e, "state", "right length"));
	close_vol(&o, &v);
	/* one more: it is not this file's chain */
	v = with_file(kinds[_i], 3);
	vol_link(&v, 40, 45);
	vol_link(&v, 45, 43);
	vol_link(&v, 43, 47);
	vol_link(&v, 47, LAST);
	o = open_vol(&v);
	e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "a1a b2f ");
	close_vol(&o, &v);
}
END_TEST

START_TEST(the_end_of_the_volume_ends_a_guess)
{
	struct vol v = vol_new(kinds[_i]);
	unsigned last = v.clusters + 1;

	slot(vol_root(&v), "\xE5ILE       ", 0x20, last - 1, 4 * 512);
	letters(&v, last - 1, last);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "a2f .2m ");
	ck_assert(test_noted(HL_LOSS, "2 of 4 clusters are missing"));
	close_vol(&o, &v);
	/* no first cluster at all */
	v = vol_new(kinds[_i]);
	slot(vol_root(&v), "\xE5ILE       ", 0x20, 0, 512);
	o = open_vol(&v);
	e = find_gone(&o, "/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), ".1m ");
	ck_assert(test_noted(HL_LOSS, "1 of 1 clusters are missing"));
	close_vol(&o, &v);
}
END_TEST

/* ---- folders ------------------------------------------------------------- */

/* _IR at 50 with FILE (its own mark is not set), and "Long …" deleted. */
static struct vol with_folder(int kind)
{
	struct vol v = vol_new(kind);
	uint8_t *d = vol_cluster(&v, 50);

	slot(vol_root(&v), "\xE5IR        ", 0x10, 50, 0);
	dots(d, 50, 0);
	slot(d + 64, "FILE    BIN", 0x20, 60, 3);
	named(d + 96, "Long one.txt", "LONGON~1TXT", 0x20, 61, 4);
	d[96] = d[128] = 0xE5;
	memcpy(vol_cluster(&v, 60), "xyz", 3);
	return v;
}

START_TEST(deleted_folder_is_entered)
{
	struct vol v = with_folder(kinds[_i]);
	struct open o = open_vol(&v);
	struct hl_entry dir, e;

	ck_assert_str_eq(gone(&o), "*/_IR\n*/_IR/FILE.BIN\n"
	                 "*/_IR/Long one.txt\n");
	/* also by list and by name, where the lost character is any */
	dir = find_gone(&o, "/_IR");
	ck_assert(has_fact(&o, &dir, "state", "guess"));
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "file.bin", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), "x1f ");
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "LONGON~1.TXT", &e),
	                 HL_OK);
	ck_assert_str_eq(e.name, "Long one.txt");
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "no", &e), HL_END);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(lookup_takes_any_character_for_a_lost_one)
{
	struct vol v = with_folder(kinds[_i]);

	vol_cluster(&v, 50)[64] = 0xE5; /* no long name */
	struct open o = open_vol(&v);
	struct hl_entry dir = find_gone(&o, "/_IR"), e;
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "File.bin", &e), HL_OK);
	ck_assert_str_eq(e.name, "_ILE.BIN");
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "FLLE.BIN", &e), HL_END);
	/* what the long name proves is not lost */
	ck_assert_int_eq(hl_fs_lookup(o.fs, &dir.ref, "XONGON~1.TXT", &e),
	                 HL_END);
	close_vol(&o, &v);
}
END_TEST

/* A path that begins at nothing but a ref. */
START_TEST(paths_are_found_through_the_folders)
{
	struct vol v = with_folder(kinds[_i]);
	uint8_t *d = vol_cluster(&v, 50);
	char path[256];
	bool orphan;

	slot(d + 160, "SUB        ", 0x10, 51, 0);
	dots(vol_cluster(&v, 51), 51, 50);
	slot(vol_cluster(&v, 51) + 64, "DEEP       ", 0x20, 62, 1);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_IR/SUB/DEEP");
	struct open again = open_vol(&v); /* it has swept nothing */
	ck_assert_int_eq(hl_fs_entry(again.fs, &e.ref, &e), HL_OK);
	ck_assert_int_eq(hl_fs_path(again.fs, &e, path, sizeof(path), &orphan),
	                 HL_OK);
	ck_assert_str_eq(path, "/_IR/SUB/DEEP");
	ck_assert(!orphan);
	hl_fs_close(again.fs);
	hl_src_close(again.mem);
	close_vol(&o, &v);
}
END_TEST

/* "@N-S": the one way to name a deleted file on a command line. */
START_TEST(deleted_files_are_reached_by_their_place)
{
	struct vol v = with_folder(kinds[_i]);
	char path[64];

	slot(vol_root(&v) + 32, "@5         ", 0x20, 60, 3); /* a live name */
	dots(vol_cluster(&v, 80), 80, 77);
	struct open o = open_vol(&v);
	struct hl_entry e = find_gone(&o, "/_IR/FILE.BIN"), got;
	snprintf(path, sizeof(path), "@%llu-%u",
	         (unsigned long long)e.ref.id, e.ref.seq);
	ck_assert_int_eq(hl_fs_find(o.fs, path, &got), HL_OK);
	ck_assert_str_eq(got.name, "FILE.BIN");
	ck_assert(got.flags & HL_ENTRY_DELETED);
	ck_assert_uint_eq(got.ref.origin, e.ref.origin);
	e = find_gone(&o, "/_IR");
	snprintf(path, sizeof(path), "@%llu/file.bin",
	         (unsigned long long)e.ref.id);
	ck_assert_int_eq(hl_fs_find(o.fs, path, &got), HL_OK);
	ck_assert_str_eq(got.name, "FILE.BIN");
	e = find_gone(&o, "/$Orphan/cluster-80");
	snprintf(path, sizeof(path), "@%llu", (unsigned long long)e.ref.id);
	ck_assert_int_eq(hl_fs_find(o.fs, path, &got), HL_OK);
	ck_assert_str_eq(got.name, "cluster-80");
	/* a name comes first; what is no entry is not found */
	ck_assert_int_eq(hl_fs_find(o.fs, "@5", &got), HL_OK);
	ck_assert_str_eq(got.name, "@5");
	ck_assert_int_eq(hl_fs_find(o.fs, "@6", &got), HL_END);
	ck_assert_int_eq(hl_fs_find(o.fs, "@18446744073709551615", &got),
	                 HL_END);
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_that_is_overwritten_is_not_entered)
{
	struct vol v = with_folder(kinds[_i]);

	memset(vol_cluster(&v, 50), 'x', 512);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n");
	struct hl_entry e = find_gone(&o, "/_IR");
	ck_assert(has_fact(&o, &e, "state", "nothing is left"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(folder_of_another_number_or_place_is_not_entered)
{
	struct vol v = with_folder(kinds[_i]);

	put16(vol_cluster(&v, 50) + 0x1A, 51); /* "." of another folder */
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n");
	close_vol(&o, &v);
	v = with_folder(kinds[_i]);
	put16(vol_cluster(&v, 50) + 32 + 0x1A, 70); /* it was moved: ".." */
	o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n*?/$Orphan/cluster-50\n"
	                 "*?/$Orphan/cluster-50/FILE.BIN\n"
	                 "*?/$Orphan/cluster-50/Long one.txt\n");
	close_vol(&o, &v);
}
END_TEST

START_TEST(renamed_folder_is_entered_by_its_live_name_only)
{
	struct vol v = with_folder(kinds[_i]);

	slot(vol_root(&v) + 32, "NEW        ", 0x10, 50, 0);
	vol_link(&v, 50, LAST);
	struct open o = open_vol(&v);
	ck_assert_str_eq(swept(&o, HL_LIST_DELETED),
	                 "*/_IR\n/NEW\n/NEW/FILE.BIN\n*/NEW/Long one.txt\n");
	close_vol(&o, &v);
	/* the chain is still there, but nobody has it: a lost chain */
	v = with_folder(kinds[_i]);
	vol_link(&v, 50, LAST);
	o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n*/_IR/FILE.BIN\n"
	                 "*/_IR/Long one.txt\n");
	close_vol(&o, &v);
}
END_TEST

/* A folder whose first cluster is full. */
static struct vol with_full_folder(int kind)
{
	struct vol v = with_folder(kind);

	for (unsigned i = 5; i < 16; i++)
		slot(vol_cluster(&v, 50) + 32 * i, "\xE5MPTY   DAT", 0x20, 0,
		     0);
	return v;
}

static unsigned lines(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

START_TEST(deleted_folder_goes_on_in_the_next_free_cluster)
{
	struct vol v = with_full_folder(kinds[_i]);

	vol_link(&v, 51, LAST);             /* in use */
	dots(vol_cluster(&v, 52), 52, 70);  /* another folder begins */
	for (unsigned i = 0; i < 3; i++)
		slot(vol_cluster(&v, 53) + 32 * i, "\xE5ORE    DAT", 0x20, 0,
		     0);
	struct open o = open_vol(&v);
	const char *s = gone(&o);
	ck_assert_ptr_nonnull(strstr(s, "*/_IR/_ORE.DAT\n"));
	ck_assert_uint_eq(lines(s), 1 + 2 + 11 + 3 + 1); /* and 52 */
	close_vol(&o, &v);
}
END_TEST

START_TEST(deleted_folder_does_not_go_on_in_other_content)
{
	struct vol v = with_full_folder(kinds[_i]);

	memset(vol_cluster(&v, 51), 'T', 512);
	struct open o = open_vol(&v);
	ck_assert_uint_eq(lines(gone(&o)), 1 + 2 + 11);
	close_vol(&o, &v);
	/* entries, then something else */
	v = with_full_folder(kinds[_i]);
	slot(vol_cluster(&v, 51), "\xE5ORE    DAT", 0x20, 0, 0);
	memset(vol_cluster(&v, 51) + 32, 'T', 480);
	o = open_vol(&v);
	ck_assert_uint_eq(lines(gone(&o)), 1 + 2 + 11);
	close_vol(&o, &v);
	/* the first cluster is not full: it ended there */
	v = with_folder(kinds[_i]);
	slot(vol_cluster(&v, 51), "\xE5ORE    DAT", 0x20, 0, 0);
	o = open_vol(&v);
	ck_assert_uint_eq(lines(gone(&o)), 1 + 2);
	close_vol(&o, &v);
}
END_TEST

/* ---- the upper half of a first cluster (FAT32) --------------------------- */

/* 70,000 clusters; _IR says 0x200, "." of cluster 0x10200 says 0x10200. */
static struct vol big32(void)
{
	struct vol v = { .kind = 32, .clusters = 70000, .fat = 32 };

	v.fat_sectors = (v.clusters + 2) * 4 / 512 + 1;
	v.data = v.root = v.fat + 2 * v.fat_sectors;
	v.n = 512 * (size_t)(v.data + v.clusters);
	v.p = calloc(1, v.n);
	ck_assert_ptr_nonnull(v.p);
	vol_boot(&v, 0);
	put32(v.p + 0x20, v.data + v.clusters);
	vol_link(&v, 0, 0x0FFFFFF8);
	vol_link(&v, 1, LAST);
	vol_link(&v, 2, LAST);
	slot(vol_root(&v), "\xE5IR        ", 0x10, 0x200, 0);
	return v;
}

START_TEST(upper_half_is_found_by_the_folder_itself)
{
	struct vol v = big32();
	uint8_t *d = vol_cluster(&v, 0x10200);

	dots(d, 0x10200, 0);
	slot(d + 64, "\xE5ILE       ", 0x20, 0x300, 700);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n*/_IR/_ILE\n");
	struct hl_entry e = find_gone(&o, "/_IR/_ILE");
	ck_assert_str_eq(shape(&o, &e, HL_STREAM_CONTENT), ".2f ");
	ck_assert(test_noted(HL_INFO, "upper half"));
	ck_assert(has_fact(&o, &e, "first cluster", "cleared by Windows"));
	close_vol(&o, &v);
	/* it ends alike, but is in another folder: only a lost one */
	v = big32();
	dots(vol_cluster(&v, 0x10200), 0x10200, 0x400);
	o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n*?/$Orphan/cluster-66048\n");
	close_vol(&o, &v);
}
END_TEST

/* ---- lost folders -------------------------------------------------------- */

START_TEST(lost_folders_are_found)
{
	struct vol v = plain(kinds[_i]);

	dots(vol_cluster(&v, 80), 80, 90); /* below 90, no entry there */
	dots(vol_cluster(&v, 90), 90, 77); /* on top */
	slot(vol_cluster(&v, 90) + 64, "SUB        ", 0x10, 70, 0);
	slot(vol_cluster(&v, 90) + 96, "\xE5" "ATA       ", 0x20, 60, 9);
	dots(vol_cluster(&v, 70), 70, 90); /* found through 90 */
	slot(vol_cluster(&v, 70) + 64, "X          ", 0x20, 61, 9);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_ONE\n*?/$Orphan/cluster-90\n"
	                 "*?/$Orphan/cluster-90/SUB\n"
	                 "*?/$Orphan/cluster-90/_ATA\n"
	                 "*?/$Orphan/cluster-90/SUB/X\n"
	                 "*?/$Orphan/cluster-80\n");
	/* live ones are not among them, and nothing is looked for unasked */
	ck_assert_ptr_null(strstr(swept(&o, 0), "Orphan"));
	struct hl_entry e = find_gone(&o, "/$Orphan/cluster-90/SUB/X");
	ck_assert_int_eq(hl_fs_entry(o.fs, &e.ref, &e), HL_OK);
	ck_assert_str_eq(e.name, "X");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_vol(&o, &v);
}
END_TEST

START_TEST(lost_chain_is_found_at_its_first_cluster)
{
	struct vol v = plain(kinds[_i]);

	vol_link(&v, 70, 75); /* a folder in use by nobody */
	vol_link(&v, 75, LAST);
	dots(vol_cluster(&v, 70), 70, 0);
	for (unsigned i = 2; i < 16; i++)
		slot(vol_cluster(&v, 70) + 32 * i, "\xE5           ", 0x20, 0,
		     0);
	slot(vol_cluster(&v, 75), "SECOND     ", 0x20, 61, 9);
	struct open o = open_vol(&v);
	ck_assert_ptr_nonnull(strstr(gone(&o),
	                             "*?/$Orphan/cluster-70/SECOND\n"));
	close_vol(&o, &v);
}
END_TEST

START_TEST(what_only_looks_like_a_lost_folder)
{
	struct vol v = plain(kinds[_i]);

	dots(vol_cluster(&v, 70), 71, 0);  /* a copy: its number is 71 */
	dots(vol_cluster(&v, 72), 72, 72); /* above itself */
	dots(vol_cluster(&v, 73), 73, 0x0FFFFFF0); /* above: no cluster */
	dots(vol_cluster(&v, 74), 74, 0);
	vol_cluster(&v, 74)[11] = 0x20;    /* a file called "." */
	dots(vol_cluster(&v, 75) + 32, 75, 0); /* not at its beginning */
	vol_link(&v, 76, 77);              /* in the middle of a chain */
	vol_link(&v, 77, LAST);
	dots(vol_cluster(&v, 77), 77, 0);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_ONE\n");
	close_vol(&o, &v);
}
END_TEST

START_TEST(loops_of_deleted_folders_end)
{
	struct vol v = with_folder(kinds[_i]);
	uint8_t *d = vol_cluster(&v, 51);

	/* _IR/A, and in A an entry that says it is _IR */
	slot(vol_cluster(&v, 50) + 160, "A          ", 0x10, 51, 0);
	dots(d, 51, 50);
	slot(d + 64, "\xE5" "B         ", 0x10, 50, 0);
	slot(d + 96, "\xE5" "C         ", 0x10, 51, 0);
	struct open o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*/_IR\n*/_IR/FILE.BIN\n"
	                 "*/_IR/Long one.txt\n*/_IR/A\n*/_IR/A/_B\n"
	                 "*/_IR/A/_C\n");
	close_vol(&o, &v);
	/* two lost ones, each above the other */
	v = vol_new(kinds[_i]);
	dots(vol_cluster(&v, 60), 60, 61);
	dots(vol_cluster(&v, 61), 61, 60);
	slot(vol_cluster(&v, 60) + 64, "X          ", 0x10, 61, 0);
	slot(vol_cluster(&v, 61) + 64, "Y          ", 0x10, 60, 0);
	o = open_vol(&v);
	ck_assert_str_eq(gone(&o), "*?/$Orphan/cluster-60\n"
	                 "*?/$Orphan/cluster-60/X\n"
	                 "*?/$Orphan/cluster-60/X/Y\n");
	close_vol(&o, &v);
}
END_TEST

START_TEST(no_memory_is_an_error_and_no_leak)
{
	struct vol v = with_full_folder(32);

	slot(vol_cluster(&v, 51), "\xE5ORE    DAT", 0x20, 0, 0);
	dots(vol_cluster(&v, 80), 80, 90);
	for (size_t i = 1; i < 60; i++) {
		struct open o = open_vol(&v);
		struct hl_fs_iter *it;
		struct hl_entry e;
		enum hl_status st;

		test_fail_alloc(i);
		st = hl_fs_sweep(&it, o.fs, HL_LIST_DELETED);
		if (st == HL_OK) {
			do
				st = hl_fs_next(it, &e);
			while (st == HL_OK || st == HL_CORRUPT);
			hl_fs_iter_close(it);
		}
		test_fail_alloc(0);
		ck_assert(st == HL_END || st == HL_NOMEM);
		hl_fs_close(o.fs);
		hl_src_close(o.mem);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
	free(v.p);
}
END_TEST

static TCase *each_kind(void)
{
	TCase *tc = tcase_create("each kind");

	tcase_set_timeout(tc, 60);
#define EACH(name) tcase_add_loop_test(tc, name, 0, 3)
	EACH(deleted_names_are_given_only_when_asked_for);
	EACH(sweep_and_indexes_agree_on_what_is_live);
	EACH(behind_the_end_mark_only_what_is_plausible);
	EACH(free_clusters_in_a_row);
	EACH(clusters_in_use_are_stepped_over_but_not_raw);
	EACH(first_cluster_in_use_keeps_every_place);
	EACH(a_chain_of_the_right_length_is_followed);
	EACH(the_end_of_the_volume_ends_a_guess);
	EACH(deleted_folder_is_entered);
	EACH(lookup_takes_any_character_for_a_lost_one);
	EACH(paths_are_found_through_the_folders);
	EACH(deleted_files_are_reached_by_their_place);
	EACH(folder_that_is_overwritten_is_not_entered);
	EACH(folder_of_another_number_or_place_is_not_entered);
	EACH(renamed_folder_is_entered_by_its_live_name_only);
	EACH(deleted_folder_goes_on_in_the_next_free_cluster);
	EACH(deleted_folder_does_not_go_on_in_other_content);
	EACH(lost_folders_are_found);
	EACH(lost_chain_is_found_at_its_first_cluster);
	EACH(what_only_looks_like_a_lost_folder);
	EACH(loops_of_deleted_folders_end);
	tcase_add_test(tc, upper_half_is_found_by_the_folder_itself);
	tcase_add_test(tc, no_memory_is_an_error_and_no_leak);
	return tc;
}

int main(void)
{
	return test_main("fat_deleted", each_kind(), NULL);
}
