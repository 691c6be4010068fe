/* dir.h: the inside of struct hl_ntfs_dir. */
#ifndef HL_NTFS_DIR_H
#define HL_NTFS_DIR_H

#include "base/limits.h"
#include "ntfs/volume.h"

struct hl_ntfs_level {
	struct span entries;
	size_t off;
	bool has_cur; /* cur's child is done, cur itself is not */
	bool flat;    /* swept: children are not followed */
	bool inner;   /* every entry has a child */
	struct hl_ntfs_entry cur;
};

/* Names that the index has lost (kids.c). */
struct hl_ntfs_kids {
	const struct hl_ntfs_sweep *sw;
	uint64_t *seen;        /* hashes of what the index gave */
	size_t n_seen, cap_seen;
	size_t at;             /* next pair of sw->name */
	struct hl_ntfs_file *f;
	size_t part;           /* of f, next to look at */
	uint64_t n_found;
};

struct hl_ntfs_dir {
	struct hl_ntfs *nt;
	uint64_t number;       /* record of the folder */
	uint16_t seq;
	bool deleted;          /* what is left of it: no damage */
	bool quiet;            /* counting what was given: said before */
	struct hl_ntfs_kids *kids;
	uint8_t *root_bytes;
	struct hl_ntfs_root root;
	struct hl_src *blocks; /* $INDEX_ALLOCATION or NULL */
	struct hl_src *bitmap; /* $BITMAP or NULL */
	uint32_t unit;         /* bytes that a child VCN counts */
	uint64_t n_blocks;
	bool damaged;          /* some of the tree could not be followed */
	/* the walk */
	bool started, sweeping;
	bool checked;          /* whether the tree leads to all its blocks */
	bool bitmap_bad;
	uint64_t sweep;        /* next block to look at */
	uint64_t n_swept, n_bad;
	int depth;             /* levels in use */
	struct hl_ntfs_level level[HL_MAX_NTFS_DEPTH];
	uint8_t *buf[HL_MAX_NTFS_DEPTH]; /* a block for each level but 0 */
	uint8_t *seen;         /* a bit for each block */
	uint8_t *used;         /* the bitmap, when sweeping */
	size_t n_used;
};

/* A block by the VCN its parent names, into *buf.  HL_OK, HL_CORRUPT (said),
 * HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_dir_block(struct hl_ntfs_dir *d, uint64_t vcn,
                                 uint8_t **buf, struct hl_ntfs_node *node,
                                 uint64_t *index) HL_MUST_CHECK;
struct hl_at hl_ntfs_dir_at(struct hl_ntfs_dir *d);
/* Nothing of the index is left: says why. */
void hl_ntfs_dir_no_root(struct hl_ntfs_dir *d, const char *why);
/* taken.c: of a volume with another one over it, is the block at off still
 * this folder's?  The same number may lie in the other one's block. */
bool hl_ntfs_dir_ours(struct hl_ntfs_dir *d, uint64_t off,
                      const struct hl_ntfs_node *node);
/* kids.c: a name that the index did not give.  HL_OK, HL_END, … */
enum hl_status hl_ntfs_kids_next(struct hl_ntfs_dir *d,
                                 struct hl_ntfs_link *out) HL_MUST_CHECK;
void hl_ntfs_kids_free(struct hl_ntfs_dir *d);

#endif
