/*
 * recmap_mft.c: where the $MFT of a candidate lies on the image: the runs of
 * its record 0, then those that extension records within them add.
 */
#include <stdlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

static int by_off(const void *va, const void *vb)
{
	const struct hl_recmap_own *a = va, *b = vb;

	return a->off < b->off ? -1 : a->off > b->off;
}

static enum hl_status add_own(struct hl_recmap *m, struct hl_recmap_owns *o,
                              const struct hl_recmap_cand *c,
                              const struct hl_recmap_mrun *r)
{
	const struct hl_recmap_anchor *a = &m->anchor[c->anchor];
	uint64_t vbytes, off, len, valid = max_u64(a->valid, 1u << c->rs_log2);
	enum hl_status st;

	if (r->vcn > (uint64_t)INT64_MAX >> c->cs_log2 || r->lcn > (uint64_t)INT64_MAX >> c->cs_log2 ||
	    r->len > (uint64_t)INT64_MAX >> c->cs_log2)
		return HL_OK;
	vbytes = r->vcn << c->cs_log2;
	if (vbytes >= valid || ckd_add(&off, c->start, r->lcn << c->cs_log2))
		return HL_OK;
	len = min_u64(r->len << c->cs_log2, valid - vbytes);
	if (off > INT64_MAX)
		return HL_OK;
	st = hl_grow(m->ctx, (void **)&o->o, &o->cap, o->n, sizeof(*o->o),
	             HL_MAX_RECMAP_MFT_RUNS);
	if (st == HL_OK)
		o->o[o->n++] = (struct hl_recmap_own){ off, off + len, off - vbytes };
	return st == HL_LIMIT ? HL_OK : st;
}


static size_t first_mrun(const struct hl_recmap *m, uint64_t off)
{
	size_t lo = 0, hi = m->n_mrun;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->mrun[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Runs that extension records within what is mapped add.  The runs are
 * sorted by the record that says them. */
static enum hl_status add_extensions(struct hl_recmap *m, struct hl_recmap_owns *o,
                                     const struct hl_recmap_cand *c)
{
	uint64_t at, zero = m->anchor[c->anchor].off;
	size_t before = o->n, i, k, n_own = o->n;
	enum hl_status st = HL_OK;

	if (o->n)
		qsort(o->o, o->n, sizeof(*o->o), by_off);
	/* o grows behind n_own, which stays sorted for the search */
	for (k = 0; st == HL_OK && k < n_own; k++) {
		struct hl_recmap_own one = o->o[k];

		for (i = first_mrun(m, one.off);
		     st == HL_OK && i < m->n_mrun && m->mrun[i].off < one.end;
		     i++) {
			at = m->mrun[i].off;
			if (at != zero)
				st = add_own(m, o, c, &m->mrun[i]);
		}
	}
	return st == HL_OK && o->n == before ? HL_END : st;
}

static void unique(struct hl_recmap_owns *o)
{
	size_t i, n = 0;

	if (o->n)
		qsort(o->o, o->n, sizeof(*o->o), by_off);
	for (i = 0; i < o->n; i++)
		if (!n || o->o[i].off >= o->o[n - 1].end)
			o->o[n++] = o->o[i];
	o->n = n;
}

enum hl_status hl_recmap_gather(struct hl_recmap *m, struct hl_recmap_owns *o,
                                struct hl_recmap_cand *c)
{
	const struct hl_recmap_anchor *a = &m->anchor[c->anchor];
	uint64_t bytes = 0;
	size_t i, before;
	int pass;
	enum hl_status st = HL_OK;

	o->n = 0;
	for (i = first_mrun(m, a->off);
	     st == HL_OK && i < m->n_mrun && m->mrun[i].off == a->off; i++)
		st = add_own(m, o, c, &m->mrun[i]);
	unique(o);
	for (pass = 0; st == HL_OK && pass < HL_MAX_NTFS_MFT_PASSES; pass++) {
		before = o->n;
		st = add_extensions(m, o, c);
		unique(o);
		if (o->n == before)
			break;
	}
	for (i = 0; i < o->n; i++)
		bytes += o->o[i].end - o->o[i].off;
	c->whole = bytes >= a->valid;
	c->mapped = bytes >> c->rs_log2;
	c->expected = a->valid >> c->rs_log2;
	return st == HL_END ? HL_OK : st;
}
