/*
 * stitch.c: $MFT put together from its records, when nothing tells any more
 * where it lies.
 *
 *	volume  ....FILE 0 1 2 3 ....... FILE 0 1 2 3 4 .. 99 ... FILE 100 ..
 *	            $MFTMirr             a stretch                another
 *
 * A record since Windows XP holds its own number.  Neighbours with following
 * numbers are one stretch.  Where two stretches claim the same number, the
 * one counts that begins where the boot sector says $MFT does, then the
 * longer one: copies (the mirror, what a defragmentation left behind, an
 * image of another volume) are shorter.  That is a guess, and is said.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

#define PIECE (1u << 20) /* bytes read at once */
#define BRIDGE 256u      /* records: a hole in a stretch that stays in it */

struct stretch {
	uint64_t off;    /* bytes into the volume */
	uint64_t number; /* of its first record */
	uint64_t n;      /* records */
};

struct scan {
	const struct hl_ctx *ctx;
	struct hl_src *vol;
	const struct hl_ntfs_geom *g;
	struct stretch *s;
	size_t n, cap;
};

/* The number of what looks like a record of this volume. */
static bool is_record(const struct scan *c, const uint8_t *p, uint64_t off,
                      uint64_t *number)
{
	uint32_t rs = c->g->record_size;
	uint64_t mft = c->g->mft_lcn * c->g->cluster_size;
	unsigned usa;

	if (memcmp(p, "FILE", 4))
		return false;
	usa = le16_at(p + 4);
	if (le16_at(p + 6) != rs / NTFS_STRIDE + 1 || usa < 0x2a ||
	    le32_at(p + 0x1c) != rs || le32_at(p + 0x18) > rs)
		return false;
	*number = le32_at(p + 0x2c);
	if (usa >= 0x30)
		return true;
	/* An older header: only its place can tell. */
	*number = off >= mft ? (off - mft) / rs : 0;
	return off >= mft && (off - mft) % rs == 0;
}

static enum hl_status add(struct scan *c, uint64_t off, uint64_t number)
{
	uint64_t rs = c->g->record_size, step;
	struct stretch *last = c->n ? &c->s[c->n - 1] : NULL;
	enum hl_status st;

	if (last && number >= last->number + last->n) {
		step = number - last->number;
		if (step - last->n <= BRIDGE && off == last->off + step * rs) {
			last->n = step + 1;
			return HL_OK;
		}
	}
	st = hl_grow(c->ctx, (void **)&c->s, &c->cap, c->n, sizeof(*c->s),
	             HL_MAX_NTFS_STRETCHES);
	if (st == HL_OK)
		c->s[c->n++] = (struct stretch){ off, number, 1 };
	return st;
}

/* One piece of the volume; buf has room for a record more. */
static enum hl_status look(struct scan *c, const uint8_t *buf, size_t n,
                           uint64_t base)
{
	uint32_t rs = c->g->record_size, step;
	uint64_t number;
	size_t i;
	enum hl_status st = HL_OK;

	/* records lie at whole clusters or at whole records within one */
	if (c->g->cluster_size < rs)
		step = c->g->cluster_size;
	else
		step = rs;
	for (i = 0; st == HL_OK && i + 0x30 <= n; i += step)
		if (is_record(c, buf + i, base + i, &number))
			st = add(c, base + i, number);
	return st;
}

static enum hl_status scan(struct scan *c)
{
	uint64_t size = hl_src_size(c->vol), off;
	uint8_t *buf = hl_alloc(c->ctx, PIECE);
	struct hl_ranges bad;
	enum hl_status st = buf ? HL_OK : HL_NOMEM;

	hl_src_advise(c->vol, 0, size, HL_ADVISE_SEQUENTIAL);
	for (off = 0; st == HL_OK && off < size; off += PIECE) {
		size_t n = (size_t)min_u64(PIECE, size - off);

		hl_progress(c->ctx, HL_PHASE_VOLUME, "looking for $MFT", off,
		            size);
		hl_ranges_clear(&bad); /* what cannot be read is no record */
		st = hl_cancelled(c->ctx) ? HL_CANCELLED :
		     hl_src_read(c->vol, off, buf, n, &bad);
		if (st == HL_OK)
			st = look(c, buf, n, off);
	}
	hl_free(c->ctx, buf);
	if (st != HL_LIMIT)
		return st;
	hl_warn(&(struct hl_at){ c->ctx, c->vol, off, "$MFT" },
	        "more than %u stretches of records; what lies behind is not "
	        "looked at", HL_MAX_NTFS_STRETCHES);
	return HL_OK;
}

/* ---- which stretches are it ---------------------------------------------- */

static int by_number(const void *va, const void *vb)
{
	const struct stretch *a = va, *b = vb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static void cut_front(struct stretch *s, uint64_t number, uint64_t rs)
{
	uint64_t n = number - s->number;

	s->number += n;
	s->off += n * rs;
	s->n -= n;
}

/* Does a count for more than b? */
static bool wins(const struct scan *c, const struct stretch *a,
                 const struct stretch *b)
{
	uint64_t mft = c->g->mft_lcn * c->g->cluster_size;
	uint64_t rs = c->g->record_size;
	bool at_a = a->off == mft + a->number * rs;
	bool at_b = b->off == mft + b->number * rs;

	return at_a != at_b ? at_a : a->n > b->n;
}

/*
 * In order of their numbers; where two overlap, the better one is kept whole
 * and the other one cut.  What is behind a better one that it holds is lost:
 * it is a copy's.
 */
static void choose(struct scan *c)
{
	uint64_t rs = c->g->record_size, end;
	size_t i, n = 0;

	qsort(c->s, c->n, sizeof(*c->s), by_number);
	for (i = 0; i < c->n; i++) {
		struct stretch next = c->s[i];

		while (n && wins(c, &next, &c->s[n - 1]) &&
		       c->s[n - 1].number >= next.number)
			n--;
		if (n) {
			struct stretch *last = &c->s[n - 1];

			end = last->number + last->n;
			if (end > next.number && wins(c, &next, last))
				last->n = next.number - last->number;
			else if (end >= next.number + next.n)
				continue;
			else if (end > next.number)
				cut_front(&next, end, rs);
		}
		c->s[n++] = next;
	}
	c->n = n;
}

static enum hl_status build(struct scan *c, struct hl_src **out)
{
	uint64_t rs = c->g->record_size, end = 0;
	struct hl_extent *e = hl_alloc_array(c->ctx, 2 * c->n, sizeof(*e));
	size_t i, n = 0;
	enum hl_status st;

	if (!e)
		return HL_NOMEM;
	for (i = 0; i < c->n; i++) {
		uint64_t at = c->s[i].number * rs, len = c->s[i].n * rs;

		if (at > end)
			e[n++] = (struct hl_extent){
				.off = end, .len = at - end,
				.what = HL_WHAT_MISSING,
				.quality = HL_Q_UNREADABLE };
		e[n++] = (struct hl_extent){ .off = at, .len = len,
		                             .in = c->vol,
		                             .in_off = c->s[i].off,
		                             .in_len = len };
		end = at + len;
	}
	st = hl_src_extents(out, "$MFT", e, n, c->ctx);
	hl_free(c->ctx, e);
	return st;
}

enum hl_status hl_ntfs_stitch(struct hl_src **out, struct hl_src *vol,
                              const struct hl_ntfs_geom *geom,
                              const struct hl_ctx *ctx)
{
	struct scan c = { .ctx = ctx, .vol = vol, .g = geom };
	enum hl_status st = scan(&c);

	*out = NULL;
	if (st == HL_OK && !c.n)
		st = HL_END;
	if (st == HL_OK) {
		choose(&c);
		st = build(&c, out);
	}
	hl_free(ctx, c.s);
	return st;
}
