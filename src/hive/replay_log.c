/* replay_log.c: one log of a hive: can its header be trusted? */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "io/note.h"
#include "hive/replay.h"

enum hl_status hl_replay_read(struct hl_src *src, uint64_t off, void *buf,
                              size_t n, bool *sound)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(src, off, buf, n, &bad);
	*sound = st == HL_OK && bad.bytes == 0;
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* The mark behind the header decides the format, the type has to agree. */
static enum replay_use judge(const struct replay_log *log, const uint8_t *p,
                             const char **fault)
{
	const uint8_t *mark = p + HIVE_BASE_USED;
	bool old = memcmp(mark, "DIRT", 4) == 0;
	bool new = memcmp(mark, "HvLE", 4) == 0;
	bool old_type = log->base.type == 1 || log->base.type == 2;

	*fault = NULL;
	if (!log->base.signature) {
		*fault = "its header is destroyed";
		return old || new ? REPLAY_BROKEN : REPLAY_NOTHING;
	}
	*fault = hl_hive_log_fault(span_of(p, HIVE_BASE_USED));
	if (*fault)
		return REPLAY_BROKEN;
	if (!old && !new && all_zero(mark, 4))
		return REPLAY_NOTHING;
	if (!old && !new)
		*fault = old_type ? "its mark DIRT is destroyed" :
		                    "its mark HvLE is destroyed";
	else if (old != old_type)
		*fault = "its type and its format do not agree";
	if (*fault)
		return REPLAY_BROKEN;
	return old ? REPLAY_OLD : REPLAY_NEW;
}

enum hl_status hl_replay_log_load(struct replay *r, size_t i,
                                  const struct hl_replay_log *given)
{
	struct replay_log *log = &r->log[i];
	uint8_t p[HIVE_BASE_USED + 4] = { 0 };
	uint64_t size = hl_src_size(given->src);
	size_t n = (size_t)min_u64(size, sizeof(p));
	bool sound = true;

	*log = (struct replay_log){ .src = given->src, .index = i,
		.name = given->name ? given->name : "log",
		.size = min_u64(size, HL_MAX_HIVE_LOG) };
	if (hl_cancelled(r->ctx))
		return HL_CANCELLED;
	if (n) {
		enum hl_status st = hl_replay_read(log->src, 0, p, n, &sound);
		if (st != HL_OK)
			return st;
	}
	memcpy(log->head, p, sizeof(log->head));
	if (!sound) {
		log->use = REPLAY_BROKEN;
		log->fault = "its header cannot be read";
	} else if (!all_zero(p, sizeof(p))) {
		if (hl_base_block_decode(p, HIVE_BASE_USED, &log->base) !=
		    HL_OK)
			log->base.signature = false;
		log->use = judge(log, p, &log->fault);
	}
	if (size > log->size)
		hl_warn(&(struct hl_at){ r->ctx, log->src, log->size,
		                         log->name },
		        "only the first %llu bytes of the log are looked at",
		        (unsigned long long)log->size);
	return HL_OK;
}
