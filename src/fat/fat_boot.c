/*
 * fat_boot.c: the boot sector of FAT12, FAT16 and FAT32, decoded and checked.
 *
 * The type is told by the number of clusters, and FAT32 by its structure (no
 * 16-bit FAT size): small FAT32 volumes exist.  The strings "FAT16   " lie,
 * geometry and partition types too, so none of them is looked at.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "fat/fat.h"
#include "fat/fat_disk.h"

#define FAT12_MAX 4084u      /* clusters; one more is FAT16 */
#define FAT16_MAX 65524u
#define FAT32_MAX 0x0FFFFFF5u

static bool is_bitlocker(struct span s)
{
	/* BitLocker To Go begins with a FAT32 boot sector for old systems */
	static const uint8_t to_go[16] = { 0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E,
	                                   0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3,
	                                   0x39, 0xE3, 0xD0, 0x01 };
	const uint8_t *oem = span_view(s, 3, 8);
	const uint8_t *guid = span_view(s, 0x1A8, sizeof(to_go));

	return (oem && memcmp(oem, "-FVE-FS-", 8) == 0) ||
	       (guid && memcmp(guid, to_go, sizeof(to_go)) == 0);
}

/* Without 55 AA there must be a jump and a type string: old floppies. */
static bool has_marks(struct span s, const struct fat_bpb *b)
{
	const uint8_t *mark = span_view(s, FAT_BOOT_MARK_OFF, 2);
	bool jump = b->jump[0] == 0xEB || b->jump[0] == 0xE9;

	if (mark[0] == 0x55 && mark[1] == 0xAA)
		return true;
	return jump && (memcmp(s.p + 0x36, "FAT1", 4) == 0 ||
	                memcmp(s.p + 0x52, "FAT32", 5) == 0);
}

static const char *check_fields(const struct fat_bpb *b)
{
	uint32_t ss = get16(b->sector_size);

	if (!is_power_of_two(ss) || ss < 512 || ss > 4096)
		return "sector size";
	if (!is_power_of_two(b->cluster_sectors))
		return "cluster size";
	if (get16(b->reserved) == 0)
		return "no reserved sectors";
	if (b->n_fats == 0)
		return "number of FATs";
	if (b->media != 0xF0 && b->media < 0xF8)
		return "media byte";
	return NULL;
}

static void take_ext(struct span s, uint64_t off, struct hl_fat_geom *g)
{
	const struct fat_ext *e = SPAN_VIEW(s, off, struct fat_ext);

	if (!e || (e->signature != 0x28 && e->signature != 0x29))
		return;
	g->boot_dirty = e->state & 1;
	g->has_serial = true;
	g->serial = get32(e->serial);
	g->has_label = e->signature == 0x29;
	memcpy(g->label, e->label, sizeof(g->label));
}

/* FAT32's own fields; "odd" ones are read as Windows and Linux do. */
static const char *take_32(struct span s, const struct fat_bpb *b,
                           struct hl_fat_geom *g)
{
	const struct fat_bpb32 *b32 = SPAN_VIEW(s, FAT_EXT_OFF,
	                                        struct fat_bpb32);
	unsigned flags = get16(b32->ext_flags), backup;

	g->kind = HL_FAT32;
	g->root_cluster = get32(b32->root_cluster) & 0x0FFFFFFF;
	g->fat_len = (uint64_t)get32(b32->fat_sectors32) * g->sector_size;
	if (g->fat_len == 0)
		return "FAT size is zero";
	if (flags & 0x80) {
		g->mirrored = false;
		g->active = flags & 15;
		if (g->active >= g->n_fats) {
			g->odd = "active FAT does not exist; the first is used";
			g->active = 0;
		}
	}
	backup = get16(b32->backup_sector);
	if (backup && backup < get16(b->reserved))
		g->backup_off = (uint64_t)backup * g->sector_size;
	if (get16(b32->version))
		g->odd = "FAT32 version is not 0";
	if (get16(b->root_entries))
		g->odd = "FAT32 with a fixed root, which is ignored";
	take_ext(s, FAT_EXT32_OFF, g);
	return NULL;
}

static void take_16(struct span s, const struct fat_bpb *b,
                    struct hl_fat_geom *g)
{
	g->kind = HL_FAT16; /* until the clusters are counted */
	g->fat_len = (uint64_t)get16(b->fat_sectors16) * g->sector_size;
	g->root_entries = get16(b->root_entries);
	take_ext(s, FAT_EXT_OFF, g);
}

static uint64_t round_up(uint64_t v, uint32_t to)
{
	return (v + to - 1) / to * to;
}

/* Where everything lies.  All terms are below 2^45: no overflow. */
static const char *lay_out(struct hl_fat_geom *g)
{
	uint64_t fats = g->fat_len * g->n_fats, clusters, entries;

	g->root_off = g->fat_off + fats;
	g->data_off = g->root_off + round_up((uint64_t)g->root_entries *
	                                     FAT_SLOT, g->sector_size);
	if (g->data_off > g->size || g->size - g->data_off < g->cluster_size)
		return "no room for clusters";
	clusters = (g->size - g->data_off) / g->cluster_size;
	if (g->kind != HL_FAT32)
		g->kind = clusters <= FAT12_MAX ? HL_FAT12 : HL_FAT16;
	if (g->kind == HL_FAT16 && clusters > FAT16_MAX) {
		g->odd = "more clusters than FAT16 can number";
		clusters = FAT16_MAX;
	}
	entries = g->fat_len * 8 / g->kind;
	if (entries <= 2)
		return "FAT holds no entries";
	if (clusters > entries - 2) {
		g->odd = "more clusters than the FAT has entries";
		clusters = entries - 2;
	}
	g->n_clusters = (uint32_t)min_u64(clusters, FAT32_MAX);
	if (g->kind != HL_FAT32 && g->root_entries == 0)
		return "no root folder";
	if (g->kind == HL_FAT32 && (g->root_cluster < 2 ||
	                            g->root_cluster - 2 >= g->n_clusters))
		return "root cluster";
	return NULL;
}

static const char *decode(struct span s, struct hl_fat_geom *g)
{
	const struct fat_bpb *b = SPAN_VIEW(s, 0, struct fat_bpb);
	uint64_t sectors;
	const char *why;

	if (!b || s.n < FAT_BOOT_BYTES || !has_marks(s, b))
		return "no boot signature";
	if (is_bitlocker(s))
		return "BitLocker";
	why = check_fields(b);
	if (why)
		return why;
	g->sector_size = get16(b->sector_size);
	g->cluster_size = g->sector_size * b->cluster_sectors;
	g->n_fats = b->n_fats;
	g->mirrored = true;
	g->media = b->media;
	sectors = get16(b->sectors16);
	if (!sectors)
		sectors = get32(b->sectors32);
	g->size = sectors * g->sector_size;
	g->fat_off = (uint64_t)get16(b->reserved) * g->sector_size;
	if (get16(b->fat_sectors16))
		take_16(s, b, g);
	else
		why = take_32(s, b, g);
	return why ? why : lay_out(g);
}

enum hl_status hl_fat_boot_decode(struct span s, struct hl_fat_geom *out,
                                  const char **why)
{
	memset(out, 0, sizeof(*out));
	*why = decode(s, out);
	return *why ? HL_END : HL_OK;
}
