/*
 * rescue.c: a volume whose first copies do not lead to its files: the boot
 * sector's copy behind the volume, then $MFT by the signature of its records.
 */
#include "base/banned.h"
#include "ntfs/volume.h"

static bool same(const struct hl_ntfs_geom *a, const struct hl_ntfs_geom *b)
{
	return a->sector_size == b->sector_size &&
	       a->cluster_size == b->cluster_size &&
	       a->record_size == b->record_size &&
	       a->mft_lcn == b->mft_lcn && a->mirror_lcn == b->mirror_lcn &&
	       a->total_sectors == b->total_sectors;
}

static bool final(enum hl_status st)
{
	return st == HL_OK || st == HL_NOMEM || st == HL_CANCELLED;
}

/* With $MFT as record 0 has it, or as the records are found. */
static enum hl_status by_records(struct hl_ntfs **out, struct hl_src *vol,
                                 const struct hl_ntfs_geom *g,
                                 const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, vol, g->mft_lcn * g->cluster_size, "$MFT" };
	struct hl_src *mft;
	enum hl_status st = hl_ntfs_stitch(&mft, vol, g, ctx);

	if (st != HL_OK)
		return st;
	st = hl_ntfs_open(out, vol, g, mft, ctx);
	if (st != HL_OK) {
		hl_src_close(mft);
		return st;
	}
	(*out)->own_mft = true;
	(*out)->stitched = true;
	hl_warn(&at, "nothing tells where all of $MFT lies; %llu records, found "
	        "by their signature, are used",
	        (unsigned long long)hl_ntfs_mapped_count(*out));
	return HL_OK;
}

/* geoms: what boot sectors say, the more likely one first */
static enum hl_status stitched(struct hl_ntfs **out, struct hl_src *vol,
                               const struct hl_ntfs_geom *const *geoms,
                               const struct hl_ctx *ctx)
{
	enum hl_status st = HL_END;
	size_t i;

	for (i = 0; geoms[i] && !final(st); i++)
		st = by_records(out, vol, geoms[i], ctx);
	return st;
}

enum hl_status hl_ntfs_open_rescue(struct hl_ntfs **out, struct hl_src *vol,
                                   bool *backup, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, vol, 0, "NTFS boot sector" };
	const struct hl_ntfs_geom *geoms[3] = { NULL };
	struct hl_ntfs_geom first, copy;
	enum hl_status st = hl_ntfs_boot_first(vol, &first);
	size_t n = 0;

	*out = NULL;
	*backup = false;
	if (st == HL_OK)
		geoms[n++] = &first;
	else if (st != HL_END && st != HL_CORRUPT)
		return st;
	st = hl_ntfs_boot_backup(vol, &copy);
	if (st == HL_OK && !(n && same(&first, &copy))) {
		geoms[n++] = &copy;
		st = hl_ntfs_open(out, vol, &copy, NULL, ctx);
		*backup = true;
	} else if (st == HL_OK) {
		st = HL_END;
	}
	if (!final(st) && n) {
		st = stitched(out, vol, geoms, ctx);
		*backup = n == 1 && geoms[0] == &copy;
	}
	if (st == HL_OK && *backup)
		hl_warn(&at, "the boot sector is destroyed or wrong; its copy "
		        "behind the volume is used");
	if (!final(st) && n)
		return hl_fail(&(struct hl_at){ ctx, vol, geoms[0]->mft_lcn *
			geoms[0]->cluster_size, "MFT record 0" }, HL_CORRUPT,
			"$MFT cannot be found: neither its first record nor "
			"the copy describes it, and there are no records");
	return st;
}
