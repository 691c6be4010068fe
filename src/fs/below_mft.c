/*
 * below_mft.c: what is left of an $MFT under a later volume's.
 *
 *	old $MFT   |0 1 2 ...........................273|
 *	new $MFT   |0 1 2 .......185|                       in use there
 *	left                         |188 ...........273|
 *
 * A format puts its $MFT where the last one put it, so that numbers and
 * places fit both.  Records in clusters that the later NTFS volume has in use
 * are its own; the others cannot be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"
#include "ntfs/lost.h"

#define PIECE (1u << 20)

struct left {
	const struct hl_ctx *ctx;
	const struct hl_lost *l;
	const struct hl_ntfs_taken *t;
	size_t n_t, at_t;
	struct hl_recmap_extent *other; /* bound to other volumes, by place */
	size_t n_other, at_other;
	struct hl_recmap_extent *e;
	size_t n, cap;
	bool full;
};

/* Offsets only grow, so the list is walked once. */
static bool taken(struct left *f, uint64_t off)
{
	while (f->at_t < f->n_t &&
	       f->t[f->at_t].off + f->t[f->at_t].len <= off)
		f->at_t++;
	return f->at_t < f->n_t && f->t[f->at_t].off <= off &&
	       f->t[f->at_t].why == HL_TAKEN_SURE;
}

/* Is it a record of another volume, whose number fits there? */
static bool bound(struct left *f, uint64_t off, uint64_t number)
{
	uint64_t at = f->l->off + off, rs = f->l->geom.record_size;
	const struct hl_recmap_extent *o = f->other;

	while (f->at_other < f->n_other &&
	       o[f->at_other].off + o[f->at_other].n * rs <= at)
		f->at_other++;
	for (size_t i = f->at_other; i < f->n_other && o[i].off <= at; i++)
		if ((at - o[i].off) / rs < o[i].n && (at - o[i].off) % rs == 0 &&
		    number == o[i].number + (at - o[i].off) / rs)
			return true;
	return false;
}

static enum hl_status add(struct left *f, uint64_t off, uint64_t number)
{
	struct hl_recmap_extent *e = f->n ? &f->e[f->n - 1] : NULL;
	uint64_t at = f->l->off + off, rs = f->l->geom.record_size;
	enum hl_status st;

	if (e && number == e->number + e->n && at == e->off + e->n * rs) {
		e->n++;
		e->present++;
		return HL_OK;
	}
	st = hl_grow(f->ctx, (void **)&f->e, &f->cap, f->n, sizeof(*f->e),
	             HL_MAX_NTFS_LEFT);
	if (st == HL_OK)
		f->e[f->n++] = (struct hl_recmap_extent){
			.off = at, .number = number, .n = 1, .present = 1 };
	if (st == HL_LIMIT && !f->full)
		hl_warn(&(struct hl_at){ f->ctx, NULL, at, "lost volume" },
		        "its $MFT is left in more than %u pieces: what lies "
		        "behind is not looked at", HL_MAX_NTFS_LEFT);
	f->full |= st == HL_LIMIT;
	return st == HL_LIMIT ? HL_OK : st;
}

static enum hl_status piece(struct left *f, const uint8_t *p, size_t n,
                            uint64_t off)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i + SCAN_SECTOR <= n && st == HL_OK;
	     i += SCAN_SECTOR)
		/* a header since XP, which holds the number */
		if (memcmp(p + i, "FILE", 4) == 0 &&
		    le16_at(p + i + 4) >= 0x30 && !taken(f, off + i) &&
		    !bound(f, off + i, le32_at(p + i + 0x2c)))
			st = add(f, off + i, le32_at(p + i + 0x2c));
	return st;
}

static int by_number(const void *va, const void *vb)
{
	const struct hl_recmap_extent *a = va, *b = vb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	/* the longer stretch is $MFT, the shorter one a copy in some file */
	return a->n > b->n ? -1 : a->n < b->n;
}

static void make_disjoint(struct left *f)
{
	uint64_t end = 0;
	size_t n = 0;

	if (f->n)
		qsort(f->e, f->n, sizeof(*f->e), by_number);
	for (size_t i = 0; i < f->n; i++)
		if (!n || f->e[i].number >= end) {
			f->e[n++] = f->e[i];
			end = f->e[i].number + f->e[i].n;
		}
	f->n = n;
}

static int by_off(const void *va, const void *vb)
{
	const struct hl_recmap_extent *a = va, *b = vb;

	return a->off < b->off ? -1 : a->off > b->off;
}

/* Where the scan has found the records of the others. */
static enum hl_status gather(struct left *f, const struct hl_scan *s)
{
	size_t n = 0;

	for (size_t i = 0; s && i < s->n_lost; i++)
		n += &s->lost[i] == f->l ? 0 : s->lost[i].n_ext;
	if (!n)
		return HL_OK;
	f->other = hl_alloc_array(f->ctx, n, sizeof(*f->other));
	if (!f->other)
		return HL_NOMEM;
	for (size_t i = 0; i < s->n_lost; i++)
		for (size_t k = 0; k < s->lost[i].n_ext; k++)
			if (&s->lost[i] != f->l)
				f->other[f->n_other++] = s->lost[i].ext[k];
	qsort(f->other, f->n_other, sizeof(*f->other), by_off);
	return HL_OK;
}

/* Only NTFS has records; those in a file's slack of another are the old ones,
 * and those in a file are a volume's that the scan has found there. */
static enum hl_status of_ntfs(struct left *f, struct hl_ntfs_taken **t,
                              struct hl_src *vol,
                              const struct hl_fs_rival *rival, size_t n)
{
	struct hl_fs_rival *some = hl_alloc_array(f->ctx, n + 1,
	                                          sizeof(*some));
	enum hl_status st = HL_NOMEM;
	size_t k = 0;

	if (!some)
		return st;
	for (size_t i = 0; i < n; i++)
		if (rival[i].fs && rival[i].fs->ops == &hl_fs_ntfs)
			some[k++] = rival[i];
	st = hl_fs_taken(t, &f->n_t, vol, f->l->off, some, k, f->ctx);
	hl_free(f->ctx, some);
	return st;
}

enum hl_status hl_lost_remains(struct hl_recmap_extent **ext, size_t *n,
                               struct hl_src *vol, const struct hl_lost *l,
                               const struct hl_scan *s,
                               const struct hl_fs_rival *rival, size_t n_rival,
                               const struct hl_ctx *ctx)
{
	struct left f = { .ctx = ctx, .l = l };
	struct hl_ntfs_taken *t = NULL;
	uint8_t *p = hl_alloc(ctx, PIECE);
	uint64_t size = hl_src_size(vol);
	enum hl_status st = p ? HL_OK : HL_NOMEM;

	if (st == HL_OK)
		st = gather(&f, s);
	if (st == HL_OK)
		st = of_ntfs(&f, &t, vol, rival, n_rival);
	f.t = t;
	for (uint64_t off = 0; off < size && st == HL_OK; off += PIECE) {
		size_t len = (size_t)min_u64(PIECE, size - off);
		struct hl_ranges bad;

		hl_ranges_clear(&bad);
		st = hl_cancelled(ctx) ? HL_CANCELLED :
		     hl_src_read(vol, off, p, len, &bad);
		if (st == HL_OK)
			st = piece(&f, p, len, off);
	}
	hl_free(ctx, p);
	hl_free(ctx, t);
	hl_free(ctx, f.other);
	make_disjoint(&f);
	*ext = f.e;
	*n = f.n;
	return st;
}
