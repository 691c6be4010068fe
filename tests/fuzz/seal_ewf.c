/* seal_ewf.c: see seal.h; the sections of one E01 segment. */
#include <string.h>
#include <zlib.h>

#include "seal.h"

#define HEAD 76

static void adler(uint8_t *p, size_t room, size_t n)
{
	if (n <= room && room - n >= 4)
		seal_put32(p + n, (uint32_t)adler32(1, p, (uInt)n));
}

/* Entries of `unit` bytes behind a header of `head`, then their sum. */
static void list(uint8_t *b, size_t room, size_t head, size_t unit)
{
	adler(b, room, head - 4);
	if (room < head)
		return;
	uint64_t bytes = (uint64_t)seal_get32(b) * unit;
	if (bytes <= room - head)
		adler(b + head, room - head, (size_t)bytes);
}

static void body(const uint8_t *type, uint8_t *b, size_t room)
{
	if (!memcmp(type, "volume", 6) || !memcmp(type, "disk", 4) ||
	    !memcmp(type, "data", 4))
		adler(b, room, room >= 1052 ? 1048 : 90);
	else if (!memcmp(type, "table", 5))
		list(b, room, 24, 4);
	else if (!memcmp(type, "error2", 6))
		list(b, room, 520, 8);
	else if (!memcmp(type, "hash", 4))
		adler(b, room, 32);
	else if (!memcmp(type, "digest", 6))
		adler(b, room, 76);
}

void seal_ewf(uint8_t *p, size_t n)
{
	size_t at = 13;

	for (int i = 0; i < 64 && n - at >= HEAD; i++) {
		uint64_t next = seal_get64(p + at + 16);
		uint64_t size = seal_get64(p + at + 24);
		size_t room = n - at - HEAD;
		if (size >= HEAD && size - HEAD < room)
			room = (size_t)size - HEAD;
		adler(p + at, n - at, HEAD - 4);
		body(p + at, p + at + HEAD, room);
		if (next <= at || next > n)
			return;
		at = (size_t)next;
	}
}
