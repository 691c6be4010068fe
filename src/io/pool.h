/*
 * pool.h: threads that are started when they are first needed, and joined.
 */
#ifndef HL_POOL_H
#define HL_POOL_H

#include <pthread.h>

#include "hivelift/ctx.h"

#define HL_POOL_MAX 16

struct hl_pool {
	size_t n;
	pthread_t thread[HL_POOL_MAX];
};

/* Processors that are there now; at least 1. */
size_t hl_cpus(void);

/*
 * Start up to n threads on fn(arg).  Signals stay with those that were there
 * before.  Fewer, even none, may start; p->n says.
 */
void hl_pool_start(struct hl_pool *p, size_t n, void *(*fn)(void *arg),
                   void *arg);
/* All have been told to end. */
void hl_pool_join(struct hl_pool *p);

#endif
