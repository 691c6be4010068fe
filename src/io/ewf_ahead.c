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
 * it, another one meanwhile.  One reader at a time; others go the way of single
 * chunks, and so do all short reads of what is not in the ring: the last two
 * batches stay in it, for who reads twice (shadow copies).
 *
 * The bytes are the same by either way, and how they came out is kept with
 * them.  Without memory, threads or a second processor there is no ring.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "io/ewf_ring.h"
#include "io/note.h"

/* Less than this in one go is not worth a thread. */
#define WORTH_IT (1u << 20)

void hl_ewf_ahead_advise(struct ewf *e, uint64_t off, uint64_t len)
{
	struct ewf_ahead *a = e->ahead;

	if (!a)
		return;
	pthread_mutex_lock(&a->advised_lock);
	a->advised[a->next_advised++ % EWF_MAX_ADVISED] =
		(struct stretch){ off, off + len };
	pthread_mutex_unlock(&a->advised_lock);
}

/* The end of the stretch that somebody reads in order, or off. */
static uint64_t advised_end(struct ewf_ahead *a, uint64_t off)
{
	uint64_t end = off;

	pthread_mutex_lock(&a->advised_lock);
	for (size_t i = 0; i < EWF_MAX_ADVISED; i++)
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
	/* a ring has blocks: NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
	return &a->block[batch % a->n];
}

/* Ask for [batch, end), as far as the ring goes.  Locked. */
static void want(struct ewf_ahead *a, uint64_t batch, uint64_t end)
{
	bool more = false;

	end = min_u64(end, batch + a->n - EWF_KEPT);
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
		mine = b->state == BUSY ? hl_ewf_ring_lowest(a) : b;
		if (!mine) {
			pthread_cond_wait(&a->done, &a->lock);
			continue;
		}
		if (mine == b)
			b->batch = batch;
		hl_ewf_ring_make(a, mine, a->own);
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

/* The block of a batch when it has been made, or NULL. */
static const struct block *made(const struct ewf_ahead *a, uint64_t batch)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->block[i].batch == batch && a->block[i].state == READY)
			return &a->block[i];
	return NULL;
}

/* Are the batches of [off, end) in the ring?  Who reads alone may ask. */
static bool at_hand(struct ewf_ahead *a, uint64_t off, uint64_t end)
{
	bool yes = true;

	pthread_mutex_lock(&a->lock);
	for (uint64_t k = off / a->batch_bytes; yes && k * a->batch_bytes < end;
	     k++)
		yes = made(a, k) != NULL;
	pthread_mutex_unlock(&a->lock);
	return yes;
}

/* What was read before; where a reader is in order is not changed by it. */
static enum hl_status read_again(struct ewf_ahead *a, uint64_t off,
                                 uint8_t *buf, size_t len,
                                 struct hl_ranges *bad)
{
	if (!at_hand(a, off, off + len))
		return HL_END;
	while (len) {
		size_t from = (size_t)(off % a->batch_bytes);
		size_t n = (size_t)min_u64(a->batch_bytes - from, len);

		/* only this reader has blocks made anew */
		pthread_mutex_lock(&a->lock);
		const struct block *b = made(a, off / a->batch_bytes);
		pthread_mutex_unlock(&a->lock);
		if (!b)
			return HL_END;
		memcpy(buf, b->data + from, n);
		add_bad(a, b, off, n, bad);
		off += n;
		buf += n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status read_long(struct ewf_ahead *a, uint64_t off,
                                uint8_t *buf, size_t len,
                                struct hl_ranges *bad)
{
	uint64_t ahead;

	/* a second look at what was just read leaves its reader in order */
	if (off + len <= a->next && a->next - off < WORTH_IT)
		return HL_END;
	ahead = horizon(a, off, len);
	if (ahead - off < WORTH_IT)
		return HL_END;
	if (!a->refused && !a->pool.n)
		a->refused = !hl_ewf_ring_start(a);
	if (a->refused || !a->pool.n)
		return HL_END;
	return read_all(a, off, buf, len, ahead, bad);
}

enum hl_status hl_ewf_ahead_read(struct ewf *e, uint64_t off, uint8_t *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct ewf_ahead *a = e->ahead;
	enum hl_status st = HL_END;
	bool is_short = len < 2ull * e->chunk_size;

	if (!a || pthread_mutex_trylock(&a->user) != 0)
		return HL_END;
	if (is_short || off != a->next)
		st = read_again(a, off, buf, len, bad);
	if (st == HL_END && !is_short)
		st = read_long(a, off, buf, len, bad);
	pthread_mutex_unlock(&a->user);
	return st;
}
