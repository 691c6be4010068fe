/* exfat_use.c: which bytes of a volume its bitmap counts as in use or free. */
#include "base/banned.h"
#include "base/ckd.h"
#include "fs/exfat_fs.h"

/* Many clusters are asked for in one go, and one by one where they differ. */
enum hl_status hl_exfat_fs_in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                                  bool *used)
{
	struct hl_exfat *vol = ((struct exfat_fs *)fs->impl)->vol;
	const struct hl_exfat_geom *g = hl_exfat_geom(vol);
	uint64_t cs = g->cluster_size, i, free = 0, many;
	enum hl_status st;

	*used = true;
	if (off < g->heap_off) {
		*n = min_u64(*n, g->heap_off - off);
		return HL_OK;
	}
	i = (off - g->heap_off) / cs;
	if (i >= g->n_clusters)
		return HL_OK;
	many = min_u64(g->n_clusters - i, 4096);
	st = hl_exfat_count_free(vol, (uint32_t)i + 2,
	                         (uint32_t)many, &free);
	if (st == HL_OK && free && free < many) {
		many = 1;
		st = hl_exfat_count_free(vol, (uint32_t)i + 2, 1,
		                         &free);
	}
	*n = min_u64(*n, g->heap_off + (i + many) * cs - off);
	*used = free == 0;
	return st;
}

enum hl_status hl_exfat_fs_free_next(struct hl_fs *fs, uint64_t *cursor,
                                     uint64_t *off, uint64_t *len)
{
	struct hl_exfat *vol = ((struct exfat_fs *)fs->impl)->vol;
	const struct hl_exfat_geom *g = hl_exfat_geom(vol);
	uint32_t at = (uint32_t)*cursor, first, n;
	enum hl_status st = hl_exfat_free_next(vol, &at, &first, &n);

	*cursor = at;
	*off = *len = 0;
	if (st == HL_OK) {
		*off = g->heap_off + (uint64_t)(first - 2) * g->cluster_size;
		*len = (uint64_t)n * g->cluster_size;
	}
	return st;
}
