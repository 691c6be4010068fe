/*
 * carve.h: what the remains of hives and logs are told by.  Bytes in, a
 * verdict out; none of these reads but the two of logs, which hash what is
 * as long as the medium has it.
 *
 *	carve_bins.c   base blocks, bins, cells
 *	carve_refs.c   what a cell says of other cells
 *	carve_log.c    log entries (HvLE), logs of the old format (DIRT)
 *	carve_packed.c the beginning of what NTFS compressed (LZNT1)
 */
#ifndef HL_CARVE_PARTS_H
#define HL_CARVE_PARTS_H

#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "hivelift/src.h"

/* ---- carve_bins.c ------------------------------------------------------ */

enum hl_carve_base {
	CARVE_BASE_NONE, /* fields that no base block has */
	CARVE_BASE_WEAK, /* they fit, the checksum does not */
	CARVE_BASE_SURE, /* the checksum too */
};
/* s holds 512 bytes at least. */
enum hl_carve_base hl_carve_base(struct span s, struct hl_base_block *out);

/* A bin's header, and its first cell when s has it (36 bytes). */
bool hl_carve_bin(struct span s, struct hive_bin *out);

/*
 * The first four bytes of a cell, with room bytes up to the end of its bin.
 * false: no cell has such a size.
 */
bool hl_carve_cell(const uint8_t *p, uint64_t room, uint32_t *size,
                   bool *used);

/* ---- carve_refs.c ------------------------------------------------------ */

/* What must stand at the other end. */
enum hl_carve_kind {
	CARVE_ANY, /* data, or a list of values: a cell in use, no signature */
	CARVE_NK,
	CARVE_VK,
	CARVE_SK,
	CARVE_LIST, /* of subkeys: lf, lh, li, ri */
	CARVE_LEAF, /* the same without ri */
};
struct hl_carve_ref {
	uint32_t to; /* cell, from the first bin */
	enum hl_carve_kind kind;
	/* it is a list of that many cells, 4 bytes each, of that kind; a list
	   has no signature, so only who refers to it can tell */
	uint32_t n;
	enum hl_carve_kind item;
};
/* A cursor over the references of one cell; cell begins behind its size. */
struct hl_carve_refs {
	struct span cell;
	uint32_t i;
};
bool hl_carve_ref_next(struct hl_carve_refs *it, struct hl_carve_ref *out);
/* Is that cell (behind its size) of that kind? */
bool hl_carve_is(struct span cell, enum hl_carve_kind kind);

/* ---- carve_log.c ------------------------------------------------------- */

/*
 * A log entry at off, hashes and page table checked.  HL_OK; HL_END: none
 * that could be believed; HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_carve_entry(struct hl_src *src, uint64_t off,
                              const struct hl_ctx *ctx,
                              struct hive_log_entry *out) HL_MUST_CHECK;
/*
 * A log of the old format at off: *size is what its bitmap promises.  Codes
 * as above.
 */
enum hl_status hl_carve_dirt(struct hl_src *src, uint64_t off,
                             const struct hl_ctx *ctx,
                             uint64_t *size) HL_MUST_CHECK;

/* ---- carve_packed.c ---------------------------------------------------- */

#define CARVE_UNIT_MAX 65536u /* bytes of a compression unit, at most */
/*
 * Does a compressed unit begin here whose content begins with "regf" or
 * "hbin"?  Told by 7 bytes; the four letters are always literals.
 */
bool hl_carve_packed_hint(const uint8_t *p);
/*
 * Decode one unit of `unit` bytes; in may be longer than what is stored.
 * *got bytes came out, *stored bytes were used.  false: no LZNT1.
 */
bool hl_carve_unpack(struct span in, uint8_t *out, size_t unit, size_t *got,
                     size_t *stored);

#endif
