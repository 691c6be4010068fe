/*
 * ewf_ring.h: the ring of batches of ewf_ahead.c, and who fills it
 * (ewf_ring.c).
 */
#ifndef HL_EWF_RING_H
#define HL_EWF_RING_H

#include "io/ewf_impl.h"
#include "io/ewf_unpack.h"
#include "io/pool.h"

#define EWF_MAX_ADVISED 16
#define EWF_KEPT 2 /* batches behind the reader */
#define EWF_NO_BATCH UINT64_MAX

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
	struct stretch advised[EWF_MAX_ADVISED];
	unsigned next_advised;

	pthread_mutex_t lock; /* of what follows, but for BUSY blocks' data */
	pthread_cond_t work, done;
	bool stop;
	size_t n, n_workers, next_worker;
	struct block *block;
	struct ewf_worker *worker[HL_POOL_MAX];
	struct hl_pool pool;
};

/* Blocks, workers and threads; false: there is to be no ring. */
bool hl_ewf_ring_start(struct ewf_ahead *a);
/* Makes a block.  Locked when called and after, not between. */
void hl_ewf_ring_make(struct ewf_ahead *a, struct block *b,
                      struct ewf_worker *w);
/* The lowest batch that is wanted and nobody is at, or NULL.  Locked. */
struct block *hl_ewf_ring_lowest(struct ewf_ahead *a);

#endif
