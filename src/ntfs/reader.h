/*
 * reader.h: the reading half of NTFS: a volume, its $MFT, a file gathered
 * from its records, streams and folders.
 *
 *	struct hl_ntfs        a volume: geometry, $MFT, cache of records
 *	struct hl_ntfs_file   one file: all attributes of all its records
 *	struct hl_src         one stream of it
 *	struct hl_ntfs_dir    a folder's index: look up or walk
 *
 * All but the sources belongs to one thread at a time.  Sources borrow the
 * volume, not the file they were opened from.
 */
#ifndef HL_NTFS_READER_H
#define HL_NTFS_READER_H

#include "hivelift/src.h"
#include "ntfs/ntfs.h"

struct hl_ntfs;
struct hl_ntfs_dir;
struct hl_ntfs_link {
	struct hl_ntfs_ref ref;
	struct hl_ntfs_name name;
};

/*
 * Open a volume.  geom and mft NULL: from the boot sector; else as given
 * (mft is borrowed and holds the content of $MFT).
 *   HL_OK, HL_END (no NTFS boot sector; not said), HL_CORRUPT (said as a
 *   loss, for a rescue may follow), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_open(struct hl_ntfs **out, struct hl_src *vol,
                            const struct hl_ntfs_geom *geom,
                            struct hl_src *mft,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * The same when that failed, by second copies and, at last, by a search of
 * the whole volume for records.  *backup: the boot sector's copy was used.
 *   HL_OK (what was used is said), HL_END (no boot sector, not said),
 *   HL_CORRUPT (said), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_open_rescue(struct hl_ntfs **out, struct hl_src *vol,
                                   bool *backup,
                                   const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The boot sector.  HL_OK, HL_END, HL_CORRUPT (neither said), HL_NOMEM, … */
enum hl_status hl_ntfs_boot_first(struct hl_src *vol,
                                  struct hl_ntfs_geom *out) HL_MUST_CHECK;
/* The boot sector's copy behind the volume, for when the first is gone.
 * HL_OK (not said), HL_END (none) */
enum hl_status hl_ntfs_boot_backup(struct hl_src *vol,
                                   struct hl_ntfs_geom *out) HL_MUST_CHECK;
void hl_ntfs_close(struct hl_ntfs *nt);
const struct hl_ntfs_geom *hl_ntfs_geom(const struct hl_ntfs *nt);
struct hl_src *hl_ntfs_mft(struct hl_ntfs *nt);
/* Is $MFT put together from its records, and may lack some? */
bool hl_ntfs_is_stitched(const struct hl_ntfs *nt);

/* ---- records (mft.c) --------------------------------------------------- */

struct hl_ntfs_rec {
	uint64_t number;
	struct hl_ntfs_head head;
	struct hl_ntfs_fixup fix;
	bool mirror;         /* out of $MFTMirr */
	struct span bytes;   /* after the fixup; the used part only */
};
/*
 * One record; rec->bytes is good until the next call.  Torn sectors and use
 * of the mirror are said, once for each record.
 *   HL_OK; HL_END (never used: no FILE in it, all zero); HL_RANGE (behind
 *   the end of $MFT; not said); HL_CORRUPT (said); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_record(struct hl_ntfs *nt, uint64_t number,
                              struct hl_ntfs_rec *rec) HL_MUST_CHECK;
uint64_t hl_ntfs_record_count(const struct hl_ntfs *nt);
/* Those that a medium holds. */
uint64_t hl_ntfs_mapped_count(struct hl_ntfs *nt);
/* Say nothing of records that are damaged; they are said when asked for. */
void hl_ntfs_quiet(struct hl_ntfs *nt, bool on);
/* Read ahead: whole windows of $MFT, for walks that want most records. */
void hl_ntfs_bulk(struct hl_ntfs *nt, bool on);

/* ---- files (file.c) ---------------------------------------------------- */

/* One attribute header, where it was found. */
struct hl_ntfs_part {
	struct hl_ntfs_attr a; /* spans into the file's own copies */
	uint64_t record;
	unsigned held;         /* index into file->held */
	unsigned order;        /* as found; keeps the sort stable */
	bool listed;           /* $ATTRIBUTE_LIST names it, or there is none */
};
struct hl_ntfs_held {
	uint64_t number;
	struct hl_ntfs_fixup fix;
	uint8_t *p;
	size_t n;    /* the used part */
	size_t n_all; /* with the slack behind it */
};
struct hl_ntfs_file {
	struct hl_ntfs *nt;
	struct hl_ntfs_ref ref;
	struct hl_ntfs_head head;
	struct hl_ntfs_held *held;
	size_t n_held, cap_held;
	struct hl_ntfs_part *part; /* by type, name, lowest VCN */
	size_t n_part, cap_part;
	bool damaged; /* something of it could not be had (said) */
	bool odd;     /* what leads to its other records is not to be trusted */
	bool pending; /* an extension record lies where $MFT does not reach */
};
/*
 * Gather a file from its base record.  Unused records open too; look at
 * head.flags.
 *   HL_OK (maybe damaged), HL_END (never used or behind the end; not said),
 *   HL_CORRUPT (said), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_file_open(struct hl_ntfs_file **out, struct hl_ntfs *nt,
                                 uint64_t number) HL_MUST_CHECK;
void hl_ntfs_file_close(struct hl_ntfs_file *f);

#define NTFS_NONE SIZE_MAX
/* First part of an attribute, by its exact UTF-16LE name; NTFS_NONE. */
size_t hl_ntfs_find(const struct hl_ntfs_file *f, uint32_t type,
                    struct span name);
/* The part behind the last one of the attribute that begins at i. */
size_t hl_ntfs_part_end(const struct hl_ntfs_file *f, size_t i);

/* What the attributes say in sum. */
struct hl_ntfs_sum {
	struct hl_ntfs_std std;
	bool has_std;
	struct hl_ntfs_name name; /* its first long name; n == 0: none */
	bool is_dir;
	uint64_t size, allocated; /* of the unnamed $DATA */
	uint16_t data_flags;
	bool has_data;
	uint32_t reparse_tag;
};
void hl_ntfs_file_sum(const struct hl_ntfs_file *f, struct hl_ntfs_sum *out);

/* ---- what is deleted (remains.c, scan.c, owners.c, gone.c) ------------ */

/* The sequence number that a record has after its file was deleted. */
uint16_t hl_ntfs_seq_after(uint16_t seq);
/*
 * Is the record still the file that a reference means?  Live: in use, with
 * the same sequence number.  Deleted: not in use, one further on.
 */
enum hl_ntfs_fit { NTFS_FIT_NOT, NTFS_FIT_LIVE, NTFS_FIT_DELETED };
enum hl_ntfs_fit hl_ntfs_fits(const struct hl_ntfs_head *h,
                              struct hl_ntfs_ref ref);

/*
 * All records of $MFT in order, in large reads, past the caches: nothing is
 * said, and several threads may each have one.  rec->bytes is good until the
 * next call.
 *   HL_OK; HL_CORRUPT (damaged; rec->number is set), HL_END, HL_NOMEM,
 *   HL_CANCELLED
 */
struct hl_ntfs_scan;
enum hl_status hl_ntfs_scan_open(struct hl_ntfs_scan **out,
                                  struct hl_ntfs *nt) HL_MUST_CHECK;
enum hl_status hl_ntfs_scan_next(struct hl_ntfs_scan *s,
                                  struct hl_ntfs_rec *rec) HL_MUST_CHECK;
void hl_ntfs_scan_close(struct hl_ntfs_scan *s);

/*
 * Who has clusters now: [lcn, lcn + *n), *n cut to where the answer is one.
 * Thread-safe; the first question may read all of $MFT.
 */
struct hl_ntfs_holder {
	enum hl_quality quality; /* UNALLOCATED_NOW, ALLOCATED_TO, UNKNOWN */
	uint64_t owner;          /* record, or HL_NO_OFFSET */
};
enum hl_status hl_ntfs_who(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                           struct hl_ntfs_holder *out) HL_MUST_CHECK;
/* The same by $Bitmap alone: *used, or HL_END (it does not tell). */
enum hl_status hl_ntfs_in_use(struct hl_ntfs *nt, uint64_t lcn, uint64_t *n,
                              bool *used) HL_MUST_CHECK;

/* Bytes of a deleted file's stream in clusters that are in use again. */
uint64_t hl_ntfs_gone_taken(struct hl_src *src);

/* Names of a folder that only its unused bytes still hold. */
struct hl_ntfs_slack;
/* d: its index, or NULL; borrowed.  HL_OK, HL_NOMEM */
enum hl_status hl_ntfs_slack_open(struct hl_ntfs_slack **out,
                                  const struct hl_ntfs_file *f,
                                  struct hl_ntfs_dir *d) HL_MUST_CHECK;
/* *known: link->ref is; else only the name.  HL_OK, HL_END, HL_NOMEM,
 * HL_CANCELLED */
enum hl_status hl_ntfs_slack_next(struct hl_ntfs_slack *s,
                                  struct hl_ntfs_link *link,
                                  bool *known) HL_MUST_CHECK;
void hl_ntfs_slack_close(struct hl_ntfs_slack *s);
/* What its record says of a name that a folder's index has for it. */
enum hl_ntfs_named {
	NTFS_NAMED_NOT,       /* it has no name in that folder */
	NTFS_NAMED_OTHERWISE, /* it has, but not this one */
	NTFS_NAMED_SO,
};
enum hl_ntfs_named hl_ntfs_file_named(const struct hl_ntfs_file *f,
                                      uint64_t folder,
                                      const struct hl_ntfs_name *name);

/* ---- streams (stream.c, packed.c, resident.c) -------------------------- */

enum hl_ntfs_how {
	NTFS_CONTENT, /* as Windows reads it */
	NTFS_SLACK,   /* the same, then the bytes to the cluster's end */
	NTFS_RAW,     /* as it lies on the disk */
};

/*
 * The attribute that begins at part i as a source.  Damage is said.
 *   HL_OK, HL_UNSUPPORTED (encrypted, unknown compression: said), HL_CORRUPT
 *   (said), HL_LIMIT (said), HL_NOMEM
 */
enum hl_status hl_ntfs_stream(struct hl_src **out,
                              const struct hl_ntfs_file *f, size_t i,
                              enum hl_ntfs_how how) HL_MUST_CHECK;
/* Its whole content in one block, at most max bytes.  The caller frees. */
enum hl_status hl_ntfs_stream_load(void **out, size_t *n,
                                   const struct hl_ntfs_file *f, size_t i,
                                   size_t max) HL_MUST_CHECK;

/* ---- folders (dir.c, walk.c, kids.c) ----------------------------------- */

bool hl_ntfs_has_index(const struct hl_ntfs_file *f); /* its root, at least */
/* HL_OK, HL_END (not a folder), HL_CORRUPT (said), HL_NOMEM */
enum hl_status hl_ntfs_dir_open(struct hl_ntfs_dir **out,
                                const struct hl_ntfs_file *f) HL_MUST_CHECK;
/* A folder whose record cannot be had: its names out of the other records.
 * HL_OK (said), HL_END (no record names it), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_dir_open_lost(struct hl_ntfs_dir **out,
                                     struct hl_ntfs *nt,
                                     struct hl_ntfs_ref ref) HL_MUST_CHECK;
/* The caller found a name in it to be wrong: those of the records follow. */
void hl_ntfs_dir_doubt(struct hl_ntfs_dir *d);
void hl_ntfs_dir_close(struct hl_ntfs_dir *d);
/* Down the tree; exact case wins over folded unless the folder is case
 * sensitive, where only exact counts.  HL_OK, HL_END, HL_CORRUPT (said) */
enum hl_status hl_ntfs_dir_find(struct hl_ntfs_dir *d, const uint16_t *u,
                                size_t n, bool exact,
                                struct hl_ntfs_link *out) HL_MUST_CHECK;
/* The file that calls itself so in that folder, by a sweep: for when the
 * index leads to another one.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_kid_find(struct hl_ntfs *nt, struct hl_ntfs_ref folder,
                                const struct hl_ntfs_name *name,
                                struct hl_ntfs_link *out) HL_MUST_CHECK;
/* All names in order.  HL_CORRUPT: something was skipped (said); go on. */
enum hl_status hl_ntfs_dir_next(struct hl_ntfs_dir *d,
                                struct hl_ntfs_link *out) HL_MUST_CHECK;
void hl_ntfs_dir_rewind(struct hl_ntfs_dir *d);

/* ---- the volume's state (state.c) -------------------------------------- */

struct hl_ntfs_state {
	uint16_t label[128];
	size_t n_label;
	uint8_t major, minor;
	bool dirty, hibernated;
	uint32_t shadow_copies;
};
/* HL_OK (what could not be read is said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_state(struct hl_ntfs *nt,
                             struct hl_ntfs_state *out) HL_MUST_CHECK;
/* HL_OK, HL_END (not known; said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_unallocated(struct hl_ntfs *nt,
                                   uint64_t *bytes) HL_MUST_CHECK;

bool hl_ntfs_is_i30(struct span name); /* "$I30", a folder's index */

/* Names folded by the volume's $UpCase (read when first needed). */
int hl_ntfs_fold_cmp(struct hl_ntfs *nt, const uint16_t *a, size_t na,
                     const uint16_t *b, size_t nb);

#endif
