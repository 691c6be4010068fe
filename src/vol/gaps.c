/*
 * gaps.c: puts the partitions of a table in order and finds what overlaps and
 * what nothing covers.
 *
 *	|MBR|  gap  |=== 1 ===|gap|=== 2 ===|   gap   |GPT backup|
 *	 area        partitions                        area
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/vol_impl.h"

static int by_start(const void *a, const void *b)
{
	const struct hl_part *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	if (x->stated_len != y->stated_len) /* the larger one first */
		return x->stated_len > y->stated_len ? -1 : 1;
	return memcmp(x->guid, y->guid, sizeof(x->guid));
}

static int area_by_start(const void *a, const void *b)
{
	const struct vol_area *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

/* The one that reaches furthest so far is what the next may overlap. */
static void find_overlaps(struct hl_table *t)
{
	size_t far = 0;

	for (size_t i = 1; i < t->n; i++) {
		struct hl_part *p = &t->part[i], *q = &t->part[far];

		if (p->len && q->len && p->off - q->off < q->len) {
			p->flags |= HL_PART_OVERLAPS;
			q->flags |= HL_PART_OVERLAPS;
			t->info.ok = false;
			hl_say(&(struct hl_at){ t->ctx, t->src, p->off,
			                        "partition" },
			       "it overlaps the one at byte %llu",
			       (unsigned long long)q->off);
		}
		if (p->off + p->len > q->off + q->len)
			far = i;
	}
}

/* ---- gaps ------------------------------------------------------------ */

struct gaps {
	struct hl_table *t;
	struct hl_part *out;
	size_t n, cap;
	uint64_t end; /* everything before it is covered or listed */
};

static enum hl_status push(struct gaps *g, const struct hl_part *part)
{
	enum hl_status st = hl_grow(g->t->ctx, (void **)&g->out, &g->cap, g->n,
	                            sizeof(*g->out),
	                            (size_t)2 * (HL_MAX_PARTS + HL_MAX_EBRS + 32));

	if (st == HL_OK)
		g->out[g->n++] = *part;
	return st;
}

/*
 * Something covers [off, off+len).  The end is a running maximum: a small
 * partition inside a large one must not make the large one's rest a gap.
 */
static enum hl_status cover(struct gaps *g, uint64_t off, uint64_t len)
{
	struct hl_part gap = { .flags = HL_PART_GAP, .type_name = "gap" };
	enum hl_status st = HL_OK;

	if (off > g->end) {
		gap.off = g->end;
		gap.len = gap.stated_len = off - g->end;
		st = push(g, &gap);
	}
	g->end = max_u64(g->end, off + len);
	return st;
}

static enum hl_status merge_gaps(struct gaps *g, uint64_t size)
{
	struct hl_table *t = g->t;
	size_t i = 0, a = 0;
	enum hl_status st = HL_OK;

	while (st == HL_OK && (i < t->n || a < t->n_area)) {
		if (i == t->n ||
		    (a < t->n_area && t->area[a].off <= t->part[i].off)) {
			const struct vol_area *v = &t->area[a++];

			if (v->off < size)
				st = cover(g, v->off,
				           min_u64(v->len, size - v->off));
			continue;
		}
		const struct hl_part *p = &t->part[i++];
		if (p->len)
			st = cover(g, p->off, p->len);
		else
			st = cover(g, min_u64(p->off, size), 0);
		if (st == HL_OK)
			st = push(g, p);
	}
	return st == HL_OK ? cover(g, size, 0) : st;
}

enum hl_status hl_vol_finish(struct hl_table *t)
{
	struct gaps g = { .t = t };

	if (t->n)
		qsort(t->part, t->n, sizeof(*t->part), by_start);
	if (t->n_area)
		qsort(t->area, t->n_area, sizeof(*t->area), area_by_start);
	find_overlaps(t);
	enum hl_status st = merge_gaps(&g, hl_src_size(t->src));
	hl_free(t->ctx, t->part);
	t->part = g.out;
	t->n = g.n;
	t->cap = g.cap;
	return st;
}
