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
#include "bde/bde_sector.h"

static uint64_t little(uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

struct block {
	uint64_t low, high;
};

static inline struct block load(const uint8_t *p)
{
	return (struct block){ le64_at(p), le64_at(p + 8) };
}

static inline void mix_word(uint8_t *p, uint64_t t)
{
	uint64_t v;

	memcpy(&v, p, 8);
	v ^= t;
	memcpy(p, &v, 8);
}

/* Remembers one tweak, mixes it into its block; the next one. */
static inline struct block use(uint64_t *t, uint8_t *p, struct block v)
{
	t[0] = little(v.low);
	t[1] = little(v.high);
	mix_word(p, t[0]);
	mix_word(p + 8, t[1]);
	return (struct block){ v.low << 1 ^ (0x87 & (0 - (v.high >> 63))),
	                       v.high << 1 | v.low >> 63 };
}

/* One sector of n words, from its first tweak. */
static void expand(uint64_t *t, uint8_t *p, const uint8_t *first, size_t n)
{
	struct block v = load(first);

	for (size_t j = 0; j < n; j += 2)
		v = use(t + j, p + 8 * j, v);
}

/* Four side by side: each step of one waits for the step before it. */
static void expand_four(uint64_t *t, uint8_t *p, const uint8_t *first,
                        size_t n)
{
	struct block a = load(first), b = load(first + 16);
	struct block c = load(first + 32), d = load(first + 48);

	for (size_t j = 0; j < n; j += 2, t += 2, p += 16) {
		a = use(t, p, a);
		b = use(t + n, p + 8 * n, b);
		c = use(t + 2 * n, p + 16 * n, c);
		d = use(t + 3 * n, p + 24 * n, d);
	}
}

static void mix(uint8_t *p, const uint64_t *t, size_t n)
{
	for (size_t i = 0; i < n / 8; i++)
		mix_word(p + 8 * i, t[i]);
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
