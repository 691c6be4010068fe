/*
 * carve_scan.c: the pass over one row: a look at the first bytes of every
 * 512, for nothing of a hive begins anywhere else on a disk.
 */
#include <inttypes.h>
#include <string.h>

#include "base/ckd.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

#define REGF 0x66676572u
#define HBIN 0x6e696268u
#define HVLE 0x454c7648u

enum mark { NOTHING, BASE, BINS, ENTRY, PACKED };

static enum mark mark_of(const uint8_t *p)
{
	switch (le32_at(p)) {
	case REGF:
		return BASE;
	case HBIN:
		return BINS;
	case HVLE:
		return ENTRY;
	}
	return (p[1] & 0xf0) == 0xb0 && hl_carve_packed_hint(p) ? PACKED
	                                                         : NOTHING;
}

static enum hl_status take(struct carve_scan *s, enum mark mark, uint64_t off,
                           uint64_t *skip)
{
	*skip = 0;
	switch (mark) {
	case BASE:
		return hl_carve_take_base(s, off, skip);
	case BINS:
		return hl_carve_take_bins(s, off, skip);
	case ENTRY:
		return hl_carve_take_log(s, off, NULL, skip);
	case PACKED:
		return hl_carve_take_packed(s, off, skip);
	case NOTHING:
		break;
	}
	return HL_OK;
}

/* The next mark in the window from *off on; *off is behind it if none. */
static enum mark look(struct carve_scan *s, uint64_t *off)
{
	size_t n = (size_t)min_u64(CARVE_BUF / 2, s->to - *off);
	const uint8_t *p = NULL;

	/* what the window holds already is looked at first */
	if (*off >= s->in.at && *off < s->in.at + s->in.n)
		n = (size_t)min_u64(n, s->in.at + s->in.n - *off);
	n -= n % HIVE_SECTOR;
	if (n >= HIVE_SECTOR)
		p = hl_carve_peek(&s->in, *off, n);
	else if (s->to - *off >= HIVE_SECTOR)
		p = hl_carve_peek(&s->in, *off, n = HIVE_SECTOR);
	if (!p) {
		if (!s->in.failed)
			*off = s->to;
		return NOTHING;
	}
	for (size_t i = 0; i < n; i += HIVE_SECTOR) {
		enum mark m = mark_of(p + i);

		if (m) {
			*off += i;
			return m;
		}
	}
	*off += n;
	return NOTHING;
}

/* Bytes from off on in which nothing was ever written: nothing begins there.
 * Asked only when the window would have to be filled. */
static uint64_t hole(const struct carve_scan *s, uint64_t off)
{
	uint64_t n;

	if (off >= s->in.at && off < s->in.at + s->in.n)
		return 0;
	n = min_u64(hl_src_hole(s->row->src, off), s->to - off);
	return n < CARVE_BUF / 2 ? 0 : n - n % HIVE_SECTOR;
}

static enum hl_status pass(struct carve_scan *s)
{
	enum hl_status st = HL_OK;
	uint64_t off = s->from, skip;

	while (st == HL_OK && off < s->to && !s->in.failed && !s->c->full) {
		off += hole(s, off);
		enum mark m = off < s->to ? look(s, &off) : NOTHING;

		if (hl_cancelled(s->c->ctx))
			return HL_CANCELLED;
		hl_progress(s->c->ctx, HL_PHASE_DISK_DATA, s->row->where,
		            s->c->searched + (off - s->from), s->c->total);
		if (!m)
			continue;
		st = take(s, m, off, &skip);
		/* onwards by whole sectors, whatever was believed */
		skip = (skip + HIVE_SECTOR - 1) / HIVE_SECTOR * HIVE_SECTOR;
		off += max_u64(skip, HIVE_SECTOR);
	}
	s->done = min_u64(off, s->to);
	return st == HL_OK ? s->in.failed : st;
}

enum hl_status hl_carve_scan_part(struct carve_scan *s, uint64_t from,
                                  uint64_t to)
{
	struct carve_scan part = *s;
	enum hl_status st;

	if (from >= to)
		return HL_OK;
	part.from = from;
	part.taken = from; /* what it lies in is broken there */
	part.to = part.in.size = min_u64(to, s->in.size);
	st = pass(&part);
	s->taken = max_u64(s->taken, part.taken);
	s->in.n = 0; /* the window is shared, and has moved */
	s->in.bad = part.in.bad;
	return st;
}

enum hl_status hl_carve_scan(struct hl_carve *c, const struct carve_row *row)
{
	struct carve_scan s = { .c = c, .row = row };
	enum hl_status st;

	hl_carve_in(&s.in, row->src, c->buf, CARVE_BUF, c->ctx);
	s.to = s.in.size;
	hl_src_advise(row->src, 0, s.to, HL_ADVISE_SEQUENTIAL);
	st = pass(&s);
	c->searched += s.in.failed ? min_u64(s.done, s.in.at) : s.done;
	if (s.in.bad)
		hl_warn(&(struct hl_at){ c->ctx, row->src, HL_NO_OFFSET,
		                         "carve" },
		        "%" PRIu64 " bytes of %s%s%s cannot be read and were "
		        "not searched", s.in.bad, row->where,
		        row->volume ? " of volume " : "",
		        row->volume ? row->volume->id : "");
	return st;
}
