/*
 * ntfs_below.c: an NTFS volume that no boot sector describes, behind the one
 * view of every file system; what later volumes have of it: below.c.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/ntfs_fs.h"
#include "ntfs/lost.h"

/*
 * What begins where this one does, if it is another one: told in silence, for
 * its damage is not what is asked for.
 */
static enum hl_status at_start(struct hl_fs_found *found, struct hl_fs *fs,
                               const struct hl_ctx *quiet)
{
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	const struct hl_ntfs_geom *a = hl_ntfs_geom(nt), *b;
	enum hl_status st = hl_fs_identify(found, fs->src, false, quiet);

	if (st != HL_OK || found->fs->ops != &hl_fs_ntfs || fs->info.stitched)
		return st;
	b = hl_ntfs_geom(((struct hl_ntfs_fs *)found->fs->impl)->nt);
	if (a->cluster_size != b->cluster_size || a->mft_lcn != b->mft_lcn)
		return HL_OK;
	hl_fs_close(found->fs);
	found->fs = NULL;
	hl_warn(&(struct hl_at){ fs->ctx, fs->src, 0, "NTFS boot sector" },
	        "it is there after all, and leads to the same $MFT: this is "
	        "the volume of today; one that began here before is found by "
	        "a scan and read with --lost");
	return HL_END;
}

static enum hl_status find_taken(struct hl_fs *fs, struct hl_ntfs_taken **t,
                                 size_t *n, const struct hl_fs_lost *lost)
{
	struct hl_ctx quiet = *fs->ctx;
	struct hl_fs_found found;
	struct hl_fs_rival one;
	enum hl_status st;

	*t = NULL;
	*n = 0;
	if (lost->rival)
		return hl_fs_taken(t, n, fs->src, lost->vol_off, lost->rival,
		                   lost->n_rival, fs->ctx);
	quiet.note = NULL;
	quiet.log = NULL;
	st = at_start(&found, fs, &quiet);
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	one = (struct hl_fs_rival){ .fs = found.fs, .off = lost->vol_off };
	st = hl_fs_taken(t, n, fs->src, lost->vol_off, &one, 1, fs->ctx);
	hl_fs_close(found.fs);
	return st;
}

static enum hl_status open_it(struct hl_fs *fs, const struct hl_fs_lost *lost)
{
	const struct hl_ntfs_lost how = {
		.has_boot = lost->has_boot,
		.cluster_size = lost->cluster_size,
		.record_size = lost->record_size, .has_mft = lost->has_mft,
		.mft_lcn = lost->mft_lcn, .vol_off = lost->vol_off,
		.ext = lost->ext, .n_ext = lost->n_ext,
		.no_search = lost->no_search,
	};
	struct hl_ntfs_fs *impl = fs->impl;
	struct hl_ntfs_taken *t;
	size_t n;
	enum hl_status st = hl_ntfs_open_lost(&impl->nt, fs->src, &how,
	                                      fs->ctx);

	if (st != HL_OK)
		return st;
	fs->info.stitched = hl_ntfs_is_stitched(impl->nt);
	st = find_taken(fs, &t, &n, lost);
	if (st != HL_OK)
		return st;
	hl_ntfs_set_taken(impl->nt, t, n);
	st = hl_ntfs_fs_info(fs);
	/* records of folders may be overwritten, and not those of their files */
	fs->info.stitched |= n > 0;
	return st;
}

enum hl_status hl_fs_open_lost(struct hl_fs **out, struct hl_src *vol,
                               const struct hl_fs_lost *lost,
                               const struct hl_ctx *ctx)
{
	struct hl_fs *fs = hl_zalloc(ctx, sizeof(*fs));
	enum hl_status st;

	*out = NULL;
	if (!fs)
		return HL_NOMEM;
	fs->ops = &hl_fs_ntfs;
	fs->ctx = ctx;
	fs->src = vol;
	fs->impl = hl_zalloc(ctx, sizeof(struct hl_ntfs_fs));
	st = fs->impl ? open_it(fs, lost) : HL_NOMEM;
	if (st != HL_OK) {
		fs->ops->close(fs);
		hl_free(ctx, fs);
		return st;
	}
	*out = fs;
	return HL_OK;
}
