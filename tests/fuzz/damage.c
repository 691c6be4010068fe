/* damage.c: see damage.h. */
#include <string.h>

#include "damage.h"

/* xorshift64: the same numbers everywhere */
static uint64_t below(uint64_t *state, uint64_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return limit ? *state % limit : 0;
}

static void everywhere(uint8_t *p, size_t *n, uint64_t *state)
{
	static const uint8_t edges[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };

	if (*n && below(state, 8) == 0)
		*n = (size_t)below(state, *n);
	for (size_t i = 0; *n && i <= *n / 100; i++) {
		uint64_t r = below(state, UINT64_MAX);
		p[r % *n] = r & 1u << 31 ? edges[(r >> 32) % 5] :
			(uint8_t)(r >> 40);
	}
}

/* A sector that holds something; damage to empty space finds nothing. */
static size_t used_sector(const uint8_t *p, size_t n, uint64_t *state)
{
	static const uint8_t zeros[512];

	for (int tries = 0; tries < 64; tries++) {
		size_t s = (size_t)below(state, n / 512) * 512;
		if (memcmp(p + s, zeros, 512) != 0)
			return s;
	}
	return 0;
}

static void one_place(uint8_t *p, size_t *n, uint64_t *state)
{
	static const uint8_t huge[8] = { 0xff, 0xff, 0xff, 0x7f,
	                                 0xff, 0xff, 0xff, 0xff };
	size_t s = used_sector(p, *n, state), other;
	size_t at = s + (size_t)below(state, 512 - 8);

	switch (below(state, 12)) {
	case 0:
		memset(p + s, 0, 512);
		break;
	case 1:
		other = used_sector(p, *n, state);
		memmove(p + s, p + other, 512);
		break;
	case 2:
		memcpy(p + at, huge, 1u << below(state, 4));
		break;
	case 3:
		memset(p + at, 0, 1u << below(state, 4));
		break;
	case 4:
		if (below(state, 8) == 0)
			*n = 1024 + (size_t)below(state, *n - 1023);
		break;
	case 5:
		p[at] = (uint8_t)below(state, 256);
		break;
	default:
		p[at] ^= (uint8_t)(1u << below(state, 8));
		break;
	}
}

void damage(uint8_t *p, size_t *n, uint64_t *state)
{
	if (*n < 1024 || below(state, 2)) {
		everywhere(p, n, state);
		return;
	}
	for (uint64_t i = below(state, 8) + 1; i; i--)
		one_place(p, n, state);
}
