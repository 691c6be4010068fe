/*
 * scan.c: the one sequential pass over an image.
 *
 *	|..... buffer of whole sectors .....|4 KiB|
 *	 ^ looked at now                     ^ carried to the next turn, so
 *	                                       that a block is never cut
 *
 * Of a range [from, to) the 4 KiB behind its end are read, too, for blocks
 * that begin in its last sectors.
 *
 * Eight bytes at the start of each sector and two at its end are compared;
 * everything else of the work is done for the few that fit.  Sectors of 512
 * bytes, whatever the medium has: volumes may have come from another one.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/scan_impl.h"

#define PIECE (1u << 20)          /* of one read */
#define CHECKPOINT (64u << 20)    /* bytes between two checkpoints */
#define MAGIC_FILE 0x454c4946u
#define MAGIC_INDX 0x58444e49u
#define MARK 0xaa55u

struct window {
	uint8_t *p;
	size_t n; /* bytes in it; the first is at s->at */
};

enum hl_status hl_scan_open(struct hl_scan **out, struct hl_src *image,
                            const struct hl_scan_opts *opts,
                            const struct hl_ctx *ctx)
{
	struct hl_scan *s = hl_zalloc(ctx, sizeof(*s));

	*out = NULL;
	if (!s)
		return HL_NOMEM;
	s->ctx = ctx;
	s->quiet = *ctx;
	s->quiet.note = NULL;
	s->quiet.log = NULL;
	if (ctx->bde_keys) {
		s->keys = *ctx->bde_keys;
		s->keys.ask = NULL;
		s->quiet.bde_keys = &s->keys;
	}
	s->image = image;
	if (opts)
		s->opts = *opts;
	hl_scan_set_range(s);
	enum hl_status st = hl_recmap_new(&s->map, ctx);
	if (st != HL_OK) {
		hl_scan_close(s);
		return st;
	}
	*out = s;
	return HL_OK;
}

void hl_lost_clear(struct hl_scan *s, struct hl_lost *l)
{
	for (size_t i = 0; i < l->n_evidence; i++)
		hl_free(s->ctx, l->evidence[i]);
	hl_free(s->ctx, l->evidence);
	hl_free(s->ctx, l->inside);
	hl_free(s->ctx, l->ext);
	memset(l, 0, sizeof(*l));
}

void hl_scan_close(struct hl_scan *scan)
{
	if (!scan)
		return;
	hl_scan_close_rivals(scan);
	for (size_t i = 0; i < scan->n_lost; i++)
		hl_lost_clear(scan, &scan->lost[i]);
	hl_free(scan->ctx, scan->lost);
	hl_free(scan->ctx, scan->hint);
	hl_free(scan->ctx, scan->place);
	hl_recmap_free(scan->map);
	hl_disk_close(scan->disk);
	hl_free(scan->ctx, scan);
}

uint64_t hl_scan_position(const struct hl_scan *scan)
{
	return scan->at;
}

/* ---- one sector ---------------------------------------------------------- */

static enum hl_status notice(struct hl_scan *s, uint64_t off, uint32_t row)
{
	enum hl_status st = hl_grow(s->ctx, (void **)&s->place, &s->cap_place,
	                            s->n_place, sizeof(*s->place),
	                            HL_MAX_SCAN_PLACES);

	if (st == HL_LIMIT) {
		if (!s->full)
			hl_warn(&(struct hl_at){ s->ctx, s->image, off,
			                         "scan" },
			        "more than %u boot sectors and tables; what "
			        "follows is not judged", HL_MAX_SCAN_PLACES);
		s->full = true;
		return HL_OK;
	}
	if (st == HL_OK)
		s->place[s->n_place++] = (struct scan_place){ off, row };
	return st;
}

/* p: what is there from the sector on, n >= 512 bytes */
static enum hl_status look(struct hl_scan *s, const uint8_t *p, size_t n,
                           uint64_t first, bool marked, uint64_t off)
{
	uint32_t magic = (uint32_t)first;
	enum hl_status st = HL_OK;

	if (magic == MAGIC_FILE || magic == MAGIC_INDX)
		return hl_recmap_feed(s->map, off,
		                      span_of(p, n < SCAN_AHEAD ? n :
		                                 SCAN_AHEAD));
	for (uint32_t i = 0; i < hl_scan_n_rows && st == HL_OK; i++) {
		const struct scan_row *r = &hl_scan_rows[i];

		if ((first & r->mask) == r->first && (marked || !r->marked) &&
		    r->keep(span_of(p, SCAN_SECTOR)))
			st = notice(s, off, i);
	}
	return st;
}

/* Does any row want a closer look?  The loop that has to be fast. */
static inline bool odd(uint64_t first, uint16_t last)
{
	bool is = (uint32_t)first == MAGIC_FILE ||
	          (uint32_t)first == MAGIC_INDX || last == MARK;

	for (size_t i = 0; i < hl_scan_n_rows; i++)
		is |= !hl_scan_rows[i].marked &&
		      (first & hl_scan_rows[i].mask) == hl_scan_rows[i].first;
	return is;
}

/* Whole sectors of w up to `end`; behind that they are carried. */
static enum hl_status sectors(struct hl_scan *s, const struct window *w,
                              size_t end)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < end && st == HL_OK; i += SCAN_SECTOR) {
		uint64_t first = le64_at(w->p + i);
		uint16_t last = le16_at(w->p + i + SCAN_SECTOR - 2);

		if (odd(first, last))
			st = look(s, w->p + i, w->n - i, first, last == MARK,
			          s->at + i);
	}
	return st;
}

/* ---- the medium ---------------------------------------------------------- */

/* Bytes from off on that no medium holds, or that are a hole in it. */
static enum hl_status hole_at(struct hl_scan *s, uint64_t off, uint64_t *n)
{
	struct hl_extent e;
	enum hl_status st = hl_src_map(s->image, off, &e);

	*n = st == HL_OK ? hl_src_hole(s->image, off) : 0;
	if (st == HL_OK && !e.in && e.what == HL_WHAT_MISSING)
		*n = e.len;
	return st;
}

/* A hole behind what was read ends it: what is carried is looked at now. */
static enum hl_status skip_hole(struct hl_scan *s, struct window *w)
{
	uint64_t from = s->at + w->n, n;
	enum hl_status st = hole_at(s, from, &n);
	size_t end = (size_t)min_u64(w->n, s->to - s->at);

	if (st != HL_OK || n < PIECE)
		return st;
	st = sectors(s, w, end - end % SCAN_SECTOR);
	s->at = from + n;
	s->at = min_u64(s->at - s->at % SCAN_SECTOR, s->to);
	w->n = 0;
	return st;
}

/* The end of what is read. */
static uint64_t reach(const struct hl_scan *s)
{
	return s->to + min_u64(SCAN_AHEAD, hl_src_size(s->image) - s->to);
}

static enum hl_status fill(struct hl_scan *s, struct window *w)
{
	uint64_t from = s->at + w->n;
	size_t want = (size_t)min_u64(PIECE, reach(s) - from);
	struct hl_ranges bad;

	if (!want)
		return HL_OK;
	hl_ranges_clear(&bad); /* zeros are nobody's boot sector */
	enum hl_status st = hl_src_read(s->image, from, w->p + w->n, want,
	                                &bad);
	w->n += want;
	s->n_bad += bad.bytes;
	return st;
}

/* One turn: read, look, carry. */
static enum hl_status turn(struct hl_scan *s, struct window *w)
{
	enum hl_status st = skip_hole(s, w);
	bool last;
	size_t end;

	if (st != HL_OK || s->at >= s->to)
		return st;
	st = fill(s, w);
	if (st != HL_OK)
		return st;
	last = reach(s) - s->at <= w->n;
	end = last ? (size_t)min_u64(w->n, s->to - s->at) :
	             w->n - SCAN_AHEAD;
	end -= end % SCAN_SECTOR;
	st = sectors(s, w, end);
	if (st != HL_OK)
		return st;
	if (last) { /* a last piece of a sector is nothing */
		s->at = s->to;
		w->n = 0;
		return HL_OK;
	}
	memmove(w->p, w->p + end, w->n - end);
	w->n -= end;
	s->at += end;
	return HL_OK;
}

static void tell(struct hl_scan *s, uint64_t *told)
{
	hl_progress(s->ctx, HL_PHASE_DISK_DATA, "scan", s->at - s->from,
	            s->to - s->from);
	if (s->at - *told < CHECKPOINT || !s->opts.checkpoint)
		return;
	*told = s->at;
	s->opts.checkpoint(s->opts.user, s);
}

enum hl_status hl_scan_pass(struct hl_scan *scan)
{
	struct window w = { hl_alloc(scan->ctx, PIECE + SCAN_AHEAD), 0 };
	uint64_t told = scan->at;
	enum hl_status st = w.p ? HL_OK : HL_NOMEM;

	hl_src_advise(scan->image, scan->at, scan->to - scan->at,
	              HL_ADVISE_SEQUENTIAL);
	while (st == HL_OK && scan->at < scan->to) {
		st = hl_cancelled(scan->ctx) ? HL_CANCELLED : turn(scan, &w);
		tell(scan, &told);
	}
	hl_free(scan->ctx, w.p);
	if (scan->n_bad)
		hl_warn(&(struct hl_at){ scan->ctx, scan->image, HL_NO_OFFSET,
		                         "scan" },
		        "%llu bytes cannot be read; what lies there is not "
		        "seen", (unsigned long long)scan->n_bad);
	scan->n_bad = 0;
	return st;
}
