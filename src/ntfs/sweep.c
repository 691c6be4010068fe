/*
 * sweep.c: one pass over all records of $MFT.
 *
 *	extension record   "my base is N-S"             -> ext
 *	$FILE_NAME         "I am in folder N-S"         -> name
 *
 * It costs one reading of $MFT, in its order and a MiB at a time, and 16 bytes
 * for each folder that a file is in; it happens only where the ordinary way is
 * broken.
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

/* From *number on, the next record that lies on the medium, and how many
 * follow it without a gap.  HL_OK, HL_END */
static enum hl_status next_mapped(struct hl_ntfs *nt, uint64_t *number,
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

	while (next_mapped(nt, &number, &n) == HL_OK) {
		sum += n;
		number += n;
	}
	return sum;
}

static enum hl_status add(const struct hl_ctx *ctx, struct hl_ntfs_pair **p,
                          size_t *n, size_t *cap, struct hl_ntfs_pair pair)
{
	enum hl_status st;

	/* the DOS name is in the same folder as the long one before it */
	if (*n && (*p)[*n - 1].key == pair.key && (*p)[*n - 1].ref == pair.ref)
		return HL_OK;
	st = hl_grow(ctx, (void **)p, cap, *n, sizeof(pair),
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
                           const struct hl_ntfs_rec *rec)
{
	struct hl_ntfs_ref base = rec->head.base;
	uint64_t own, owner;
	enum hl_status st = HL_OK;

	if (!(rec->head.flags & NTFS_IN_USE))
		return HL_OK;
	own = owner = hl_ntfs_pair_key(rec->number, rec->head.seq);
	if (base.number || base.seq) {
		owner = hl_ntfs_pair_key(base.number, base.seq);
		st = add(nt->ctx, &sw->ext, &sw->n_ext, &sw->cap_ext,
		         (struct hl_ntfs_pair){ .key = owner, .ref = own });
	}
	return st == HL_OK ? add_names(nt, sw, rec, owner) : st;
}

/* A record that is not whole may have its second copy, or its good part. */
static enum hl_status next(struct hl_ntfs *nt, struct hl_ntfs_scan *scan,
                           struct hl_ntfs_rec *rec)
{
	enum hl_status st;

	do {
		st = hl_ntfs_scan_next(scan, rec);
		if (st != HL_CORRUPT)
			return st;
		st = hl_ntfs_record(nt, rec->number, rec);
	} while (st != HL_OK && st != HL_NOMEM && st != HL_CANCELLED);
	return st;
}

static enum hl_status gather(struct hl_ntfs *nt, struct hl_ntfs_sweep *sw)
{
	struct hl_ntfs_scan *scan;
	struct hl_ntfs_rec rec;
	/* more than the medium holds: the same place again */
	uint64_t budget = hl_src_size(nt->vol) / nt->geom.record_size + 1;
	enum hl_status st = hl_ntfs_scan_open(&scan, nt);

	if (st != HL_OK)
		return st;
	while (st == HL_OK && budget--) {
		st = next(nt, scan, &rec);
		if (st == HL_OK)
			st = take(nt, sw, &rec);
	}
	hl_ntfs_scan_close(scan);
	if (st != HL_LIMIT)
		return st == HL_END ? HL_OK : st;
	hl_warn(&(struct hl_at){ nt->ctx, nt->vol, HL_NO_OFFSET, "$MFT" },
	        "more than %u names; those of the records from %" PRIu64
	        " on are not known", HL_MAX_NTFS_SWEPT, rec.number);
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
	st = gather(nt, sw);
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
