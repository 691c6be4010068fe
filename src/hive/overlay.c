/*
 * overlay.c: one place for each sector of 512 bytes of the bins, in leaves
 * that exist only where something was painted:
 *
 *	leaf[i] -> 64 sectors, 32 KiB of bins
 *	place 0: the hive; else 1 << 63 | log << 48 | offset in the log
 *
 *	0       512       4096                      hive's end      4096 + bins
 *	| head  | the hive's  | logs or hive        | logs or zeros |
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hive/overlay.h"
#include "io/src_impl.h"

#define LEAF 64u               /* sectors */
#define PLACED (UINT64_C(1) << 63)
#define LOG_SHIFT 48
#define MAX_BINS (UINT64_C(1) << 32)
#define MAX_STRETCH 16384u     /* sectors of one extent: 8 MiB */

struct hl_overlay {
	struct hl_src src;
	struct hl_src *hive, *head;
	struct hl_src *log[HL_REPLAY_LOGS];
	uint64_t hive_size;
	uint64_t **leaf;
	size_t n_leaf;
};

enum hl_status hl_overlay_new(struct hl_overlay **out, struct hl_src *hive,
                              const struct hl_replay_log *logs, size_t n,
                              const struct hl_ctx *ctx)
{
	struct hl_overlay *o = hl_zalloc(ctx, sizeof(*o));

	*out = o;
	if (!o)
		return HL_NOMEM;
	o->src.ctx = ctx;
	o->hive = hive;
	o->hive_size = hive ? hl_src_size(hive) : 0;
	for (size_t i = 0; i < n; i++)
		o->log[i] = logs[i].src;
	return HL_OK;
}

void hl_overlay_free(struct hl_overlay *o)
{
	if (!o)
		return;
	hl_src_close(o->head);
	for (size_t i = 0; i < o->n_leaf; i++)
		hl_free(o->src.ctx, o->leaf[i]);
	hl_free(o->src.ctx, o->leaf);
	hl_free(o->src.ctx, o);
}

/* At least i + 1 leaves; the table doubles, 1 MiB is all it can be. */
static enum hl_status reserve(struct hl_overlay *o, size_t i)
{
	size_t n = o->n_leaf ? o->n_leaf : 16;

	if (i < o->n_leaf)
		return HL_OK;
	while (n <= i)
		n *= 2;
	uint64_t **p = hl_realloc(o->src.ctx, o->leaf, n * sizeof(*p));
	if (!p)
		return HL_NOMEM;
	memset(p + o->n_leaf, 0, (n - o->n_leaf) * sizeof(*p));
	o->leaf = p;
	o->n_leaf = n;
	return HL_OK;
}

enum hl_status hl_overlay_paint(struct hl_overlay *o, uint64_t bins_off,
                                uint64_t len, size_t log, uint64_t log_off)
{
	if (bins_off % HIVE_SECTOR || len % HIVE_SECTOR || len > MAX_BINS ||
	    bins_off > MAX_BINS - len || log_off >> LOG_SHIFT)
		return HL_RANGE;
	for (uint64_t at = 0; at < len; at += HIVE_SECTOR) {
		uint64_t sector = (bins_off + at) / HIVE_SECTOR;
		size_t i = (size_t)(sector / LEAF);
		enum hl_status st = reserve(o, i);
		if (st != HL_OK)
			return st;
		if (!o->leaf[i])
			o->leaf[i] = hl_zalloc(o->src.ctx,
			                       LEAF * sizeof(**o->leaf));
		if (!o->leaf[i])
			return HL_NOMEM;
		o->leaf[i][sector % LEAF] = PLACED |
			(uint64_t)log << LOG_SHIFT | (log_off + at);
	}
	return HL_OK;
}

static uint64_t place(const struct hl_overlay *o, uint64_t sector)
{
	uint64_t i = sector / LEAF;

	if (i >= o->n_leaf || !o->leaf[i])
		return 0;
	return o->leaf[i][sector % LEAF];
}

uint64_t hl_overlay_painted(const struct hl_overlay *o, uint64_t end)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < o->n_leaf; i++)
		for (uint64_t k = 0; o->leaf[i] && k < LEAF; k++)
			if (o->leaf[i][k] &&
			    (i * LEAF + k) * HIVE_SECTOR < end)
				n += HIVE_SECTOR;
	return n;
}

/* Sectors from the first on that continue its place, or all of the hive's. */
static uint64_t stretch(const struct hl_overlay *o, uint64_t sector)
{
	uint64_t first = place(o, sector), n = 1;

	while (n < MAX_STRETCH) {
		uint64_t want = first ? first + n * HIVE_SECTOR : 0;
		if (place(o, sector + n) != want)
			break;
		n++;
	}
	return n;
}

/* What the hive has there, or zeros behind its end. */
static void from_hive(const struct hl_overlay *o, uint64_t end,
                      struct hl_extent *out)
{
	bool has = out->off < o->hive_size;

	out->what = has ? HL_WHAT_DATA : HL_WHAT_SPARSE;
	out->in = has ? o->hive : NULL;
	out->in_off = has ? out->off : 0;
	if (has && end > o->hive_size)
		end = o->hive_size;
	out->len = end - out->off;
}

static enum hl_status overlay_map(struct hl_src *src, uint64_t off,
                                  struct hl_extent *out)
{
	const struct hl_overlay *o = (const struct hl_overlay *)src;
	uint64_t at = off - off % HIVE_SECTOR;

	memset(out, 0, sizeof(*out));
	out->off = off;
	if (off < HIVE_BASE_USED) {
		*out = (struct hl_extent){ .len = HIVE_BASE_USED,
			                   .in = o->head };
	} else if (off < HIVE_BASE_SIZE) {
		from_hive(o, HIVE_BASE_SIZE, out);
	} else {
		uint64_t sector = (at - HIVE_BASE_SIZE) / HIVE_SECTOR;
		uint64_t p = place(o, sector);
		uint64_t end = at + stretch(o, sector) * HIVE_SECTOR;
		if (p) {
			out->off = at;
			out->len = end - at;
			out->in = o->log[(p & ~PLACED) >> LOG_SHIFT];
			out->in_off = p & ((UINT64_C(1) << LOG_SHIFT) - 1);
		} else {
			from_hive(o, end, out);
		}
	}
	if (out->len > src->size - out->off)
		out->len = src->size - out->off;
	out->in_len = out->in ? out->len : 0;
	return HL_OK;
}

static void overlay_close(struct hl_src *src)
{
	hl_overlay_free((struct hl_overlay *)src);
}

static const struct hl_src_ops overlay_ops = {
	.read = hl_src_read_mapped,
	.map = overlay_map,
	.close = overlay_close,
};

enum hl_status hl_overlay_finish(struct hl_overlay *o,
                                 const uint8_t head[HIVE_BASE_USED],
                                 uint64_t bins_size, struct hl_src **out)
{
	const char *name = o->hive ? hl_src_name(o->hive) : "orphaned logs";
	uint64_t size = max_u64(HIVE_BASE_SIZE + bins_size, o->hive_size);
	enum hl_status st = hl_src_mem(&o->head, head, HIVE_BASE_USED, true,
	                               o->src.ctx);

	*out = NULL;
	if (st != HL_OK) {
		hl_overlay_free(o);
		return st;
	}
	hl_src_init(&o->src, &overlay_ops, o->src.ctx, name, size, 0);
	*out = &o->src;
	return HL_OK;
}
