/* ewf_ring.c: threads that inflate batches of chunks; see ewf_ahead.c. */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/ewf_ring.h"

#define MAX_BLOCKS 64
#define BLOCKS_EACH 8 /* for each thread that makes them */

/* ---- making a batch --------------------------------------------------- */

static uint32_t chunks_in(const struct ewf_ahead *a, uint64_t batch)
{
	return (uint32_t)min_u64(a->batch_chunks, a->e->n_chunks -
	                         batch * a->batch_chunks);
}

void hl_ewf_ring_make(struct ewf_ahead *a, struct block *b,
                      struct ewf_worker *w)
{
	uint64_t batch = b->batch;

	b->state = BUSY;
	pthread_mutex_unlock(&a->lock);
	hl_ewf_load(a->e, w, batch * a->batch_chunks, chunks_in(a, batch),
	            true, b->data, b->how);
	pthread_mutex_lock(&a->lock);
	b->state = READY;
	pthread_cond_broadcast(&a->done);
}

struct block *hl_ewf_ring_lowest(struct ewf_ahead *a)
{
	struct block *best = NULL;

	for (size_t i = 0; i < a->n; i++)
		if (a->block[i].state == WANTED &&
		    (!best || a->block[i].batch < best->batch))
			best = &a->block[i];
	return best;
}

static void *run(void *arg)
{
	struct ewf_ahead *a = arg;
	struct ewf_worker *w;
	struct block *b;

	pthread_mutex_lock(&a->lock);
	w = a->worker[a->next_worker++];
	while (!a->stop) {
		b = hl_ewf_ring_lowest(a);
		if (b)
			hl_ewf_ring_make(a, b, w);
		else
			pthread_cond_wait(&a->work, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- beginning and end ------------------------------------------------ */

enum hl_status hl_ewf_ahead_init(struct ewf *e)
{
	struct ewf_ahead *a = hl_zalloc(e->src.ctx, sizeof(*a));
	uint64_t n = EWF_BATCH_BYTES / e->chunk_size;

	if (!a)
		return HL_NOMEM;
	a->e = e;
	a->batch_chunks = (uint32_t)min_u64(max_u64(n, 1), EWF_BATCH_CHUNKS);
	a->batch_bytes = (uint64_t)a->batch_chunks * e->chunk_size;
	a->n_batches = e->n_chunks / a->batch_chunks +
	               (e->n_chunks % a->batch_chunks != 0);
	if (pthread_mutex_init(&a->user, NULL) != 0 ||
	    pthread_mutex_init(&a->advised_lock, NULL) != 0 ||
	    pthread_mutex_init(&a->lock, NULL) != 0 ||
	    pthread_cond_init(&a->work, NULL) != 0 ||
	    pthread_cond_init(&a->done, NULL) != 0) {
		hl_free(e->src.ctx, a); /* nothing of it holds memory */
		return HL_NOMEM;
	}
	e->ahead = a;
	return HL_OK;
}

static void free_ring(struct ewf_ahead *a)
{
	const struct hl_ctx *ctx = a->e->src.ctx;

	for (size_t i = 0; i < a->n; i++)
		hl_free(ctx, a->block[i].data);
	hl_free(ctx, a->block);
	for (size_t i = 0; i < a->n_workers; i++)
		hl_ewf_worker_free(a->e, a->worker[i]);
	hl_ewf_worker_free(a->e, a->own);
	a->block = NULL;
	a->own = NULL;
	a->n = a->n_workers = 0;
}

void hl_ewf_ahead_free(struct ewf *e)
{
	struct ewf_ahead *a = e->ahead;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->work);
	pthread_mutex_unlock(&a->lock);
	hl_pool_join(&a->pool);
	free_ring(a);
	pthread_cond_destroy(&a->done);
	pthread_cond_destroy(&a->work);
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->advised_lock);
	pthread_mutex_destroy(&a->user);
	hl_free(e->src.ctx, a);
	e->ahead = NULL;
}

static bool make_blocks(struct ewf_ahead *a, size_t n)
{
	const struct hl_ctx *ctx = a->e->src.ctx;

	a->block = hl_alloc_array(ctx, n, sizeof(*a->block));
	if (!a->block)
		return false;
	for (; a->n < n; a->n++) {
		struct block *b = &a->block[a->n];
		b->batch = EWF_NO_BATCH;
		b->state = FREE;
		b->data = hl_alloc(ctx, a->batch_bytes);
		if (!b->data)
			return false;
	}
	return true;
}

static bool make_workers(struct ewf_ahead *a, size_t n)
{
	size_t raw = a->batch_bytes + a->batch_bytes / 8;

	for (; a->n_workers < n; a->n_workers++) {
		a->worker[a->n_workers] = hl_ewf_worker_new(a->e, raw);
		if (!a->worker[a->n_workers])
			return false;
	}
	a->own = hl_ewf_worker_new(a->e, raw);
	return a->own != NULL;
}

/* The reader is one of those that work, so a thread less than processors. */
bool hl_ewf_ring_start(struct ewf_ahead *a)
{
	size_t cpus = (size_t)min_u64(hl_cpus(), HL_POOL_MAX);
	size_t n = (size_t)min_u64(cpus * BLOCKS_EACH, MAX_BLOCKS);

	n = (size_t)min_u64(n, HL_EWF_AHEAD_BYTES / a->batch_bytes);
	if (cpus < 2 || n < cpus + 1 + EWF_KEPT)
		return false;
	if (!make_blocks(a, n) || !make_workers(a, cpus - 1)) {
		free_ring(a);
		return false;
	}
	hl_pool_start(&a->pool, cpus - 1, run, a);
	if (a->pool.n)
		return true;
	free_ring(a);
	return false;
}
