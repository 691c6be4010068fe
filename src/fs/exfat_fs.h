/* exfat_fs.h: what the parts of the exFAT adapter share. */
#ifndef HL_EXFAT_FS_H
#define HL_EXFAT_FS_H

#include "exfat/exfat.h"
#include "fs/fs_impl.h"

#define HL_EXFAT_SLOT 32u /* ref.id counts entries of a folder */
#define EXFAT_NO_PARENT UINT64_MAX

/* What ref.origin tells of an exFAT entry. */
enum exfat_origin {
	EXFAT_LIVE,
	EXFAT_DELETED, /* it is deleted, its folder is not */
	EXFAT_IN_GONE, /* its folder is deleted */
};

/* Folders that were met: ref -> ref of the folder above; exfat_folders.c. */
struct exfat_folder {
	struct hl_ref ref; /* id 0: free; the root is never in it */
	struct hl_ref parent;
};
struct exfat_folders {
	struct exfat_folder *slot; /* hashed by ref.id */
	size_t n, room;            /* room is a power of two, or 0 */
};
/* HL_OK (also when it is full: paths then end there), HL_NOMEM */
enum hl_status hl_exfat_folders_put(const struct hl_ctx *ctx,
                                    struct exfat_folders *f,
                                    const struct hl_ref *ref,
                                    const struct hl_ref *above) HL_MUST_CHECK;
enum hl_status hl_exfat_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                  struct hl_entry *out) HL_MUST_CHECK;

/* The entries of one folder. */
struct exfat_iter {
	struct hl_exfat_dir *dir;
	struct hl_ref folder;
	unsigned how; /* enum hl_list_how */
	struct hl_exfat_entry last;
};
enum hl_status hl_exfat_fs_iter_open(struct hl_fs *fs, struct exfat_iter *it,
                                     const struct hl_ref *folder,
                                     unsigned how) HL_MUST_CHECK;
enum hl_status hl_exfat_fs_iter_next(struct hl_fs *fs, struct exfat_iter *it,
                                     struct hl_entry *out) HL_MUST_CHECK;

struct exfat_fs {
	struct hl_exfat *vol;
	struct exfat_folders folders;
	/* the entry and chain that facts are being told of */
	struct hl_exfat_entry fact;
	struct hl_exfat_chain chain;
	bool have_fact;
};

struct hl_exfat_times {
	struct hl_time created, modified, accessed;
};
void hl_exfat_fs_times(const struct hl_exfat_entry *e,
                       struct hl_exfat_times *out);
/* The entry that a ref names.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                                 struct hl_exfat_entry *out) HL_MUST_CHECK;
/* parent NULL: the folders that were met are asked. */
void hl_exfat_fs_fill(struct hl_entry *out, const struct hl_fs *fs,
                      const struct hl_exfat_entry *e,
                      const struct hl_ref *parent);
enum hl_status hl_exfat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                     unsigned *cursor,
                                     struct hl_fact *out) HL_MUST_CHECK;

/* exfat_sweep.c */
enum hl_status hl_exfat_fs_sweep(void **iter, struct hl_fs *fs,
                                 unsigned how) HL_MUST_CHECK;
enum hl_status hl_exfat_fs_sweep_next(struct hl_fs *fs, void *iter,
                                      struct hl_entry *out) HL_MUST_CHECK;
void hl_exfat_fs_sweep_close(struct hl_fs *fs, void *iter);

/* exfat_use.c */
enum hl_status hl_exfat_fs_in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                                  bool *used) HL_MUST_CHECK;

#endif
