/*
 * exfat_table.c: blocks of the volume, kept, and the file allocation table
 * read through them.
 *
 * Where TexFAT left a second FAT, an entry that cannot be read or makes no
 * sense gives way to the other FAT's.  That one is a state older, so it is
 * never asked otherwise.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat_impl.h"

static void mark_lost(struct hl_exfat_block *b, uint64_t from, uint64_t to)
{
	for (uint64_t i = from / HL_EXFAT_UNIT;
	     i < HL_EXFAT_BLOCK / HL_EXFAT_UNIT && i * HL_EXFAT_UNIT < to; i++)
		b->lost[i / 8] |= (uint8_t)(1u << i % 8);
}

static enum hl_status load(struct hl_exfat *v, uint64_t number,
                           struct hl_exfat_block *b)
{
	uint64_t off = number * HL_EXFAT_BLOCK, size = hl_src_size(v->src);
	struct hl_ranges bad;
	size_t n = HL_EXFAT_BLOCK;
	enum hl_status st;

	b->tag = 0;
	memset(b->lost, 0, sizeof(b->lost));
	if (off >= size)
		n = 0;
	else if (size - off < n)
		n = (size_t)(size - off);
	mark_lost(b, n, HL_EXFAT_BLOCK);
	memset(b->data + n, 0, HL_EXFAT_BLOCK - n);
	hl_ranges_clear(&bad);
	st = n ? hl_src_read(v->src, off, b->data, n, &bad) : HL_OK;
	if (st != HL_OK)
		return st;
	for (size_t i = 0; i < bad.n; i++)
		mark_lost(b, bad.r[i].off - off,
		          bad.r[i].off - off + bad.r[i].len);
	b->tag = number + 1;
	return HL_OK;
}

enum hl_status hl_exfat_unit(struct hl_exfat *v, uint64_t pos,
                             const uint8_t **out)
{
	uint64_t number = pos / HL_EXFAT_BLOCK;
	size_t in = (size_t)(pos % HL_EXFAT_BLOCK) / HL_EXFAT_UNIT;
	struct hl_exfat_block *b = &v->blocks[number % HL_EXFAT_BLOCKS];

	if (b->tag != number + 1) {
		enum hl_status st = load(v, number, b);
		if (st != HL_OK)
			return st;
	}
	*out = b->data + in * HL_EXFAT_UNIT;
	return b->lost[in / 8] >> in % 8 & 1 ? HL_END : HL_OK;
}

static enum hl_exfat_link kind_of(const struct hl_exfat_geom *g, uint32_t value)
{
	if (hl_exfat_is_cluster(g, value))
		return HL_EXFAT_NEXT;
	if (value >= EXFAT_FAT_LAST)
		return HL_EXFAT_LAST;
	if (value == 0)
		return HL_EXFAT_NONE;
	return value == EXFAT_FAT_BAD ? HL_EXFAT_DEFECT : HL_EXFAT_OUT;
}

static enum hl_status get_one(struct hl_exfat *v, unsigned fat,
                              uint32_t cluster, struct hl_exfat_link_info *out)
{
	const struct hl_exfat_geom *g = &v->geom;
	uint64_t pos = g->fat_off + fat * g->fat_len + (uint64_t)cluster * 4;
	const uint8_t *p;
	enum hl_status st = hl_exfat_unit(v, pos, &p);

	*out = (struct hl_exfat_link_info){ .kind = HL_EXFAT_UNREADABLE };
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	out->value = le32_at(p + pos % HL_EXFAT_UNIT);
	out->kind = kind_of(g, out->value);
	return HL_OK;
}

static bool is_good(enum hl_exfat_link kind)
{
	return kind == HL_EXFAT_NEXT || kind == HL_EXFAT_LAST;
}

enum hl_status hl_exfat_table_get(struct hl_exfat *v, uint32_t cluster,
                                  struct hl_exfat_link_info *out)
{
	struct hl_exfat_link_info other;
	enum hl_status st = get_one(v, v->geom.active, cluster, out);

	if (st != HL_OK || is_good(out->kind) || v->geom.n_fats < 2)
		return st;
	st = get_one(v, !v->geom.active, cluster, &other);
	if (st == HL_OK && is_good(other.kind)) {
		*out = other;
		out->second = true;
	}
	return st;
}
