/*
 * marvin.c: Marvin32.  Two words of state; each dword is added to the low
 * one and mixed; an end mark (0x80) and an empty dword close it.
 */
#include "base/banned.h"
#include "base/le.h"
#include "hive/marvin.h"

static inline uint32_t rotated(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static inline void add(struct marvin *m, uint32_t word)
{
	uint32_t lo = m->lo + word, hi = m->hi;

	hi ^= lo;
	lo = rotated(lo, 20) + hi;
	hi = rotated(hi, 9) ^ lo;
	lo = rotated(lo, 27) + hi;
	hi = rotated(hi, 19);
	m->lo = lo;
	m->hi = hi;
}

void hl_marvin_start(struct marvin *m)
{
	m->lo = 0x7A4E55C5; /* seed 0x82EF4D887A4E55C5 */
	m->hi = 0x82EF4D88;
}

void hl_marvin_feed(struct marvin *m, const void *p, size_t n)
{
	const uint8_t *b = p;
	struct marvin s = *m; /* so that it stays in registers */

	for (size_t i = 0; i + 4 <= n; i += 4)
		add(&s, le32_at(b + i));
	*m = s;
}

uint64_t hl_marvin_end(struct marvin *m)
{
	add(m, 0x80);
	add(m, 0);
	return (uint64_t)m->hi << 32 | m->lo;
}
