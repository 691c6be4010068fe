/* fat_fs.h: what the parts of the FAT adapter share. */
#ifndef HL_FAT_FS_H
#define HL_FAT_FS_H

#include "fat/fat.h"
#include "fs/fs_impl.h"

/* What ref.origin tells of a FAT entry. */
enum fat_origin {
	FAT_LIVE,
	FAT_DELETED,  /* it is deleted, its folder is not */
	FAT_IN_GONE,  /* its folder is deleted or lost */
	FAT_ORPHAN,   /* a lost folder; ref.id is the place of its "." */
};

/* Folders that a sweep has met: first cluster -> entry; fat_folders.c. */
struct fat_folder {
	uint32_t first; /* 0: free */
	struct hl_ref ref;
};
struct fat_folders {
	struct fat_folder *slot; /* hashed by first */
	size_t n, room;          /* room is a power of two, or 0 */
};
/* HL_OK (also when it is full: paths then end there), HL_NOMEM */
enum hl_status hl_fat_folders_put(const struct hl_ctx *ctx,
                                  struct fat_folders *f, uint32_t first,
                                  const struct hl_ref *ref) HL_MUST_CHECK;
const struct hl_ref *hl_fat_folders_get(const struct fat_folders *f,
                                        uint32_t first);

/* The entries of one folder. */
struct fat_iter {
	struct hl_fat_dir *dir; /* NULL: none, a deleted folder that is gone */
	struct hl_ref folder;
	unsigned how;
	bool short_next; /* the short name of `last` is still to be given */
	struct hl_fat_entry last;
};
enum hl_status hl_fat_fs_iter_next(struct hl_fs *fs, struct fat_iter *it,
                                   struct hl_entry *out) HL_MUST_CHECK;

struct fat_fs {
	struct hl_fat *vol;
	struct fat_folders folders;
	/* the entry and chain that facts are being told of */
	struct hl_fat_entry fact;
	struct hl_fat_chain chain;
	bool have_fact;
};

/*
 * The first cluster of the folder that a ref names, and how to open it.
 * HL_OK, HL_END (no folder, or a deleted one that is gone), HL_CORRUPT (said)
 */
enum hl_status hl_fat_fs_folder(struct hl_fs *fs, const struct hl_ref *ref,
                                uint32_t *first, unsigned *how) HL_MUST_CHECK;
/* parent NULL: its ref is not known, hl_fat_fs_parent finds it. */
#define FAT_NO_PARENT UINT64_MAX
void hl_fat_fs_set_name(struct hl_entry *out, const uint16_t *name,
                        uint16_t n);
/* hl_fs_ops.entry */
enum hl_status hl_fat_fs_entry_op(struct hl_fs *fs, const struct hl_ref *ref,
                                  bool by_number,
                                  struct hl_entry *out) HL_MUST_CHECK;
void hl_fat_fs_fill(struct hl_entry *out, const struct hl_fs *fs,
                    const struct hl_fat_entry *e, const struct hl_ref *parent);

/* fat_sweep.c */
enum hl_status hl_fat_fs_sweep(void **iter, struct hl_fs *fs,
                               unsigned how) HL_MUST_CHECK;
enum hl_status hl_fat_fs_sweep_next(struct hl_fs *fs, void *iter,
                                    struct hl_entry *out) HL_MUST_CHECK;
void hl_fat_fs_sweep_close(struct hl_fs *fs, void *iter);
/* fat_folders.c */
enum hl_status hl_fat_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                struct hl_entry *out) HL_MUST_CHECK;

/* The entry that a ref names.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                               struct hl_fat_entry *out) HL_MUST_CHECK;
void hl_fat_fs_times(const struct hl_fat_entry *e, struct hl_time *created,
                     struct hl_time *modified, struct hl_time *accessed);
enum hl_status hl_fat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                   unsigned *cursor,
                                   struct hl_fact *out) HL_MUST_CHECK;

#endif
