/*
 * carve_packed.c: the beginning of what NTFS has compressed.
 *
 *	| chunk header 16 | flags 8 | "regf" or "hbin" …
 *
 * The first four letters differ from one another, so that a compressor has
 * nothing to refer to: they stand there as they are.
 */
#include <string.h>

#include "base/banned.h"
#include "codec/lznt1.h"
#include "hive/carve.h"

bool hl_carve_packed_hint(const uint8_t *p)
{
	return (p[1] & 0xf0) == 0xb0 && (p[2] & 0x0f) == 0 &&
	       (memcmp(p + 3, "regf", 4) == 0 ||
	        memcmp(p + 3, "hbin", 4) == 0);
}

/* Bytes that the chunks of one unit take, the mark of the end too. */
static size_t stored_of(struct span in, size_t unit)
{
	size_t at = 0, out = 0;

	while (out < unit && span_has(in, at, 2)) {
		unsigned head = le16_at(in.p + at);
		size_t n = 2 + (size_t)(head & 0xfff) + 1;

		if (!head)
			return at + 2;
		if ((head >> 12 & 7) != 3 || !span_has(in, at, n))
			break;
		at += n;
		out += LZNT1_CHUNK;
	}
	return at;
}

bool hl_carve_unpack(struct span in, uint8_t *out, size_t unit, size_t *got,
                     size_t *stored)
{
	struct span s;

	*got = 0;
	*stored = stored_of(in, unit);
	if (!span_sub(in, 0, *stored, &s) || s.n < 3)
		return false;
	return hl_lznt1_decode(s, out, unit, got) == HL_OK && *got;
}
