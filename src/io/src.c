/*
 * src.c: the front door of every source.  Ranges are checked here once, so
 * no backend can disagree about them; damage lists are kept here too.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"

/* A chain of views deeper than this is a loop made by a caller. */
#define MAX_VIEW_DEPTH 64

uint64_t hl_src_size(const struct hl_src *src)
{
	return src->size;
}

uint32_t hl_src_sector_size(const struct hl_src *src)
{
	return src->sector_size;
}

const char *hl_src_name(const struct hl_src *src)
{
	return src->name ? src->name : "";
}

void hl_src_close(struct hl_src *src)
{
	if (src)
		src->ops->close(src);
}

void hl_src_advise(struct hl_src *src, uint64_t off, uint64_t len,
                   enum hl_advice how)
{
	if (src->ops->advise && off < src->size)
		src->ops->advise(src, off, min_u64(len, src->size - off), how);
}

enum hl_status hl_src_read(struct hl_src *src, uint64_t off, void *buf,
                           size_t len, struct hl_ranges *bad)
{
	struct hl_ranges own;
	/* cppcheck-suppress uninitvar ; cleared below */
	struct hl_ranges *list = bad ? bad : &own;
	size_t inside = 0;
	enum hl_status st = HL_OK;

	if (off < src->size)
		inside = (size_t)min_u64(len, src->size - off);
	if (!bad)
		hl_ranges_clear(&own);
	memset((uint8_t *)buf + inside, 0, len - inside);
	if (inside)
		st = src->ops->read(src, off, buf, inside, list);
	if (st != HL_OK)
		return st;
	if (inside < len)
		return HL_RANGE;
	return !bad && own.bytes ? HL_IO : HL_OK;
}

static void map_self(struct hl_src *src, struct hl_extent *out)
{
	*out = (struct hl_extent){ .off = 0, .len = src->size };
}

enum hl_status hl_src_map(struct hl_src *src, uint64_t off,
                          struct hl_extent *out)
{
	enum hl_status st = HL_OK;

	if (off >= src->size)
		return HL_RANGE;
	if (src->ops->map)
		st = src->ops->map(src, off, out);
	else
		map_self(src, out);
	if (st != HL_OK)
		return st;
	uint64_t skip = off - out->off;
	out->off = off;
	out->len -= skip;
	/* compressed bytes have no address of their own inside the unit */
	if (out->what != HL_WHAT_COMPRESSED) {
		out->in_off += skip;
		out->in_len = out->len;
	}
	return HL_OK;
}

/* One step down: what holds e in its parent, cut to what is uniform there. */
static enum hl_status step_down(struct hl_extent *e, bool *done)
{
	struct hl_extent below;
	enum hl_status st = hl_src_map(e->in, e->in_off, &below);

	if (st != HL_OK)
		return st;
	if (e->what == HL_WHAT_COMPRESSED && below.len < e->in_len &&
	    below.what != HL_WHAT_COMPRESSED) {
		/* in pieces below: one offset would be wrong for the rest */
		e->in = NULL;
		e->in_off = e->in_len = 0;
		return HL_OK;
	}
	if (e->what != HL_WHAT_COMPRESSED && below.len < e->len)
		e->len = e->in_len = below.len;
	/* that it was carved says where it was found, not how good it is */
	if (below.quality > e->quality ||
	    (e->quality == HL_Q_FRAGMENT &&
	     below.quality >= HL_Q_BAD_CHECKSUM)) {
		e->quality = below.quality;
		e->owner = below.owner;
	}
	*done = !below.in && below.what == HL_WHAT_DATA; /* a leaf's own */
	if (*done)
		return HL_OK;
	if (e->what == HL_WHAT_DATA || below.what == HL_WHAT_MISSING)
		e->what = below.what;
	e->in = below.in;
	e->in_off = below.in_off;
	if (below.what == HL_WHAT_COMPRESSED)
		e->in_len = below.in_len;
	return HL_OK;
}

enum hl_status hl_src_locate(struct hl_src *src, uint64_t off,
                             struct hl_extent *out)
{
	enum hl_status st = hl_src_map(src, off, out);
	bool done = false;

	if (st == HL_OK && !out->in && out->what == HL_WHAT_DATA) {
		out->in = src; /* src is itself the leaf */
		out->in_off = off;
		out->in_len = out->len;
		return HL_OK;
	}
	for (int depth = 0; st == HL_OK && out->in && !done; depth++) {
		if (depth == MAX_VIEW_DEPTH)
			return HL_CORRUPT;
		st = step_down(out, &done);
	}
	return st;
}

uint64_t hl_src_image_offset(struct hl_src *src, uint64_t off)
{
	struct hl_extent e;

	if (hl_src_locate(src, off, &e) != HL_OK || !e.in)
		return HL_NO_OFFSET;
	return e.in_off;
}

uint64_t hl_src_hole(struct hl_src *src, uint64_t off)
{
	struct hl_extent e;

	if (off >= src->size || hl_src_locate(src, off, &e) != HL_OK)
		return 0;
	if (!e.in) /* what is missing has to be met, and said */
		return e.what == HL_WHAT_SPARSE ? e.len : 0;
	/* what a map of bad areas tells of is no hole, whatever lies below */
	if (!e.in->ops->hole || e.quality != HL_Q_OK ||
	    e.what != HL_WHAT_DATA)
		return 0;
	return min_u64(e.len, e.in->ops->hole(e.in, e.in_off));
}

enum hl_status hl_image_info(const struct hl_src *image,
                             struct hl_image_info *out)
{
	memset(out, 0, sizeof(*out));
	return image->ops->info ? image->ops->info(image, out) : HL_END;
}

/* ---- damage lists -------------------------------------------------------- */

void hl_ranges_clear(struct hl_ranges *list)
{
	list->n = 0;
	list->bytes = 0;
	list->overflow = false;
}

static bool joins(const struct hl_range *r, uint64_t off, unsigned what,
                  unsigned quality)
{
	return r->off + r->len == off && r->what == what &&
	       r->quality == quality;
}

void hl_ranges_add(struct hl_ranges *list, uint64_t off, uint64_t len,
                   enum hl_what what, enum hl_quality quality)
{
	struct hl_range *last;

	if (!list || len == 0)
		return;
	list->bytes += len;
	last = list->n ? &list->r[list->n - 1] : NULL;
	if (last && joins(last, off, what, quality)) {
		last->len += len;
		return;
	}
	if (list->n == HL_RANGES_MAX) { /* widen: never claim too little */
		list->overflow = true;
		if (off < last->off) {
			last->len += last->off - off;
			last->off = off;
		}
		last->len = max_u64(last->len, off + len - last->off);
		return;
	}
	list->r[list->n++] = (struct hl_range){ .off = off,
	                                        .len = len,
	                                        .what = (uint16_t)what,
	                                        .quality = (uint16_t)quality };
}

const char *hl_what_text(enum hl_what what)
{
	static const char *const text[] = {
		[HL_WHAT_DATA] = "data",
		[HL_WHAT_SPARSE] = "sparse",
		[HL_WHAT_RESIDENT] = "resident",
		[HL_WHAT_COMPRESSED] = "compressed",
		[HL_WHAT_ENCRYPTED] = "encrypted",
		[HL_WHAT_BEYOND_VALID] = "beyond-valid-length",
		[HL_WHAT_MISSING] = "missing",
		[HL_WHAT_REBUILT] = "data",
		[HL_WHAT_STORED] = "data",
	};

	return (size_t)what < sizeof(text) / sizeof(*text) ? text[what] : "";
}

const char *hl_quality_text(enum hl_quality quality)
{
	static const char *const text[] = {
		[HL_Q_OK] = "ok",
		[HL_Q_UNALLOCATED_NOW] = "unallocated-now",
		[HL_Q_ALLOCATED_TO] = "allocated-to",
		[HL_Q_UNKNOWN] = "unknown",
		[HL_Q_BAD_CHECKSUM] = "bad-checksum",
		[HL_Q_UNREADABLE] = "unreadable",
		[HL_Q_FRAGMENT] = "fragment",
	};

	return (size_t)quality < sizeof(text) / sizeof(*text) ? text[quality]
	                                                      : "";
}
