/*
 * taken.c: bytes of a lost volume that later volumes have.
 *
 *	stream    |--- cluster 40 ---|--- cluster 41 ---|
 *	later volume's files   ......|xxxxxxxxxxxxxxxxxx|
 *
 * Reading gives what lies there; the map tells that it is another's.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "ntfs/lost.h"
#include "ntfs/dir.h"
#include "ntfs/wof.h"

struct taken {
	struct hl_src src;
	struct hl_src *inner; /* owned */
	struct hl_ntfs *nt;
};

void hl_ntfs_set_taken(struct hl_ntfs *nt, struct hl_ntfs_taken *t, size_t n)
{
	hl_free(nt->ctx, nt->taken);
	nt->taken = t;
	nt->n_taken = n;
}

const struct hl_ntfs_taken *hl_ntfs_taken_at(const struct hl_ntfs *nt,
                                             uint64_t off, uint64_t *len)
{
	size_t lo = 0, hi = nt->n_taken;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (nt->taken[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < nt->n_taken)
		*len = min_u64(*len, nt->taken[lo].off - off);
	if (!lo || off - nt->taken[lo - 1].off >= nt->taken[lo - 1].len)
		return NULL;
	*len = min_u64(*len, nt->taken[lo - 1].len -
	                     (off - nt->taken[lo - 1].off));
	return &nt->taken[lo - 1];
}

static enum hl_status taken_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	return hl_src_read(((struct taken *)src)->inner, off, buf, len, bad);
}

static enum hl_status taken_map(struct hl_src *src, uint64_t off,
                                struct hl_extent *out)
{
	struct taken *t = (struct taken *)src;
	uint64_t len;
	enum hl_status st = hl_src_map(t->inner, off, out);

	if (st != HL_OK || out->in != t->nt->vol || out->quality != HL_Q_OK)
		return st;
	len = out->len;
	if (hl_ntfs_taken_at(t->nt, out->in_off, &len)) {
		out->quality = HL_Q_ALLOCATED_TO;
		out->owner = HL_NO_OFFSET; /* not a file of this volume */
	}
	out->len = out->in_len = len;
	return HL_OK;
}

static void taken_advise(struct hl_src *src, uint64_t off, uint64_t len,
                         enum hl_advice how)
{
	hl_src_advise(((struct taken *)src)->inner, off, len, how);
}

static void taken_close(struct hl_src *src)
{
	struct taken *t = (struct taken *)src;

	hl_src_close(t->inner);
	hl_free(src->ctx, t);
}

static const struct hl_src_ops taken_ops = {
	.read = taken_read,
	.map = taken_map,
	.advise = taken_advise,
	.close = taken_close,
};

enum hl_status hl_ntfs_taken(struct hl_src **out, struct hl_src *inner,
                             struct hl_ntfs *nt)
{
	struct taken *t;

	*out = inner;
	if (!nt->n_taken)
		return HL_OK;
	t = hl_zalloc(nt->ctx, sizeof(*t));
	if (!t) {
		hl_src_close(inner);
		*out = NULL;
		return HL_NOMEM;
	}
	hl_src_init(&t->src, &taken_ops, nt->ctx, hl_src_name(inner),
	            hl_src_size(inner), hl_src_sector_size(inner));
	t->inner = inner;
	t->nt = nt;
	*out = &t->src;
	return HL_OK;
}

uint64_t hl_ntfs_taken_bytes(struct hl_ntfs *nt, struct hl_src *src,
                             enum hl_ntfs_taken_why why, uint64_t *by)
{
	struct hl_src *raw = hl_ntfs_gone_inner(
		hl_ntfs_packed_raw(hl_ntfs_wof_raw(src)));
	const struct hl_ntfs_taken *t;
	uint64_t off = 0, sum = 0, len;
	struct hl_extent e;

	*by = 0;
	if (!nt->n_taken || raw->ops != &taken_ops)
		return 0;
	while (off < raw->size && hl_src_map(raw, off, &e) == HL_OK) {
		len = e.len;
		if (e.in == nt->vol && e.quality == HL_Q_ALLOCATED_TO) {
			t = hl_ntfs_taken_at(nt, e.in_off, &len);
			if (t && t->why != why)
				t = NULL;
			if (t && !sum)
				*by = t->by;
			sum += t ? e.len : 0;
		}
		off += e.len;
	}
	return sum;
}

bool hl_ntfs_dir_ours(struct hl_ntfs_dir *d, uint64_t off,
                      const struct hl_ntfs_node *node)
{
	struct hl_ntfs_entry e;
	struct hl_ntfs_ref in;
	struct hl_extent x;
	size_t at = 0;

	if (hl_src_map(d->blocks, off, &x) != HL_OK || x.quality != HL_Q_OK)
		return false;
	if (hl_ntfs_entry_next(node->entries, &at, &e) != HL_OK || e.last ||
	    e.key.n < 8)
		return true;
	in = hl_ntfs_ref_of(le64_at(e.key.p));
	return in.number == d->number && in.seq == d->seq;
}
