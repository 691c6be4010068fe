/*
 * replay_build.h: dirty hives and logs built byte by byte.  The hashes are
 * made here a second time, from the specification's words, so that the
 * library's own are not their oracle.
 */
#ifndef REPLAY_BUILD_H
#define REPLAY_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define HIVE_TIME UINT64_C(0x01d6000000000000)

struct blob {
	uint8_t p[1 << 18];
	size_t n;
};

static inline uint32_t at32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* XOR of the first 127 dwords; 0 and ~0 are not stored. */
static inline void seal(uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 508; i += 4)
		sum ^= at32(h + i);
	put32(h + 508, sum == 0 ? 1 : sum == 0xffffffffu ? 0xfffffffeu : sum);
}

static inline void put_head(uint8_t *h, uint32_t seq1, uint32_t seq2,
                            uint32_t type, uint32_t bins)
{
	memset(h, 0, 512);
	memcpy(h, "regf", 4);
	put32(h + 4, seq1);
	put32(h + 8, seq2);
	put64(h + 12, HIVE_TIME);
	put32(h + 20, 1);      /* 1.5 */
	put32(h + 24, 5);
	put32(h + 28, type);
	put32(h + 32, 1);      /* format: direct memory load */
	put32(h + 36, 32);     /* root cell */
	put32(h + 40, bins);
	put32(h + 44, 1);      /* clustering */
	seal(h);
}

static inline void put_bin(uint8_t *p, uint32_t off)
{
	memset(p, 0, 4096);
	memcpy(p, "hbin", 4);
	put32(p + 4, off);
	put32(p + 8, 4096);
	put32(p + 32, 4064);   /* one free cell */
}

/* The root: "nk", named R, in the first bin. */
static inline void put_root(uint8_t *p)
{
	put_bin(p, 0);
	put64(p + 20, HIVE_TIME);
	put32(p + 32, 0u - 88u);
	memcpy(p + 36, "nk", 2);
	put16(p + 38, 0x2c);
	put32(p + 36 + 0x10, 0xffffffff);
	put16(p + 36 + 0x48, 1);
	p[36 + 0x4c] = 'R';
	put32(p + 32 + 88, 4064 - 88);
}

/* A hive of n bins; byte 100 of each bin's cells tells its version. */
static inline void build_hive(struct blob *b, uint32_t bins, uint32_t seq1,
                              uint32_t seq2)
{
	memset(b, 0, sizeof(*b));
	put_head(b->p, seq1, seq2, 0, bins * 4096);
	put_root(b->p + 4096);
	for (uint32_t i = 1; i < bins; i++)
		put_bin(b->p + 4096 + 4096 * i, 4096 * i);
	b->n = 4096 + 4096 * bins;
}

/* ---- Marvin32 ----------------------------------------------------------- */

static inline uint64_t marvin(const uint8_t *p, size_t n)
{
	uint64_t lo = 0x7a4e55c5, hi = 0x82ef4d88;
	const uint64_t m = 0xffffffffu;

	for (size_t i = 0; i <= n + 4; i += 4) {
		lo = (lo + (i < n ? at32(p + i) : i == n ? 0x80 : 0)) & m;
		hi ^= lo;
		lo = ((lo << 20 | lo >> 12) + hi) & m;
		hi = ((hi << 9 | hi >> 23) ^ lo) & m;
		lo = ((lo << 27 | lo >> 5) + hi) & m;
		hi = (hi << 19 | hi >> 13) & m;
	}
	return hi << 32 | lo;
}

static inline void hash_entry(uint8_t *e)
{
	put64(e + 24, marvin(e + 40, at32(e + 4) - 40));
	put64(e + 32, marvin(e, 32));
}

/* ---- logs --------------------------------------------------------------- */

static inline void begin_log(struct blob *b, uint32_t seq, uint32_t type,
                             uint32_t bins)
{
	memset(b, 0, sizeof(*b));
	put_head(b->p, seq, seq, type, bins * 4096);
	b->n = 512;
}

/* One page of a bin that says `mark`, for a hive of `bins` bins. */
static inline uint8_t *add_entry(struct blob *b, uint32_t seq, uint32_t bins,
                                 uint32_t bin, uint8_t mark)
{
	uint8_t *e = b->p + b->n;

	memcpy(e, "HvLE", 4);
	put32(e + 4, 4608);        /* size */
	put32(e + 12, seq);
	put32(e + 16, bins * 4096);
	put32(e + 20, 1);          /* pages */
	put32(e + 40, bin * 4096);
	put32(e + 44, 4096);
	if (bin)
		put_bin(e + 48, bin * 4096);
	else
		put_root(e + 48);
	e[48 + 1000] = mark;
	hash_entry(e);
	b->n += 4608;
	return e;
}

/* Sectors of the listed bins, whole, filled as above. */
static inline void add_dirt(struct blob *b, uint32_t bins, const int *list,
                            uint8_t mark)
{
	size_t at = (516 + bins + 511) / 512 * 512;

	memcpy(b->p + 512, "DIRT", 4);
	for (; *list >= 0; list++) {
		b->p[516 + *list] = 0xff; /* eight sectors are a bin */
		if (*list)
			put_bin(b->p + at, (uint32_t)*list * 4096);
		else
			put_root(b->p + at);
		b->p[at + 1000] = mark;
		at += 4096;
	}
	b->n = at;
}

#endif
