/*
 * recmap_vote.c: volumes without a record 0.
 *
 *	record N-S   "my index: block 3 of it lies in cluster 700"
 *	block        "I am block 3 of an index whose names are in N-S", at off
 *
 *	start = off - 700 * cluster
 *
 * Each pair is a vote.  Those of one volume agree; pairs of two volumes that
 * used the same number do not agree with anything.  A piece of $MFT belongs
 * to the start that has most votes of all those its records give.
 */
#include <stdlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define MAX_VOTES_EACH 256 /* of one run: blocks that say the same */

/* ---- votes --------------------------------------------------------------- */

static int by_folder(const void *va, const void *vb)
{
	const struct hl_recmap_block *a = va, *b = vb;

	if (a->folder != b->folder)
		return a->folder < b->folder ? -1 : 1;
	if (a->vcn != b->vcn)
		return a->vcn < b->vcn ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static int by_start(const void *va, const void *vb)
{
	const struct hl_recmap_vote *a = va, *b = vb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->cs_log2 != b->cs_log2)
		return a->cs_log2 < b->cs_log2 ? -1 : 1;
	return a->piece < b->piece ? -1 : a->piece > b->piece;
}

static size_t first_block(const struct hl_recmap *m, uint64_t folder,
                          uint64_t vcn)
{
	size_t lo = 0, hi = m->n_block;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct hl_recmap_block *b = &m->block[mid];

		if (b->folder < folder ||
		    (b->folder == folder && b->vcn < vcn))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* at: bytes into the index. */
static bool start_of(const struct hl_recmap_irun *r, unsigned cs_log2,
                     uint64_t at, uint64_t off, uint64_t *start)
{
	uint64_t vcn = at >> cs_log2, pos;

	if (vcn < r->vcn || vcn - r->vcn >= r->len ||
	    r->lcn > (uint64_t)INT64_MAX >> cs_log2)
		return false;
	pos = ((r->lcn + (vcn - r->vcn)) << cs_log2) + at -
	      (vcn << cs_log2);
	if (pos > off || (off - pos) % NTFS_STRIDE)
		return false;
	*start = off - pos;
	return true;
}

/* The blocks of a run; a block's number counts units of 2^unit bytes. */
static enum hl_status vote_unit(struct hl_recmap *m, struct hl_recmap_guess *g,
                                const struct hl_recmap_irun *r, uint32_t piece,
                                unsigned cs_log2, unsigned unit)
{
	struct hl_recmap_tally *t = &g->tally;
	struct hl_recmap_vote v = { .piece = piece, .cs_log2 = cs_log2 };
	uint64_t first = (uint64_t)r->vcn << cs_log2 >> unit;
	size_t i = first_block(m, r->folder, first), n;
	enum hl_status st = HL_OK;

	for (n = 0; st == HL_OK && i < m->n_block && n < MAX_VOTES_EACH &&
	       m->block[i].folder == r->folder; i++, n++) {
		const struct hl_recmap_block *b = &m->block[i];

		if ((unit == cs_log2) != ((uint64_t)1 << cs_log2 <= b->size) ||
		    !start_of(r, cs_log2, (uint64_t)b->vcn << unit, b->off,
		              &v.start))
			continue;
		st = hl_grow(m->ctx, (void **)&t->v, &t->cap, t->n, sizeof(v),
		             HL_MAX_RECMAP_STRETCHES);
		if (st == HL_OK)
			t->v[t->n++] = v;
	}
	return st;
}

static enum hl_status vote_run(struct hl_recmap *m, struct hl_recmap_guess *g,
                               const struct hl_recmap_irun *r)
{
	uint32_t p = hl_recmap_piece_of(g, r->off);
	unsigned cs = r->cs_log2;
	enum hl_status st;

	if (p == RECMAP_NONE || g->piece[p].volume == RECMAP_DROP ||
	    g->piece[p].volume == RECMAP_UNNUMBERED)
		return HL_OK;
	if (!cs)
		cs = g->piece[p].cs_log2;
	if (!cs)
		return HL_OK;
	/* Blocks smaller than a cluster are counted in sectors. */
	st = vote_unit(m, g, r, p, cs, cs);
	return st == HL_OK && cs > 9 ? vote_unit(m, g, r, p, cs, 9) : st;
}

static enum hl_status count(struct hl_recmap *m, struct hl_recmap_guess *g)
{
	enum hl_status st = HL_OK;
	size_t i;

	if (m->n_block)
		qsort(m->block, m->n_block, sizeof(*m->block), by_folder);
	for (i = 0; st == HL_OK && i < m->n_irun; i++) {
		if (i % 4096 == 0 && hl_cancelled(m->ctx))
			return HL_CANCELLED;
		st = vote_run(m, g, &m->irun[i]);
	}
	if (g->tally.n)
		qsort(g->tally.v, g->tally.n, sizeof(*g->tally.v), by_start);
	g->full |= st == HL_LIMIT;
	return st == HL_LIMIT ? HL_OK : st;
}

/* ---- the best start of each piece ----------------------------------------- */

struct best {
	uint32_t vote;  /* any one of the group */
	uint32_t total; /* of the group */
};

static bool same_start(const struct hl_recmap_vote *a,
                       const struct hl_recmap_vote *b)
{
	return a->start == b->start && a->cs_log2 == b->cs_log2;
}

static void tell(struct hl_recmap_guess *g, struct best *best)
{
	const struct hl_recmap_vote *v = g->tally.v;
	size_t i, k, end;

	for (i = 0; i < g->tally.n; i = end) {
		for (end = i; end < g->tally.n && same_start(&v[i], &v[end]);)
			end++;
		for (k = 0; k < g->n_cand; k++)
			if (g->cand[k].start == v[i].start &&
			    g->cand[k].cs_log2 == v[i].cs_log2)
				g->cand[k].votes += end - i;
		for (k = i; k < end; k++) {
			struct best *b = &best[v[k].piece];

			if (end - i > b->total)
				*b = (struct best){ (uint32_t)i,
				                    (uint32_t)(end - i) };
		}
	}
}

/* A volume that begins there and may have this piece, or a new one. */
static enum hl_status volume_at(struct hl_recmap_guess *g,
                                const struct hl_recmap_stretch *s,
                                uint64_t start, unsigned cs_log2,
                                bool guessed, uint32_t *out)
{
	struct hl_recmap_cand c = {
		.start = start, .cs_log2 = cs_log2, .rs_log2 = s->rs_log2,
		.anchor = RECMAP_NONE, .guessed = guessed,
	};
	size_t i;
	enum hl_status st;

	for (i = 0; i < g->n_cand; i++) {
		const struct hl_recmap_cand *o = &g->cand[i];

		if (o->start != start || o->cs_log2 != cs_log2 ||
		    o->rs_log2 != s->rs_log2 ||
		    (o->anchor != RECMAP_NONE &&
		     (o->whole || s->number < o->mapped)))
			continue;
		*out = (uint32_t)i;
		return HL_OK;
	}
	*out = (uint32_t)g->n_cand;
	st = hl_recmap_cand_add(g, &c);
	if (st == HL_LIMIT) {
		*out = RECMAP_NONE;
		return HL_OK;
	}
	return st;
}

static enum hl_status bind(struct hl_recmap_guess *g, const struct best *best,
                           size_t n)
{
	enum hl_status st = HL_OK;
	uint32_t volume;
	unsigned least;
	size_t i;

	/* those that many votes bind come first: they make the volumes */
	for (least = 2; st == HL_OK && least; least--) {
		for (i = 0; st == HL_OK && i < n; i++) {
			struct hl_recmap_stretch *s = &g->piece[i];
			const struct hl_recmap_vote *v;

			if (s->volume != RECMAP_NONE || best[i].total < least)
				continue;
			v = &g->tally.v[best[i].vote];
			st = volume_at(g, s, v->start, v->cs_log2, false,
			               &volume);
			if (st != HL_OK || volume == RECMAP_NONE)
				continue;
			s->volume = volume;
			s->votes = 1; /* bound */
			if (g->cand[volume].anchor == RECMAP_NONE)
				g->cand[volume].votes = best[i].total;
		}
	}
	return st;
}

/* ---- by place ------------------------------------------------------------- */

static bool may_hold(const struct hl_recmap_cand *c,
                     const struct hl_recmap_stretch *s)
{
	return c->rs_log2 == s->rs_log2 && c->start <= s->off &&
	       (!s->cs_log2 || s->cs_log2 == c->cs_log2) &&
	       (s->off - c->start) % NTFS_STRIDE == 0;
}

/* The volume in which a piece without votes lies; the nearest start. */
static enum hl_status place(struct hl_recmap_guess *g,
                            struct hl_recmap_stretch *s, size_t n_cand)
{
	struct hl_recmap_cand *on = NULL; /* whole */
	uint32_t at = RECMAP_NONE;
	size_t i;
	enum hl_status st;

	for (i = 0; i < g->n_cand; i++) {
		struct hl_recmap_cand *c = &g->cand[i];

		if (!may_hold(c, s))
			continue;
		if (c->whole) {
			if (i < n_cand && (!on || c->start > on->start))
				on = c;
		} else if (s->number >= c->mapped &&
		           (at == RECMAP_NONE || c->start > g->cand[at].start)) {
			at = (uint32_t)i;
		}
	}
	if (at == RECMAP_NONE && on && s->present >= 4) {
		size_t k = (size_t)(on - g->cand);

		st = volume_at(g, s, on->start, on->cs_log2, true, &at);
		if (st != HL_OK)
			return st;
		on = &g->cand[k]; /* may have moved */
	}
	if (at == RECMAP_NONE)
		return HL_OK;
	s->volume = at;
	/* Formatted twice the same way: one $MFT begins where the other did. */
	if (g->cand[at].guessed && on && s->off - (s->number << s->rs_log2) ==
	                                 on->start + (on->lcn << on->cs_log2))
		g->cand[at].same_mft = true;
	s->votes = g->cand[at].same_mft; /* 0: by its place only */
	g->cand[at].by_place += s->votes ? 0 : s->present;
	return HL_OK;
}

enum hl_status hl_recmap_by_index(struct hl_recmap *m,
                                  struct hl_recmap_guess *g)
{
	size_t i, n = g->n_piece, n_cand;
	struct best *best = hl_alloc_array(m->ctx, n, sizeof(*best));
	enum hl_status st = best ? count(m, g) : HL_NOMEM;

	for (i = 0; st == HL_OK && i < n; i++)
		best[i] = (struct best){ 0, 0 };
	if (st == HL_OK) {
		tell(g, best);
		st = bind(g, best, n);
	}
	hl_free(m->ctx, best);
	hl_free(m->ctx, g->tally.v);
	g->tally = (struct hl_recmap_tally){ NULL, 0, 0 };
	n_cand = g->n_cand;
	for (i = 0; st == HL_OK && i < n; i++)
		if (g->piece[i].volume == RECMAP_NONE)
			st = place(g, &g->piece[i], n_cand);
	return st;
}
