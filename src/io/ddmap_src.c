/*
 * ddmap_src.c: an image, seen through its rescue's map:
 *
 *	map    |+++++++|--|++++++++++++|////|++++++|   (nothing said)
 *	bad             ^^              ^^^^        ^^^^^^^^^^^^^^^^
 *	image  |-------------------------------------------------------|
 *
 * What lies where nothing was rescued is not of this medium: zeros, the fill
 * pattern of the rescuer, or what the target disk held before.  It is not
 * read at all; zeros stand for it, as for every other damage.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/ddmap.h"
#include "io/note.h"
#include "io/src_impl.h"

struct bad_area {
	uint64_t off, end;
};

struct rescued {
	struct hl_src src;
	struct hl_src *in;
	struct bad_area *bad; /* ascending, apart from one another */
	size_t n, cap;
	uint64_t bad_bytes;
};

/* ---- reading ----------------------------------------------------------- */

/* Is off bad, and where does that end? */
static bool is_bad(const struct rescued *r, uint64_t off, uint64_t *end)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) { /* the first that ends behind off */
		size_t mid = lo + (hi - lo) / 2;
		if (r->bad[mid].end <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == r->n) {
		*end = r->src.size;
		return false;
	}
	bool bad = r->bad[lo].off <= off;
	*end = bad ? r->bad[lo].end : r->bad[lo].off;
	return bad;
}

static enum hl_status rescued_map(struct hl_src *src, uint64_t off,
                                  struct hl_extent *out)
{
	const struct rescued *r = (const struct rescued *)src;
	enum hl_status st = hl_src_map(r->in, off, out);
	uint64_t end;
	bool bad = is_bad(r, off, &end);

	if (st != HL_OK)
		return st;
	if (out->len > end - off)
		out->len = out->in_len = end - off;
	if (bad && out->quality < HL_Q_UNREADABLE) {
		out->quality = HL_Q_UNREADABLE;
		out->owner = 0;
	}
	return HL_OK;
}

/* What has no segment either stays missing. */
static enum hl_status mark(struct rescued *r, uint64_t off, uint64_t len,
                           struct hl_ranges *bad)
{
	while (len) {
		struct hl_extent e;
		enum hl_status st = hl_src_map(r->in, off, &e);
		if (st != HL_OK)
			return st;
		uint64_t n = min_u64(len, e.len);
		hl_ranges_add(bad, off, n, e.what, HL_Q_UNREADABLE);
		off += n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status rescued_read(struct hl_src *src, uint64_t off, void *buf,
                                   size_t len, struct hl_ranges *bad)
{
	struct rescued *r = (struct rescued *)src;
	uint8_t *p = buf;
	enum hl_status st = HL_OK;

	while (len && st == HL_OK) {
		uint64_t end;
		bool lost = is_bad(r, off, &end);
		size_t n = (size_t)min_u64(len, end - off);
		if (lost) {
			memset(p, 0, n);
			st = mark(r, off, n, bad);
		} else {
			st = hl_src_read(r->in, off, p, n, bad);
		}
		p += n;
		off += n;
		len -= n;
	}
	return st;
}

static void rescued_advise(struct hl_src *src, uint64_t off, uint64_t len,
                           enum hl_advice how)
{
	hl_src_advise(((struct rescued *)src)->in, off, len, how);
}

static enum hl_status rescued_info(const struct hl_src *src,
                                   struct hl_image_info *out)
{
	return hl_image_info(((const struct rescued *)src)->in, out);
}

static void forget(struct rescued *r)
{
	hl_free(r->src.ctx, r->bad);
	hl_free(r->src.ctx, r);
}

static void rescued_close(struct hl_src *src)
{
	struct rescued *r = (struct rescued *)src;

	hl_src_close(r->in);
	forget(r);
}

static const struct hl_src_ops rescued_ops = {
	.read = rescued_read,
	.map = rescued_map,
	.advise = rescued_advise,
	.info = rescued_info,
	.close = rescued_close,
};

/* ---- opening ----------------------------------------------------------- */

/* [off, end) was not rescued; what lies behind the image is not kept. */
static enum hl_status add_bad(struct rescued *r, uint64_t off, uint64_t end)
{
	enum hl_status st;

	end = min_u64(end, r->src.size);
	if (off >= end)
		return HL_OK;
	r->bad_bytes += end - off;
	if (r->n && r->bad[r->n - 1].end == off) {
		r->bad[r->n - 1].end = end;
		return HL_OK;
	}
	st = hl_grow(r->src.ctx, (void **)&r->bad, &r->cap, r->n,
	             sizeof(*r->bad), HL_MAX_MAP_AREAS);
	if (st == HL_OK)
		r->bad[r->n++] = (struct bad_area){ off, end };
	return st;
}

/* How far the map goes, and how far it calls bytes rescued. */
struct reach {
	uint64_t end, good;
};

static enum hl_status add_all(struct rescued *r, struct hl_ddmap *m,
                              struct reach *reach)
{
	struct hl_ddmap_area a;
	enum hl_status st;

	while ((st = hl_ddmap_next(m, &a)) == HL_OK) {
		st = add_bad(r, reach->end, a.off);
		reach->end = a.off + a.len;
		if (a.rescued)
			reach->good = reach->end;
		else if (st == HL_OK)
			st = add_bad(r, a.off, reach->end);
		if (st != HL_OK)
			return st;
	}
	return st == HL_END ? add_bad(r, reach->end, r->src.size) : st;
}

/* Is it of this image?  That cannot be known, but it can look wrong. */
static void say_reach(const struct rescued *r, const struct hl_at *at,
                      const struct reach *reach)
{
	uint64_t size = r->src.size;

	if (reach->good > size)
		hl_warn(at, "has rescued bytes up to %" PRIu64 ", the image "
		        "ends at %" PRIu64 ": it is cut, or the map is of "
		        "another one", reach->good, size);
	else if (reach->end > size)
		hl_say(at, "goes on behind the image (%" PRIu64 " bytes) with "
		       "what was not read", size);
	else if (reach->end < size)
		hl_say(at, "ends at %" PRIu64 ", the image at %" PRIu64
		       ": what it does not tell of counts as unreadable",
		       reach->end, size);
	if (r->bad_bytes)
		hl_say(at, "%" PRIu64 " bytes of the image are unreadable, in "
		       "%zu stretch%s", r->bad_bytes, r->n,
		       r->n == 1 ? "" : "es");
}

static enum hl_status parse(struct rescued *r, struct span text,
                            const struct hl_at *at)
{
	struct hl_ddmap m = hl_ddmap_of(text);
	struct reach reach = { 0, 0 };
	enum hl_status st = add_all(r, &m, &reach);

	if (st == HL_CORRUPT)
		return hl_fail(at, st, "line %u %s", m.line, m.why);
	if (st == HL_LIMIT)
		return hl_fail(at, st, "has more than %u bad areas",
		               HL_MAX_MAP_AREAS);
	if (st != HL_OK)
		return st;
	if (reach.end == 0)
		return hl_fail(at, HL_CORRUPT, "is no map of ddrescue: it has "
		               "no areas");
	say_reach(r, at, &reach);
	return HL_OK;
}

static enum hl_status load(struct rescued *r, struct hl_src *text,
                           const struct hl_at *at)
{
	uint64_t n = hl_src_size(text);

	if (n > HL_MAX_MAP_BYTES)
		return hl_fail(at, HL_LIMIT, "has %" PRIu64 " bytes: no map of "
		               "ddrescue is that long", n);
	uint8_t *p = hl_alloc(r->src.ctx, (size_t)n);
	if (!p)
		return HL_NOMEM;
	enum hl_status st = hl_src_read(text, 0, p, (size_t)n, NULL);
	if (st == HL_IO)
		st = hl_fail(at, st, "cannot be read");
	if (st == HL_OK)
		st = parse(r, span_of(p, (size_t)n), at);
	hl_free(r->src.ctx, p);
	return st;
}

enum hl_status hl_ddmap_open(struct hl_src **out, struct hl_src *in,
                             struct hl_src *text, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, hl_src_name(text) };
	struct rescued *r = hl_zalloc(ctx, sizeof(*r));
	enum hl_status st;

	*out = NULL;
	if (!r)
		return HL_NOMEM;
	hl_src_init(&r->src, &rescued_ops, ctx, hl_src_name(in),
	            hl_src_size(in), hl_src_sector_size(in));
	r->in = in;
	st = load(r, text, &at);
	if (st == HL_OK)
		*out = &r->src;
	else
		forget(r);
	return st;
}
