/*
 * check_ntfs_corpus.c: volumes of the corpus against what The Sleuth Kit
 * reads there (truth/), file by file through the path lookup.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/hash.h"
#include "testing.h"

struct volume_row {
	const char *image;  /* below the unpacked corpus, or images/ */
	bool unpacked;
	uint64_t sector;
	const char *truth;
	unsigned n_at_least; /* files compared, so that none goes missing */
	unsigned losses;     /* notes of a loss that are right */
};
static const struct volume_row rows[] = {
	{ "ColinFinck__ntfs/testfs1", false, 0, "colinfinck__testfs1", 15, 0 },
	{ "LeavaTail__debugfatfs/ntfs.img", true, 0, "debugfatfs__ntfs", 20,
	  0 },
	{ "DFIR-ORC__dfir-orc/ntfs_images/ntfs.vhd", true, 128,
	  "dfir-orc__ntfs.vhd@128", 20, 0 },
	{ "msuhanov__dfir_ntfs/ntfs3.raw", true, 0, "dfir_ntfs__ntfs3", 12, 0 },
	{ "msuhanov__dfir_ntfs/ntfs_index.raw", true, 128,
	  "dfir_ntfs__ntfs_index@128", 45, 0 },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "7-undel-ntfs__7-ntfs-undel.dd", true, 0, "dftt__7-ntfs-undel", 9,
	  0 },
	{ "sleuthkit__sleuthkit_test_data/from_brian/"
	  "8-jpeg-search__8-jpeg-search.dd", true, 0, "dftt__8-jpeg-search", 25,
	  0 },
	{ "fox-it__dissect.ntfs/ntfs-cloud.bin", true, 0,
	  "dissect__ntfs-cloud", 30, 1 },
	{ "google__grr/ntfs_img.dd", false, 63, "grr__ntfs_img@63", 19, 0 },
	{ "SecurityRonin__ntfs-forensic/SampleTinyNtfsVolume__partition.dd",
	  true, 0, "jschicht__SampleTinyNtfsVolume", 20, 0 },
	{ "mdbooth__libldm/ldm-2003r2-simple-1.img", true, 63,
	  "libldm__2003r2-simple@63", 10, 0 },
	{ "msuhanov__ntfs-samples/ntfs-lastaccess.raw", true, 128,
	  "ntfs-samples__ntfs-lastaccess", 20, 0 },
	{ "msuhanov__ntfs-samples/ntfs-ptrn.raw", true, 128,
	  "ntfs-samples__ntfs-ptrn", 20, 0 },
	{ "msuhanov__ntfs-samples/ntfs-ramslack.raw", true, 128,
	  "ntfs-samples__ntfs-ramslack", 20, 0 },
	{ "msuhanov__ntfs-samples/ntfs-si-vs-fn.raw", true, 128,
	  "ntfs-samples__ntfs-si-vs-fn", 20, 0 },
	{ "radareorg__radare2-testbins/ntfs.img", false, 0, "radare2__ntfs",
	  25, 0 },
	{ "Lazza__RecuperaBit/reference_ntfs.img", true, 0,
	  "recuperabit__reference_ntfs", 20, 0 },
	{ "google__rrg/small_ntfs.img", true, 0, "rrg__small_ntfs", 10, 0 },
	{ "google__rrg/smol.ntfs", true, 0, "rrg__smol.ntfs", 23, 0 },
	{ "util-linux__util-linux/blkid/images-fs/ntfs.img", true, 0,
	  "util-linux__ntfs", 9, 0 },
	{ "Velocidex__velociraptor/test.ntfs.dd.E01", false, 0,
	  "velociraptor__test.ntfs.dd", 25, 0 },
	{ "Velocidex__velociraptor/partition_image.E01", false, 0,
	  "velociraptor__partition_image", 23, 0 },
	{ "mfput__CTF-Questions/file6.E01", false, 0, "ctf__file6", 18, 0 },
	{ "pranaykumar2__DFlab/ntfs1-gen0.E01", false, 0, "nps__ntfs1-gen0", 10,
	  0 },
	{ "njitacm__jerseyctf-2021-challenges/NJCTF_Image1.E01", false, 128,
	  "jerseyctf__Image1@128", 28, 0 },
	{ "sleuthkit__sleuthkit/imageformat_mmls_1.E01", false, 128,
	  "sleuthkit__imageformat_mmls_1@128", 18, 0 },
	{ "sleuthkit__sleuthkit/imageformat_mmls_1.E01", false, 55424,
	  "sleuthkit__imageformat_mmls_1@55424", 18, 0 },
};
#define N_ROWS (int)(sizeof(rows) / sizeof(rows[0]))

/* Where the oracle and we rightly differ; every line says why. */
static bool excepted(const char *path)
{
	static const char *const part[] = {
		"$BadClus:$Bad", /* TSK gives the initialised size, zero */
		"^",             /* TSK's stand-in for control characters */
		"created-online.txt", /* placeholder; TSK invents zeros */
		"notes.txt:ads", /* a file with ':' in its name and a stream */
	};
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (strstr(path, part[i]))
			return true;
	return false;
}

static const char *unpacked(const char *name)
{
	static char path[1024];
	const char *env = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct stat sb;

	if (env)
		snprintf(path, sizeof(path), "%s/%s", env, name);
	else if (cache)
		snprintf(path, sizeof(path), "%s/hivelift-corpus/%s", cache,
		         name);
	else
		snprintf(path, sizeof(path), "%s/.cache/hivelift-corpus/%s",
		         home ? home : "", name);
	return stat(path, &sb) ? NULL : path;
}

struct volume {
	struct hl_files *files;
	struct hl_src *image, *win;
	struct hl_fs *fs;
};

static enum hl_status open_volume(struct volume *v, const char *path,
                                  uint64_t off, uint64_t len)
{
	enum hl_status st;

	memset(v, 0, sizeof(*v));
	st = hl_files_find(&v->files, path, NULL, test_ctx());
	if (st == HL_OK)
		st = hl_image_open(&v->image, v->files, NULL, test_ctx());
	if (st != HL_OK)
		return st;
	if (!len)
		len = hl_src_size(v->image) - off;
	ck_assert_int_eq(hl_src_window(&v->win, v->image, off, len, test_ctx()),
	                 HL_OK);
	return hl_fs_open(&v->fs, v->win, test_ctx());
}

static void close_volume(struct volume *v)
{
	hl_fs_close(v->fs);
	hl_src_close(v->win);
	hl_src_close(v->image);
	hl_files_close(v->files);
}

static void digest(struct hl_src *s, char hex[HL_HASH_HEX])
{
	static uint8_t buf[1 << 16];
	uint64_t off = 0, size = hl_src_size(s);
	struct hl_hash *h;

	ck_assert_int_eq(hl_hash_new(&h, 1u << HL_SHA256, test_ctx()), HL_OK);
	while (off < size) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off) :
		           sizeof(buf);

		ck_assert_int_eq(hl_src_read(s, off, buf, n, NULL), HL_OK);
		hl_hash_update(h, buf, n);
		off += n;
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
}

/* TSK: "dir/.:stream" is a stream of the folder. */
static char *split_stream(char *path)
{
	char *name = strrchr(path, '/'), *colon;

	colon = strchr(name ? name : path, ':');
	if (!colon)
		return NULL;
	*colon = 0;
	if (name && !strcmp(name, "/."))
		*name = 0;
	return colon + 1;
}

static void compare(struct hl_fs *fs, char *path, const char *size,
                    const char *sha256)
{
	char hex[HL_HASH_HEX], shown[1024];
	struct hl_entry e;
	struct hl_src *s;
	char *stream;
	enum hl_status st;

	snprintf(shown, sizeof(shown), "%s", path);
	stream = split_stream(path);
	st = hl_fs_find(fs, path, &e);
	ck_assert_msg(st == HL_OK, "%s: not found", shown);
	st = hl_fs_stream(&s, fs, &e.ref, stream, HL_STREAM_CONTENT);
	ck_assert_msg(st == HL_OK, "%s: no stream", shown);
	ck_assert_msg(hl_src_size(s) == strtoull(size, NULL, 10), "%s: size",
	              shown);
	digest(s, hex);
	ck_assert_msg(!strcmp(hex, sha256), "%s: content", shown);
	hl_src_close(s);
}

static char *field(char **line)
{
	static char none[1];
	char *f = *line, *tab = f ? strchr(f, '\t') : NULL;

	*line = tab ? tab + 1 : NULL;
	if (tab)
		*tab = 0;
	return f ? f : none;
}

START_TEST(as_the_sleuth_kit_reads_it)
{
	const struct volume_row *r = &rows[_i];
	char name[512], line[4096];
	const char *path;
	struct volume v;
	unsigned n = 0;
	FILE *f;

	snprintf(name, sizeof(name), "images/%s", r->image);
	path = r->unpacked ? unpacked(r->image) : test_corpus(name);
	snprintf(name, sizeof(name), "truth/%s.tsv", r->truth);
	if (!path || !test_corpus(name))
		SKIP("no corpus");
	if (open_volume(&v, path, r->sector * 512, 0) == HL_UNSUPPORTED)
		SKIP("built without libewf");
	ck_assert_ptr_nonnull(v.fs);
	f = fopen(test_corpus(name), "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *type, *state, *inode, *size, *sha;

		line[strcspn(line, "\n")] = 0;
		type = field(&rest);
		state = field(&rest);
		inode = field(&rest);
		size = field(&rest);
		sha = field(&rest);
		if (type[0] != 'r' || strcmp(state, "-") || !rest ||
		    !strstr(inode, "-128-") || excepted(rest) ||
		    !strncmp(rest, "$OrphanFiles", 12))
			continue;
		compare(v.fs, rest, size, sha);
		n++;
	}
	fclose(f);
	close_volume(&v);
	ck_assert_uint_ge(n, r->n_at_least);
	ck_assert_uint_le(test_note_count(HL_LOSS), r->losses);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* A real $MFT of Windows 7 with hives at their real runs, no folders. */
START_TEST(hives_by_record_number)
{
	const char *path = unpacked("graft/win7_graft.img");
	char line[4096];
	struct volume v;
	unsigned n = 0;
	FILE *f;

	if (!path || !test_corpus("truth/graft__win7.tsv"))
		SKIP("no corpus");
	ck_assert_int_eq(open_volume(&v, path, 0, 0), HL_OK);
	f = fopen(test_corpus("truth/graft__win7.tsv"), "r");
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *record, *size, *sha, at[4100];

		if (line[0] == '#')
			continue;
		record = field(&rest);
		size = field(&rest);
		field(&rest);
		field(&rest);
		sha = field(&rest);
		snprintf(at, sizeof(at), "@%.20s", record);
		compare(v.fs, at, size, sha);
		n++;
	}
	fclose(f);
	close_volume(&v);
	ck_assert_uint_ge(n, 10);
}
END_TEST

START_TEST(shadow_copies_are_counted)
{
	const char *path = unpacked("msuhanov__ntfs-samples/ntfs.raw");
	struct volume v;

	if (!path)
		SKIP("no corpus");
	ck_assert_int_eq(open_volume(&v, path, 2048 * 512, 0), HL_OK);
	ck_assert_uint_eq(hl_fs_info(v.fs)->shadow_copies, 2);
	close_volume(&v);
}
END_TEST

static TCase *truth(void)
{
	TCase *t = tcase_create("truth");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, as_the_sleuth_kit_reads_it, 0, N_ROWS);
	tcase_add_test(t, hives_by_record_number);
	tcase_add_test(t, shadow_copies_are_counted);
	return t;
}

int main(void)
{
	return test_main("ntfs_corpus", truth(), NULL);
}
