/*
 * ntfs.h: the NTFS decoders: bytes in, host structs out.  No I/O and no
 * allocation; spans in the results point into the bytes that were given.
 *
 * Everywhere: HL_OK an item, HL_END no more, HL_CORRUPT damage.  A cursor
 * that answered HL_CORRUPT can be called again: it has moved on, or will say
 * HL_END when there is no way to go on.
 */
#ifndef HL_NTFS_H
#define HL_NTFS_H

#include "base/span.h"
#include "hivelift/status.h"

#define NTFS_NAME_UNITS 255
#define NTFS_NAME_BYTES (NTFS_NAME_UNITS * 3 + 1) /* in UTF-8, with NUL */

/* Attribute types. */
enum {
	NTFS_STANDARD_INFORMATION = 0x10,
	NTFS_ATTRIBUTE_LIST = 0x20,
	NTFS_FILE_NAME = 0x30,
	NTFS_OBJECT_ID = 0x40,
	NTFS_SECURITY_DESCRIPTOR = 0x50,
	NTFS_VOLUME_NAME = 0x60,
	NTFS_VOLUME_INFORMATION = 0x70,
	NTFS_DATA = 0x80,
	NTFS_INDEX_ROOT = 0x90,
	NTFS_INDEX_ALLOCATION = 0xa0,
	NTFS_BITMAP = 0xb0,
	NTFS_REPARSE_POINT = 0xc0,
	NTFS_EA_INFORMATION = 0xd0,
	NTFS_EA = 0xe0,
	NTFS_LOGGED_UTILITY_STREAM = 0x100,
	NTFS_TYPE_END = 0xffffffff,
};
const char *hl_ntfs_type_name(uint32_t type); /* "$DATA", "?" */

/* Well-known records. */
enum {
	NTFS_REC_MFT = 0,
	NTFS_REC_VOLUME = 3,
	NTFS_REC_ROOT = 5,
	NTFS_REC_BITMAP = 6,
	NTFS_REC_BADCLUS = 8,
	NTFS_REC_UPCASE = 10,
};

/* A file reference: 48 bits of record number, 16 of sequence. */
struct hl_ntfs_ref {
	uint64_t number;
	uint16_t seq;
};
struct hl_ntfs_ref hl_ntfs_ref_of(uint64_t raw);

/* ---- boot.c ------------------------------------------------------------ */

struct hl_ntfs_geom {
	uint32_t sector_size, cluster_size; /* bytes */
	uint32_t record_size, index_size;   /* bytes */
	uint64_t total_sectors, n_clusters;
	uint64_t mft_lcn, mirror_lcn;
	uint64_t serial;
};
/* HL_OK, HL_END (not NTFS), HL_CORRUPT ("NTFS", but impossible numbers) */
enum hl_status hl_ntfs_boot_decode(struct span s,
                                   struct hl_ntfs_geom *out) HL_MUST_CHECK;

/* ---- fixup.c ----------------------------------------------------------- */

#define NTFS_STRIDE 512 /* bytes one update sequence word protects, always */
#define NTFS_MAX_BLOCK 65536
#define NTFS_TORN_WORDS (NTFS_MAX_BLOCK / NTFS_STRIDE / 64)

struct hl_ntfs_fixup {
	bool header_ok; /* the update sequence lies inside and fits */
	uint16_t value;
	unsigned n_sectors;
	unsigned n_torn;
	uint64_t torn[NTFS_TORN_WORDS]; /* bit i: sector i */
};
/*
 * Undo the update sequence of a FILE record or INDX block in place (the
 * caller's copy).  A sector whose last two bytes are not the value is torn:
 * its bytes stay as they lie.  With a broken header nothing is replaced and
 * every sector counts as torn.  Never fails.
 */
void hl_ntfs_fixup(uint8_t *p, size_t n, struct hl_ntfs_fixup *out);
static inline bool hl_ntfs_torn(const struct hl_ntfs_fixup *f, unsigned i)
{
	return f->torn[i / 64] >> (i % 64) & 1;
}

/* ---- record.c ---------------------------------------------------------- */

enum hl_ntfs_magic { NTFS_MAGIC_FILE, NTFS_MAGIC_BAAD, NTFS_MAGIC_OTHER };
struct hl_ntfs_head {
	enum hl_ntfs_magic magic;
	uint64_t lsn;
	uint16_t seq, links, attrs_off, flags, next_id;
	uint32_t used, allocated; /* bytes */
	struct hl_ntfs_ref base;  /* number and seq 0: this is a base record */
	bool has_number;          /* header since XP */
	uint32_t number;
};
#define NTFS_IN_USE 1
#define NTFS_HAS_INDEX 2
/* HL_OK, HL_CORRUPT (too short, attributes outside); magic is told apart */
enum hl_status hl_ntfs_head_decode(struct span record,
                                   struct hl_ntfs_head *out) HL_MUST_CHECK;

struct hl_ntfs_attr {
	uint32_t type, len, off; /* off: of its header in the record */
	uint16_t id, flags;
	bool resident, indexed;
	struct span name;  /* UTF-16LE */
	struct span value; /* resident */
	/* non-resident */
	struct span runs;
	uint64_t lowest_vcn, highest_vcn; /* highest + 1 == 0: empty */
	uint64_t allocated, size, valid;  /* bytes; when lowest_vcn is 0 */
	uint8_t unit_log2;
};
#define NTFS_COMPRESSED 0x00ff /* method in the low byte */
#define NTFS_ENCRYPTED 0x4000
#define NTFS_SPARSE 0x8000
/* *off starts at head.attrs_off; record is cut to the bytes in use. */
enum hl_status hl_ntfs_attr_next(struct span record, uint32_t *off,
                                 struct hl_ntfs_attr *out) HL_MUST_CHECK;

/* ---- runs.c ------------------------------------------------------------ */

struct hl_ntfs_runs { /* cursor */
	struct span s;
	size_t pos;
	uint64_t vcn, lcn;
	uint64_t n_clusters; /* of the volume */
};
struct hl_ntfs_run {
	uint64_t vcn, len; /* clusters */
	uint64_t lcn;
	bool sparse;
	bool outside; /* some of it lies outside the volume */
};
void hl_ntfs_runs_init(struct hl_ntfs_runs *it, struct span s,
                       uint64_t first_vcn, uint64_t n_clusters);
enum hl_status hl_ntfs_run_next(struct hl_ntfs_runs *it,
                                struct hl_ntfs_run *out) HL_MUST_CHECK;

/* ---- values.c ---------------------------------------------------------- */

struct hl_ntfs_list_entry {
	uint32_t type;
	uint16_t id;
	uint64_t lowest_vcn;
	struct hl_ntfs_ref ref;
	struct span name; /* UTF-16LE */
};
enum hl_status hl_ntfs_list_next(struct span list, size_t *off,
                                 struct hl_ntfs_list_entry *out) HL_MUST_CHECK;

struct hl_ntfs_times {
	uint64_t created, modified, changed, accessed; /* FILETIME */
};
struct hl_ntfs_std {
	struct hl_ntfs_times times;
	uint32_t attributes;
	bool case_sensitive; /* a folder with that flag (Windows 10 1803) */
	bool has_v3;
	uint32_t class_id, owner, security_id;
	uint64_t usn;
};
enum hl_status hl_ntfs_std_decode(struct span s,
                                  struct hl_ntfs_std *out) HL_MUST_CHECK;

enum { NTFS_NS_POSIX, NTFS_NS_WIN32, NTFS_NS_DOS, NTFS_NS_BOTH };
struct hl_ntfs_name {
	struct hl_ntfs_ref parent;
	struct hl_ntfs_times times;
	uint64_t allocated, size;
	uint32_t attributes, reparse_tag;
	uint8_t name_space;
	uint16_t n;
	uint16_t u[NTFS_NAME_UNITS];
};
enum hl_status hl_ntfs_name_decode(struct span s,
                                   struct hl_ntfs_name *out) HL_MUST_CHECK;

#define NTFS_TAG_MOUNT_POINT 0xa0000003u
#define NTFS_TAG_SYMLINK 0xa000000cu
#define NTFS_TAG_WOF 0x80000017u
#define NTFS_TAG_DEDUP 0x80000013u
struct hl_ntfs_reparse {
	uint32_t tag;
	bool is_link;       /* symbolic link or mount point */
	struct span subst, print; /* UTF-16LE */
};
/* HL_CORRUPT: tag may still be set (else 0) */
enum hl_status
hl_ntfs_reparse_decode(struct span s,
                       struct hl_ntfs_reparse *out) HL_MUST_CHECK;

struct hl_ntfs_volume_info {
	uint8_t major, minor;
	uint16_t flags;
};
#define NTFS_VOLUME_DIRTY 1
enum hl_status
hl_ntfs_volume_info_decode(struct span s,
                           struct hl_ntfs_volume_info *out) HL_MUST_CHECK;

/* ---- index.c ----------------------------------------------------------- */

struct hl_ntfs_node {
	struct span entries;
	bool children;
};
struct hl_ntfs_root {
	uint32_t type, collation, block_size;
	struct hl_ntfs_node node;
};
enum hl_status hl_ntfs_root_decode(struct span value,
                                   struct hl_ntfs_root *out) HL_MUST_CHECK;
struct hl_ntfs_indx {
	uint64_t vcn;
	struct hl_ntfs_node node;
};
/* block: after its fixup.  HL_END: not an INDX block at all */
enum hl_status hl_ntfs_indx_decode(struct span block,
                                   struct hl_ntfs_indx *out) HL_MUST_CHECK;
struct hl_ntfs_entry {
	struct hl_ntfs_ref ref;
	struct span key; /* empty for the last entry */
	bool has_child, last;
	uint64_t child_vcn;
};
enum hl_status hl_ntfs_entry_next(struct span entries, size_t *off,
                                  struct hl_ntfs_entry *out) HL_MUST_CHECK;

/* ---- upcase.c ---------------------------------------------------------- */

/* table: 65,536 units, or NULL for ASCII only. */
uint16_t hl_ntfs_upcase(const uint16_t *table, uint16_t u);
/* Order of COLLATION_FILE_NAME without the tie-break: <0, 0, >0 */
int hl_ntfs_name_fold_cmp(const uint16_t *table, const uint16_t *a, size_t na,
                          const uint16_t *b, size_t nb);
/* The tie-break: by units as they are. */
int hl_ntfs_name_cmp(const uint16_t *a, size_t na, const uint16_t *b,
                     size_t nb);

#endif
