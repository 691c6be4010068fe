/* works_images.h: small images of every kind, for the works of works.h. */
#ifndef HL_WORKS_IMAGES_H
#define HL_WORKS_IMAGES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fat_build.h"
#include "ntfs_build.h"
#include "replay_build.h"
#include "vol_build.h"

/* Content in clusters in a row, the next free one comes back. */
UNUSED static unsigned store(struct vol *v, unsigned cluster,
                             const struct blob *b)
{
	unsigned n = (unsigned)(b->n + 511) / 512;

	ck_assert_uint_le(cluster + n, v->clusters + 2);
	memcpy(vol_cluster(v, cluster), b->p, b->n);
	for (unsigned i = 0; i < n; i++)
		vol_link(v, cluster + i, i + 1 < n ? cluster + i + 1 : LAST);
	return cluster + n;
}

UNUSED static uint8_t *folder(struct vol *v, unsigned cluster, unsigned parent)
{
	vol_link(v, cluster, LAST);
	dots(vol_cluster(v, cluster), cluster, parent);
	return vol_cluster(v, cluster) + 64;
}

/* FAT12 with two dirty hives, one for each format of logs. */
UNUSED static struct vol hives_volume(void)
{
	static struct blob b;
	struct vol v = vol_new(12);
	const int bins[] = { 1, -1 };
	unsigned at = 10, next;

	slot(vol_root(&v), "WINDOWS    ", 0x10, 3, 0);
	slot(folder(&v, 3, 0), "SYSTEM32   ", 0x10, 4, 0);
	slot(folder(&v, 4, 3), "CONFIG     ", 0x10, 5, 0);
	uint8_t *p = folder(&v, 5, 4);
	build_hive(&b, 2, 7, 6);
	next = store(&v, at, &b);
	slot(p, "SYSTEM     ", 0x20, at, (uint32_t)b.n);
	begin_log(&b, 7, 6, 2);
	add_entry(&b, 7, 2, 1, 0xaa);
	at = store(&v, next, &b);
	named(p + 32, "SYSTEM.LOG1", "SYSTEM~1LOG", 0x20, next, (uint32_t)b.n);
	build_hive(&b, 2, 9, 8);
	next = store(&v, at, &b);
	slot(p + 96, "SAM        ", 0x20, at, (uint32_t)b.n);
	begin_log(&b, 9, 1, 2);
	add_dirt(&b, 2, bins, 0xbb);
	store(&v, next, &b);
	slot(p + 128, "SAM     LOG", 0x20, next, (uint32_t)b.n);
	return v;
}

/* The same hives, of which only the bytes are left. */
UNUSED static struct vol carved_volume(void)
{
	struct vol v = hives_volume();

	memset(vol_root(&v), 0, 32);
	memset(vol_cluster(&v, 3), 0, 3 * 512);
	for (unsigned c = 3; c < v.clusters + 2; c++)
		vol_link(&v, c, 0);
	return v;
}

/* FAT16 begins at 4,085 clusters: a file, a folder, a long name. */
UNUSED static struct vol fat16_volume(void)
{
	struct vol v = vol_new(16);

	memset(vol_cluster(&v, 5), 'x', 512);
	vol_link(&v, 4, LAST);
	vol_link(&v, 5, LAST);
	slot(vol_root(&v), "FOLDER     ", 0x10, 4, 0);
	dots(vol_cluster(&v, 4), 4, 0);
	named(vol_cluster(&v, 4) + 64, "a name that is long", "ANAMET~1   ",
	      0x20, 5, 300);
	return v;
}

/* Three folders that nothing leads to, with a file in each. */
UNUSED static struct vol orphans_volume(void)
{
	struct vol v = vol_new(12);

	for (unsigned c = 20; c < 50; c += 10) {
		slot(folder(&v, c, 3), "LOST    TXT", 0x20, c + 1, 500);
		memset(vol_cluster(&v, c + 1), 'x', 512);
		vol_link(&v, c + 1, LAST);
	}
	return v;
}

/* The root folder's index blocks are broken, both of them. */
UNUSED static struct nb *broken_folder(void)
{
	static const struct nb_runs blocks = {
		.highest = 1, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 2, 20 }, .n = 4,
	};
	struct nb *b = nb_new();
	uint8_t e[64];

	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, e, nb_entry(e, 0, 0, NULL, -1), true);
	nb_mapped(b, 0xa0, "$I30", &blocks);
	nb_resident(b, 0xb0, "$I30", "\3\0\0\0\0\0\0\0", 8);
	nb_end(b);
	memset(nb_cluster(b, 20), 'x', 8192);
	nb_finish(b);
	return b;
}

UNUSED static void nb_file(struct nb *b, unsigned number, const char *name)
{
	nb_record(b, number, 1, 1);
	nb_file_name(b, 5, name);
	nb_resident(b, 0x80, "", "content", 7);
	nb_end(b);
}

/* A root folder without names, and some files. */
UNUSED static struct nb *few_files(void)
{
	struct nb *b = nb_new();
	uint8_t e[64];

	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, e, nb_entry(e, 0, 0, NULL, -1), false);
	nb_end(b);
	nb_file(b, 12, "one.txt");
	nb_file(b, 13, "two.txt");
	nb_file(b, 14, "three.txt");
	nb_finish(b);
	return b;
}

#define ODD_TAIL (20 * 512)
/* No boot sector, and its copy some way before the end of the medium. */
UNUSED static struct img cut_medium(void)
{
	struct img m = img_new(NB_SIZE / 512 + ODD_TAIL / 512, 512);
	struct nb *b = few_files();

	memcpy(m.p, b->v, NB_SIZE);
	memset(m.p, 0, 512);
	free(b);
	return m;
}

/* What describes $MFT is gone, and it lies in two places. */
UNUSED static struct nb *scattered_mft(void)
{
	struct nb *b = few_files();

	for (unsigned i = 0; i < 4; i++) {
		nb_record_at(b, nb_cluster(b, 40) + i * NB_RECORD, 400 + i, 1,
		             1);
		nb_file_name(b, 5, i ? "far" : "away");
		nb_end(b);
	}
	memset(nb_cluster(b, 2), 0, NB_CLUSTER);
	memset(nb_cluster(b, NB_MFT), 0, NB_RECORD);
	return b;
}

/* Three volumes without boot sectors, and no table. */
UNUSED static struct img lost_volumes(void)
{
	struct img m = img_new(2048, 512);
	struct nb *b = few_files();

	memset(b->v, 0, 512);
	memset(b->v + NB_SIZE - 512, 0, 512);
	memcpy(img_at(&m, 128), b->v, NB_SIZE);
	memcpy(img_at(&m, 700), b->v, NB_SIZE);
	memcpy(img_at(&m, 1400), b->v, NB_SIZE);
	free(b);
	return m;
}

/* A FAT volume of the table over the middle of an NTFS volume that is not:
 * two stretches of it are the later volume's. */
UNUSED static struct img below_another(void)
{
	struct img m = img_new(2048, 512);
	struct nb *b = few_files();
	struct vol v = hives_volume();

	memcpy(img_at(&m, 128), b->v, NB_SIZE);
	memcpy(img_at(&m, 128 + 256), v.p, v.n);
	mbr_entry(m.p, 0, 0x01, 128 + 256, (uint32_t)(v.n / 512));
	free(v.p);
	free(b);
	return m;
}

UNUSED static void in_a_table(struct img *m, size_t lba, const char *name)
{
	size_t n;
	uint8_t *p = test_file(name, &n);

	ck_assert_uint_le(lba * 512 + n, m->n);
	memcpy(img_at(m, lba), p, n);
	free(p);
}

/* MBR, two logical volumes: FAT12, NTFS, FAT12. */
UNUSED static struct img mbr_image(void)
{
	struct img m = img_new(2048, 512);

	mbr_entry(m.p, 0, 0x01, 64, 400);
	mbr_entry(m.p, 1, 0x05, 512, 1536);
	mbr_entry(img_at(&m, 512), 0, 0x07, 64, 600);
	mbr_entry(img_at(&m, 512), 1, 0x05, 700, 500);
	mbr_entry(img_at(&m, 512 + 700), 0, 0x01, 32, 400);
	in_a_table(&m, 64, "fuzz/fat/fat12.img");
	in_a_table(&m, 512 + 64, "fuzz/ntfs_volume/good-small.hex");
	in_a_table(&m, 512 + 700 + 32, "fuzz/fat/fat12-deleted.img");
	return m;
}

/* GPT: NTFS, exFAT. */
UNUSED static struct img gpt_image(void)
{
	struct img m = img_new(2048, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);

	gpt_entry(img_at(&m, 2), &b, 0, 64, 663, "Windows");
	gpt_entry(img_at(&m, 2), &b, 1, 700, 1200, "Data");
	in_a_table(&m, 64, "fuzz/ntfs_volume/deleted.hex");
	in_a_table(&m, 700, "fuzz/exfat/good-volume.hex");
	gpt_seal(&m, &b);
	return m;
}

UNUSED static void sample_path(char path[512])
{
	const char *root = getenv("HIVELIFT_ROOT");

	snprintf(path, 512, "%s/testdata/sample.E01", root ? root : ".");
}

#endif
