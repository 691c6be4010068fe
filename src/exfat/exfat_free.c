/*
 * exfat_free.c: which clusters the allocation bitmap calls free.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat_impl.h"

#define PIECE 4096u

enum hl_status hl_exfat_in_use(struct hl_exfat *v, uint32_t cluster,
                               uint32_t *n, bool *used)
{
	uint64_t bit = cluster - 2u, base = bit / 8 * 8, i = bit, none;
	uint64_t stop = min_u64(v->geom.n_clusters, base + (uint64_t)PIECE * 8);
	uint8_t buf[PIECE];
	/* what is asked for is the bitmap; how much is free is not */
	enum hl_status st = hl_exfat_count_free(v, 2, 0, &none);

	*used = false;
	*n = (uint32_t)(stop - bit);
	if (st == HL_OK)
		st = hl_src_read(v->bitmap, base / 8, buf,
		                 (size_t)((stop - base + 7) / 8), NULL);
	if (st != HL_OK)
		return st == HL_IO ? HL_END : st;
	*used = buf[0] >> bit % 8 & 1;
	while (i < stop && (buf[(i - base) / 8] >> i % 8 & 1) == *used)
		i++;
	*n = (uint32_t)(i - bit);
	return HL_OK;
}
