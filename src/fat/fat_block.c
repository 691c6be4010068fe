/*
 * fat_block.c: the blocks of folders that were read last.  A search asks for
 * the same few folders again and again; without this each time would count
 * as bytes read from the image.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "fat/fat_impl.h"

/* A block of the volume from the cache; HL_END: it is not to be had whole. */
static enum hl_status get_block(struct hl_fat *v, uint64_t number,
                                const uint8_t **out)
{
	uint64_t off = number * HL_FAT_BLOCK, size = hl_src_size(v->src);
	struct hl_ranges bad;
	enum hl_status st;

	if (!v->blocks)
		v->blocks = hl_zalloc(v->ctx,
		                      HL_FAT_BLOCKS * sizeof(*v->blocks));
	if (!v->blocks)
		return HL_NOMEM;
	struct hl_fat_block *b = &v->blocks[number % HL_FAT_BLOCKS];
	*out = b->data;
	if (b->tag == number + 1)
		return HL_OK;
	if (off >= size)
		return HL_END;
	b->tag = 0;
	hl_ranges_clear(&bad);
	st = hl_src_read(v->src, off, b->data,
	                 (size_t)min_u64(HL_FAT_BLOCK, size - off), &bad);
	if (st != HL_OK)
		return st;
	if (bad.n || bad.overflow)
		return HL_END;
	b->tag = number + 1;
	return HL_OK;
}

enum hl_status hl_fat_read_cached(struct hl_fat *v, uint64_t pos, uint8_t *buf,
                                  size_t n)
{
	uint64_t size = hl_src_size(v->src);

	if (n > size || pos > size - n)
		return HL_END;
	while (n) {
		const uint8_t *block;
		size_t in = (size_t)(pos % HL_FAT_BLOCK);
		size_t part = (size_t)min_u64(n, HL_FAT_BLOCK - in);
		enum hl_status st = get_block(v, pos / HL_FAT_BLOCK, &block);
		if (st != HL_OK)
			return st;
		memcpy(buf, block + in, part);
		buf += part;
		pos += part;
		n -= part;
	}
	return HL_OK;
}
