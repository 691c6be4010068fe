/*
 * fat_plausible.c: do 32 bytes look like an entry of a folder?
 *
 * Asked only where nothing says that there are entries at all.  Text, images
 * and random bytes fail one of these: attribute bits that are never set, a
 * character that no name has, a date or time that does not exist, a cluster
 * or size beyond the volume, a file with clusters and no size or the other
 * way round, a folder of an odd size.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

static bool is_name(const uint8_t name[11])
{
	bool some = name[0] == 0xE5;

	for (int i = 0; i < 11; i++) {
		if (name[i] < 0x20 && !(i == 0 && name[i] == 0x05))
			return false;
		if (strchr("\"*+,./:;<=>?[\\]|\x7F", name[i]))
			return false;
		some |= name[i] != ' ';
	}
	return some && name[0] != ' ';
}

static bool is_date(unsigned date)
{
	unsigned month = date >> 5 & 15, day = date & 31;

	return date == 0 || (month >= 1 && month <= 12 && day >= 1);
}

static bool is_time(unsigned time)
{
	return time >> 11 < 24 && (time >> 5 & 63) < 60 && (time & 31) < 30;
}

static bool has_times(const struct fat_slot *f)
{
	return is_date(get16(f->created_date)) &&
	       is_date(get16(f->accessed_date)) &&
	       is_date(get16(f->modified_date)) &&
	       is_time(get16(f->created_time)) &&
	       is_time(get16(f->modified_time)) && f->created_tenths < 200;
}

/* Zero, but Windows XP leaves the size of the clusters when it deletes. */
static bool is_folder_size(const struct hl_fat_geom *g, uint32_t size)
{
	return size % g->cluster_size == 0 &&
	       size <= HL_MAX_FAT_SLOTS * FAT_SLOT;
}

static bool has_place(const struct hl_fat_geom *g, const struct fat_slot *f)
{
	uint32_t cluster = get16(f->cluster_low), size = get32(f->size);
	uint64_t room = (uint64_t)g->n_clusters * g->cluster_size;

	if (g->kind == HL_FAT32)
		cluster |= (uint32_t)get16(f->cluster_high) << 16;
	if (cluster && !hl_fat_is_cluster(g, cluster))
		return false;
	if (f->attributes & FAT_ATTR_DIR)
		return cluster && is_folder_size(g, size);
	if (cluster == 0 && f->name[0] == 0xE5 && g->kind == HL_FAT32)
		return size <= room; /* its upper half may be lost */
	return size <= room && (size != 0) == (cluster != 0);
}

bool hl_fat_slot_plausible(const struct hl_fat_geom *g, const uint8_t slot[32])
{
	const struct fat_slot *f = SPAN_VIEW(span_of(slot, FAT_SLOT), 0,
	                                     struct fat_slot);

	return !(f->attributes & ~FAT_ATTR_MASK) &&
	       !(f->attributes & FAT_ATTR_LABEL) && is_name(f->name) &&
	       has_times(f) && has_place(g, f);
}

enum hl_fat_dot hl_fat_own_dot(const struct hl_fat_geom *g,
                               const uint8_t slot[32], uint32_t first)
{
	const struct fat_slot *f = SPAN_VIEW(span_of(slot, FAT_SLOT), 0,
	                                     struct fat_slot);
	uint32_t cluster = get16(f->cluster_low);

	if (g->kind == HL_FAT32)
		cluster |= (uint32_t)get16(f->cluster_high) << 16;
	if (memcmp(f->name, ".          ", sizeof(f->name)) != 0 ||
	    !(f->attributes & FAT_ATTR_DIR))
		return HL_FAT_DOT_NONE;
	if (cluster == first)
		return HL_FAT_DOT_RIGHT;
	return cluster ? HL_FAT_DOT_OTHER : HL_FAT_DOT_ZERO;
}
