/*
 * bde_xts.c: AES-XTS of many small sectors.
 *
 * libcrypto takes one sector a call, which for 512 bytes costs as much as the
 * cipher itself.  So a batch of them is put together here:
 *
 *	T(k, 0)   = AES(key 2, number of sector k)
 *	T(k, j+1) = T(k, j) times x in GF(2^128)
 *	plain     = AES^-1(key 1, block ^ T(k, j)) ^ T(k, j)
 */
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/lint.h"
#include "bde/bde_sector.h"

static uint64_t little(uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

/* A pair of words, in whatever the processor has for that; else one by one. */
typedef uint64_t pair __attribute__((vector_size(16)));

struct block {
	uint64_t low, high;
};

static inline struct block load(const uint8_t *p)
{
	return (struct block){ le64_at(p), le64_at(p + 8) };
}

/* Remembers a tweak, and mixes it into its block. */
static inline void use(uint64_t *t, uint8_t *p, uint64_t low, uint64_t high)
{
	const pair v = { little(low), little(high) };
	pair x;

	memcpy(t, &v, sizeof(v));
	memcpy(&x, p, sizeof(x));
	x ^= v;
	memcpy(p, &x, sizeof(x));
}

/* The next tweaks of two sectors.  (Two words of 64 bits, not of one.) */
LINT_NOT("-Wanalyzer-shift-count-overflow")
static inline void step(pair *low, pair *high)
{
	pair carry = *low >> 63;

	*low = *low << 1 ^ (0x87 & (0 - (*high >> 63)));
	*high = *high << 1 | carry;
}
LINT_AGAIN

/* One sector of n words, from its first tweak. */
static void expand(uint64_t *t, uint8_t *p, const uint8_t *first, size_t n)
{
	struct block v = load(first);
	pair low = { v.low, 0 }, high = { v.high, 0 };

	for (size_t j = 0; j < n; j += 2) {
		use(t + j, p + 8 * j, low[0], high[0]);
		step(&low, &high);
	}
}

/* Four side by side: each step of one waits for the step before it. */
static void expand_four(uint64_t *t, uint8_t *p, const uint8_t *first,
                        size_t n)
{
	struct block a = load(first), b = load(first + 16);
	struct block c = load(first + 32), d = load(first + 48);
	pair low = { a.low, b.low }, high = { a.high, b.high };
	pair low2 = { c.low, d.low }, high2 = { c.high, d.high };

	for (size_t j = 0; j < n; j += 2, t += 2, p += 16) {
		use(t, p, low[0], high[0]);
		use(t + n, p + 8 * n, low[1], high[1]);
		use(t + 2 * n, p + 16 * n, low2[0], high2[0]);
		use(t + 3 * n, p + 24 * n, low2[1], high2[1]);
		step(&low, &high);
		step(&low2, &high2);
	}
}

static void mix(uint8_t *p, const uint64_t *t, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof(pair), t += 2, p += 16) {
		pair x, v;

		memcpy(&x, p, sizeof(x));
		memcpy(&v, t, sizeof(v));
		x ^= v;
		memcpy(p, &x, sizeof(x));
	}
}

bool hl_bde_xts_batch(struct bde_sector *s, uint64_t at, uint8_t *p, size_t n)
{
	size_t words = s->size / 8, count = n / s->size;
	uint64_t *t = s->tweaks;

	if (!hl_bde_numbers(s->tweak, at / s->size, 1, count, 1, s->scratch))
		return false;
	for (size_t k = 0; k + 4 <= count; k += 4)
		expand_four(t + k * words, p + k * s->size,
		            s->scratch + 16 * k, words);
	for (size_t k = count - count % 4; k < count; k++)
		expand(t + k * words, p + k * s->size, s->scratch + 16 * k,
		       words);
	if (!hl_aes_run(s->data, NULL, p, p, n))
		return false;
	mix(p, t, n);
	return true;
}
