/* volume.h: the inside of struct hl_ntfs, for the files of this folder. */
#ifndef HL_NTFS_VOLUME_H
#define HL_NTFS_VOLUME_H

#include <pthread.h>

#include "io/note.h"
#include "ntfs/reader.h"
#include "ntfs/sweep.h"

struct hl_ntfs_taken;

#define NTFS_CACHE 64         /* records kept */
#define NTFS_WINDOWS 8        /* read-ahead windows of $MFT */
#define NTFS_WINDOW_BYTES 32768
#define NTFS_WINDOW_CREDIT ((uint64_t)NTFS_WINDOWS * NTFS_WINDOW_BYTES)
#define NTFS_KEPT 32          /* INDX blocks kept for lookups */
#define NTFS_KEPT_BYTES 4096
#define NTFS_SAID 256         /* records whose damage was said lately */

struct hl_ntfs_slot {
	bool used;
	struct hl_ntfs_rec rec; /* bytes point into buf */
	enum hl_status st;
	uint8_t *buf;
};

/* An INDX block after its fixup: lookups come back to the same few. */
struct hl_ntfs_kept {
	bool used;
	uint64_t dir, off; /* record of the folder, bytes into its blocks */
	struct hl_ntfs_fixup fix;
	uint8_t buf[NTFS_KEPT_BYTES];
};

struct hl_ntfs_window {
	bool used;
	uint64_t off; /* in $MFT */
	size_t n;
	uint8_t *buf;
};

struct hl_ntfs {
	const struct hl_ctx *ctx;
	struct hl_src *vol;
	struct hl_ntfs_geom geom;
	struct hl_src *mft;
	bool own_mft;
	bool booting; /* $MFT is not whole yet: say nothing */
	bool mirror_first; /* the copy of record 0 describes $MFT better */
	bool quiet;   /* a sweep: what it meets is said when it is asked for */
	struct hl_ntfs_slot slot[NTFS_CACHE];
	uint8_t *slot_bytes;
	int bulk;
	struct hl_ntfs_kept *kept; /* NTFS_KEPT of them, or NULL */
	unsigned next_kept;
	struct hl_ntfs_window window[NTFS_WINDOWS];
	unsigned next_window;
	uint64_t window_credit; /* bytes that windows may cost; mft.c */
	uint64_t said[NTFS_SAID];
	unsigned next_said;
	uint16_t *upcase;
	bool upcase_tried;
	struct hl_ntfs_sweep *sweep; /* NULL: not needed yet */
	bool bitmap_known;
	uint64_t unallocated;
	bool stitched; /* $MFT is put together from what is left of it */
	bool lost;    /* others may have been written over it: blocks of its
	                 folders have to name the folder */
	struct hl_ntfs_taken *taken; /* taken.c: what later volumes have */
	size_t n_taken;
	struct hl_ntfs_owners *owners; /* owners.c, from the first need on */
};
/* owners.c: what the questions need is set up while one thread is here. */
enum hl_status hl_ntfs_owners_prepare(struct hl_ntfs *nt) HL_MUST_CHECK;
void hl_ntfs_owners_free(struct hl_ntfs *nt);

/* taken.c: extents over the volume, told what later volumes have.  Takes
 * inner over, also when it fails. */
enum hl_status hl_ntfs_taken(struct hl_src **out, struct hl_src *inner,
                             struct hl_ntfs *nt) HL_MUST_CHECK;

/* gone.c: a deleted file's extents, told who has them now.  Takes inner over,
 * also when it fails. */
enum hl_status hl_ntfs_gone(struct hl_src **out, struct hl_src *inner,
                            struct hl_ntfs *nt) HL_MUST_CHECK;
/* What it was made of; any other source itself. */
struct hl_src *hl_ntfs_gone_inner(struct hl_src *src);

/* remains.c: attributes in the slack of an unused record that still fit. */
enum hl_status hl_ntfs_remains(struct hl_ntfs_file *f) HL_MUST_CHECK;

/* mft_open.c: HL_OK, HL_CORRUPT (not said: neither record 0 nor its copy
 * describes all of $MFT; nt->mft is what they do describe, or NULL), … */
enum hl_status hl_ntfs_mft_open(struct hl_ntfs *nt) HL_MUST_CHECK;
/* stitch.c: $MFT out of records found by their signature all over the volume.
 * HL_OK, HL_END (none), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_stitch(struct hl_src **out, struct hl_src *vol,
                              const struct hl_ntfs_geom *geom,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* mft.c */
bool hl_ntfs_is_others(const struct hl_ntfs *nt,
                       const struct hl_ntfs_rec *rec);
void hl_ntfs_cache_clear(struct hl_ntfs *nt);

/* A place in $MFT for notes about a record. */
static inline struct hl_at hl_ntfs_at(struct hl_ntfs *nt, uint64_t number,
                                      const char *what)
{
	uint64_t off = number < UINT64_MAX / nt->geom.record_size ?
	               number * nt->geom.record_size : HL_NO_OFFSET;

	if (nt->mft && off >= hl_src_size(nt->mft))
		off = HL_NO_OFFSET;
	return (struct hl_at){ nt->ctx, nt->mft, off, what };
}

/*
 * file.c: one more record for a file that is being opened; a record that
 * cannot be had or is another's is said.  HL_OK, HL_LIMIT, HL_NOMEM, …
 */
enum hl_status hl_ntfs_file_extend(struct hl_ntfs_file *f,
                                   struct hl_ntfs_ref ref) HL_MUST_CHECK;
/* regain.c: is a stream of it mapped in part only (parts are sorted)? */
bool hl_ntfs_file_has_gap(const struct hl_ntfs_file *f);
/* Records that say they belong to it.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_ntfs_file_regain(struct hl_ntfs_file *f) HL_MUST_CHECK;

/* packed.c: takes raw over, also when it fails. */
enum hl_status hl_ntfs_packed(struct hl_src **out, struct hl_src *raw,
                              uint32_t unit, uint64_t size, uint64_t valid,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* What lies under such a source; any other source itself. */
struct hl_src *hl_ntfs_packed_raw(struct hl_src *src);
/* resident.c */
enum hl_status hl_ntfs_resident(struct hl_src **out,
                                const struct hl_ntfs_file *f,
                                const struct hl_ntfs_part *p) HL_MUST_CHECK;

#endif
