/*
 * ldm.h: what the files about dynamic disks share.
 *
 *	ldm.c      decoders: bytes in, struct out
 *	ldm_db.c   finds and reads the database of one disk
 *	ldm_set.c  the disks of one group, their volumes
 *	ldm_build.c one volume as a source
 */
#ifndef HL_LDM_H
#define HL_LDM_H

#include "base/span.h"
#include "hivelift/vol.h"

struct ldm_privhead {
	char disk[65], group[65], name[33]; /* GUIDs as text; group's name */
	uint64_t data, n_data;  /* sectors: room of the volumes */
	uint64_t db, n_db;      /* sectors: the database */
};
/*
 * HL_OK; HL_END no such header; HL_CORRUPT: its sum is wrong, or its numbers
 * cannot be.  Pure, as all of ldm.c.
 */
enum hl_status hl_ldm_privhead(struct span sector,
                               struct ldm_privhead *out) HL_MUST_CHECK;

struct ldm_toc {
	uint64_t config, n_config; /* sectors of the database */
};
enum hl_status hl_ldm_toc(struct span sector,
                          struct ldm_toc *out) HL_MUST_CHECK;

struct ldm_vmdb {
	uint32_t n_blocks, block_size, off; /* off: of block 0, bytes */
	bool consistent;
	uint64_t committed;
};
enum hl_status hl_ldm_vmdb(struct span config,
                           struct ldm_vmdb *out) HL_MUST_CHECK;

struct ldm_block {
	uint32_t group;
	uint16_t index, count;
	struct span data;
};
/* HL_OK; HL_END: unused, or no block */
enum hl_status hl_ldm_block(struct span block,
                            struct ldm_block *out) HL_MUST_CHECK;

#define LDM_NAME 64
struct ldm_object {
	unsigned kind; /* LDM_KIND_* */
	uint64_t id;
	char name[LDM_NAME];
	uint64_t parent;  /* component: volume; partition: component */
	uint64_t size;    /* volume, partition: sectors */
	uint64_t start, at; /* partition: sectors of the disk's room, and of
	                       its component (or column) */
	uint64_t disk, index; /* partition: disk's id, column */
	uint64_t stripe, columns; /* component: sectors */
	unsigned layout;  /* component: LDM_LAYOUT_* */
	bool active;      /* component */
	char guid[40];    /* disk */
	char drive[8];    /* volume: "E:" or "" */
};
/* HL_OK; HL_END: a kind that is of no use here; HL_CORRUPT */
enum hl_status hl_ldm_object(struct span record,
                             struct ldm_object *out) HL_MUST_CHECK;

/* ---- ldm_db.c ---------------------------------------------------------- */

struct ldm_disk {
	struct hl_src *image;
	uint32_t sector_size;
	bool found;        /* its private header can be read */
	struct ldm_privhead head;
	uint64_t committed; /* of its database; 0: none that can be read */
	struct ldm_object *object;
	size_t n, cap;
};
/*
 * Read one disk's private header and database, second copies too; its table
 * says where they may be.
 * HL_OK (also when there is none: d->found, d->committed), HL_NOMEM,
 * HL_CANCELLED
 */
enum hl_status hl_ldm_read(struct ldm_disk *d, const struct hl_table *table,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_ldm_free(struct ldm_disk *d, const struct hl_ctx *ctx);

/* ---- ldm_set.c, ldm_build.c --------------------------------------------- */

struct hl_ldm {
	const struct hl_ctx *ctx;
	struct ldm_disk *disk; /* one for each image */
	size_t n_disks;
	const struct ldm_disk *db; /* the newest of disk[0]'s group */
	struct hl_ldm_volume *volume;
	size_t n, cap;
	struct hl_src **made; /* sources below the volumes, in their order */
	size_t n_made, cap_made;
	uint64_t steps; /* objects looked at; a budget against their loops */
	bool full;      /* and it is used up, which was said */
};
bool hl_ldm_same_group(const struct ldm_disk *a, const struct ldm_disk *b);
/*
 * One volume; out->part.off is HL_NO_OFFSET when no disk that is given has a
 * part of it.  HL_OK, HL_NOMEM, HL_CANCELLED, HL_LIMIT
 */
enum hl_status hl_ldm_build(struct hl_ldm *l, const struct ldm_object *vol,
                            struct hl_ldm_volume *out) HL_MUST_CHECK;

#endif
