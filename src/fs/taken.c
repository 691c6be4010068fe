/*
 * taken.c: what the volumes that came later have of one that lies below them.
 *
 *	this volume    |-------------------------------------|
 *	later volume          |--xx---xxddx----|      x: in use there
 *	taken                    xx   xxddx           d: a deleted file's there
 *
 * What is in use there was written over.  What is free there may have been:
 * files that are deleted but not forgotten tell of some of it.  A later volume
 * that is not read, or whose map is lost, may have written anywhere.  The
 * partition table of today lies somewhere, too.
 */
#include <stdlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "ntfs/lost.h"

struct list {
	struct hl_ntfs_taken *t;
	size_t n, cap;
};

struct taken {
	const struct hl_ctx *ctx;
	struct list why[HL_TAKEN_WHYS];
	uint64_t vol_off, vol_len;
};

static enum hl_status add(struct taken *t, uint64_t from, uint64_t to,
                          uint64_t by, enum hl_ntfs_taken_why why)
{
	struct list *l = &t->why[why];
	enum hl_status st;

	/* bytes of the image to bytes of the volume */
	if (to <= t->vol_off || from >= t->vol_off + t->vol_len)
		return HL_OK;
	from = from > t->vol_off ? from - t->vol_off : 0;
	to = min_u64(to - t->vol_off, t->vol_len);
	if (l->n && l->t[l->n - 1].by == by &&
	    l->t[l->n - 1].off + l->t[l->n - 1].len == from) {
		l->t[l->n - 1].len = to - l->t[l->n - 1].off;
		return HL_OK;
	}
	st = hl_grow(t->ctx, (void **)&l->t, &l->cap, l->n, sizeof(*l->t),
	             HL_MAX_NTFS_TAKEN);
	if (st == HL_OK)
		l->t[l->n++] = (struct hl_ntfs_taken){
			from, to - from, by, why };
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
			st = add(t, r->off + at, r->off + at + n, r->off,
			         HL_TAKEN_UNREAD);
		else if (st == HL_OK && used)
			st = add(t, r->off + at, r->off + at + n, r->off,
			         r->maybe ? HL_TAKEN_ORDER : HL_TAKEN_SURE);
		if (st == HL_OK && hl_cancelled(t->ctx))
			st = HL_CANCELLED;
	}
	/* its size does not count the copy of its boot sector */
	if (st == HL_OK && fs->ops == &hl_fs_ntfs)
		st = add(t, r->off + size, r->off + size + fs->info.sector_size,
		         r->off, r->maybe ? HL_TAKEN_ORDER : HL_TAKEN_SURE);
	return st == HL_OK && unknown ? HL_END : st;
}

static enum hl_status take_stream(struct taken *t, const struct hl_fs_rival *r,
                                  const struct hl_entry *e)
{
	struct hl_extent x;
	struct hl_src *src;
	enum hl_status st = hl_fs_stream(&src, r->fs, &e->ref, "",
	                                 HL_STREAM_LOOK);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	for (uint64_t off = 0; st == HL_OK && off < hl_src_size(src) &&
	     hl_src_map(src, off, &x) == HL_OK; off += x.len) {
		uint64_t at = hl_src_image_offset(src, off);

		if (at != HL_NO_OFFSET && x.what != HL_WHAT_RESIDENT)
			st = add(t, at, at + x.len, r->off, HL_TAKEN_DELETED);
	}
	hl_src_close(src);
	return st;
}

/* Files that were there, too, and are deleted. */
static enum hl_status take_deleted(struct taken *t,
                                   const struct hl_fs_rival *r)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st = hl_fs_sweep(&it, r->fs, HL_LIST_DELETED |
	                                HL_LIST_NO_LIVE);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_OK && e.type == HL_FILE)
			st = take_stream(t, r, &e);
		if (st == HL_OK && hl_cancelled(t->ctx))
			st = HL_CANCELLED;
		if (st != HL_OK && st != HL_CORRUPT)
			break;
	}
	hl_fs_iter_close(it);
	return st == HL_NOMEM || st == HL_CANCELLED || st == HL_LIMIT ? st :
	                                                             HL_OK;
}

static enum hl_status take_from(struct taken *t, struct hl_src *vol,
                                const struct hl_fs_rival *r)
{
	struct hl_at at = { t->ctx, vol, HL_NO_OFFSET, "lost volume" };
	enum hl_status st = HL_UNSUPPORTED, more = HL_OK;

	if (!r->fs || r->copied)
		more = add(t, r->off, r->off + r->size, r->off,
		           r->fs ? HL_TAKEN_COPIED :
		           r->table ? HL_TAKEN_TABLE : HL_TAKEN_UNREAD);
	if (!r->fs || more != HL_OK)
		return more;
	if (r->fs->ops->in_use)
		st = take_all(t, r);
	if (st != HL_NOMEM && st != HL_CANCELLED)
		more = take_deleted(t, r);
	if (more != HL_OK && st == HL_OK)
		st = more;
	if (st == HL_NOMEM || st == HL_CANCELLED || st == HL_OK)
		return st;
	hl_warn(&at, "which bytes the %s volume at %llu (%s) has "
	        "overwritten cannot be told%s", r->maybe ? "other" : "later",
	        (unsigned long long)r->off,
	        r->fs->info.name, st == HL_UNSUPPORTED ? "" :
	        st == HL_LIMIT ? " to the end" : " everywhere");
	return HL_OK;
}

/* ---- sorted and disjoint ------------------------------------------------- */

static int by_off(const void *va, const void *vb)
{
	const struct hl_ntfs_taken *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return a->len > b->len ? -1 : a->len < b->len;
}

/* Several later volumes may lie over each other, too; what is said of bytes
 * that two of them have is said of the one that begins there first. */
static void make_disjoint(struct list *l)
{
	size_t i, n = 0;

	if (l->n)
		qsort(l->t, l->n, sizeof(*l->t), by_off);
	for (i = 0; i < l->n; i++) {
		struct hl_ntfs_taken e = l->t[i];
		uint64_t end = n ? l->t[n - 1].off + l->t[n - 1].len : 0;

		if (e.off + e.len <= end)
			continue;
		if (e.off < end) {
			e.len -= end - e.off;
			e.off = end;
		}
		l->t[n++] = e;
	}
	l->n = n;
}

/* What of e is not in sure[], from *at on; all three only grow. */
static void add_rest(struct list *out, const struct list *sure, size_t *at,
                     struct hl_ntfs_taken e)
{
	uint64_t end = e.off + e.len;

	while (*at < sure->n &&
	       sure->t[*at].off + sure->t[*at].len <= e.off)
		++*at;
	for (size_t i = *at; e.off < end; i++) {
		uint64_t next = i < sure->n ? sure->t[i].off : UINT64_MAX;

		if (next > e.off) {
			e.len = min_u64(next, end) - e.off;
			out->t[out->n++] = e;
		}
		if (next >= end)
			return;
		e.off = max_u64(e.off, next + sure->t[i].len);
	}
}

/* What is surer counts: less[] only where sure[] has nothing. */
static enum hl_status overlay(struct taken *t, struct list *sure,
                              const struct list *less)
{
	struct list out = { .cap = 2 * (sure->n + less->n) };
	size_t at = 0;

	if (!less->n)
		return HL_OK;
	out.t = hl_alloc_array(t->ctx, out.cap, sizeof(*out.t));
	if (!out.t)
		return HL_NOMEM;
	for (size_t i = 0; i < less->n; i++)
		add_rest(&out, sure, &at, less->t[i]);
	for (size_t i = 0; i < sure->n; i++)
		out.t[out.n++] = sure->t[i];
	hl_free(t->ctx, sure->t);
	*sure = out;
	make_disjoint(sure);
	return HL_OK;
}

enum hl_status hl_fs_taken(struct hl_ntfs_taken **out, size_t *n,
                           struct hl_src *vol, uint64_t vol_off,
                           const struct hl_fs_rival *rival, size_t n_rival,
                           const struct hl_ctx *ctx)
{
	struct taken t = { .ctx = ctx, .vol_off = vol_off,
	                   .vol_len = hl_src_size(vol) };
	struct list *sure = &t.why[HL_TAKEN_SURE];
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < n_rival; i++)
		st = take_from(&t, vol, &rival[i]);
	for (int i = 0; i < HL_TAKEN_WHYS; i++)
		make_disjoint(&t.why[i]);
	for (int i = HL_TAKEN_SURE + 1; st == HL_OK && i < HL_TAKEN_WHYS; i++)
		st = overlay(&t, sure, &t.why[i]);
	for (int i = 0; i < HL_TAKEN_WHYS; i++)
		if (st != HL_OK || i != HL_TAKEN_SURE)
			hl_free(ctx, t.why[i].t);
	*out = st == HL_OK ? sure->t : NULL;
	*n = st == HL_OK ? sure->n : 0;
	return st;
}
