/* disk_impl.h: the inside of struct hl_disk, for disk*.c. */
#ifndef HL_DISK_IMPL_H
#define HL_DISK_IMPL_H

#include "fs/fs_impl.h"
#include "fs/scan_impl.h"

struct hl_disk {
	const struct hl_ctx *ctx;
	struct hl_src *image;
	struct hl_table *table;
	struct hl_volume *volume;
	size_t n, cap;
	struct hl_scan *scan; /* borrowed, or NULL */
	struct hl_rivals *rivals; /* of the volume at --offset, or NULL */
	uint32_t sector_size;
	struct hl_lost given; /* --offset with the numbers of a boot sector */
	bool at_offset;
	bool recognised; /* a table, or a volume whose content has a name */
};

/* disk_table.c.  HL_OK: d->table is set, or stays NULL when there is none. */
enum hl_status hl_disk_find_table(struct hl_disk *d,
                                  uint32_t sector_size) HL_MUST_CHECK;
void hl_disk_drop_table(struct hl_disk *d);
size_t hl_disk_n_parts(const struct hl_table *t); /* without gaps */

#endif
