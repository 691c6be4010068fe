/*
 * exfat_build.h: small exFAT volumes in memory, made field by field.  All
 * have sectors of 512 bytes and clusters of 1024, and places that are easily
 * followed:
 *
 *	sector 0   boot region        24  first FAT (8 sectors, 1022 clusters)
 *	       12  its backup         32  second FAT, when there is one
 *	                              40  cluster 2
 *	cluster 2  allocation bitmap   3  table of capitals   4, …  root
 */
#ifndef HL_TEST_EXFAT_BUILD_H
#define HL_TEST_EXFAT_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define SECTOR 512u
#define CLUSTER 1024u
#define FAT1 (24 * SECTOR)
#define FAT2 (32 * SECTOR)
#define HEAP (40 * SECTOR)
#define CLUSTERS 200u
#define ROOT 4u
#define LAST 0xFFFFFFFFu

struct vol {
	uint8_t *p;
	size_t n;
	unsigned fats;
};

/* ---- sums, written down once more from the specification -------------- */

static inline uint32_t build_sum32(const uint8_t *p, size_t n, int boot)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (boot && (i == 106 || i == 107 || i == 112))
			continue;
		sum = (sum & 1 ? 0x80000000u : 0) + (sum >> 1) + p[i];
	}
	return sum;
}

static inline unsigned build_sum16(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		if (i != 2 && i != 3)
			sum = ((sum & 1 ? 0x8000u : 0) + (sum >> 1) + p[i]) &
			      0xFFFF;
	return sum;
}

static inline unsigned build_hash(const uint16_t *upcased, size_t n)
{
	unsigned h = 0;

	for (size_t i = 0; i < n; i++) {
		h = ((h & 1 ? 0x8000u : 0) + (h >> 1) + (upcased[i] & 0xFF)) &
		    0xFFFF;
		h = ((h & 1 ? 0x8000u : 0) + (h >> 1) + (upcased[i] >> 8)) &
		    0xFFFF;
	}
	return h;
}

/* ---- places ------------------------------------------------------------- */

static inline uint8_t *vol_cluster(struct vol *v, unsigned cluster)
{
	return v->p + HEAP + CLUSTER * (cluster - 2);
}

static inline void vol_link(struct vol *v, unsigned cluster, uint32_t value)
{
	put32(v->p + FAT1 + 4 * cluster, value);
	if (v->fats == 2)
		put32(v->p + FAT2 + 4 * cluster, value);
}

/* Mark n clusters as used. */
static inline void vol_use(struct vol *v, unsigned cluster, unsigned n)
{
	uint8_t *map = vol_cluster(v, 2);

	for (unsigned i = cluster - 2; i < cluster - 2 + n; i++)
		map[i / 8] |= (uint8_t)(1 << i % 8);
}

static inline void vol_seal(struct vol *v)
{
	uint32_t sum = build_sum32(v->p, 11 * SECTOR, 1);

	for (unsigned i = 0; i < SECTOR; i += 4)
		put32(v->p + 11 * SECTOR + i, sum);
}

static inline void vol_backup(struct vol *v)
{
	memcpy(v->p + 12 * SECTOR, v->p, 12 * SECTOR);
}

static inline void vol_boot(struct vol *v)
{
	uint8_t *b = v->p;

	b[0] = 0xEB, b[1] = 0x76, b[2] = 0x90;
	memcpy(b + 3, "EXFAT   ", 8);
	put64(b + 64, 63);                /* partition's offset; may lie */
	put64(b + 72, v->n / SECTOR);     /* sectors of the volume */
	put32(b + 80, FAT1 / SECTOR);
	put32(b + 84, 8);                 /* sectors of a FAT */
	put32(b + 88, HEAP / SECTOR);
	put32(b + 92, CLUSTERS);
	put32(b + 96, ROOT);
	put32(b + 100, 0x1A2B3C4D);       /* serial */
	put16(b + 104, 0x0100);           /* revision 1.0 */
	put16(b + 106, 0);                /* flags */
	b[108] = 9;                       /* sectors of 2^9 */
	b[109] = 1;                       /* clusters of 2^1 sectors */
	b[110] = (uint8_t)v->fats;
	b[112] = 0xFF;                    /* percent in use: not known */
	b[510] = 0x55, b[511] = 0xAA;
	for (unsigned i = 1; i <= 8; i++)
		put32(b + i * SECTOR + 508, 0xAA550000);
	vol_seal(v);
	vol_backup(v);
}

/* A table of capitals that folds a-z and one letter of its own: U+0180 is
 * the small one of U+0041, which no rule of a library knows. */
static inline size_t build_upcase(uint8_t *p)
{
	size_t n = 0;

	put16(p + 2 * n++, 0xFFFF), put16(p + 2 * n++, 'a');
	for (unsigned c = 'A'; c <= 'Z'; c++)
		put16(p + 2 * n++, c);
	put16(p + 2 * n++, 0xFFFF), put16(p + 2 * n++, 0x180 - 'z' - 1);
	put16(p + 2 * n++, 'A');
	put16(p + 2 * n++, 0xFFFF), put16(p + 2 * n++, 0x10000 - 0x181);
	return 2 * n;
}

static inline unsigned build_up(unsigned u)
{
	return u >= 'a' && u <= 'z' ? u - 32 : u == 0x180 ? 'A' : u;
}

/* ---- entries ----------------------------------------------------------- */

struct set {
	const uint16_t *name;
	unsigned n_name;
	unsigned attributes;    /* 0x20: a file; 0x10: a folder */
	unsigned cluster;
	uint64_t size, valid;
	int chained;            /* by the FAT; else a row */
	unsigned vendors;       /* entries of a vendor behind the name */
};

/* The sum of n entries goes into the first. */
static inline void set_seal(uint8_t *p, unsigned n)
{
	put16(p + 2, build_sum16(p, n * 32));
}

/* Returns the entries written. */
static inline unsigned set_put(uint8_t *p, const struct set *s)
{
	unsigned names = (s->n_name + 14) / 15, n = 2 + names + s->vendors;
	uint16_t up[255];

	memset(p, 0, n * 32);
	p[0] = 0x85;
	p[1] = (uint8_t)(n - 1);
	put16(p + 4, s->attributes);
	/* 2020-02-03 04:05:06.50, UTC+01:00; 2021-…, UTC-00:30; 2022, none */
	put32(p + 8, 40u << 25 | 2u << 21 | 3u << 16 | 4u << 11 | 5u << 5 | 3);
	put32(p + 12, 41u << 25 | 2u << 21 | 3u << 16 | 4u << 11 | 5u << 5);
	put32(p + 16, 42u << 25 | 2u << 21 | 3u << 16 | 4u << 11 | 5u << 5);
	p[20] = 50;
	p[21] = 199;
	p[22] = 0x84;
	p[23] = 0xFE;
	p[24] = 0;
	uint8_t *c0 = p + 32;
	c0[0] = 0xC0;
	c0[1] = (uint8_t)(s->cluster ? s->chained ? 1 : 3 : 0);
	c0[3] = (uint8_t)s->n_name;
	for (unsigned i = 0; i < s->n_name; i++)
		up[i] = (uint16_t)build_up(s->name[i]);
	put16(c0 + 4, build_hash(up, s->n_name));
	put64(c0 + 8, s->valid);
	put32(c0 + 20, s->cluster);
	put64(c0 + 24, s->size);
	for (unsigned i = 0; i < names; i++) {
		uint8_t *c1 = p + 64 + 32 * i;
		c1[0] = 0xC1;
		for (unsigned k = 0; k < 15 && 15 * i + k < s->n_name; k++)
			put16(c1 + 2 + 2 * k, s->name[15 * i + k]);
	}
	for (unsigned i = 0; i < s->vendors; i++)
		p[64 + 32 * (names + i)] = 0xE0;
	set_seal(p, n);
	return n;
}

/* The same with an ASCII name; content of clusters in a row. */
static inline unsigned set_ascii(uint8_t *p, const char *name, unsigned attr,
                                 unsigned cluster, uint64_t size)
{
	uint16_t u[255];
	struct set s = { .name = u, .attributes = attr, .cluster = cluster,
	                 .size = size, .valid = size };

	for (; name[s.n_name]; s.n_name++)
		u[s.n_name] = (uint8_t)name[s.n_name];
	return set_put(p, &s);
}

/* The three entries that every root has; returns where the next goes. */
static inline uint8_t *root_start(struct vol *v)
{
	uint8_t *p = vol_cluster(v, ROOT);
	size_t n = build_upcase(vol_cluster(v, 3));

	p[0] = 0x83;
	p[1] = 4;
	put_utf16(p + 2, "HAND");
	p[32] = 0x81;
	put32(p + 32 + 20, 2);
	put64(p + 32 + 24, (CLUSTERS + 7) / 8);
	p[64] = 0x82;
	put32(p + 64 + 4, build_sum32(vol_cluster(v, 3), n, 0));
	put32(p + 64 + 20, 3);
	put64(p + 64 + 24, n);
	return p + 96;
}

/* An empty volume: bitmap, capitals, root of one cluster. */
static inline struct vol vol_new(unsigned fats)
{
	struct vol v = { .n = HEAP + CLUSTERS * CLUSTER, .fats = fats };

	v.p = calloc(1, v.n);
	ck_assert_ptr_nonnull(v.p);
	vol_boot(&v);
	vol_link(&v, 0, 0xFFFFFFF8);
	vol_link(&v, 1, LAST);
	for (unsigned c = 2; c <= ROOT; c++)
		vol_link(&v, c, LAST);
	vol_use(&v, 2, 3);
	root_start(&v);
	return v;
}

/* Where the root's first free entry is. */
static inline uint8_t *vol_root(struct vol *v)
{
	return vol_cluster(v, ROOT) + 96;
}

#endif
