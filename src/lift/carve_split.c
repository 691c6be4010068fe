/*
 * carve_split.c: bins in a row that need not belong together.
 *
 *	on the disk  | A 4096 | B 4096 | A 8192 | B 8192 |
 *	                       \___ a row by their offsets: of two hives
 *
 * Bins that follow one another are believed to be of one hive, also when they
 * do not say so.  Not so where another fragment has a claim to the place: it
 * begins with a bin of that offset too.  Then the bins before and behind have
 * to speak of each other, or they are parted.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

/* ---- fragments by their place -------------------------------------------- */

static int by_bin(const void *va, const void *vb)
{
	const struct carve_find *a = *(struct carve_find *const *)va;
	const struct carve_find *b = *(struct carve_find *const *)vb;

	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if (a->pub.bin_off != b->pub.bin_off)
		return a->pub.bin_off < b->pub.bin_off ? -1 : 1;
	return a->pub.off < b->pub.off ? -1 : a->pub.off > b->pub.off;
}

size_t hl_carve_first_at(const struct carve_parts *p, size_t space,
                         uint64_t bin)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct carve_find *f = p->part[mid];

		if (f->space < space ||
		    (f->space == space && f->pub.bin_off < bin))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

enum hl_status hl_carve_parts(struct carve_parts *out, struct hl_carve *c)
{
	size_t n = 0;

	*out = (struct carve_parts){ .n = 0 };
	for (size_t i = 0; i < c->n; i++)
		n += c->find[i]->pub.what == HL_CARVED_BINS;
	if (!n)
		return HL_OK;
	out->part = hl_alloc_array(c->ctx, n, sizeof(struct carve_find *));
	if (!out->part)
		return HL_NOMEM;
	for (size_t i = 0; i < c->n; i++)
		if (c->find[i]->pub.what == HL_CARVED_BINS)
			out->part[out->n++] = c->find[i];
	qsort(out->part, out->n, sizeof(struct carve_find *), by_bin);
	return HL_OK;
}

/* ---- parting ------------------------------------------------------------- */

/* What lies behind `bin` becomes a find of its own. */
static enum hl_status part(struct hl_carve *c, struct carve_find *f,
                           uint64_t bin)
{
	const struct carve_row row = {
		.base = f->base, .volume = f->pub.volume,
		.where = f->pub.where, .space = f->space,
	};
	uint64_t keep = f->bins_at + (bin - f->pub.bin_off), at = 0;
	struct carve_find *g = hl_carve_new(c, &row, HL_CARVED_BINS);
	enum hl_status st = HL_OK;

	if (!g)
		return c->full ? HL_OK : HL_NOMEM;
	for (size_t i = 0; st == HL_OK && i < f->n_piece; i++) {
		struct carve_piece p = f->piece[i];
		uint64_t skip = at < keep ? keep - at : 0;

		at += p.len;
		if (skip >= p.len)
			continue;
		p.in_off += skip;
		p.len = p.in_len = p.len - skip;
		st = hl_carve_piece(c, g, &p);
	}
	if (st != HL_OK) {
		hl_carve_drop(c, g);
		return st;
	}
	g->pub.bin_off = (uint32_t)bin;
	g->bins_end = f->bins_end;
	g->pub.bins = f->bins_end - bin;
	g->torn = f->torn;
	g->torn_have = f->torn_have;
	hl_carve_cut(f, keep);
	f->bins_end = bin;
	f->pub.bins = bin - f->pub.bin_off;
	f->torn = 0;
	f->torn_have = 0;
	hl_carve_say(c, f, "parted from the bins behind it, from %" PRIu64
	             ": another fragment claims their place", bin);
	hl_carve_say(c, g, "bins in order from offset %" PRIu64 " of their "
	             "hive, parted from those before", bin);
	return hl_carve_keep(c, g);
}

/* Does a bin of the find begin there? */
static bool begins(struct hl_src *src, const struct carve_find *f,
                   uint64_t bin)
{
	uint8_t p[sizeof(struct hive_bin_disk)];
	uint64_t at = f->bins_at + (bin - f->pub.bin_off);
	struct hl_ranges bad;
	struct hive_bin b;

	hl_ranges_clear(&bad);
	return at < hl_src_size(src) &&
	       hl_src_read(src, at, p, sizeof(p), &bad) == HL_OK &&
	       hl_carve_bin(span_of(p, sizeof(p)), &b) && b.offset == bin;
}

/* HL_END: the bins before and behind do not speak of each other. */
static enum hl_status ask(struct hl_carve *c, const struct carve_find *f,
                          uint64_t bin)
{
	struct carve_words w = { 0, 0 };
	struct hl_src *src;
	enum hl_status st = hl_carve_src(&src, f, c->ctx);
	bool here = st == HL_OK && begins(src, f, bin);

	if (here)
		st = hl_carve_words(src, f->bins_at, f->pub.bin_off, bin,
		                    f->bins_end, c->ctx, &w);
	hl_src_close(src);
	return st == HL_OK && here && !carve_agree(&w) ? HL_END : st;
}

static enum hl_status doubt(struct hl_carve *c, struct carve_find *f,
                            const struct carve_parts *parts)
{
	size_t i = hl_carve_first_at(parts, f->space, f->pub.bin_off + 1);
	enum hl_status st = HL_OK;

	for (size_t n = 0; st == HL_OK && n < HL_MAX_CARVE_TRIES &&
	     i < parts->n; n++, i++) {
		const struct carve_find *p = parts->part[i];

		if (p->space != f->space || p->pub.bin_off >= f->bins_end)
			break;
		if (p != f)
			st = ask(c, f, p->pub.bin_off);
		if (st == HL_END)
			return part(c, f, p->pub.bin_off);
	}
	return st;
}

enum hl_status hl_carve_split(struct hl_carve *c)
{
	struct carve_parts parts;
	enum hl_status st = hl_carve_parts(&parts, c);

	/* the list grows by what is parted, and that is looked at too */
	for (size_t i = 0; st == HL_OK && parts.n && i < c->n; i++) {
		struct carve_find *f = c->find[i];

		if (!f->pub.whole && !f->pub.packed &&
		    (f->pub.what == HL_CARVED_BINS ||
		     f->pub.what == HL_CARVED_HIVE))
			st = doubt(c, f, &parts);
	}
	hl_free(c->ctx, parts.part);
	return st;
}
