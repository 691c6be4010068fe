/*
 * note.h: saying what was seen.  One line emits and returns:
 *
 *	return hl_fail(&(struct hl_at){ctx, src, off, "MFT record"},
 *	               HL_CORRUPT, "signature is %08x", sig);
 */
#ifndef HL_NOTE_H
#define HL_NOTE_H

#include "hivelift/src.h"

/* Where a note belongs.  src may be NULL, off may be HL_NO_OFFSET. */
struct hl_at {
	const struct hl_ctx *ctx;
	struct hl_src *src;
	uint64_t off;
	const char *what; /* the structure's name */
};

/* HL_FAILED: this object cannot be had.  Returns st. */
enum hl_status hl_fail(const struct hl_at *at, enum hl_status st,
                       const char *fmt, ...) HL_PRINTF(3, 4);
/* HL_LOSS: damage, a second copy used; the work goes on. */
void hl_warn(const struct hl_at *at, const char *fmt, ...) HL_PRINTF(2, 3);
/* HL_INFO: worth knowing, nothing lost. */
void hl_say(const struct hl_at *at, const char *fmt, ...) HL_PRINTF(2, 3);

/* True when the caller asked to stop. */
static inline bool hl_cancelled(const struct hl_ctx *ctx)
{
	return ctx->cancelled && ctx->cancelled(ctx->user);
}

void hl_progress(const struct hl_ctx *ctx, enum hl_phase phase,
                 const char *what, uint64_t done, uint64_t total);

/* Add to a counter of hl_stats; safe from several threads. */
#define HL_COUNT(ctx, field, n) \
	do { \
		if ((ctx)->stats) \
			__atomic_fetch_add(&(ctx)->stats->field, \
			                   (uint64_t)(n), __ATOMIC_RELAXED); \
	} while (0)

#endif
