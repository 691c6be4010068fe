/*
 * ewf_chunk.c: one chunk, through a small cache.
 *
 *	chunk % shards -> shard: lock, a few slots, the oldest goes first
 *
 * A chunk is read and inflated without a lock, in a worker of its own, so
 * that threads do not wait for each other; only the slots are guarded.  A
 * chunk as large as the whole cache is made in its slot: one is enough.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_impl.h"
#include "io/ewf_unpack.h"

#define MAX_SLOTS 64
#define MAX_SHARDS 8
#define NO_CHUNK UINT64_MAX

struct slot {
	uint64_t chunk, used;
	uint8_t *data; /* chunk_size bytes, or NULL */
	struct ewf_outcome how;
};

struct ewf_shard {
	pthread_mutex_t lock;
	uint64_t clock;
	size_t n;
	struct slot slot[MAX_SLOTS / MAX_SHARDS];
};

/* ---- workers ---------------------------------------------------------- */

static struct ewf_worker *worker_get(struct ewf *e)
{
	struct ewf_worker *w;

	pthread_mutex_lock(&e->lock);
	w = e->idle;
	if (w)
		e->idle = w->next;
	pthread_mutex_unlock(&e->lock);
	return w ? w : hl_ewf_worker_new(e, 0);
}

static void worker_put(struct ewf *e, struct ewf_worker *w)
{
	pthread_mutex_lock(&e->lock);
	w->next = e->idle;
	e->idle = w;
	pthread_mutex_unlock(&e->lock);
}

/* ---- setting up ------------------------------------------------------- */

static void measure(struct ewf *e)
{
	for (size_t i = 0; i < e->files->n; i++)
		e->biggest = max_u64(e->biggest, e->files->seg[i].size);
}

static enum hl_status make_shards(struct ewf *e)
{
	uint64_t slots = HL_EWF_CACHE_BYTES / e->chunk_size;
	size_t n;

	slots = min_u64(max_u64(slots, 1), MAX_SLOTS);
	n = (size_t)min_u64(slots, MAX_SHARDS);
	e->shard = hl_zalloc(e->src.ctx, n * sizeof(*e->shard));
	if (!e->shard)
		return HL_NOMEM;
	for (; e->n_shards < n; e->n_shards++) {
		struct ewf_shard *s = &e->shard[e->n_shards];
		s->n = (size_t)slots / n;
		for (size_t i = 0; i < s->n; i++)
			s->slot[i].chunk = NO_CHUNK;
		if (pthread_mutex_init(&s->lock, NULL) != 0)
			return HL_NOMEM;
	}
	return HL_OK;
}

enum hl_status hl_ewf_chunks_init(struct ewf *e)
{
	measure(e);
	e->page = hl_alloc_array(e->src.ctx, EWF_PAGES, sizeof(*e->page));
	if (!e->page)
		return HL_NOMEM;
	for (size_t i = 0; i < EWF_PAGES; i++)
		e->page[i].table = SIZE_MAX;
	return make_shards(e);
}

void hl_ewf_chunks_free(struct ewf *e)
{
	struct ewf_worker *w;

	while ((w = e->idle) != NULL) {
		e->idle = w->next;
		hl_ewf_worker_free(e, w);
	}
	for (size_t i = 0; i < e->n_shards; i++) {
		struct ewf_shard *s = &e->shard[i];
		for (size_t k = 0; k < s->n; k++)
			hl_free(e->src.ctx, s->slot[k].data);
		pthread_mutex_destroy(&s->lock);
	}
	hl_free(e->src.ctx, e->shard);
	hl_free(e->src.ctx, e->page);
}

/* ---- cache ------------------------------------------------------------ */

static struct ewf_shard *shard_of(struct ewf *e, uint64_t chunk)
{
	return &e->shard[chunk % e->n_shards];
}

/* The shard is locked. */
static struct slot *find_slot(struct ewf_shard *s, uint64_t chunk)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->slot[i].chunk == chunk)
			return &s->slot[i];
	return NULL;
}

static bool from_cache(struct ewf *e, uint64_t chunk, uint32_t from, void *buf,
                       uint32_t len, struct ewf_outcome *how)
{
	struct ewf_shard *s = shard_of(e, chunk);
	struct slot *p;

	pthread_mutex_lock(&s->lock);
	p = find_slot(s, chunk);
	if (p) {
		memcpy(buf, p->data + from, len);
		p->used = ++s->clock;
		*how = p->how;
	}
	pthread_mutex_unlock(&s->lock);
	if (p)
		HL_COUNT(e->src.ctx, cache_hits, 1);
	else
		HL_COUNT(e->src.ctx, cache_misses, 1);
	return p != NULL;
}

static struct slot *oldest(struct ewf_shard *s)
{
	struct slot *p = &s->slot[0];

	for (size_t i = 1; i < s->n; i++)
		if (s->slot[i].used < p->used)
			p = &s->slot[i];
	return p;
}

/* The worker's data goes into the oldest slot; it gets that slot's block. */
static void keep(struct ewf *e, struct ewf_worker *w, uint64_t chunk,
                 struct ewf_outcome how)
{
	struct ewf_shard *s = shard_of(e, chunk);
	struct slot *p;

	pthread_mutex_lock(&s->lock);
	if (!find_slot(s, chunk)) { /* else another thread was faster */
		uint8_t *data = w->data;
		p = oldest(s);
		w->data = p->data;
		*p = (struct slot){ chunk, ++s->clock, data, how };
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- reading ---------------------------------------------------------- */

static enum hl_status read_part(struct ewf *e, struct ewf_worker *w,
                                uint64_t chunk, uint32_t from, void *buf,
                                uint32_t len, struct ewf_outcome *how)
{
	if (!w->data)
		w->data = hl_alloc(e->src.ctx, e->chunk_size);
	if (!w->data)
		return HL_NOMEM;
	hl_ewf_load(e, w, chunk, 1, false, w->data, how);
	memcpy(buf, w->data + from, len);
	keep(e, w, chunk, *how);
	return HL_OK;
}

/* Threads wait here for each other; so large a chunk is not made twice. */
static enum hl_status read_big(struct ewf *e, struct ewf_worker *w,
                               uint64_t chunk, uint32_t from, void *buf,
                               uint32_t len, struct ewf_outcome *how)
{
	struct ewf_shard *s = shard_of(e, chunk);
	struct slot *p = &s->slot[0];
	enum hl_status st = HL_OK;

	pthread_mutex_lock(&s->lock);
	if (!p->data)
		p->data = hl_alloc(e->src.ctx, e->chunk_size);
	if (!p->data) {
		st = HL_NOMEM;
	} else {
		if (p->chunk != chunk)
			hl_ewf_load(e, w, chunk, 1, false, p->data, &p->how);
		p->chunk = chunk;
		*how = p->how;
		memcpy(buf, p->data + from, len);
	}
	pthread_mutex_unlock(&s->lock);
	return st;
}

enum hl_status hl_ewf_chunk_read(struct ewf *e, uint64_t chunk, uint32_t from,
                                 void *buf, uint32_t len,
                                 struct hl_ranges *bad)
{
	bool whole = from == 0 && len == e->chunk_size;
	struct ewf_worker *w;
	struct ewf_outcome how;
	enum hl_status st = HL_OK;

	if (!from_cache(e, chunk, from, buf, len, &how)) {
		w = worker_get(e);
		if (!w)
			return HL_NOMEM;
		/* whole chunks come from long reads: no use in keeping them */
		if (whole)
			hl_ewf_load(e, w, chunk, 1, false, buf, &how);
		else if (e->chunk_size > HL_EWF_CACHE_BYTES / 2)
			st = read_big(e, w, chunk, from, buf, len, &how);
		else
			st = read_part(e, w, chunk, from, buf, len, &how);
		worker_put(e, w);
	}
	if (st == HL_OK && how.quality != HL_Q_OK)
		hl_ranges_add(bad, chunk * e->chunk_size + from, len,
		              how.what, how.quality);
	return st;
}

/* ---- the odd tail ----------------------------------------------------- */

/* What chunk holds beyond its first `skip` bytes. */
static enum hl_status tail_of(struct ewf *e, struct ewf_worker *w,
                              uint64_t chunk, uint32_t skip, uint8_t *buf,
                              size_t room, size_t *n)
{
	uint8_t *data;
	struct ewf_place at;
	size_t got = 0, held = 0;

	if (hl_ewf_locate(e, chunk, NULL, &at) != HL_OK ||
	    hl_files_pread(e->files, at.seg, at.off, w->raw,
	                   min_u64(at.len, w->raw_size), &got) != HL_OK)
		return HL_OK;
	data = hl_alloc(e->src.ctx, e->chunk_size);
	if (!data)
		return HL_NOMEM;
	if (hl_ewf_unpack(w, span_of(w->raw, got), at.deflated, data,
	                  e->chunk_size, skip, &held) &&
	    held > skip && held - skip <= room) {
		*n = held - skip;
		memcpy(buf, data + skip, *n);
	}
	hl_free(e->src.ctx, data);
	return HL_OK;
}

enum hl_status hl_ewf_tail(struct ewf *e, uint8_t *buf, size_t room, size_t *n)
{
	uint64_t last = e->src.size / e->chunk_size;
	struct ewf_worker *w = worker_get(e);
	enum hl_status st;

	*n = 0;
	if (!w)
		return HL_NOMEM;
	st = tail_of(e, w, last, (uint32_t)(e->src.size % e->chunk_size), buf,
	             room, n);
	worker_put(e, w);
	return st;
}
