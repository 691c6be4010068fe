/*
 * zstd.h: Zstandard frames from memory to memory, by libzstd where the build
 * has it.  For one thread at a time.
 */
#ifndef HL_ZSTD_H
#define HL_ZSTD_H

#include "base/span.h"
#include "hivelift/ctx.h"

/* Is it there? */
bool hl_zstd_has(void);

struct hl_zstd;
/* HL_OK, HL_NOMEM, HL_UNSUPPORTED (left out) */
enum hl_status hl_zstd_new(struct hl_zstd **out,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_zstd_free(struct hl_zstd *z); /* NULL is fine */

/*
 * Frames at the start of `in` until all of `out` is filled; what lies behind
 * does not matter.  false: broken, or of fewer bytes.
 */
bool hl_zstd_fill(struct hl_zstd *z, struct span in, uint8_t *out,
                  size_t want) HL_MUST_CHECK;

#endif
