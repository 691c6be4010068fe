/*
 * mem.c: counted, bounded, replaceable allocation.
 *
 *	[ size, padded to 16 bytes ][ the caller's bytes ... ]
 *	                            ^ what the caller sees
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/lint.h"
#include "base/ckd.h"
#include "base/mem.h"

#define HEAD 16 /* keeps the alignment that malloc gives */

static void *raw_realloc(const struct hl_ctx *ctx, void *p, size_t n)
{
	if (ctx->realloc)
		return ctx->realloc(ctx->user, p, n);
	if (n == 0) {
		free(p);
		return NULL;
	}
	return realloc(p, n);
}

static size_t size_of(const void *p)
{
	size_t n;

	memcpy(&n, (const char *)p - HEAD, sizeof(n));
	return n;
}

static void count_peak(struct hl_stats *s, uint64_t now)
{
	uint64_t peak = __atomic_load_n(&s->mem_peak, __ATOMIC_RELAXED);

	while (now > peak &&
	       !__atomic_compare_exchange_n(&s->mem_peak, &peak, now, true,
	                                    __ATOMIC_RELAXED,
	                                    __ATOMIC_RELAXED))
		;
}

/* Book a change of size; false (and nothing booked) when over the limit. */
static bool book(const struct hl_ctx *ctx, size_t old, size_t n)
{
	struct hl_stats *s = ctx->stats;

	if (!s)
		return !ctx->limits.max_memory || n <= ctx->limits.max_memory;
	uint64_t now = __atomic_add_fetch(&s->mem_now, (uint64_t)n - old,
	                                  __ATOMIC_RELAXED);
	if (n > old && ctx->limits.max_memory &&
	    now > ctx->limits.max_memory) {
		__atomic_sub_fetch(&s->mem_now, (uint64_t)n - old,
		                   __ATOMIC_RELAXED);
		__atomic_add_fetch(&s->mem_refused, 1, __ATOMIC_RELAXED);
		return false;
	}
	count_peak(s, now);
	return true;
}

void *hl_realloc(const struct hl_ctx *ctx, void *p, size_t n)
{
	size_t old = p ? size_of(p) : 0, total;

	if (ckd_add(&total, n, (size_t)HEAD) || !book(ctx, old, n))
		return NULL;
	char *block = raw_realloc(ctx, p ? (char *)p - HEAD : NULL, total);
	if (!block) {
		(void)book(ctx, n, old);
		return NULL;
	}
	memcpy(block, &n, sizeof(n));
	return block + HEAD;
}

void *hl_alloc(const struct hl_ctx *ctx, size_t n)
{
	return hl_realloc(ctx, NULL, n);
}

void *hl_zalloc(const struct hl_ctx *ctx, size_t n)
{
	void *p = hl_alloc(ctx, n);

	if (p)
		memset(p, 0, n);
	return p;
}

void *hl_alloc_array(const struct hl_ctx *ctx, size_t n, size_t size)
{
	size_t total;

	return ckd_mul(&total, n, size) ? NULL : hl_alloc(ctx, total);
}

void hl_free(const struct hl_ctx *ctx, void *p)
{
	if (!p)
		return;
	(void)book(ctx, size_of(p), 0);
	(void)raw_realloc(ctx, (char *)p - HEAD, 0);
}

/* What is handed out lies HEAD bytes behind what realloc gave. */
LINT_NOT("-Wanalyzer-malloc-leak")

char *hl_strdup(const struct hl_ctx *ctx, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = hl_alloc(ctx, n);

	return copy ? memcpy(copy, s, n) : NULL;
}

char *hl_asprintf(const struct hl_ctx *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *s = n < 0 ? NULL : hl_alloc(ctx, (size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

enum hl_status hl_grow(const struct hl_ctx *ctx, void **array, size_t *cap,
                       size_t n, size_t size, size_t max)
{
	size_t want, bytes;

	if (n < *cap)
		return HL_OK;
	if (n >= max)
		return HL_LIMIT;
	want = *cap ? *cap : 4;
	if (ckd_mul(&want, want, (size_t)2) || want > max)
		want = max;
	if (ckd_mul(&bytes, want, size))
		return HL_NOMEM;
	void *p = hl_realloc(ctx, *array, bytes);
	if (!p)
		return HL_NOMEM;
	*array = p;
	*cap = want;
	return HL_OK;
}

LINT_AGAIN
