/*
 * ewf_ahead.c: long reads in order, inflated by several threads.
 *
 *	batch    0   1   2   3   4   5   6   7   8 …   chunks in one read
 *	                 |-- wanted ---|
 *	ring    [6] [7] [2] [3] [4] [5]                batch % n
 *
 * The reader asks for the batches of its read and, when it reads in order,
 * for some behind it; threads take the lowest that is wanted.  What the
 * reader needs now and nobody has taken, it makes itself; when a thread is at
 * it, another one meanwhile.  One reader at a time; others, and all short reads
 * elsewhere, go the way of single chunks.
 *
 * The bytes are the same by either way, and how they came out is kept with
 * them.  Without memory, threads or a second processor there is no ring.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_impl.h"
#include "io/ewf_unpack.h"
#include "io/pool.h"

/* Less than this in one go is not worth a thread. */
#define WORTH_IT (1u << 20)
#define MAX_BLOCKS 64
#define BLOCKS_EACH 8 /* for each thread that makes them */
#define MAX_ADVISED 16
#define NO_BATCH UINT64_MAX

enum state { FREE, WANTED, BUSY, READY };

struct block {
	uint64_t batch;
	enum state state;
	uint8_t *data;
	struct ewf_outcome how[EWF_BATCH_CHUNKS];
};

struct stretch {
	uint64_t off, end;
};

struct ewf_ahead {
	struct ewf *e;
	uint32_t batch_chunks;
	uint64_t batch_bytes, n_batches;

	pthread_mutex_t user; /* of what follows: one reader */
	bool refused;         /* no memory or no threads: never again */
	uint64_t next, streak; /* where the last read ended; bytes in order */
	struct ewf_worker *own;

	pthread_mutex_t advised_lock;
	struct stretch advised[MAX_ADVISED];
	unsigned next_advised;

	pthread_mutex_t lock; /* of what follows, but for BUSY blocks' data */
	pthread_cond_t work, done;
	bool stop;
	size_t n, n_workers, next_worker;
	struct block *block;
	struct ewf_worker *worker[HL_POOL_MAX];
	struct hl_pool pool;
};

/* ---- making a batch --------------------------------------------------- */

static uint32_t chunks_in(const struct ewf_ahead *a, uint64_t batch)
{
	return (uint32_t)min_u64(a->batch_chunks, a->e->n_chunks -
	                         batch * a->batch_chunks);
}

/* Locked when called and after, not between. */
static void make(struct ewf_ahead *a, struct block *b, struct ewf_worker *w)
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

static struct block *lowest_wanted(struct ewf_ahead *a)
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
		b = lowest_wanted(a);
		if (b)
			make(a, b, w);
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
		b->batch = NO_BATCH;
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
static bool start(struct ewf_ahead *a)
{
	size_t cpus = (size_t)min_u64(hl_cpus(), HL_POOL_MAX);
	size_t n = (size_t)min_u64(cpus * BLOCKS_EACH, MAX_BLOCKS);

	n = (size_t)min_u64(n, HL_EWF_AHEAD_BYTES / a->batch_bytes);
	if (cpus < 2 || n < cpus + 1)
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

/* ---- reading ---------------------------------------------------------- */

void hl_ewf_ahead_advise(struct ewf *e, uint64_t off, uint64_t len)
{
	struct ewf_ahead *a = e->ahead;

	if (!a)
		return;
	pthread_mutex_lock(&a->advised_lock);
	a->advised[a->next_advised++ % MAX_ADVISED] =
		(struct stretch){ off, off + len };
	pthread_mutex_unlock(&a->advised_lock);
}

/* The end of the stretch that somebody reads in order, or off. */
static uint64_t advised_end(struct ewf_ahead *a, uint64_t off)
{
	uint64_t end = off;

	pthread_mutex_lock(&a->advised_lock);
	for (size_t i = 0; i < MAX_ADVISED; i++)
		if (a->advised[i].off <= off)
			end = max_u64(end, a->advised[i].end);
	pthread_mutex_unlock(&a->advised_lock);
	return end;
}

/*
 * How far it is worth going: to the end of what was advised; else as far
 * again as was read in order so far.
 */
static uint64_t horizon(struct ewf_ahead *a, uint64_t off, size_t len)
{
	uint64_t end = off + len, advised = advised_end(a, off);

	a->streak = off == a->next ? a->streak : 0;
	if (advised < end)
		advised = end + min_u64(a->streak, a->e->src.size - end);
	a->streak += len;
	a->next = end;
	return advised;
}

static struct block *slot(struct ewf_ahead *a, uint64_t batch)
{
	return &a->block[batch % a->n];
}

/* Ask for [batch, end), as far as the ring goes.  Locked. */
static void want(struct ewf_ahead *a, uint64_t batch, uint64_t end)
{
	bool more = false;

	end = min_u64(end, batch + a->n);
	for (size_t i = 0; i < a->n; i++) /* the reader has gone elsewhere */
		if (a->block[i].state == WANTED &&
		    (a->block[i].batch < batch || a->block[i].batch >= end))
			a->block[i].state = FREE;
	for (uint64_t k = batch; k < end; k++) {
		struct block *b = slot(a, k);
		if (b->state == BUSY || (b->batch == k && b->state != FREE))
			continue;
		b->batch = k;
		b->state = WANTED;
		more = true;
	}
	if (more)
		pthread_cond_broadcast(&a->work);
}

/*
 * The block of that batch, made.  Locked.  While a thread is at it the reader
 * makes another one: threads take the lowest, too, so that a reader who only
 * waited would wait for each.
 */
static struct block *get(struct ewf_ahead *a, uint64_t batch)
{
	struct block *b = slot(a, batch), *mine;

	while (b->batch != batch || b->state != READY) {
		mine = b->state == BUSY ? lowest_wanted(a) : b;
		if (!mine) {
			pthread_cond_wait(&a->done, &a->lock);
			continue;
		}
		if (mine == b)
			b->batch = batch;
		make(a, mine, a->own);
	}
	return b;
}

static void add_bad(const struct ewf_ahead *a, const struct block *b,
                    uint64_t off, size_t len, struct hl_ranges *bad)
{
	uint64_t size = a->e->chunk_size, end = off + len;
	uint64_t chunk = b->batch * a->batch_chunks;

	for (uint32_t i = 0; i < a->batch_chunks; i++, chunk++) {
		uint64_t from = max_u64(off, chunk * size);
		uint64_t to = min_u64(end, (chunk + 1) * size);
		if (from < to && b->how[i].quality != HL_Q_OK)
			hl_ranges_add(bad, from, to - from, b->how[i].what,
			              b->how[i].quality);
	}
}

static enum hl_status read_all(struct ewf_ahead *a, uint64_t off, uint8_t *buf,
                               size_t len, uint64_t ahead,
                               struct hl_ranges *bad)
{
	uint64_t last = min_u64(a->n_batches, (ahead - 1) / a->batch_bytes + 1);

	while (len) {
		uint64_t batch = off / a->batch_bytes;
		size_t from = (size_t)(off % a->batch_bytes);
		size_t n = (size_t)min_u64(a->batch_bytes - from, len);
		if (hl_cancelled(a->e->src.ctx))
			return HL_CANCELLED;
		pthread_mutex_lock(&a->lock);
		want(a, batch, last);
		struct block *b = get(a, batch);
		pthread_mutex_unlock(&a->lock);
		/* only this reader has blocks made anew: it stays as it is */
		memcpy(buf, b->data + from, n);
		add_bad(a, b, off, n, bad);
		off += n;
		buf += n;
		len -= n;
	}
	return HL_OK;
}

enum hl_status hl_ewf_ahead_read(struct ewf *e, uint64_t off, uint8_t *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct ewf_ahead *a = e->ahead;
	enum hl_status st = HL_END;
	uint64_t ahead;

	if (!a || len < 2ull * e->chunk_size ||
	    pthread_mutex_trylock(&a->user) != 0)
		return HL_END;
	ahead = horizon(a, off, len);
	if (!a->refused && ahead - off >= WORTH_IT && !a->pool.n)
		a->refused = !start(a);
	if (!a->refused && a->pool.n && ahead - off >= WORTH_IT)
		st = read_all(a, off, buf, len, ahead, bad);
	pthread_mutex_unlock(&a->user);
	return st;
}
