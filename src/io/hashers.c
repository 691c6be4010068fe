/*
 * hashers.c: see hashers.h.
 *
 *	slot   [4] [5] [2] [3]      the caller fills, in a circle
 *	MD5             ^done 2     each digest goes round by itself; a slot
 *	SHA-1               ^3      is free when the last has left it
 *
 * Where there is one processor, or no thread can be had, the caller hashes.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/hashers.h"
#include "io/pool.h"

#define SLOTS 6

struct lane {
	struct hl_hashers *h;
	enum hl_hash_kind kind;
	struct hl_hash *hash; /* NULL: not asked for */
	uint64_t done;        /* slots hashed, from the first on */
	struct hl_pool pool;
};

struct hl_hashers {
	const struct hl_ctx *ctx;
	struct lane lane[HL_HASH_KINDS];
	uint8_t *slot[SLOTS];
	size_t n_slots; /* as many as memory allows, one at least */
	size_t n[SLOTS];
	pthread_mutex_t lock; /* of what follows, done and n */
	pthread_cond_t change;
	uint64_t fed;
	bool stop;
};

static void *run(void *arg)
{
	struct lane *l = arg;
	struct hl_hashers *h = l->h;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (l->done == h->fed && !h->stop)
			pthread_cond_wait(&h->change, &h->lock);
		if (l->done == h->fed)
			break;
		size_t i = (size_t)(l->done % h->n_slots), n = h->n[i];
		pthread_mutex_unlock(&h->lock);
		hl_hash_update(l->hash, h->slot[i], n);
		pthread_mutex_lock(&h->lock);
		l->done++;
		pthread_cond_broadcast(&h->change);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static enum hl_status make(struct hl_hashers *h, unsigned kinds)
{
	enum hl_status st = HL_OK;

	for (int k = 0; k < HL_HASH_KINDS && st == HL_OK; k++) {
		struct lane *l = &h->lane[k];
		l->h = h;
		l->kind = (enum hl_hash_kind)k;
		if (kinds & 1u << k)
			st = hl_hash_new(&l->hash, 1u << k, h->ctx);
	}
	while (h->n_slots < SLOTS && st == HL_OK) {
		h->slot[h->n_slots] = hl_alloc(h->ctx, HL_HASHERS_ROOM);
		if (!h->slot[h->n_slots])
			break;
		h->n_slots++;
	}
	return st == HL_OK && !h->n_slots ? HL_NOMEM : st;
}

enum hl_status hl_hashers_new(struct hl_hashers **out, unsigned kinds,
                              const struct hl_ctx *ctx)
{
	struct hl_hashers *h = hl_zalloc(ctx, sizeof(*h));
	enum hl_status st;

	*out = NULL;
	if (!h)
		return HL_NOMEM;
	h->ctx = ctx;
	if (pthread_mutex_init(&h->lock, NULL) != 0 ||
	    pthread_cond_init(&h->change, NULL) != 0) {
		hl_free(ctx, h);
		return HL_NOMEM;
	}
	st = make(h, kinds);
	if (st != HL_OK) {
		hl_hashers_free(h);
		return st;
	}
	for (int k = 0; k < HL_HASH_KINDS && hl_cpus() > 1; k++)
		if (h->lane[k].hash)
			hl_pool_start(&h->lane[k].pool, 1, run, &h->lane[k]);
	*out = h;
	return HL_OK;
}

/* Slots that every digest has left.  Locked. */
static uint64_t all_done(const struct hl_hashers *h)
{
	uint64_t done = h->fed;

	for (int k = 0; k < HL_HASH_KINDS; k++)
		if (h->lane[k].hash)
			done = min_u64(done, h->lane[k].done);
	return done;
}

static void wait_for(struct hl_hashers *h, uint64_t done)
{
	pthread_mutex_lock(&h->lock);
	while (all_done(h) < done)
		pthread_cond_wait(&h->change, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

uint8_t *hl_hashers_room(struct hl_hashers *h)
{
	/* only the caller changes fed */
	if (h->fed >= h->n_slots)
		wait_for(h, h->fed - h->n_slots + 1);
	return h->slot[h->fed % h->n_slots];
}

void hl_hashers_feed(struct hl_hashers *h, size_t n)
{
	size_t i = (size_t)(h->fed % h->n_slots);

	for (int k = 0; k < HL_HASH_KINDS; k++)
		if (h->lane[k].hash && !h->lane[k].pool.n)
			hl_hash_update(h->lane[k].hash, h->slot[i], n);
	pthread_mutex_lock(&h->lock);
	for (int k = 0; k < HL_HASH_KINDS; k++)
		h->lane[k].done += h->lane[k].hash && !h->lane[k].pool.n;
	h->n[i] = n;
	h->fed++;
	pthread_cond_broadcast(&h->change);
	pthread_mutex_unlock(&h->lock);
}

void hl_hashers_peek(struct hl_hashers *h, enum hl_hash_kind kind,
                     const void *more, size_t n, char hex[HL_HASH_HEX])
{
	hex[0] = '\0';
	wait_for(h, h->fed);
	if (h->lane[kind].hash)
		hl_hash_peek(h->lane[kind].hash, kind, more, n, hex);
}

void hl_hashers_final(struct hl_hashers *h, enum hl_hash_kind kind,
                      char hex[HL_HASH_HEX])
{
	hex[0] = '\0';
	wait_for(h, h->fed);
	if (h->lane[kind].hash)
		hl_hash_final(h->lane[kind].hash, kind, hex);
}

void hl_hashers_free(struct hl_hashers *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->change);
	pthread_mutex_unlock(&h->lock);
	for (int k = 0; k < HL_HASH_KINDS; k++) {
		hl_pool_join(&h->lane[k].pool);
		hl_hash_free(h->lane[k].hash);
	}
	for (size_t i = 0; i < h->n_slots; i++)
		hl_free(h->ctx, h->slot[i]);
	pthread_cond_destroy(&h->change);
	pthread_mutex_destroy(&h->lock);
	hl_free(h->ctx, h);
}
