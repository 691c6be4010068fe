/* match.h: copying what came out before, as LZ77 decoders do. */
#ifndef HL_MATCH_H
#define HL_MATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* len bytes from dist back; false: before the start, or past stop. */
static inline bool match_copy(uint8_t *out, size_t *pos, size_t stop,
                              uint64_t dist, uint64_t len)
{
	uint8_t *to = out + *pos;
	const uint8_t *from;

	if (!dist || dist > *pos || len > stop - *pos)
		return false;
	from = to - dist;
	*pos += (size_t)len;
	if (dist >= len) {
		memcpy(to, from, (size_t)len);
		return true;
	}
	/* Byte by byte: source and target overlap on purpose. */
	while (len--)
		*to++ = *from++;
	return true;
}

#endif
