/*
 * scan_age.c: which of the believed volumes can have been there at one time.
 *
 *	generation 1   |====== new ======|              newest first
 *	           2   |= old C: =|= old D: =|
 *	           3      |=== older ===|
 *
 * A volume is one generation older than the oldest newer one whose bytes it
 * shares.  Newer is what the table has; then what was formatted later, as its
 * own files say; then what proves more, since the older one is the one that
 * was written over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "fs/scan_impl.h"

static bool newer(const struct hl_lost *a, const struct hl_lost *b)
{
	if (a->in_table != b->in_table)
		return a->in_table;
	if (a->older != b->older && hl_lost_overlap(a, b))
		return b->older;
	if (a->formatted && b->formatted && a->formatted != b->formatted)
		return a->formatted > b->formatted;
	if (a->score != b->score)
		return a->score > b->score;
	return false; /* as they lie on the medium */
}

/* Sorted so; insertion, because `newer` is no order when times are unknown
 * here and there, and volumes are few. */
static size_t order(const struct hl_scan *s, size_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_lost; i++) {
		size_t k = n;

		if (!s->lost[i].believed)
			continue;
		for (; k > 0 && newer(&s->lost[i], &s->lost[list[k - 1]]); k--)
			list[k] = list[k - 1];
		list[k] = i;
		n++;
	}
	return n;
}

static size_t *listed(const struct hl_scan *s, size_t *n)
{
	size_t *list = hl_alloc_array(s->ctx, s->n_lost + 1, sizeof(*list));

	*n = list ? order(s, list) : 0;
	return list;
}

enum hl_status hl_scan_age(struct hl_scan *s)
{
	size_t n;
	size_t *list = listed(s, &n);

	if (!list)
		return HL_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct hl_lost *l = &s->lost[list[i]];

		l->generation = 1;
		for (size_t k = 0; k < i; k++) {
			const struct hl_lost *o = &s->lost[list[k]];

			if (hl_lost_overlap(l, o) &&
			    o->generation >= l->generation)
				l->generation = o->generation + 1;
		}
		if (l->generation > s->generations)
			s->generations = l->generation;
	}
	hl_free(s->ctx, list);
	return HL_OK;
}

static bool has_room(const struct hl_scan *s, const bool *in, size_t i)
{
	for (size_t k = 0; k < s->n_lost; k++)
		if (in[k] && hl_lost_overlap(&s->lost[k], &s->lost[i]))
			return false;
	return true;
}

bool hl_scan_in_generation(const struct hl_scan *scan, size_t i, unsigned g)
{
	bool *in = hl_zalloc(scan->ctx, scan->n_lost + 1), yes = false;
	size_t n;
	size_t *list = listed(scan, &n);

	if (i < scan->n_lost && in && list) {
		for (size_t k = 0; k < scan->n_lost; k++)
			in[k] = scan->lost[k].generation == g;
		for (size_t k = 0; k < n; k++)
			if (!in[list[k]])
				in[list[k]] = has_room(scan, in, list[k]);
		yes = in[i];
	}
	hl_free(scan->ctx, in);
	hl_free(scan->ctx, list);
	return yes;
}
