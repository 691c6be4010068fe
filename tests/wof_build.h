/*
 * wof_build.h: reparse points and streams of files that WOF keeps.
 */
#ifndef HL_WOF_BUILD_H
#define HL_WOF_BUILD_H

#include <string.h>

#include "testing.h"

#define WOF_TAG 0x80000017u
enum { XPRESS4K, LZX, XPRESS8K, XPRESS16K };

static inline size_t put_reparse(uint8_t *p, uint32_t provider,
                                 uint32_t algorithm)
{
	put32(p, WOF_TAG);
	put16(p + 4, 16);         /* bytes from 8 on */
	put16(p + 6, 0);
	put32(p + 8, 1);          /* version */
	put32(p + 12, provider);
	put32(p + 16, 1);         /* version of the provider's part */
	put32(p + 20, algorithm);
	return 24;
}

/*
 * XPRESS of n times one byte: the byte, then a match of n - 1 at distance 1.
 * 256 bytes of table, 2 units, 255 and the length.
 */
#define PACKED_BYTES 263
static inline void put_packed(uint8_t *p, int byte, unsigned n)
{
	memset(p, 0, PACKED_BYTES);
	p[byte / 2] |= (uint8_t)(1 << 4 * (byte % 2)); /* the byte: 1 bit, 0 */
	p[271 / 2] |= 1 << 4;              /* 271, the match: 1 bit, 1 */
	put16(p + 256, 1u << 14);          /* 0 1 */
	put16(p + 258, 0);                 /* the unit at hand */
	p[260] = 255;
	put16(p + 261, n - 1 - 3);
}

#endif
