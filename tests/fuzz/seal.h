/*
 * seal.h: checksums made right again after a mutation, so that the code that
 * lies behind them is reached.
 *
 * Wherever a structure shows by its signature at a multiple of 512 bytes:
 *
 *	FILE INDX RCRD BAAD	update sequence (what stood in the last bytes
 *				of a sector moves into the array)
 *	"EFI PART"		CRC-32 of the array, then of the header
 *	"EXFAT   "		checksum of the boot region, of the table of
 *				capitals, of every set of entries; name hashes
 *	"regf"			XOR of 127 dwords
 *	"HvLE"			both Marvin32 hashes
 *	"vhdxfile"		CRC-32C of headers, regions, log entries (first
 *				bytes only)
 *	"EVF"			Adler-32 of each section (first bytes only)
 *
 * Nothing here is shared with the library: both have to be right.
 */
#ifndef HL_SEAL_H
#define HL_SEAL_H

#include <stddef.h>
#include <stdint.h>

void seal(uint8_t *p, size_t n);

/* Places where a structure shows, ascending; at most max.  Returns how many. */
size_t seal_find(const uint8_t *p, size_t n, size_t *place, size_t max);

/* seal_vhdx.c: all of a file */
void seal_vhdx(uint8_t *p, size_t n);
/* seal_exfat.c, seal_ewf.c; p + at begins with the signature */
void seal_exfat(uint8_t *p, size_t n, size_t at);
void seal_ewf(uint8_t *p, size_t n);
/* seal_hive.c */
void seal_base_block(uint8_t *p, size_t n, size_t at);
void seal_hvle(uint8_t *p, size_t n, size_t at);

static inline uint32_t seal_get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t seal_get32(const uint8_t *p)
{
	return seal_get16(p) | seal_get16(p + 2) << 16;
}

static inline uint64_t seal_get64(const uint8_t *p)
{
	return seal_get32(p) | (uint64_t)seal_get32(p + 4) << 32;
}

static inline void seal_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void seal_put32(uint8_t *p, uint32_t v)
{
	seal_put16(p, v);
	seal_put16(p + 2, v >> 16);
}

#endif
