/*
 * hive_check.c: judges a hive while its bytes pass by.
 *
 * Three windows are caught out of the stream, whatever the pieces: the first
 * 512 bytes, the header of the bin that comes next, and the root key's cell.
 * Every bin says where the next one stands, so one header at a time is
 * enough.
 */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "hive/hive_judge.h"

enum hl_status hl_hive_check_new(struct hl_hive_check **out,
                                 const struct hl_ctx *ctx)
{
	struct hl_hive_check *c = hl_zalloc(ctx, sizeof(*c));

	*out = c;
	if (!c)
		return HL_NOMEM;
	c->ctx = ctx;
	c->zeros = true;
	c->next_bin = HIVE_BASE_SIZE;
	c->head.want = sizeof(c->head_bytes);
	c->bin.off = HIVE_BASE_SIZE;
	c->bin.want = sizeof(struct hive_bin_disk);
	return HL_OK;
}

void hl_hive_check_free(struct hl_hive_check *c)
{
	if (c)
		hl_free(c->ctx, c);
}

/* Copy what of the piece at pos falls into the window; true: it is full. */
static bool catch(struct hive_window *w, uint8_t *buf, uint64_t pos,
                  struct span piece)
{
	uint64_t from = w->off + w->got;

	if (w->got < w->want && from >= pos && from - pos < piece.n) {
		size_t at = (size_t)(from - pos);
		size_t n = piece.n - at;
		if (n > w->want - w->got)
			n = w->want - w->got;
		memcpy(buf + w->got, piece.p + at, n);
		w->got += n;
	}
	return w->got == w->want;
}

/* Without a base block the root is where it nearly always is. */
static void head_ready(struct hl_hive_check *c)
{
	struct hl_base_block *b = &c->base;

	c->head_done = true;
	if (hl_base_block_decode(c->head_bytes, c->head.got, b) != HL_OK)
		b->root_cell = sizeof(struct hive_bin_disk);
	c->root.off = (uint64_t)HIVE_BASE_SIZE + b->root_cell;
	c->root.want = sizeof(c->root_bytes);
}

static void remember_root_bin(struct hl_hive_check *c, uint64_t off,
                              uint32_t size)
{
	uint32_t root = c->base.root_cell;

	if (root >= off && root - off < size) {
		c->root_bin_off = off;
		c->root_bin_end = off + size;
	}
}

/* Bins of a file without a base block go on until they stop. */
static bool bins_wanted(const struct hl_hive_check *c)
{
	if (c->chain_end)
		return false;
	return !c->base.signature ||
	       c->next_bin - HIVE_BASE_SIZE < c->base.bins_size;
}

static void bin_ready(struct hl_hive_check *c)
{
	uint64_t off = c->next_bin - HIVE_BASE_SIZE;
	struct hive_bin bin;

	if (hl_hive_bin_decode(span_of(c->bin_bytes, c->bin.got), &bin) !=
	    HL_OK)
		c->chain_end = HIVE_CHAIN_SIGNATURE;
	else if (bin.offset != off)
		c->chain_end = HIVE_CHAIN_OFFSET;
	else if (bin.size == 0 || bin.size % HIVE_PAGE)
		c->chain_end = HIVE_CHAIN_SIZE;
	else if (c->base.signature && bin.size > c->base.bins_size - off)
		c->chain_end = HIVE_CHAIN_BEYOND;
	if (c->chain_end)
		return;
	remember_root_bin(c, off, bin.size);
	c->last_bin = c->next_bin;
	c->next_bin += bin.size;
	c->bin.off = c->next_bin;
	c->bin.got = 0;
}

static void scan_zeros(struct hl_hive_check *c, struct span s)
{
	for (size_t i = 0; c->zeros && i < s.n; i++)
		c->zeros = s.p[i] == 0;
}

void hl_hive_check_feed(struct hl_hive_check *c, const void *p, size_t n)
{
	struct span s = span_of(p, n);
	uint64_t pos = c->pos;

	if (!n)
		return;
	scan_zeros(c, s);
	if (!c->head_done && catch(&c->head, c->head_bytes, pos, s))
		head_ready(c);
	/* each turn moves on by a page at least, or ends the chain */
	while (c->head_done && bins_wanted(c) &&
	       catch(&c->bin, c->bin_bytes, pos, s))
		bin_ready(c);
	if (c->head_done)
		(void)catch(&c->root, c->root_bytes, pos, s);
	c->pos += n;
}

void hl_hive_check_finish(struct hl_hive_check *c, struct hl_hive_report *out)
{
	memset(out, 0, sizeof(*out));
	if (!c->head_done)
		head_ready(c);
	out->base = c->base;
	out->size = c->pos;
	hl_hive_judge(c, out);
}
