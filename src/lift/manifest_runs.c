/*
 * manifest_runs.c: where every byte of a file lies in the image.
 *
 *	the stream's extents, walked down to the image, neighbours merged
 *	+ what the reading found damaged, laid over them
 */
#include <inttypes.h>

#include "base/ckd.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

struct run {
	uint64_t off, len;         /* in the file */
	uint64_t in_off, in_len;   /* in the image; in_off may be none */
	uint16_t what, quality;
	uint64_t owner;
};

static bool joins(const struct run *a, const struct run *b)
{
	if (a->what != b->what || a->quality != b->quality ||
	    a->owner != b->owner)
		return false;
	if (a->in_off == HL_NO_OFFSET || b->in_off == HL_NO_OFFSET)
		return a->in_off == b->in_off && a->in_len == b->in_len &&
		       a->in_len == 0;
	/* a compressed unit stays one: its bounds are needed to read it */
	return a->len == a->in_len && b->len == b->in_len &&
	       a->in_off + a->in_len == b->in_off;
}

static void write_run(struct hl_json *j, const struct run *r)
{
	hl_json_object(j);
	hl_json_ku(j, "file_offset", r->off);
	hl_json_ku(j, "length", r->len);
	if (r->in_off == HL_NO_OFFSET)
		hl_json_kn(j, "offset");
	else
		hl_json_ku(j, "offset", r->in_off);
	hl_json_ku(j, "stored_length", r->in_len);
	hl_json_kv(j, "what", hl_what_text((enum hl_what)r->what));
	hl_json_kv(j, "state", hl_quality_text((enum hl_quality)r->quality));
	if (r->quality == HL_Q_ALLOCATED_TO && r->owner == HL_NO_OFFSET)
		hl_json_kn(j, "owner");
	else if (r->quality == HL_Q_ALLOCATED_TO)
		hl_json_ku(j, "owner", r->owner);
	hl_json_object_end(j);
}

/*
 * Cut the run where damage begins or ends and give it the damage's state.  A
 * compressed unit is damaged as a whole.
 */
static void lay_over(struct run *r, const struct hl_ranges *bad, bool whole)
{
	for (size_t i = 0; i < bad->n; i++) {
		const struct hl_range *b = &bad->r[i];

		if (b->off >= r->off + r->len || b->off + b->len <= r->off)
			continue;
		if (b->off > r->off && !whole) {
			r->len = b->off - r->off;
		} else {
			if (r->quality < HL_Q_BAD_CHECKSUM)
				r->quality = b->quality;
			if (!whole)
				r->len = min_u64(r->len,
				                 b->off + b->len - r->off);
		}
	}
}

static enum hl_status next_run(struct hl_lift *lift, struct hl_item *item,
                               uint64_t off, struct run *r)
{
	struct hl_extent e;
	enum hl_status st = hl_src_locate(item->src, off, &e);
	uint64_t left = item->written - off;

	if (st != HL_OK)
		return st;
	if (e.len == 0)
		return HL_CORRUPT;
	bool stored = e.in && e.in == lift->leaf;
	bool unit = stored && e.in_len != e.len;
	*r = (struct run){ .off = off, .len = min_u64(e.len, left),
		           .in_off = stored ? e.in_off : HL_NO_OFFSET,
		           .what = e.what, .quality = e.quality,
		           .owner = e.owner };
	lay_over(r, &item->pass.bad, unit);
	r->in_len = !stored ? 0 : unit ? e.in_len : r->len;
	return HL_OK;
}

enum hl_status hl_manifest_runs(struct hl_lift *lift, struct hl_item *item)
{
	struct hl_json *j = &lift->json;
	struct run now = { .len = 0 }, next;
	enum hl_status st = HL_OK;

	hl_json_key(j, "runs");
	hl_json_array(j);
	for (uint64_t off = 0; item->src && off < item->written;
	     off += next.len) {
		st = next_run(lift, item, off, &next);
		if (st != HL_OK)
			break;
		if (now.len && joins(&now, &next)) {
			now.len += next.len;
			now.in_len += next.in_len;
			continue;
		}
		if (now.len)
			write_run(j, &now);
		now = next;
	}
	if (now.len)
		write_run(j, &now);
	hl_json_array_end(j);
	if (st == HL_CORRUPT || st == HL_RANGE)
		hl_warn(&(struct hl_at){ lift->ctx, item->src,
		                         now.off + now.len, "runs" },
		        "%s: where it lies is not known behind byte %" PRIu64,
		        item->trail->path.p, now.off + now.len);
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}
