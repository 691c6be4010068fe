/*
 * vss_block.c: the blocks of 16 KiB that all of it is made of.
 */
#include <string.h>

#include "base/banned.h"
#include "base/span.h"
#include "vss/vss_impl.h"

/* {3808876b-c176-4e48-b7ae-04046e6cc752} */
static const uint8_t vss_guid[16] = {
	0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e,
	0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52,
};

static bool is_head(const uint8_t *p, uint64_t off, enum vss_type type)
{
	const struct vss_head *h = SPAN_VIEW(span_of(p, VSS_HEAD), 0,
	                                     struct vss_head);

	return memcmp(h->guid, vss_guid, sizeof(vss_guid)) == 0 &&
	       get32(h->version) - 1 < 2 && get32(h->type) == type &&
	       get64(type == VSS_VOLUME ? h->relative : h->current) == off;
}

enum hl_status vss_block_peek(struct hl_src *src, uint64_t off,
                              enum vss_type type)
{
	uint8_t head[512];
	enum hl_status st = hl_src_read(src, off, head, sizeof(head), NULL);

	if (st == HL_OK && !is_head(head, off, type))
		st = HL_CORRUPT;
	return st == HL_RANGE ? HL_CORRUPT : st;
}

enum hl_status vss_block_read(struct vss_block *b, struct hl_src *src,
                              uint64_t off, enum vss_type type)
{
	uint64_t size = hl_src_size(src);
	size_t n = type == VSS_VOLUME ? 512 : VSS_BLOCK;
	struct hl_ranges bad;

	*b = (struct vss_block){ .off = off };
	if (off % 512 || size < n || off > size - n)
		return HL_CORRUPT;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(src, off, b->b, n, &bad);
	if (st != HL_OK)
		return st == HL_RANGE ? HL_CORRUPT : st;
	b->damaged = bad.bytes != 0;
	if (!is_head(b->b, off, type))
		return HL_CORRUPT;
	if (type != VSS_VOLUME)
		b->next = get64(((const struct vss_head *)
		                 (const void *)b->b)->next);
	return HL_OK;
}

void vss_chain_begin(struct vss_chain *c, struct hl_src *src,
                     enum vss_type type, uint64_t first)
{
	*c = (struct vss_chain){
		.src = src, .type = type, .next = first, .power = 1,
		.left = hl_src_size(src) / VSS_BLOCK,
	};
}

enum hl_status vss_chain_next(struct vss_chain *c, struct vss_block *b)
{
	enum hl_status st;

	if (c->next == 0)
		return HL_END;
	if (c->left-- == 0)
		return HL_CORRUPT;
	st = vss_block_read(b, c->src, c->next, c->type);
	if (st != HL_OK)
		return st;
	/* a marked block that comes again: the mark moves ever less often */
	if (b->next && b->next == c->mark)
		return HL_CORRUPT;
	if (++c->steps == c->power) {
		c->mark = b->off;
		c->power *= 2;
		c->steps = 0;
	}
	c->next = b->next;
	return HL_OK;
}
