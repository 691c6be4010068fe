/*
 * runs.c: see runs.h.
 *
 *	the stream's extents, walked down to the image, neighbours merged
 *	+ what the reading found damaged, laid over them
 */
#include "base/ckd.h"
#include "io/note.h"
#include "io/src_impl.h"
#include "lift/runs.h"
#include "base/banned.h"

struct hl_src *hl_runs_leaf(struct hl_src *image)
{
	struct hl_extent e;

	if (hl_src_locate(image, 0, &e) == HL_OK && e.in)
		return e.in;
	return image;
}

static bool joins(const struct hl_run *a, const struct hl_run *b)
{
	if (a->what != b->what || a->quality != b->quality ||
	    a->owner != b->owner || a->image != b->image)
		return false;
	if (a->in_off == HL_NO_OFFSET || b->in_off == HL_NO_OFFSET)
		return a->in_off == b->in_off && a->in_len == b->in_len &&
		       a->in_len == 0;
	/* a compressed unit stays one: its bounds are needed to read it */
	return a->len == a->in_len && b->len == b->in_len &&
	       a->in_off + a->in_len == b->in_off;
}

/*
 * Cut the run where damage begins or ends and give it the damage's state.  A
 * compressed unit is damaged as a whole.
 */
static void lay_over(struct hl_run *r, const struct hl_ranges *bad, bool whole)
{
	for (size_t i = 0; bad && i < bad->n; i++) {
		const struct hl_range *b = &bad->r[i];

		if (b->off >= r->off + r->len || b->off + b->len <= r->off)
			continue;
		if (b->off > r->off && !whole) {
			r->len = b->off - r->off;
		} else {
			if (r->quality < HL_Q_BAD_CHECKSUM ||
			    r->quality == HL_Q_FRAGMENT)
				r->quality = b->quality;
			if (!whole)
				r->len = min_u64(r->len,
				                 b->off + b->len - r->off);
		}
	}
}

/* A disk beside the one in question: of an array, or of a dynamic disk. */
static const char *other_image(const struct hl_src *leaf)
{
	struct hl_image_info m;

	return leaf && hl_image_info(leaf, &m) == HL_OK ? m.path : NULL;
}

static enum hl_status run_at(const struct hl_runs *r, uint64_t off,
                             struct hl_run *out)
{
	struct hl_extent e;
	enum hl_status st = hl_src_locate(r->src, off, &e);

	if (st != HL_OK)
		return st;
	if (e.len == 0)
		return HL_CORRUPT;
	const char *image = e.in == r->leaf ? NULL : other_image(e.in);
	bool stored = e.in && (e.in == r->leaf || image);
	bool unit = stored && e.in_len != e.len;
	*out = (struct hl_run){ .off = off,
		                .len = min_u64(e.len, r->end - off),
		                .in_off = stored ? e.in_off : HL_NO_OFFSET,
		                .what = e.what, .quality = e.quality,
		                .owner = e.owner, .image = image };
	lay_over(out, r->bad, unit);
	out->in_len = !stored ? 0 : unit ? e.in_len : out->len;
	return HL_OK;
}

enum hl_status hl_runs_next(struct hl_runs *r, struct hl_run *out)
{
	struct hl_run more;
	enum hl_status st;

	if (r->at >= r->end)
		return HL_END;
	st = run_at(r, r->at, out);
	if (st != HL_OK)
		return st == HL_END ? HL_CORRUPT : st;
	r->at += out->len;
	while (r->at < r->end && run_at(r, r->at, &more) == HL_OK &&
	       joins(out, &more)) {
		/* a whole disk in extents of a chunk may be one run */
		if (hl_cancelled(r->src->ctx))
			return HL_CANCELLED;
		out->len += more.len;
		out->in_len += more.in_len;
		r->at += more.len;
	}
	return HL_OK;
}
