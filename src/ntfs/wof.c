/*
 * wof.c: the stream WofCompressedData as a source of what it holds.
 *
 *	| table: a place for each chunk but the first | chunk | chunk | ...
 *
 *	place   4 bytes, or 8 when the content has 4 GiB or more; counted from
 *	        the end of the table, so the first chunk's would be 0
 *	chunk   4, 8 or 16 KiB of content (XPRESS) or 32 KiB (LZX), the last
 *	        one what is left; stored as it is when it did not get smaller
 *
 * The content's size is that of the unnamed stream, which is one hole.  One
 * chunk is kept, for readers that come in small steps.
 */
#include <pthread.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "codec/codec.h"
#include "io/src_impl.h"
#include "ntfs/wof.h"

struct wof {
	struct hl_src src;
	struct hl_src *raw; /* owned: the stream */
	uint32_t chunk;     /* bytes of content */
	int codec;
	unsigned width;     /* bytes of a place */
	uint64_t n_chunks, table; /* bytes of the table */
	pthread_mutex_t lock; /* for what follows */
	uint64_t at;          /* chunk in buf, UINT64_MAX: none */
	struct hl_ranges bad; /* of that chunk, in offsets of src */
	uint8_t *buf, *in;
};

/* Where a chunk lies. */
struct place {
	uint64_t off; /* in raw */
	size_t n;     /* bytes there */
	size_t want;  /* bytes of content */
	bool ok;
	enum hl_quality quality; /* why not */
};

/* The two ends of chunk i, from the end of the table. */
static enum hl_status read_ends(struct wof *w, uint64_t i, uint64_t end[2],
                                struct hl_ranges *bad)
{
	uint8_t b[16] = { 0 };
	uint64_t from = i ? i - 1 : 0, to = min_u64(i + 1, w->n_chunks - 1);
	size_t n = (size_t)(to - from) * w->width, k = 0;
	enum hl_status st = HL_OK;

	if (n)
		st = hl_src_read(w->raw, from * w->width, b, n, bad);
	end[0] = 0;
	end[1] = w->raw->size - w->table;
	if (st != HL_OK)
		return st;
	if (i)
		end[0] = w->width == 8 ? le64_at(b) : le32_at(b);
	k = i ? w->width : 0;
	if (i + 1 < w->n_chunks)
		end[1] = w->width == 8 ? le64_at(b + k) : le32_at(b + k);
	return HL_OK;
}

static enum hl_status find_chunk(struct wof *w, uint64_t i, struct place *c)
{
	uint64_t end[2], all = w->raw->size - w->table;
	struct hl_ranges below;
	enum hl_status st;

	hl_ranges_clear(&below);
	memset(c, 0, sizeof(*c));
	c->want = (size_t)min_u64(w->chunk, w->src.size - i * w->chunk);
	c->quality = HL_Q_UNREADABLE;
	st = read_ends(w, i, end, &below);
	if (st != HL_OK)
		return st;
	if (below.bytes) {
		c->quality = (enum hl_quality)below.r[0].quality;
		return HL_OK;
	}
	c->ok = end[0] < end[1] && end[1] <= all &&
	        end[1] - end[0] <= c->want;
	if (c->ok) {
		c->off = w->table + end[0];
		c->n = (size_t)(end[1] - end[0]);
	}
	return HL_OK;
}

/* What of a list lies in [off, off+len), moved to begin at `to`. */
static void add_part(struct hl_ranges *list, const struct hl_ranges *part,
                     uint64_t off, uint64_t len, uint64_t to)
{
	size_t i;

	for (i = 0; i < part->n; i++) {
		const struct hl_range *r = &part->r[i];
		uint64_t a = max_u64(r->off, off);
		uint64_t b = min_u64(r->off + r->len, off + len);

		if (a < b)
			hl_ranges_add(list, to + (a - off), b - a,
			              (enum hl_what)r->what,
			              (enum hl_quality)r->quality);
	}
}

/* A broken chunk costs all of its bytes: there is no checksum that tells how
 * far the decoder was right. */
static void lose(struct wof *w, uint64_t off, size_t want, enum hl_quality q)
{
	memset(w->buf, 0, want);
	hl_ranges_clear(&w->bad);
	hl_ranges_add(&w->bad, off, want, HL_WHAT_COMPRESSED,
	              q == HL_Q_OK ? HL_Q_UNREADABLE : q);
}

static enum hl_status inflate(struct wof *w, uint64_t off,
                              const struct place *c)
{
	struct hl_ranges below;
	size_t got = 0;
	enum hl_status st;

	hl_ranges_clear(&below);
	st = hl_src_read(w->raw, c->off, w->in, c->n, &below);
	if (st != HL_OK)
		return st;
	if (below.bytes)
		lose(w, off, c->want, (enum hl_quality)below.r[0].quality);
	else if (hl_codec_decode(w->codec, span_of(w->in, c->n), w->buf,
	                         c->want, &got) != HL_OK || got != c->want)
		lose(w, off, c->want, HL_Q_UNREADABLE);
	return HL_OK;
}

/* Bring chunk i into w->buf. */
static enum hl_status fill(struct wof *w, uint64_t i)
{
	uint64_t off = i * w->chunk;
	struct hl_ranges below;
	struct place c;
	enum hl_status st;

	if (w->at == i)
		return HL_OK;
	w->at = UINT64_MAX;
	hl_ranges_clear(&w->bad);
	st = find_chunk(w, i, &c);
	if (st != HL_OK)
		return st;
	if (!c.ok) {
		lose(w, off, c.want, c.quality);
	} else if (c.n < c.want) {
		st = inflate(w, off, &c);
	} else {
		hl_ranges_clear(&below);
		st = hl_src_read(w->raw, c.off, w->buf, c.n, &below);
		add_part(&w->bad, &below, c.off, c.n, off);
	}
	if (st == HL_OK)
		w->at = i;
	return st;
}

static enum hl_status wof_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	struct wof *w = (struct wof *)src;
	uint8_t *o = buf;
	enum hl_status st = HL_OK;

	pthread_mutex_lock(&w->lock);
	while (len) {
		uint64_t in = off % w->chunk;
		size_t n = (size_t)min_u64(len, w->chunk - in);

		st = fill(w, off / w->chunk);
		if (st != HL_OK)
			break;
		memcpy(o, w->buf + in, n);
		add_part(bad, &w->bad, off, n, off);
		o += n;
		off += n;
		len -= n;
	}
	pthread_mutex_unlock(&w->lock);
	memset(o, 0, len);
	return st;
}

static enum hl_status wof_map(struct hl_src *src, uint64_t off,
                              struct hl_extent *out)
{
	struct wof *w = (struct wof *)src;
	struct place c;
	enum hl_status st = find_chunk(w, off / w->chunk, &c);

	if (st != HL_OK)
		return st;
	*out = (struct hl_extent){
		.off = off - off % w->chunk, .len = c.want,
		.what = HL_WHAT_MISSING, .quality = (uint16_t)c.quality,
	};
	if (!c.ok)
		return HL_OK;
	out->in = w->raw;
	out->in_off = c.off;
	out->in_len = c.n;
	out->what = c.n < c.want ? HL_WHAT_COMPRESSED : HL_WHAT_DATA;
	out->quality = HL_Q_OK;
	return HL_OK;
}

static void wof_close(struct hl_src *src)
{
	struct wof *w = (struct wof *)src;

	pthread_mutex_destroy(&w->lock);
	hl_src_close(w->raw);
	hl_free(src->ctx, w->buf);
	hl_free(src->ctx, w);
}

static const struct hl_src_ops wof_ops = {
	.read = wof_read,
	.map = wof_map,
	.close = wof_close,
};

struct hl_src *hl_ntfs_wof_raw(struct hl_src *src)
{
	return src->ops == &wof_ops ? ((struct wof *)src)->raw : src;
}

static void lay_out(struct wof *w, const struct hl_ntfs_wof *how,
                    uint64_t size)
{
	w->chunk = how->chunk;
	w->codec = how->codec;
	w->width = size > UINT32_MAX ? 8 : 4;
	w->n_chunks = size / w->chunk + (size % w->chunk != 0);
	w->table = w->n_chunks ? (w->n_chunks - 1) * w->width : 0;
	w->at = UINT64_MAX;
}

enum hl_status hl_ntfs_wof_open(struct hl_src **out, struct hl_src *raw,
                                const struct hl_ntfs_wof *how, uint64_t size,
                                const struct hl_ctx *ctx)
{
	struct wof *w = hl_zalloc(ctx, sizeof(*w));
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	if (w)
		w->buf = hl_alloc(ctx, (size_t)how->chunk * 2);
	if (!w || !w->buf)
		goto fail;
	lay_out(w, how, size);
	st = HL_CORRUPT;
	if (size > INT64_MAX || (size && hl_src_size(raw) <= w->table))
		goto fail;
	st = HL_NOMEM;
	if (pthread_mutex_init(&w->lock, NULL))
		goto fail;
	hl_src_init(&w->src, &wof_ops, ctx, hl_src_name(raw), size,
	            hl_src_sector_size(raw));
	w->in = w->buf + how->chunk;
	w->raw = raw;
	*out = &w->src;
	return HL_OK;
fail:
	if (w)
		hl_free(ctx, w->buf);
	hl_free(ctx, w);
	hl_src_close(raw);
	return st;
}
