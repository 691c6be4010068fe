/*
 * huff.h: canonical Huffman codes of up to 512 symbols and 16 bits: shorter
 * codewords first, those of one length in the order of their symbols.
 */
#ifndef HL_HUFF_H
#define HL_HUFF_H

#include "codec/bits.h"
#include "hivelift/status.h"

#define HUFF_SYMBOLS 512
#define HUFF_LONGEST 16
#define HUFF_FAST 10 /* bits looked up at once */

struct huff {
	uint16_t fast[1 << HUFF_FAST];    /* symbol << 5 | length; 0: longer */
	uint32_t limit[HUFF_LONGEST + 1]; /* first code that is longer, as if
	                                     it had 16 bits */
	int32_t base[HUFF_LONGEST + 1];   /* index in sorted, less the code */
	uint16_t sorted[HUFF_SYMBOLS];    /* symbols by codeword */
};

/*
 * The code of n symbols with those lengths in bits; 0: not used.  A code
 * without any symbol is fine until one is asked for.
 * HL_OK; HL_CORRUPT: too many codewords or too few for their lengths
 */
enum hl_status hl_huff_make(struct huff *h, const uint8_t *len,
                            size_t n) HL_MUST_CHECK;

/* The next symbol; false: none, or the input ends within it. */
bool hl_huff_get(const struct huff *h, struct bits *b, unsigned *symbol);

#endif
