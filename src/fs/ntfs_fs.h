/* ntfs_fs.h: what the files of the NTFS adapter share. */
#ifndef HL_NTFS_FS_H
#define HL_NTFS_FS_H

#include "io/note.h"
#include "fs/fs_impl.h"
#include "ntfs/reader.h"

struct hl_ntfs_pair;

struct hl_ntfs_fs {
	struct hl_ntfs *nt;
	struct hl_ntfs_file *last; /* the file asked for last, or NULL */
	struct hl_fact *facts;     /* of the file stat shows */
	size_t n_facts, cap_facts;
	struct hl_ref facts_of;
	struct hl_ntfs_dead *dead; /* ntfs_gone.c: deleted names by folder */
	size_t n_dead, cap_dead;
	bool dead_known;
	struct hl_ntfs_pair *orphan; /* ntfs_orphans.c: lost folder -> file */
	size_t n_orphan, cap_orphan;
	bool orphans_known;
	bool root_said; /* that its record is lost */
};
struct hl_ntfs_dead {
	uint64_t parent; /* as the name has it: number, sequence << 48 */
	uint64_t record; /* number, which of its names << 48 */
};

/* The file of a ref, kept until the next call.  The sequence number must
 * match unless by_number.  HL_OK, HL_END (none, or stale: said), HL_CORRUPT
 * (said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_fs_file(struct hl_fs *fs, const struct hl_ref *ref,
                               bool by_number,
                               struct hl_ntfs_file **out) HL_MUST_CHECK;

/* ntfs_fs.c: fs->info, of what is open.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_fs_info(struct hl_fs *fs) HL_MUST_CHECK;

/* A record's place, for notes. */
struct hl_at hl_ntfs_fs_at(struct hl_fs *fs, uint64_t number);

/* ntfs_sweep.c */
enum hl_status hl_ntfs_fs_sweep(void **iter, struct hl_fs *fs,
                                unsigned how) HL_MUST_CHECK;
enum hl_status hl_ntfs_fs_sweep_next(struct hl_fs *fs, void *iter,
                                     struct hl_entry *out) HL_MUST_CHECK;
void hl_ntfs_fs_sweep_close(struct hl_fs *fs, void *iter);
enum hl_status hl_ntfs_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                 struct hl_entry *out) HL_MUST_CHECK;
/* The n-th name of the entry that the sweep gave last. */
unsigned hl_ntfs_fs_sweep_nth(const void *iter);

/* ntfs_gone.c: the deleted names of one folder */
struct hl_ntfs_gone_list;
enum hl_status hl_ntfs_gone_open(struct hl_ntfs_gone_list **out,
                                 struct hl_fs *fs,
                                 const struct hl_ntfs_file *dir,
                                 struct hl_ntfs_dir *index) HL_MUST_CHECK;
enum hl_status hl_ntfs_gone_next(struct hl_ntfs_gone_list *l,
                                 struct hl_entry *out) HL_MUST_CHECK;
void hl_ntfs_gone_close(struct hl_ntfs_gone_list *l);

/*
 * ntfs_orphans.c: the folder "$Orphan" in the root of a volume whose $MFT was
 * put together.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED
 */
bool hl_ntfs_is_orphans(const struct hl_ref *ref);
void hl_ntfs_orphans_entry(struct hl_fs *fs, struct hl_entry *out);
enum hl_status hl_ntfs_orphans_know(struct hl_fs *fs, bool *any) HL_MUST_CHECK;
enum hl_status hl_ntfs_orphans_next(struct hl_fs *fs, size_t *at,
                                    struct hl_entry *out) HL_MUST_CHECK;
enum hl_status hl_ntfs_orphans_find(struct hl_fs *fs, const uint16_t *u,
                                    size_t n,
                                    struct hl_entry *out) HL_MUST_CHECK;
enum hl_status hl_ntfs_orphans_named(struct hl_fs *fs,
                                     const struct hl_ref *dir,
                                     const char *name,
                                     struct hl_entry *out) HL_MUST_CHECK;

/* ntfs_streams.c: the operations of these names */
enum hl_status hl_ntfs_fs_stream(struct hl_src **out, struct hl_fs *fs,
                                 const struct hl_ref *ref, const char *name,
                                 enum hl_stream_how how) HL_MUST_CHECK;
enum hl_status hl_ntfs_fs_stream_next(struct hl_fs *fs,
                                      const struct hl_ref *ref,
                                      unsigned *cursor,
                                      struct hl_stream_info *out)
	HL_MUST_CHECK;
enum hl_status hl_ntfs_fs_link(struct hl_fs *fs, const struct hl_ref *ref,
                               char *buf, size_t n) HL_MUST_CHECK;

enum hl_status hl_ntfs_fs_fact(struct hl_fs *fs, const struct hl_ref *ref,
                               unsigned *cursor,
                               struct hl_fact *out) HL_MUST_CHECK;

/*
 * ntfs_links.c: the file behind a name of a folder, by its record; by the
 * index's copy when that is lost (marked damaged).  What does not fit is
 * said.  *wrong: the folder's index may lack another name because of it.
 * HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_fs_follow(struct hl_fs *fs, const struct hl_ref *dir,
                                 const struct hl_ntfs_link *link,
                                 struct hl_entry *out,
                                 bool *wrong) HL_MUST_CHECK;
/* A folder, also when its own record is lost (*file is then NULL), or when it
 * is deleted and its index is gone (*out is then NULL). */
enum hl_status hl_ntfs_fs_dir(struct hl_fs *fs, const struct hl_ref *ref,
                              struct hl_ntfs_dir **out, bool *exact,
                              struct hl_ntfs_file **file) HL_MUST_CHECK;
void hl_ntfs_fs_lost_root(struct hl_fs *fs, struct hl_entry *out);

/* ntfs_holder.c: as in struct hl_fs_ops */
enum hl_status hl_ntfs_fs_in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                                 bool *used) HL_MUST_CHECK;
enum hl_status hl_ntfs_fs_holder(struct hl_fs *fs, uint64_t off,
                                 struct hl_ref *out) HL_MUST_CHECK;

/* ntfs_entry.c */
void hl_ntfs_entry_fill(struct hl_ntfs *nt, const struct hl_ntfs_file *f,
                        const struct hl_ntfs_link *link, struct hl_entry *out);
void hl_ntfs_entry_index(const struct hl_ntfs_link *link, struct hl_entry *out);

#endif
