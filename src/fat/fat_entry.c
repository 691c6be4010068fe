/*
 * fat_entry.c: one entry of the file allocation table.
 *
 *	FAT12: three bytes hold two entries   |76543210|3210BA98|BA987654|
 *	                                       even ^^^^^^^^ ^^^ odd ^^^^^^^
 *	FAT16: two bytes; FAT32: four, of which the upper four bits are kept
 *	for others and never looked at.
 */
#include "fat/fat.h"
#include "base/banned.h"
#include "base/le.h"

bool hl_fat_entry(enum hl_fat_kind kind, struct span s, uint32_t i,
                  uint32_t *value)
{
	/* 64 bits before the product: bit numbers pass 2^32 */
	uint64_t off = (uint64_t)i * kind / 8;
	const uint8_t *p = span_view(s, off, kind == HL_FAT32 ? 4 : 2);

	if (!p)
		return false;
	if (kind == HL_FAT32)
		*value = le32_at(p) & 0x0FFFFFFF;
	else if (kind == HL_FAT16)
		*value = le16_at(p);
	else
		*value = i & 1 ? le16_at(p) >> 4 : le16_at(p) & 0xFFF;
	return true;
}

static uint32_t top_value(enum hl_fat_kind kind)
{
	return kind == HL_FAT32 ? 0x0FFFFFFF : (1u << kind) - 1;
}

enum hl_fat_link hl_fat_link_kind(const struct hl_fat_geom *g, uint32_t value)
{
	uint32_t top = top_value(g->kind);

	if (value == 0)
		return HL_FAT_FREE;
	if (value >= 2 && value - 2 < g->n_clusters)
		return HL_FAT_NEXT;
	if (value >= top - 7)
		return HL_FAT_LAST;
	return value == top - 8 ? HL_FAT_BAD : HL_FAT_WILD;
}

bool hl_fat_entry_dirty(enum hl_fat_kind kind, uint32_t fat1)
{
	if (kind == HL_FAT32)
		return !(fat1 & 0x08000000);
	return kind == HL_FAT16 && !(fat1 & 0x8000);
}
