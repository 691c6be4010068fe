/*
 * scan_age.c: which of the believed volumes can have been there at one time.
 *
 *	generation 1   |====== new ======|              newest first
 *	           2   |= old C: =|= old D: =|
 *	           3      |=== older ===|
 *
 * A volume is one generation older than the oldest newer one whose bytes it
 * shares.  Newer is what the table has; then what was formatted later, as its
 * own files say (in the same second: what was written later); then what proves
 * more, since the older one is the one that was written over.  That is a guess,
 * and the evidence says so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "fs/scan_impl.h"

/* FAT's clock has steps of two seconds, rounded by some writers up and by some
 * down, and no time zone. */
#define FAT_STEP UINT64_C(20000000)              /* FILETIME ticks */
#define ZONES (UINT64_C(15) * 3600 * 10000000) /* from one end to UTC */

static bool is_fat(const struct hl_lost *l)
{
	return strncmp(l->fs, "fat", 3) == 0;
}

static uint64_t apart(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->formatted > b->formatted ? a->formatted - b->formatted :
	                                     b->formatted - a->formatted;
}

static bool formatted_apart(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->formatted && b->formatted &&
	       apart(a, b) >= (is_fat(a) || is_fat(b) ? FAT_STEP : 1);
}

/* Do they tell which one came later? */
static bool tells(const struct hl_lost *a, const struct hl_lost *b, bool *newer)
{
	bool told = true;

	if (a->in_table != b->in_table)
		*newer = a->in_table;
	else if (a->older != b->older && hl_lost_overlap(a, b))
		*newer = b->older;
	else if (formatted_apart(a, b))
		*newer = a->formatted > b->formatted;
	else if (a->written && b->written && a->written != b->written)
		*newer = a->written > b->written;
	else
		told = false;
	return told;
}

static bool newer(const struct hl_lost *a, const struct hl_lost *b)
{
	bool yes;

	/* without a word: as they lie on the medium */
	return tells(a, b, &yes) ? yes : a->score > b->score;
}

/* Is it told only by a FAT's clock, which may be hours from UTC? */
static bool by_fat_clock(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->in_table == b->in_table && a->older == b->older &&
	       is_fat(a) != is_fat(b) && formatted_apart(a, b) &&
	       apart(a, b) < ZONES;
}

bool hl_lost_doubt(const struct hl_lost *a, const struct hl_lost *b)
{
	bool yes;

	return !tells(a, b, &yes) || by_fat_clock(a, b);
}

static enum hl_status say_guess(struct hl_scan *s, struct hl_lost *l,
                                const struct hl_lost *later)
{
	if (!hl_lost_doubt(l, later))
		return HL_OK;
	if (by_fat_clock(l, later))
		return hl_lost_say(s, l, 0, "that the volume at %llu came "
		                   "later is told by a FAT clock, which has no "
		                   "time zone", (unsigned long long)later->off);
	return hl_lost_say(s, l, 0, "nothing tells whether the volume at %llu "
	                   "came later; it is taken as the later one, as it "
	                   "proves more", (unsigned long long)later->off);
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

bool hl_scan_dynamic(const struct hl_scan *s, const struct hl_lost *l)
{
	bool yes = false;

	for (size_t i = 0; i < s->n_lost && l->in_table && !yes; i++)
		yes = s->lost[i].in_table && !strcmp(s->lost[i].fs, "ldm") &&
		      hl_lost_overlap(l, &s->lost[i]);
	return yes;
}

/* Behind those of list[] that are newer than the i-th. */
static enum hl_status place(struct hl_scan *s, const size_t *list, size_t i)
{
	struct hl_lost *l = &s->lost[list[i]];
	enum hl_status st = HL_OK;

	l->generation = 1;
	for (size_t k = 0; k < i && st == HL_OK; k++) {
		const struct hl_lost *o = &s->lost[list[k]];

		if (!hl_lost_overlap(l, o) ||
		    (hl_scan_dynamic(s, l) && hl_scan_dynamic(s, o)))
			continue;
		if (o->generation >= l->generation)
			l->generation = o->generation + 1;
		st = say_guess(s, l, o);
	}
	if (l->generation > s->generations)
		s->generations = l->generation;
	return st;
}

enum hl_status hl_scan_age(struct hl_scan *s)
{
	size_t n;
	size_t *list = listed(s, &n);
	enum hl_status st = list ? HL_OK : HL_NOMEM;

	for (size_t i = 0; i < n && st == HL_OK; i++)
		st = place(s, list, i);
	hl_free(s->ctx, list);
	return st;
}

static bool has_room(const struct hl_scan *s, const bool *in, size_t i)
{
	for (size_t k = 0; k < s->n_lost; k++)
		if (in[k] && hl_lost_overlap(&s->lost[k], &s->lost[i]) &&
		    !(hl_scan_dynamic(s, &s->lost[k]) &&
		      hl_scan_dynamic(s, &s->lost[i])))
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
