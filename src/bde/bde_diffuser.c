/*
 * bde_diffuser.c: the Elephant diffuser, backwards: it spreads each bit of a
 * sector over all of it before AES-CBC ("AES-CBC + Elephant diffuser", N.
 * Ferguson, 2006).  Words are little-endian; indexes go round.
 */
#include "base/banned.h"
#include "base/le.h"
#include "bde/bde.h"

static uint32_t rotate(uint32_t v, unsigned by)
{
	return by ? v << by | v >> (32 - by) : v;
}

static void put(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

#define WORDS 1024 /* of the largest sector */

static void spread(uint32_t *d, size_t n, unsigned cycles, size_t a, size_t b,
                   const unsigned by[4])
{
	while (cycles--)
		for (size_t i = 0; i < n; i++)
			d[i] += d[(i + a) & (n - 1)] ^
			        rotate(d[(i + b) & (n - 1)], by[i & 3]);
}

void hl_bde_undiffuse(uint8_t *sector, size_t n, const uint8_t tweak[32])
{
	static const unsigned by_a[4] = { 9, 0, 13, 0 };
	static const unsigned by_b[4] = { 0, 10, 0, 25 };
	uint32_t d[WORDS];
	size_t words = n / 4;

	for (size_t i = 0; i < words; i++)
		d[i] = le32_at(sector + 4 * i);
	spread(d, words, 3, 2, 5, by_b);
	spread(d, words, 5, words - 2, words - 5, by_a);
	for (size_t i = 0; i < words; i++)
		put(sector + 4 * i, d[i] ^ le32_at(tweak + 4 * (i & 7)));
}
