/* fat_fs.h: what fat_fs.c and fat_facts.c share. */
#ifndef HL_FAT_FS_H
#define HL_FAT_FS_H

#include "fat/fat.h"
#include "fs/fs_impl.h"

struct fat_fs {
	struct hl_fat *vol;
	/* the entry and chain that facts are being told of */
	struct hl_fat_entry fact;
	struct hl_fat_chain chain;
	bool have_fact;
};

/* The entry that a ref names.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                               struct hl_fat_entry *out) HL_MUST_CHECK;
void hl_fat_fs_times(const struct hl_fat_entry *e, struct hl_time *created,
                     struct hl_time *modified, struct hl_time *accessed);
enum hl_status hl_fat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                   unsigned *cursor,
                                   struct hl_fact *out) HL_MUST_CHECK;

#endif
