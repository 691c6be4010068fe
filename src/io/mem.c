/* mem.c: a source in memory, for tests, resident data and fuzzing. */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"

struct mem_src {
	struct hl_src src;
	const uint8_t *p;
	uint8_t own[];
};

static enum hl_status mem_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	const struct mem_src *m = (const struct mem_src *)src;

	(void)bad;
	memcpy(buf, m->p + off, len);
	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	return HL_OK;
}

static void mem_close(struct hl_src *src)
{
	hl_free(src->ctx, src);
}

static const struct hl_src_ops mem_ops = { .read = mem_read,
	                                   .close = mem_close };

enum hl_status hl_src_mem(struct hl_src **out, const void *p, size_t n,
                          bool copy, const struct hl_ctx *ctx)
{
	struct mem_src *m;

	*out = NULL;
	if (n > SIZE_MAX - sizeof(*m))
		return HL_NOMEM;
	m = hl_zalloc(ctx, sizeof(*m) + (copy ? n : 0));
	if (!m)
		return HL_NOMEM;
	if (copy && n)
		memcpy(m->own, p, n);
	m->p = copy ? m->own : p;
	hl_src_init(&m->src, &mem_ops, ctx, "memory", n, 0);
	*out = &m->src;
	return HL_OK;
}
