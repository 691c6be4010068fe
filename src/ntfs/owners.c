/*
 * owners.c: who has a cluster now.
 *
 *	owned[]   { first cluster, length, record } of every run of every live
 *	          file, sorted; made by one sweep when the first one asks
 *	$Bitmap   a bit for each cluster, read in pieces, one of them kept
 *
 * Runs stand in base and extension records alike, so the sweep needs no file
 * to be put together.  When there are more runs than the ceiling allows, a
 * cluster in use may have no known owner; nothing else is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

#define PIECE 16384 /* bytes of $Bitmap: 131,072 clusters */

struct owned {
	uint64_t lcn;
	uint32_t len, record;
};

struct hl_ntfs_owners {
	pthread_mutex_t lock; /* for all that follows */
	struct hl_src *bitmap; /* or NULL */
	uint64_t at;           /* of buf in it; UINT64_MAX: none */
	size_t n_buf;
	bool built;
	struct owned *own;
	size_t n, cap;
	uint8_t buf[PIECE];
};

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

enum hl_status hl_ntfs_owners_prepare(struct hl_ntfs *nt)
{
	struct hl_ntfs_owners *o;
	struct hl_ntfs_file *f;
	size_t i;
	enum hl_status st;

	if (nt->owners)
		return HL_OK;
	o = hl_zalloc(nt->ctx, sizeof(*o));
	if (!o || pthread_mutex_init(&o->lock, NULL)) {
		hl_free(nt->ctx, o);
		return HL_NOMEM;
	}
	o->at = UINT64_MAX;
	nt->owners = o;
	st = hl_ntfs_file_open(&f, nt, NTFS_REC_BITMAP);
	if (st != HL_OK)
		return fatal(st) ? st : HL_OK;
	i = f->head.flags & NTFS_IN_USE ?
	    hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0)) : NTFS_NONE;
	if (i != NTFS_NONE)
		st = hl_ntfs_stream(&o->bitmap, f, i, NTFS_CONTENT);
	hl_ntfs_file_close(f);
	return fatal(st) ? st : HL_OK;
}

void hl_ntfs_owners_free(struct hl_ntfs *nt)
{
	struct hl_ntfs_owners *o = nt->owners;

	if (!o)
		return;
	pthread_mutex_destroy(&o->lock);
	hl_src_close(o->bitmap);
	hl_free(nt->ctx, o->own);
	hl_free(nt->ctx, o);
	nt->owners = NULL;
}

/* ---- $Bitmap ------------------------------------------------------------- */

/* The byte that holds a cluster's bit.  HL_END: it cannot be had. */
static enum hl_status bitmap_byte(struct hl_ntfs_owners *o, uint64_t i,
                                  uint8_t *out)
{
	struct hl_ranges bad;

	if (!o->bitmap || i >= hl_src_size(o->bitmap))
		return HL_END;
	if (o->at == UINT64_MAX || i < o->at || i - o->at >= o->n_buf) {
		o->at = i - i % PIECE;
		o->n_buf = (size_t)min_u64(PIECE,
		                           hl_src_size(o->bitmap) - o->at);
		hl_ranges_clear(&bad);
		enum hl_status st = hl_src_read(o->bitmap, o->at, o->buf,
		                                o->n_buf, &bad);
		if (st != HL_OK || bad.bytes) {
			o->at = UINT64_MAX;
			return fatal(st) ? st : HL_END;
		}
	}
	*out = o->buf[i - o->at];
	return HL_OK;
}

static enum hl_status bits(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                           bool *used)
{
	uint64_t i = 0, want = *n;
	uint8_t b = 0;
	enum hl_status st;

	*used = false;
	for (; i < want; i++) {
		if (i == 0 || (lcn + i) % 8 == 0) {
			st = lcn + i < nt->geom.n_clusters ?
			     bitmap_byte(nt->owners, (lcn + i) / 8, &b) :
			     HL_END;
			if (st != HL_OK && i == 0)
				return st;
			if (st != HL_OK)
				break;
		}
		bool one = b >> ((lcn + i) % 8) & 1;
		if (i == 0)
			*used = one;
		else if (one != *used)
			break;
	}
	*n = i;
	return HL_OK;
}

enum hl_status hl_ntfs_in_use(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                              bool *used)
{
	enum hl_status st = hl_ntfs_owners_prepare(nt);

	if (st != HL_OK)
		return st;
	pthread_mutex_lock(&nt->owners->lock);
	st = bits(nt, lcn, n, used);
	pthread_mutex_unlock(&nt->owners->lock);
	return st;
}

/* ---- runs of live files -------------------------------------------------- */

static enum hl_status add_run(struct hl_ntfs *nt, const struct hl_ntfs_run *r,
                              uint64_t record)
{
	struct hl_ntfs_owners *o = nt->owners;
	uint64_t lcn = r->lcn, left = r->len;

	while (left) {
		uint32_t len = (uint32_t)min_u64(left, UINT32_MAX);
		enum hl_status st = hl_grow(nt->ctx, (void **)&o->own,
		                            &o->cap, o->n, sizeof(*o->own),
		                            HL_MAX_NTFS_OWNED);
		if (st != HL_OK)
			return st;
		o->own[o->n++] = (struct owned){ lcn, len, (uint32_t)record };
		lcn += len;
		left -= len;
	}
	return HL_OK;
}

static enum hl_status add_attr(struct hl_ntfs *nt,
                               const struct hl_ntfs_attr *a, uint64_t record)
{
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;

	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, nt->geom.n_clusters);
	while (hl_ntfs_run_next(&it, &r) == HL_OK) {
		if (r.sparse || r.outside)
			continue;
		enum hl_status st = add_run(nt, &r, record);
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

static enum hl_status add_record(struct hl_ntfs *nt,
                                 const struct hl_ntfs_rec *rec)
{
	uint64_t record = rec->head.base.number ? rec->head.base.number
	                                        : rec->number;
	uint32_t off = rec->head.attrs_off;
	struct hl_ntfs_attr a;
	enum hl_status st;

	if (!(rec->head.flags & NTFS_IN_USE) || record > UINT32_MAX)
		return HL_OK;
	while ((st = hl_ntfs_attr_next(rec->bytes, &off, &a)) != HL_END) {
		if (st != HL_OK || a.resident)
			continue;
		st = add_attr(nt, &a, record);
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

static int by_lcn(const void *va, const void *vb)
{
	const struct owned *a = va, *b = vb;

	if (a->lcn != b->lcn)
		return a->lcn < b->lcn ? -1 : 1;
	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return 0;
}

/* A ceiling or damage leaves the map with gaps, which is what it then says. */
static enum hl_status build(struct hl_ntfs *nt)
{
	struct hl_ntfs_owners *o = nt->owners;
	struct hl_ntfs_scan *s;
	struct hl_ntfs_rec rec;
	enum hl_status st;

	if (o->built)
		return HL_OK;
	st = hl_ntfs_scan_open(&s, nt);
	if (st != HL_OK)
		return st;
	while ((st = hl_ntfs_scan_next(s, &rec)) == HL_OK ||
	       st == HL_CORRUPT) {
		if (st == HL_OK)
			st = add_record(nt, &rec);
		if (st != HL_OK && st != HL_CORRUPT)
			break;
	}
	hl_ntfs_scan_close(s);
	if (fatal(st)) {
		o->n = 0;
		return st;
	}
	if (o->n)
		qsort(o->own, o->n, sizeof(*o->own), by_lcn);
	o->built = true;
	return HL_OK;
}

/* The run that holds lcn, or NULL and *n cut to where the next begins. */
static const struct owned *find(const struct hl_ntfs_owners *o, uint64_t lcn,
                                uint64_t *n)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->own[mid].lcn <= lcn)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < o->n)
		*n = min_u64(*n, o->own[lo].lcn - lcn);
	/* Runs of a sound volume do not overlap; one back is enough. */
	if (lo == 0 || lcn - o->own[lo - 1].lcn >= o->own[lo - 1].len)
		return NULL;
	*n = min_u64(*n, o->own[lo - 1].len - (lcn - o->own[lo - 1].lcn));
	return &o->own[lo - 1];
}

static enum hl_status who(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                          struct hl_ntfs_holder *out)
{
	const struct owned *own;
	bool used;
	enum hl_status st = build(nt);

	*out = (struct hl_ntfs_holder){ HL_Q_UNKNOWN, 0 };
	if (st != HL_OK)
		return st;
	own = find(nt->owners, lcn, n);
	if (own) {
		*out = (struct hl_ntfs_holder){ HL_Q_ALLOCATED_TO,
			                        own->record };
		return HL_OK;
	}
	st = bits(nt, lcn, n, &used);
	if (st == HL_END)
		return HL_OK;
	if (st == HL_OK && used)
		*out = (struct hl_ntfs_holder){ HL_Q_ALLOCATED_TO,
			                        HL_NO_OFFSET };
	else if (st == HL_OK)
		out->quality = HL_Q_UNALLOCATED_NOW;
	return st;
}

enum hl_status hl_ntfs_who(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                           struct hl_ntfs_holder *out)
{
	enum hl_status st = hl_ntfs_owners_prepare(nt);

	if (st != HL_OK)
		return st;
	pthread_mutex_lock(&nt->owners->lock);
	st = who(nt, lcn, n, out);
	pthread_mutex_unlock(&nt->owners->lock);
	return st;
}
