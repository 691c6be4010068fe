/*
 * bde_copies.c: the metadata of a volume: of three copies the first that is
 * sound, wherever they are.
 *
 *	boot sector --> copies   each knows where the three are
 *	   destroyed   |
 *	               v
 *	a search, sector by sector, for one that says that it lies there
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"
#include "io/note.h"

static struct hl_at here(const struct hl_bde *b, uint64_t off)
{
	return (struct hl_at){ b->ctx, b->src, off, "BitLocker metadata" };
}

/* ---- one of three -------------------------------------------------------- */

struct copy {
	uint64_t off;
	enum hl_status st;
	bool crc; /* sound */
	uint32_t sum;
	size_t size;
};

static enum hl_status read_block(struct hl_bde *b, uint64_t off, uint8_t *p,
                                 size_t *n)
{
	struct hl_ranges bad;

	*n = 0;
	if (off >= hl_src_size(b->src))
		return HL_END;
	hl_ranges_clear(&bad);
	*n = (size_t)min_u64(BDE_BLOCK_MAX, hl_src_size(b->src) - off);
	return hl_src_read(b->src, off, p, *n, &bad);
}

enum hl_status hl_bde_block(struct hl_bde *b, uint64_t off)
{
	size_t n;
	enum hl_status st = read_block(b, off, b->block, &n);

	return st == HL_OK ? hl_bde_meta(span_of(b->block, n), &b->meta) : st;
}

static enum hl_status load(struct hl_bde *b, struct copy *c)
{
	c->st = hl_bde_block(b, c->off);
	if (c->st == HL_NOMEM || c->st == HL_CANCELLED)
		return c->st;
	c->crc = c->st == HL_OK && hl_bde_crc_fits(&b->meta) && !b->meta.cut;
	c->sum = b->meta.crc;
	c->size = b->meta.checked.n;
	return HL_OK;
}

/* Vista's boot sector knows the first copy only; that knows the others. */
static void learn(struct hl_bde *b, struct copy copy[3])
{
	if (b->boot.n == 3 || copy[0].st != HL_OK)
		return;
	b->boot.n = 3;
	for (size_t i = 1; i < 3; i++)
		copy[i].off = b->meta.off[i];
}

/* All are asked, since they have to agree. */
static enum hl_status choose(struct hl_bde *b, struct copy copy[3])
{
	size_t best = 3;

	for (size_t i = 0; i < b->boot.n; i++) {
		enum hl_status st = load(b, &copy[i]);

		if (st != HL_OK)
			return st;
		learn(b, copy);
		if (copy[i].st == HL_OK &&
		    (best == 3 || (copy[i].crc && !copy[best].crc)))
			best = i;
	}
	if (best == 3)
		return HL_END;
	b->info.copy = (unsigned)best + 1;
	return load(b, &copy[best]);
}

static const char *wrong_with(const struct copy *c)
{
	if (c->st == HL_OK)
		return "its CRC-32 is wrong";
	if (c->st == HL_UNSUPPORTED)
		return "it is of a later version";
	return c->st == HL_CORRUPT ? "it is damaged" : "it is not there";
}

/* What comes behind a sound one is not needed. */
static void say_copy(const struct hl_bde *b, const struct copy *copy, size_t i)
{
	const struct copy *used = &copy[b->info.copy - 1], *c = &copy[i];
	struct hl_at at = here(b, c->off);

	if (c->crc && (c->sum != used->sum || c->size != used->size))
		hl_warn(&at, "volume %s: copy %zu of 3 is sound too and is "
		        "not the same as copy %u, which is used", b->volume,
		        i + 1, b->info.copy);
	if (c->crc)
		return;
	if (used->crc && i + 1 > b->info.copy)
		hl_say(&at, "volume %s: copy %zu of 3: %s; it is not needed",
		       b->volume, i + 1, wrong_with(c));
	else
		hl_warn(&at, "volume %s: copy %zu of 3: %s%s", b->volume,
		        i + 1, wrong_with(c), i + 1 == b->info.copy ?
		        "; used all the same, for want of a better one" : "");
}

/* ---- a search ------------------------------------------------------------ */

#define STEP (1u << 20)

/* One that was found, and what it says. */
struct found {
	uint64_t at, off[3];
	uint32_t sum;
	size_t size;
};

static bool is_sound(const struct hl_bde *b)
{
	return !b->meta.cut && hl_bde_crc_fits(&b->meta);
}

/* How many of the three are there, when the volume begins at `start`. */
static enum hl_status count(struct hl_bde *b, const struct found *f,
                            uint64_t start, unsigned *n)
{
	*n = 0;
	for (int i = 0; i < 3; i++) {
		uint64_t off;

		if (ckd_add(&off, f->off[i], start))
			continue;
		enum hl_status st = hl_bde_block(b, off);
		if (st == HL_NOMEM || st == HL_CANCELLED)
			return st;
		*n += st == HL_OK && is_sound(b) && b->meta.crc == f->sum &&
		      b->meta.checked.n == f->size;
	}
	return HL_OK;
}

/*
 * Another volume may lie here, or have lain: the one that begins where this
 * does has a copy there, and no other place for its start explains more of
 * them (they may be equally far from one another).
 */
static enum hl_status is_here(struct hl_bde *b, const struct found *f,
                              bool *yes)
{
	unsigned here = 0, other;
	enum hl_status st = count(b, f, 0, &here);

	*yes = f->at == f->off[0] || f->at == f->off[1] || f->at == f->off[2];
	for (int i = 0; i < 3 && st == HL_OK && *yes; i++) {
		if (f->at <= f->off[i])
			continue;
		st = count(b, f, f->at - f->off[i], &other);
		*yes = other <= here;
	}
	return st;
}

/* HL_OK: b->boot leads to its copies; HL_END */
static enum hl_status try_at(struct hl_bde *b, uint64_t at)
{
	struct found f = { .at = at };
	enum hl_status st = hl_bde_block(b, at);
	bool yes;

	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK || !is_sound(b))
		return HL_END;
	memcpy(f.off, b->meta.off, sizeof(f.off));
	f.sum = b->meta.crc;
	f.size = b->meta.checked.n;
	st = is_here(b, &f, &yes);
	if (st == HL_OK && yes)
		st = hl_bde_block(b, at);
	if (st != HL_OK || !yes)
		return st == HL_OK ? HL_END : st;
	b->boot.n = 3;
	memcpy(b->boot.off, f.off, sizeof(f.off));
	return HL_OK;
}

static enum hl_status try_all(struct hl_bde *b, const uint8_t *p, size_t n,
                              uint64_t at, unsigned *tries)
{
	struct hl_at where = here(b, at);

	for (size_t i = 0; i + 512 <= n; i += 512) {
		enum hl_status st;

		if (memcmp(p + i, BDE_SIGNATURE, 8) != 0)
			continue;
		if (++*tries > HL_MAX_BDE_TRIES)
			return hl_fail(&where, HL_CORRUPT, "volume %s: more "
			               "than %d blocks look like BitLocker "
			               "metadata, and are not its own",
			               b->volume, HL_MAX_BDE_TRIES);
		st = try_at(b, at + i);
		if (st != HL_END)
			return st;
	}
	return HL_END;
}

/* Sectors that cannot be read are zeros, and no metadata. */
static enum hl_status search(struct hl_bde *b, uint64_t limit, uint8_t *p)
{
	uint64_t size = hl_src_size(b->src), end = min_u64(size, limit), at;
	enum hl_status st = HL_END;
	unsigned tries = 0;

	for (at = 0; at < end && st == HL_END; at += STEP) {
		size_t n;

		if (hl_cancelled(b->ctx))
			return HL_CANCELLED;
		at += hl_src_hole(b->src, at) / STEP * STEP;
		if (at >= end)
			break;
		n = (size_t)min_u64(STEP, end - at);
		hl_progress(b->ctx, HL_PHASE_VOLUME, b->volume, at, end);
		st = hl_src_read(b->src, at, p, n, NULL);
		if (st != HL_NOMEM && st != HL_CANCELLED)
			st = try_all(b, p, n, at, &tries);
	}
	return st;
}

enum hl_status hl_bde_search(struct hl_bde *b, uint64_t limit)
{
	struct hl_at at = here(b, HL_NO_OFFSET);
	uint8_t *p = hl_zalloc(b->ctx, STEP);
	enum hl_status st = p ? search(b, limit, p) : HL_NOMEM;

	hl_free(b->ctx, p);
	if (st != HL_OK)
		return st;
	at.off = b->boot.off[0];
	hl_warn(&at, "volume %s: no boot sector leads to its BitLocker "
	        "metadata: found by a search, at %" PRIu64 ", %" PRIu64 " and "
	        "%" PRIu64, b->volume, b->boot.off[0], b->boot.off[1],
	        b->boot.off[2]);
	return HL_OK;
}

/* ---- all of it ----------------------------------------------------------- */

static enum hl_status nothing(struct hl_bde *b)
{
	struct hl_at at = here(b, 0);
	uint64_t size = hl_src_size(b->src);

	return hl_fail(&at, HL_CORRUPT, "volume %s: none of the three copies "
	               "of its BitLocker metadata can be read, nor found in "
	               "its first %" PRIu64 " bytes", b->volume,
	               min_u64(size, HL_MAX_BDE_SEARCH));
}

static enum hl_status read_copies(struct hl_bde *b)
{
	struct copy copy[3] = { { .st = HL_END } };

	for (size_t i = 0; i < b->boot.n; i++)
		copy[i].off = b->boot.off[i];
	enum hl_status st = choose(b, copy);
	for (size_t i = 0; st == HL_OK && i < b->boot.n; i++)
		say_copy(b, copy, i);
	return st == HL_END && copy[0].st == HL_UNSUPPORTED ? HL_UNSUPPORTED :
	       st;
}

enum hl_status hl_bde_metadata(struct hl_bde *b)
{
	struct hl_at at = here(b, 0);
	enum hl_status st = read_copies(b);

	if (st == HL_UNSUPPORTED)
		return hl_fail(&at, st, "volume %s: BitLocker metadata of a "
		               "later version", b->volume);
	if (st != HL_END)
		return st;
	st = hl_bde_search(b, HL_MAX_BDE_SEARCH);
	if (st == HL_OK)
		st = read_copies(b);
	return st == HL_END ? nothing(b) : st;
}
