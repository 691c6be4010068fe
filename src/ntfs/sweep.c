/*
 * sweep.c: one pass over all records of $MFT.
 *
 *	extension record   "my base is N-S"             -> ext
 *	$FILE_NAME         "I am in folder N-S"         -> name
 *
 * It costs one reading of $MFT and 16 bytes for each name, and happens only
 * where the ordinary way is broken.  What a $MFT claims that no medium holds
 * is stepped over, extent by extent.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/sweep.h"
#include "ntfs/volume.h"

void hl_ntfs_sweep_free(const struct hl_ctx *ctx, struct hl_ntfs_sweep *sw)
{
	if (!sw)
		return;
	hl_free(ctx, sw->ext);
	hl_free(ctx, sw->name);
	hl_free(ctx, sw);
}

enum hl_status hl_ntfs_next_mapped(struct hl_ntfs *nt, uint64_t *number,
                                   uint64_t *n)
{
	uint64_t rs = nt->geom.record_size, count = hl_ntfs_record_count(nt);
	struct hl_extent e;

	while (*number < count) {
		if (hl_src_map(nt->mft, *number * rs, &e) != HL_OK)
			return HL_END;
		/* a record may begin in one extent and end in the next */
		*n = e.len / rs + (e.len % rs != 0);
		if (*n > count - *number)
			*n = count - *number;
		if (e.what == HL_WHAT_DATA)
			return HL_OK;
		*number += *n;
	}
	return HL_END;
}

uint64_t hl_ntfs_mapped_count(struct hl_ntfs *nt)
{
	uint64_t number = 0, n, sum = 0;

	while (hl_ntfs_next_mapped(nt, &number, &n) == HL_OK) {
		sum += n;
		number += n;
	}
	return sum;
}

static enum hl_status add(const struct hl_ctx *ctx, struct hl_ntfs_pair **p,
                          size_t *n, size_t *cap, struct hl_ntfs_pair pair)
{
	enum hl_status st = hl_grow(ctx, (void **)p, cap, *n, sizeof(pair),
	                            HL_MAX_NTFS_SWEPT);

	if (st == HL_OK)
		(*p)[(*n)++] = pair;
	return st;
}

/* A name in an extension record is the base record's. */
static enum hl_status add_names(struct hl_ntfs *nt, struct hl_ntfs_sweep *sw,
                                const struct hl_ntfs_rec *rec, uint64_t owner)
{
	uint32_t off = rec->head.attrs_off;
	struct hl_ntfs_attr a;
	struct hl_ntfs_ref in;
	enum hl_status st = HL_OK, got;

	while (st == HL_OK &&
	       (got = hl_ntfs_attr_next(rec->bytes, &off, &a)) != HL_END) {
		if (got != HL_OK || a.type != NTFS_FILE_NAME || !a.resident ||
		    a.value.n < 8)
			continue;
		in = hl_ntfs_ref_of(le64_at(a.value.p));
		st = add(nt->ctx, &sw->name, &sw->n_name, &sw->cap_name,
		         (struct hl_ntfs_pair){
				.key = hl_ntfs_pair_key(in.number, in.seq),
				.ref = owner });
	}
	return st;
}

static enum hl_status take(struct hl_ntfs *nt, struct hl_ntfs_sweep *sw,
                           uint64_t number)
{
	struct hl_ntfs_rec rec;
	struct hl_ntfs_ref base;
	uint64_t own, owner;
	enum hl_status st = hl_ntfs_record(nt, number, &rec);

	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK || !(rec.head.flags & NTFS_IN_USE))
		return HL_OK;
	base = rec.head.base;
	own = owner = hl_ntfs_pair_key(number, rec.head.seq);
	if (base.number || base.seq) {
		owner = hl_ntfs_pair_key(base.number, base.seq);
		st = add(nt->ctx, &sw->ext, &sw->n_ext, &sw->cap_ext,
		         (struct hl_ntfs_pair){ .key = owner, .ref = own });
	}
	return st == HL_OK ? add_names(nt, sw, &rec, owner) : st;
}

static enum hl_status gather(struct hl_ntfs *nt, struct hl_ntfs_sweep *sw)
{
	uint64_t number = 0, n, budget = hl_src_size(nt->vol) /
	                                 nt->geom.record_size + 1;
	enum hl_status st = HL_OK;

	while (st == HL_OK &&
	       hl_ntfs_next_mapped(nt, &number, &n) == HL_OK) {
		for (; st == HL_OK && n && budget; n--, budget--)
			st = take(nt, sw, number++);
		/* more than the medium holds: the same place again */
		if (!budget)
			break;
	}
	if (st != HL_LIMIT)
		return st;
	hl_warn(&(struct hl_at){ nt->ctx, nt->vol, HL_NO_OFFSET, "$MFT" },
	        "more than %u names; those of the records from %" PRIu64
	        " on are not known", HL_MAX_NTFS_SWEPT, number);
	return HL_OK;
}

static int by_key(const void *va, const void *vb)
{
	const struct hl_ntfs_pair *a = va, *b = vb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

enum hl_status hl_ntfs_sweep(struct hl_ntfs *nt,
                             const struct hl_ntfs_sweep **out)
{
	struct hl_ntfs_sweep *sw = nt->sweep;
	enum hl_status st;

	*out = sw;
	if (sw)
		return HL_OK;
	sw = hl_zalloc(nt->ctx, sizeof(*sw));
	if (!sw)
		return HL_NOMEM;
	nt->quiet = true;
	hl_ntfs_bulk(nt, true);
	st = gather(nt, sw);
	hl_ntfs_bulk(nt, false);
	nt->quiet = false;
	/* what is cached now was not said */
	hl_ntfs_cache_clear(nt);
	if (st != HL_OK) {
		hl_ntfs_sweep_free(nt->ctx, sw);
		return st;
	}
	if (sw->n_ext)
		qsort(sw->ext, sw->n_ext, sizeof(*sw->ext), by_key);
	if (sw->n_name)
		qsort(sw->name, sw->n_name, sizeof(*sw->name), by_key);
	*out = nt->sweep = sw;
	return HL_OK;
}

size_t hl_ntfs_pair_first(const struct hl_ntfs_pair *p, size_t n, uint64_t key)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
