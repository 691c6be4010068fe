/*
 * ntfs_build.h: a small NTFS volume built by hand, for tests that need one
 * thing wrong.  64 clusters of 4096 bytes, records of 1024:
 *
 *	cluster 0       boot sector, its copy in the last sector
 *	cluster 2       $MFTMirr
 *	cluster 4..7    $MFT, records 0 to 15
 *	from 16         whatever a test puts there
 */
#ifndef HL_NTFS_BUILD_H
#define HL_NTFS_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define NB_CLUSTER 4096u
#define NB_CLUSTERS 64u
#define NB_SIZE (NB_CLUSTER * NB_CLUSTERS)
#define NB_RECORD 1024u
#define NB_MFT 4u /* cluster */

struct nb {
	uint8_t v[NB_SIZE];
	/* the record being built */
	uint8_t *r;
	size_t at;
	unsigned id;
};

static inline uint8_t *nb_cluster(struct nb *b, unsigned lcn)
{
	return b->v + lcn * NB_CLUSTER;
}

static inline void nb_boot(struct nb *b)
{
	uint8_t *p = b->v;

	memcpy(p + 3, "NTFS    ", 8);
	put16(p + 0x0b, 512);
	p[0x0d] = 8;
	put64(p + 0x28, NB_SIZE / 512 - 1);
	put64(p + 0x30, NB_MFT);
	put64(p + 0x38, 2);
	p[0x40] = 0xf6; /* records of 1024 */
	p[0x44] = 0xf4; /* index blocks of 4096 */
	put64(p + 0x48, 0x0123456789abcdef);
	put16(p + 510, 0xaa55);
	memcpy(b->v + NB_SIZE - 512, p, 512);
}

/* Begin a record at any place of the volume. */
static inline void nb_record_at(struct nb *b, uint8_t *r, unsigned number,
                                unsigned seq, unsigned flags)
{
	memset(r, 0, NB_RECORD);
	memcpy(r, "FILE", 4);
	put16(r + 0x04, 0x30);
	put16(r + 0x06, 3);
	put16(r + 0x10, seq);
	put16(r + 0x12, 1);
	put16(r + 0x14, 0x38);
	put16(r + 0x16, flags);
	put32(r + 0x1c, NB_RECORD);
	put32(r + 0x2c, number);
	b->r = r;
	b->at = 0x38;
	b->id = 0;
}

static inline uint8_t *nb_place(struct nb *b, unsigned number)
{
	return nb_cluster(b, NB_MFT) + number * NB_RECORD;
}

static inline void nb_record(struct nb *b, unsigned number, unsigned seq,
                             unsigned flags)
{
	nb_record_at(b, nb_place(b, number), number, seq, flags);
}

/* What Windows does last: the end mark and the update sequence. */
static inline void nb_protect(uint8_t *p, size_t n)
{
	uint8_t *usa = p + (p[4] | p[5] << 8);
	size_t i;

	put16(usa, 0x0101);
	for (i = 0; i < n / 512; i++) {
		memcpy(usa + 2 + 2 * i, p + 512 * (i + 1) - 2, 2);
		memcpy(p + 512 * (i + 1) - 2, usa, 2);
	}
}

static inline void nb_end(struct nb *b)
{
	put32(b->r + b->at, 0xffffffff);
	put32(b->r + 0x18, (uint32_t)b->at + 8);
	ck_assert_uint_le(b->at + 8, NB_RECORD);
	nb_protect(b->r, NB_RECORD);
}

static inline uint8_t *nb_head(struct nb *b, uint32_t type, const char *name,
                               size_t fixed, size_t rest)
{
	uint8_t *a = b->r + b->at;
	size_t n_name = strlen(name) * 2;
	size_t len = (fixed + n_name + 7) / 8 * 8 + (rest + 7) / 8 * 8;

	ck_assert_uint_le(b->at + len + 8, NB_RECORD);
	memset(a, 0, len);
	put32(a, type);
	put32(a + 4, (uint32_t)len);
	a[9] = (uint8_t)strlen(name);
	put16(a + 0x0a, (unsigned)fixed);
	put16(a + 0x0e, b->id++);
	put_utf16(a + fixed, name);
	b->at += len;
	return a;
}

/* Returns the place of the value. */
static inline uint8_t *nb_resident(struct nb *b, uint32_t type,
                                   const char *name, const void *value,
                                   size_t n)
{
	uint8_t *a = nb_head(b, type, name, 0x18, n);
	size_t off = (0x18 + strlen(name) * 2 + 7) / 8 * 8;

	put32(a + 0x10, (uint32_t)n);
	put16(a + 0x14, (unsigned)off);
	if (n)
		memcpy(a + off, value, n);
	return a + off;
}

struct nb_runs {
	uint64_t lowest, highest, allocated, size, valid;
	unsigned flags, unit;
	uint8_t runs[32];
	size_t n;
};
static inline void nb_mapped(struct nb *b, uint32_t type, const char *name,
                             const struct nb_runs *m)
{
	uint8_t *a = nb_head(b, type, name, 0x40, m->n);

	a[8] = 1;
	put16(a + 0x0c, m->flags);
	put64(a + 0x10, m->lowest);
	put64(a + 0x18, m->highest);
	put16(a + 0x20, (unsigned)((0x40 + strlen(name) * 2 + 7) / 8 * 8));
	a[0x22] = (uint8_t)m->unit;
	put64(a + 0x28, m->allocated);
	put64(a + 0x30, m->size);
	put64(a + 0x38, m->valid);
	memcpy(a + (0x40 + strlen(name) * 2 + 7) / 8 * 8, m->runs, m->n);
}

/* A $FILE_NAME value; returns its length. */
static inline size_t nb_name(uint8_t *p, unsigned parent, unsigned seq,
                             const char *name, unsigned space, bool dir)
{
	memset(p, 0, 0x42);
	put64(p, (uint64_t)seq << 48 | parent);
	put64(p + 8, 0x01d0000000000000);
	put32(p + 0x38, dir ? 0x10000000 : 0x20);
	p[0x40] = (uint8_t)strlen(name);
	p[0x41] = (uint8_t)space;
	return 0x42 + put_utf16(p + 0x42, name);
}

static inline void nb_file_name(struct nb *b, unsigned parent, const char *name)
{
	uint8_t v[0x42 + 510];
	size_t n = nb_name(v, parent, parent == 5 ? 5 : 1, name, 1, false);

	nb_resident(b, 0x30, "", v, n);
}

/* An index entry; child: its VCN, or -1.  name NULL: the last entry. */
static inline size_t nb_entry(uint8_t *p, unsigned record, unsigned seq,
                              const char *name, int64_t child)
{
	uint8_t key[0x42 + 510];
	size_t n = name ? nb_name(key, 5, 5, name, 1, false) : 0;
	size_t len = (0x10 + n + 7) / 8 * 8 + (child >= 0 ? 8 : 0);

	memset(p, 0, len);
	if (name)
		put64(p, (uint64_t)seq << 48 | record);
	put16(p + 8, (unsigned)len);
	put16(p + 0x0a, (unsigned)n);
	put16(p + 0x0c, (child >= 0 ? 1u : 0u) | (name ? 0u : 2u));
	if (n)
		memcpy(p + 0x10, key, n);
	if (child >= 0)
		put64(p + len - 8, (uint64_t)child);
	return len;
}

/* $INDEX_ROOT with those entries. */
static inline void nb_root(struct nb *b, const uint8_t *entries, size_t n,
                           bool children)
{
	uint8_t v[900] = { 0 };

	put32(v, 0x30);
	put32(v + 4, 1);
	put32(v + 8, 4096);
	v[0x0c] = 1;
	put32(v + 0x10, 0x10);
	put32(v + 0x14, (uint32_t)(0x10 + n));
	put32(v + 0x18, (uint32_t)(0x10 + n));
	v[0x1c] = children;
	memcpy(v + 0x20, entries, n);
	nb_resident(b, 0x90, "$I30", v, 0x20 + n);
}

/* An INDX block at a cluster. */
static inline void nb_indx(struct nb *b, unsigned lcn, uint64_t vcn,
                           const uint8_t *entries, size_t n, bool children)
{
	uint8_t *p = nb_cluster(b, lcn);

	memset(p, 0, 4096);
	memcpy(p, "INDX", 4);
	put16(p + 4, 0x28);
	put16(p + 6, 9);
	put64(p + 0x10, vcn);
	put32(p + 0x18, 0x28);
	put32(p + 0x1c, (uint32_t)(0x28 + n));
	put32(p + 0x20, 4096 - 0x18);
	p[0x24] = children;
	memcpy(p + 0x40, entries, n);
	nb_protect(p, 4096);
}

/* Records 0 and 3 and the boot sectors; the mirror is made by nb_finish. */
static inline struct nb *nb_new(void)
{
	static const struct nb_runs mft = {
		.highest = 3, .allocated = 16384, .size = 16384,
		.valid = 16384, .runs = { 0x11, 4, NB_MFT }, .n = 4,
	};
	static const uint8_t info[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 3, 1 };
	struct nb *b = calloc(1, sizeof(*b));

	nb_boot(b);
	nb_record(b, 0, 1, 1);
	nb_file_name(b, 5, "$MFT");
	nb_mapped(b, 0x80, "", &mft);
	nb_end(b);
	nb_record(b, 3, 3, 1);
	nb_resident(b, 0x60, "", "h\0i\0", 4);
	nb_resident(b, 0x70, "", info, sizeof(info));
	nb_end(b);
	return b;
}

static inline void nb_finish(struct nb *b)
{
	memcpy(nb_cluster(b, 2), nb_cluster(b, NB_MFT), 4096);
}

#endif
