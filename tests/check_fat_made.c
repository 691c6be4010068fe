/*
 * check_fat_made.c: volumes made by mkfs.fat and filled by mtools, read back
 * and compared with what was written.
 */
#include <stdarg.h>
#include <stdio.h>

#include "fat_image.h"
#include "fs/fs_impl.h"

static const struct hl_fs_driver only_fat[] = {
	{ "fat", &hl_fs_fat },
	{ NULL, NULL },
};

/* mtools takes FAT32 of less than 65,525 clusters for FAT16: none here. */
static const struct made {
	const char *options; /* of mkfs.fat */
	unsigned kib;
	const char *fs;
	uint32_t sector, cluster;
} made[] = {
	{ "-F 12 -S 512 -s 1", 1440, "fat12", 512, 512 },
	{ "-F 12 -S 512 -s 8", 8192, "fat12", 512, 4096 },
	{ "-F 12 -S 1024 -s 2 -f 1", 4096, "fat12", 1024, 2048 },
	{ "-F 16 -S 512 -s 4 -r 1024", 32768, "fat16", 512, 2048 },
	{ "-F 16 -S 2048 -s 2", 65536, "fat16", 2048, 4096 },
	{ "-F 16 -S 512 -s 128", 524288, "fat16", 512, 65536 },
	{ "-F 16 -S 4096 -s 1", 65536, "fat16", 4096, 4096 },
	{ "-F 32 -S 512 -s 1", 40960, "fat32", 512, 512 },
	{ "-F 32 -S 1024 -s 1 -b 9", 81920, "fat32", 1024, 1024 },
	{ "-F 32 -S 4096 -s 1", 300000, "fat32", 4096, 4096 },
	{ "-F 32 -S 512 -s 8 -a -h 63 -i cafe0001", 300000, "fat32", 512,
	  4096 },
};

static int sh(const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd);
}

/* Content that tells its place: byte i of file k. */
static uint8_t byte_of(unsigned k, size_t i)
{
	return (uint8_t)((i * 2654435761u >> 7) + k * 31 + (i >> 9));
}

static const size_t sizes[] = { 0,    1,    511,   512,   513,  2048,
                                4096, 4097, 20000, 65536, 99999 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void write_file(const char *path, unsigned k, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < n; i++)
		putc(byte_of(k, i), f);
	ck_assert_int_eq(fclose(f), 0);
}

static void compare_file(struct hl_fs *fs, const char *path, unsigned k,
                         size_t n)
{
	struct hl_entry e;
	struct hl_src *s;
	uint8_t *buf = malloc(n + 1);

	ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
	ck_assert_uint_eq(e.size, n);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_OK);
	ck_assert_uint_eq(hl_src_size(s), n);
	ck_assert_int_eq(hl_src_read(s, 0, buf, n, NULL), HL_OK);
	for (size_t i = 0; i < n; i++)
		if (buf[i] != byte_of(k, i))
			ck_abort_msg("%s: byte %zu", path, i);
	hl_src_close(s);
	free(buf);
}

/* A search asks for the same folders again and again: read them once. */
static void find_again(struct hl_fs *fs, const struct file_src *f)
{
	uint64_t bytes = 0;
	struct hl_entry e;

	for (int i = 0; i < 20; i++) {
		if (i == 1)
			bytes = f->bytes;
		ck_assert_int_eq(hl_fs_find(fs, "/Folder with a long name/sub/"
		                            "A name that takes several slots 9",
		                            &e), HL_OK);
	}
	ck_assert_uint_eq(f->bytes, bytes);
}

static char img[512], tree[512];

static void fill(const char *options, unsigned kib)
{
	snprintf(img, sizeof(img), "%s/fat.img", test_tmp());
	snprintf(tree, sizeof(tree), "%s/tree", test_tmp());
	ck_assert_int_eq(sh("truncate -s %uK %s && mkfs.fat %s -n MADELABEL %s "
	                    ">/dev/null 2>&1", kib, img, options, img), 0);
	ck_assert_int_eq(sh("mkdir -p '%s/Folder with a long name/sub'", tree),
	                 0);
	for (unsigned k = 0; k < N_SIZES; k++) {
		char path[1024];
		snprintf(path, sizeof(path), "%s/Folder with a long name/"
		         "File number %u.bin", tree, k);
		write_file(path, k, sizes[k]);
	}
	ck_assert_int_eq(sh("cd %s && for i in $(seq 1 60); do printf %%s $i "
	                    ">\"Folder with a long name/sub/"
	                    "A name that takes several slots $i\"; done", tree),
	                 0);
	ck_assert_int_eq(sh("MTOOLS_SKIP_CHECK=1 mcopy -s -Q -i %s "
	                    "'%s/Folder with a long name' :: </dev/null", img,
	                    tree), 0);
}

/* Holes between files: delete every second, then write a large one. */
static void fragment(void)
{
	ck_assert_int_eq(sh("for i in $(seq 0 2 8); do MTOOLS_SKIP_CHECK=1 "
	                    "mdel -i %s \"::/Folder with a long name/"
	                    "File number $i.bin\"; done", img), 0);
	char path[1024];
	snprintf(path, sizeof(path), "%s/fragmented", tree);
	write_file(path, 77, 200000);
	ck_assert_int_eq(sh("MTOOLS_SKIP_CHECK=1 mcopy -i %s %s ::FRAG.BIN",
	                    img, path), 0);
}

static void compare_all(struct hl_fs *fs)
{
	char path[256];
	int n = 0;

	for (unsigned k = 0; k < N_SIZES; k++) {
		if (k % 2 == 0 && k <= 8)
			continue; /* deleted */
		snprintf(path, sizeof(path), "/FOLDER with a long name/"
		         "file number %u.BIN", k);
		compare_file(fs, path, k, sizes[k]);
	}
	struct hl_entry dir, e;
	struct hl_fs_iter *it;
	ck_assert_int_eq(hl_fs_find(fs, "/Folder with a long name/sub", &dir),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &dir.ref, 0), HL_OK);
	while (hl_fs_next(it, &e) == HL_OK)
		n++;
	hl_fs_iter_close(it);
	ck_assert_int_eq(n, 60);
}

START_TEST(files_come_back_as_they_were_written)
{
	const struct made *m = &made[_i];
	struct hl_fs_found found;
	struct file_src *f;

	if (sh("command -v mkfs.fat mcopy >/dev/null") != 0)
		SKIP("no mkfs.fat or mtools");
	fill(m->options, m->kib);
	fragment();
	f = file_src_open(img);
	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, &f->src, true, only_fat,
	                                     test_ctx()), HL_OK);
	/* opening reads no whole FAT: the sectors it needs, in pieces */
	ck_assert_uint_le(f->bytes, 96 * 1024);
	const struct hl_fs_info *info = hl_fs_info(found.fs);
	ck_assert_str_eq(info->name, m->fs);
	ck_assert_str_eq(info->label, "MADELABEL");
	ck_assert_uint_eq(info->sector_size, m->sector);
	ck_assert_uint_eq(info->cluster_size, m->cluster);
	ck_assert(!info->dirty);
	compare_all(found.fs);
	compare_file(found.fs, "/frag.bin", 77, 200000);
	find_again(found.fs, f);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_fs_close(found.fs);
	hl_src_close(&f->src);
	ck_assert_uint_eq(test_mem_now(), 0);
	ck_assert_int_eq(sh("rm -rf %s %s", img, tree), 0);
}
END_TEST

START_TEST(free_space_is_what_mtools_says)
{
	const struct made *m = &made[_i];
	struct hl_fs_found found;
	uint64_t bytes, theirs = 0;
	char line[640];

	if (sh("command -v mkfs.fat mcopy >/dev/null") != 0)
		SKIP("no mkfs.fat or mtools");
	fill(m->options, m->kib);
	snprintf(line, sizeof(line), "MTOOLS_SKIP_CHECK=1 mdir -i %s :: "
	         "2>/dev/null", img);
	FILE *p = popen(line, "r");
	ck_assert_ptr_nonnull(p);
	while (fgets(line, sizeof(line), p)) {
		if (!strstr(line, "bytes free"))
			continue;
		for (char *s = line; *s && *s != 'b'; s++)
			if (*s >= '0' && *s <= '9')
				theirs = theirs * 10 + (uint64_t)(*s - '0');
	}
	pclose(p);
	struct file_src *f = file_src_open(img);
	ck_assert_int_eq(hl_fs_identify_with(&found, &f->src, true, only_fat,
	                                     test_ctx()), HL_OK);
	ck_assert_int_eq(hl_fs_unallocated(found.fs, &bytes), HL_OK);
	ck_assert_uint_eq(bytes, theirs);
	hl_fs_close(found.fs);
	hl_src_close(&f->src);
	ck_assert_int_eq(sh("rm -rf %s %s", img, tree), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("made");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, files_come_back_as_they_were_written, 0,
	                    sizeof(made) / sizeof(made[0]));
	tcase_add_loop_test(tc, free_space_is_what_mtools_says, 0, 8);
	return test_main("fat_made", tc, NULL);
}
