/*
 * vss_build.h: a volume with shadow copies, byte by byte.
 *
 *	block 0         header at 0x1e00
 *	block 1, 2      catalogue
 *	from 16 on      live data: block n is filled with the letter 'A' + n % 26
 *	from 64 on      stores: header, list, bitmap, then data as tests put it
 *	block 4         where all of them say that they lie
 */
#ifndef HL_VSS_BUILD_H
#define HL_VSS_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"
#include "vss/vss.h"

#define VB_BLOCK 0x4000u
#define VB_BLOCKS 256u
#define VB_SIZE (VB_BLOCK * VB_BLOCKS)
#define VB_AT(n) ((uint64_t)(n) * VB_BLOCK)

struct vb {
	uint8_t *v;
	unsigned n_entries;
	unsigned n_lines[VB_BLOCKS]; /* of the list in that block */
};

static inline void vb_head(struct vb *b, uint64_t off, unsigned type,
                           uint64_t next)
{
	static const uint8_t guid[16] = {
		0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e,
		0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52,
	};
	uint8_t *p = b->v + off;

	memcpy(p, guid, 16);
	put32(p + 16, 1);
	put32(p + 20, type);
	put64(p + 32, off);
	put64(p + 40, next);
	if (type == 1) {
		put64(p + 24, off);
		put64(p + 40, 0);
	}
}

static inline void vb_new(struct vb *b)
{
	memset(b, 0, sizeof(*b));
	b->v = calloc(1, VB_SIZE);
	ck_assert_ptr_nonnull(b->v);
	for (unsigned n = 16; n < 64; n++)
		memset(b->v + VB_AT(n), 'A' + (int)(n % 26), VB_BLOCK);
	memcpy(b->v + 3, "NTFS    ", 8); /* libvshadow asks for it */
	put16(b->v + 11, 512);
	b->v[13] = 8;
	put64(b->v + 0x28, VB_SIZE / 512 - 1);
	put16(b->v + 510, 0xaa55);
	vb_head(b, 0x1e00, 1, 0);
	put64(b->v + 0x1e00 + 48, VB_AT(1));
	vb_head(b, VB_AT(1), 2, VB_AT(2));
	vb_head(b, VB_AT(2), 2, 0);
}

static inline uint8_t *vb_entry(struct vb *b)
{
	unsigned n = b->n_entries++;

	return b->v + VB_AT(1 + n / 127) + 128 + n % 127 * 128;
}

/* The copy number k, 1 the oldest. */
static inline uint8_t *vb_copy(struct vb *b, unsigned k, uint64_t flags)
{
	uint8_t *p = vb_entry(b);

	put64(p, 2);
	put64(p + 8, VB_SIZE);
	memset(p + 16, (int)k, 16);
	put64(p + 32, k);
	put64(p + 40, flags);
	put64(p + 48, UINT64_C(0x01d51b2f3f305966) + k * 10000000);
	return p;
}

/* Its store, from that block on: header, list, bitmap. */
static inline uint8_t *vb_store(struct vb *b, unsigned k, unsigned block)
{
	uint8_t *p = vb_entry(b);

	put64(p, 3);
	put64(p + 8, VB_AT(block + 1));
	memset(p + 16, (int)k, 16);
	put64(p + 32, VB_AT(block));
	put64(p + 40, VB_AT(4));
	put64(p + 48, VB_AT(block + 2));
	vb_head(b, VB_AT(4), 5, 0);
	vb_head(b, VB_AT(block), 4, 0);
	put64(b->v + VB_AT(block) + 48, 128);
	memset(b->v + VB_AT(block) + 128 + 16, 0xc0 + (int)k, 16);
	memset(b->v + VB_AT(block) + 128 + 32, 0xe0, 16);
	put32(b->v + VB_AT(block) + 128 + 56, 0x42000d);
	vb_head(b, VB_AT(block + 1), 3, 0);
	vb_head(b, VB_AT(block + 2), 6, 0);
	return p;
}

static inline void vb_line(struct vb *b, unsigned list, uint64_t original,
                           uint64_t relative, uint64_t data, uint32_t flags,
                           uint32_t sectors)
{
	uint8_t *p = b->v + VB_AT(list) + 128 + b->n_lines[list]++ * 32;

	put64(p, original);
	put64(p + 8, relative);
	put64(p + 16, data);
	put32(p + 24, flags);
	put32(p + 28, sectors);
}

/* Block `original` is kept at block `at`, which is filled with the letter. */
static inline void vb_keep(struct vb *b, unsigned list, unsigned original,
                           unsigned at, char letter)
{
	memset(b->v + VB_AT(at), letter, VB_BLOCK);
	vb_line(b, list, VB_AT(original), VB_AT(3), VB_AT(at), 0, 0);
}

/* Not in use when the copy was made. */
static inline void vb_spare(struct vb *b, unsigned bitmap, unsigned block)
{
	b->v[VB_AT(bitmap) + 128 + block / 8] |= (uint8_t)(1u << block % 8);
}

#endif
