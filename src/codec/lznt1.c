/*
 * lznt1.c: LZNT1, chunks of up to 4096 bytes that stand for themselves.
 *
 *	chunk:  | header 16 | body |
 *	header: bit 15 compressed, 14..12 signature 3, 11..0 body bytes - 1;
 *	        a header of zero ends the stream
 *	body:   | flags 8 | eight tokens |  bit 0 first; 0 a byte, 1 a pair
 *	pair:   16 bits: high part distance - 1, low part length - 3; the split
 *	        moves as the position in the chunk grows
 */
#include "codec/lznt1.h"

#include "base/banned.h"
#include "base/le.h"

#include <string.h>

/* Bits of the distance at a position: 4 up to 16 bytes, then one more at
 * each power of two. */
static unsigned distance_bits(size_t pos)
{
	unsigned bits = 4;

	while (bits < 12 && pos > (size_t)1 << bits)
		bits++;
	return bits;
}

/* One pair; false when it points before the chunk. */
static bool copy_pair(uint16_t pair, uint8_t *out, size_t *pos, size_t max)
{
	unsigned len_bits = 16 - distance_bits(*pos);
	size_t dist = (size_t)(pair >> len_bits) + 1;
	size_t len = (pair & ((1u << len_bits) - 1)) + 3;

	if (dist > *pos)
		return false;
	/* Byte by byte: source and target overlap on purpose. */
	for (; len && *pos < max; len--, (*pos)++)
		out[*pos] = out[*pos - dist];
	/* More than a whole chunk is damage; less was asked for is not. */
	return !len || max < LZNT1_CHUNK;
}

/* A compressed body into out; *pos bytes came out. */
static enum hl_status body(struct span in, uint8_t *out, size_t max,
                           size_t *pos)
{
	size_t i = 0;

	*pos = 0;
	while (i < in.n && *pos < max) {
		unsigned flags = in.p[i++], k;

		for (k = 0; k < 8 && i < in.n && *pos < max; k++) {
			if (!(flags >> k & 1)) {
				out[(*pos)++] = in.p[i++];
				continue;
			}
			if (in.n - i < 2 ||
			    !copy_pair(le16_at(in.p + i), out, pos, max))
				return HL_CORRUPT;
			i += 2;
		}
	}
	return HL_OK;
}

static enum hl_status chunk(struct span in, bool packed, uint8_t *out,
                            size_t max, size_t *pos)
{
	if (packed)
		return body(in, out, max, pos);
	*pos = in.n < max ? in.n : max;
	memcpy(out, in.p, *pos);
	return HL_OK;
}

enum hl_status hl_lznt1_decode(struct span in, void *out, size_t want,
                               size_t *got)
{
	uint8_t *o = out;
	size_t at = 0, n;
	struct span s;

	*got = 0;
	while (*got < want && span_has(in, at, 2)) {
		unsigned head = le16_at(in.p + at);
		size_t max = want - *got;

		if (!head)
			break;
		/* The chunk before was short: it was not the last one. */
		if (*got % LZNT1_CHUNK) {
			size_t pad = LZNT1_CHUNK - *got % LZNT1_CHUNK;

			pad = pad < max ? pad : max;
			memset(o + *got, 0, pad);
			*got += pad;
			continue;
		}
		if ((head >> 12 & 7) != 3 ||
		    !span_sub(in, at + 2, (head & 0xfff) + 1, &s))
			return HL_CORRUPT;
		if (chunk(s, head & 0x8000, o + *got,
		          max < LZNT1_CHUNK ? max : LZNT1_CHUNK, &n))
			return HL_CORRUPT;
		*got += n;
		at += 2 + s.n;
	}
	return HL_OK;
}
