/*
 * bits.h: the bit stream that XPRESS Huffman and LZX share: 16-bit units,
 * little-endian, highest bit first.  Whole bytes may stand between units, so
 * a unit is taken only when its bits are wanted, and never one too many.
 * Bits behind the end are not there: nothing is decoded from made-up zeros.
 */
#ifndef HL_BITS_H
#define HL_BITS_H

#include "base/le.h"
#include "base/span.h"

struct bits {
	const uint8_t *p, *end;
	uint32_t buf; /* the next bit is the highest */
	unsigned n;   /* bits in buf */
};

static inline struct bits bits_of(struct span s)
{
	return (struct bits){ .p = s.p, .end = s.p + s.n };
}

static inline size_t bits_bytes_left(const struct bits *b)
{
	return (size_t)(b->end - b->p);
}

/* Have n bits at hand (1 to 16), or as many as there are. */
static inline void bits_need(struct bits *b, unsigned n)
{
	if (b->n >= n || bits_bytes_left(b) < 2)
		return;
	b->buf |= (uint32_t)le16_at(b->p) << (16 - b->n);
	b->p += 2;
	b->n += 16;
}

/* n <= b->n */
static inline void bits_drop(struct bits *b, unsigned n)
{
	b->buf <<= n;
	b->n -= n;
}

/* The next n bits (0 to 16); false: they are not there. */
static inline bool bits_take(struct bits *b, unsigned n, unsigned *out)
{
	*out = 0;
	if (n == 0)
		return true;
	bits_need(b, n);
	if (b->n < n)
		return false;
	*out = b->buf >> (32 - n);
	bits_drop(b, n);
	return true;
}

/* The next n whole bytes (up to 4) as an integer; those before the units
 * that are not taken yet. */
static inline bool bits_raw(struct bits *b, unsigned n, uint32_t *out)
{
	unsigned i;

	*out = 0;
	if (bits_bytes_left(b) < n)
		return false;
	for (i = 0; i < n; i++)
		*out |= (uint32_t)b->p[i] << 8 * i;
	b->p += n;
	return true;
}

#endif
