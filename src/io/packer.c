/*
 * packer.c: see packer.h.
 *
 *	slot   [fed-1] … [taken] … [done] … [sunk]
 *	        waits     a worker   ready   the caller hands it on
 *
 * A slot holds HL_PACKER_ROOM bytes and what became of them.  Slots are
 * filled and handed on in a circle; where no thread can be had the caller
 * compresses.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/deflate.h"
#include "io/inflate.h"
#include "io/packer.h"
#include "io/pool.h"

#define SLOTS 12
#define CHECKSUM 4
/* what a chunk of one byte over and over becomes, at any level */
#define FILL_ROOM 512

struct slot {
	uint8_t *in, *out;
	struct hl_packed *chunk;
	size_t n; /* bytes in */
	bool done;
};

/* A fill that was compressed before: most of an empty disk is one. */
struct fill {
	uint8_t byte, p[FILL_ROOM];
	uint32_t of, n; /* n 0: none */
};

struct worker {
	struct hl_packer *p;
	struct hl_deflate *z;
	struct fill fill;
};

struct hl_packer {
	const struct hl_ctx *ctx;
	struct hl_packer_opts o;
	struct slot slot[SLOTS];
	struct worker worker[HL_POOL_MAX];
	size_t n_workers;
	struct hl_pool pool;
	pthread_mutex_t lock; /* of what follows, and done */
	pthread_cond_t change;
	uint64_t fed, taken, sunk;
	size_t begun; /* threads that have found their worker */
	bool stop;
};

/* ---- one chunk --------------------------------------------------------- */

static void store(const uint8_t *in, uint32_t n, uint8_t *out,
                  struct hl_packed *chunk)
{
	uint32_t sum = hl_adler32(span_of(in, n));

	memcpy(out, in, n);
	for (unsigned i = 0; i < CHECKSUM; i++)
		out[n + i] = (uint8_t)(sum >> 8 * i);
	*chunk = (struct hl_packed){ out, n + CHECKSUM, false };
}

static bool is_fill(const uint8_t *p, uint32_t n)
{
	return n > 1 && p[0] == p[n - 1] && memcmp(p, p + 1, n - 1) == 0;
}

static void deflate_one(struct worker *w, const uint8_t *in, uint32_t n,
                        uint8_t *out, struct hl_packed *chunk)
{
	struct fill *f = &w->fill;
	bool same = is_fill(in, n);
	size_t got;

	if (same && f->n && f->of == n && f->byte == in[0]) {
		memcpy(out, f->p, f->n);
		*chunk = (struct hl_packed){ out, f->n, true };
		return;
	}
	got = hl_deflate_zlib(w->z, span_of(in, n), out, n);
	if (!got || got >= n) {
		store(in, n, out, chunk);
		return;
	}
	*chunk = (struct hl_packed){ out, (uint32_t)got, true };
	if (!same || got > FILL_ROOM)
		return;
	memcpy(f->p, out, got);
	f->byte = in[0];
	f->of = n;
	f->n = (uint32_t)got;
}

static void pack(struct worker *w, struct slot *s)
{
	const struct hl_packer_opts *o = &w->p->o;
	size_t off = 0;

	for (size_t i = 0; off < s->n; i++) {
		uint32_t n = (uint32_t)min_u64(o->chunk_size, s->n - off);
		uint8_t *out = s->out + i * (o->chunk_size + CHECKSUM);
		if (o->how == HL_PACK_STORE)
			store(s->in + off, n, out, &s->chunk[i]);
		else
			deflate_one(w, s->in + off, n, out, &s->chunk[i]);
		off += n;
	}
}

/* ---- threads ----------------------------------------------------------- */

static void *run(void *arg)
{
	struct hl_packer *p = arg;

	pthread_mutex_lock(&p->lock);
	struct worker *w = &p->worker[p->begun++];
	for (;;) {
		while (p->taken == p->fed && !p->stop)
			pthread_cond_wait(&p->change, &p->lock);
		if (p->stop)
			break;
		struct slot *s = &p->slot[p->taken++ % SLOTS];
		pthread_mutex_unlock(&p->lock);
		pack(w, s);
		pthread_mutex_lock(&p->lock);
		s->done = true;
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static enum hl_status make(struct hl_packer *p)
{
	size_t n = HL_PACKER_ROOM / p->o.chunk_size;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &p->slot[i];
		s->in = hl_alloc(p->ctx, HL_PACKER_ROOM);
		s->out = hl_alloc(p->ctx, HL_PACKER_ROOM + n * CHECKSUM);
		s->chunk = hl_alloc_array(p->ctx, n, sizeof(*s->chunk));
		if (!s->in || !s->out || !s->chunk)
			return HL_NOMEM;
	}
	for (size_t i = 0; i < p->n_workers && st == HL_OK; i++) {
		p->worker[i].p = p;
		if (p->o.how != HL_PACK_STORE)
			st = hl_deflate_new(&p->worker[i].z,
			                    p->o.how == HL_PACK_BEST, p->ctx);
	}
	return st;
}

enum hl_status hl_packer_new(struct hl_packer **out,
                             const struct hl_packer_opts *opts,
                             const struct hl_ctx *ctx)
{
	struct hl_packer *p = hl_zalloc(ctx, sizeof(*p));
	enum hl_status st;

	*out = NULL;
	if (!p)
		return HL_NOMEM;
	p->ctx = ctx;
	p->o = *opts;
	p->n_workers = (size_t)min_u64(hl_cpus(), HL_POOL_MAX);
	if (pthread_mutex_init(&p->lock, NULL) != 0 ||
	    pthread_cond_init(&p->change, NULL) != 0) {
		hl_free(ctx, p);
		return HL_NOMEM;
	}
	st = make(p);
	if (st != HL_OK) {
		hl_packer_free(p);
		return st;
	}
	if (p->n_workers > 1)
		hl_pool_start(&p->pool, p->n_workers, run, p);
	*out = p;
	return HL_OK;
}

/* ---- in order ---------------------------------------------------------- */

static void wait_for(struct hl_packer *p, struct slot *s)
{
	pthread_mutex_lock(&p->lock);
	while (!s->done)
		pthread_cond_wait(&p->change, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static enum hl_status sink_one(struct hl_packer *p)
{
	struct slot *s = &p->slot[p->sunk % SLOTS];
	enum hl_status st = HL_OK;
	size_t off = 0;

	wait_for(p, s);
	for (size_t i = 0; off < s->n && st == HL_OK; i++) {
		st = p->o.sink(p->o.user, &s->chunk[i]);
		off += p->o.chunk_size;
	}
	p->sunk++;
	return st;
}

static bool ready(struct hl_packer *p)
{
	bool yes;

	if (p->sunk == p->fed)
		return false;
	pthread_mutex_lock(&p->lock);
	yes = p->slot[p->sunk % SLOTS].done;
	pthread_mutex_unlock(&p->lock);
	return yes;
}

enum hl_status hl_packer_feed(struct hl_packer *p, const uint8_t *buf,
                              size_t n)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && (p->fed - p->sunk == SLOTS || ready(p)))
		st = sink_one(p);
	if (st != HL_OK)
		return st;
	struct slot *s = &p->slot[p->fed % SLOTS];
	memcpy(s->in, buf, n);
	s->n = n;
	s->done = false;
	if (!p->pool.n) {
		pack(&p->worker[0], s);
		s->done = true;
	}
	pthread_mutex_lock(&p->lock);
	p->fed++;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	return HL_OK;
}

enum hl_status hl_packer_end(struct hl_packer *p)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && p->sunk < p->fed)
		st = sink_one(p);
	return st;
}

void hl_packer_free(struct hl_packer *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	hl_pool_join(&p->pool);
	for (size_t i = 0; i < SLOTS; i++) {
		hl_free(p->ctx, p->slot[i].in);
		hl_free(p->ctx, p->slot[i].out);
		hl_free(p->ctx, p->slot[i].chunk);
	}
	for (size_t i = 0; i < p->n_workers; i++)
		hl_deflate_free(p->worker[i].z);
	pthread_cond_destroy(&p->change);
	pthread_mutex_destroy(&p->lock);
	hl_free(p->ctx, p);
}
