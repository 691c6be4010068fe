/*
 * carve_join.c: fragments that belong together.
 *
 *	base block, bins [0, n) | torn bin ...       somewhere
 *	         ... its rest | bins [m, ...)        somewhere else, same space
 *
 * A fragment is put behind another part when all of this holds:
 *
 *	place   its first bin has the offset at which the part ends; or that
 *	        of the end of the bin that was torn, and the bytes right before
 *	        the fragment complete the torn bin so that its cells chain
 *	words   cells on both sides refer to each other: at least two, and to
 *	        cells in use of the right kind; at most one in sixteen is wrong
 *	alone   no other fragment fits as well
 *	end     it does not go beyond the size that the base block states
 *
 * A base block alone takes a fragment that begins with bin 0 when the time in
 * it is that of the base block, and its root key is a root.
 */
#include <inttypes.h>
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hive/carve.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

struct join {
	struct hl_carve *c;
	struct carve_parts parts;
	uint8_t *buf; /* CARVE_BUF */
	bool said;    /* that not all fragments were tried */
};

/* ---- one try ------------------------------------------------------------- */

struct attempt {
	struct carve_find *head, *part;
	uint64_t torn_have; /* bytes of the torn bin that the head keeps */
	uint64_t before;    /* bytes before the part that complete it */
	struct carve_words words;
};

static enum hl_status too_many(const struct join *j, const struct attempt *a)
{
	hl_warn(&(struct hl_at){ j->c->ctx, NULL, a->head->pub.off, "carve" },
	        "fragments in more than %d pieces are not rejoined",
	        HL_MAX_CARVE_PIECES);
	return HL_END;
}

/*
 * The head, what is between, the part: as one find, not in the list.
 * HL_OK, HL_NOMEM; HL_END: too much for one (said)
 */
static enum hl_status build(struct carve_find **out, struct join *j,
                            const struct attempt *a)
{
	const struct carve_row row = {
		.base = a->head->base, .volume = a->head->pub.volume,
		.where = a->head->pub.where, .space = a->head->space,
	};
	struct hl_carve *c = j->c;
	struct carve_find *f = hl_carve_new(c, &row, a->head->pub.what);
	const struct carve_piece *p = a->part->piece;
	enum hl_status st = HL_OK;

	*out = f;
	if (!f)
		return c->full ? HL_END : HL_NOMEM;
	for (size_t i = 0; st == HL_OK && i < a->head->n_piece; i++)
		st = hl_carve_piece(c, f, &a->head->piece[i]);
	if (st == HL_OK)
		hl_carve_cut(f, a->head->bins_at + a->head->pub.bins +
		             a->torn_have);
	if (st == HL_OK && a->before)
		st = hl_carve_piece(c, f, &(struct carve_piece){
			p->in_off - a->before, a->before, a->before });
	for (size_t i = 0; st == HL_OK && i < a->part->n_piece; i++)
		st = hl_carve_piece(c, f, &a->part->piece[i]);
	if (st == HL_OK)
		return HL_OK;
	hl_carve_drop(c, f);
	return st == HL_LIMIT ? too_many(j, a) : st;
}

/* Do the cells of the bin that was torn chain now? */
static bool mended(struct join *j, struct hl_src *src, const struct attempt *a)
{
	uint64_t at = a->head->bins_at + a->head->pub.bins;
	struct carve_in in;

	if (!a->before)
		return true;
	hl_carve_in(&in, src, j->buf, CARVE_BUF, j->c->ctx);
	return hl_carve_cells(&in, at, a->head->torn) == a->head->torn;
}

/* HL_OK: it fits; HL_END: it does not. */
static enum hl_status fits(struct join *j, struct attempt *a)
{
	struct carve_find *f;
	struct hl_src *src = NULL;
	enum hl_status st = build(&f, j, a);

	if (st != HL_OK)
		return st;
	f->bins_at = a->head->bins_at;
	st = hl_carve_src(&src, f, j->c->ctx);
	if (st == HL_OK && !mended(j, src, a))
		st = HL_END;
	if (st == HL_OK)
		st = hl_carve_words(src, f->bins_at, a->head->pub.bin_off,
		                    a->part->pub.bin_off,
		                    a->part->bins_end + a->part->torn_have,
		                    j->c->ctx, &a->words);
	hl_src_close(src);
	hl_carve_drop(j->c, f);
	if (st == HL_OK && !carve_agree(&a->words))
		st = HL_END;
	return st;
}

/* A torn bin: how much of it is right is not known for sure. */
static enum hl_status fits_torn(struct join *j, struct attempt *a)
{
	uint64_t have = a->head->torn_have;
	enum hl_status st = HL_END;

	have -= have % HIVE_SECTOR;
	for (; st == HL_END && have; have -= HIVE_SECTOR) {
		a->torn_have = have;
		a->before = a->head->torn - have;
		if (a->before > a->part->room)
			break;
		st = fits(j, a);
	}
	return st;
}

/* ---- a base block without bins ------------------------------------------- */

static enum hl_status fits_base(struct join *j, struct attempt *a)
{
	const struct hl_base_block *b = &a->head->pub.base;
	uint8_t p[sizeof(struct hive_bin_disk)] = { 0 }, cell[8] = { 0 };
	struct hl_ranges bad;
	struct hl_src *src;
	enum hl_status st;

	if (a->head->pub.size != HIVE_BASE_SIZE || !b->last_written.ticks ||
	    (uint64_t)b->root_cell + sizeof(cell) > a->part->pub.bins)
		return HL_END;
	st = hl_carve_src(&src, a->part, j->c->ctx);
	if (st != HL_OK)
		return st;
	hl_ranges_clear(&bad);
	st = hl_src_read(src, 0, p, sizeof(p), &bad);
	if (st == HL_OK)
		st = hl_src_read(src, b->root_cell, cell, sizeof(cell), &bad);
	hl_src_close(src);
	if (st != HL_OK)
		return st;
	if (le64_at(p + 20) != (uint64_t)b->last_written.ticks ||
	    memcmp(cell + 4, "nk", 2) != 0 || !(cell[6] & 0x04))
		return HL_END;
	return HL_OK;
}

/* ---- the one that fits --------------------------------------------------- */

static bool may(const struct carve_find *head, const struct carve_find *p)
{
	uint64_t limit = head->pub.base.signature ? head->pub.base.bins_size
	                                          : UINT32_MAX;

	return p != head && !p->used && !p->pub.packed &&
	       p->base == head->base && p->bins_end + p->torn <= limit;
}

static void say_tried(struct join *j, const struct carve_find *head)
{
	if (!j->said)
		hl_warn(&(struct hl_at){ j->c->ctx, NULL, head->pub.off,
		                         "carve" },
		        "more than %d fragments for one place: the others "
		        "were not tried", HL_MAX_CARVE_TRIES);
	j->said = true;
}

/* Counts those that fit at `bin`; the first of them is in *best. */
static enum hl_status try_all(struct join *j, struct carve_find *head,
                              uint64_t bin, bool torn, struct attempt *best,
                              size_t *n)
{
	enum hl_status st = HL_OK;
	size_t tries = 0;

	for (size_t i = hl_carve_first_at(&j->parts, head->space, bin);
	     st == HL_OK && i < j->parts.n &&
	     j->parts.part[i]->space == head->space &&
	     j->parts.part[i]->pub.bin_off == bin; i++) {
		struct attempt a = { .head = head, .part = j->parts.part[i] };

		if (!may(head, a.part))
			continue;
		if (tries++ == HL_MAX_CARVE_TRIES) {
			say_tried(j, head);
			break;
		}
		st = head->pub.what == HL_CARVED_BASE ? fits_base(j, &a) :
		     torn ? fits_torn(j, &a) : fits(j, &a);
		if (st == HL_OK && !(*n)++)
			*best = a;
		if (st == HL_END)
			st = HL_OK;
	}
	return st;
}

static void say_joined(struct join *j, struct carve_find *head,
                       const struct attempt *a)
{
	if (a->before)
		hl_carve_say(j->c, head, "the rest of a torn bin, %" PRIu64
		             " bytes, lies before the fragment at %" PRIu64
		             ": its cells chain", a->before, a->part->pub.off);
	if (head->pub.what == HL_CARVED_BASE)
		hl_carve_say(j->c, head, "rejoined with the bins at %" PRIu64
		             ": same time, and the root key is there",
		             a->part->pub.off);
	else
		hl_carve_say(j->c, head, "rejoined with the fragment at %"
		             PRIu64 ", bins from %" PRIu32 ": %" PRIu64
		             " cell references agree, %" PRIu64 " do not",
		             a->part->pub.off, a->part->pub.bin_off,
		             a->words.good, a->words.bad);
}

static enum hl_status merge(struct join *j, struct carve_find *head,
                            struct attempt *a)
{
	struct carve_find *part = a->part, *f;
	enum hl_status st = build(&f, j, a);

	if (st != HL_OK)
		return st;
	say_joined(j, head, a);
	if (head->pub.what == HL_CARVED_BASE)
		head->pub.what = HL_CARVED_HIVE;
	hl_free(j->c->ctx, head->piece);
	head->piece = f->piece;
	head->n_piece = f->n_piece;
	head->cap_piece = f->cap_piece;
	head->pub.size = f->pub.size;
	f->piece = NULL;
	hl_carve_drop(j->c, f);
	head->bins_end = part->bins_end;
	head->pub.bins = head->bins_end - head->pub.bin_off;
	head->torn = part->torn;
	head->torn_have = part->torn_have;
	head->pub.joined = true;
	head->pub.whole = head->pub.base.signature &&
	                  head->bins_end == head->pub.base.bins_size;
	part->used = true;
	return HL_OK;
}

/* As long as one, and only one, fits; each makes the part longer. */
static enum hl_status extend(struct join *j, struct carve_find *head)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && !head->pub.whole) {
		struct attempt best;
		size_t n = 0;

		st = try_all(j, head, head->bins_end, false, &best, &n);
		if (st == HL_OK && !n && head->torn && head->torn_have)
			st = try_all(j, head, head->bins_end + head->torn,
			             true, &best, &n);
		if (st != HL_OK || !n)
			break;
		if (n > 1) {
			hl_carve_say(j->c, head, "%zu fragments fit behind it "
			             "equally well: none is rejoined", n);
			break;
		}
		st = merge(j, head, &best);
	}
	return st == HL_END ? HL_OK : st;
}

static bool is_head(const struct carve_find *f, int round)
{
	static const enum hl_carved_what order[] = {
		HL_CARVED_HIVE, HL_CARVED_BASE, HL_CARVED_BINS,
	};

	return f->pub.what == order[round] && !f->used && !f->pub.whole &&
	       !f->pub.packed;
}

enum hl_status hl_carve_join(struct hl_carve *c)
{
	struct join j = { .c = c };
	enum hl_status st = hl_carve_parts(&j.parts, c);

	if (st != HL_OK || !j.parts.n)
		return st;
	j.buf = hl_alloc(c->ctx, CARVE_BUF);
	if (!j.buf)
		st = HL_NOMEM;
	/* hives first; then bins among themselves, from the lowest on */
	for (int round = 0; st == HL_OK && round < 2; round++)
		for (size_t i = 0; st == HL_OK && i < c->n; i++)
			if (is_head(c->find[i], round))
				st = extend(&j, c->find[i]);
	for (size_t i = 0; st == HL_OK && i < j.parts.n; i++)
		if (is_head(j.parts.part[i], 2))
			st = extend(&j, j.parts.part[i]);
	hl_free(c->ctx, j.parts.part);
	hl_free(c->ctx, j.buf);
	return st;
}
