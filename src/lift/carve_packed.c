/*
 * carve_packed.c: hives that NTFS had compressed, unit by unit.
 *
 *	| unit 0: chunks, to the cluster's end | unit 1 ...
 *
 * A unit stands for 16 clusters.  The next one begins in the cluster behind,
 * or, where the clusters it no longer needed were freed in place, 16 clusters
 * further on.  It is believed when the bin that is due stands in it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

struct unpack {
	struct carve_scan *s;
	struct carve_find *f;
	uint64_t next;   /* of the find: where the next bin's header is due */
	uint64_t limit;  /* of the find: where its bins end */
	uint32_t unit;   /* bytes it stands for */
	uint8_t *out;    /* of the unit in hand; behind it: what is stored */
};

/* Decode the unit at off; *stored 0: there is none. */
static enum hl_status decode(struct unpack *u, uint64_t off, size_t *got,
                             size_t *stored)
{
	const struct carve_row *row = u->s->row;
	size_t n = (size_t)min_u64(u->unit, u->s->in.size - off);
	struct hl_extent e;
	struct hl_ranges bad;
	uint8_t *in = u->out + CARVE_UNIT_MAX;

	*got = *stored = 0;
	/* one unit lies in one stretch, or cannot be told */
	if (hl_src_map(row->src, off, &e) != HL_OK || !e.in)
		return HL_OK;
	n = (size_t)min_u64(n, e.len);
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(row->src, off, in, n, &bad);
	if (st == HL_OK && !hl_carve_unpack(span_of(in, n), u->out, u->unit,
	                                    got, stored))
		*stored = 0;
	return st;
}

/* Bins whose headers are due in the unit that begins at `at` of the find. */
static bool bins_fit(struct unpack *u, uint64_t at, size_t got)
{
	bool any = false;

	while (u->next < u->limit && u->next >= at && u->next - at < got) {
		struct span s = span_of(u->out + (u->next - at),
		                        got - (size_t)(u->next - at));
		uint64_t want = u->f->pub.bin_off + (u->next - u->f->bins_at);
		struct hive_bin bin;

		if (!hl_carve_bin(s, &bin) || bin.offset != want)
			return any;
		u->next += bin.size;
		any = true;
	}
	return any;
}

static enum hl_status add(struct unpack *u, uint64_t off, size_t got,
                          size_t stored)
{
	struct hl_extent e;
	struct carve_piece p = { .in_len = stored, .len = got };

	if (hl_src_map(u->s->row->src, off, &e) != HL_OK)
		return HL_LIMIT;
	p.in_off = e.in_off;
	return hl_carve_piece(u->s->c, u->f, &p);
}

/* Units behind the first, *end is behind the last that was believed. */
static enum hl_status rest(struct unpack *u, uint64_t first, uint64_t *end)
{
	uint32_t cl = u->unit / 16;
	enum hl_status st = HL_OK;
	size_t got, stored;

	while (st == HL_OK && u->f->pub.size < u->limit) {
		uint64_t at = u->f->pub.size, try[2];
		int k;

		try[0] = (*end + cl - 1) / cl * cl;
		try[1] = first + u->unit;
		if (at % u->unit) /* a short unit is the last */
			break;
		for (k = 0; k < 2 && st == HL_OK; k++) {
			if (try[k] < *end || try[k] >= u->s->in.size)
				continue;
			st = decode(u, try[k], &got, &stored);
			if (st == HL_OK && stored && bins_fit(u, at, got))
				break;
		}
		if (k == 2 || st != HL_OK)
			break;
		first = try[k];
		st = add(u, first, got, stored);
		*end = first + stored;
	}
	return st;
}

static void say(struct unpack *u)
{
	struct hl_carved *p = &u->f->pub;

	hl_carve_say(u->s->c, u->f, "compressed by NTFS (LZNT1): %zu unit%s "
	             "of %" PRIu32 " bytes decoded, bins due in them are there",
	             u->f->n_piece, u->f->n_piece == 1 ? "" : "s", u->unit);
	if (p->what == HL_CARVED_HIVE)
		hl_carve_say(u->s->c, u->f, "base block: signature and fields "
		             "right, checksum %s; %" PRIu64 " of %" PRIu32
		             " bytes of bins in order",
		             p->base.checksum_ok ? "right" : "wrong", p->bins,
		             p->base.bins_size);
	else
		hl_carve_say(u->s->c, u->f, "%" PRIu64 " bytes of bins in order "
		             "from offset %" PRIu32 " of their hive", p->bins,
		             p->bin_off);
}

/* What the first unit begins with; false: nothing that is believed. */
static bool begin(struct unpack *u, size_t got)
{
	struct hl_carved *p = &u->f->pub;
	struct hive_bin bin;

	if (memcmp(u->out, "hbin", 4) == 0) {
		if (!hl_carve_bin(span_of(u->out, got), &bin))
			return false;
		p->what = HL_CARVED_BINS;
		p->bin_off = bin.offset;
		u->limit = UINT32_MAX;
		return bins_fit(u, 0, got);
	}
	if (hl_carve_base(span_of(u->out, got), &p->base) == CARVE_BASE_NONE)
		return false;
	u->next = u->f->bins_at = HIVE_BASE_SIZE;
	u->limit = (uint64_t)HIVE_BASE_SIZE + p->base.bins_size;
	return bins_fit(u, 0, got);
}

static void finish(struct unpack *u)
{
	struct carve_find *f = u->f;
	uint64_t bins = u->next - f->bins_at, size = f->pub.size;

	/* the last bin's end may lie in a unit that is not there */
	if (u->next > size) {
		f->pub.bins = size - f->bins_at;
		f->pub.bins -= f->pub.bins % HIVE_PAGE;
	} else {
		f->pub.bins = bins;
		hl_carve_cut(f, u->next);
	}
	f->bins_end = f->pub.bin_off + f->pub.bins;
	f->pub.whole = f->pub.what == HL_CARVED_HIVE && u->next == u->limit &&
	               u->next <= size;
	say(u);
}

static enum hl_status unpack(struct unpack *u, uint64_t off, uint64_t *skip)
{
	struct hl_carve *c = u->s->c;
	uint64_t end;
	size_t got, stored;
	enum hl_status st = decode(u, off, &got, &stored);

	if (st != HL_OK || !stored || got < HIVE_BASE_USED)
		return st;
	u->f = hl_carve_new(c, u->s->row, HL_CARVED_HIVE);
	if (!u->f)
		return c->full ? HL_OK : HL_NOMEM;
	u->f->pub.packed = true;
	if (!begin(u, got)) {
		hl_carve_drop(c, u->f);
		return HL_OK;
	}
	end = off + stored;
	st = add(u, off, got, stored);
	if (st == HL_OK)
		st = rest(u, off, &end);
	if (st == HL_LIMIT && u->f->n_piece == HL_MAX_CARVE_PIECES)
		hl_warn(&(struct hl_at){ c->ctx, u->s->row->src, off,
		                         "carve" },
		        "a compressed find of more than %d units is left out",
		        HL_MAX_CARVE_PIECES);
	if (st != HL_OK) {
		hl_carve_drop(c, u->f);
		return st == HL_LIMIT ? HL_OK : st;
	}
	finish(u);
	*skip = end - off;
	return hl_carve_keep(c, u->f);
}

enum hl_status hl_carve_take_packed(struct carve_scan *s, uint64_t off,
                                    uint64_t *skip)
{
	struct hl_carve *c = s->c;
	struct unpack u = { .s = s, .unit = CARVE_UNIT_MAX };

	if (!c->unit)
		c->unit = hl_alloc(c->ctx, (size_t)2 * CARVE_UNIT_MAX);
	if (!c->unit)
		return HL_NOMEM;
	if (s->row->cluster && s->row->cluster <= CARVE_UNIT_MAX / 16)
		u.unit = s->row->cluster * 16;
	u.out = c->unit;
	return unpack(&u, off, skip);
}
