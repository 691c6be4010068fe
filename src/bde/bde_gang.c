/* bde_gang.c: see bde_gang.h. */
#include <pthread.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "bde/bde_gang.h"
#include "io/pool.h"

#define JOBS 64
#define THREADS 3 /* faster than memory is read they need not be */

struct bde_gang {
	const struct hl_ctx *ctx;
	bool (*work)(void *arg, const struct bde_job *job);
	void *arg;
	struct hl_pool pool;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t more, finished;
	struct bde_job job[JOBS];
	size_t put, taken, done;
	bool busy, failed, stop;
};

/* Locked, and locked again afterwards. */
static void do_one(struct bde_gang *g)
{
	const struct bde_job job = g->job[g->taken++];
	bool ok;

	pthread_mutex_unlock(&g->lock);
	ok = g->work(g->arg, &job);
	pthread_mutex_lock(&g->lock);
	g->failed |= !ok;
	if (++g->done == g->put)
		pthread_cond_signal(&g->finished);
}

static void *run(void *arg)
{
	struct bde_gang *g = arg;

	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		if (g->taken == g->put)
			pthread_cond_wait(&g->more, &g->lock);
		else
			do_one(g);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static bool prepare(struct bde_gang *g)
{
	if (pthread_mutex_init(&g->lock, NULL) != 0)
		return false;
	if (pthread_cond_init(&g->more, NULL) == 0) {
		if (pthread_cond_init(&g->finished, NULL) == 0)
			return true;
		pthread_cond_destroy(&g->more);
	}
	pthread_mutex_destroy(&g->lock);
	return false;
}

struct bde_gang *hl_bde_gang_new(bool (*work)(void *arg,
                                              const struct bde_job *job),
                                 void *arg, const struct hl_ctx *ctx)
{
	size_t n = (size_t)min_u64(hl_cpus() - 1, THREADS);
	struct bde_gang *g = n ? hl_zalloc(ctx, sizeof(*g)) : NULL;

	if (!g)
		return NULL;
	g->ctx = ctx;
	g->work = work;
	g->arg = arg;
	if (!prepare(g)) {
		hl_free(ctx, g);
		return NULL;
	}
	hl_pool_start(&g->pool, n, run, g);
	if (g->pool.n)
		return g;
	hl_bde_gang_free(g);
	return NULL;
}

size_t hl_bde_gang_size(const struct bde_gang *g)
{
	return g->pool.n;
}

void hl_bde_gang_free(struct bde_gang *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_broadcast(&g->more);
	pthread_mutex_unlock(&g->lock);
	hl_pool_join(&g->pool);
	pthread_cond_destroy(&g->finished);
	pthread_cond_destroy(&g->more);
	pthread_mutex_destroy(&g->lock);
	hl_free(g->ctx, g);
}

bool hl_bde_gang_take(struct bde_gang *g)
{
	bool ours;

	pthread_mutex_lock(&g->lock);
	ours = !g->busy;
	if (ours) {
		g->busy = true;
		g->failed = false;
		g->put = g->taken = g->done = 0;
	}
	pthread_mutex_unlock(&g->lock);
	return ours;
}

void hl_bde_gang_put(struct bde_gang *g, const struct bde_job *job)
{
	pthread_mutex_lock(&g->lock);
	while (g->put == JOBS) {
		/* a long read: these are finished before more is taken on */
		if (g->taken < g->put)
			do_one(g);
		else if (g->done < g->put)
			pthread_cond_wait(&g->finished, &g->lock);
		else
			g->put = g->taken = g->done = 0;
	}
	g->job[g->put++] = *job;
	pthread_cond_signal(&g->more);
	pthread_mutex_unlock(&g->lock);
}

bool hl_bde_gang_end(struct bde_gang *g)
{
	bool ok;

	pthread_mutex_lock(&g->lock);
	while (g->taken < g->put)
		do_one(g);
	while (g->done < g->put)
		pthread_cond_wait(&g->finished, &g->lock);
	ok = !g->failed;
	g->busy = false;
	pthread_mutex_unlock(&g->lock);
	return ok;
}
