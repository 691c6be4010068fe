/* ntfs_fs.h: what the files of the NTFS adapter share. */
#ifndef HL_NTFS_FS_H
#define HL_NTFS_FS_H

#include "fs/fs_impl.h"
#include "ntfs/reader.h"

struct hl_ntfs_fs {
	struct hl_ntfs *nt;
	struct hl_ntfs_file *last; /* the file asked for last, or NULL */
	struct hl_fact *facts;     /* of the file stat shows */
	size_t n_facts, cap_facts;
	struct hl_ref facts_of;
};

/* The file of a ref, kept until the next call.  The sequence number must
 * match unless by_number.  HL_OK, HL_END (none, or stale: said), HL_CORRUPT
 * (said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_fs_file(struct hl_fs *fs, const struct hl_ref *ref,
                               bool by_number,
                               struct hl_ntfs_file **out) HL_MUST_CHECK;

/* Part of the unnamed $DATA, or of the named one (UTF-8, any case). */
size_t hl_ntfs_fs_data(struct hl_fs *fs, const struct hl_ntfs_file *f,
                       const char *stream);

enum hl_status hl_ntfs_fs_fact(struct hl_fs *fs, const struct hl_ref *ref,
                               unsigned *cursor,
                               struct hl_fact *out) HL_MUST_CHECK;

/* ntfs_entry.c */
void hl_ntfs_entry_fill(struct hl_ntfs *nt, const struct hl_ntfs_file *f,
                        const struct hl_ntfs_link *link, struct hl_entry *out);
void hl_ntfs_entry_index(const struct hl_ntfs_link *link, struct hl_entry *out);

#endif
