/*
 * acquire.c: one pass over a medium:
 *
 *	read a block -> digests, each in a thread -> written, or compressed
 *	                                            in threads and written
 *
 * A block is in memory once for reader, digests and raw writer.
 */
#include <string.h>
#include <time.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "lift/acquire_impl.h"

#define SAVE_SECONDS 30 /* what a power cut may cost */

/* of two headers: NOLINTNEXTLINE(misc-redundant-expression) */
_Static_assert(HL_HASHERS_ROOM == HL_PACKER_ROOM, "one block of both");

/* One stretch of a block, of one status in the map of the run before. */
static enum hl_status stretch(struct acquire *q, char status, uint64_t off,
                              uint8_t *p, size_t n)
{
	enum hl_status st;

	if (status == '+' && hl_acquire_back(q, off, p, n) == HL_OK) {
		q->a->resumed += n;
		return HL_OK;
	}
	if (status == '-' && !q->o->retries) {
		memset(p, 0, n);
		st = hl_acquire_lost(q, off, n);
	} else {
		st = hl_acquire_read(q, off, p, n);
	}
	return st == HL_OK ? hl_acquire_write(q, off, p, n) : st;
}

static enum hl_status go_on(struct acquire *q, uint8_t *buf, size_t n)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < n && st == HL_OK;) {
		uint64_t off = q->a->done + i, len;
		char status = hl_acquire_status(q, off, &len);
		size_t k = (size_t)min_u64(len, n - i);
		st = stretch(q, status, off, buf + i, k);
		i += k;
	}
	if (st == HL_OK)
		hl_hashers_feed(q->hashers, n);
	return st;
}

static enum hl_status block(struct acquire *q, size_t n)
{
	uint8_t *buf = hl_hashers_room(q->hashers);
	enum hl_status st;

	if (q->continues)
		return go_on(q, buf, n);
	st = hl_acquire_read(q, q->a->done, buf, n);
	if (st != HL_OK)
		return st;
	hl_hashers_feed(q->hashers, n); /* which only read it */
	return hl_acquire_write(q, q->a->done, buf, n);
}

/* The map is written before, now and then, and after a copy. */
static enum hl_status save(struct acquire *q, bool now)
{
	int64_t t = (int64_t)time(NULL);
	enum hl_status st;

	if (q->ewf || q->o->device >= 0 ||
	    (!now && t >= q->saved && t - q->saved < SAVE_SECONDS))
		return HL_OK;
	st = hl_outset_sync(q->out);
	if (st == HL_OK)
		st = hl_acquire_map_write(q);
	q->saved = (int64_t)time(NULL);
	return st;
}

static enum hl_status copy(struct acquire *q)
{
	struct hl_acquired *a = q->a;
	enum hl_status st = save(q, true);

	hl_src_advise(q->src, 0, a->size, HL_ADVISE_SEQUENTIAL);
	while (st == HL_OK && a->done < a->size) {
		size_t n = (size_t)min_u64(HL_HASHERS_ROOM,
		                           a->size - a->done);
		if (hl_cancelled(q->ctx))
			return HL_CANCELLED;
		hl_progress(q->ctx, HL_PHASE_DISK_DATA, "acquire", a->done,
		            a->size);
		st = block(q, n);
		if (st != HL_OK)
			break;
		a->done += n;
		hl_acquire_tell(q, a->done);
		st = save(q, false);
	}
	return st;
}

/* What was seen of a block that was not finished is not kept. */
static void forget_block(struct hl_acquired *a)
{
	while (a->n_bad && a->bad[a->n_bad - 1].off >= a->done)
		a->bad_bytes -= a->bad[--a->n_bad].len;
	if (!a->n_bad)
		return;
	struct hl_acquire_bad *last = &a->bad[a->n_bad - 1];
	if (last->off + last->len > a->done) {
		a->bad_bytes -= last->off + last->len - a->done;
		last->len = a->done - last->off;
	}
}

static enum hl_status end(struct acquire *q)
{
	enum hl_status st;

	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (q->kinds & 1u << k)
			hl_hashers_final(q->hashers, (enum hl_hash_kind)k,
			                 q->a->hash[k]);
	hl_acquire_tell(q, UINT64_MAX);
	st = hl_acquire_finish(q);
	if (st != HL_OK)
		return st;
	q->a->map = q->a->n_bad && q->o->device < 0;
	if (q->a->map)
		return hl_acquire_map_write(q);
	hl_acquire_map_remove(q);
	return HL_OK;
}

/* Half a copy: kept with its map, or not at all. */
static void undo(struct acquire *q)
{
	bool keep = q->o->resume || q->o->keep;

	forget_block(q->a);
	hl_acquire_tell(q, UINT64_MAX);
	if (q->o->device >= 0)
		return;
	if (keep && !q->ewf && save(q, true) == HL_OK) {
		q->a->kept = q->a->map = true;
		return;
	}
	if (q->o->resume)
		return;
	hl_outset_remove(q->out);
	hl_acquire_map_remove(q);
}

static enum hl_status acquire(struct acquire *q)
{
	struct hl_acquired *a = q->a;
	const struct hl_acquire_opts *o = q->o;
	enum hl_status st;

	*a = (struct hl_acquired){ .size = hl_src_size(q->src),
		.sector_size = hl_src_sector_size(q->whole) };
	if (o->format == HL_ACQUIRE_EWF)
		q->kinds |= 1u << HL_VERIFY_MD5;
	st = hl_hashers_new(&q->hashers, q->kinds, q->ctx);
	if (st == HL_OK)
		st = hl_acquire_begin(q);
	if (st == HL_OK) {
		st = copy(q);
		if (st == HL_OK)
			st = end(q);
		if (st != HL_OK)
			undo(q);
	} else if (!o->resume && q->out) {
		hl_outset_remove(q->out);
	}
	hl_acquire_free(q);
	return st;
}

enum hl_status hl_acquire(struct hl_acquired *a, struct hl_src *source,
                          const struct hl_acquire_opts *o,
                          const struct hl_ctx *ctx)
{
	struct acquire q = { .a = a, .whole = source, .src = source, .o = o,
		             .ctx = ctx, .kinds = o->hashes };
	struct hl_src *part = NULL;
	enum hl_status st = HL_OK;

	*a = (struct hl_acquired){ .size = 0 };
	if (o->len)
		st = hl_src_window(&part, source, o->from, o->len, ctx);
	if (part)
		q.src = part;
	if (st == HL_OK)
		st = acquire(&q);
	hl_src_close(part);
	return st;
}

void hl_acquired_free(struct hl_acquired *a, const struct hl_ctx *ctx)
{
	hl_free(ctx, a->bad);
	a->bad = NULL;
	a->n_bad = a->cap_bad = 0;
}
