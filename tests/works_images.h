/* works_images.h: small images of every kind, for the works of works.h. */
#ifndef HL_WORKS_IMAGES_H
#define HL_WORKS_IMAGES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fat_build.h"
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
