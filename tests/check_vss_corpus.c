/*
 * check_vss_corpus.c: six shadow copies of Windows Server 2003 against what
 * Windows itself read of them: MD5 of every sector of blocks that a store
 * keeps (vss_2003_hashes.txt) and of all blocks around them
 * (vss_2003_all_hashes.txt), published with the image.
 *
 *	sequence of the copy, offset, (flags,) 32 digests
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"
#include "io/hash.h"
#include "vss/vss.h"

#define START (63 * 512)

struct disk {
	struct hl_files *files;
	struct hl_src *image, *volume;
	struct hl_vss *vss;
};

static bool open_disk(struct disk *d)
{
	const char *dir = getenv("HIVELIFT_UNPACKED");
	struct hl_image_opts none = { .sector_size = 0 };
	char path[1024];

	memset(d, 0, sizeof(*d));
	snprintf(path, sizeof(path), "%s/msuhanov__dfir_ntfs/vss_2003.raw",
	         dir ? dir : "");
	FILE *f = dir ? fopen(path, "r") : NULL;
	if (!f)
		return false;
	fclose(f);
	ck_assert_int_eq(hl_files_find(&d->files, path, &none, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_image_open(&d->image, d->files, &none,
	                               test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_window(&d->volume, d->image, START,
	                               UINT64_C(268430022) * 512,
	                               test_ctx()), HL_OK);
	ck_assert_int_eq(hl_vss_open(&d->vss,
	                             &(struct hl_vss_area){ .src = d->volume }, NULL, 0,
	                             test_ctx()), HL_OK);
	return true;
}

static void close_disk(struct disk *d)
{
	hl_vss_close(d->vss);
	hl_src_close(d->volume);
	hl_src_close(d->image);
	hl_files_close(d->files);
}

static void md5(const void *p, size_t n, char hex[HL_HASH_HEX])
{
	struct hl_hash *h;

	ck_assert_int_eq(hl_hash_new(&h, 1u << HL_MD5, test_ctx()), HL_OK);
	hl_hash_update(h, p, n);
	hl_hash_final(h, HL_MD5, hex);
	hl_hash_free(h);
}

/* Where the map leads, its bytes are those that were read. */
static void map_agrees(struct disk *d, struct hl_src *s, uint64_t off,
                       const uint8_t *sector)
{
	struct hl_extent e;
	uint8_t p[512];

	ck_assert_int_eq(hl_src_locate(s, off, &e), HL_OK);
	ck_assert_ptr_eq(e.in, d->image);
	ck_assert_int_eq(hl_src_read(d->image, e.in_off, p, 512, NULL), HL_OK);
	ck_assert_int_eq(memcmp(p, sector, 512), 0);
}

static unsigned compare(struct disk *d, char *line, bool flags)
{
	unsigned long sequence = strtoul(line, &line, 10);
	uint64_t off = strtoull(line, &line, 10);
	uint8_t block[16384];

	if (flags)
		(void)strtoul(line, &line, 10);
	const struct hl_shadow *s = hl_vss_copy(d->vss, sequence - 1);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->sequence, sequence);
	ck_assert_int_eq(hl_src_read(s->src, off, block, sizeof(block), NULL),
	                 HL_OK);
	char *save = NULL, *want = strtok_r(line, "\t \r\n", &save);
	for (unsigned i = 0; i < 32; i++) {
		char hex[HL_HASH_HEX];

		ck_assert_ptr_nonnull(want);
		md5(block + i * 512, 512, hex);
		ck_assert_msg(strcmp(hex, want) == 0,
		              "copy %lu, block %llu, sector %u", sequence,
		              (unsigned long long)off, i);
		map_agrees(d, s->src, off + i * 512, block + i * 512);
		want = strtok_r(NULL, "\t \r\n", &save);
	}
	return 1;
}

static void compare_all(const char *name, bool flags, unsigned want)
{
	const char *path = test_corpus(name);
	static char line[4096];
	struct disk d;
	unsigned n = 0;
	FILE *f = path ? fopen(path, "r") : NULL;

	if (!f)
		SKIP("no corpus here");
	if (!open_disk(&d)) {
		fclose(f);
		SKIP("the corpus is not unpacked");
	}
	ck_assert_uint_eq(hl_vss_count(d.vss), 6);
	while (fgets(line, sizeof(line), f))
		n += compare(&d, line, flags);
	ck_assert_uint_eq(n, want);
	fclose(f);
	close_disk(&d);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}

START_TEST(blocks_that_stores_keep)
{
	compare_all("images/msuhanov__dfir_ntfs/vss_2003_hashes.txt", true,
	            80);
}
END_TEST

START_TEST(all_blocks_around_them)
{
	compare_all("images/msuhanov__dfir_ntfs/vss_2003_all_hashes.txt",
	            false, 176);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("corpus");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, blocks_that_stores_keep);
	tcase_add_test(t, all_blocks_around_them);
	return test_main("vss_corpus", t, NULL);
}
