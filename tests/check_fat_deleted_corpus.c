/*
 * check_fat_deleted_corpus.c: deleted files on volumes that nobody of this
 * project wrote, against The Sleuth Kit (truth/ *.tsv, `icat -r`), the hashes
 * that DFTT #6 states, and the truth of the XP case.
 */
#include <jansson.h>

#include "fat_corpus.h"
#include "fs/walk.h"

/* Deleted rows of a table; $OrphanFiles are names without a place. */
static void load_deleted(const char *name)
{
	char rel[256], line[4096];

	snprintf(rel, sizeof(rel), "truth/%s.tsv", name);
	const char *path = test_corpus(rel);
	ck_assert_ptr_nonnull(path);
	FILE *f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	clear_rows(&truth);
	while (fgets(line, sizeof(line), f)) {
		char *col[6], *s = line;
		int n = 0;

		line[strcspn(line, "\n")] = '\0';
		for (; n < 6 && s; n++) {
			col[n] = s;
			s = n < 5 ? strchr(s, '\t') : NULL;
			if (s)
				*s++ = '\0';
		}
		if (line[0] == '#' || n < 6 || strcmp(col[1], "DEL") != 0 ||
		    strncmp(col[5], "$OrphanFiles", 12) == 0)
			continue;
		struct row *r = add_row(&truth);
		r->path = strdup(col[5]);
		r->dir = strchr(col[0], 'd') != NULL;
		r->size = strtoull(col[3], NULL, 10);
		snprintf(r->sha256, sizeof(r->sha256), "%s",
		         r->dir ? "" : col[4]);
	}
	fclose(f);
}

static void add_ours(struct hl_fs *fs, const struct hl_entry *e,
                     const char *path)
{
	struct row *r = add_row(&ours);
	struct hl_src *s;

	r->path = strdup(path + 1);
	r->dir = e->type == HL_DIR;
	r->size = e->size;
	if (r->dir)
		return;
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e->ref, "",
	                              HL_STREAM_CONTENT), HL_OK);
	ck_assert_uint_eq(hl_src_size(s), e->size);
	hash_src(s, r->sha256);
	hl_src_close(s);
}

static void sweep(struct hl_fs *fs, unsigned how)
{
	static char path[8192];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	clear_rows(&ours);
	ck_assert_int_eq(hl_fs_sweep(&it, fs, how), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_CORRUPT)
			continue;
		ck_assert_int_eq(hl_fs_path(fs, &e, path, sizeof(path), NULL),
		                 HL_OK);
		add_ours(fs, &e, path);
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
}

static struct row *find_ours(const struct row *t)
{
	struct row *same = NULL;

	/* "_" is the name of many: the one with that content, if any */
	for (size_t i = 0; i < ours.n; i++) {
		struct row *o = &ours.r[i];
		if (o->seen || strcmp(o->path, t->path) != 0)
			continue;
		if (!same || strcmp(o->sha256, t->sha256) == 0)
			same = o;
	}
	return same;
}

/* Rows for which The Sleuth Kit is no oracle, and why. */
static const struct exception {
	const char *truth, *theirs;
	bool absent; /* we do not have it; else its content differs */
} exceptions[] = {
	/* Its "." and ".." say that the folder is _ir1/dir2, not this one. */
	{ "dftt__6-fat-undel", "System Volume Information/_restore{A25F48CA-"
	  "6632-4143-8EF8-3586A84AB5AF}/_P1/frag3.dat", true },
	/* The first cluster is in use: TSK gives this one and no more. */
	{ "dfir-orc__FAT2.vhd@128", "Orc_x64.exe", false },
};

static const struct exception *exception_of(const char *name,
                                            const struct row *t)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(exceptions[i].truth, name) == 0 &&
		    strcmp(exceptions[i].theirs, t->path) == 0)
			return &exceptions[i];
	return NULL;
}

static bool is_same(const struct row *o, const struct row *t)
{
	return o->dir == t->dir && (t->dir || o->size == t->size) &&
	       strcmp(o->sha256, t->sha256) == 0;
}

/* Every row of theirs is ours; an exception is one as long as it is so. */
static int compare(const char *name)
{
	int wrong = 0;

	for (size_t i = 0; i < truth.n; i++) {
		const struct row *t = &truth.r[i];
		const struct exception *x = exception_of(name, t);
		struct row *o = find_ours(t);
		bool good = x ? x->absent ? !o : o && !is_same(o, t) :
		            o && is_same(o, t);

		if (o)
			o->seen = true;
		if (!good)
			fprintf(stderr, "%s: %s: %s\n", name,
			        o ? "differs" : "not found", t->path);
		wrong += !good;
	}
	return wrong;
}

static int more(void)
{
	int n = 0;

	for (size_t i = 0; i < ours.n; i++)
		n += !ours.r[i].seen;
	return n;
}

/*
 * What we have and it does not: it takes one cluster of a deleted folder, and
 * the rest of it comes out under $OrphanFiles; lost folders, which it looks
 * for only in free sectors; what is behind an end mark of live content.
 */
static const struct {
	const char *truth;
	int n;
} n_more[] = {
	{ "dfir_ntfs__fat12", 1 },       /* a lost folder, empty */
	{ "dfir_ntfs__fat32_full_test", 1 }, /* the same */
	{ "dfir_ntfs__fat32_loop", 2 },  /* behind an end mark; lost */
	{ "dfir_ntfs__fat_noloop", 2 },  /* lost, empty */
	{ "dfir_ntfs__fat_deleted_dir", 486 },
	{ "dfir_ntfs__fat_deleted_dir_2", 188 },
	{ "dfir_ntfs__fat_dir", 400 },   /* lost chain of a deleted folder */
	{ "embedded-sdmmc__disk@2048", 2 },
	{ "embedded-sdmmc__disk@264192", 10 },
};

static int expected_more(const char *name)
{
	for (size_t i = 0; i < sizeof(n_more) / sizeof(n_more[0]); i++)
		if (strcmp(n_more[i].truth, name) == 0)
			return n_more[i].n;
	return 0;
}

START_TEST(every_deleted_file_is_what_the_sleuth_kit_recovers)
{
	const struct volume *v = &volumes[_i];
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	load_deleted(v->truth);
	if (!open_image(&o, v->image, v->off, v->len))
		SKIP(v->image);
	sweep(o.fs, HL_LIST_DELETED | HL_LIST_NO_LIVE);
	cut_long_names();
	ck_assert_int_eq(compare(v->truth), 0);
	ck_assert_int_eq(more(), expected_more(v->truth));
	close_image(&o);
}
END_TEST

/* ---- DFTT #6: the hashes that its index.html states ---------------------- */

static const char *md5_of(struct hl_fs *fs, const char *want,
                          enum hl_stream_how how)
{
	static char path[8192], hex[65];
	static uint8_t buf[1 << 16];
	struct hl_fs_iter *it;
	struct hl_ranges bad;
	struct hl_entry e;
	struct hl_hash *h;
	struct hl_src *s;
	bool found = false;

	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED), HL_OK);
	while (!found && hl_fs_next(it, &e) == HL_OK) {
		ck_assert_int_eq(hl_fs_path(fs, &e, path, sizeof(path), NULL),
		                 HL_OK);
		found = strcmp(path, want) == 0;
	}
	hl_fs_iter_close(it);
	ck_assert_msg(found, "%s", want);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", how), HL_OK);
	ck_assert_uint_le(hl_src_size(s), sizeof(buf));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, buf, (size_t)hl_src_size(s), &bad),
	                 HL_OK);
	ck_assert_int_eq(hl_hash_new(&h, 1 << HL_MD5, test_ctx()), HL_OK);
	hl_hash_update(h, buf, (size_t)hl_src_size(s));
	hl_hash_final(h, HL_MD5, hex);
	hl_hash_free(h);
	hl_src_close(s);
	return hex;
}

START_TEST(hashes_that_dftt_6_states)
{
	/* the three fragmented ones: the hash it expects of a tool that
	 * takes clusters in a row, and we say that we do */
	static const char *const x[][2] = {
		{ "/_ing.dat", "59b20779f69ff9f0ac5fcd2c38835a79" },
		{ "/_ult1.dat", "ffd27bd782bdce67750b6b9ee069d2ef" },
		{ "/_ir1/mult2.dat", "59cf0e9cd107bc1e75afb7374f6e05bb" },
		{ "/_rag1.dat", "c4f3b9a0f17d464f4fc61b94ecf6cc21" },
		{ "/_rag2.dat", "965370acfa85aa7e26ab04bbd45cdcae" },
		{ "/_ir1/dir2/frag3.dat", "a7a14ac62f79fdea4056ed5e8bcf97ef" },
	};
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, "sleuthkit__sleuthkit_test_data/from_brian/"
	                "6-undel-fat__6-fat-undel.dd", 0, 0))
		SKIP("DFTT 6");
	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
		ck_assert_str_eq(md5_of(o.fs, x[i][0], HL_STREAM_CONTENT),
		                 x[i][1]);
	ck_assert(test_noted(HL_INFO, "contiguous guess"));
	close_image(&o);
}
END_TEST

/* ---- others -------------------------------------------------------------- */

static int rows_named(const char *part)
{
	int n = 0;

	for (size_t i = 0; i < ours.n; i++)
		n += strstr(ours.r[i].path, part) != NULL;
	return n;
}

/* fatcat's docs/index.md: repair.img has folders that nothing leads to. */
START_TEST(lost_folder_of_fatcat)
{
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, "Gregwar__fatcat/images/repair.img", 0, 0))
		SKIP("fatcat");
	sweep(o.fs, HL_LIST_DELETED | HL_LIST_NO_LIVE);
	ck_assert_int_eq(rows_named("orphan_file.txt"), 2); /* and .swp */
	ck_assert_int_eq(rows_named("$Orphan/"), 3);
	close_image(&o);
}
END_TEST

/* A moved folder leaves an entry; it is not shown with its content twice. */
START_TEST(moved_folder_is_shown_once)
{
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, "msuhanov__dfir_ntfs/fat16_moved.raw", 0, 0))
		SKIP("fat16_moved");
	sweep(o.fs, HL_LIST_DELETED);
	ck_assert_int_eq(rows_named("1.txt"), 1);
	ck_assert_int_eq(rows_named("test/2/11/1.txt"), 1);
	ck_assert_int_eq(rows_named("test/1/_1"), 1);
	close_image(&o);
}
END_TEST

/* A volume without losses: walking it and sweeping it give the same. */
START_TEST(live_files_are_the_same_by_sweep)
{
	const struct volume *v = &volumes[_i];
	struct hl_entry root, e;
	struct hl_fs_iter *it;
	struct hl_walk *w;
	const char *path;
	enum hl_status st;
	size_t n = 0;
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, v->image, v->off, v->len))
		SKIP(v->image);
	ck_assert_int_eq(hl_fs_sweep(&it, o.fs, 0), HL_OK);
	clear_rows(&ours);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		static char p[8192];
		if (st == HL_CORRUPT)
			continue;
		ck_assert_int_eq(hl_fs_path(o.fs, &e, p, sizeof(p), NULL),
		                 HL_OK);
		add_row(&ours)->path = strdup(p);
	}
	hl_fs_iter_close(it);
	ck_assert_int_eq(hl_fs_root(o.fs, &root), HL_OK);
	ck_assert_int_eq(hl_walk_open(&w, o.fs, &root, "/", 0), HL_OK);
	while ((st = hl_walk_next(w, &e, &path)) == HL_OK ||
	       st == HL_CORRUPT) {
		size_t i = 0;
		if (st == HL_CORRUPT)
			continue;
		while (i < ours.n && (ours.r[i].seen ||
		                      strcmp(ours.r[i].path, path) != 0))
			i++;
		ck_assert_msg(i < ours.n, "%s", path);
		ours.r[i].seen = true;
		n++;
	}
	hl_walk_close(w);
	ck_assert_uint_eq(n, ours.n);
	close_image(&o);
}
END_TEST

/* The hive of the XP case that was deleted, from a folder that is live. */
START_TEST(deleted_hive_of_the_xp_case)
{
	const char *json = test_corpus("cases/xp.json");
	json_t *doc = json ? json_load_file(json, 0, NULL) : NULL, *hive;
	const char *sha256 = NULL;
	size_t i;
	struct open o;

	if (!doc)
		SKIP("no corpus");
	json_array_foreach(json_object_get(doc, "hives"), i, hive)
		if (json_is_true(json_object_get(hive, "deleted")))
			sha256 = json_string_value(json_object_get(hive,
			                                           "sha256"));
	ck_assert_ptr_nonnull(sha256);
	json_t *vol = json_array_get(json_object_get(doc, "volumes"), 0);
	if (!open_image(&o, "cases/xp.dd",
	                (uint64_t)json_integer_value(
				json_object_get(vol, "offset")),
	                (uint64_t)json_integer_value(
				json_object_get(vol, "size"))))
		SKIP("cases/xp.dd");
	sweep(o.fs, HL_LIST_DELETED | HL_LIST_NO_LIVE);
	int found = 0;
	for (i = 0; i < ours.n; i++)
		if (strcmp(ours.r[i].path, "Documents and Settings/old user/"
		           "_TUSER.DAT") == 0) {
			ck_assert_str_eq(ours.r[i].sha256, sha256);
			found++;
		}
	ck_assert_int_eq(found, 1);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	json_decref(doc);
	close_image(&o);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("truth");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, every_deleted_file_is_what_the_sleuth_kit_recovers,
	                    0, N_VOLUMES);
	tcase_add_loop_test(tc, live_files_are_the_same_by_sweep, 0,
	                    N_VOLUMES);
	tcase_add_test(tc, hashes_that_dftt_6_states);
	tcase_add_test(tc, lost_folder_of_fatcat);
	tcase_add_test(tc, moved_folder_is_shown_once);
	tcase_add_test(tc, deleted_hive_of_the_xp_case);
	return test_main("fat_deleted_corpus", tc, NULL);
}
