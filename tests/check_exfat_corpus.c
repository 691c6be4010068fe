/*
 * check_exfat_corpus.c: exFAT volumes that nobody of this project wrote:
 * those of Windows with EFS, times as another program lists them, free space
 * as exfatprogs counts it, and the images that exfatprogs keeps to test its
 * repairs: each is read to the end, and what is lost is said.
 */
#include <stdio.h>
#include <string.h>

#include "io/hash.h"
#include "exfat/exfat.h"
#include "fat_image.h"
#include "fs/fs_impl.h"
#include "fs/walk.h"

static const struct hl_fs_driver only_exfat[] = {
	{ "exfat", &hl_fs_exfat },
	{ NULL, NULL },
};

/* The file of the unpacked corpus, or of images/ when it is not packed. */
static const char *image_path(const char *name)
{
	static char path[1024];
	const char *dir = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (dir)
		snprintf(path, sizeof(path), "%s/%s", dir, name);
	else if (cache && *cache)
		snprintf(path, sizeof(path), "%s/hivelift-corpus/%s", cache,
		         name);
	else
		snprintf(path, sizeof(path), "%s/.cache/hivelift-corpus/%s",
		         home ? home : "", name);
	if (access(path, R_OK) == 0)
		return path;
	snprintf(path, sizeof(path), "images/%s", name);
	return test_corpus(path);
}

static struct hl_src *image;
static struct hl_fs *fs;

static bool open_image(const char *name)
{
	const char *path = image_path(name);
	struct hl_fs_found found;

	if (!path)
		return false;
	image = &file_src_open(path)->src;
	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, image, true, only_exfat,
	                                     test_ctx()), HL_OK);
	fs = found.fs;
	return true;
}

static void close_image(void)
{
	hl_fs_close(fs);
	hl_src_close(image);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static void sha256(struct hl_src *s, char *hex)
{
	static uint8_t buf[1 << 16];
	struct hl_ranges bad;
	struct hl_hash *h;

	ck_assert_int_eq(hl_hash_new(&h, 1 << HL_SHA256, test_ctx()), HL_OK);
	for (uint64_t off = 0, size = hl_src_size(s); off < size;) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off)
		                                    : sizeof(buf);
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(s, off, buf, n, &bad), HL_OK);
		hl_hash_update(h, buf, n);
		off += n;
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
}

/* ---- EFS --------------------------------------------------------------- */

START_TEST(encrypted_files_are_named_and_given_raw)
{
	const char *truth = test_corpus("truth/dfir_ntfs__exfat_encrypted.tsv");
	char line[2048], path[1024], want[65], got[65];
	struct hl_entry e;
	struct hl_src *s;
	unsigned n = 0;

	if (!truth || !open_image("msuhanov__dfir_ntfs/exfat_encrypted.raw"))
		SKIP("no corpus");
	FILE *f = fopen(truth, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		size_t len = strlen(line);
		if (len < 6 || strcmp(line + len - 6, ".PFILE") != 0 ||
		    sscanf(line, "r/r\t-\t%*u\t%*u\t%64s\t%1000[^\n]", want,
		           path) != 2)
			continue;
		ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
		ck_assert(e.flags & HL_ENTRY_ENCRYPTED);
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_CONTENT),
		                 HL_UNSUPPORTED);
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_RAW), HL_OK);
		sha256(s, got);
		ck_assert_msg(strcmp(got, want) == 0, "%s", path);
		hl_src_close(s);
		n++;
	}
	fclose(f);
	ck_assert_uint_ge(n, 10);
	close_image();
}
END_TEST

/* ---- deleted ----------------------------------------------------------- */

/* Is there a deleted file of that path, size and content? */
static bool is_there(const char *path, uint64_t size, const char *want)
{
	static char got_path[1 << 17];
	struct hl_fs_iter *it;
	struct hl_entry e;
	struct hl_src *s;
	bool found = false;
	char got[65];

	ck_assert_int_eq(hl_fs_sweep(&it, fs, HL_LIST_DELETED |
	                             HL_LIST_NO_LIVE), HL_OK);
	while (!found && hl_fs_next(it, &e) == HL_OK) {
		if (e.type != HL_FILE || e.size != size)
			continue;
		ck_assert_int_eq(hl_fs_path(fs, &e, got_path,
		                            sizeof(got_path), NULL), HL_OK);
		if (strcmp(got_path + 1, path) != 0)
			continue;
		/* TSK does not look at the valid length */
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_RAW), HL_OK);
		sha256(s, got);
		hl_src_close(s);
		found = strcmp(got, want) == 0;
	}
	hl_fs_iter_close(it);
	return found;
}

START_TEST(deleted_files_are_those_of_the_sleuth_kit)
{
	static const struct { const char *truth, *image; unsigned n; } t[] = {
		{ "truth/dfir_ntfs__win_exfat_7.tsv",
		  "msuhanov__dfir_ntfs/win_exfat_7.raw", 1 },
		{ "truth/dfir_ntfs__exfat_encrypted.tsv",
		  "msuhanov__dfir_ntfs/exfat_encrypted.raw", 10 },
		{ "truth/dfir_ntfs__exfat_win.tsv",
		  "msuhanov__dfir_ntfs/exfat_win.raw", 4 },
	};
	const char *truth = test_corpus(t[_i].truth);
	char line[2048], path[1024], want[65];
	unsigned long long size;
	unsigned n = 0;

	if (!truth || !open_image(t[_i].image))
		SKIP("no corpus");
	FILE *f = fopen(truth, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "r/r\tDEL\t%*u\t%llu\t%64s\t%1000[^\n]",
		           &size, want, path) != 3)
			continue;
		/* of two clusters: TSK takes the next free one, we the one
		 * that the FAT still names */
		if (strstr(path, "aaa.PFILE"))
			continue;
		ck_assert_msg(is_there(path, size, want), "%s: %llu", path,
		              size);
		n++;
	}
	fclose(f);
	ck_assert_uint_ge(n, t[_i].n);
	close_image();
}
END_TEST

/* ---- times ------------------------------------------------------------- */

static bool is_ascii(const char *s)
{
	while (*s)
		if (*s++ & 0x80)
			return false;
	return true;
}

/* A list of local times three hours before UTC, made with another program;
 * the volume's own are UTC by their offsets. */
START_TEST(times_are_those_of_another_program)
{
	const char *truth = test_corpus("images/msuhanov__dfir_ntfs/"
	                                "exfat_win_stat.txt");
	const uint64_t ahead = UINT64_C(3) * 3600 * 10000000;
	char line[2048], path[1024], m[3][32], buf[HL_TIME_TEXT];
	struct hl_entry e;
	unsigned n = 0;

	if (!truth || !open_image("msuhanov__dfir_ntfs/exfat_win.raw"))
		SKIP("no corpus");
	FILE *f = fopen(truth, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%1000[^\t]\t%31[^\t]\t%31[^\t]\t%31[^\t]",
		           path, m[0], m[1], m[2]) != 4)
			continue;
		if (!is_ascii(path))
			continue; /* it writes names in a code page */
		ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
		struct hl_time t[3] = { e.modified, e.accessed, e.created };
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(t[i].kind, HL_TIME_UTC);
			t[i].ticks += ahead;
			hl_time_text(buf, t[i]);
			buf[10] = ' ';
			/* whole seconds, or six digits of theirs */
			size_t digits = strlen(m[i]);
			ck_assert_msg(strncmp(buf, m[i], digits) == 0,
			              "%s: %s, not %s", path, buf, m[i]);
		}
		n++;
	}
	fclose(f);
	ck_assert_uint_gt(n, 400);
	close_image();
}
END_TEST

/* ---- free space -------------------------------------------------------- */

START_TEST(free_space_is_what_exfatprogs_counts)
{
	static const char *const name[] = {
		"msuhanov__dfir_ntfs/exfat_win.raw",
		"msuhanov__dfir_ntfs/exfat_encrypted.raw",
		"LeavaTail__debugfatfs/exfat.img",
		"fox-it__dissect.fat/exfat.bin",
		"SecurityRonin__fat-forensic/exfat.img",
	};
	unsigned long long cluster = 0, clusters = 0;
	char line[2048];
	uint64_t bytes;

	if (system("command -v dump.exfat >/dev/null") != 0)
		SKIP("no dump.exfat");
	if (!open_image(name[_i]))
		SKIP("no corpus");
	snprintf(line, sizeof(line), "dump.exfat '%s' 2>/dev/null",
	         image_path(name[_i]));
	FILE *p = popen(line, "r");
	ck_assert_ptr_nonnull(p);
	while (fgets(line, sizeof(line), p)) {
		sscanf(line, "Cluster size: %llu", &cluster);
		sscanf(line, "Free Clusters: %llu", &clusters);
	}
	pclose(p);
	ck_assert_int_eq(hl_fs_unallocated(fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, clusters * cluster);
	close_image();
}
END_TEST

/* ---- damage ------------------------------------------------------------ */

/* Every entry and every byte; how many entries there were. */
static unsigned read_all(void)
{
	struct hl_entry e;
	struct hl_walk *w;
	const char *path;
	unsigned n = 0;
	enum hl_status st;
	char hex[65];

	ck_assert_int_eq(hl_fs_root(fs, &e), HL_OK);
	ck_assert_int_eq(hl_walk_open(&w, fs, &e, "/", HL_LIST_FULL), HL_OK);
	while ((st = hl_walk_next(w, &e, &path)) == HL_OK ||
	       st == HL_CORRUPT) {
		struct hl_src *s;
		if (st != HL_OK)
			continue;
		n++;
		if (e.type != HL_FILE)
			continue;
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		sha256(s, hex);
		hl_src_close(s);
	}
	ck_assert_int_eq(st, HL_END);
	hl_walk_close(w);
	return n;
}

/*
 * said NULL: the defect costs no byte and no name, and nothing is said.  The
 * entries were counted by a script that looks for 85 C0 and nothing else.
 */
static const struct defect {
	const char *name, *said;
	unsigned entries;
} defects[] = {
	{ "bad_bitmap", NULL, 11 }, /* stat tells what is marked free */
	{ "bad_bitmap_size", "allocation bitmap: it has 142 bytes", 0 },
	{ "bad_dentries", "entries belong to no file", 47 },
	{ "bad_dentries2",
	  "damaged: checksum of the entry set, number of entries", 20 },
	{ "bad_file_size", "cut after 2 of 4 clusters", 11 },
	{ "bad_first_clu", "first cluster 4278190079", 7 },
	{ "bad_root", "temp0: its entry set is damaged", 90 },
	{ "bs_bad_csum", "the backup at byte 6144 is used", 0 },
	{ "de_bad_csum", "l0_dir_00: its entry set is damaged", 7 },
	{ "duplicate_clu", NULL, 11 }, /* one cluster of two files */
	{ "duplicated_name", NULL, 5 },
	{ "file_invalid_clus", "leads nowhere (FAT[12] is 0)", 12 },
	{ "invalid_name", "its entry set is damaged: name", 41 },
	{ "large_file_invalid_clus", "cut after 49151 of 49152", 1 },
	{ "rename_dot_entry", NULL, 6 },
	{ "unused-dentries", NULL, 467 },
};

START_TEST(defects_are_survived_and_said)
{
	const struct defect *d = &defects[_i];
	char name[256];
	unsigned n;

	snprintf(name, sizeof(name), "exfatprogs__exfatprogs/%s/exfat.img",
	         d->name);
	if (!open_image(name))
		SKIP("no corpus");
	n = read_all();
	if (d->said)
		ck_assert_msg(test_noted(HL_LOSS, d->said), "%s", d->name);
	else
		ck_assert_msg(test_note_count(HL_LOSS) == 0, "%s", d->name);
	ck_assert_msg(n == d->entries, "%s: %u", d->name, n);
	close_image();
}
END_TEST

/* ---- vendors' entries -------------------------------------------------- */

START_TEST(a_camera_adds_entries_of_its_own)
{
	static const struct hl_exfat_geom g = { .cluster_size = 1 << 17,
	                                        .n_clusters = 1 << 20 };
	const char *path = test_corpus("images/msuhanov__dfir_ntfs/"
	                               "exfat_dir_sony.bin");
	static uint8_t b[4096];
	struct hl_exfat_entry e;
	unsigned used, sets = 0, vendors = 0;

	if (!path)
		SKIP("no corpus");
	FILE *f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(b, 1, sizeof(b), f), sizeof(b));
	fclose(f);
	for (size_t i = 0; i < sizeof(b) && b[i]; i += used * 32) {
		used = 1;
		if (b[i] != 0x85)
			continue;
		ck_assert_int_eq(hl_exfat_set_decode(
			span_of(b + i, sizeof(b) - i), &g, &e, &used), HL_OK);
		if (i + used * 32 < sizeof(b))
			ck_assert_uint_eq(e.faults, 0);
		sets++;
		vendors += e.n_vendor;
	}
	ck_assert_uint_eq(sets, 15);
	ck_assert_uint_eq(vendors, 5);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("corpus");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, encrypted_files_are_named_and_given_raw);
	tcase_add_loop_test(tc, deleted_files_are_those_of_the_sleuth_kit, 0,
	                    3);
	tcase_add_test(tc, times_are_those_of_another_program);
	tcase_add_loop_test(tc, free_space_is_what_exfatprogs_counts, 0, 5);
	tcase_add_loop_test(tc, defects_are_survived_and_said, 0,
	                    sizeof(defects) / sizeof(defects[0]));
	tcase_add_test(tc, a_camera_adds_entries_of_its_own);
	return test_main("exfat_corpus", tc, NULL);
}
