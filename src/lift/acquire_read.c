/*
 * acquire_read.c: bytes of the source.  It shrinks its reads by itself until
 * only bad sectors are left; those are tried again, and then they are zeros.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/acquire_impl.h"

#define SECTOR 512
/* so small that every sector of it can be a stretch of its own */
#define SURE ((size_t)HL_RANGES_MAX / 2 * SECTOR)

void hl_acquire_tell(struct acquire *q, uint64_t off)
{
	const struct hl_acquired *a = q->a;

	for (; q->told < a->n_bad; q->told++) {
		const struct hl_acquire_bad *b = &a->bad[q->told];
		struct hl_at at = { q->ctx, q->src, b->off, "acquire" };
		if (b->off + b->len >= off)
			break;
		if (q->told < HL_MAX_ACQUIRE_SAID)
			hl_warn(&at, "%llu bytes cannot be read: zeros in the "
			        "copy", (unsigned long long)b->len);
		else if (q->told == HL_MAX_ACQUIRE_SAID)
			hl_warn(&at, "more that cannot be read: not said one "
			        "by one");
	}
}

enum hl_status hl_acquire_lost(struct acquire *q, uint64_t off, uint64_t len)
{
	struct hl_acquired *a = q->a;
	struct hl_acquire_bad *last = a->n_bad ? &a->bad[a->n_bad - 1] : NULL;
	enum hl_status st;

	if (last && last->off + last->len == off) {
		last->len += len;
		a->bad_bytes += len;
		return HL_OK;
	}
	st = hl_grow(q->ctx, (void **)&a->bad, &a->cap_bad, a->n_bad,
	             sizeof(*a->bad), HL_MAX_ACQUIRE_BAD);
	if (st == HL_LIMIT && last) {
		/* too much rather than too little is called bad */
		if (!q->full)
			hl_warn(&(struct hl_at){ q->ctx, q->src, off,
			                         "acquire" },
			        "more than %u bad stretches: from here on "
			        "what lies between them is called bad too",
			        HL_MAX_ACQUIRE_BAD);
		q->full = true;
		a->bad_bytes += off + len - (last->off + last->len);
		last->len = off + len - last->off;
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	a->bad[a->n_bad++] = (struct hl_acquire_bad){ off, len };
	a->bad_bytes += len;
	hl_acquire_tell(q, off);
	return HL_OK;
}

static size_t unit_of(const struct acquire *q)
{
	uint32_t sector = hl_src_sector_size(q->src);

	return sector ? sector : SECTOR;
}

/* One sector, some times more.  true: it was read after all */
static bool again(struct acquire *q, uint64_t off, uint8_t *buf, size_t n)
{
	for (uint64_t i = 0; i < q->o->retries; i++) {
		if (hl_cancelled(q->ctx))
			return false;
		if (hl_src_read(q->src, off, buf, n, NULL) == HL_OK)
			return true;
	}
	memset(buf, 0, n);
	return false;
}

static enum hl_status settle(struct acquire *q, const struct hl_range *r,
                             uint64_t base, uint8_t *buf)
{
	uint64_t off = r->off, end = r->off + r->len;
	enum hl_status st = HL_OK;

	if (!q->o->retries)
		return hl_acquire_lost(q, r->off, r->len);
	while (off < end && st == HL_OK) {
		size_t unit = unit_of(q);
		size_t n = (size_t)min_u64(unit - off % unit, end - off);
		if (!again(q, off, buf + (off - base), n))
			st = hl_acquire_lost(q, off, n);
		off += n;
	}
	return st;
}

static enum hl_status piece(struct acquire *q, uint64_t off, uint8_t *buf,
                            size_t n, bool *crowded)
{
	struct hl_ranges bad;
	enum hl_status st;

	*crowded = false;
	hl_ranges_clear(&bad);
	st = hl_src_read(q->src, off, buf, n, &bad);
	if (st != HL_OK)
		return st;
	if (bad.overflow && n > SURE) {
		*crowded = true;
		return HL_OK;
	}
	for (size_t i = 0; i < bad.n && st == HL_OK; i++)
		st = settle(q, &bad.r[i], off, buf);
	return st;
}

enum hl_status hl_acquire_read(struct acquire *q, uint64_t off, uint8_t *buf,
                               size_t n)
{
	bool crowded;
	enum hl_status st = piece(q, off, buf, n, &crowded);

	for (size_t i = 0; crowded && i < n && st == HL_OK; i += SURE) {
		bool no;
		st = piece(q, off + i, buf + i, (size_t)min_u64(SURE, n - i),
		           &no);
	}
	return st;
}
