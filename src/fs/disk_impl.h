/*
 * disk_impl.h: what the files about the disk as a list of volumes share.
 */
#ifndef HL_DISK_IMPL_H
#define HL_DISK_IMPL_H

#include "fs/fs_impl.h"
#include "fs/scan_impl.h"
#include "vss/vss.h"

/* The shadow copies of one volume. */
struct hl_disk_shadows {
	struct hl_volume of; /* that volume, when it is not open itself */
	bool own;
	struct hl_vss *vss;
};

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
	bool search; /* second copies of what began at the start */
	bool recognised; /* a table, or a volume whose content has a name */
	struct hl_ldm *ldm; /* volumes of dynamic disks, or NULL */
	struct hl_table **with; /* tables of the other disks */
	size_t n_with;
	struct hl_ctx quiet; /* without a word: hl_disk_quiet */
	struct hl_disk_shadows *shadows;
	size_t n_shadows, cap_shadows;
	struct hl_disk **other;   /* the other disks, or NULLs, if asked */
	size_t n_others;
	struct hl_vss_area *area; /* every volume of this disk, owned where it
	                             is skipped; behind them the others' */
	size_t n_areas, n_own_areas;
};

/* One more volume; it has no id yet.  HL_OK, HL_NOMEM, HL_LIMIT */
enum hl_status hl_disk_add(struct hl_disk *d, uint64_t off, uint64_t len,
                           const struct hl_part *part) HL_MUST_CHECK;

/* disk_table.c.  HL_OK: d->table is set, or stays NULL when there is none. */
enum hl_status hl_disk_find_table(struct hl_disk *d,
                                  uint32_t sector_size) HL_MUST_CHECK;
void hl_disk_drop_table(struct hl_disk *d);
size_t hl_disk_n_parts(const struct hl_table *t); /* without gaps */

/* disk_ldm.c: the volumes of a dynamic disk, behind the table's. */
enum hl_status hl_disk_add_dynamic(struct hl_disk *d,
                                   const struct hl_disk_opts *opts)
	HL_MUST_CHECK;
void hl_disk_close_dynamic(struct hl_disk *d);

/* disk_vss.c: the copies of all volumes that are open, behind them. */
enum hl_status hl_disk_add_shadows(struct hl_disk *d,
                                   const struct hl_disk_opts *opts)
	HL_MUST_CHECK;
void hl_disk_close_shadows(struct hl_disk *d);
/* disk_area.c: the volumes that may hold their stores. */
enum hl_status hl_disk_list_areas(struct hl_disk *d,
                                  const struct hl_disk_opts *opts)
	HL_MUST_CHECK;
enum hl_status hl_disk_hint(struct hl_vss_area *a,
                            const struct hl_volume *v) HL_MUST_CHECK;
void hl_disk_close_areas(struct hl_disk *d);
const struct hl_ctx *hl_disk_quiet(struct hl_disk *d);
/* Does "3.s1" name a copy of "3"? */
bool hl_disk_is_shadow_of(const char *id, const char *volume);

#endif
