/* cached.c: see cached.h.  For one thread at a time. */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/cached.h"
#include "io/src_impl.h"

#define BLOCK (256u << 10)

struct cached {
	struct hl_src src;
	struct hl_src *in;
	size_t n;
	uint8_t *block[]; /* NULL: not there */
};

/* The block, or NULL when it is damaged; then it is not kept. */
static enum hl_status load(struct cached *c, size_t i, uint8_t **out)
{
	uint64_t off = (uint64_t)i * BLOCK;
	size_t n = (size_t)min_u64(BLOCK, c->src.size - off);
	struct hl_ranges bad;

	*out = c->block[i];
	if (*out)
		return HL_OK;
	uint8_t *p = hl_alloc(c->src.ctx, n);
	if (!p)
		return HL_NOMEM;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(c->in, off, p, n, &bad);
	if (st != HL_OK || bad.bytes) {
		hl_free(c->src.ctx, p);
		return st;
	}
	*out = c->block[i] = p;
	return HL_OK;
}

static enum hl_status cached_read(struct hl_src *src, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	struct cached *c = (struct cached *)src;
	uint8_t *p = buf, *block;

	while (len) {
		size_t at = (size_t)(off % BLOCK);
		size_t n = (size_t)min_u64(len, BLOCK - at);
		enum hl_status st = load(c, (size_t)(off / BLOCK), &block);
		if (st == HL_OK && block)
			memcpy(p, block + at, n);
		else if (st == HL_OK || st == HL_NOMEM)
			st = hl_src_read(c->in, off, p, n, bad);
		if (st != HL_OK)
			return st;
		p += n;
		off += n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status cached_map(struct hl_src *src, uint64_t off,
                                 struct hl_extent *out)
{
	return hl_src_map(((struct cached *)src)->in, off, out);
}

static void cached_advise(struct hl_src *src, uint64_t off, uint64_t len,
                          enum hl_advice how)
{
	hl_src_advise(((struct cached *)src)->in, off, len, how);
}

static void cached_close(struct hl_src *src)
{
	struct cached *c = (struct cached *)src;

	for (size_t i = 0; i < c->n; i++)
		hl_free(src->ctx, c->block[i]);
	hl_free(src->ctx, c);
}

static const struct hl_src_ops cached_ops = {
	.read = cached_read,
	.map = cached_map,
	.advise = cached_advise,
	.close = cached_close,
};

enum hl_status hl_src_cached(struct hl_src **out, struct hl_src *in,
                             const struct hl_ctx *ctx)
{
	uint64_t size = hl_src_size(in);
	size_t n = (size_t)((size + BLOCK - 1) / BLOCK);
	struct cached *c = hl_zalloc(ctx, sizeof(*c) + n * sizeof(uint8_t *));

	*out = NULL;
	if (!c)
		return HL_NOMEM;
	c->in = in;
	c->n = n;
	hl_src_init(&c->src, &cached_ops, ctx, hl_src_name(in), size,
	            hl_src_sector_size(in));
	*out = &c->src;
	return HL_OK;
}
