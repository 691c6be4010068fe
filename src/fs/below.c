/*
 * below.c: what the volumes that came later have of one that lies below them.
 *
 *	this volume    |-------------------------------------|
 *	later volume          |--xx---xxxxx----|      x: in use there
 *	taken                    xx   xxxxx
 */
#include <stdlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"
#include "fs/fs_impl.h"
#include "ntfs/lost.h"

struct taken {
	const struct hl_ctx *ctx;
	struct hl_ntfs_taken *t;
	size_t n, cap;
	uint64_t vol_off, vol_len;
};

static enum hl_status add(struct taken *t, uint64_t from, uint64_t to,
                          const struct hl_fs_rival *by)
{
	enum hl_status st;

	/* bytes of the image to bytes of the volume */
	if (to <= t->vol_off || from >= t->vol_off + t->vol_len)
		return HL_OK;
	from = from > t->vol_off ? from - t->vol_off : 0;
	to = min_u64(to - t->vol_off, t->vol_len);
	if (t->n && t->t[t->n - 1].by == by->off &&
	    t->t[t->n - 1].off + t->t[t->n - 1].len == from) {
		t->t[t->n - 1].len = to - t->t[t->n - 1].off;
		return HL_OK;
	}
	st = hl_grow(t->ctx, (void **)&t->t, &t->cap, t->n, sizeof(*t->t),
	             HL_MAX_NTFS_TAKEN);
	if (st == HL_OK)
		t->t[t->n++] = (struct hl_ntfs_taken){
			from, to - from, by->off, by->maybe };
	return st;
}

/* What is in use there, by its own map of it.  HL_END: which does not tell
 * of all. */
static enum hl_status take_all(struct taken *t, const struct hl_fs_rival *r)
{
	struct hl_fs *fs = r->fs;
	uint64_t at = 0, size = fs->info.size, n;
	enum hl_status st = HL_OK;
	bool used, unknown = false;

	for (; st == HL_OK && at < size; at += n) {
		n = size - at;
		st = fs->ops->in_use(fs, at, &n, &used);
		unknown |= st == HL_END;
		if (st == HL_END)
			st = HL_OK;
		else if (st == HL_OK && used)
			st = add(t, r->off + at, r->off + at + n, r);
		if (st == HL_OK && hl_cancelled(t->ctx))
			st = HL_CANCELLED;
	}
	return st == HL_OK && unknown ? HL_END : st;
}

static enum hl_status take_from(struct taken *t, struct hl_src *vol,
                                const struct hl_fs_rival *r)
{
	struct hl_at at = { t->ctx, vol, HL_NO_OFFSET, "lost volume" };
	enum hl_status st = HL_UNSUPPORTED;

	if (r->fs->ops->in_use)
		st = take_all(t, r);
	if (st == HL_NOMEM || st == HL_CANCELLED || st == HL_OK)
		return st;
	hl_warn(&at, "which bytes the %s volume at %llu (%s) has "
	        "overwritten cannot be told%s", r->maybe ? "other" : "later",
	        (unsigned long long)r->off,
	        r->fs->info.name, st == HL_UNSUPPORTED ? "" :
	        st == HL_LIMIT ? " to the end" : " everywhere");
	return HL_OK;
}

static int by_off(const void *va, const void *vb)
{
	const struct hl_ntfs_taken *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return a->len > b->len ? -1 : a->len < b->len;
}

/* Several later volumes may lie over each other, too; what is said of bytes
 * that two of them have is said of the one that begins there first. */
static void make_disjoint(struct taken *t)
{
	size_t i, n = 0;

	if (t->n)
		qsort(t->t, t->n, sizeof(*t->t), by_off);
	for (i = 0; i < t->n; i++) {
		struct hl_ntfs_taken e = t->t[i];
		uint64_t end = n ? t->t[n - 1].off + t->t[n - 1].len : 0;

		if (e.off + e.len <= end)
			continue;
		if (e.off < end) {
			e.len -= end - e.off;
			e.off = end;
		}
		t->t[n++] = e;
	}
	t->n = n;
}

enum hl_status hl_fs_taken(struct hl_ntfs_taken **out, size_t *n,
                           struct hl_src *vol, uint64_t vol_off,
                           const struct hl_fs_rival *rival, size_t n_rival,
                           const struct hl_ctx *ctx)
{
	struct taken t = { .ctx = ctx, .vol_off = vol_off,
	                   .vol_len = hl_src_size(vol) };
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < n_rival; i++)
		st = take_from(&t, vol, &rival[i]);
	if (st != HL_OK) {
		hl_free(ctx, t.t);
		t.t = NULL;
		t.n = 0;
	}
	make_disjoint(&t);
	*out = t.t;
	*n = t.n;
	return st;
}

/* ---- a source that tells it ---------------------------------------------- */

struct below {
	struct hl_src src;
	struct hl_src *inner; /* owned */
	struct hl_ntfs_taken *t;
	size_t n;
};

static enum hl_status below_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	return hl_src_read(((struct below *)src)->inner, off, buf, len, bad);
}

/* The stretch that begins last at or before off, or NULL; *next: where the
 * one behind it begins. */
static const struct hl_ntfs_taken *find(const struct below *b, uint64_t off,
                                        uint64_t *next)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->t[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	*next = lo < b->n ? b->t[lo].off : UINT64_MAX;
	return lo ? &b->t[lo - 1] : NULL;
}

static enum hl_status below_map(struct hl_src *src, uint64_t off,
                                struct hl_extent *out)
{
	struct below *b = (struct below *)src;
	const struct hl_ntfs_taken *t;
	uint64_t next;
	enum hl_status st = hl_src_map(b->inner, off, out);

	if (st != HL_OK)
		return st;
	t = find(b, off, &next);
	if (t && off - t->off < t->len) {
		next = t->off + t->len;
		if (out->quality == HL_Q_OK) {
			out->quality = HL_Q_ALLOCATED_TO;
			out->owner = HL_NO_OFFSET; /* no file of this volume */
		}
	}
	if (next - off < out->len)
		out->len = out->in_len = next - off;
	return HL_OK;
}

static void below_close(struct hl_src *src)
{
	struct below *b = (struct below *)src;

	hl_src_close(b->inner);
	hl_free(src->ctx, b->t);
	hl_free(src->ctx, b);
}

static void below_advise(struct hl_src *src, uint64_t off, uint64_t len,
                         enum hl_advice how)
{
	hl_src_advise(((struct below *)src)->inner, off, len, how);
}

enum hl_status hl_fs_below(struct hl_src **out, struct hl_src *vol,
                           uint64_t vol_off, const struct hl_fs_rival *rival,
                           size_t n_rival, uint64_t bytes[2],
                           const struct hl_ctx *ctx)
{
	static const struct hl_src_ops ops = {
		.read = below_read, .map = below_map, .close = below_close,
		.advise = below_advise,
	};
	struct below *b = hl_zalloc(ctx, sizeof(*b));
	enum hl_status st = HL_NOMEM;

	bytes[0] = bytes[1] = 0;
	if (b)
		st = hl_fs_taken(&b->t, &b->n, vol, vol_off, rival, n_rival,
		                 ctx);
	if (st != HL_OK) {
		hl_free(ctx, b);
		hl_src_close(vol);
		return st;
	}
	for (size_t i = 0; i < b->n; i++)
		bytes[b->t[i].maybe] += b->t[i].len;
	b->inner = vol;
	hl_src_init(&b->src, &ops, ctx, hl_src_name(vol), hl_src_size(vol),
	            hl_src_sector_size(vol));
	*out = &b->src;
	return HL_OK;
}
