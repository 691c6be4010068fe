/*
 * carve_src.c: a find as a source: its pieces in their order.  Where it was
 * compressed the pieces are units, decoded one at a time.
 */
#include <string.h>

#include "base/ckd.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

/* ---- pieces that lie there as they are ----------------------------------- */

static enum hl_status plain(struct hl_src **out, const struct carve_find *f,
                            const struct hl_ctx *ctx)
{
	struct hl_extent *e = hl_alloc_array(ctx, f->n_piece, sizeof(*e));
	uint64_t off = 0;

	*out = NULL;
	if (!e)
		return HL_NOMEM;
	for (size_t i = 0; i < f->n_piece; i++) {
		const struct carve_piece *p = &f->piece[i];

		e[i] = (struct hl_extent){
			.off = off, .len = p->len, .in = f->base,
			.in_off = p->in_off, .in_len = p->len,
			.quality = HL_Q_FRAGMENT,
		};
		off += p->len;
	}
	enum hl_status st = hl_src_extents(out, "carved", e, f->n_piece, ctx);
	hl_free(ctx, e);
	return st;
}

/* ---- compressed ones ----------------------------------------------------- */

struct packed {
	struct hl_src src;
	struct hl_src *base;
	uint64_t held;  /* offset of the unit in data; UINT64_MAX: none */
	bool bad;       /* and what is stored of it could not all be read */
	uint8_t data[CARVE_UNIT_MAX], stored[CARVE_UNIT_MAX];
	size_t n;
	struct { uint64_t off; struct carve_piece p; } unit[];
};

static size_t unit_at(const struct packed *p, uint64_t off)
{
	size_t lo = 0, hi = p->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->unit[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static enum hl_status packed_map(struct hl_src *src, uint64_t off,
                                 struct hl_extent *out)
{
	struct packed *p = (struct packed *)src;
	size_t i = unit_at(p, off);

	*out = (struct hl_extent){
		.off = p->unit[i].off, .len = p->unit[i].p.len,
		.in = p->base, .in_off = p->unit[i].p.in_off,
		.in_len = p->unit[i].p.in_len,
		.what = HL_WHAT_COMPRESSED, .quality = HL_Q_FRAGMENT,
	};
	return HL_OK;
}

static enum hl_status load(struct packed *p, size_t i)
{
	const struct carve_piece *u = &p->unit[i].p;
	struct hl_ranges bad;
	size_t got, stored;
	enum hl_status st;

	if (p->held == p->unit[i].off)
		return HL_OK;
	p->held = UINT64_MAX;
	hl_ranges_clear(&bad);
	st = hl_src_read(p->base, u->in_off, p->stored, (size_t)u->in_len,
	                 &bad);
	if (st != HL_OK)
		return st;
	memset(p->data, 0, sizeof(p->data));
	p->bad = bad.bytes != 0;
	if (!hl_carve_unpack(span_of(p->stored, (size_t)u->in_len), p->data,
	                     sizeof(p->data), &got, &stored))
		p->bad = true;
	p->held = p->unit[i].off;
	return HL_OK;
}

static enum hl_status packed_read(struct hl_src *src, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	struct packed *p = (struct packed *)src;
	uint8_t *out = buf;

	while (len) {
		size_t i = unit_at(p, off);
		size_t at = (size_t)(off - p->unit[i].off);
		size_t n = (size_t)min_u64(len, p->unit[i].p.len - at);
		enum hl_status st = load(p, i);

		if (st != HL_OK)
			return st;
		memcpy(out, p->data + at, n);
		if (p->bad)
			hl_ranges_add(bad, off, n, HL_WHAT_COMPRESSED,
			              HL_Q_UNREADABLE);
		out += n;
		off += n;
		len -= n;
	}
	return HL_OK;
}

static void packed_close(struct hl_src *src)
{
	hl_free(src->ctx, src);
}

static const struct hl_src_ops packed_ops = {
	.read = packed_read,
	.map = packed_map,
	.close = packed_close,
};

static enum hl_status packed(struct hl_src **out, const struct carve_find *f,
                             const struct hl_ctx *ctx)
{
	struct packed *p;

	*out = NULL;
	/* pieces are few (limits.h): no overflow */
	p = hl_zalloc(ctx, sizeof(*p) + f->n_piece * sizeof(p->unit[0]));
	if (!p)
		return HL_NOMEM;
	hl_src_init(&p->src, &packed_ops, ctx, "carved", 0, 0);
	p->base = f->base;
	p->held = UINT64_MAX;
	p->n = f->n_piece;
	for (size_t i = 0; i < f->n_piece; i++) {
		p->unit[i].off = p->src.size;
		p->unit[i].p = f->piece[i];
		p->src.size += f->piece[i].len;
	}
	*out = &p->src;
	return HL_OK;
}

enum hl_status hl_carve_src(struct hl_src **out, const struct carve_find *f,
                            const struct hl_ctx *ctx)
{
	return f->pub.packed ? packed(out, f, ctx) : plain(out, f, ctx);
}
