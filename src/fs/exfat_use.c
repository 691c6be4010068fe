/* exfat_use.c: which bytes of a volume its bitmap counts as in use. */
#include "base/banned.h"
#include "base/ckd.h"
#include "fs/exfat_fs.h"

enum hl_status hl_exfat_fs_in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                                  bool *used)
{
	struct hl_exfat *vol = ((struct exfat_fs *)fs->impl)->vol;
	const struct hl_exfat_geom *g = hl_exfat_geom(vol);
	uint64_t cs = g->cluster_size, i;
	uint32_t many;

	*used = true;
	if (off < g->heap_off) {
		*n = min_u64(*n, g->heap_off - off);
		return HL_OK;
	}
	i = (off - g->heap_off) / cs;
	if (i >= g->n_clusters)
		return HL_OK;
	enum hl_status st = hl_exfat_in_use(vol, (uint32_t)i + 2, &many, used);
	if (st == HL_OK || st == HL_END)
		*n = min_u64(*n, g->heap_off + (i + many) * cs - off);
	return st;
}
