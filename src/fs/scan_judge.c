/*
 * scan_judge.c: from the places that the pass noticed to results.
 *
 *	places --judges--> volumes with evidence    (first and second boot
 *	records --infer--> more of them, or more     sector of one volume are
 *	                   evidence for those        one result)
 *	table, older tables, files that hold a boot sector, generations
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/scan_impl.h"

/* ---- what judges use ----------------------------------------------------- */

enum hl_status hl_scan_read(struct hl_scan *s, uint64_t off, void *buf,
                            size_t n)
{
	uint64_t size = hl_src_size(s->image);

	if (n > size || off > size - n)
		return HL_END;
	enum hl_status st = hl_src_read(s->image, off, buf, n, NULL);
	return st == HL_OK || hl_scan_fatal(st) ? st : HL_END;
}

enum hl_status hl_lost_say(struct hl_scan *s, struct hl_lost *l,
                           unsigned points, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	enum hl_status st = hl_grow(s->ctx, (void **)&l->evidence,
	                            &l->cap_evidence, l->n_evidence,
	                            sizeof(*l->evidence),
	                            HL_MAX_SCAN_EVIDENCE);

	l->score += points;
	if (l->score > 100)
		l->score = 100;
	if (st == HL_LIMIT) {
		if (!s->evidence_full)
			hl_warn(&(struct hl_at){ s->ctx, s->image, l->off,
			                         "scan" },
			        "more than %u lines of evidence: the rest is "
			        "counted, not listed", HL_MAX_SCAN_EVIDENCE);
		s->evidence_full = true;
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	char *copy = hl_strdup(s->ctx, text);
	if (!copy)
		return HL_NOMEM;
	l->evidence[l->n_evidence++] = copy;
	return HL_OK;
}

/* Sizes differ by the sector of the boot sector's copy, and by rounding. */
static bool same_size(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= 8192;
}

struct hl_lost *hl_scan_same(struct hl_scan *s, const struct hl_lost *like)
{
	for (size_t i = 0; i < s->n_lost; i++) {
		struct hl_lost *l = &s->lost[i];

		if (l->off == like->off && !strcmp(l->fs, like->fs) &&
		    same_size(l->size, like->size))
			return l;
	}
	return NULL;
}

enum hl_status hl_scan_take(struct hl_scan *s, struct hl_lost *l)
{
	enum hl_status st = hl_grow(s->ctx, (void **)&s->lost, &s->cap_lost,
	                            s->n_lost, sizeof(*s->lost),
	                            (size_t)2 * HL_MAX_SCAN_PLACES);

	if (st != HL_OK) {
		hl_lost_clear(s, l);
		return st;
	}
	s->lost[s->n_lost++] = *l;
	memset(l, 0, sizeof(*l));
	return HL_OK;
}

enum hl_status hl_scan_choose(struct hl_scan *s, struct hl_lost *first,
                              struct hl_lost *second, bool copy)
{
	bool two = second->off != HL_NO_OFFSET &&
	           second->score + copy > first->score;
	struct hl_lost *best = first->off == HL_NO_OFFSET || two ? second :
	                                                           first;

	if (best->off != HL_NO_OFFSET && best->score && !hl_scan_same(s, best)) {
		struct hl_lost taken = *best;

		memset(best, 0, sizeof(*best));
		hl_lost_clear(s, best == first ? second : first);
		return hl_scan_take(s, &taken);
	}
	hl_lost_clear(s, first);
	hl_lost_clear(s, second);
	return HL_OK;
}

/* ---- all of it ----------------------------------------------------------- */

static void forget(struct hl_scan *s)
{
	hl_scan_close_rivals(s);
	for (size_t i = 0; i < s->n_lost; i++)
		hl_lost_clear(s, &s->lost[i]);
	s->n_lost = s->n_hint = 0;
	s->generations = s->n_blocks = 0;
	hl_disk_close(s->disk);
	s->disk = NULL;
}

static enum hl_status open_disk(struct hl_scan *s, bool plain)
{
	const struct hl_disk_opts opts = {
		.sector_size = s->opts.sector_size, .plain = plain,
	};
	enum hl_status st = hl_disk_open(&s->disk, s->image, &opts, &s->quiet);

	return hl_scan_fatal(st) ? st : HL_OK;
}

bool hl_scan_at_start(const struct hl_scan *s)
{
	for (size_t i = 0; i < s->n_lost; i++)
		if (s->lost[i].off == 0 && s->lost[i].fs[0])
			return true;
	return false;
}

/* Its second copies are looked for, which may read all of the medium once
 * more, only where something tells of a volume at its start. */
static enum hl_status reopen(struct hl_scan *s)
{
	const struct hl_volume *v = hl_disk_volume(s->disk, 0);

	if ((v && (v->part || v->fs)) || !hl_scan_at_start(s))
		return HL_OK;
	hl_disk_close(s->disk);
	s->disk = NULL;
	return open_disk(s, false);
}

static enum hl_status judge_row(struct hl_scan *s, uint32_t row)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_place && st == HL_OK; i++) {
		const struct scan_place *p = &s->place[i];
		uint8_t b[SCAN_SECTOR];

		if (p->row != row)
			continue;
		if (hl_cancelled(s->ctx))
			return HL_CANCELLED;
		st = hl_scan_read(s, p->off, b, sizeof(b));
		/* a state may be of a medium that reads worse by now */
		if (st == HL_OK && hl_scan_rows[row].keep(span_of(b, 512)))
			st = hl_scan_rows[row].judge(s, p->off,
			                             span_of(b, 512));
		else if (st == HL_END)
			st = HL_OK;
	}
	return st;
}

static int by_off(const void *va, const void *vb)
{
	const struct hl_lost *a = va, *b = vb;

	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	if (a->in_table != b->in_table)
		return a->in_table ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return strcmp(a->fs, b->fs);
}

/* Partitions are put end to end, and new ones begin where old ones did: a
 * boot sector whose numbers fit that is none by chance. */
static enum hl_status place(struct hl_scan *s, struct hl_lost *l)
{
	bool ends = false, begins = false;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
		const struct hl_lost *o = &s->lost[i];

		if (o == l || o->inside || o->score < SCAN_SURE)
			continue;
		if (!ends && l->off + l->size == o->off) {
			ends = true;
			st = hl_lost_say(s, l, SCAN_PLACE, "it ends where the "
			                 "volume at byte %llu begins",
			                 (unsigned long long)o->off);
		} else if (!begins && l->off == o->off && o->in_table) {
			begins = true;
			st = hl_lost_say(s, l, SCAN_PLACE, "a later volume "
			                 "begins at the same byte");
		}
	}
	return st;
}

static enum hl_status places(struct hl_scan *s)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++)
		if (!s->lost[i].in_table && s->lost[i].fs[0] &&
		    s->lost[i].score < SCAN_SURE)
			st = place(s, &s->lost[i]);
	return st;
}

/* Order, belief and names; "L1" is the first lost one on the medium. */
static void number(struct hl_scan *s)
{
	unsigned n = 0;

	if (s->n_lost)
		qsort(s->lost, s->n_lost, sizeof(*s->lost), by_off);
	for (size_t i = 0; i < s->n_lost; i++) {
		struct hl_lost *l = &s->lost[i];

		l->believed = l->in_table ||
		              (l->score >= SCAN_BELIEVED && !l->inside &&
		               l->fs[0]);
		if (l->in_table)
			continue;
		l->id[0] = '\0';
		if (l->believed)
			snprintf(l->id, sizeof(l->id), "L%u", ++n);
	}
}

enum hl_status hl_scan_judge(struct hl_scan *scan)
{
	static enum hl_status (*const steps[])(struct hl_scan *) = {
		hl_scan_records, hl_scan_stated, hl_scan_hints, reopen,
		hl_scan_table, hl_scan_inside, places,
	};

	forget(scan);
	enum hl_status st = open_disk(scan, true);
	for (uint32_t i = 0; i < hl_scan_n_rows && st == HL_OK; i++)
		st = judge_row(scan, i);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
	     st == HL_OK; i++)
		st = steps[i](scan);
	if (st != HL_OK)
		return st;
	number(scan);
	/* in the order of their numbers: what is inside of one has none */
	for (size_t i = 0; i < scan->n_lost && st == HL_OK; i++) {
		if (!scan->lost[i].believed || scan->lost[i].in_table)
			continue;
		st = hl_scan_inside_of(scan, i);
		number(scan);
	}
	return st == HL_OK ? hl_scan_age(scan) : st;
}

size_t hl_scan_count(const struct hl_scan *scan)
{
	return scan->n_lost;
}

const struct hl_lost *hl_scan_get(const struct hl_scan *scan, size_t i)
{
	return i < scan->n_lost ? &scan->lost[i] : NULL;
}

unsigned hl_scan_generations(const struct hl_scan *scan)
{
	return scan->generations;
}
