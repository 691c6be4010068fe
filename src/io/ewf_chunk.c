/*
 * ewf_chunk.c: one chunk to bytes, through a small cache.
 *
 *	stored deflated   zlib stream with its own Adler-32
 *	stored plain      bytes, Adler-32 of them (4 bytes)
 *
 * A chunk is read and inflated without the lock, in a worker of its own, so
 * that threads do not wait for each other; only the cache is guarded.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_disk.h"
#include "io/ewf_impl.h"

#define MAX_SLOTS 64
#define NO_CHUNK UINT64_MAX

/* How a chunk came out; bytes of a bad one are zeros. */
struct outcome {
	enum hl_what what;
	enum hl_quality quality;
};

struct ewf_slot {
	uint64_t chunk, used;
	uint8_t *data; /* chunk_size bytes, or NULL */
	struct outcome how;
};

struct ewf_worker {
	struct ewf_worker *next;
	z_stream z;
	uint8_t *raw, *data;
};

static voidpf z_alloc(voidpf ctx, uInt n, uInt size)
{
	return hl_alloc_array(ctx, n, size);
}

static void z_free(voidpf ctx, voidpf p)
{
	hl_free(ctx, p);
}

/* Stored bytes of a deflated chunk that does not shrink, with room. */
static size_t raw_size(const struct ewf *e)
{
	return (size_t)e->chunk_size + e->chunk_size / 8 + 1024;
}

static void worker_free(const struct ewf *e, struct ewf_worker *w)
{
	inflateEnd(&w->z);
	hl_free(e->src.ctx, w->raw);
	hl_free(e->src.ctx, w->data);
	hl_free(e->src.ctx, w);
}

static struct ewf_worker *worker_new(const struct ewf *e)
{
	const struct hl_ctx *ctx = e->src.ctx;
	struct ewf_worker *w = hl_zalloc(ctx, sizeof(*w));

	if (!w)
		return NULL;
	w->z.zalloc = z_alloc;
	w->z.zfree = z_free;
	w->z.opaque = (voidpf)(uintptr_t)ctx;
	w->raw = hl_alloc(ctx, raw_size(e));
	w->data = hl_alloc(ctx, e->chunk_size);
	if (!w->raw || !w->data || inflateInit(&w->z) != Z_OK) {
		worker_free(e, w);
		return NULL;
	}
	return w;
}

static struct ewf_worker *worker_get(struct ewf *e)
{
	struct ewf_worker *w;

	pthread_mutex_lock(&e->lock);
	w = e->idle;
	if (w)
		e->idle = w->next;
	pthread_mutex_unlock(&e->lock);
	return w ? w : worker_new(e);
}

enum hl_status hl_ewf_chunks_init(struct ewf *e)
{
	const struct hl_ctx *ctx = e->src.ctx;
	uint64_t n = HL_EWF_CACHE_BYTES / e->chunk_size;

	e->n_slots = (size_t)min_u64(max_u64(n, 1), MAX_SLOTS);
	e->slot = hl_zalloc(ctx, e->n_slots * sizeof(*e->slot));
	e->page = hl_alloc_array(ctx, EWF_PAGES, sizeof(*e->page));
	if (!e->slot || !e->page)
		return HL_NOMEM;
	for (size_t i = 0; i < e->n_slots; i++)
		e->slot[i].chunk = NO_CHUNK;
	for (size_t i = 0; i < EWF_PAGES; i++)
		e->page[i].table = SIZE_MAX;
	return HL_OK;
}

void hl_ewf_chunks_free(struct ewf *e)
{
	struct ewf_worker *w;

	while ((w = e->idle) != NULL) {
		e->idle = w->next;
		worker_free(e, w);
	}
	for (size_t i = 0; e->slot && i < e->n_slots; i++)
		hl_free(e->src.ctx, e->slot[i].data);
	hl_free(e->src.ctx, e->slot);
	hl_free(e->src.ctx, e->page);
}

/* ---- one chunk -------------------------------------------------------- */

/* Bytes of the medium that chunk holds; only the last may be short. */
static uint32_t content_len(const struct ewf *e, uint64_t chunk)
{
	return (uint32_t)min_u64(e->chunk_size,
	                         e->src.size - chunk * e->chunk_size);
}

static bool unpack_deflated(struct ewf_worker *w, uint32_t len, uint8_t *out,
                            uint32_t room, uint32_t want)
{
	int rc;

	if (inflateReset(&w->z) != Z_OK)
		return false;
	w->z.next_in = w->raw;
	w->z.avail_in = len;
	w->z.next_out = out;
	w->z.avail_out = room;
	rc = inflate(&w->z, Z_FINISH);
	return rc == Z_STREAM_END && room - w->z.avail_out >= want;
}

/*
 * The checksum lies behind the chunk.  A medium of odd size has a last chunk
 * that is longer than the sector count says (the tail is in the checksum),
 * and a gap before the next chunk makes `len` too large.
 */
static bool unpack_plain(const struct ewf_worker *w, uint32_t len,
                         uint8_t *out, uint32_t want)
{
	if (len < 4 || len - 4 < want)
		return false;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	if (hl_ewf_checksum(span_of(w->raw, len - 4)) !=
	        le32_at(w->raw + len - 4) &&
	    (len - 4 == want ||
	     hl_ewf_checksum(span_of(w->raw, want)) !=
	         le32_at(w->raw + want)))
		return false;
#endif
	memcpy(out, w->raw, want);
	return true;
}

/* Fill `out` (room bytes, the medium's `want` of them matter). */
static enum hl_status load(struct ewf *e, struct ewf_worker *w, uint64_t chunk,
                           uint8_t *out, uint32_t room, struct outcome *how)
{
	uint32_t want = content_len(e, chunk);
	struct ewf_place at;
	enum hl_status st = hl_ewf_locate(e, chunk, &at);
	size_t got = 0;
	bool ok = false;

	*how = (struct outcome){ HL_WHAT_DATA, HL_Q_OK };
	if (st == HL_OK) {
		st = hl_files_pread(e->files, at.seg, at.off, w->raw, at.len,
		                    &got);
		ok = at.deflated ? unpack_deflated(w, (uint32_t)got, out,
		                                   room, want)
		                 : unpack_plain(w, (uint32_t)got, out, want);
	}
	if (ok)
		return HL_OK;
	memset(out, 0, room);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	how->quality = st == HL_OK ? HL_Q_BAD_CHECKSUM : HL_Q_UNREADABLE;
	if (st == HL_END)
		how->what = HL_WHAT_MISSING;
	return HL_OK;
}

/* ---- cache ------------------------------------------------------------ */

static struct ewf_slot *find_slot(struct ewf *e, uint64_t chunk)
{
	for (size_t i = 0; i < e->n_slots; i++)
		if (e->slot[i].chunk == chunk)
			return &e->slot[i];
	return NULL;
}

static bool from_cache(struct ewf *e, uint64_t chunk, uint32_t from, void *buf,
                       uint32_t len, struct outcome *how)
{
	struct ewf_slot *s;

	pthread_mutex_lock(&e->lock);
	s = find_slot(e, chunk);
	if (s) {
		memcpy(buf, s->data + from, len);
		s->used = ++e->clock;
		*how = s->how;
	}
	pthread_mutex_unlock(&e->lock);
	if (s)
		HL_COUNT(e->src.ctx, cache_hits, 1);
	else
		HL_COUNT(e->src.ctx, cache_misses, 1);
	return s != NULL;
}

/* Put the worker's data into the oldest slot; it gets that slot's block. */
static void keep(struct ewf *e, struct ewf_worker *w, uint64_t chunk,
                 struct outcome how)
{
	struct ewf_slot *s = &e->slot[0];
	uint8_t *block;

	if (find_slot(e, chunk)) /* another thread was faster */
		return;
	for (size_t i = 1; i < e->n_slots; i++)
		if (e->slot[i].used < s->used)
			s = &e->slot[i];
	block = s->data ? s->data : hl_alloc(e->src.ctx, e->chunk_size);
	if (!block)
		return; /* uncached, but read */
	s->data = w->data;
	w->data = block;
	s->chunk = chunk;
	s->used = ++e->clock;
	s->how = how;
}

static void worker_put(struct ewf *e, struct ewf_worker *w)
{
	w->next = e->idle;
	e->idle = w;
}

enum hl_status hl_ewf_chunk_read(struct ewf *e, uint64_t chunk, uint32_t from,
                                 void *buf, uint32_t len,
                                 struct hl_ranges *bad)
{
	bool whole = from == 0 && len == e->chunk_size;
	struct ewf_worker *w;
	struct outcome how;
	enum hl_status st = HL_OK;

	if (!from_cache(e, chunk, from, buf, len, &how)) {
		w = worker_get(e);
		if (!w)
			return HL_NOMEM;
		/* whole chunks come from long reads: no use in keeping them */
		st = load(e, w, chunk, whole ? buf : w->data, e->chunk_size,
		          &how);
		if (st == HL_OK && !whole)
			memcpy(buf, w->data + from, len);
		pthread_mutex_lock(&e->lock);
		if (st == HL_OK && !whole)
			keep(e, w, chunk, how);
		worker_put(e, w);
		pthread_mutex_unlock(&e->lock);
	}
	if (st == HL_OK && how.quality != HL_Q_OK)
		hl_ranges_add(bad, chunk * e->chunk_size + from, len,
		              how.what, how.quality);
	return st;
}
