/*
 * carve_log.c: log entries and old logs where no file is known to be.  The
 * rules are those of the replay: both hashes right, every page inside.
 */
#include "base/banned.h"
#include "base/mem.h"
#include "hive/carve.h"
#include "hive/replay.h"

static enum hl_status begin(struct replay **out, struct hl_src *src,
                            const struct hl_ctx *ctx)
{
	struct replay *r = hl_zalloc(ctx, sizeof(*r));

	*out = NULL;
	if (!r)
		return HL_NOMEM;
	r->ctx = ctx;
	r->buf = hl_alloc(ctx, REPLAY_BUF);
	r->log[0].src = src;
	r->log[0].size = hl_src_size(src);
	*out = r;
	return r->buf ? HL_OK : HL_NOMEM;
}

static void end(struct replay *r, const struct hl_ctx *ctx)
{
	if (r)
		hl_free(ctx, r->buf);
	hl_free(ctx, r);
}

enum hl_status hl_carve_entry(struct hl_src *src, uint64_t off,
                              const struct hl_ctx *ctx,
                              struct hive_log_entry *out)
{
	struct replay *r;
	const char *why;
	enum hl_status st = begin(&r, src, ctx);

	if (st == HL_OK)
		st = hl_replay_entry_head(r, &r->log[0], off, out);
	if (st == HL_OK)
		st = hl_replay_entry_verify(r, &r->log[0], off, out, &why);
	end(r, ctx);
	return st == HL_CORRUPT ? HL_END : st;
}

/* Its header stands in r->log[0] when the answer is HL_OK. */
static enum hl_status old_header(struct replay *r, uint8_t *p)
{
	struct replay_log *log = &r->log[0];
	bool sound;
	enum hl_status st;

	if (log->size < HIVE_BASE_USED + HIVE_SECTOR)
		return HL_END;
	st = hl_replay_read(log->src, 0, p, HIVE_BASE_USED + 4, &sound);
	if (st != HL_OK)
		return st;
	if (hl_hive_log_fault(span_of(p, HIVE_BASE_USED)) ||
	    le32_at(p + HIVE_BASE_USED) != 0x54524944) /* "DIRT" */
		return HL_END;
	return hl_base_block_decode(p, HIVE_BASE_USED, &log->base);
}

enum hl_status hl_carve_dirt(struct hl_src *src, uint64_t off,
                             const struct hl_ctx *ctx, uint64_t *size)
{
	uint8_t p[HIVE_BASE_USED + 4];
	struct hl_src *window;
	struct replay *r = NULL;
	uint64_t set, held;
	enum hl_status st = hl_src_window(&window, src, off,
	                                  hl_src_size(src) - off, ctx);

	if (st != HL_OK)
		return st;
	st = begin(&r, window, ctx);
	if (st == HL_OK)
		st = old_header(r, p);
	if (st == HL_OK)
		st = hl_replay_sectors(r, &r->log[0], false, &set, &held);
	if (st == HL_OK) {
		uint64_t n = r->log[0].base.bins_size / HIVE_PAGE;

		*size = (HIVE_SECTOR + 4 + n + HIVE_SECTOR - 1) /
		        HIVE_SECTOR * HIVE_SECTOR + held * HIVE_SECTOR;
		if (!set || held != set)
			st = HL_END;
	}
	end(r, ctx);
	hl_src_close(window);
	return st == HL_CORRUPT ? HL_END : st;
}
