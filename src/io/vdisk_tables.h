/* vdisk_tables.h: the tables of a sparse VMDK beside their copies. */
#ifndef HL_VDISK_TABLES_H
#define HL_VDISK_TABLES_H

#include "io/vdisk.h"

struct vmdk_tables {
	struct hl_src *file;
	uint64_t sector, copy_sector; /* of the directories; 0: none */
	uint64_t n;                   /* entries of each */
	uint32_t per_table;           /* entries of a table */
};

/*
 * The directory, t->n entries; those of damaged tables are their copy's,
 * which is said.  The caller frees, also after a failure.
 *   HL_OK; HL_CORRUPT: neither can be read (said); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_vmdk_directory(uint8_t **out, const struct vmdk_tables *t,
                                 const struct hl_at *at) HL_MUST_CHECK;

#endif
