/*
 * vol_impl.h: what the two schemes and vol.c share.  The table is its own
 * builder: a scheme adds partitions and the places of its own structures, and
 * vol.c sorts, cuts to the image, and finds overlaps and gaps.
 */
#ifndef HL_VOL_IMPL_H
#define HL_VOL_IMPL_H

#include "base/span.h"
#include "hivelift/vol.h"

/* A stretch of bytes that holds the table itself: no gap, no partition. */
struct vol_area {
	uint64_t off, len;
};

struct hl_table {
	const struct hl_ctx *ctx;
	struct hl_src *src;
	struct hl_table_info info;
	struct hl_part *part;
	size_t n, cap;
	struct vol_area *area;
	size_t n_area, cap_area;
};

/* Add a partition of whole sectors; off and len of *part are filled here. */
enum hl_status hl_vol_add(struct hl_table *t, struct hl_part *part,
                          uint64_t first_lba, uint64_t n_lba) HL_MUST_CHECK;
/* Where the table's own structures lie, in sectors. */
enum hl_status hl_vol_area(struct hl_table *t, uint64_t lba,
                           uint64_t n_lba) HL_MUST_CHECK;
/* gaps.c: sort, find overlaps, and put the gaps between. */
enum hl_status hl_vol_finish(struct hl_table *t) HL_MUST_CHECK;
/*
 * Read len bytes at a sector.  HL_OK; HL_END when it is not inside the source
 * or not readable; HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_vol_read(struct hl_src *src, uint64_t lba, uint32_t ss,
                           void *buf, size_t len) HL_MUST_CHECK;

/* ---- mbr.c, ebr.c ---------------------------------------------------- */

struct mbr_entry {
	uint8_t type;
	bool active;
	bool odd; /* status is neither 0 nor 0x80 */
	uint32_t start, count; /* sectors */
};
struct mbr {
	uint32_t signature;
	size_t n_used;       /* entries with a type and a length */
	bool protective;     /* one of them is 0xEE */
	bool others;         /* one of them is not */
	struct mbr_entry e[4];
};
/*
 * HL_OK; HL_CORRUPT: one thing is wrong (55 aa is missing, or one status byte;
 * that entry is left out), so somebody else has to vouch for it; HL_END: no
 * MBR (or, when ebr, no EBR).  Pure.
 */
enum hl_status hl_mbr_parse(struct span sector, bool ebr, struct mbr *out);
bool hl_mbr_is_extended(uint8_t type);
/* How many entries lead to something that begins like a volume. */
enum hl_status hl_mbr_score(struct hl_src *src, const struct mbr *mbr,
                            uint32_t ss, unsigned *score) HL_MUST_CHECK;
/* Put all partitions, logical ones too, into the table. */
enum hl_status hl_mbr_fill(struct hl_table *t,
                           const struct mbr *mbr) HL_MUST_CHECK;
enum hl_status hl_mbr_add(struct hl_table *t, const struct mbr_entry *e,
                          uint64_t base, unsigned flags) HL_MUST_CHECK;
enum hl_status hl_ebr_fill(struct hl_table *t, uint32_t start,
                           uint32_t count) HL_MUST_CHECK;

/* ---- gpt.c, gpt_find.c ----------------------------------------------- */

struct gpt_header {
	uint64_t my_lba, alternate_lba, first_usable, last_usable, array_lba;
	uint32_t n_entries, entry_size, array_crc;
	uint8_t disk_guid[16];
};
struct gpt_entry {
	uint64_t first, last, attributes; /* LBA */
	char type[40], guid[40], name[36 * 3 + 1];
};
/*
 * A header that should lie at that sector.  HL_OK; HL_END: no signature;
 * HL_CORRUPT: checksum or place is wrong (out is filled all the same);
 * HL_UNSUPPORTED: its numbers make no sense.  Pure.
 */
enum hl_status hl_gpt_parse_header(struct span sector, uint64_t lba,
                                   struct gpt_header *out);
/* Could the array be read with these numbers?  Pure. */
bool hl_gpt_sane(const struct gpt_header *h);
bool hl_gpt_array_ok(const struct gpt_header *h, struct span array);
/* HL_OK; HL_END: unused.  Pure. */
enum hl_status hl_gpt_parse_entry(struct span array, const struct gpt_header *h,
                                  uint32_t i, struct gpt_entry *out);

/*
 * Look for a GPT with one sector size; on HL_OK the table is filled.
 * HL_END: none that this effort finds.  guess: also assume an array in its
 * usual place when no header is left (GPT_SALVAGE; a protective MBR is there)
 */
enum gpt_effort {
	GPT_PRIMARY, /* a sound primary */
	GPT_BACKUP,  /* a sound backup */
	GPT_SALVAGE, /* entries that look right, whatever the checksums say */
};
enum hl_status hl_gpt_fill(struct hl_table *t, uint32_t ss,
                           enum gpt_effort effort, bool guess) HL_MUST_CHECK;
/* Are there the magic and checksum of a primary header?  For a remark. */
bool hl_gpt_seen(struct hl_src *src, uint32_t ss);

#endif
