/*
 * scan_age.c: which of the believed volumes can have been there at one time.
 *
 *	generation 1   |====== new ======|              newest first
 *	           2   |= old C: =|= old D: =|
 *	           3      |=== older ===|
 *
 * A volume is one generation older than the oldest newer one whose bytes it
 * shares.  Sure is that what the table has is newer; that a volume is whose
 * $MFT lies on the other's; and that one is that was formatted when the other
 * had been written to for the last time.  All else is a guess, and the evidence
 * says so: by when they were formatted (a volume copied from another disk was
 * formatted there; clocks are set back), in the same second by what was written
 * later, and by what proves more, since the older one was written over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "fs/scan_impl.h"

#define SECOND UINT64_C(10000000)         /* FILETIME ticks */
/* FAT's clock has steps of two seconds, rounded by some writers up and by some
 * down; what others write of NTFS is often in whole ones. */
#define STEP (2 * SECOND)

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How wrong may a comparison of their clocks be? */
static uint64_t slop(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->local || b->local ? SCAN_ZONES : STEP;
}

/* Was the other one not written to any more when this one was made? */
static bool surely_newer(const struct hl_lost *a, const struct hl_lost *b)
{
	uint64_t last = max_u64(b->formatted, b->written);

	return a->formatted && b->formatted && !b->by_file &&
	       a->formatted > last && a->formatted - last >= slop(a, b);
}

/* Is it sure which one came later? */
static bool sure(const struct hl_lost *a, const struct hl_lost *b, bool *newer)
{
	bool told = true;

	if (a->in_table != b->in_table) {
		*newer = a->in_table;
		/* a table can be put back, and a volume be copied */
		told = a->in_table ? !surely_newer(b, a) : !surely_newer(a, b);
	} else if (a->same_mft != b->same_mft && a->off == b->off)
		*newer = b->same_mft;
	else if (surely_newer(a, b) || surely_newer(b, a))
		*newer = surely_newer(a, b);
	else
		told = false;
	return told;
}

static bool newer(const struct hl_lost *a, const struct hl_lost *b)
{
	bool yes;

	if (sure(a, b, &yes) || a->in_table != b->in_table)
		return yes;
	if (a->older != b->older && hl_lost_overlap(a, b))
		return b->older;
	if (a->formatted && b->formatted &&
	    apart(a->formatted, b->formatted) >= STEP)
		return a->formatted > b->formatted;
	if (a->written && b->written && a->written != b->written)
		return a->written > b->written;
	/* without a word: as they lie on the medium */
	return a->score > b->score;
}

bool hl_lost_doubt(const struct hl_lost *a, const struct hl_lost *b)
{
	bool yes;

	return !sure(a, b, &yes);
}

bool hl_lost_later(const struct hl_lost *a, const struct hl_lost *b)
{
	return hl_lost_overlap(a, b) &&
	       (hl_lost_doubt(a, b) || newer(a, b));
}

bool hl_lost_copied(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->formatted && b->formatted && !a->by_file && !b->by_file &&
	       a->formatted < b->formatted &&
	       b->formatted - a->formatted >= slop(a, b) &&
	       (a->in_table || a->written >= b->formatted);
}

static enum hl_status say_guess(struct hl_scan *s, struct hl_lost *l,
                                const struct hl_lost *later)
{
	unsigned long long off = later->off;

	if (!hl_lost_doubt(l, later))
		return HL_OK;
	if (later->in_table)
		return hl_lost_say(s, l, 0, "the volume at %llu is taken as "
		                   "the later one, as the table has it, but "
		                   "this one was made after that was written to",
		                   off);
	if (!l->formatted || !later->formatted ||
	    apart(l->formatted, later->formatted) < STEP)
		return hl_lost_say(s, l, 0, "nothing sure tells whether the "
		                   "volume at %llu came later; it is taken as "
		                   "the later one", off);
	if (slop(l, later) == SCAN_ZONES &&
	    apart(l->formatted, later->formatted) < SCAN_ZONES)
		return hl_lost_say(s, l, 0, "that the volume at %llu came "
		                   "later is told by a clock which has no time "
		                   "zone", off);
	return hl_lost_say(s, l, 0, "that the volume at %llu came later is "
	                   "not sure: %s", off, l->by_file ?
	                   "of this one only the times of files are known" :
	                   "this one was written to after that one was "
	                   "formatted");
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
