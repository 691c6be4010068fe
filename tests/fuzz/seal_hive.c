/* seal_hive.c: see seal.h; base blocks and log entries. */
#include "seal.h"

void seal_base_block(uint8_t *p, size_t n, size_t at)
{
	uint32_t sum = 0;

	if (n - at < 512)
		return;
	for (size_t i = 0; i < 508; i += 4)
		sum ^= seal_get32(p + at + i);
	if (sum == 0)
		sum = 1;
	if (sum == UINT32_MAX)
		sum = UINT32_MAX - 1;
	seal_put32(p + at + 508, sum);
}

static uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void mix(uint32_t s[2], uint32_t add)
{
	s[0] += add;
	s[1] ^= s[0];
	s[0] = rotl(s[0], 20) + s[1];
	s[1] = rotl(s[1], 9) ^ s[0];
	s[0] = rotl(s[0], 27) + s[1];
	s[1] = rotl(s[1], 19);
}

static void marvin(const uint8_t *p, size_t n, uint8_t *to)
{
	uint32_t s[2] = { 0x7a4e55c5, 0x82ef4d88 };

	for (size_t i = 0; i + 4 <= n; i += 4)
		mix(s, seal_get32(p + i));
	mix(s, 0x80);
	mix(s, 0);
	seal_put32(to, s[0]);
	seal_put32(to + 4, s[1]);
}

void seal_hvle(uint8_t *p, size_t n, size_t at)
{
	uint8_t *e = p + at;

	if (n - at < 40)
		return;
	uint32_t size = seal_get32(e + 4);
	if (size > 40 && size <= n - at)
		marvin(e + 40, size - 40, e + 24);
	marvin(e, 32, e + 32);
}
