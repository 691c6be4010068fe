/*
 * vol.h: partition tables.  Gaps are results; what the table claims is
 * reported, not trusted.
 */
#ifndef HIVELIFT_VOL_H
#define HIVELIFT_VOL_H

#include "src.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hl_part_flag {
	HL_PART_GAP = 1 << 0,      /* no partition covers it */
	HL_PART_CUT = 1 << 1,      /* ends after the image does; len is cut */
	HL_PART_OUTSIDE = 1 << 2,  /* begins after the image's end; len is 0 */
	HL_PART_OVERLAPS = 1 << 3, /* shares bytes with another partition */
	HL_PART_LOGICAL = 1 << 4,  /* MBR: out of an extended partition */
	HL_PART_RESERVED = 1 << 5, /* a type that holds no file system (MSR) */
	HL_PART_DYNAMIC = 1 << 6,  /* LDM member (MBR 0x42, GPT LDM types) */
	HL_PART_SPACES = 1 << 7,   /* Storage Spaces member */
	HL_PART_ACTIVE = 1 << 8,   /* MBR boot flag */
};

struct hl_part {
	uint64_t off, len;    /* bytes in the image, cut to it */
	uint64_t stated_len;  /* bytes, as the table says */
	unsigned flags;       /* enum hl_part_flag */
	char type[40];        /* "0x07" or a GUID in lower case; "" for gaps */
	const char *type_name; /* "Basic data", "EFI system", …; never NULL */
	char guid[40];        /* GPT: the partition's own; or "" */
	char name[36 * 3 + 1]; /* GPT: UTF-8; or "" */
};

struct hl_table_info {
	const char *scheme;   /* "gpt", "mbr" */
	uint64_t offset;      /* of the table that was used, bytes */
	uint32_t sector_size; /* found by trying when the image does not say */
	bool ok;              /* every check passed */
	bool used_backup;     /* GPT: the primary was bad */
	bool hybrid;          /* GPT with an MBR that lists partitions too */
	char disk_id[40];     /* GPT disk GUID or MBR signature */
};

struct hl_table;

/*
 * Read the partition table.  sector_size 0: the source's, else 512 and 4096
 * are tried.  Everything odd is a note.
 *   HL_OK, HL_END (no table here), HL_IO, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_table_open(struct hl_table **out, struct hl_src *image,
                             uint32_t sector_size,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_table_close(struct hl_table *table);
const struct hl_table_info *hl_table_info(const struct hl_table *table);
/* Partitions and gaps in the order of their start. */
size_t hl_table_count(const struct hl_table *table);
const struct hl_part *hl_table_part(const struct hl_table *table, size_t i);
/* The stretches of the image that hold the table itself (MBR, EBRs, GPT and its
 * copy), bytes.  The i-th; false: no more. */
bool hl_table_own(const struct hl_table *table, size_t i, uint64_t *off,
                  uint64_t *len);

/* ---- dynamic disks (LDM) ----------------------------------------------- */

/* A volume out of a dynamic disk's database, over one or several disks. */
struct hl_ldm_volume {
	/* off: its first byte on the first disk that holds a part of it; type
	   "ldm-simple", "ldm-spanned", "ldm-striped", "ldm-mirrored",
	   "ldm-raid5"; name "Volume1 (E:)" */
	struct hl_part part;
	size_t disk;           /* the disk that off is on */
	struct hl_src *src;    /* NULL: nothing of it can be put together */
	const char *remark;    /* what is not as it should be, or NULL: for
	                          who opens the volume to say */
	bool loss;             /* it costs content, or needed a parity */
};
struct hl_ldm;
/*
 * The volumes of dynamic disks: image[i] with its table[i], whose first is
 * the one in question and the others of its group in any order.  Volumes
 * without a part on any of them are left out (and counted in a note).  A
 * member that is missing is named; what can be read without it is.
 *   HL_OK; HL_END: image[0] has no database that can be read (said when it
 *   should have one); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ldm_open(struct hl_ldm **out, struct hl_src *const *image,
                           const struct hl_table *const *table, size_t n,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_ldm_close(struct hl_ldm *ldm);
size_t hl_ldm_count(const struct hl_ldm *ldm);
const struct hl_ldm_volume *hl_ldm_volume(const struct hl_ldm *ldm, size_t i);

#ifdef __cplusplus
}
#endif
#endif
