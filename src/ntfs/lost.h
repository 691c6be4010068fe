/*
 * lost.h: an NTFS volume without a boot sector, and one on which another
 * volume was made since.
 */
#ifndef HL_NTFS_LOST_H
#define HL_NTFS_LOST_H

#include "ntfs/reader.h"
#include "ntfs/recmap.h"

/* Bytes that a later volume has, or may have had; the surest first. */
enum hl_ntfs_taken_why {
	HL_TAKEN_SURE,    /* in use there */
	HL_TAKEN_TABLE,   /* no volume has them, but the partition table */
	HL_TAKEN_ORDER,   /* in use there, but that may be the older one */
	HL_TAKEN_DELETED, /* a file there had them that is deleted now */
	HL_TAKEN_COPIED,  /* it was copied there, free clusters and all */
	HL_TAKEN_UNREAD,  /* it is not read, or its map is gone */
	HL_TAKEN_WHYS
};
struct hl_ntfs_taken { /* sorted and disjoint */
	uint64_t off, len; /* bytes into this volume */
	uint64_t by;       /* where that volume begins in the image */
	enum hl_ntfs_taken_why why;
};

struct hl_ntfs_lost {
	bool has_boot; /* a boot sector has told all this: it is not gone */
	uint32_t cluster_size, record_size; /* bytes; record_size 0: unknown */
	bool has_mft;
	uint64_t mft_lcn;  /* a cluster of its $MFT, the first or another */
	uint64_t vol_off;  /* of the volume in the image */
	/* Where its $MFT lies, offsets in the image; NULL: by a pass over the
	 * volume, if record 0 is not at mft_lcn. */
	const struct hl_recmap_extent *ext;
	size_t n_ext;
	bool no_search; /* then it is HL_END */
};

/*
 * Open it: by record 0 where that is in its place, else out of stretches of
 * records.  What was done is said as a loss.
 *   HL_OK, HL_END (no records; not said), HL_CORRUPT (said), HL_NOMEM,
 *   HL_CANCELLED
 */
enum hl_status hl_ntfs_open_lost(struct hl_ntfs **out, struct hl_src *vol,
                                 const struct hl_ntfs_lost *lost,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;

/* Give it what later volumes have; the array is taken over. */
void hl_ntfs_set_taken(struct hl_ntfs *nt, struct hl_ntfs_taken *t, size_t n);
/* Of [off, off + *len): is it taken, by whom?  *len is cut to one answer. */
const struct hl_ntfs_taken *hl_ntfs_taken_at(const struct hl_ntfs *nt,
                                             uint64_t off, uint64_t *len);
/* Bytes of a stream that later volumes have for that reason; *by: the first
 * of them. */
uint64_t hl_ntfs_taken_bytes(struct hl_ntfs *nt, struct hl_src *src,
                             enum hl_ntfs_taken_why why, uint64_t *by);

#endif
