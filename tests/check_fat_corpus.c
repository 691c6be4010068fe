/*
 * check_fat_corpus.c: FAT volumes that nobody of this project wrote, read
 * through the file system interface and compared, file by file and hash by
 * hash, with what The Sleuth Kit (truth/ *.tsv) says of them.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/walk.h"
#include "fat_corpus.h"

static void walk_all(struct hl_fs *fs)
{
	struct hl_entry root, e;
	struct hl_walk *w;
	struct hl_src *src;
	const char *path;
	enum hl_status st;

	clear_rows(&ours);
	ck_assert_int_eq(hl_fs_root(fs, &root), HL_OK);
	ck_assert_int_eq(hl_walk_open(&w, fs, &root, "/", 0), HL_OK);
	while ((st = hl_walk_next(w, &e, &path)) == HL_OK ||
	       st == HL_CORRUPT) {
		if (st == HL_CORRUPT)
			continue;
		struct row *r = add_row(&ours);
		r->path = strdup(path + (path[0] == '/'));
		r->dir = e.type == HL_DIR;
		r->size = e.size;
		if (r->dir)
			continue;
		ck_assert_int_eq(hl_fs_stream(&src, fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		ck_assert_uint_eq(hl_src_size(src), e.size);
		if (e.size < 200u << 20)
			hash_src(src, r->sha256);
		hl_src_close(src);
	}
	ck_assert_int_eq(st, HL_END);
	hl_walk_close(w);
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Deleted rows and what lies below them belong to a later part. */
static void load_truth(const char *name)
{
	char rel[256], line[4096], dead[64][512];
	size_t n_dead = 0;

	snprintf(rel, sizeof(rel), "truth/%s.tsv", name);
	const char *path = test_corpus(rel);
	ck_assert_ptr_nonnull(path);
	FILE *f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	clear_rows(&truth);
	while (fgets(line, sizeof(line), f)) {
		char *col[6], *s = line;
		int n = 0;
		bool below = false;

		line[strcspn(line, "\n")] = '\0';
		for (; n < 6 && s; n++) {
			col[n] = s;
			s = n < 5 ? strchr(s, '\t') : NULL;
			if (s)
				*s++ = '\0';
		}
		if (line[0] == '#' || n < 6 || starts(col[0], "v/v") ||
		    strstr(col[5], "(Volume Label Entry)") ||
		    starts(col[5], "$OrphanFiles"))
			continue;
		for (size_t i = 0; i < n_dead; i++)
			below |= starts(col[5], dead[i]);
		if (strcmp(col[1], "-") != 0 || below) {
			if (n_dead < 64 && strchr(col[0], 'd'))
				snprintf(dead[n_dead++], 512, "%.500s/",
				         col[5]);
			continue;
		}
		struct row *r = add_row(&truth);
		r->path = strdup(col[5]);
		r->dir = col[0][0] == 'd';
		r->size = strtoull(col[3], NULL, 10);
		snprintf(r->sha256, sizeof(r->sha256), "%s",
		         r->dir ? "" : col[4]);
	}
	fclose(f);
}

/*
 * Where The Sleuth Kit 4.11.1 is not an oracle: it shows
 * - entries behind the end mark, which no system reads;
 * - a long name whose checksum is of another short name (7-Zip agrees with us).
 */
static const struct exception {
	const char *truth, *theirs, *ours;
} exceptions[] = {
	{ "dfir_ntfs__fat32_loop", "test_dir/n40/4/T1", NULL },
	{ "dfir_ntfs__fat32_loop", "test_dir/n40/4/T1/4", NULL },
	{ "dfir_ntfs__fat_lfn_test", "long_name_test.txt", "SHORT.TXT" },
};

static void except(const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < truth.n; i++) {
		struct row *r = &truth.r[i];
		bool drop = false;
		for (size_t j = 0; j < sizeof(exceptions) /
		                       sizeof(exceptions[0]); j++) {
			const struct exception *x = &exceptions[j];
			if (strcmp(x->truth, name) != 0 ||
			    strcmp(x->theirs, r->path) != 0)
				continue;
			drop = !x->ours;
			if (x->ours) {
				free(r->path);
				r->path = strdup(x->ours);
			}
		}
		if (drop)
			free(r->path);
		else
			truth.r[kept++] = *r;
	}
	truth.n = kept;
}

static struct row *find_row(const char *path)
{
	for (size_t i = 0; i < ours.n; i++)
		if (!ours.r[i].seen && strcmp(ours.r[i].path, path) == 0)
			return &ours.r[i];
	return NULL;
}

static int compare(void)
{
	int wrong = 0;

	for (size_t i = 0; i < truth.n; i++) {
		const struct row *t = &truth.r[i];
		struct row *o = find_row(t->path);
		if (!o) {
			fprintf(stderr, "not found: %s\n", t->path);
			wrong++;
			continue;
		}
		o->seen = true;
		if (o->dir != t->dir || (!t->dir && o->size != t->size) ||
		    (o->sha256[0] && strcmp(o->sha256, t->sha256) != 0)) {
			fprintf(stderr, "differs: %s\n", t->path);
			wrong++;
		}
	}
	for (size_t i = 0; i < ours.n; i++) {
		if (!ours.r[i].seen) {
			fprintf(stderr, "not in truth: %s\n", ours.r[i].path);
			wrong++;
		}
	}
	return wrong;
}

/* ---- images with a truth table ------------------------------------------ */

START_TEST(every_file_is_what_the_sleuth_kit_says)
{
	const struct volume *v = &volumes[_i];
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, v->image, v->off, v->len))
		SKIP(v->image);
	ck_assert_str_eq(hl_fs_info(o.fs)->name, v->fs);
	walk_all(o.fs);
	load_truth(v->truth);
	except(v->truth);
	cut_long_names();
	ck_assert_int_eq(compare(), 0);
	ck_assert_int_eq(test_note_count(HL_LOSS) > 0, v->loss);
	close_image(&o);
}
END_TEST

/*
 * Upstream's list: "/path<blank>modified", with whole names.  It was made
 * three hours east of where the clock on the volume is.
 */
#define SHIFT (3 * 3600 * UINT64_C(10000000))
static const struct listing {
	const char *image, *list;
} listings[] = {
	{ "msuhanov__dfir_ntfs/fat12.raw",
	  "images/msuhanov__dfir_ntfs/fat12_full_test.txt" },
	{ "msuhanov__dfir_ntfs/fat16.raw",
	  "images/msuhanov__dfir_ntfs/fat16_full_test.txt" },
	{ "msuhanov__dfir_ntfs/fat32_full_test.raw",
	  "images/msuhanov__dfir_ntfs/fat32_full_test.txt" },
};

START_TEST(whole_names_and_times_are_upstreams)
{
	const struct listing *l = &listings[_i];
	char line[2048], text[HL_TIME_TEXT];
	struct hl_entry e, root;
	struct open o;
	int n = 0;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, l->image, 0, 0))
		SKIP(l->image);
	ck_assert_int_eq(hl_fs_root(o.fs, &root), HL_OK);
	FILE *f = fopen(test_corpus(l->list), "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		char *when = strpbrk(line, "\n\t");
		if (when && *when == '\n')
			when = strrchr(line, ' ');
		if (line[0] != '/' || !when)
			continue;
		*when++ = '\0';
		when[10] = 'T';
		when[19] = '\0';
		ck_assert_msg(hl_fs_find(o.fs, line, &e) == HL_OK, "%s", line);
		ck_assert_int_eq(e.modified.kind, HL_TIME_LOCAL);
		e.modified.ticks += SHIFT;
		ck_assert_str_eq(hl_time_text(text, e.modified), when);
		ck_assert_int_eq(e.mft_changed.kind, HL_TIME_NONE);
		n++;
	}
	fclose(f);
	ck_assert_int_gt(n, 200);
	close_image(&o);
}
END_TEST

/* ---- images without one: opened, listed, read in full, no loss, no hang - */

static const struct other {
	const char *image;
	uint64_t off;
	const char *fs, *label;
	int files, dirs; /* -1: not counted */
	bool loss;
	const char *note; /* that must be there, or NULL */
} others[] = {
	/* Gregwar/fatcat: docs/index.md */
	{ "Gregwar__fatcat/images/empty.img", 0, "fat32", "", 0, 0,
	  false, NULL },
	{ "Gregwar__fatcat/images/full-fat.img", 0, "fat32", "GREGWAR", -1,
	  -1, false, NULL },
	{ "Gregwar__fatcat/images/directory-loop.img", 0, "fat32", "GREGWAR",
	  0, 5, true, "loop" },
	{ "Gregwar__fatcat/images/infinite-file.img", 0, "fat32", "GREGWAR",
	  -1, -1, true, NULL },
	{ "Gregwar__fatcat/images/repair.img", 0, "fat32", NULL, -1, -1, true,
	  NULL },
	{ "Gregwar__fatcat/images/fake-big-disk-1T.img", 0, "fat32", NULL, -1,
	  -1, true, "its end is missing" },
	{ "fox-it__dissect.fat/disk3.img", 0, "fat12", NULL, -1, -1, false,
	  NULL }, /* sectors of 1,024 bytes */
	{ "LeavaTail__debugfatfs/fat.img", 0, "fat16", NULL, -1, -1, false,
	  NULL },
	{ "LeavaTail__debugfatfs/fat32.img", 0, "fat32", NULL, -1, -1, false,
	  NULL },
	{ "simsong__bulk_extractor/1mb_fat32.dmg", 512, "fat12", NULL, -1, -1,
	  false, NULL }, /* partition type says FAT32 */
	{ "msuhanov__articles/macos_fat.dmg", 512, "fat32", NULL, -1, -1,
	  false, NULL },
	{ "google__rrg/small_fat32.img", 0, "fat12", NULL, -1, -1, false,
	  NULL },
	{ "msuhanov__dfir_ntfs/fat_unusual_label.raw", 0, "fat12", NULL, -1,
	  -1, false, NULL },
	/* util-linux: expected/low-probe-* */
	{ "util-linux__util-linux/blkid/images-fs/small-fat32.img", 0, "fat32",
	  "TESTVFAT", -1, -1, false, NULL }, /* 2,880 sectors */
	{ "util-linux__util-linux/blkid/images-fs/fat.img", 0, "fat12",
	  "TEST-FAT", -1, -1, false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/fat32_xp_label1.img", 0,
	  "fat32", "LABEL1", -1, -1, false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/fat16_noheads.img", 0,
	  "fat16", "VTech 1070", -1, -1, true, "its end is missing" },
	{ "util-linux__util-linux/blkid/images-fs/"
	  "fat32_mkdosfs_label1_xp_erase.img", 0, "fat32", "label1", -1, -1,
	  false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/"
	  "fat32_mkdosfs_label1_xp_label2.img", 0, "fat32", "LABEL2", -1, -1,
	  false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/"
	  "fat32_mkdosfs_none_dosfslabel_NO_NAME.img", 0, "fat32", NULL, -1,
	  -1, false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/fat32_mkdosfs_none.img", 0,
	  "fat32", "", -1, -1, false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/fat32_xp_none.img", 0,
	  "fat32", "", -1, -1, false, NULL },
	{ "util-linux__util-linux/blkid/images-fs/fat32_cp850_O_tilde.img", 0,
	  "fat32", "\u03c3\u03c3\u03c3", -1, -1, false, NULL }, /* CP437 */
};

START_TEST(every_image_is_read_to_its_end)
{
	const struct other *x = &others[_i];
	int files = 0, dirs = 0;
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, x->image, x->off, 0))
		SKIP(x->image);
	ck_assert_str_eq(hl_fs_info(o.fs)->name, x->fs);
	if (x->label)
		ck_assert_str_eq(hl_fs_info(o.fs)->label, x->label);
	walk_all(o.fs);
	for (size_t i = 0; i < ours.n; i++) {
		files += !ours.r[i].dir;
		dirs += ours.r[i].dir;
	}
	fprintf(stderr, "%s: %d files, %d folders, %zu losses, label \"%s\"\n",
	        x->image, files, dirs, test_note_count(HL_LOSS),
	        hl_fs_info(o.fs)->label);
	ck_assert_int_eq(test_note_count(HL_LOSS) > 0, x->loss);
	if (x->files >= 0)
		ck_assert_int_eq(files, x->files);
	if (x->dirs >= 0)
		ck_assert_int_eq(dirs, x->dirs);
	if (x->note)
		ck_assert(test_noted(HL_INFO, x->note));
	close_image(&o);
}
END_TEST

/* A label entry's content is reached by its place. */
START_TEST(content_of_label_entries_can_be_had)
{
	/* DFTT #9: root slots 0 and 514 (the 32 sectors of the root are 512
	 * slots, dir1 is the first cluster); hashes of truth/ */
	static const struct {
		unsigned slot;
		uint64_t size;
		const char *sha256;
	} x[] = {
		{ 0, 96541, "51c4426eed4f29209cd13457b57a7a91c6712aaf5efbb2dd"
		            "0adeaf0b7d84bc0a" },
		{ 514, 14610, "701cb771a3b35869d01eeb13c6202fa0d7e7b214473b18"
		              "abda857fb1cbc039a2" },
	};
	struct hl_entry e, first;
	struct hl_src *s;
	char hex[65];
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, "sleuthkit__sleuthkit_test_data/from_brian/"
	                "9-fat-label__9-fat-label.dd", 0, 0))
		SKIP("DFTT 9");
	ck_assert_str_eq(hl_fs_info(o.fs)->label, "LABEL2");
	ck_assert_int_eq(hl_fs_find(o.fs, "/dir1", &first), HL_OK);
	for (int i = 0; i < 2; i++) {
		struct hl_ref ref = { .id = first.ref.id - 3 + x[i].slot };
		ck_assert_int_eq(hl_fs_entry(o.fs, &ref, &e), HL_OK);
		ck_assert_int_eq(e.type, HL_OTHER);
		ck_assert_uint_eq(e.size, x[i].size);
		ck_assert_int_eq(hl_fs_stream(&s, o.fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		hash_src(s, hex);
		ck_assert_str_eq(hex, x[i].sha256);
		hl_src_close(s);
	}
	close_image(&o);
}
END_TEST

START_TEST(japanese_label_needs_its_code_page)
{
	struct hl_fs_found found;
	struct hl_ctx ctx = *test_ctx();
	struct open o;

	if (!test_corpus("truth"))
		SKIP("no corpus");
	if (!open_image(&o, "LeavaTail__debugfatfs/fat32.img", 0, 0))
		SKIP("debugfatfs fat32.img");
	ctx.codepage = "CP932";
	ck_assert_int_eq(hl_fs_identify_with(&found, o.vol, true, only_fat,
	                                     &ctx), HL_OK);
	if (!test_noted(HL_LOSS, "code page"))
		ck_assert_str_eq(hl_fs_info(found.fs)->label,
		                 "\u30dc\u30ea\u30e5\u30fc\u30e0");
	hl_fs_close(found.fs);
	close_image(&o);
}
END_TEST

/* ---- the XP case: every live hive of its FAT volumes -------------------- */

START_TEST(hives_of_the_xp_case_have_their_hashes)
{
	const char *path = test_corpus("cases/xp.json");
	const char *name = _i == 0 ? "fat32" : "fat16";
	json_t *doc = path ? json_load_file(path, 0, NULL) : NULL;
	json_t *hive;
	size_t i, n = 0;
	struct open o;

	if (!doc)
		SKIP("no corpus");
	json_t *vol = json_array_get(json_object_get(doc, "volumes"),
	                             (size_t)_i);
	if (!open_image(&o, "cases/xp.dd",
	                (uint64_t)json_integer_value(
				json_object_get(vol, "offset")),
	                (uint64_t)json_integer_value(
				json_object_get(vol, "size"))))
		SKIP("cases/xp.dd");
	ck_assert_str_eq(hl_fs_info(o.fs)->name, name);
	ck_assert_str_eq(hl_fs_info(o.fs)->label, json_string_value(
				 json_object_get(vol, "label")));
	json_array_foreach(json_object_get(doc, "hives"), i, hive) {
		const char *at = json_string_value(json_object_get(hive,
		                                                   "path"));
		struct hl_entry e;
		struct hl_src *s;
		char hex[65];

		if (json_integer_value(json_object_get(hive, "volume")) !=
		            _i + 1 ||
		    json_is_true(json_object_get(hive, "deleted")))
			continue;
		ck_assert_msg(hl_fs_find(o.fs, at, &e) == HL_OK, "%s", at);
		ck_assert_int_eq(hl_fs_stream(&s, o.fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		hash_src(s, hex);
		ck_assert_str_eq(hex, json_string_value(
					 json_object_get(hive, "sha256")));
		hl_src_close(s);
		n++;
	}
	fprintf(stderr, "xp volume %d: %zu hives\n", _i + 1, n);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	json_decref(doc);
	close_image(&o);
}
END_TEST

static TCase *truth_case(void)
{
	TCase *tc = tcase_create("truth");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, every_file_is_what_the_sleuth_kit_says, 0,
	                    N_VOLUMES);
	tcase_add_loop_test(tc, whole_names_and_times_are_upstreams, 0,
	                    sizeof(listings) / sizeof(listings[0]));
	tcase_add_loop_test(tc, every_image_is_read_to_its_end, 0,
	                    sizeof(others) / sizeof(others[0]));
	tcase_add_test(tc, content_of_label_entries_can_be_had);
	tcase_add_test(tc, japanese_label_needs_its_code_page);
	tcase_add_loop_test(tc, hives_of_the_xp_case_have_their_hashes, 0, 2);
	return tc;
}

int main(void)
{
	return test_main("fat_corpus", truth_case(), NULL);
}
