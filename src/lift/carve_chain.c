/*
 * carve_chain.c: bins in order, and where they end.
 *
 *	| hbin 0 | hbin 4096 | hbin 8192 ...       | something else
 *	  offset field = place, size = way to the next one
 *
 * A bin ends where its cells do.  When they do not reach its end it was
 * overwritten, or it goes on elsewhere; it is then cut where another structure
 * begins inside it, else where the row's stretches meet, else at the sector
 * in which the cells stop making sense.  When the next bin stands where it
 * should, the bin was overwritten in its middle only, and the chain goes on.
 */
#include <string.h>

#include "base/ckd.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

/* ---- the window ---------------------------------------------------------- */

void hl_carve_in(struct carve_in *in, struct hl_src *src, uint8_t *buf,
                 size_t cap, const struct hl_ctx *ctx)
{
	*in = (struct carve_in){ .src = src, .ctx = ctx, .buf = buf,
		                 .cap = cap, .size = hl_src_size(src) };
}

const uint8_t *hl_carve_peek(struct carve_in *in, uint64_t off, size_t n)
{
	struct hl_ranges bad;

	if (in->failed || n > in->size || off > in->size - n)
		return NULL;
	if (in->n >= n && off >= in->at && off - in->at <= in->n - n)
		return in->buf + (off - in->at);
	hl_ranges_clear(&bad);
	in->at = off - off % HIVE_SECTOR;
	if (n > in->cap - HIVE_SECTOR)
		in->at = off;
	in->n = (size_t)min_u64(in->cap, in->size - in->at);
	in->failed = hl_cancelled(in->ctx) ? HL_CANCELLED :
		     hl_src_read(in->src, in->at, in->buf, in->n, &bad);
	in->bad += bad.bytes;
	if (in->failed)
		in->n = 0;
	return in->failed ? NULL : in->buf + (off - in->at);
}

/* ---- one bin ------------------------------------------------------------- */

uint64_t hl_carve_cells(struct carve_in *in, uint64_t off, uint32_t size)
{
	uint64_t at = sizeof(struct hive_bin_disk);
	uint32_t n;
	bool used;

	while (at < size) {
		const uint8_t *p = hl_carve_peek(in, off + at, 4);

		if (!p || !hl_carve_cell(p, size - at, &n, &used))
			break;
		if (n > in->size - (off + at)) /* cut by the end */
			break;
		at += n;
	}
	return at;
}

/* Does something that is no part of a bin begin at off? */
static bool foreign(struct carve_in *in, uint64_t off)
{
	const uint8_t *p = hl_carve_peek(in, off, HIVE_BASE_USED);
	struct hl_base_block base;
	struct hive_bin bin;

	if (!p)
		return false;
	if (memcmp(p, "regf", 4) == 0)
		return hl_carve_base(span_of(p, HIVE_BASE_USED), &base) ==
		       CARVE_BASE_SURE;
	return memcmp(p, "hbin", 4) == 0 &&
	       hl_carve_bin(span_of(p, HIVE_BASE_USED), &bin);
}

/* How much of a broken bin at off is believed; have: what is there of it. */
static uint64_t tear(struct carve_in *in, uint64_t off, uint64_t have,
                     uint64_t cells)
{
	struct hl_extent e;

	for (uint64_t at = HIVE_SECTOR; at < have; at += HIVE_SECTOR)
		if (foreign(in, off + at))
			return at;
	if (hl_src_map(in->src, off, &e) == HL_OK && e.in && e.len < have)
		return e.len;
	if (in->size - off == have)
		return have; /* cut by the row's end, nothing else */
	return cells - cells % HIVE_SECTOR;
}

static bool bin_at(struct carve_in *in, uint64_t off, uint64_t want,
                   struct hive_bin *bin)
{
	const size_t head = sizeof(struct hive_bin_disk);
	const uint8_t *p = hl_carve_peek(in, off, head + 4);

	/* the end of the row may leave the header alone */
	return p && hl_carve_bin(span_of(p, head + 4), bin) &&
	       bin->offset == want;
}

static void note_odd(struct carve_chain *c, uint64_t off, uint64_t len)
{
	if (c->n_odd < CARVE_ODD) {
		c->odd[c->n_odd].off = off;
		c->odd[c->n_odd].len = len;
	}
	c->n_odd++;
}

void hl_carve_chain(struct carve_in *in, uint64_t off, uint64_t bin_off,
                    uint64_t limit, struct carve_chain *c)
{
	struct hive_bin bin, next;

	*c = (struct carve_chain){ .end = off, .bin_end = bin_off };
	while (c->bin_end < limit && bin_at(in, c->end, c->bin_end, &bin) &&
	       bin.size <= limit - c->bin_end) {
		uint64_t have = min_u64(bin.size, in->size - c->end);
		uint64_t cells = hl_carve_cells(in, c->end, bin.size);

		if (cells != bin.size &&
		    (have != bin.size ||
		     !bin_at(in, c->end + bin.size, c->bin_end + bin.size,
		             &next))) {
			c->torn = bin.size;
			c->torn_have = tear(in, c->end, have, cells);
			return;
		}
		if (cells != bin.size)
			note_odd(c, c->end, bin.size);
		c->bins++;
		c->end += bin.size;
		c->bin_end += bin.size;
	}
}
