/*
 * packed.c: a compressed stream (LZNT1) as a source above its clusters.
 *
 * A stream is cut into units of 16 clusters.  What the run list holds for a
 * unit tells its kind:
 *
 *	all sparse               zeros
 *	all allocated            stored as it is
 *	some, then sparse        compressed; the clusters hold the chunks
 *
 * One unit is kept, for readers that come in small steps.
 */
#include <pthread.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "codec/codec.h"
#include "io/src_impl.h"
#include "ntfs/volume.h"

struct packed {
	struct hl_src src;
	struct hl_src *raw; /* owned: the clusters, holes included */
	struct hl_src *runs; /* the same without asking who has them now */
	uint32_t unit;      /* bytes */
	uint64_t valid;
	pthread_mutex_t lock; /* for what follows */
	uint64_t at;          /* unit in buf, UINT64_MAX: none */
	struct hl_ranges bad; /* of that unit, in offsets of src */
	uint8_t *buf, *in;
};

enum kind { HOLE, STORED, PACKED };

/* Kind of a unit and how many bytes of clusters it has. */
static enum hl_status unit_kind(struct packed *p, uint64_t off,
                                enum kind *kind, uint64_t *stored)
{
	uint64_t end = off + min_u64(p->unit, p->raw->size - off), at = off;
	struct hl_extent e;
	enum hl_status st;
	bool any = false, hole = false;

	*stored = 0;
	while (at < end) {
		st = hl_src_map(p->runs, at, &e);
		if (st != HL_OK)
			return st;
		e.len = min_u64(e.len, end - at);
		if (e.what == HL_WHAT_SPARSE) {
			hole = true;
		} else {
			any = true;
			*stored = at + e.len - off;
		}
		at += e.len;
	}
	*kind = !any ? HOLE : hole ? PACKED : STORED;
	/* The run list ends within the last unit: whole when it has all the
	 * bytes that are left, compressed when it has fewer. */
	if (any && !hole && *stored < p->unit && *stored < p->src.size - off)
		*kind = PACKED;
	return HL_OK;
}

/* Inflate into p->buf; what does not decode is zero and listed. */
static enum hl_status inflate(struct packed *p, uint64_t off, size_t want,
                              size_t stored)
{
	struct hl_ranges below;
	size_t got = 0;
	enum hl_status st;

	hl_ranges_clear(&below);
	st = hl_src_read(p->raw, off, p->in, stored, &below);
	if (st != HL_OK)
		return st;
	memset(p->buf, 0, want);
	st = hl_codec_decode(HL_CODEC_LZNT1, span_of(p->in, stored), p->buf,
	                     want, &got);
	if (below.bytes) {
		/* Which output a bad input byte touched cannot be told. */
		hl_ranges_add(&p->bad, off, want, HL_WHAT_COMPRESSED,
		              (enum hl_quality)below.r[0].quality);
		if (st != HL_OK)
			memset(p->buf + got, 0, want - got);
		return HL_OK;
	}
	if (st != HL_OK) {
		memset(p->buf + got, 0, want - got);
		hl_ranges_add(&p->bad, off + got, want - got,
		              HL_WHAT_COMPRESSED, HL_Q_UNREADABLE);
	}
	return HL_OK;
}

/* Bring the unit that begins at off into p->buf. */
static enum hl_status fill(struct packed *p, uint64_t off)
{
	size_t want = (size_t)min_u64(p->unit, p->src.size - off);
	enum kind kind;
	uint64_t stored;
	enum hl_status st;

	if (p->at == off)
		return HL_OK;
	p->at = UINT64_MAX;
	hl_ranges_clear(&p->bad);
	st = unit_kind(p, off, &kind, &stored);
	if (st != HL_OK)
		return st;
	if (kind == HOLE)
		memset(p->buf, 0, want);
	else if (kind == STORED)
		st = hl_src_read(p->raw, off, p->buf, want, &p->bad);
	else
		st = inflate(p, off, want, (size_t)stored);
	if (st == HL_OK)
		p->at = off;
	return st;
}

/* Bad stretches of the unit that lie in [off, off+len). */
static void report(const struct packed *p, uint64_t off, uint64_t len,
                   struct hl_ranges *bad)
{
	size_t i;

	for (i = 0; i < p->bad.n; i++) {
		const struct hl_range *r = &p->bad.r[i];
		uint64_t a = max_u64(r->off, off);
		uint64_t b = min_u64(r->off + r->len, off + len);

		if (a < b)
			hl_ranges_add(bad, a, b - a, (enum hl_what)r->what,
			              (enum hl_quality)r->quality);
	}
}

static enum hl_status packed_read(struct hl_src *src, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	struct packed *p = (struct packed *)src;
	uint8_t *o = buf;
	enum hl_status st = HL_OK;

	pthread_mutex_lock(&p->lock);
	while (len && off < p->valid && st == HL_OK) {
		uint64_t in = off % p->unit;
		size_t n = (size_t)min_u64(len, p->unit - in);

		n = (size_t)min_u64(n, p->valid - off);
		st = fill(p, off - in);
		if (st != HL_OK)
			break;
		memcpy(o, p->buf + in, n);
		report(p, off, n, bad);
		o += n;
		off += n;
		len -= n;
	}
	pthread_mutex_unlock(&p->lock);
	memset(o, 0, len);
	return st;
}

/* Which output a cluster stands for cannot be told: the worst one counts. */
static enum hl_status worst(struct packed *p, uint64_t from, uint64_t stored,
                            struct hl_extent *out)
{
	struct hl_extent e;
	uint64_t at;
	enum hl_status st;

	for (at = from; p->raw != p->runs && at < from + stored;
	     at += e.len) {
		st = hl_src_map(p->raw, at, &e);
		if (st != HL_OK)
			return st;
		if (e.quality > out->quality) {
			out->quality = e.quality;
			out->owner = e.owner;
		}
	}
	return HL_OK;
}

/* A hole goes on over whole units: one at a time, a petabyte of them would
 * be mapped for weeks. */
static enum hl_status widen(struct packed *p, struct hl_extent *out)
{
	struct hl_extent e;
	enum hl_status st = hl_src_map(p->runs, out->off, &e);
	uint64_t n = st == HL_OK && e.what == HL_WHAT_SPARSE ?
	             e.len - e.len % p->unit : 0;

	if (n > out->len)
		out->len = min_u64(n, p->valid - out->off);
	return st;
}

static enum hl_status packed_map(struct hl_src *src, uint64_t off,
                                 struct hl_extent *out)
{
	struct packed *p = (struct packed *)src;
	uint64_t from = off - off % p->unit, stored;
	enum kind kind;
	enum hl_status st;

	if (off >= p->valid) {
		*out = (struct hl_extent){
			.off = p->valid, .len = src->size - p->valid,
			.what = HL_WHAT_BEYOND_VALID,
		};
		return HL_OK;
	}
	st = unit_kind(p, from, &kind, &stored);
	if (st != HL_OK)
		return st;
	*out = (struct hl_extent){
		.off = from, .len = min_u64(p->unit, p->valid - from),
	};
	if (kind == HOLE) {
		out->what = HL_WHAT_SPARSE;
		return widen(p, out);
	}
	out->in = p->raw;
	out->in_off = from;
	out->in_len = kind == PACKED ? stored : out->len;
	out->what = kind == PACKED ? HL_WHAT_COMPRESSED : HL_WHAT_DATA;
	return kind == PACKED ? worst(p, from, stored, out) : HL_OK;
}

static void packed_close(struct hl_src *src)
{
	struct packed *p = (struct packed *)src;

	pthread_mutex_destroy(&p->lock);
	hl_src_close(p->raw);
	hl_free(src->ctx, p->buf);
	hl_free(src->ctx, p);
}

static const struct hl_src_ops packed_ops = {
	.read = packed_read,
	.map = packed_map,
	.close = packed_close,
};

struct hl_src *hl_ntfs_packed_raw(struct hl_src *src)
{
	return src->ops == &packed_ops ? ((struct packed *)src)->raw : src;
}

enum hl_status hl_ntfs_packed(struct hl_src **out, struct hl_src *raw,
                              uint32_t unit, uint64_t size, uint64_t valid,
                              const struct hl_ctx *ctx)
{
	struct packed *p = hl_zalloc(ctx, sizeof(*p));

	*out = NULL;
	if (p)
		p->buf = hl_alloc(ctx, (size_t)unit * 2);
	if (!p || !p->buf || pthread_mutex_init(&p->lock, NULL)) {
		if (p)
			hl_free(ctx, p->buf);
		hl_free(ctx, p);
		hl_src_close(raw);
		return HL_NOMEM;
	}
	hl_src_init(&p->src, &packed_ops, ctx, hl_src_name(raw), size,
	            hl_src_sector_size(raw));
	p->in = p->buf + unit;
	p->raw = raw;
	p->runs = hl_ntfs_gone_inner(raw);
	p->unit = unit;
	p->valid = valid;
	p->at = UINT64_MAX;
	*out = &p->src;
	return HL_OK;
}
