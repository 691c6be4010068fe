/*
 * carve_talk.c: what the cells of a hive say of one another: every reference
 * is looked up, and the caller told whether a cell in use, of the right kind,
 * begins just there.  In another hive it hardly ever does: there are
 * thousands of places and few of them begin a cell.
 */
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/carve_talk.h"
#include "base/banned.h"

#define NEAR (64u << 10) /* window of the bins that are walked */
#define FAR (8u << 10)   /* of those that are asked for one cell */
#define LOOK 512u        /* bytes of a cell that are listened to */

static uint64_t in_src(const struct carve_talk *t, uint64_t hive)
{
	return t->bins_at + (hive - t->first);
}

/* ---- the bins ------------------------------------------------------------ */

static enum hl_status index_bins(struct carve_talk *t)
{
	const size_t head = sizeof(struct hive_bin_disk);
	uint64_t at = t->first;
	struct hive_bin b;

	while (at < t->end) {
		const uint8_t *p = hl_carve_peek(&t->far, in_src(t, at), head);

		if (!p || !hl_carve_bin(span_of(p, head), &b) ||
		    b.offset != at)
			break;
		enum hl_status st = hl_grow(t->near.ctx, (void **)&t->bin,
		                            &t->cap, t->n, sizeof(*t->bin),
		                            UINT32_MAX / HIVE_PAGE);
		if (st != HL_OK)
			return st;
		t->bin[t->n++] = (uint32_t)at;
		at += b.size;
	}
	return t->far.failed;
}

size_t hl_carve_bin_of(const struct carve_talk *t, uint64_t at)
{
	size_t lo = 0, hi = t->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->bin[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static uint64_t bin_end(const struct carve_talk *t, size_t i)
{
	return i + 1 < t->n ? t->bin[i + 1] : t->end;
}

/* ---- one word ------------------------------------------------------------ */

/* Does a cell in use of that kind begin there? */
static bool holds(struct carve_talk *t, const struct hl_carve_ref *ref)
{
	size_t i = hl_carve_bin_of(t, ref->to);
	uint64_t at = t->bin[i] + sizeof(struct hive_bin_disk);
	uint64_t end = bin_end(t, i);
	uint32_t size = 0;
	bool used = false;

	while (at <= ref->to) {
		const uint8_t *p = hl_carve_peek(&t->far, in_src(t, at), 8);

		if (!p || !hl_carve_cell(p, end - at, &size, &used))
			return false;
		if (at == ref->to)
			return used && hl_carve_is(span_of(p + 4, 4),
			                           ref->kind);
		at += size;
	}
	return false;
}

static void weigh(struct carve_talk *t, uint64_t at,
                  const struct hl_carve_ref *ref)
{
	if (ref->to >= t->bin[0] && ref->to < t->end &&
	    t->wanted(t, at, ref->to))
		t->word(t, at, ref->to, holds(t, ref));
}

/* A list says where its cells are as much as a key does. */
static void listen_list(struct carve_talk *t, const struct hl_carve_ref *list)
{
	size_t n = (size_t)min_u64(list->n, LOOK / 4);

	if (list->to < t->bin[0] || list->to >= t->end ||
	    !holds(t, list))
		return;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = hl_carve_peek(&t->far, in_src(t, list->to) +
		                                 4 + 4 * i, 4);
		struct hl_carve_ref ref = { .kind = list->item };

		if (!p)
			return;
		ref.to = le32_at(p);
		weigh(t, list->to, &ref);
	}
}

static void listen(struct carve_talk *t, uint64_t at, struct span cell)
{
	struct hl_carve_refs it = { .cell = cell };
	struct hl_carve_ref ref;

	while (hl_carve_ref_next(&it, &ref)) {
		weigh(t, at, &ref);
		if (ref.n)
			listen_list(t, &ref);
	}
}

/* Every cell in use of one bin. */
void hl_carve_walk(struct carve_talk *t, size_t i)
{
	uint64_t at = t->bin[i] + sizeof(struct hive_bin_disk);
	uint64_t end = bin_end(t, i);

	while (at < end) {
		const uint8_t *p = hl_carve_peek(&t->near, in_src(t, at), 4);
		uint32_t size;
		bool used;

		if (!p || !hl_carve_cell(p, end - at, &size, &used))
			return;
		size_t n = (size_t)min_u64(size, LOOK);
		p = used ? hl_carve_peek(&t->near, in_src(t, at), n) : NULL;
		if (p)
			listen(t, at, span_of(p + 4, n - 4));
		at += size;
	}
}

enum hl_status hl_carve_talk_open(struct carve_talk *t, struct hl_src *src,
                                  uint64_t bins_at, uint64_t bin_off,
                                  uint64_t end, const struct hl_ctx *ctx)
{
	t->bins_at = bins_at;
	t->first = bin_off;
	t->end = end;
	t->ctx = ctx;
	t->buf = hl_alloc(ctx, NEAR + FAR);
	if (!t->buf)
		return HL_NOMEM;
	hl_carve_in(&t->near, src, t->buf, NEAR, ctx);
	hl_carve_in(&t->far, src, t->buf + NEAR, FAR, ctx);
	return index_bins(t);
}

enum hl_status hl_carve_talk_close(struct carve_talk *t, enum hl_status st)
{
	if (st == HL_OK)
		st = t->near.failed ? t->near.failed : t->far.failed;
	hl_free(t->ctx, t->bin);
	hl_free(t->ctx, t->buf);
	return st;
}
