/*
 * fuzz_ntfs_boot.c: a boot sector: what is accepted has numbers that the
 * reader can multiply and divide by without a second look.
 */
#include <stdlib.h>

#include "ntfs/ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool power_of_two(uint32_t v, uint32_t least, uint32_t most)
{
	return v >= least && v <= most && (v & (v - 1)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_ntfs_geom g;

	if (hl_ntfs_boot_decode(span_of(data, size), &g) != HL_OK)
		return 0;
	if (!power_of_two(g.sector_size, 256, 4096) ||
	    !power_of_two(g.cluster_size, g.sector_size, 2u << 20) ||
	    !power_of_two(g.record_size, 512, NTFS_MAX_BLOCK) ||
	    !power_of_two(g.index_size, 512, NTFS_MAX_BLOCK))
		abort();
	if (g.n_clusters > UINT64_MAX / g.cluster_size ||
	    g.n_clusters > g.total_sectors)
		abort();
	return 0;
}
