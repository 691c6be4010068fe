/*
 * ntfs_free.c: the stretches of a volume that $Bitmap calls free, and what
 * lies behind the last cluster.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "fs/ntfs_fs.h"

/* What one question may answer; a step where the bitmap does not tell. */
#define ASK 131072u

/* Clusters from lcn on that are alike.  What the bitmap does not tell of
 * belongs to nobody that is known. */
static enum hl_status alike(struct hl_ntfs *nt, uint64_t lcn, uint64_t end,
                            uint64_t *n, bool *used)
{
	enum hl_status st;

	*n = min_u64(end - lcn, ASK - lcn % ASK);
	st = hl_ntfs_in_use(nt, lcn, n, used);
	if (st == HL_END)
		*used = false;
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_ntfs_fs_free_next(struct hl_fs *fs, uint64_t *cursor,
                                    uint64_t *off, uint64_t *len)
{
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	const struct hl_ntfs_geom *g = hl_ntfs_geom(nt);
	uint64_t lcn = *cursor, n;
	bool used = true;

	*len = 0;
	while (lcn < g->n_clusters) {
		enum hl_status st = hl_cancelled(fs->ctx) ? HL_CANCELLED :
			alike(nt, lcn, g->n_clusters, &n, &used);

		if (st != HL_OK)
			return st;
		if (used && *len)
			break;
		if (!used && !*len)
			*off = lcn * g->cluster_size;
		if (!used)
			*len += n * g->cluster_size;
		lcn += n;
	}
	*cursor = lcn;
	return *len ? HL_OK : HL_END;
}
