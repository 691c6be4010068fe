/* huff.c: canonical Huffman codes: a table for short ones, limits for long. */
#include "codec/huff.h"

#include <string.h>

#include "base/banned.h"

/* The codewords of one length: where they begin, and is there room? */
static bool place(struct huff *h, unsigned len, unsigned count,
                  uint32_t *code, uint32_t *index)
{
	if (count > (1u << len) - *code)
		return false;
	h->base[len] = (int32_t)*index - (int32_t)*code;
	*code += count;
	*index += count;
	h->limit[len] = *code << (HUFF_LONGEST - len);
	return true;
}

/* All that begin with a short codeword lead to its symbol. */
static void fill_fast(struct huff *h, const unsigned *count)
{
	unsigned len, i, index = 0, at = 0;

	memset(h->fast, 0, sizeof(h->fast));
	for (len = 1; len <= HUFF_FAST; len++)
		for (i = 0; i < count[len]; i++, index++) {
			unsigned stop = at + (1u << (HUFF_FAST - len));

			while (at < stop)
				h->fast[at++] = (uint16_t)
					(h->sorted[index] << 5 | len);
		}
}

enum hl_status hl_huff_make(struct huff *h, const uint8_t *len, size_t n)
{
	unsigned count[HUFF_LONGEST + 1] = { 0 }, k;
	uint32_t next[HUFF_LONGEST + 1] = { 0 }, code = 0, index = 0;
	size_t i;

	if (n > HUFF_SYMBOLS)
		return HL_CORRUPT;
	for (i = 0; i < n; i++) {
		if (len[i] > HUFF_LONGEST)
			return HL_CORRUPT;
		count[len[i]]++;
	}
	count[0] = 0;
	memset(h->limit, 0, sizeof(h->limit));
	for (k = 1; k <= HUFF_LONGEST; k++) {
		code <<= 1;
		next[k] = index;
		if (!place(h, k, count[k], &code, &index))
			return HL_CORRUPT;
	}
	if (index && code != 1u << HUFF_LONGEST)
		return HL_CORRUPT; /* some bits would mean nothing */
	for (i = 0; i < n; i++)
		if (len[i])
			h->sorted[next[len[i]]++] = (uint16_t)i;
	fill_fast(h, count);
	return HL_OK;
}

bool hl_huff_get(const struct huff *h, struct bits *b, unsigned *symbol)
{
	unsigned peek, fast, len;

	bits_need(b, HUFF_LONGEST);
	peek = b->buf >> 16;
	fast = h->fast[peek >> (16 - HUFF_FAST)];
	if (fast) {
		len = fast & 31;
		*symbol = fast >> 5;
	} else {
		for (len = HUFF_FAST + 1; len <= HUFF_LONGEST; len++)
			if (peek < h->limit[len])
				break;
		if (len > HUFF_LONGEST)
			return false;
		*symbol = h->sorted[h->base[len] +
		                    (int32_t)(peek >> (16 - len))];
	}
	if (len > b->n)
		return false;
	bits_drop(b, len);
	return true;
}
