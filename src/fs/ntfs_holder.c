/*
 * ntfs_holder.c: is a byte of the volume in use, and by which live file?
 *
 * The files that a format makes are not meant: $MFT, $LogFile and their like
 * hold what a volume is made of, also of the one that was there before.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "fs/ntfs_fs.h"

#define FIRST_USER_RECORD 24

#define ASK 131072u /* clusters; a step where $Bitmap does not tell */

/* The boot sector's copy is in no cluster. */
enum hl_status hl_ntfs_fs_in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                                 bool *used)
{
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	const struct hl_ntfs_geom *g = hl_ntfs_geom(nt);
	uint64_t cs = g->cluster_size, lcn = off / cs;
	uint64_t want = *n / cs + 2, end;

	*used = true;
	if (lcn >= g->n_clusters)
		return HL_OK;
	want = min_u64(want, g->n_clusters - lcn);
	enum hl_status st = hl_ntfs_in_use(nt, lcn, &want, used);
	if (st == HL_END)
		want = min_u64(want, ASK - lcn % ASK);
	end = (lcn + want) * cs;
	*n = min_u64(*n, end - off);
	return st;
}

enum hl_status hl_ntfs_fs_holder(struct hl_fs *fs, uint64_t off,
                                 struct hl_ref *out)
{
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	const struct hl_ntfs_geom *g = hl_ntfs_geom(nt);
	uint64_t lcn = off / g->cluster_size, n = 1;
	struct hl_ntfs_holder who;

	if (lcn >= g->n_clusters)
		return HL_END;
	enum hl_status st = hl_ntfs_who(nt, lcn, &n, &who);
	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_END;
	if (who.quality != HL_Q_ALLOCATED_TO || who.owner == HL_NO_OFFSET ||
	    who.owner < FIRST_USER_RECORD)
		return HL_END;
	*out = (struct hl_ref){ .id = who.owner };
	return HL_OK;
}
