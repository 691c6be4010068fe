/*
 * alike.c: see alike.h.
 *
 *	file on 1     [runs on the live volume]
 *	file on 1.s2  [runs on the copy] -> copy's map -> [the live volume |
 *	                                                   a store]
 *
 * Both end at the volume below the copies, where one offset is one byte: not
 * further down, for BitLocker or an array may show the same sector of the
 * image in two ways.  What is decoded on the way (compressed, resident) lies
 * nowhere in this sense, and is not known.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/alike.h"

#define HEAD 512            /* the base block as far as it is used */
#define PIECE (64u << 10)
#define DEPTH 8             /* a stream, its cache and window, its volume */

void hl_alike_free(struct hl_alike *a, const struct hl_ctx *ctx)
{
	hl_free(ctx, a->spot);
	*a = (struct hl_alike){ .size = a->size };
}

/* ---- where it lies -------------------------------------------------------- */

static bool is_zeros(const struct hl_extent *e)
{
	return !e->in && (e->what == HL_WHAT_SPARSE ||
	                  e->what == HL_WHAT_BEYOND_VALID);
}

/* Its bytes are the parent's own, one by one. */
static bool is_plain(const struct hl_extent *e)
{
	return e->in && e->len == e->in_len &&
	       (e->what == HL_WHAT_DATA || e->what == HL_WHAT_STORED) &&
	       e->quality != HL_Q_UNREADABLE &&
	       e->quality != HL_Q_BAD_CHECKSUM;
}

/* One step down; false: not to a place, but maybe to zeros. */
static enum hl_status step(struct hl_extent *e, bool *plain)
{
	struct hl_extent below;
	enum hl_status st = hl_src_map(e->in, e->in_off, &below);

	*plain = st == HL_OK && is_plain(&below);
	if (st != HL_OK)
		return st;
	e->in = below.in;
	e->in_off = below.in_off;
	e->what = below.what;
	e->len = e->in_len = min_u64(e->len, below.len);
	return HL_OK;
}

/* Down to the volume, and of a copy one step more. */
static enum hl_status place_of(const struct hl_volume *v, struct hl_src *src,
                               uint64_t off, struct hl_extent *e, bool *plain)
{
	struct hl_src *last = v->shadow ? v->shadow->src : hl_fs_source(v->fs);
	enum hl_status st = hl_src_map(src, off, e);

	*plain = st == HL_OK && is_plain(e);
	for (int i = 0; *plain && e->in != last; i++) {
		if (i == DEPTH)
			*plain = false;
		else
			st = step(e, plain);
	}
	if (*plain && v->shadow)
		st = step(e, plain);
	return st;
}

static enum hl_status add(struct hl_alike *a, const struct hl_extent *e,
                          uint64_t len, size_t max, const struct hl_ctx *ctx)
{
	struct hl_spot *last = a->n ? &a->spot[a->n - 1] : NULL;
	void *array = a->spot;

	if (last && last->in == e->in &&
	    (!e->in || last->at + last->len == e->in_off)) {
		last->len += len;
		return HL_OK;
	}
	enum hl_status st = hl_grow(ctx, &array, &a->cap, a->n,
	                            sizeof(*a->spot), max);
	a->spot = array;
	if (st == HL_OK)
		a->spot[a->n++] = (struct hl_spot){
			.len = len, .in = e->in,
			.at = e->in ? e->in_off : 0 };
	return st;
}

static enum hl_status take_all(struct hl_alike *a, const struct hl_volume *v,
                               struct hl_src *src, size_t max,
                               const struct hl_ctx *ctx)
{
	enum hl_status st = HL_OK;

	for (uint64_t off = 0; off < a->size && st == HL_OK;) {
		struct hl_extent e;
		bool plain;

		if (hl_cancelled(ctx))
			return HL_CANCELLED;
		st = place_of(v, src, off, &e, &plain);
		if (st != HL_OK || !(plain || is_zeros(&e)))
			return st == HL_OK ? HL_END : st;
		uint64_t len = min_u64(e.len, a->size - off);
		st = add(a, &e, len, max, ctx);
		off += len;
	}
	return st;
}

/* false: some of it cannot be read */
static enum hl_status read_at(const struct hl_spot *p, uint64_t skip,
                              uint8_t *buf, size_t n, bool *whole)
{
	struct hl_ranges bad;
	enum hl_status st = HL_OK;

	hl_ranges_clear(&bad);
	if (p->in)
		st = hl_src_read(p->in, p->at + skip, buf, n, &bad);
	else
		memset(buf, 0, n);
	*whole = st == HL_OK && !bad.bytes;
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static enum hl_status take_head(struct hl_alike *a)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	uint8_t buf[HEAD];
	size_t n = 0;

	a->known = true;
	for (size_t i = 0; i < a->n && n < HEAD && a->known; i++) {
		size_t part = (size_t)min_u64(a->spot[i].len, HEAD - n);
		enum hl_status st = read_at(&a->spot[i], 0, buf + n, part,
		                            &a->known);
		if (st != HL_OK)
			return st;
		n += part;
	}
	for (size_t i = 0; i < n; i++)
		h = (h ^ buf[i]) * UINT64_C(0x100000001b3);
	a->head = h;
	return HL_OK;
}

enum hl_status hl_alike_take(struct hl_alike *a, const struct hl_volume *v,
                             struct hl_src *src, uint64_t size, size_t max,
                             const struct hl_ctx *ctx)
{
	*a = (struct hl_alike){ .size = size };
	if (!src || (v->shadow ? !v->shadow->src || v->bde : !v->fs))
		return HL_OK;
	enum hl_status st = take_all(a, v, src, max, ctx);
	if (st == HL_OK)
		st = take_head(a);
	if (st == HL_OK && a->known)
		return HL_OK;
	hl_alike_free(a, ctx);
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

/* ---- what is the same ------------------------------------------------------ */

bool hl_alike_may_be(const struct hl_alike *a, const struct hl_alike *b)
{
	return a->size == b->size &&
	       (!a->known || !b->known || a->head == b->head);
}

/* How far two lists of places are gone through. */
struct pair {
	const struct hl_alike *a, *b;
	size_t i, j;
	uint64_t in_i, in_j; /* bytes of place i and of place j */
	uint8_t *buf;        /* two pieces */
};

static bool one_place(const struct hl_spot *x, uint64_t skip_x,
                      const struct hl_spot *y, uint64_t skip_y)
{
	return x->in == y->in &&
	       (!x->in || x->at + skip_x == y->at + skip_y);
}

static enum hl_status by_bytes(struct pair *p, uint64_t len,
                               enum hl_likeness *out, const struct hl_ctx *ctx)
{
	uint8_t *x = p->buf, *y = p->buf + PIECE;

	for (uint64_t at = 0; at < len; at += PIECE) {
		size_t n = (size_t)min_u64(PIECE, len - at);
		bool whole = false;

		if (hl_cancelled(ctx))
			return HL_CANCELLED;
		enum hl_status st = read_at(&p->a->spot[p->i], p->in_i + at,
		                            x, n, &whole);
		if (st == HL_OK && whole)
			st = read_at(&p->b->spot[p->j], p->in_j + at, y, n,
			             &whole);
		if (st != HL_OK)
			return st;
		if (!whole)
			*out = HL_ALIKE_UNKNOWN;
		else if (memcmp(x, y, n) != 0)
			*out = HL_ALIKE_DIFFERS;
		if (*out != HL_ALIKE_SAME)
			return HL_OK;
	}
	return HL_OK;
}

static enum hl_status by_places(struct pair *p, enum hl_likeness *out,
                                const struct hl_ctx *ctx)
{
	enum hl_status st = HL_OK;

	while (p->i < p->a->n && p->j < p->b->n && st == HL_OK &&
	       *out == HL_ALIKE_SAME) {
		const struct hl_spot *x = &p->a->spot[p->i];
		const struct hl_spot *y = &p->b->spot[p->j];
		uint64_t n = min_u64(x->len - p->in_i, y->len - p->in_j);

		if (!one_place(x, p->in_i, y, p->in_j))
			st = by_bytes(p, n, out, ctx);
		p->in_i += n;
		p->in_j += n;
		if (p->in_i == x->len) {
			p->i++;
			p->in_i = 0;
		}
		if (p->in_j == y->len) {
			p->j++;
			p->in_j = 0;
		}
	}
	return st;
}

enum hl_status hl_alike_compare(const struct hl_alike *a,
                                const struct hl_alike *b,
                                enum hl_likeness *out,
                                const struct hl_ctx *ctx)
{
	struct pair p = { .a = a, .b = b };

	*out = HL_ALIKE_DIFFERS;
	if (!hl_alike_may_be(a, b))
		return HL_OK;
	*out = HL_ALIKE_UNKNOWN;
	if (!a->known || !b->known)
		return HL_OK;
	*out = HL_ALIKE_SAME;
	p.buf = hl_alloc(ctx, 2 * (size_t)PIECE);
	if (!p.buf)
		return HL_NOMEM;
	enum hl_status st = by_places(&p, out, ctx);
	hl_free(ctx, p.buf);
	return st;
}
