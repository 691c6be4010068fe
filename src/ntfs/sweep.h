/*
 * sweep.h: what all records of $MFT say of themselves, gathered in one pass
 * over it: the way back when an attribute list or an index is broken.
 */
#ifndef HL_NTFS_SWEEP_H
#define HL_NTFS_SWEEP_H

#include "ntfs/reader.h"

/*
 * Two references, each as number << 16 | sequence, so that they sort by
 * number.
 */
struct hl_ntfs_pair {
	uint64_t key, ref;
};
struct hl_ntfs_sweep {
	struct hl_ntfs_pair *ext;  /* base record -> extension record */
	size_t n_ext, cap_ext;
	struct hl_ntfs_pair *name; /* folder -> file, once for each name */
	size_t n_name, cap_name;
};

static inline uint64_t hl_ntfs_pair_key(uint64_t number, uint16_t seq)
{
	return number << 16 | seq;
}

/*
 * The sweep of a volume: made when first asked for, says nothing of records
 * that are damaged.  Only records in use count.
 *   HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_sweep(struct hl_ntfs *nt,
                             const struct hl_ntfs_sweep **out) HL_MUST_CHECK;
void hl_ntfs_sweep_free(const struct hl_ctx *ctx, struct hl_ntfs_sweep *sw);

/* The first pair whose key is not below this one; n: none. */
size_t hl_ntfs_pair_first(const struct hl_ntfs_pair *p, size_t n,
                          uint64_t key);

#endif
