/*
 * recmap_volume.c: what is known of each inferred volume, and the evidence in
 * words.
 *
 * Two pieces of one volume may claim the same numbers: what a defragmentation
 * left behind, or a volume before this one.  Bound pieces win over those that
 * only lie there, longer ones over shorter; the rest is cut off and counted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define TEXTS 8 /* of one volume, at most */

static int by_volume(const void *va, const void *vb)
{
	const struct hl_recmap_stretch *a = va, *b = vb;

	if (a->volume != b->volume)
		return a->volume < b->volume ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if ((a->votes != 0) != (b->votes != 0))
		return a->votes ? -1 : 1;
	if (a->present != b->present)
		return a->present > b->present ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static bool wins(const struct hl_recmap_stretch *a,
                 const struct hl_recmap_stretch *b)
{
	if ((a->votes != 0) != (b->votes != 0))
		return a->votes != 0;
	return a->present > b->present;
}

static void keep_front(struct hl_recmap_stretch *s, uint64_t n)
{
	s->n = (uint32_t)n;
	s->present = (uint32_t)min_u64(s->present, n);
}

static void cut_front(struct hl_recmap_stretch *s, uint64_t n)
{
	s->number += n;
	s->off += n << s->rs_log2;
	s->n -= (uint32_t)n;
	s->present = (uint32_t)min_u64(s->present, s->n);
}

/* Pieces [first, end) of one volume, by number: made disjoint in place.
 * *twice: records that another piece holds, too. */
static size_t disjoint(struct hl_recmap_stretch *p, size_t first, size_t end,
                       uint64_t *twice)
{
	size_t i, n = first;
	uint64_t over;

	for (i = first; i < end; i++) {
		struct hl_recmap_stretch next = p[i];

		while (n > first && p[n - 1].number >= next.number &&
		       wins(&next, &p[n - 1]))
			*twice += p[--n].present;
		if (n > first &&
		    p[n - 1].number + p[n - 1].n > next.number) {
			struct hl_recmap_stretch *last = &p[n - 1];

			over = last->number + last->n - next.number;
			*twice += min_u64(over, next.present);
			if (last->number < next.number && wins(&next, last))
				keep_front(last, next.number - last->number);
			else if (over >= next.n)
				continue;
			else
				cut_front(&next, over);
		}
		p[n++] = next;
	}
	return n - first;
}

/* ---- evidence ------------------------------------------------------------ */

static enum hl_status text(struct hl_recmap_guess *g, char *line)
{
	enum hl_status st = line ? hl_grow(g->ctx, (void **)&g->text,
		&g->cap_text, g->n_text, sizeof(*g->text),
		(size_t)TEXTS * HL_MAX_RECMAP_VOLUMES) : HL_NOMEM;

	if (st == HL_OK)
		g->text[g->n_text++] = line;
	else
		hl_free(g->ctx, line);
	return st;
}
#define SAY(...) do { \
		if (st == HL_OK) \
			st = text(g, hl_asprintf(g->ctx, __VA_ARGS__)); \
	} while (0)

static enum hl_status explain(struct hl_recmap *m, struct hl_recmap_guess *g,
                              const struct hl_recmap_cand *c, size_t n_ext,
                              uint64_t twice, bool copies)
{
	enum hl_status st = HL_OK;

	if (c->anchor != RECMAP_NONE)
		SAY("record 0 at %" PRIu64 "%s describes $MFT: %" PRIu64
		    " of %" PRIu64 " records lie where it says",
		    m->anchor[c->anchor].off,
		    c->mirror ? " (in $MFTMirr)" : "", c->explained,
		    c->expected);
	else
		SAY("no record 0 describes its $MFT");
	if (c->old)
		SAY("%" PRIu64 " of them are of Windows NT or 2000 and hold no "
		    "number: their place in $MFT tells it", c->old);
	SAY("%" PRIu64 " %s in %zu %s", c->records,
	    c->records == 1 ? "record" : "records", n_ext,
	    n_ext == 1 ? "stretch" : "stretches");
	if (c->votes)
		SAY("%" PRIu64 " index blocks lie where its folders' records "
		    "say, if clusters of %u bytes begin at %" PRIu64,
		    c->votes, 1u << c->cs_log2, c->start);
	if (c->same_mft)
		SAY("its $MFT began at the same byte as that of the volume "
		    "that is there now, so it is taken to start where that "
		    "does");
	else if (c->guessed)
		SAY("where it starts is a guess: as the volume that is there "
		    "now");
	if (c->by_place)
		SAY("%" PRIu64 " records belong to it only by where they lie",
		    c->by_place);
	if (twice)
		SAY("%" PRIu64 " records are there twice; the longer stretch "
		    "is used", twice);
	if (copies)
		SAY("the volume that is there now has all these numbers, too: "
		    "they may be copies of its records");
	if (c->copies)
		SAY("%" PRIu64 " %s of its record 0 %s elsewhere", c->copies,
		    c->copies == 1 ? "copy" : "copies",
		    c->copies == 1 ? "lies" : "lie");
	return st;
}

static unsigned score(const struct hl_recmap_cand *c, bool copies)
{
	uint64_t s;

	if (c->anchor != RECMAP_NONE)
		s = 60 + (c->expected ? min_u64(30, c->explained * 30 /
		                                c->expected) : 0) +
		    (c->votes ? 10 : 0);
	else if (c->same_mft)
		s = 40 + min_u64(20, c->records / 16);
	else if (c->guessed)
		s = 10;
	else
		s = 30 + min_u64(30, c->votes * 5) +
		    min_u64(20, c->records / 16);
	return (unsigned)(copies ? min_u64(s, 20) : s);
}

/* ---- results ------------------------------------------------------------- */

static uint64_t some_lcn(const struct hl_recmap_cand *c,
                         const struct hl_recmap_extent *e)
{
	uint64_t cs = (uint64_t)1 << c->cs_log2;
	uint64_t at = e->off - c->start;

	/* the first whole cluster of it, or where it begins */
	if (at % cs && cs - at % cs < e->n << c->rs_log2)
		at += cs - at % cs;
	return at >> c->cs_log2;
}

/* Does a volume that is whole, at the same place, have all its numbers? */
static bool only_copies(const struct hl_recmap_guess *g,
                        const struct hl_recmap_cand *c)
{
	const struct hl_recmap_extent *e = &g->ext[c->first_piece];
	size_t i;

	if (c->anchor != RECMAP_NONE || !c->n_pieces)
		return false;
	for (i = 0; i < g->n_cand; i++)
		if (g->cand[i].whole && g->cand[i].start == c->start &&
		    g->cand[i].cs_log2 == c->cs_log2 &&
		    e[c->n_pieces - 1].number + e[c->n_pieces - 1].n <=
		    g->cand[i].expected)
			return true;
	return false;
}

static bool overlap(const struct hl_recmap_cand *a,
                    const struct hl_recmap_cand *b)
{
	return a->start < b->start + max_u64(b->size, 1) &&
	       b->start < a->start + max_u64(a->size, 1);
}

static bool has_zero(const struct hl_recmap_guess *g,
                     const struct hl_recmap_cand *c)
{
	return c->anchor != RECMAP_NONE && c->n_pieces &&
	       !g->ext[c->first_piece].number;
}

/* One with its record 0 lives longer than one that has lost it; of two that
 * have theirs, the one formatted later. */
static bool is_older(const struct hl_recmap_guess *g, size_t k)
{
	const struct hl_recmap_cand *c = &g->cand[k];
	size_t i;

	for (i = 0; i < g->n_cand; i++) {
		const struct hl_recmap_cand *o = &g->cand[i];

		if (i == k || !overlap(c, o) || !has_zero(g, o))
			continue;
		if (!has_zero(g, c) || o->created > c->created)
			return true;
	}
	return false;
}

static enum hl_status result(struct hl_recmap *m, struct hl_recmap_guess *g,
                             size_t k, uint64_t twice)
{
	const struct hl_recmap_cand *c = &g->cand[k];
	struct hl_recmap_volume *v = &g->vol[g->n_vol];
	const struct hl_recmap_extent *e = &g->ext[c->first_piece];
	bool copies = only_copies(g, c);
	size_t before = g->n_text;
	enum hl_status st;

	if (!c->n_pieces)
		return HL_OK;
	st = explain(m, g, c, c->n_pieces, twice, copies);
	*v = (struct hl_recmap_volume){
		.start = c->start, .size = c->size,
		.size_known = c->size_known,
		.cluster_size = 1u << c->cs_log2,
		.record_size = 1u << c->rs_log2,
		.has_zero = has_zero(g, c),
		.records = c->records, .index_blocks = c->votes,
		.score = score(c, copies), .older = is_older(g, k),
		.same_mft = c->same_mft,
		.ext = e, .n_ext = c->n_pieces,
		.n_evidence = g->n_text - before,
	};
	v->mft_lcn = v->has_zero ? c->lcn : some_lcn(c, e);
	g->n_vol++;
	return st;
}

static int by_score(const void *va, const void *vb)
{
	const struct hl_recmap_volume *a = va, *b = vb;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* The pieces of each candidate, made disjoint, as extents. */
static void extents(struct hl_recmap_guess *g, uint64_t *twice)
{
	size_t i, end, n, k, at = 0;

	for (i = 0; i < g->n_piece && g->piece[i].volume < g->n_cand;
	     i = end) {
		struct hl_recmap_cand *c = &g->cand[g->piece[i].volume];

		for (end = i; end < g->n_piece && g->piece[end].volume ==
		                                  g->piece[i].volume; end++)
			;
		n = disjoint(g->piece, i, end, &twice[c - g->cand]);
		c->first_piece = at;
		c->n_pieces = n;
		for (k = i; k < i + n; k++) {
			const struct hl_recmap_stretch *s = &g->piece[k];

			g->ext[at++] = (struct hl_recmap_extent){
				s->off, s->number, s->n, s->present };
			c->records += s->present;
		}
	}
}

static void say_rest(struct hl_recmap *m, const struct hl_recmap_guess *g)
{
	struct hl_at at = { m->ctx, NULL, HL_NO_OFFSET, "MFT records" };
	uint64_t n = 0, stretches = 0, old = 0;
	size_t i;

	for (i = 0; i < g->n_piece; i++)
		if (g->piece[i].volume == RECMAP_UNNUMBERED)
			old += g->piece[i].present;
		else if (g->piece[i].volume == RECMAP_NONE) {
			n += g->piece[i].present;
			stretches++;
		}
	if (n)
		hl_say(&at, "%llu %s in %llu %s belong%s to no volume that can "
		       "be told", (unsigned long long)n,
		       n == 1 ? "record" : "records",
		       (unsigned long long)stretches,
		       stretches == 1 ? "stretch" : "stretches",
		       n == 1 ? "s" : "");
	if (old)
		hl_say(&at, "%llu records of Windows NT or 2000, which hold no "
		       "number, are in no $MFT of which a record 0 tells",
		       (unsigned long long)old);
}

enum hl_status hl_recmap_finish(struct hl_recmap *m, struct hl_recmap_guess *g)
{
	uint64_t *twice = hl_zalloc(m->ctx, (g->n_cand + 1) * sizeof(*twice));
	size_t i, at = 0;
	enum hl_status st = HL_OK;

	g->ext = hl_alloc_array(m->ctx, g->n_piece, sizeof(*g->ext));
	g->vol = hl_alloc_array(m->ctx, g->n_cand, sizeof(*g->vol));
	if (!twice || !g->ext || !g->vol) {
		hl_free(m->ctx, twice);
		return HL_NOMEM;
	}
	say_rest(m, g);
	hl_recmap_sizes(m, g); /* while the pieces are sorted by place */
	if (g->n_piece)
		qsort(g->piece, g->n_piece, sizeof(*g->piece), by_volume);
	extents(g, twice);
	for (i = 0; st == HL_OK && i < g->n_cand; i++)
		st = result(m, g, i, twice[i]);
	hl_free(m->ctx, twice);
	/* the array of lines is at its place only now */
	for (i = 0; st == HL_OK && i < g->n_vol; i++) {
		g->vol[i].evidence = (const char *const *)&g->text[at];
		at += g->vol[i].n_evidence;
	}
	if (st == HL_OK && g->n_vol)
		qsort(g->vol, g->n_vol, sizeof(*g->vol), by_score);
	return st;
}
