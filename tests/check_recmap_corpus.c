/*
 * check_recmap_corpus.c: volumes of the corpus as their records tell of them:
 * start, cluster size and $MFT against what their boot sectors say; and files
 * of one without any boot sector against what The Sleuth Kit read with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/fs_impl.h"
#include "io/hash.h"
#include "ntfs/recmap.h"
#include "testing.h"

static const struct row {
	const char *image; /* below the unpacked corpus */
	uint64_t start;    /* bytes */
	uint32_t cluster;
	uint64_t mft_lcn;
} rows[] = {
	{ "Lazza__RecuperaBit/reference_ntfs.img", 0, 4096, 4 },
};
#define N_ROWS (int)(sizeof(rows) / sizeof(rows[0]))

static const char *unpacked(const char *name)
{
	static char path[1024];
	const char *env = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct stat sb;

	snprintf(path, sizeof(path), "%s%s/%s",
	         env ? env : cache ? cache : home ? home : "",
	         env ? "" : cache ? "/hivelift-corpus" :
	         "/.cache/hivelift-corpus", name);
	return stat(path, &sb) ? NULL : path;
}

/* The image with zeros over its first and its last sectors. */
static void blank(struct hl_src **out, struct hl_src **zeros,
                  struct hl_src *image)
{
	static const uint8_t z[8192];
	uint64_t size = hl_src_size(image), end = size - sizeof(z);
	struct hl_extent e[3];

	ck_assert_int_eq(hl_src_mem(zeros, z, sizeof(z), false, test_ctx()),
	                 HL_OK);
	e[0] = (struct hl_extent){ .len = sizeof(z), .in = *zeros,
		                   .in_len = sizeof(z) };
	e[1] = (struct hl_extent){ .off = sizeof(z), .len = end - sizeof(z),
		                   .in = image, .in_off = sizeof(z),
		                   .in_len = end - sizeof(z) };
	e[2] = (struct hl_extent){ .off = end, .len = sizeof(z), .in = *zeros,
		                   .in_len = sizeof(z) };
	ck_assert_int_eq(hl_src_extents(out, "blanked", e, 3, test_ctx()),
	                 HL_OK);
}

static void digest(struct hl_src *s, char hex[HL_HASH_HEX])
{
	size_t n = (size_t)hl_src_size(s);
	uint8_t *buf = malloc(n + 1);
	struct hl_hash *h;

	ck_assert_int_eq(hl_hash_new(&h, 1u << HL_SHA256, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_read(s, 0, buf, n, NULL), HL_OK);
	hl_hash_update(h, buf, n);
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
	free(buf);
}

/* Live files of a list as truth/ has it; system files are not compared. */
static unsigned compare(struct hl_fs *fs, const char *list)
{
	FILE *f = fopen(list, "r");
	char line[4096], kind[8], state[8], inode[32], size[32], sha[80];
	char path[2048], hex[HL_HASH_HEX];
	struct hl_entry e;
	struct hl_src *s;
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%7[^\t]\t%7[^\t]\t%31[^\t]\t%31[^\t]\t"
		           "%79[^\t]\t%2047[^\n]", kind, state, inode, size,
		           sha, path) != 6 || strcmp(kind, "r/r") ||
		    strcmp(state, "-") || *path == '$' || strchr(path, ':') ||
		    strchr(path, '^'))
			continue;
		ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		digest(s, hex);
		ck_assert_msg(!strcmp(hex, sha), "%s differs", path);
		hl_src_close(s);
		n++;
	}
	fclose(f);
	return n;
}

START_TEST(records_tell_what_the_boot_sector_said)
{
	const char *path = unpacked(rows[_i].image);
	const char *truth = test_corpus("truth/recuperabit__reference_ntfs.tsv");
	const struct hl_recmap_volume *v;
	struct hl_src *image, *src, *zeros;
	struct hl_files *files;
	struct hl_recmap *m;
	struct hl_fs *fs;
	size_t n;

	if (!path || !truth)
		SKIP("the corpus is not there, or not unpacked");
	ck_assert_int_eq(hl_files_find(&files, path, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_image_open(&image, files, NULL, test_ctx()), 0);
	blank(&src, &zeros, image);
	ck_assert_int_eq(hl_recmap_new(&m, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_recmap_scan(m, src, "test"), HL_OK);
	ck_assert_int_eq(hl_recmap_infer(m, &v, &n), HL_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(v->start, rows[_i].start);
	ck_assert_uint_eq(v->cluster_size, rows[_i].cluster);
	ck_assert_uint_eq(v->mft_lcn, rows[_i].mft_lcn);
	ck_assert(v->has_zero && v->size_known);
	const struct hl_fs_lost how = {
		.cluster_size = v->cluster_size, .has_mft = true,
		.mft_lcn = v->mft_lcn,
	};
	ck_assert_int_eq(hl_fs_open_lost(&fs, src, &how, test_ctx()), HL_OK);
	n = compare(fs, truth);
	printf("# %zu files\n", n);
	ck_assert_uint_ge(n, 3);
	hl_fs_close(fs);
	hl_recmap_free(m);
	hl_src_close(src);
	hl_src_close(zeros);
	hl_src_close(image);
	hl_files_close(files);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("recmap on the corpus");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, records_tell_what_the_boot_sector_said, 0,
	                    N_ROWS);
	return test_main("recmap_corpus", t, NULL);
}
