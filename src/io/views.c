/*
 * views.c: sources made of stretches of other sources: a window (a
 * partition) and an extent list (runs of a file), read by one generic loop.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"

struct view {
	struct hl_src src;
	size_t n;
	char *name;
	struct hl_extent ext[];
};

/* Damage below is reported at the place where this source shows it. */
static void lift_ranges(struct hl_ranges *bad, const struct hl_ranges *below,
                        uint64_t in_off, uint64_t off)
{
	for (size_t i = 0; i < below->n; i++)
		hl_ranges_add(bad, below->r[i].off - in_off + off,
		              below->r[i].len, below->r[i].what,
		              below->r[i].quality);
	if (below->overflow)
		bad->overflow = true;
}

/* The part of a stretch that its parent really has. */
enum hl_status hl_src_read_extent(const struct hl_extent *e, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	struct hl_ranges below;
	enum hl_status st;

	hl_ranges_clear(&below);
	st = hl_src_read(e->in, e->in_off, buf, len, &below);
	lift_ranges(bad, &below, e->in_off, e->off);
	if (st != HL_RANGE)
		return st;
	uint64_t end = hl_src_size(e->in), have = 0;
	if (e->in_off < end)
		have = end - e->in_off;
	hl_ranges_add(bad, e->off + have, len - have, HL_WHAT_MISSING,
	              HL_Q_UNREADABLE);
	return HL_OK;
}

enum hl_status hl_src_read_mapped(struct hl_src *src, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	uint8_t *p = buf;
	enum hl_status st = HL_OK;

	while (len && st == HL_OK) {
		struct hl_extent e;
		st = hl_src_map(src, off, &e);
		if (st != HL_OK)
			break;
		size_t n = (size_t)min_u64(len, e.len);
		if (e.in) {
			st = hl_src_read_extent(&e, p, n, bad);
			if (e.quality >= HL_Q_BAD_CHECKSUM &&
			    e.quality != HL_Q_FRAGMENT)
				hl_ranges_add(bad, off, n, e.what, e.quality);
		} else {
			memset(p, 0, n);
			if (e.what == HL_WHAT_MISSING)
				hl_ranges_add(bad, off, n, HL_WHAT_MISSING,
				              HL_Q_UNREADABLE);
		}
		p += n;
		off += n;
		len -= n;
	}
	return st;
}

/* Binary search: the last extent that begins at or before off. */
static enum hl_status view_map(struct hl_src *src, uint64_t off,
                               struct hl_extent *out)
{
	const struct view *v = (const struct view *)src;
	size_t lo = 0, hi = v->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (v->ext[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	*out = v->ext[lo];
	return HL_OK;
}

static void view_advise(struct hl_src *src, uint64_t off, uint64_t len,
                        enum hl_advice how)
{
	while (len) {
		struct hl_extent e;
		if (hl_src_map(src, off, &e) != HL_OK)
			return;
		uint64_t n = min_u64(len, e.len);
		if (e.in)
			hl_src_advise(e.in, e.in_off, n, how);
		off += n;
		len -= n;
	}
}

static void view_close(struct hl_src *src)
{
	struct view *v = (struct view *)src;

	hl_free(src->ctx, v->name);
	hl_free(src->ctx, v);
}

static const struct hl_src_ops view_ops = {
	.read = hl_src_read_mapped,
	.map = view_map,
	.advise = view_advise,
	.close = view_close,
};

static struct view *view_new(const char *name, size_t n,
                             const struct hl_ctx *ctx)
{
	size_t bytes;

	if (ckd_mul(&bytes, n, sizeof(struct hl_extent)) ||
	    ckd_add(&bytes, bytes, sizeof(struct view)))
		return NULL;
	struct view *v = hl_zalloc(ctx, bytes);
	if (!v)
		return NULL;
	v->n = n;
	v->name = hl_strdup(ctx, name);
	if (!v->name) {
		hl_free(ctx, v);
		return NULL;
	}
	hl_src_init(&v->src, &view_ops, ctx, v->name, 0, 0);
	return v;
}

/* Where they end, or false when they do not follow one another. */
static bool extents_chain(const struct hl_extent *ext, size_t n, uint64_t *end)
{
	*end = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t in_end;
		if (ext[i].off != *end || ext[i].len == 0 ||
		    ckd_add(end, *end, ext[i].len) ||
		    ckd_add(&in_end, ext[i].in_off, ext[i].len) ||
		    ext[i].what == HL_WHAT_COMPRESSED)
			return false;
	}
	return true;
}

enum hl_status hl_src_extents(struct hl_src **out, const char *name,
                              const struct hl_extent *ext, size_t n,
                              const struct hl_ctx *ctx)
{
	uint64_t size;

	*out = NULL;
	if (!extents_chain(ext, n, &size))
		return HL_USAGE;
	struct view *v = view_new(name, n, ctx);
	if (!v)
		return HL_NOMEM;
	if (n)
		memcpy(v->ext, ext, n * sizeof(*ext));
	v->src.size = size;
	for (size_t i = 0; i < n && !v->src.sector_size; i++)
		if (ext[i].in)
			v->src.sector_size = ext[i].in->sector_size;
	*out = &v->src;
	return HL_OK;
}

enum hl_status hl_src_window(struct hl_src **out, struct hl_src *in,
                             uint64_t off, uint64_t len,
                             const struct hl_ctx *ctx)
{
	struct hl_extent ext[2];
	uint64_t have = 0, end;
	size_t n = 0;

	*out = NULL;
	if (ckd_add(&end, off, len))
		return HL_USAGE;
	if (off < in->size)
		have = min_u64(len, in->size - off);
	if (have)
		ext[n++] = (struct hl_extent){ .len = have,
		                               .in = in,
		                               .in_off = off,
		                               .in_len = have };
	if (have < len)
		ext[n++] = (struct hl_extent){ .off = have,
		                               .len = len - have,
		                               .what = HL_WHAT_MISSING,
		                               .quality = HL_Q_UNREADABLE };
	return hl_src_extents(out, in->name, ext, n, ctx);
}
