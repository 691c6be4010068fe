/*
 * recmap_anchor.c: volumes that a record 0 describes.
 *
 *	record 0 at `off` says: $MFT = runs (vcn, lcn, len), lcn0 the first
 *
 *	own place    start = off - lcn0 * cluster      it is the real one
 *	mirror       start = off - mirror's lcn * cluster, out of the record 1
 *	             beside it                         it is in $MFTMirr
 *
 * Each of the two is believed by how many records lie where the runs then
 * say, with the numbers that they should have.  What does is claimed.  What
 * only continues the numbers behind the end of $MFT is left: it is of an
 * older volume.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define MAX_TRIED 128 /* record 0s that are looked at, best placed first */
#define MIN_EXPLAINED 5 /* records; $MFTMirr alone has four */

static uint64_t piece_origin(const struct hl_recmap_stretch *s)
{
	return s->off - (s->number << s->rs_log2);
}

static uint64_t piece_end(const struct hl_recmap_stretch *s)
{
	return s->off + ((uint64_t)s->n << s->rs_log2);
}

/* ---- what it explains ---------------------------------------------------- */

static bool is_old(const struct hl_recmap_stretch *s)
{
	return s->number >= RECMAP_OLD;
}

/* Does the run begin a record wherever one of the piece begins; and are they
 * those that the piece says, when it does? */
static bool agrees(const struct hl_recmap_own *r,
                   const struct hl_recmap_stretch *s)
{
	if (is_old(s))
		return !((s->off - r->origin) & ((1u << s->rs_log2) - 1));
	return r->origin == piece_origin(s);
}

/* The run in which records of the piece lie rightly, or NULL. */
static const struct hl_recmap_own *fits(const struct hl_recmap_owns *o,
                              const struct hl_recmap_stretch *s)
{
	uint64_t end = piece_end(s);
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->o[mid].end <= s->off)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < o->n && o->o[lo].off < end; lo++)
		if (agrees(&o->o[lo], s))
			return &o->o[lo];
	return NULL;
}

static bool free_piece(const struct hl_recmap_stretch *s,
                       const struct hl_recmap_cand *c)
{
	return (s->volume == RECMAP_NONE || s->volume == RECMAP_UNNUMBERED) &&
	       s->rs_log2 == c->rs_log2;
}

static uint64_t explained(const struct hl_recmap_guess *g,
                          const struct hl_recmap_owns *o,
                          const struct hl_recmap_cand *c)
{
	uint64_t sum = 0, n;
	size_t i;

	for (i = 0; i < g->n_piece; i++) {
		const struct hl_recmap_stretch *s = &g->piece[i];
		const struct hl_recmap_own *r = free_piece(s, c) ? fits(o, s) : NULL;

		if (!r)
			continue;
		n = (min_u64(r->end, piece_end(s)) - max_u64(r->off, s->off)) >>
		    s->rs_log2;
		sum += min_u64(n, s->present);
	}
	return sum;
}

/* Pieces that are cut go on behind the others, and are met again. */
static enum hl_status claim(struct hl_recmap_guess *g, const struct hl_recmap_owns *o,
                            struct hl_recmap_cand *c, uint32_t volume)
{
	enum hl_status st = HL_OK;
	size_t i;

	c->explained = c->old = 0;
	for (i = 0; st == HL_OK && i < g->n_piece; i++) {
		struct hl_recmap_stretch *s = &g->piece[i];
		const struct hl_recmap_own *r = free_piece(s, c) ? fits(o, s) : NULL;

		if (!r)
			continue;
		if (r->off > s->off) {
			st = hl_recmap_cut(g, i, (r->off - s->off) >>
			                         s->rs_log2);
			continue;
		}
		if (r->end < piece_end(s))
			st = hl_recmap_cut(g, i, (r->end - s->off +
			                          (1u << s->rs_log2) - 1) >>
			                         s->rs_log2);
		if (is_old(&g->piece[i])) { /* the runs say which they are */
			g->piece[i].number = (g->piece[i].off - r->origin) >>
			                     g->piece[i].rs_log2;
			c->old += g->piece[i].present;
		}
		g->piece[i].volume = volume;
		c->explained += g->piece[i].present;
	}
	return st;
}

/* Its $MFTMirr is no $MFT of another one. */
static void drop_mirror(struct hl_recmap *m, struct hl_recmap_guess *g,
                        const struct hl_recmap_cand *c)
{
	uint64_t one = c->start + (c->lcn << c->cs_log2) + (1u << c->rs_log2);
	size_t i, k;

	for (i = 0; i < m->n_fact; i++) {
		const struct hl_recmap_fact *f = &m->fact[i];

		if (f->number != 1 || f->off != one)
			continue;
		for (k = 0; k < g->n_piece; k++)
			if (g->piece[k].volume == RECMAP_NONE &&
			    g->piece[k].number < 4 && g->piece[k].n <= 64 &&
			    g->piece[k].off == c->start +
			                       (f->value << c->cs_log2))
				g->piece[k].volume = RECMAP_DROP;
	}
}

/* ---- which record 0s ------------------------------------------------------ */

static int by_records(const void *va, const void *vb)
{
	const struct hl_recmap_anchor *a = va, *b = vb;

	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static int by_teller(const void *va, const void *vb)
{
	const struct hl_recmap_mrun *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return a->vcn < b->vcn ? -1 : a->vcn > b->vcn;
}

static bool lcn_of_mirror(const struct hl_recmap *m,
                          const struct hl_recmap_anchor *a, uint64_t *lcn)
{
	size_t i;

	for (i = 0; i < m->n_fact; i++)
		if (m->fact[i].number == 1 &&
		    m->fact[i].off == a->off + (1u << a->rs_log2)) {
			*lcn = m->fact[i].value;
			return true;
		}
	return false;
}

struct tries {
	struct hl_recmap_cand c[2 * MAX_TRIED];
	size_t n;
};

static void try_start(struct tries *t, const struct hl_recmap *m, size_t i,
                      uint64_t lcn, bool mirror)
{
	const struct hl_recmap_anchor *a = &m->anchor[i];
	size_t k;

	if (!a->cs_log2 || lcn > a->off >> a->cs_log2)
		return;
	struct hl_recmap_cand c = {
		.start = a->off - (lcn << a->cs_log2), .cs_log2 = a->cs_log2,
		.rs_log2 = a->rs_log2, .anchor = (uint32_t)i, .lcn = a->lcn,
		.created = a->created, .mirror = mirror,
	};
	for (k = 0; k < t->n; k++) /* the mirror says the same again */
		if (t->c[k].start == c.start && t->c[k].lcn == c.lcn &&
		    t->c[k].cs_log2 == c.cs_log2 &&
		    t->c[k].created == c.created &&
		    m->anchor[t->c[k].anchor].valid == a->valid)
			return;
	t->c[t->n++] = c;
}

static void list_tries(struct hl_recmap *m, struct hl_recmap_guess *g,
                       struct tries *t)
{
	uint64_t lcn;
	uint32_t p;
	size_t i;

	for (i = 0; i < m->n_anchor; i++) {
		struct hl_recmap_anchor *a = &m->anchor[i];

		p = hl_recmap_piece_of(g, a->off);
		a->records = p == RECMAP_NONE ? 0 : g->piece[p].present;
		if (!a->cs_log2 && p != RECMAP_NONE)
			a->cs_log2 = g->piece[p].cs_log2;
	}
	if (m->n_anchor)
		qsort(m->anchor, m->n_anchor, sizeof(*m->anchor), by_records);
	for (i = 0; i < m->n_anchor && i < MAX_TRIED; i++) {
		try_start(t, m, i, m->anchor[i].lcn, false);
		if (lcn_of_mirror(m, &m->anchor[i], &lcn))
			try_start(t, m, i, lcn, true);
	}
}

/* A record 0 in its place before one in a mirror: the mirror may outlive its
 * $MFT, whose place another one has now. */
static int by_explained(const void *va, const void *vb)
{
	const struct hl_recmap_cand *a = va, *b = vb;

	if (a->mirror != b->mirror)
		return a->mirror ? 1 : -1;
	if (a->explained != b->explained)
		return a->explained > b->explained ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* A copy of a record 0 that was accepted, somewhere in a file. */
static bool is_copy(const struct hl_recmap *m, struct hl_recmap_guess *g,
                    const struct hl_recmap_cand *c)
{
	size_t i;

	if (c->explained >= c->expected / 4 && c->explained >= MIN_EXPLAINED)
		return false;
	for (i = 0; i < g->n_cand; i++)
		if (g->cand[i].lcn == c->lcn &&
		    g->cand[i].cs_log2 == c->cs_log2 &&
		    g->cand[i].created == c->created) {
			/* its mirror is not worth a word */
			g->cand[i].copies += m->anchor[c->anchor].records > 4;
			return true;
		}
	return false;
}

static enum hl_status accept(struct hl_recmap *m, struct hl_recmap_guess *g,
                             struct hl_recmap_owns *o, struct hl_recmap_cand *c)
{
	uint32_t volume = (uint32_t)g->n_cand;
	enum hl_status st = hl_recmap_gather(m, o, c);

	if (st != HL_OK)
		return st;
	c->explained = explained(g, o, c);
	if (is_copy(m, g, c) || c->explained < MIN_EXPLAINED)
		return HL_OK;
	st = claim(g, o, c, volume);
	if (st == HL_OK)
		st = hl_recmap_cand_add(g, c);
	if (st == HL_OK)
		drop_mirror(m, g, c);
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_recmap_by_anchor(struct hl_recmap *m,
                                   struct hl_recmap_guess *g)
{
	struct tries *t = hl_zalloc(m->ctx, sizeof(*t));
	struct hl_recmap_owns o = { NULL, 0, 0 };
	enum hl_status st = t ? HL_OK : HL_NOMEM;
	size_t i;

	if (st == HL_OK) {
		if (m->n_mrun)
			qsort(m->mrun, m->n_mrun, sizeof(*m->mrun), by_teller);
		list_tries(m, g, t);
	}
	for (i = 0; st == HL_OK && i < t->n; i++) {
		st = hl_cancelled(m->ctx) ? HL_CANCELLED :
		     hl_recmap_gather(m, &o, &t->c[i]);
		if (st == HL_OK)
			t->c[i].explained = explained(g, &o, &t->c[i]);
	}
	if (st == HL_OK && t->n)
		qsort(t->c, t->n, sizeof(t->c[0]), by_explained);
	for (i = 0; st == HL_OK && i < t->n; i++)
		st = accept(m, g, &o, &t->c[i]);
	hl_free(m->ctx, o.o);
	hl_free(m->ctx, t);
	return st;
}
