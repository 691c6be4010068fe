/*
 * mem.h: every allocation of the library goes through here, so that it can
 * be counted (hl_stats.mem_*), bounded (hl_limits.max_memory) and made to
 * fail in tests (hl_ctx.realloc).  A block remembers its size.
 */
#ifndef HL_MEM_H
#define HL_MEM_H

#include "hivelift/ctx.h"

/* NULL when out of memory or over the limit.  n == 0 gives a valid block. */
void *hl_alloc(const struct hl_ctx *ctx, size_t n);
void *hl_zalloc(const struct hl_ctx *ctx, size_t n);
/* n * size with the product checked. */
void *hl_alloc_array(const struct hl_ctx *ctx, size_t n, size_t size);
/* p stays valid when NULL comes back. */
void *hl_realloc(const struct hl_ctx *ctx, void *p, size_t n);
void hl_free(const struct hl_ctx *ctx, void *p);
char *hl_strdup(const struct hl_ctx *ctx, const char *s);
char *hl_asprintf(const struct hl_ctx *ctx, const char *fmt, ...)
	HL_PRINTF(2, 3);

/*
 * Make room for one more in an array that doubles: *cap elements of `size`
 * bytes, n used, never more than max.  HL_OK, HL_NOMEM, HL_LIMIT
 */
enum hl_status hl_grow(const struct hl_ctx *ctx, void **array, size_t *cap,
                       size_t n, size_t size, size_t max) HL_MUST_CHECK;

#endif
