/*
 * xpress.c: XPRESS Huffman.  Each 64 KiB of output have a code of their own:
 *
 *	| 256 bytes: 512 lengths of 4 bits, low half first | bit stream |
 *
 *	symbol 0..255    a byte
 *	symbol 256..511  a match: low 4 bits length - 3, next 4 the number of
 *	                 bits of the distance below its highest one
 *	length 15        a byte follows, to be added; if it is 255 then 16
 *	                 bits that stand for all, if they are 0 then 32 bits
 *	then             the bits of the distance
 *
 * Those bytes lie between the units of the bit stream: behind the unit that
 * was needed to have 16 bits at hand.
 *
 * Nothing in the stream tells its end; symbol 256 there is only padding.
 */
#include "codec/xpress.h"

#include "base/banned.h"
#include "base/ckd.h"
#include "codec/huff.h"
#include "codec/match.h"

#define TABLE_BYTES 256
#define SYMBOLS 512

static bool read_code(struct bits *b, struct huff *h)
{
	uint8_t len[SYMBOLS];
	size_t i;

	if (bits_bytes_left(b) < TABLE_BYTES)
		return false;
	for (i = 0; i < TABLE_BYTES; i++) {
		len[2 * i] = b->p[i] & 15;
		len[2 * i + 1] = b->p[i] >> 4;
	}
	b->p += TABLE_BYTES;
	return hl_huff_make(h, len, SYMBOLS) == HL_OK;
}

static bool read_length(struct bits *b, unsigned symbol, uint64_t *len)
{
	uint32_t v = symbol & 15, more;

	if (v == 15) {
		if (!bits_raw(b, 1, &more))
			return false;
		v += more;
		if (more == 255) {
			if (!bits_raw(b, 2, &v) || (!v && !bits_raw(b, 4, &v)))
				return false;
			if (v < 15)
				return false;
		}
	}
	*len = (uint64_t)v + 3;
	return true;
}

static bool copy(struct bits *b, unsigned symbol, uint8_t *out, size_t *pos,
                 size_t want)
{
	unsigned n_bits = symbol >> 4 & 15, low;
	uint64_t len;

	bits_need(b, 16);
	if (!read_length(b, symbol, &len) || !bits_take(b, n_bits, &low))
		return false;
	return match_copy(out, pos, want, (1u << n_bits) | low, len);
}

/* What one code stands for; a match may reach beyond, up to want. */
static bool block(struct bits *b, uint8_t *out, size_t *pos, size_t want)
{
	size_t stop = *pos + (size_t)min_u64(XPRESS_BLOCK, want - *pos);
	struct huff h;
	unsigned symbol;

	if (!read_code(b, &h))
		return false;
	while (*pos < stop) {
		if (!hl_huff_get(&h, b, &symbol))
			return false;
		if (symbol < 256)
			out[(*pos)++] = (uint8_t)symbol;
		else if (!copy(b, symbol, out, pos, want))
			return false;
	}
	/* The next table lies behind the unit that is at hand. */
	bits_need(b, 16);
	b->n = 0;
	b->buf = 0;
	return true;
}

enum hl_status hl_xpress_decode(struct span in, void *out, size_t want,
                                size_t *got)
{
	struct bits b = bits_of(in);
	size_t pos = 0;

	*got = 0;
	while (pos < want) {
		if (!block(&b, out, &pos, want))
			return HL_CORRUPT;
		*got = pos;
	}
	return HL_OK;
}
