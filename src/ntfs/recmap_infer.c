/*
 * recmap_infer.c: from stretches of records to volumes.
 *
 *	stretches -> pieces       copies, sorted by place
 *	by anchor                 record 0 claims what its runs map
 *	by index                  votes of index blocks; then by place
 *	finish                    results with their evidence
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

void hl_recmap_guess_free(const struct hl_ctx *ctx, struct hl_recmap_guess *g)
{
	size_t i;

	if (!g)
		return;
	hl_free(ctx, g->piece);
	hl_free(ctx, g->cand);
	hl_free(ctx, g->tally.v);
	hl_free(ctx, g->vol);
	hl_free(ctx, g->ext);
	for (i = 0; i < g->n_text; i++)
		hl_free(ctx, g->text[i]);
	hl_free(ctx, g->text);
	hl_free(ctx, g);
}

enum hl_status hl_recmap_cand_add(struct hl_recmap_guess *g,
                                  const struct hl_recmap_cand *c)
{
	enum hl_status st = hl_grow(g->ctx, (void **)&g->cand, &g->cap_cand,
	                            g->n_cand, sizeof(*g->cand),
	                            HL_MAX_RECMAP_VOLUMES);

	if (st == HL_OK)
		g->cand[g->n_cand++] = *c;
	g->full |= st == HL_LIMIT;
	return st;
}

static int by_off(const void *va, const void *vb)
{
	const struct hl_recmap_stretch *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* qsort may take as much memory again, and mostly has nothing to do. */
static void sort_pieces(struct hl_recmap_guess *g)
{
	size_t i;

	for (i = 1; i < g->n_piece; i++)
		if (by_off(&g->piece[i - 1], &g->piece[i]) > 0) {
			qsort(g->piece, g->n_piece, sizeof(*g->piece),
			      by_off);
			return;
		}
}

uint32_t hl_recmap_piece_of(const struct hl_recmap_guess *g, uint64_t off)
{
	size_t lo = 0, hi = g->n_piece;
	int back;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (g->piece[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* others may lie in the holes of one */
	for (back = 0; back < 16 && lo > 0; back++) {
		const struct hl_recmap_stretch *s = &g->piece[--lo];

		if (off - s->off < (uint64_t)s->n << s->rs_log2)
			return (uint32_t)lo;
	}
	return RECMAP_NONE;
}

enum hl_status hl_recmap_cut(struct hl_recmap_guess *g, size_t i, uint64_t n)
{
	struct hl_recmap_stretch *s = &g->piece[i], rest = *s;
	enum hl_status st;

	if (!n || n >= s->n)
		return HL_OK;
	rest.off += n << s->rs_log2;
	rest.number += n;
	rest.n = s->n - (uint32_t)n;
	/* where the holes are is not known any more */
	rest.present = (uint32_t)((uint64_t)s->present * rest.n / s->n);
	if (s->present - rest.present > n)
		rest.present = s->present - (uint32_t)n;
	st = hl_grow(g->ctx, (void **)&g->piece, &g->cap_piece, g->n_piece,
	             sizeof(*s), 2 * (size_t)HL_MAX_RECMAP_STRETCHES);
	if (st != HL_OK)
		return st == HL_LIMIT ? HL_OK : st;
	s = &g->piece[i]; /* may have moved */
	s->present -= rest.present;
	s->n = (uint32_t)n;
	g->piece[g->n_piece++] = rest;
	return HL_OK;
}

static enum hl_status begin(struct hl_recmap *m, struct hl_recmap_guess **out)
{
	struct hl_recmap_guess *g = hl_zalloc(m->ctx, sizeof(*g));
	size_t i;

	*out = g;
	if (!g)
		return HL_NOMEM;
	g->ctx = m->ctx;
	g->cap_piece = m->n_stretch + m->n_stretch / 16 + 64;
	g->piece = hl_alloc_array(m->ctx, g->cap_piece, sizeof(*g->piece));
	if (!g->piece)
		return HL_NOMEM;
	if (m->n_stretch)
		memcpy(g->piece, m->stretch,
		       m->n_stretch * sizeof(*g->piece));
	g->n_piece = m->n_stretch;
	for (i = 0; i < g->n_piece; i++) {
		g->piece[i].volume = g->piece[i].number < RECMAP_OLD ?
		                     RECMAP_NONE : RECMAP_UNNUMBERED;
		g->piece[i].votes = 1;
	}
	sort_pieces(g);
	return HL_OK;
}

static void say_thinned(struct hl_recmap *m)
{
	struct hl_at at = { m->ctx, NULL, HL_NO_OFFSET, "MFT records" };

	bool full = m->n_mrun == HL_MAX_RECMAP_MFT_RUNS ||
	            m->n_anchor == HL_MAX_RECMAP_ANCHORS ||
	            m->n_fact == (size_t)HL_MAX_RECMAP_ANCHORS * 4;

	if (m->said || !(m->dropped || m->sample || full))
		return;
	m->said = true;
	if (full)
		hl_warn(&at, "more records of $MFT itself than are kept; "
		        "what came then was left out");
	if (m->dropped)
		hl_warn(&at, "the records lie in too many places: %llu of "
		        "%llu, alone where they lie, were left out",
		        (unsigned long long)m->dropped,
		        (unsigned long long)m->n_records);
	if (m->sample)
		hl_say(&at, "of the folders, one of %llu was compared with "
		       "its index blocks",
		       1ull << (m->sample < 63 ? m->sample : 63));
}

enum hl_status hl_recmap_infer(struct hl_recmap *m,
                               const struct hl_recmap_volume **out, size_t *n)
{
	struct hl_recmap_guess *g;
	enum hl_status st;

	*out = NULL;
	*n = 0;
	hl_recmap_guess_free(m->ctx, m->result);
	m->result = NULL;
	st = begin(m, &g);
	if (st == HL_OK)
		st = hl_recmap_by_anchor(m, g);
	if (st == HL_OK) {
		sort_pieces(g);
		st = hl_recmap_by_index(m, g);
	}
	if (st == HL_OK)
		st = hl_recmap_finish(m, g);
	if (st != HL_OK) {
		hl_recmap_guess_free(m->ctx, g);
		return st;
	}
	hl_free(m->ctx, g->piece);
	g->piece = NULL;
	m->result = g;
	say_thinned(m);
	if (g->full)
		hl_warn(&(struct hl_at){ m->ctx, NULL, HL_NO_OFFSET,
		                         "MFT records" },
		        "more volumes, or more blocks that tell of them, than "
		        "are compared: lost ones may be missing");
	*out = g->vol;
	*n = g->n_vol;
	return HL_OK;
}
