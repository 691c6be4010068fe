/*
 * vss_catalogue.c: the catalogue of one volume, by whatever leads to it.
 *
 *	header at 0x1e00 --> first block --> next --> ...
 *	   broken, or a block is  |
 *	                          v
 *	the file {3808876b-...} in System Volume Information: its clusters
 *	   gone too               |
 *	                          v
 *	a block that says that it is the first, by a search
 *
 * An entry that comes out twice is one.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "io/note.h"
#include "vss/vss_impl.h"

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED || st == HL_LIMIT;
}

/* What is said of a catalogue is said once, though it may be read twice. */
static bool speaks(const struct vss_reading *r)
{
	return r->copies || r->area->src != r->v->live;
}

static struct hl_at here(const struct vss_reading *r, uint64_t off)
{
	return (struct hl_at){ r->v->ctx, r->area->src, off,
		               "shadow copies" };
}

/* Free slots have a type too: nothing follows one without. */
static enum hl_status read_entries(struct vss_reading *r)
{
	enum hl_status st = HL_OK;
	bool ended = false;

	if (r->b->damaged)
		r->odd++;
	for (size_t at = VSS_HEAD; at < VSS_BLOCK && st == HL_OK;
	     at += VSS_ENTRY) {
		const void *p = r->b->b + at;
		uint32_t type = le32_at(p);

		if (type == VSS_ENTRY_COPY && r->copies)
			st = vss_add_copy(r, p);
		else if (type == VSS_ENTRY_STORE && !r->copies)
			vss_add_store(r, p);
		if (type > VSS_ENTRY_STORE || (type && ended))
			r->odd++;
		ended = type == 0;
	}
	return st;
}

/* HL_END: this volume has none; HL_CORRUPT: it has no header */
static enum hl_status by_header(struct vss_reading *r, uint64_t *first)
{
	const struct vss_volume_head *h = (const void *)r->b->b;
	enum hl_status st = vss_block_read(r->b, r->area->src, VSS_HEADER_OFF,
	                                   VSS_VOLUME);

	if (st != HL_OK)
		return st;
	*first = get64(h->catalogue);
	if (r->area->src == r->v->live &&
	    memcmp(h->volume, h->storage, 16) != 0)
		hl_guid_text(r->v->kept_on, h->storage);
	return *first ? HL_OK : HL_END;
}

/* HL_OK: to its end; HL_CORRUPT: from *at on it is broken */
static enum hl_status follow(struct vss_reading *r, uint64_t first,
                             uint64_t *at)
{
	struct vss_chain c;
	enum hl_status st;

	vss_chain_begin(&c, r->area->src, VSS_CATALOGUE, first);
	*at = first;
	while ((st = vss_chain_next(&c, r->b)) == HL_OK) {
		if (hl_cancelled(r->v->ctx))
			return HL_CANCELLED;
		st = read_entries(r);
		if (st != HL_OK)
			break;
		*at = c.next;
	}
	return st == HL_END ? HL_OK : st;
}

/* HL_OK: some of its blocks are there; HL_END: none */
static enum hl_status by_file(struct vss_reading *r)
{
	size_t found = 0;

	for (size_t i = 0; i < r->area->n_blocks; i++) {
		enum hl_status st = vss_block_read(r->b, r->area->src,
		                                   r->area->block[i],
		                                   VSS_CATALOGUE);

		if (st == HL_OK)
			st = read_entries(r);
		else if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			return st;
		found++;
	}
	if (found && speaks(r)) {
		struct hl_at at = here(r, r->area->block[0]);

		hl_warn(&at, "%zu of %zu blocks of the catalogue were found "
		        "by the file that holds it", found,
		        r->area->n_blocks);
	}
	return found ? HL_OK : HL_END;
}

static bool is_first(struct vss_reading *r, uint64_t off)
{
	const struct vss_head *h = (const void *)r->b->b;

	return vss_block_read(r->b, r->area->src, off, VSS_CATALOGUE) ==
	       HL_OK && get64(h->relative) == 0;
}

/* HL_OK: from the first such block on; HL_END: there is none so far */
static enum hl_status by_search(struct vss_reading *r)
{
	uint64_t size = hl_src_size(r->area->src), broken;
	uint64_t end = min_u64(size, HL_MAX_VSS_SEARCH);
	struct hl_at at = here(r, HL_NO_OFFSET);

	for (uint64_t off = 0; off < end && end - off >= VSS_BLOCK;
	     off += VSS_BLOCK) {
		enum hl_status st;

		if (hl_cancelled(r->v->ctx))
			return HL_CANCELLED;
		st = vss_block_peek(r->area->src, off, VSS_CATALOGUE);
		if (fatal(st))
			return st;
		if (st != HL_OK || !is_first(r, off))
			continue;
		if (speaks(r))
			hl_warn(&at, "a catalogue was found by a search, at %"
			        PRIu64, off);
		return follow(r, off, &broken);
	}
	if (speaks(r) && end < size)
		hl_warn(&at, "the catalogue was looked for in the first %"
		        PRIu64 " bytes only", end);
	return HL_END;
}

/* What led there was not enough. */
static enum hl_status otherwise(struct vss_reading *r)
{
	enum hl_status st = by_file(r);

	if (st == HL_END && r->area->expected)
		st = by_search(r);
	return st;
}

static void say_odd(struct vss_reading *r, uint64_t first)
{
	struct hl_at at = here(r, first);

	if (r->odd && speaks(r))
		hl_warn(&at, "%" PRIu64 " entries of the catalogue are "
		        "damaged: copies may be missing", r->odd);
}

static enum hl_status whole(struct vss_reading *r, uint64_t first)
{
	uint64_t broken;
	enum hl_status st = follow(r, first, &broken);

	if (st == HL_CORRUPT && speaks(r)) {
		struct hl_at at = here(r, broken);

		hl_warn(&at, "the catalogue is damaged from its block at %"
		        PRIu64 " on: copies may be missing", broken);
	}
	if (st == HL_CORRUPT) {
		enum hl_status more = otherwise(r);

		if (more != HL_END)
			st = more;
	}
	return st;
}

enum hl_status vss_catalogue_read(struct vss_reading *r)
{
	uint64_t first = 0;
	enum hl_status st = by_header(r, &first);

	if (st == HL_OK) {
		st = whole(r, first);
	} else if (st == HL_CORRUPT || (st == HL_END && r->area->expected)) {
		st = otherwise(r);
	}
	if (!fatal(st) && st != HL_END)
		say_odd(r, first ? first : HL_NO_OFFSET);
	return st;
}
