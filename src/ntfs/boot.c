/*
 * boot.c: the NTFS boot sector.
 *
 * Three fields are logarithms when they are "negative": sectors of a cluster
 * (above 0x80), clusters of a record and of an index block.  The AA55 mark is
 * not asked for: Windows does not either, and old formatters left it out.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "ntfs/ntfs.h"
#include "ntfs/ntfs_disk.h"

#include <string.h>

#define MAX_CLUSTER (2u << 20) /* what Windows formats since 10 1709 */

/* Bytes of a record or index block; 0 when impossible. */
static uint32_t block_bytes(uint8_t v, uint32_t cluster)
{
	uint64_t n;

	if (v < 0x80)
		n = (uint64_t)v * cluster;
	else if (256u - v < 32)
		n = 1ull << (256u - v);
	else
		n = 0;
	if (n < NTFS_STRIDE || n > NTFS_MAX_BLOCK || !is_power_of_two(n))
		return 0;
	return (uint32_t)n;
}

static uint32_t cluster_bytes(uint8_t v, uint32_t sector)
{
	uint64_t n;

	if (v <= 0x80)
		n = (uint64_t)v * sector;
	else if (256u - v < 32)
		n = (uint64_t)sector << (256u - v);
	else
		n = 0;
	if (n > MAX_CLUSTER || !is_power_of_two(n))
		return 0;
	return (uint32_t)n;
}

enum hl_status hl_ntfs_boot_decode(struct span s, struct hl_ntfs_geom *out)
{
	const struct ntfs_boot *b = SPAN_VIEW(s, 0, struct ntfs_boot);
	uint32_t sector;

	memset(out, 0, sizeof(*out));
	if (!b || memcmp(b->oem, "NTFS    ", 8))
		return HL_END;
	sector = get16(b->sector_size);
	if (sector < 256 || sector > 4096 || !is_power_of_two(sector))
		return HL_CORRUPT;
	out->sector_size = sector;
	out->cluster_size = cluster_bytes(b->cluster_sectors, sector);
	if (!out->cluster_size)
		return HL_CORRUPT;
	out->record_size = block_bytes(b->record_clusters, out->cluster_size);
	out->index_size = block_bytes(b->index_clusters, out->cluster_size);
	out->total_sectors = get64(b->total_sectors);
	out->n_clusters = out->total_sectors / (out->cluster_size / sector);
	out->mft_lcn = get64(b->mft_lcn);
	out->mirror_lcn = get64(b->mirror_lcn);
	out->serial = get64(b->serial);
	/* Each folder states its own block size too; this one can be mended. */
	if (!out->index_size)
		out->index_size = 4096;
	if (!out->record_size || !out->n_clusters ||
	    out->n_clusters > UINT64_MAX / 2 / out->cluster_size ||
	    out->mft_lcn >= out->n_clusters)
		return HL_CORRUPT;
	return HL_OK;
}
