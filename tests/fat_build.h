/*
 * fat_build.h: small FAT volumes in memory, made field by field.  All have
 * sectors and clusters of 512 bytes, so that a cluster number is easily
 * followed.
 */
#ifndef HL_TEST_FAT_BUILD_H
#define HL_TEST_FAT_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"

struct vol {
	uint8_t *p;
	size_t n;
	int kind;
	unsigned fat, fat_sectors, root, data; /* sectors */
	unsigned clusters;
};

static inline void vol_set(struct vol *v, unsigned copy, unsigned cluster,
                           uint32_t value)
{
	uint8_t *f = v->p + 512 * (v->fat + copy * v->fat_sectors);

	if (v->kind == 32) {
		put32(f + 4 * cluster, value);
	} else if (v->kind == 16) {
		put16(f + 2 * cluster, value);
	} else if (cluster & 1) {
		f += cluster * 3 / 2;
		f[0] = (uint8_t)((f[0] & 0x0F) | (value & 0xF) << 4);
		f[1] = (uint8_t)(value >> 4);
	} else {
		f += cluster * 3 / 2;
		f[0] = (uint8_t)value;
		f[1] = (uint8_t)((f[1] & 0xF0) | (value >> 8 & 0xF));
	}
}

#define LAST 0x0FFFFFFFu

/* In both copies. */
static inline void vol_link(struct vol *v, unsigned cluster, uint32_t value)
{
	if (value == LAST && v->kind != 32)
		value = v->kind == 16 ? 0xFFFF : 0xFFF;
	vol_set(v, 0, cluster, value);
	vol_set(v, 1, cluster, value);
}

static inline uint8_t *vol_cluster(struct vol *v, unsigned cluster)
{
	return v->p + 512 * (v->data + cluster - 2);
}

static inline uint8_t *vol_root(struct vol *v)
{
	return v->kind == 32 ? vol_cluster(v, 2) : v->p + 512 * v->root;
}

static inline void vol_boot32(struct vol *v, uint8_t *b)
{
	put32(b + 0x24, v->fat_sectors);
	put32(b + 0x2C, 2);              /* root cluster */
	put16(b + 0x30, 1);              /* information sector */
	put16(b + 0x32, 6);              /* backup boot sector */
	b[0x42] = 0x29;
	put32(b + 0x43, 0xDEADBEEF);
	memcpy(b + 0x47, "BOOT LABEL ", 11);
}

static inline void vol_boot(struct vol *v, unsigned sectors)
{
	uint8_t *b = v->p;

	b[0] = 0xEB, b[2] = 0x90;
	memcpy(b + 3, "HANDMADE", 8);
	put16(b + 0x0B, 512);
	b[0x0D] = 1;
	put16(b + 0x0E, v->fat);
	b[0x10] = 2;
	put16(b + 0x11, v->kind == 32 ? 0 : 16);
	put16(b + 0x13, sectors);
	b[0x15] = 0xF8;
	put16(b + 0x16, v->kind == 32 ? 0 : v->fat_sectors);
	if (v->kind == 32) {
		vol_boot32(v, b);
	} else {
		b[0x26] = 0x29;
		put32(b + 0x27, 0x1A2B3C4D);
		memcpy(b + 0x2B, "BOOT LABEL ", 11);
	}
	b[510] = 0x55, b[511] = 0xAA;
	if (v->kind == 32)
		memcpy(b + 6 * 512, b, 512);
}

/* kind 12: 100 clusters; 16: 4,200; 32: 300. */
static inline struct vol vol_new(int kind)
{
	struct vol v = { .kind = kind };

	v.clusters = kind == 12 ? 100 : kind == 16 ? 4200 : 300;
	v.fat = kind == 32 ? 32 : 1;
	v.fat_sectors = (v.clusters + 2) * (unsigned)kind / 8 / 512 + 1;
	v.root = v.fat + 2 * v.fat_sectors;
	v.data = v.root + (kind != 32);
	v.n = 512 * (size_t)(v.data + v.clusters);
	v.p = calloc(1, v.n);
	ck_assert_ptr_nonnull(v.p);
	vol_boot(&v, v.data + v.clusters);
	vol_link(&v, 0, kind == 12 ? 0xFF8 : kind == 16 ? 0xFFF8 : 0x0FFFFFF8);
	vol_link(&v, 1, LAST);
	if (kind == 32)
		vol_link(&v, 2, LAST);
	return v;
}

/* A short entry; name is 11 bytes. */
static inline void slot(uint8_t *p, const char *name, unsigned attributes,
                        unsigned cluster, uint32_t size)
{
	memset(p, 0, 32);
	memcpy(p, name, 11);
	p[11] = (uint8_t)attributes;
	put16(p + 0x14, cluster >> 16);
	put16(p + 0x16, 12 << 11 | 34 << 5 | 56 / 2);          /* 12:34:56 */
	put16(p + 0x18, (2020 - 1980) << 9 | 2 << 5 | 29);     /* 2020-02-29 */
	put16(p + 0x1A, cluster & 0xFFFF);
	put32(p + 0x1C, size);
}

static inline uint8_t slot_sum(const char *name)
{
	unsigned sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (((sum & 1) ? 0x80 : 0) + (sum >> 1) +
		       (uint8_t)name[i]) & 0xFF;
	return (uint8_t)sum;
}

/* One piece of a long name: units [13 * (order - 1), …) of name. */
static inline void piece(uint8_t *p, const char *name, unsigned order,
                         bool last, uint8_t sum)
{
	static const uint8_t at[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24,
	                                28, 30 };
	size_t n = strlen(name), from = 13 * (order - 1);

	memset(p, 0, 32);
	p[0] = (uint8_t)(order | (last ? 0x40 : 0));
	p[11] = 0x0F;
	p[13] = sum;
	for (size_t i = 0; i < 13; i++)
		put16(p + at[i], from + i < n ? (uint8_t)name[from + i]
		                 : from + i == n ? 0 : 0xFFFF);
}

/* Long name and short entry; returns the slots written. */
static inline unsigned named(uint8_t *p, const char *name, const char *short11,
                             unsigned attributes, unsigned cluster,
                             uint32_t size)
{
	unsigned n = (unsigned)(strlen(name) + 12) / 13;

	for (unsigned i = n; i > 0; i--)
		piece(p + 32 * (n - i), name, i, i == n, slot_sum(short11));
	slot(p + 32 * n, short11, attributes, cluster, size);
	return n + 1;
}

/* The two entries every subfolder begins with. */
static inline void dots(uint8_t *p, unsigned self, unsigned parent)
{
	slot(p, ".          ", 0x10, self, 0);
	slot(p + 32, "..         ", 0x10, parent, 0);
}

#endif
