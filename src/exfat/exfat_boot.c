/*
 * exfat_boot.c: the boot sector of exFAT, decoded and checked, and the sum
 * that the last sector of the region repeats.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat.h"
#include "exfat/exfat_disk.h"

#define MAX_CLUSTERS 0xFFFFFFF5u
#define MAX_SHIFT 25u /* clusters of 32 MiB */

bool hl_exfat_boot_named(struct span s)
{
	const struct exfat_boot *b = SPAN_VIEW(s, 0, struct exfat_boot);

	return b && memcmp(b->name, "EXFAT   ", sizeof(b->name)) == 0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static const char *check_fields(const struct exfat_boot *b)
{
	if (b->mark[0] != 0x55 || b->mark[1] != 0xAA)
		return "no boot signature";
	if (b->sector_log2 < 9 || b->sector_log2 > 12)
		return "sector size";
	if (b->cluster_log2 > MAX_SHIFT - b->sector_log2)
		return "cluster size";
	if (b->n_fats != 1 && b->n_fats != 2)
		return "number of FATs";
	if (get16(b->revision) >> 8 != 1)
		return "revision of the format";
	return NULL;
}

/* Where everything lies.  The sectors of a volume may be any 64-bit number,
 * all other terms are below 2^45. */
static const char *lay_out(const struct exfat_boot *b, struct hl_exfat_geom *g)
{
	uint64_t ss = g->sector_size, clusters = get32(b->n_clusters), most;

	if (ckd_mul(&g->size, get64(b->sectors), ss) || g->size > INT64_MAX)
		return "size of the volume";
	g->fat_off = get32(b->fat_off) * ss;
	g->fat_len = get32(b->fat_sectors) * ss;
	g->heap_off = get32(b->heap_off) * ss;
	if (g->fat_off < EXFAT_REGION_SECTORS * ss)
		return "place of the FAT";
	if (g->heap_off < g->fat_off + g->fat_len * g->n_fats ||
	    g->heap_off >= g->size)
		return "place of the clusters";
	if (clusters == 0 || clusters > MAX_CLUSTERS)
		return "number of clusters";
	most = (g->size - g->heap_off) / g->cluster_size;
	if (clusters > most) {
		g->odd = "more clusters than the volume has room for";
		clusters = most;
	}
	most = g->fat_len / 4;
	if (most <= 2)
		return "FAT holds no entries";
	if (clusters > most - 2) {
		g->odd = "more clusters than the FAT has entries";
		clusters = most - 2;
	}
	g->n_clusters = (uint32_t)clusters;
	if (g->root < 2 || g->root - 2 >= clusters)
		return "root cluster";
	return NULL;
}

static const char *decode(struct span s, struct hl_exfat_geom *g)
{
	const struct exfat_boot *b = SPAN_VIEW(s, 0, struct exfat_boot);
	const char *why;

	if (!b || !hl_exfat_boot_named(s))
		return "not called EXFAT";
	why = check_fields(b);
	if (why)
		return why;
	g->sector_size = 1u << b->sector_log2;
	g->cluster_size = g->sector_size << b->cluster_log2;
	g->n_fats = b->n_fats;
	g->root = get32(b->root);
	g->serial = get32(b->serial);
	g->revision = get16(b->revision);
	g->dirty = get16(b->flags) & EXFAT_FLAG_DIRTY;
	g->failing = get16(b->flags) & EXFAT_FLAG_FAILING;
	if (!all_zero(b->zero, sizeof(b->zero)))
		g->odd = "bytes that have to be zero are not";
	if (get16(b->flags) & EXFAT_FLAG_SECOND) {
		g->active = b->n_fats - 1u;
		if (b->n_fats == 1)
			g->odd = "active FAT does not exist; the first is used";
	}
	return lay_out(b, g);
}

enum hl_status hl_exfat_boot_decode(struct span s, struct hl_exfat_geom *out,
                                    const char **why)
{
	memset(out, 0, sizeof(*out));
	*why = decode(s, out);
	return *why ? HL_END : HL_OK;
}

uint32_t hl_exfat_boot_sum(uint32_t sum, struct span s, bool first)
{
	for (size_t i = 0; i < s.n; i++) {
		if (first && (i == 0x6A || i == 0x6B || i == 0x70))
			continue;
		sum = (sum << 31 | sum >> 1) + s.p[i];
	}
	return sum;
}
