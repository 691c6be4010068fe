/*
 * fat_chain.c: a chain of clusters as a list of runs.
 *
 * A chain on a damaged disk may lead anywhere, also back into itself.  Loops
 * are found without a map of visited clusters (Brent: compare with a mark
 * that is moved at every power of two), then the list is cut where the first
 * cluster comes a second time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "fat/fat_impl.h"

const char *hl_fat_cut_text(enum hl_fat_cut cut)
{
	static const char *const text[] = {
		[HL_FAT_WHOLE] = "whole",
		[HL_FAT_CUT_SHORT] = "ends before the file does",
		[HL_FAT_CUT_FREE] = "leads to a cluster marked free",
		[HL_FAT_CUT_BAD] = "leads to a cluster marked bad",
		[HL_FAT_CUT_WILD] = "leads out of the volume",
		[HL_FAT_CUT_UNREADABLE] = "the FAT cannot be read",
		[HL_FAT_CUT_LOOP] = "leads back into itself",
		[HL_FAT_CUT_FIRST] = "first cluster is not in the volume",
		[HL_FAT_CUT_LIMIT] = "longer than a folder may be",
		[HL_FAT_CUT_END] = "the volume ends before the file does",
	};
	return text[cut];
}

/* A loop is found within three rounds of whatever there is. */
static uint32_t rounds(const struct hl_fat *v)
{
	return v->geom.n_clusters * 4 + 16;
}

static enum hl_status append(struct hl_fat *v, struct hl_fat_chain *c,
                             uint32_t cluster)
{
	struct hl_fat_run *last = c->n ? &c->run[c->n - 1] : NULL;
	enum hl_status st;

	if (last && cluster == last->cluster + last->n) {
		last->n++;
	} else {
		st = hl_grow(v->ctx, (void **)&c->run, &c->cap, c->n,
		             sizeof(*c->run), rounds(v));
		if (st != HL_OK)
			return HL_NOMEM;
		c->run[c->n++] = (struct hl_fat_run){ .at = c->clusters,
		                                      .cluster = cluster,
		                                      .n = 1 };
	}
	c->clusters++;
	return HL_OK;
}

static void truncate_to(struct hl_fat_chain *c, uint32_t clusters)
{
	while (c->n && c->run[c->n - 1].at >= clusters)
		c->n--;
	if (c->n)
		c->run[c->n - 1].n = clusters - c->run[c->n - 1].at;
	c->clusters = clusters;
}

/* A position in the run list that only moves forward. */
struct cursor {
	size_t run;
	uint32_t in;
};

static uint32_t cursor_next(const struct hl_fat_chain *c, struct cursor *k)
{
	uint32_t cluster = c->run[k->run].cluster + k->in;

	if (++k->in == c->run[k->run].n) {
		k->run++;
		k->in = 0;
	}
	return cluster;
}

/* The chain repeats every `period` clusters: keep what comes once. */
static void cut_loop(struct hl_fat_chain *c, uint32_t period)
{
	struct cursor a = { 0, 0 }, b = { 0, 0 };
	uint32_t once = 0;

	for (uint32_t i = 0; i < period; i++)
		cursor_next(c, &b);
	while (once + period < c->clusters &&
	       cursor_next(c, &a) != cursor_next(c, &b))
		once++;
	truncate_to(c, (uint32_t)min_u64((uint64_t)once + period,
	                                 c->clusters));
}

static int by_cluster(const void *a, const void *b)
{
	const struct hl_fat_run *x = a, *y = b;

	return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

/* Is any cluster in the list twice?  (A file's size may stop the walk in the
 * middle of a loop.) */
static enum hl_status has_repeats(struct hl_fat *v,
                                  const struct hl_fat_chain *c, bool *yes)
{
	*yes = false;
	if (c->n < 2)
		return HL_OK;
	struct hl_fat_run *r = hl_alloc_array(v->ctx, c->n, sizeof(*r));
	if (!r)
		return HL_NOMEM;
	memcpy(r, c->run, c->n * sizeof(*r));
	qsort(r, c->n, sizeof(*r), by_cluster);
	for (size_t i = 1; i < c->n && !*yes; i++)
		*yes = r[i].cluster - r[i - 1].cluster < r[i - 1].n;
	hl_free(v->ctx, r);
	return HL_OK;
}

struct walk {
	struct hl_fat *v;
	struct hl_fat_chain *c;
	unsigned prefer;
	uint32_t at;          /* the last cluster appended */
	uint32_t mark, power, since; /* Brent */
};

static enum hl_fat_cut cut_of(enum hl_fat_link kind, bool to_end)
{
	switch (kind) {
	case HL_FAT_FREE:
		return HL_FAT_CUT_FREE;
	case HL_FAT_BAD:
		return HL_FAT_CUT_BAD;
	case HL_FAT_LAST:
		return to_end ? HL_FAT_WHOLE : HL_FAT_CUT_SHORT;
	case HL_FAT_UNREADABLE:
		return HL_FAT_CUT_UNREADABLE;
	default:
		return HL_FAT_CUT_WILD;
	}
}

/* Cut, and name the link that leads back. */
static enum hl_status end_loop(struct walk *w, bool to_end)
{
	struct hl_fat_chain *c = w->c;
	struct hl_fat_link_info link;
	enum hl_status st;

	cut_loop(c, w->since);
	const struct hl_fat_run *last = &c->run[c->n - 1];
	c->cut = HL_FAT_CUT_LOOP;
	c->cut_at = last->cluster + last->n - 1;
	st = hl_fat_table_get(w->v, c->cut_at, w->prefer, !to_end, &link);
	c->cut_value = link.value;
	return st == HL_OK ? HL_END : st;
}

/* One link further.  HL_END: the chain ends here, c->cut says how. */
static enum hl_status step(struct walk *w, bool to_end)
{
	struct hl_fat_chain *c = w->c;
	struct hl_fat_link_info link;
	enum hl_status st = hl_fat_table_get(w->v, w->at, w->prefer, !to_end,
	                                     &link);
	if (st != HL_OK)
		return st;
	c->second += link.second;
	c->differ += link.differ;
	if (link.kind != HL_FAT_NEXT) {
		c->cut = cut_of(link.kind, to_end);
		c->cut_at = w->at;
		c->cut_value = link.value;
		return HL_END;
	}
	if (w->since == w->power) {
		w->mark = w->at;
		w->power *= 2;
		w->since = 0;
	}
	w->since++;
	if (link.value == w->mark || c->clusters >= rounds(w->v))
		return end_loop(w, to_end);
	w->at = link.value;
	if ((c->clusters & 0xFFFF) == 0 && hl_cancelled(w->v->ctx))
		return HL_CANCELLED;
	return append(w->v, c, w->at);
}

static enum hl_status walk(struct hl_fat *v, uint32_t first, uint32_t want,
                           unsigned prefer, struct hl_fat_chain *c)
{
	struct walk w = { .v = v, .c = c, .prefer = prefer, .at = first,
	                  .mark = first, .power = 1 };
	bool to_end = want & HL_FAT_TO_END, twice = false;
	enum hl_status st;

	if (!hl_fat_is_cluster(&v->geom, first)) {
		c->cut = HL_FAT_CUT_FIRST;
		c->cut_value = first;
		return HL_OK;
	}
	want &= ~HL_FAT_TO_END;
	st = append(v, c, first);
	while (st == HL_OK && c->clusters < want)
		st = step(&w, to_end);
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	if (to_end)
		c->cut = HL_FAT_CUT_LIMIT;
	st = has_repeats(v, c, &twice);
	/* a loop for sure: go round until it is found, then cut it */
	while (st == HL_OK && twice)
		st = step(&w, to_end);
	if (c->clusters > want)
		truncate_to(c, want);
	return st == HL_END ? HL_OK : st;
}

static void clear(struct hl_fat *v, struct hl_fat_chain *c)
{
	hl_free(v->ctx, c->run);
	memset(c, 0, sizeof(*c));
}

/* Does the chain end where the file does?  More clusters than a file needs
 * are odd, and no damage by themselves. */
static enum hl_status ends(struct hl_fat *v, const struct hl_fat_chain *c,
                           unsigned prefer, bool *yes)
{
	const struct hl_fat_run *last = c->n ? &c->run[c->n - 1] : NULL;
	struct hl_fat_link_info link;
	enum hl_status st;

	*yes = false;
	if (!last || c->cut != HL_FAT_WHOLE)
		return HL_OK;
	st = hl_fat_table_get(v, last->cluster + last->n - 1, prefer, false,
	                      &link);
	*yes = st == HL_OK && link.kind == HL_FAT_LAST;
	return st;
}

/* The copies disagree: is the chain of the second one the better one? */
static enum hl_status compare(struct hl_fat *v,
                              const struct hl_fat_chain *one,
                              const struct hl_fat_chain *two, bool *better)
{
	bool one_ends, two_ends;
	enum hl_status st = ends(v, one, 0, &one_ends);

	if (st == HL_OK)
		st = ends(v, two, 1, &two_ends);
	*better = st == HL_OK && two->cut == HL_FAT_WHOLE &&
	          (one->cut != HL_FAT_WHOLE || (two_ends && !one_ends));
	return st;
}

enum hl_status hl_fat_chain_walk(struct hl_fat *v, uint32_t first,
                                 uint32_t want, struct hl_fat_chain *out)
{
	struct hl_fat_chain other;
	bool better = false;
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	if (want == 0)
		return HL_OK;
	st = walk(v, first, want, 0, out);
	if (st == HL_OK && out->differ) {
		/* garbage that looks like cluster numbers: ask the copy */
		memset(&other, 0, sizeof(other));
		st = walk(v, first, want, 1, &other);
		if (st == HL_OK)
			st = compare(v, out, &other, &better);
		if (better) {
			clear(v, out);
			*out = other;
			out->second += out->differ;
			out->differ = 0;
		} else {
			clear(v, &other);
		}
	}
	if (st != HL_OK)
		clear(v, out);
	return st;
}

void hl_fat_chain_free(struct hl_fat *v, struct hl_fat_chain *chain)
{
	clear(v, chain);
}
