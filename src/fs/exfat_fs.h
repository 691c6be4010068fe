/* exfat_fs.h: what exfat_fs.c and exfat_facts.c share. */
#ifndef HL_EXFAT_FS_H
#define HL_EXFAT_FS_H

#include "exfat/exfat.h"
#include "fs/fs_impl.h"

#define HL_EXFAT_SLOT 32u /* ref.id counts entries of a folder */

struct exfat_fs {
	struct hl_exfat *vol;
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
enum hl_status hl_exfat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                     unsigned *cursor,
                                     struct hl_fact *out) HL_MUST_CHECK;

#endif
