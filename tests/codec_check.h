/*
 * codec_check.h: what holds for every decoder that is told the exact size:
 * streams built bit by bit, cut anywhere, with any bit wrong, and the same
 * streams in the eyes of libwim.
 */
#ifndef HL_CODEC_CHECK_H
#define HL_CODEC_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "testing.h"
#include "wim_oracle.h"

/* ---- a stream of 16-bit units, highest bit first ------------------------- */

struct stream {
	uint8_t p[1024];
	size_t n;      /* bytes */
	size_t unit;   /* where the unit lies that takes bits */
	unsigned left; /* bits it can still take */
};

static inline void put_bits(struct stream *s, unsigned n, unsigned v)
{
	while (n--) {
		if (!s->left) {
			s->unit = s->n;
			s->n += 2;
			s->left = 16;
			ck_assert_uint_le(s->n, sizeof(s->p));
		}
		s->left--;
		if (v >> n & 1)
			s->p[s->unit + s->left / 8] |=
				(uint8_t)(1u << s->left % 8);
	}
}

static inline void put_bytes(struct stream *s, const void *p, size_t n)
{
	ck_assert_uint_le(s->n + n, sizeof(s->p));
	memcpy(s->p + s->n, p, n);
	s->n += n;
}

/* ---- decoding ------------------------------------------------------------ */

/* Input and output in blocks of just their size. */
static inline enum hl_status decode(int codec, const uint8_t *in, size_t n,
                                    uint8_t *out, size_t want, size_t *got)
{
	uint8_t *p = tight(in, n), *o = malloc(want ? want : 1);
	enum hl_status st;

	memset(o, 0xee, want);
	st = hl_codec_decode(codec, span_of(p, n), o, want, got);
	ck_assert_uint_le(*got, want);
	if (want)
		memcpy(out, o, want);
	free(o);
	free(p);
	return st;
}

static inline void decodes_to(int codec, const uint8_t *in, size_t n,
                              const void *want, size_t n_want)
{
	uint8_t *out = malloc(n_want + 1);
	size_t got;

	ck_assert_int_eq(decode(codec, in, n, out, n_want, &got), HL_OK);
	ck_assert_uint_eq(got, n_want);
	ck_assert(!memcmp(out, want, n_want));
	free(out);
}

static inline void is_corrupt(int codec, const uint8_t *in, size_t n,
                              size_t n_want)
{
	uint8_t *out = malloc(n_want + 1);
	size_t got;

	ck_assert_int_eq(decode(codec, in, n, out, n_want, &got), HL_CORRUPT);
	ck_assert_uint_eq(got, 0);
	free(out);
}

/* A shorter input is corrupt, or else it did not need those bytes. */
static inline void every_cut(int codec, const uint8_t *in, size_t n,
                             const void *want, size_t n_want)
{
	uint8_t *out = malloc(n_want + 1);
	size_t k, got, good = 0;

	for (k = 0; k < n; k++) {
		enum hl_status st = decode(codec, in, k, out, n_want, &got);

		if (st == HL_OK) {
			ck_assert(!memcmp(out, want, n_want));
			good++;
		} else {
			ck_assert_int_eq(st, HL_CORRUPT);
			ck_assert_uint_eq(good, 0); /* shorter was enough */
		}
	}
	/* the last units and an end mark, and no more */
	ck_assert_uint_le(good, 6);
	free(out);
}

/* Any bit wrong, or none: no crash, nothing but OK and CORRUPT, and the same
 * answer as libwim's when it has one. */
static inline void every_flip(int codec, int wim_type, const uint8_t *in,
                              size_t n, size_t n_want)
{
	uint8_t *p = malloc(n), *a = malloc(n_want), *b = malloc(n_want);
	const struct wim *w = wim_open();
	void *d = NULL;
	size_t i, got;

	if (w)
		ck_assert_int_eq(w->create_decompressor(wim_type, n_want, &d),
		                 0);
	for (i = 0; i <= 8 * n; i++) {
		enum hl_status st;

		memcpy(p, in, n);
		if (i < 8 * n)
			p[i / 8] ^= (uint8_t)(1u << i % 8);
		st = decode(codec, p, n, a, n_want, &got);
		ck_assert(st == HL_OK || st == HL_CORRUPT);
		if (st != HL_OK || !w)
			continue;
		if (!w->decompress(p, n, b, n_want, d))
			ck_assert_msg(!memcmp(a, b, n_want), "bit %zu", i);
		else
			ck_assert_uint_lt(i, 8 * n); /* whole, it accepts */
	}
	if (w)
		w->free_decompressor(d);
	free(p);
	free(a);
	free(b);
}

/* ---- libwim's streams ---------------------------------------------------- */

struct wim_case { int codec, type; size_t chunk; };

static uint64_t rnd_state;
static inline size_t rnd(size_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (size_t)(rnd_state % below);
}

/* Flip some bits, or cut: where both accept, both say the same. */
static inline void compare_damaged(const struct wim_case *c,
                                   const struct wim *w, void *d,
                                   const uint8_t *z, size_t k, size_t n)
{
	uint8_t *t = malloc(k), *a = malloc(n), *b = malloc(n);
	size_t cut = rnd(8) ? k : 1 + rnd(k), got, i;

	memcpy(t, z, k);
	/* the codes stand first, and most is decided there */
	for (i = 1 + rnd(3); i; i--) {
		size_t at = rnd(3) || k < 48 ? rnd(k) : rnd(48);

		t[at] ^= (uint8_t)(1u << rnd(8));
	}
	memset(b, 0, n);
	if (decode(c->codec, t, cut, a, n, &got) == HL_OK &&
	    !w->decompress(t, cut, b, n, d))
		ck_assert_msg(!memcmp(a, b, n), "libwim decodes it otherwise");
	free(t);
	free(a);
	free(b);
}

/* Sizes around everything, all kinds, all levels. */
static inline void round_trips(const struct wim_case *c, const struct wim *w,
                               int rounds)
{
	uint8_t *p = malloc(c->chunk), *z = malloc(c->chunk);
	static const unsigned level[] = { 1, 20, 50, WIM_SLOWEST };
	const size_t sizes[] = { c->chunk, c->chunk - 1, c->chunk / 2, 1000,
	                         300, 64, 11, 10, 2, 1 };
	size_t k, packed = 0;
	void *comp[4], *d;
	int i;

	rnd_state = 88172645463325252u;
	ck_assert_int_eq(w->create_decompressor(c->type, c->chunk, &d), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(w->create_compressor(c->type, c->chunk,
		                                      level[i], &comp[i]), 0);
	for (i = 0; i < rounds; i++) {
		size_t n = sizes[i % 10];
		int m;

		wim_fill(p, n, i / 10 % WIM_KINDS, (unsigned)i);
		k = w->compress(p, n, z, n, comp[i % 4]);
		if (!k)
			continue; /* it does not get smaller */
		packed++;
		decodes_to(c->codec, z, k, p, n);
		for (m = 0; m < 10; m++)
			compare_damaged(c, w, d, z, k, n);
	}
	ck_assert_uint_gt(packed, (size_t)rounds / 4);
	for (i = 0; i < 4; i++)
		w->free_compressor(comp[i]);
	w->free_decompressor(d);
	free(p);
	free(z);
}

#endif
