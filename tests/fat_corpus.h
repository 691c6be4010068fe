/*
 * fat_corpus.h: the FAT volumes of the corpus, opened as file systems, and the
 * rows of a truth table.
 */
#ifndef HL_TEST_FAT_CORPUS_H
#define HL_TEST_FAT_CORPUS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hash.h"
#include "fat_image.h"
#include "fs/fs_impl.h"
#include "testing.h"

#define MAX_ROWS 8192

struct row {
	char *path;
	bool dir;
	uint64_t size;
	char sha256[65];
	bool seen;
};
struct rows {
	struct row r[MAX_ROWS];
	size_t n;
};

static struct rows truth, ours;

static const struct hl_fs_driver only_fat[] = {
	{ "fat", &hl_fs_fat },
	{ NULL, NULL },
};

/* An archive of one image, unpacked into the scratch folder. */
static inline const char *untar(const char *name)
{
	static char path[1024];
	char cmd[2048];

	snprintf(path, sizeof(path), "images/%s", name);
	const char *tar = test_corpus(path);
	if (!tar)
		return NULL;
	snprintf(cmd, sizeof(cmd), "mkdir -p %s/u && tar -C %s/u -xSf %s",
	         test_tmp(), test_tmp(), tar);
	if (system(cmd) != 0)
		return NULL;
	const char *base = strrchr(name, '/') + 1;
	snprintf(path, sizeof(path), "%s/u/%.*s.img", test_tmp(),
	         (int)strcspn(base, "."), base);
	return path;
}

/* The file of the unpacked corpus, or of images/ when it needs no unpacking. */
static inline const char *image_path(const char *name)
{
	static char path[1024];
	const char *dir = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME");
	FILE *f;

	if (dir)
		snprintf(path, sizeof(path), "%s/%s", dir, name);
	else if (cache && *cache)
		snprintf(path, sizeof(path), "%s/hivelift-corpus/%s", cache,
		         name);
	else
		snprintf(path, sizeof(path), "%s/.cache/hivelift-corpus/%s",
		         getenv("HOME") ? getenv("HOME") : "", name);
	f = fopen(path, "rb");
	if (f) {
		fclose(f);
		return path;
	}
	snprintf(path, sizeof(path), "images/%s", name);
	return test_corpus(path);
}

struct open {
	struct hl_files *files;
	struct hl_src *image, *vol;
	struct hl_fs *fs;
};

static inline bool open_image(struct open *o, const char *name, uint64_t off,
                       uint64_t len)
{
	static const struct hl_image_opts none;
	const char *path = strstr(name, ".tar.") ? untar(name)
	                                         : image_path(name);
	struct hl_fs_found found;

	memset(o, 0, sizeof(*o));
	if (!path)
		return false;
	if (strstr(path, ".E01")) {
		ck_assert_int_eq(hl_files_find(&o->files, path, &none,
		                               test_ctx()), HL_OK);
		ck_assert_int_eq(hl_image_open(&o->image, o->files, &none,
		                               test_ctx()), HL_OK);
	} else {
		o->image = &file_src_open(path)->src;
	}
	if (!len)
		len = hl_src_size(o->image) - off;
	ck_assert_int_eq(hl_src_window(&o->vol, o->image, off, len, test_ctx()),
	                 HL_OK);
	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, o->vol, true, only_fat,
	                                     test_ctx()), HL_OK);
	o->fs = found.fs;
	return true;
}

static inline void close_image(struct open *o)
{
	hl_fs_close(o->fs);
	hl_src_close(o->vol);
	hl_src_close(o->image);
	hl_files_close(o->files);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static inline void hash_src(struct hl_src *src, char hex[65])
{
	static uint8_t buf[1 << 16];
	uint64_t size = hl_src_size(src);
	struct hl_ranges bad;
	struct hl_hash *h;

	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_hash_new(&h, 1 << HL_SHA256, test_ctx()), HL_OK);
	for (uint64_t off = 0; off < size; off += sizeof(buf)) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off)
		                                    : sizeof(buf);
		ck_assert_int_eq(hl_src_read(src, off, buf, n, &bad), HL_OK);
		hl_hash_update(h, buf, n);
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
}

static inline struct row *add_row(struct rows *rows)
{
	ck_assert_uint_lt(rows->n, MAX_ROWS);
	struct row *r = &rows->r[rows->n++];
	memset(r, 0, sizeof(*r));
	return r;
}

static inline void clear_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->r[i].path);
	rows->n = 0;
}

/* The Sleuth Kit drops the last piece of names of more than 195 units (here
 * of ASCII). */
static inline void cut_long_names(void)
{
	for (size_t i = 0; i < ours.n; i++) {
		char *from = ours.r[i].path, *to = from;
		while (*from) {
			size_t n = strcspn(from, "/");
			size_t keep = n > 195 ? (n - 1) / 13 * 13 : n;
			memmove(to, from, keep);
			to += keep;
			from += n;
			if (*from)
				*to++ = *from++;
		}
		*to = '\0';
	}
}

/* Volumes with a truth table. */
static const struct volume {
	const char *image;
	uint64_t off, len; /* bytes; 0: to the end */
	const char *truth;
	const char *fs;
	bool loss; /* the image is damaged: losses are expected */
} volumes[] = {
	{ "DFIR-ORC__dfir-orc/fat_images/FAT2.vhd", 128 * 512, 0,
	  "dfir-orc__FAT2.vhd@128", "fat32", false },
	{ "DFIR-ORC__dfir-orc/fat_images/Fat12.vhd", 128 * 512, 0,
	  "dfir-orc__Fat12.vhd@128", "fat12", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "1-extend-part__ext-part-test-2.dd", 63 * 512, 0,
	  "dftt__1-ext-part-test-2@63", "fat16", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "1-extend-part__ext-part-test-2.dd", 52416 * 512, 0,
	  "dftt__1-ext-part-test-2@52416", "fat16", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "1-extend-part__ext-part-test-2.dd", 104832 * 512, 0,
	  "dftt__1-ext-part-test-2@104832", "fat16", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "1-extend-part__ext-part-test-2.dd", 157311 * 512, 0,
	  "dftt__1-ext-part-test-2@157311", "fat16", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "1-extend-part__ext-part-test-2.dd", 209727 * 512, 0,
	  "dftt__1-ext-part-test-2@209727", "fat16", false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "6-undel-fat__6-fat-undel.dd", 0, 0, "dftt__6-fat-undel", "fat16",
	  false }, /* a sector short, behind the last cluster */
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "2-kwsrch-fat__fat-img-kw.dd", 0, 0, "dftt__2-kwsrch-fat", "fat16",
	  false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "5-fat-daylight__daylight.dd", 0, 0, "dftt__5-daylight", "fat12",
	  false },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "9-fat-label__9-fat-label.dd", 0, 0, "dftt__9-fat-label", "fat16",
	  false },
	{ "msuhanov__dfir_ntfs/fat12.raw", 0, 0, "dfir_ntfs__fat12", "fat12",
	  false },
	{ "msuhanov__dfir_ntfs/fat16.raw", 0, 0, "dfir_ntfs__fat16", "fat16",
	  false },
	{ "msuhanov__dfir_ntfs/fat32_full_test.raw", 0, 0,
	  "dfir_ntfs__fat32_full_test", "fat32", false },
	{ "msuhanov__dfir_ntfs/fat32_loop.raw", 0, 0, "dfir_ntfs__fat32_loop",
	  "fat32", false },
	{ "msuhanov__dfir_ntfs/fat_noloop.raw", 0, 0, "dfir_ntfs__fat_noloop",
	  "fat16", false },
	{ "msuhanov__dfir_ntfs/fat_deleted_dir.raw", 0, 0,
	  "dfir_ntfs__fat_deleted_dir", "fat32", false },
	{ "msuhanov__dfir_ntfs/fat_deleted_dir_2.raw", 0, 0,
	  "dfir_ntfs__fat_deleted_dir_2", "fat16", false },
	{ "msuhanov__dfir_ntfs/fat16_moved.raw", 0, 0, "dfir_ntfs__fat16_moved",
	  "fat16", false },
	{ "msuhanov__dfir_ntfs/fat_dir.raw", 0, 0, "dfir_ntfs__fat_dir",
	  "fat16", false },
	{ "msuhanov__dfir_ntfs/fat_lfn_test.raw", 0, 0,
	  "dfir_ntfs__fat_lfn_test", "fat32", false },
	{ "Gregwar__fatcat/images/hello-world.img", 0, 0,
	  "fatcat__hello-world", "fat32", false },
	{ "Gregwar__fatcat/images/deleted.img", 0, 0, "fatcat__deleted",
	  "fat32", false },
	{ "Gregwar__fatcat/images/two-file-same-cluster.img", 0, 0,
	  "fatcat__two-file-same-cluster", "fat32", false },
	{ "LeavaTail__debugfatfs/fat12.img", 0, 0, "debugfatfs__fat12-",
	  "fat12", false },
	{ "LeavaTail__debugfatfs/fat16.img", 0, 0, "debugfatfs__fat16-",
	  "fat16", false },
	{ "LeavaTail__debugfatfs/fat32.tar.bz2", 0, 0, "debugfatfs__fat32-",
	  "fat32", false }, /* unpacked, another one takes its name */
	{ "rust-embedded-community__embedded-sdmmc-rs/disk.img", 2048 * 512, 0,
	  "embedded-sdmmc__disk@2048", "fat16", false },
	{ "rust-embedded-community__embedded-sdmmc-rs/disk.img", 264192 * 512,
	  0, "embedded-sdmmc__disk@264192", "fat32", false },
	{ "util-linux__util-linux/blkid/images-fs/fat16_noheads.img", 0, 0,
	  "util-linux__fat16_noheads", "fat16", true },
	{ "util-linux__util-linux/blkid/images-fs/fat32_xp_label1.img", 0, 0,
	  "util-linux__fat32_xp_label1", "fat32", false },
	{ "rafalh__rust-fatfs/fat12.img", 0, 0, "rust-fatfs__fat12", "fat12",
	  false },
	{ "rafalh__rust-fatfs/fat16.img", 0, 0, "rust-fatfs__fat16", "fat16",
	  false },
	{ "fox-it__dissect.fat/fat12.bin", 0, 0, "dissect.fat__fat12", "fat12",
	  false },
	{ "fox-it__dissect.fat/fat16.bin", 0, 0, "dissect.fat__fat16", "fat16",
	  false },
	{ "radareorg__radare2-testbins/fat_deleted/fat_deleted.img", 0, 0,
	  "radare2__fat_deleted", "fat12", false },
	{ "SecurityRonin__fat-forensic/fat12.img", 0, 0, "fat-forensic__fat12",
	  "fat12", false },
	{ "simsong__bulk_extractor/CFReDS001.E01", 16128 * 512, 0,
	  "bulk_extractor__CFReDS001@16128", "fat16", false },
	{ "simsong__bulk_extractor/nps-2010-emails.E01", 512, 0,
	  "nps__2010-emails@1", "fat16", false },
	{ "simsong__bulk_extractor/Images/kml_samples.E01", 0, 0,
	  "bulk_extractor__kml_samples", "fat12", false },
	{ "Velocidex__velociraptor/fat_very_small.dd", 0, 0,
	  "velociraptor__fat_very_small", "fat12", false },
};

#define N_VOLUMES (sizeof(volumes) / sizeof(volumes[0]))

#endif
