/*
 * ntfs_below.c: an NTFS volume that no boot sector describes, behind the one
 * view of every file system; and what the volumes that came later have of it.
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
#include "fs/ntfs_fs.h"
#include "ntfs/lost.h"

struct taken {
	const struct hl_ctx *ctx;
	struct hl_ntfs_taken *t;
	size_t n, cap;
	uint64_t vol_off, vol_len;
};

static enum hl_status add(struct taken *t, uint64_t from, uint64_t to,
                          uint64_t by)
{
	enum hl_status st;

	/* bytes of the image to bytes of the volume */
	if (to <= t->vol_off || from >= t->vol_off + t->vol_len)
		return HL_OK;
	from = from > t->vol_off ? from - t->vol_off : 0;
	to = min_u64(to - t->vol_off, t->vol_len);
	if (t->n && t->t[t->n - 1].by == by &&
	    t->t[t->n - 1].off + t->t[t->n - 1].len == from) {
		t->t[t->n - 1].len = to - t->t[t->n - 1].off;
		return HL_OK;
	}
	st = hl_grow(t->ctx, (void **)&t->t, &t->cap, t->n, sizeof(*t->t),
	             HL_MAX_NTFS_TAKEN);
	if (st == HL_OK)
		t->t[t->n++] = (struct hl_ntfs_taken){ from, to - from, by };
	return st;
}

/* Clusters in use there, by its own map of them. */
static enum hl_status take_ntfs(struct taken *t, struct hl_ntfs *nt,
                                uint64_t off)
{
	const struct hl_ntfs_geom *g = hl_ntfs_geom(nt);
	uint64_t cs = g->cluster_size, lcn = 0, n;
	bool used;
	enum hl_status st = HL_OK;

	while (st == HL_OK && lcn < g->n_clusters) {
		n = g->n_clusters - lcn;
		st = hl_ntfs_in_use(nt, lcn, &n, &used);
		if (st == HL_OK && used)
			st = add(t, off + lcn * cs, off + (lcn + n) * cs, off);
		lcn += n;
	}
	/* the boot sector's copy is in no cluster */
	if (st == HL_OK)
		st = add(t, off + g->total_sectors * g->sector_size,
		         off + (g->total_sectors + 1) * g->sector_size, off);
	return st;
}

static enum hl_status take_from(struct taken *t, struct hl_src *vol,
                                const struct hl_fs_rival *r)
{
	struct hl_at at = { t->ctx, vol, HL_NO_OFFSET, "lost volume" };
	enum hl_status st = HL_UNSUPPORTED;

	if (r->fs->ops == &hl_fs_ntfs)
		st = take_ntfs(t, ((struct hl_ntfs_fs *)r->fs->impl)->nt,
		               r->off);
	if (st == HL_LIMIT || st == HL_END || st == HL_UNSUPPORTED) {
		hl_warn(&at, "which bytes the later volume at %llu (%s) has "
		        "overwritten cannot be told%s",
		        (unsigned long long)r->off, r->fs->info.name,
		        st == HL_LIMIT ? " to the end" : "");
		return HL_OK;
	}
	return st;
}

static int by_off(const void *va, const void *vb)
{
	const struct hl_ntfs_taken *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return a->len > b->len ? -1 : a->len < b->len;
}

/* Several later volumes may lie over each other, too. */
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

/* What a rescue or a table made of this very volume is no other one. */
static bool is_itself(struct hl_fs *fs, const struct hl_fs_lost *lost,
                      const struct hl_fs_rival *r)
{
	const struct hl_ntfs_geom *a, *b;

	if (r->fs->ops != &hl_fs_ntfs || r->off != lost->vol_off)
		return false;
	a = hl_ntfs_geom(((struct hl_ntfs_fs *)fs->impl)->nt);
	b = hl_ntfs_geom(((struct hl_ntfs_fs *)r->fs->impl)->nt);
	return a->cluster_size == b->cluster_size &&
	       (r->fs->info.stitched ||
	        (!fs->info.stitched && a->mft_lcn == b->mft_lcn));
}

/* What begins where this one does: told in silence, for its damage is not
 * what is asked for. */
static enum hl_status at_start(struct hl_fs *fs, struct taken *t,
                               const struct hl_fs_lost *lost)
{
	struct hl_ctx quiet = *fs->ctx;
	struct hl_fs_found found;
	struct hl_fs_rival one = { .off = lost->vol_off };
	enum hl_status st;

	quiet.note = NULL;
	quiet.log = NULL;
	st = hl_fs_identify(&found, fs->src, false, &quiet);
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	one.fs = found.fs;
	if (!is_itself(fs, lost, &one))
		st = take_from(t, fs->src, &one);
	hl_fs_close(found.fs);
	return st;
}

static enum hl_status find_taken(struct hl_fs *fs, struct taken *t,
                                 const struct hl_fs_lost *lost)
{
	bool start = false;
	enum hl_status st = HL_OK;
	size_t i;

	for (i = 0; st == HL_OK && i < lost->n_rival; i++) {
		start |= lost->rival[i].off == lost->vol_off;
		if (!is_itself(fs, lost, &lost->rival[i]))
			st = take_from(t, fs->src, &lost->rival[i]);
	}
	return st == HL_OK && !start ? at_start(fs, t, lost) : st;
}

static enum hl_status open_it(struct hl_fs *fs, const struct hl_fs_lost *lost)
{
	const struct hl_ntfs_lost how = {
		.cluster_size = lost->cluster_size,
		.record_size = lost->record_size, .has_mft = lost->has_mft,
		.mft_lcn = lost->mft_lcn, .vol_off = lost->vol_off,
		.ext = lost->ext, .n_ext = lost->n_ext,
	};
	struct taken t = { .ctx = fs->ctx, .vol_off = lost->vol_off,
	                   .vol_len = hl_src_size(fs->src) };
	struct hl_ntfs_fs *n = fs->impl;
	enum hl_status st = hl_ntfs_open_lost(&n->nt, fs->src, &how, fs->ctx);

	if (st != HL_OK)
		return st;
	fs->info.stitched = hl_ntfs_is_stitched(n->nt);
	st = find_taken(fs, &t, lost);
	if (st != HL_OK) {
		hl_free(fs->ctx, t.t);
		return st;
	}
	make_disjoint(&t);
	hl_ntfs_set_taken(n->nt, t.t, t.n);
	return hl_ntfs_fs_info(fs);
}

enum hl_status hl_fs_open_lost(struct hl_fs **out, struct hl_src *vol,
                               const struct hl_fs_lost *lost,
                               const struct hl_ctx *ctx)
{
	struct hl_fs *fs = hl_zalloc(ctx, sizeof(*fs));
	enum hl_status st;

	*out = NULL;
	if (!fs)
		return HL_NOMEM;
	fs->ops = &hl_fs_ntfs;
	fs->ctx = ctx;
	fs->src = vol;
	fs->impl = hl_zalloc(ctx, sizeof(struct hl_ntfs_fs));
	st = fs->impl ? open_it(fs, lost) : HL_NOMEM;
	if (st != HL_OK) {
		fs->ops->close(fs);
		hl_free(ctx, fs);
		return st;
	}
	*out = fs;
	return HL_OK;
}
