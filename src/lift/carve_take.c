/*
 * carve_take.c: a base block or a bin that is believed becomes a find.
 *
 *	base block, bin 0 behind it   a hive, as far as its bins chain
 *	base block alone              believed by its checksum only
 *	bins                          a fragment
 *
 * What the checksum does not vouch for, the first bin has to: its offset is
 * 0, and its cells chain.
 */
#include <inttypes.h>
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

/* ---- where the row's stretches meet -------------------------------------- */

/* The hive's offset that stands at byte `at` of the find. */
static uint64_t in_hive(const struct carve_find *f, uint64_t at)
{
	return f->pub.bin_off + (at - f->bins_at);
}

/*
 * The first place where two stretches meet and the parts before and behind do
 * not speak of each other; UINT64_MAX: there is none.
 */
static enum hl_status meets(struct hl_carve *c, const struct carve_find *f,
                            struct hl_src *src, uint64_t *out)
{
	struct carve_words w;
	enum hl_status st = HL_OK;
	uint64_t at = 0;

	*out = UINT64_MAX;
	for (size_t i = 0; st == HL_OK && i + 1 < f->n_piece; i++) {
		at += f->piece[i].len;
		if (at <= f->bins_at)
			continue;
		st = hl_carve_words(src, f->bins_at, f->pub.bin_off,
		                    in_hive(f, at), f->bins_end, c->ctx, &w);
		if (st == HL_OK && !carve_agree(&w)) {
			*out = at;
			break;
		}
	}
	return st;
}

/* Where the bins of the find stop being of one hive; or UINT64_MAX. */
static enum hl_status break_of(struct hl_carve *c, const struct carve_find *f,
                               uint64_t *out)
{
	struct hl_src *src;
	uint64_t at;
	enum hl_status st = hl_carve_src(&src, f, c->ctx);

	*out = UINT64_MAX;
	if (st == HL_OK)
		st = hl_carve_stranger(src, f->bins_at, f->pub.bin_off,
		                       f->bins_end, c->ctx, &at);
	if (st == HL_OK && at != UINT64_MAX)
		*out = f->bins_at + (at - f->pub.bin_off);
	if (st == HL_OK && f->n_piece > 1) {
		st = meets(c, f, src, &at);
		*out = min_u64(*out, at);
	}
	hl_src_close(src);
	return st;
}

static void take_chain(struct carve_find *f, const struct carve_chain *ch)
{
	f->bins_end = ch->bin_end;
	f->torn = ch->torn;
	f->torn_have = ch->torn_have;
	f->pub.bins = ch->bin_end - f->pub.bin_off;
}

/* The chain again, in a row that ends where the parts disagree. */
static void again(struct carve_scan *s, uint64_t off, uint64_t cut,
                  uint64_t limit, struct carve_find *f,
                  struct carve_chain *ch)
{
	uint64_t size = s->in.size;

	s->in.size = off + cut;
	hl_carve_chain(&s->in, off + f->bins_at, f->pub.bin_off, limit, ch);
	s->in.size = size;
	take_chain(f, ch);
}

/* The same within a budget; behind it, what lies in one stretch is believed
 * and nothing else. */
static enum hl_status parted(struct carve_scan *s, uint64_t off,
                             struct carve_find *f, uint64_t *cut)
{
	if (off >= s->reach)
		s->cuts = 0;
	if (s->cuts < HL_MAX_CARVE_CUTS)
		return break_of(s->c, f, cut);
	hl_carve_say(s->c, f, "the row was parted %u times before; whether "
	             "the rest belongs together was not asked", s->cuts);
	*cut = f->n_piece > 1 ? f->piece[0].len : UINT64_MAX;
	return HL_OK;
}

/* Pieces, and the check of each place where they meet. */
static enum hl_status place(struct carve_scan *s, uint64_t off, uint64_t limit,
                            struct carve_find *f, struct carve_chain *ch)
{
	uint64_t cut, len = ch->end + ch->torn_have - off;
	size_t met;
	enum hl_status st = hl_carve_pieces(s->c, f, s->row, off, len);

	if (st != HL_OK)
		return st;
	s->in.n = 0;
	met = f->n_piece - 1;
	st = parted(s, off, f, &cut);
	if (st == HL_OK && cut != UINT64_MAX) {
		s->reach = max_u64(s->reach, off + len);
		s->cuts++;
		again(s, off, cut, limit, f, ch);
		hl_carve_cut(f, ch->end + ch->torn_have - off);
		hl_carve_say(s->c, f, "cut at byte %" PRIu64 ": the bins that "
		             "follow do not refer to these, nor these to them",
		             cut);
	}
	met = met && f->n_piece ? f->n_piece - 1 : 0;
	if (met)
		hl_carve_say(s->c, f, "goes on in %zu more free "
		             "stretch%s: bin offsets and cell references "
		             "agree", met, met == 1 ? "" : "es");
	f->pub.joined = met != 0;
	return HL_OK;
}

static void say_bins(struct hl_carve *c, struct carve_find *f,
                     const struct carve_chain *ch)
{
	if (ch->n_odd)
		hl_carve_say(c, f, "the cells of %zu bin%s do not chain: "
		             "overwritten in part", ch->n_odd,
		             ch->n_odd == 1 ? "" : "s");
	if (ch->torn)
		hl_carve_say(c, f, "of the next bin, %" PRIu32 " bytes, only "
		             "%" PRIu64 " are there", ch->torn,
		             ch->torn_have);
}

/* Inside a bin that was overwritten there may be what overwrote it. */
static enum hl_status look_inside(struct carve_scan *s,
                                  const struct carve_chain *ch)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < ch->n_odd && i < CARVE_ODD; i++)
		st = hl_carve_scan_part(s, ch->odd[i].off + HIVE_SECTOR,
		                        ch->odd[i].off + ch->odd[i].len);
	return st;
}

static enum hl_status finish(struct carve_scan *s, uint64_t off,
                             struct carve_find *f,
                             const struct carve_chain *ch, uint64_t *skip)
{
	enum hl_status st;

	say_bins(s->c, f, ch);
	s->taken = max_u64(s->taken, ch->end);
	*skip = ch->end + ch->torn_have - off;
	st = hl_carve_keep(s->c, f);
	return st == HL_OK ? look_inside(s, ch) : st;
}

/* ---- a base block -------------------------------------------------------- */

static bool dirty(const struct hl_base_block *b)
{
	return !b->checksum_ok || b->seq1 != b->seq2;
}

/*
 * The first bin keeps a copy of the base block's time, which differs only
 * while a hive is dirty.  All bins to the stated size speak for themselves.
 */
static bool other_time(struct carve_scan *s, uint64_t off,
                       const struct hl_base_block *b,
                       const struct carve_chain *ch)
{
	const uint8_t *p = hl_carve_peek(&s->in, off + HIVE_BASE_SIZE,
	                                 sizeof(struct hive_bin_disk));

	return p && ch->bin_end != b->bins_size && !dirty(b) &&
	       le64_at(p + 20) != (uint64_t)b->last_written.ticks;
}

static enum hl_status hive(struct carve_scan *s, uint64_t off,
                           const struct hl_base_block *b,
                           struct carve_chain *ch, uint64_t *skip)
{
	struct carve_find *f = hl_carve_new(s->c, s->row, HL_CARVED_HIVE);
	enum hl_status st;

	if (!f)
		return s->c->full ? HL_OK : HL_NOMEM;
	f->pub.base = *b;
	f->bins_at = HIVE_BASE_SIZE;
	take_chain(f, ch);
	hl_carve_say(s->c, f, "base block: signature, fields%s",
	             b->checksum_ok ? " and checksum right" :
	             " right, checksum wrong");
	st = place(s, off, b->bins_size, f, ch);
	if (st != HL_OK) {
		hl_carve_drop(s->c, f);
		return st == HL_LIMIT ? HL_OK : st;
	}
	f->pub.whole = ch->bin_end == b->bins_size;
	hl_carve_say(s->c, f, "%zu bins in order, %" PRIu64 " of %" PRIu32
	             " bytes%s", ch->bins, ch->bin_end, b->bins_size,
	             f->pub.whole && dirty(b) ? "; it was dirty" : "");
	return finish(s, off, f, ch, skip);
}

/* Windows leaves zeros behind the first sector of a base block. */
static bool has_more(struct carve_scan *s, uint64_t off, uint64_t len)
{
	const uint8_t *p = hl_carve_peek(&s->in, off, (size_t)len);

	for (size_t i = HIVE_SECTOR; p && i < len; i++)
		if (p[i])
			return true;
	return false;
}

/* Its bins lie elsewhere, or nowhere. */
static enum hl_status lonely(struct carve_scan *s, uint64_t off,
                             const struct hl_base_block *b, uint64_t *skip)
{
	struct carve_find *f = hl_carve_new(s->c, s->row, HL_CARVED_BASE);
	uint64_t len = min_u64(HIVE_BASE_SIZE, s->in.size - off);
	enum hl_status st;

	if (!f)
		return s->c->full ? HL_OK : HL_NOMEM;
	f->pub.base = *b;
	f->bins_at = HIVE_BASE_SIZE;
	hl_carve_say(s->c, f, "base block alone: signature, fields and "
	             "checksum right; no bins behind it");
	f->loose = has_more(s, off, len);
	if (f->loose)
		hl_carve_say(s->c, f, "only its first %u bytes are vouched "
		             "for: behind them lies what may be another's",
		             HIVE_SECTOR);
	st = hl_carve_pieces(s->c, f, s->row, off, len);
	if (st != HL_OK) {
		hl_carve_drop(s->c, f);
		return st == HL_LIMIT ? HL_OK : st;
	}
	*skip = HIVE_SECTOR; /* the rest is not vouched for */
	return hl_carve_keep(s->c, f);
}

enum hl_status hl_carve_take_base(struct carve_scan *s, uint64_t off,
                                  uint64_t *skip)
{
	const uint8_t *p = hl_carve_peek(&s->in, off, HIVE_BASE_USED + 4);
	struct hl_base_block b;
	struct carve_chain ch;
	enum hl_carve_base how;
	uint32_t mark;

	if (!p)
		return s->in.failed;
	how = hl_carve_base(span_of(p, HIVE_BASE_USED), &b);
	mark = le32_at(p + HIVE_BASE_USED);
	if (how == CARVE_BASE_NONE)
		return HL_OK;
	if (how == CARVE_BASE_SURE && mark == 0x454c7648) /* HvLE */
		return hl_carve_take_log(s, off, &b, skip);
	if (how == CARVE_BASE_SURE && mark == 0x54524944) /* DIRT */
		return hl_carve_take_old(s, off, &b, skip);
	hl_carve_chain(&s->in, off + HIVE_BASE_SIZE, 0, b.bins_size, &ch);
	if (s->in.failed)
		return s->in.failed;
	if ((ch.bins || (ch.torn && how == CARVE_BASE_SURE)) &&
	    !other_time(s, off, &b, &ch))
		return hive(s, off, &b, &ch, skip);
	return how == CARVE_BASE_SURE ? lonely(s, off, &b, skip) : HL_OK;
}

/* What lies right before it, in the same stretch, and is nobody's. */
static uint64_t room_before(const struct carve_scan *s, uint64_t off,
                            const struct carve_find *f)
{
	uint64_t room = 0, max = min_u64(off - s->taken, CARVE_ROOM);
	struct hl_extent e;

	while (max - room >= HIVE_SECTOR) {
		uint64_t next = room + HIVE_SECTOR;

		if (hl_src_map(s->row->src, off - next, &e) != HL_OK ||
		    e.in_off + next != f->piece[0].in_off)
			break;
		room = next;
	}
	return room;
}

/* ---- bins alone ---------------------------------------------------------- */

enum hl_status hl_carve_take_bins(struct carve_scan *s, uint64_t off,
                                  uint64_t *skip)
{
	const size_t head = sizeof(struct hive_bin_disk);
	const uint8_t *p = hl_carve_peek(&s->in, off, head + 4);
	struct carve_find *f;
	struct carve_chain ch;
	struct hive_bin bin;
	enum hl_status st;

	if (!p || !hl_carve_bin(span_of(p, head + 4), &bin))
		return s->in.failed;
	hl_carve_chain(&s->in, off, bin.offset, UINT32_MAX, &ch);
	if (s->in.failed)
		return s->in.failed;
	if (!ch.bins && ch.torn_have < HIVE_SECTOR)
		return HL_OK; /* not one sector of cells that make sense */
	f = hl_carve_new(s->c, s->row, HL_CARVED_BINS);
	if (!f)
		return s->c->full ? HL_OK : HL_NOMEM;
	f->pub.bin_off = bin.offset;
	take_chain(f, &ch);
	st = place(s, off, UINT32_MAX, f, &ch);
	if (st != HL_OK) {
		hl_carve_drop(s->c, f);
		return st == HL_LIMIT ? HL_OK : st;
	}
	f->room = room_before(s, off, f);
	hl_carve_say(s->c, f, "%zu bins in order from offset %" PRIu32
	             " of their hive, no base block", ch.bins, bin.offset);
	return finish(s, off, f, &ch, skip);
}
