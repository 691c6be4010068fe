/*
 * chain.c: following links from cluster to cluster.
 *
 * A chain on a damaged disk may lead anywhere, also back into itself.  Loops
 * are found without a map of visited clusters (Brent: compare with a mark
 * that is moved at every power of two), then the list is cut where the first
 * cluster comes a second time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/chain.h"
#include "base/ckd.h"
#include "base/mem.h"

enum hl_status hl_runs_append(struct hl_runs *r, const struct hl_ctx *ctx,
                              uint32_t cluster, uint32_t n,
                              uint16_t quality)
{
	struct hl_run *last = r->n ? &r->run[r->n - 1] : NULL;
	uint32_t sum;
	enum hl_status st;

	if (ckd_add(&sum, r->clusters, n))
		return HL_LIMIT;
	if (last && cluster - last->cluster == last->n &&
	    quality == last->quality) {
		last->n += n;
	} else {
		st = hl_grow(ctx, (void **)&r->run, &r->cap, r->n,
		             sizeof(*r->run), SIZE_MAX / sizeof(*r->run));
		if (st != HL_OK)
			return HL_NOMEM;
		r->run[r->n++] = (struct hl_run){ .at = r->clusters,
		                                  .cluster = cluster,
		                                  .n = n,
		                                  .quality = quality };
	}
	r->clusters = sum;
	return HL_OK;
}

void hl_runs_cut(struct hl_runs *r, uint32_t clusters)
{
	if (clusters >= r->clusters)
		return;
	while (r->n && r->run[r->n - 1].at >= clusters)
		r->n--;
	if (r->n)
		r->run[r->n - 1].n = clusters - r->run[r->n - 1].at;
	r->clusters = clusters;
}

static int by_cluster(const void *a, const void *b)
{
	const struct hl_run *x = a, *y = b;

	return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

enum hl_status hl_runs_repeat(const struct hl_runs *r, const struct hl_ctx *ctx,
                              bool *yes)
{
	*yes = false;
	if (r->n < 2)
		return HL_OK;
	struct hl_run *s = hl_alloc_array(ctx, r->n, sizeof(*s));
	if (!s)
		return HL_NOMEM;
	memcpy(s, r->run, r->n * sizeof(*s));
	qsort(s, r->n, sizeof(*s), by_cluster);
	for (size_t i = 1; i < r->n && !*yes; i++)
		*yes = s[i].cluster - s[i - 1].cluster < s[i - 1].n;
	hl_free(ctx, s);
	return HL_OK;
}

const struct hl_run *hl_runs_find(const struct hl_runs *r, uint32_t at)
{
	size_t lo = 0, hi = r->n;

	if (at >= r->clusters)
		return NULL;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->run[mid].at <= at)
			lo = mid;
		else
			hi = mid;
	}
	return &r->run[lo];
}

void hl_runs_free(struct hl_runs *r, const struct hl_ctx *ctx)
{
	hl_free(ctx, r->run);
	memset(r, 0, sizeof(*r));
}

/* ---- the walk ---------------------------------------------------------- */

/* A position in the run list that only moves forward. */
struct cursor {
	size_t run;
	uint32_t in;
};

static uint32_t cursor_next(const struct hl_runs *r, struct cursor *k)
{
	uint32_t cluster = r->run[k->run].cluster + k->in;

	if (++k->in == r->run[k->run].n) {
		k->run++;
		k->in = 0;
	}
	return cluster;
}

/* The chain repeats every `period` clusters: keep what comes once. */
static void cut_loop(struct hl_runs *r, uint32_t period)
{
	struct cursor a = { 0, 0 }, b = { 0, 0 };
	uint32_t once = 0;

	for (uint32_t i = 0; i < period; i++)
		cursor_next(r, &b);
	while (once < r->clusters - period &&
	       cursor_next(r, &a) != cursor_next(r, &b))
		once++;
	hl_runs_cut(r, (uint32_t)min_u64((uint64_t)once + period,
	                                 r->clusters));
}

struct brent {
	uint32_t at; /* the last cluster appended */
	uint32_t mark;
	uint64_t power, since;
};

/* One link further.  HL_END: the walk is over, *stop says why. */
static enum hl_status step(const struct hl_chain_walk *w, struct brent *b,
                           struct hl_runs *r, enum hl_chain_stop *stop)
{
	uint32_t next;
	enum hl_status st = w->next(w->user, b->at, &next);

	if (st != HL_OK) {
		*stop = HL_CHAIN_END;
		return st;
	}
	if (b->since == b->power) {
		b->mark = b->at;
		b->power *= 2;
		b->since = 0;
	}
	b->since++;
	/* whatever there is, a loop is found within three rounds of it */
	if (next == b->mark || r->clusters / 4 > w->n_clusters) {
		cut_loop(r, (uint32_t)b->since);
		*stop = HL_CHAIN_LOOP;
		return HL_END;
	}
	b->at = next;
	if ((r->clusters & 0xFFFF) == 0 && w->ctx->cancelled &&
	    w->ctx->cancelled(w->ctx->user))
		return HL_CANCELLED;
	return hl_runs_append(r, w->ctx, next, 1, 0);
}

enum hl_status hl_chain_follow(const struct hl_chain_walk *w, uint32_t first,
                               uint32_t want, struct hl_runs *out,
                               enum hl_chain_stop *stop)
{
	struct brent b = { .at = first, .mark = first, .power = 1 };
	enum hl_status st = hl_runs_append(out, w->ctx, first, 1, 0);
	bool twice = false;

	*stop = HL_CHAIN_WANT;
	while (st == HL_OK && out->clusters < want)
		st = step(w, &b, out, stop);
	if (st == HL_OK)
		st = hl_runs_repeat(out, w->ctx, &twice);
	/* a loop for sure: go round until it is found, then cut it */
	while (st == HL_OK && twice)
		st = step(w, &b, out, stop);
	hl_runs_cut(out, want);
	if (st == HL_LIMIT) /* four billion clusters of a loop */
		*stop = HL_CHAIN_LOOP;
	return st == HL_END || st == HL_LIMIT ? HL_OK : st;
}
