/*
 * mutate.c: libFuzzer's mutator for every target.  Half of the time it
 * changes bytes as libFuzzer does; half of the time it goes to a structure
 * (seal.h) and gives a few of its fields values that have hurt parsers
 * before.  Then, but for one time in eight, the checksums are made right.
 */
#include <string.h>

#include "seal.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

#define PLACES 512

/* xorshift64: the same for one seed */
static uint64_t below(uint64_t *state, uint64_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return limit ? *state % limit : 0;
}

static uint64_t odd_value(uint64_t *state, const uint8_t *p, size_t n)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 0x10, 0x18, 0x38, 0x48, 0x7f, 0x80, 0xff,
		0x100, 0x1fe, 0x200, 0x3ff, 0x400, 0x7fff, 0x8000, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
		INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 7, UINT64_MAX,
	};

	switch (below(state, 4)) {
	case 0: /* what stands elsewhere */
		if (n >= 8)
			return seal_get64(p + below(state, n - 7));
		return n;
	case 1: /* about the size of it all */
		return n / (1 + below(state, 3)) - 2 + below(state, 5);
	default:
		return edges[below(state, sizeof(edges) / sizeof(*edges))];
	}
}

/* A field of 1, 2, 4 or 8 bytes, where fields of that size stand. */
static void field(uint8_t *p, size_t n, uint64_t *state)
{
	size_t width = (size_t)1 << below(state, 4);
	uint64_t v;

	if (n < width)
		return;
	uint8_t *at = p + below(state, (n - width) / width + 1) * width;
	switch (below(state, 4)) {
	case 0: /* a little more or less */
		v = below(state, 16);
		at[0] = (uint8_t)(at[0] + v - 8);
		return;
	case 1:
		at[below(state, width)] ^= (uint8_t)(1u << below(state, 8));
		return;
	default:
		v = odd_value(state, p, n);
		for (size_t i = 0; i < width; i++)
			at[i] = (uint8_t)(v >> 8 * i);
		return;
	}
}

/* Some fields of one structure; most of what matters stands early in it. */
static void structure(uint8_t *p, size_t n, uint64_t *state)
{
	static const size_t reach[] = { 64, 128, 512, 1024, 4096 };
	size_t place[PLACES], found = seal_find(p, n, place, PLACES);
	size_t at = found ? place[below(state, found)] : 0;
	size_t room = reach[below(state, 5)];

	if (found && below(state, 16) == 0) { /* one in place of another */
		size_t from = place[below(state, found)];
		size_t len = n - (from > at ? from : at);
		memmove(p + at, p + from, len < 1024 ? len : 1024);
		return;
	}
	room = room < n - at ? room : n - at;
	for (uint64_t i = below(state, 4) + 1; i; i--)
		field(p + at, room, state);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed)
{
	uint64_t state = 0x9e3779b97f4a7c15u ^ seed;

	below(&state, 1);
	below(&state, 1);
	if (size == 0 || below(&state, 2))
		size = LLVMFuzzerMutate(data, size, max);
	else
		structure(data, size, &state);
	if (size && below(&state, 8))
		seal(data, size);
	return size;
}
