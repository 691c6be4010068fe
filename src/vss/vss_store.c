/*
 * vss_store.c: one store: its header, its list of blocks, its bitmaps.
 *
 * Each line of the list stands for 16 KiB that would be the live volume's
 * without it, so a list that is not whole makes everything doubtful that it
 * does not name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "vss/vss_impl.h"

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

static const struct vss_store_info *info_of(const struct vss_block *b)
{
	return (const struct vss_store_info *)(const void *)(b->b + VSS_HEAD);
}

static enum hl_status read_header(struct vss_store *s, struct vss_block *b)
{
	enum hl_status st = vss_block_read(b, s->area, get64(s->entry.header),
	                                   VSS_STORE);

	if (st == HL_CORRUPT) {
		s->pub.remark = "the header of its store is damaged";
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	hl_guid_text(s->pub.id, info_of(b)->copy);
	hl_guid_text(s->pub.set, info_of(b)->set);
	s->pub.attributes = get32(info_of(b)->attributes);
	s->pub.has_attributes = true;
	return HL_OK;
}

/* ---- the list --------------------------------------------------------- */

static bool is_empty(const struct vss_descriptor *d)
{
	return get64(d->data) == 0 && get32(d->flags) == 0 &&
	       get64(d->original) == 0;
}

/* Inside of what it may name; the unused ones are not asked. */
static bool is_sane(const struct vss_store *s, const struct vss_descriptor *d)
{
	uint32_t flags = get32(d->flags);
	uint64_t size = hl_src_size(s->area), data = get64(d->data);

	if (flags & ~VSS_FLAGS_KNOWN || get64(d->original) % VSS_BLOCK ||
	    get64(d->original) >= s->size)
		return false;
	if ((flags & VSS_FORWARDER) && (flags & VSS_OVERLAY))
		return false;
	if (flags & VSS_FORWARDER)
		return get64(d->relative) % VSS_BLOCK == 0 &&
		       get64(d->relative) < s->size;
	return data % VSS_BLOCK == 0 && data > 0 && size >= VSS_BLOCK &&
	       data <= size - VSS_BLOCK;
}

static enum hl_status read_lines(struct vss_store *s,
                                 const struct vss_block *b,
                                 const struct hl_ctx *ctx)
{
	bool ended = false;

	for (size_t at = VSS_HEAD; at + sizeof(struct vss_descriptor) <=
	     VSS_BLOCK; at += sizeof(struct vss_descriptor)) {
		const struct vss_descriptor *d =
			(const struct vss_descriptor *)(const void *)
			(b->b + at);

		if (is_empty(d)) {
			ended = true;
			continue;
		}
		if (get32(d->flags) & VSS_UNUSED)
			continue;
		s->broken |= ended || !is_sane(s, d);
		if (!is_sane(s, d))
			continue;
		enum hl_status st = vss_table_add(&s->table, d, ctx);
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

static enum hl_status read_list(struct vss_store *s, struct vss_block *b,
                                const struct hl_ctx *ctx)
{
	struct vss_chain c;
	enum hl_status st;
	uint64_t n = 0;

	vss_chain_begin(&c, s->area, VSS_LIST, get64(s->entry.list));
	while ((st = vss_chain_next(&c, b)) == HL_OK) {
		if (hl_cancelled(ctx))
			return HL_CANCELLED;
		n++;
		s->broken |= b->damaged;
		st = read_lines(s, b, ctx);
		if (st != HL_OK)
			break;
	}
	if (fatal(st))
		return st;
	if (n == 0)
		s->pub.unread = "the list of the blocks it keeps cannot be "
			"read";
	s->broken |= st != HL_END;
	s->pub.blocks = s->table.n_descriptors;
	return HL_OK;
}

/* ---- bitmaps ---------------------------------------------------------- */

/*
 * As far as its chain goes; what a broken one does not tell counts as in use,
 * which says nothing wrong about where bytes lie.
 */
static enum hl_status read_bitmap(struct vss_store *s, struct vss_bitmap *m,
                                  uint64_t first, struct vss_block *b,
                                  const struct hl_ctx *ctx)
{
	uint64_t want = s->size / VSS_BLOCK / 8 + 1, have = 0;
	struct vss_chain c;
	enum hl_status st;

	if (first == 0)
		return HL_OK;
	m->bits = hl_zalloc(ctx, (size_t)want);
	if (!m->bits)
		return HL_NOMEM;
	vss_chain_begin(&c, s->area, VSS_BITMAP, first);
	while (have < want && (st = vss_chain_next(&c, b)) == HL_OK) {
		size_t n = (size_t)min_u64(VSS_BLOCK - VSS_HEAD, want - have);

		memcpy(m->bits + have, b->b + VSS_HEAD, n);
		have += n;
	}
	if (have < want && fatal(st))
		return st;
	if (have < want && st == HL_CORRUPT && !s->pub.remark)
		s->pub.remark = "its map of the blocks in use is damaged";
	m->n = have * 8;
	return HL_OK;
}

static bool bit(const struct vss_bitmap *m, uint64_t i)
{
	return i < m->n && (m->bits[i / 8] >> (i % 8) & 1);
}

bool vss_store_spare(const struct vss_store *s, uint64_t original)
{
	uint64_t i = original / VSS_BLOCK;

	return bit(&s->now, i) && (s->before.n <= i || bit(&s->before, i));
}

static enum hl_status load(struct vss_store *s, struct vss_block *b,
                           const struct hl_ctx *ctx)
{
	enum hl_status st = read_header(s, b);

	if (st == HL_OK)
		st = read_list(s, b, ctx);
	if (st == HL_OK)
		st = read_bitmap(s, &s->now, get64(s->entry.bitmap), b, ctx);
	if (st == HL_OK)
		st = read_bitmap(s, &s->before, get64(s->entry.previous), b,
		                 ctx);
	if (st == HL_OK && s->broken && !s->pub.unread) {
		snprintf(s->text, sizeof(s->text), "the list of the blocks it "
		         "keeps is damaged; %" PRIu64 " of them are known",
		         s->table.n_descriptors);
		s->pub.remark = s->text;
	}
	s->pub.lacks = s->broken;
	return st;
}

enum hl_status vss_store_load(struct vss_store *s, const struct hl_ctx *ctx)
{
	struct vss_block *b;

	if (!s->area)
		return HL_OK;
	b = hl_alloc(ctx, sizeof(*b));
	if (!b)
		return HL_NOMEM;
	enum hl_status st = load(s, b, ctx);
	hl_free(ctx, b);
	return st == HL_CORRUPT ? HL_OK : st;
}
