/*
 * lzx.c: LZX with a window of 32 KiB that begins anew with each chunk.
 *
 *	chunk: blocks until all is out; then the targets of x86 calls, which
 *	       were made absolute, are made relative again
 *	block: | type 3 | 1: size is 32768, or 0 and size 16 | codes | symbols |
 *	type:  1 verbatim, 2 aligned, 3 stored
 *
 *	codes      aligned only: 8 lengths of 3 bits; then code lengths of the
 *	           first 256 main symbols, of the other 240, of 249 lengths,
 *	           each with a small code of 20 lengths of 4 bits before it
 *	symbol     0..255 a byte; else a match: low 3 bits length - 2 (7: a
 *	           length symbol is added), the rest the slot of its distance
 *	slot       0..2 a distance used lately; else base and some more bits,
 *	           of which in an aligned block the low 3 are a symbol
 *	stored     to the next unit; 3 distances of 32 bits; bytes; to an even
 *	           number of them
 */
#include "codec/lzx.h"

#include "base/banned.h"
#include "codec/huff.h"
#include "codec/match.h"

#define SLOTS 30
#define MAIN_SYMBOLS (256 + 8 * SLOTS)
#define LENGTH_SYMBOLS 249
#define ALIGNED_SYMBOLS 8
#define PRE_SYMBOLS 20
enum { VERBATIM = 1, ALIGNED, STORED };

/* What WIM takes for the size of the file in the translation of calls. */
#define CALL_SPAN 12000000

struct lzx {
	struct bits b;
	uint8_t *out;
	size_t pos, want;
	uint32_t recent[3];
	/* Lengths stay: a block tells only what differs. */
	uint8_t main_len[MAIN_SYMBOLS], length_len[LENGTH_SYMBOLS];
	struct huff main, length, other; /* other: aligned or the small one */
};

/* ---- codes --------------------------------------------------------------- */

static bool read_pre(struct lzx *z)
{
	uint8_t len[PRE_SYMBOLS];
	unsigned i, v;

	for (i = 0; i < PRE_SYMBOLS; i++) {
		if (!bits_take(&z->b, 4, &v))
			return false;
		len[i] = (uint8_t)v;
	}
	return hl_huff_make(&z->other, len, PRE_SYMBOLS) == HL_OK;
}

/* One symbol of the small code: how many lengths get which difference; *zero:
 * they become 0 instead. */
static bool read_run(struct lzx *z, size_t *run, unsigned *less, bool *zero)
{
	unsigned more;

	if (!hl_huff_get(&z->other, &z->b, less))
		return false;
	*run = 1;
	*zero = *less == 17 || *less == 18;
	if (*less < 17)
		return true;
	if (!bits_take(&z->b, *less == 17 ? 4 : *less == 18 ? 5 : 1, &more))
		return false;
	*run = more + (*less == 18 ? 20 : 4);
	if (*zero)
		return true;
	return hl_huff_get(&z->other, &z->b, less) && *less < 17;
}

static bool read_lengths(struct lzx *z, uint8_t *len, size_t n)
{
	unsigned less;
	size_t i = 0, run;
	uint8_t v;
	bool zero;

	if (!read_pre(z))
		return false;
	while (i < n) {
		if (!read_run(z, &run, &less, &zero) || run > n - i)
			return false;
		v = zero ? 0 : (uint8_t)((len[i] + 17 - less) % 17);
		memset(len + i, v, run);
		i += run;
	}
	return true;
}

static bool read_codes(struct lzx *z, unsigned type)
{
	uint8_t aligned[ALIGNED_SYMBOLS] = { 0 };
	unsigned i, v;

	for (i = 0; type == ALIGNED && i < ALIGNED_SYMBOLS; i++) {
		if (!bits_take(&z->b, 3, &v))
			return false;
		aligned[i] = (uint8_t)v;
	}
	return read_lengths(z, z->main_len, 256) &&
	       read_lengths(z, z->main_len + 256, MAIN_SYMBOLS - 256) &&
	       hl_huff_make(&z->main, z->main_len, MAIN_SYMBOLS) == HL_OK &&
	       read_lengths(z, z->length_len, LENGTH_SYMBOLS) &&
	       hl_huff_make(&z->length, z->length_len, LENGTH_SYMBOLS) ==
	       HL_OK &&
	       hl_huff_make(&z->other, aligned, ALIGNED_SYMBOLS) == HL_OK;
}

/* ---- matches ------------------------------------------------------------- */

static bool read_distance(struct lzx *z, unsigned slot, bool aligned,
                          uint32_t *dist)
{
	unsigned extra = slot < 4 ? 0 : slot / 2 - 1, high, low = 0;

	if (slot < 3) {
		/* The one used comes to the front; the others do not move. */
		*dist = z->recent[slot];
		z->recent[slot] = z->recent[0];
		z->recent[0] = *dist;
		return true;
	}
	if (aligned && extra >= 3) {
		if (!bits_take(&z->b, extra - 3, &high) ||
		    !hl_huff_get(&z->other, &z->b, &low))
			return false;
		low |= high << 3;
	} else if (!bits_take(&z->b, extra, &low)) {
		return false;
	}
	*dist = ((2 | (slot & 1)) << (slot / 2 - 1)) + low - 2;
	z->recent[2] = z->recent[1];
	z->recent[1] = z->recent[0];
	z->recent[0] = *dist;
	return true;
}

static bool read_match(struct lzx *z, unsigned symbol, bool aligned,
                       size_t stop)
{
	unsigned len = symbol & 7, more = 0;
	uint32_t dist;

	if (len == 7 && !hl_huff_get(&z->length, &z->b, &more))
		return false;
	if (!read_distance(z, (symbol - 256) >> 3, aligned, &dist))
		return false;
	return match_copy(z->out, &z->pos, stop, dist, len + more + 2);
}

/* ---- blocks -------------------------------------------------------------- */

static bool packed_block(struct lzx *z, unsigned type, size_t size)
{
	size_t stop = z->pos + size;
	unsigned symbol;

	if (!read_codes(z, type))
		return false;
	while (z->pos < stop) {
		if (!hl_huff_get(&z->main, &z->b, &symbol))
			return false;
		if (symbol < 256)
			z->out[z->pos++] = (uint8_t)symbol;
		else if (!read_match(z, symbol, type == ALIGNED, stop))
			return false;
	}
	return true;
}

static bool stored_block(struct lzx *z, size_t size)
{
	struct bits *b = &z->b;
	unsigned i;

	/* A whole unit goes when the header ended with one; units taken
	 * beyond that are given back. */
	bits_need(b, 1);
	if (!b->n)
		return false;
	b->p -= (size_t)((b->n - 1) / 16) * 2;
	b->n = 0;
	b->buf = 0;
	for (i = 0; i < 3; i++)
		if (!bits_raw(b, 4, &z->recent[i]))
			return false;
	if (bits_bytes_left(b) < size)
		return false;
	memcpy(z->out + z->pos, b->p, size);
	z->pos += size;
	b->p += size;
	if (size % 2 && bits_bytes_left(b))
		b->p++;
	return true;
}

static bool read_block(struct lzx *z)
{
	unsigned type, whole, size = LZX_CHUNK;

	if (!bits_take(&z->b, 3, &type) || !bits_take(&z->b, 1, &whole) ||
	    (!whole && !bits_take(&z->b, 16, &size)))
		return false;
	if (!size || size > z->want - z->pos)
		return false;
	if (type == STORED)
		return stored_block(z, size);
	return (type == VERBATIM || type == ALIGNED) &&
	       packed_block(z, type, size);
}

/* A target that was made absolute is less than CALL_SPAN; what would have
 * been one of those without being made so lies just below zero. */
static void undo_call(uint8_t *p, uint32_t at)
{
	uint32_t v = le32_at(p);
	unsigned i;

	if (v < CALL_SPAN)
		v -= at;
	else if (v >= 0u - at && at)
		v += CALL_SPAN;
	else
		return;
	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void undo_calls(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; n > 10 && i < n - 10; i++)
		if (p[i] == 0xe8) {
			undo_call(p + i + 1, (uint32_t)i);
			i += 4;
		}
}

enum hl_status hl_lzx_decode(struct span in, void *out, size_t want,
                             size_t *got)
{
	struct lzx z;

	*got = 0;
	if (want > LZX_CHUNK)
		return HL_UNSUPPORTED;
	z.b = bits_of(in);
	z.out = out;
	z.pos = 0;
	z.want = want;
	z.recent[0] = z.recent[1] = z.recent[2] = 1;
	memset(z.main_len, 0, sizeof(z.main_len));
	memset(z.length_len, 0, sizeof(z.length_len));
	while (z.pos < want)
		if (!read_block(&z))
			return HL_CORRUPT;
	undo_calls(out, want);
	*got = want;
	return HL_OK;
}
