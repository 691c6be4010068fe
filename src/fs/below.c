/*
 * below.c: a volume that later ones lie over (taken.c): it reads as it lies,
 * and its map tells what is theirs.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"
#include "fs/fs_impl.h"
#include "ntfs/lost.h"

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
                           size_t n_rival, uint64_t *bytes,
                           const struct hl_ctx *ctx)
{
	static const struct hl_src_ops ops = {
		.read = below_read, .map = below_map, .close = below_close,
		.advise = below_advise,
	};
	struct below *b = hl_zalloc(ctx, sizeof(*b));
	enum hl_status st = HL_NOMEM;

	for (int i = 0; i < HL_TAKEN_WHYS; i++)
		bytes[i] = 0;
	if (b)
		st = hl_fs_taken(&b->t, &b->n, vol, vol_off, rival, n_rival,
		                 ctx);
	if (st != HL_OK) {
		hl_free(ctx, b);
		hl_src_close(vol);
		return st;
	}
	for (size_t i = 0; i < b->n; i++)
		bytes[b->t[i].why] += b->t[i].len;
	b->inner = vol;
	hl_src_init(&b->src, &ops, ctx, hl_src_name(vol), hl_src_size(vol),
	            hl_src_sector_size(vol));
	*out = &b->src;
	return HL_OK;
}
