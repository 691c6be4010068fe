/*
 * scan_impl.h: what the files of a scan share.
 *
 *	scan.c         the pass: sectors -> places
 *	scan_rows.c    what is looked for, one row each
 *	scan_state.c   places -> bytes and back
 *	scan_judge.c   places -> results
 *	scan_table.c   what the table has; what older tables had
 *	scan_inside.c  boot sectors inside of files
 *	scan_age.c     generations
 *	scan_records.c volumes inferred from records of NTFS
 *	scan_range.c   a part of the image only; what the caller states
 *	scan_ntfs.c, scan_fat.c, scan_exfat.c, scan_bde.c: what a place proves
 */
#ifndef HL_SCAN_IMPL_H
#define HL_SCAN_IMPL_H

#include "base/span.h"
#include "hivelift/bde.h"
#include "hivelift/fs.h"
#include "hivelift/scan.h"
#include "ntfs/recmap.h"

#define SCAN_SECTOR 512
#define SCAN_AHEAD 4096   /* bytes of a record or block behind its start */
#define SCAN_BELIEVED 40  /* points; a boot sector alone has 20 at most */
#define SCAN_SURE 60      /* a neighbour with so many is one */
#define SCAN_PLACE 10     /* points of where it begins or ends */
/* A clock without a zone may be so far from UTC, FILETIME ticks. */
#define SCAN_ZONES (UINT64_C(15) * 3600 * 10000000)
#define SCAN_HINT 10      /* points of an older table's word */

/* A place that the pass noticed. */
struct scan_place {
	uint64_t off;
	uint32_t row;
};

/* An older table says that a partition begins at off. */
struct scan_hint {
	uint64_t off, len;  /* bytes; len 0: not known */
	uint64_t from;      /* of the table */
	bool alone;         /* worth a result although nothing is there */
	const char *what;   /* "GPT", "MBR or EBR" */
};

struct hl_scan {
	const struct hl_ctx *ctx;
	struct hl_ctx quiet; /* notes of volumes that are only looked at */
	struct hl_bde_keys keys; /* and nobody is asked for theirs */
	struct hl_src *image;
	struct hl_scan_opts opts;
	struct hl_disk *disk; /* by the table, from judging on */
	struct hl_lost_geom stated; /* opts.stated leads here, or is NULL */
	uint64_t from, to;   /* of the pass: whole sectors, but at the end */
	uint64_t at;         /* where it is */
	struct scan_place *place;
	size_t n_place, cap_place;
	bool full, hints_full; /* there were more places */
	bool evidence_full;  /* or more lines about one of them */
	uint64_t n_bad;      /* bytes that could not be read */
	struct hl_recmap *map;
	struct scan_hint *hint;
	size_t n_hint, cap_hint;
	struct hl_lost *lost;
	size_t n_lost, cap_lost;
	unsigned generations;
	unsigned n_blocks; /* of BitLocker metadata, that were judged */
	struct hl_volume *rival; /* n_lost of them, once they are needed */
	size_t n_rival;
};

/* One kind of thing that the pass looks for. */
struct scan_row {
	const char *name;
	/* its first eight bytes as a little-endian number, under a mask */
	uint64_t mask, first;
	bool marked; /* 55 aa at 510 */
	/* A closer look at its 512 bytes.  Pure. */
	bool (*keep)(struct span sector);
	enum hl_status (*judge)(struct hl_scan *s, uint64_t off,
	                        struct span sector);
};
extern const struct scan_row hl_scan_rows[]; /* ends with a NULL name */
extern const size_t hl_scan_n_rows;

/* ---- for the judges ---------------------------------------------------- */

/* HL_OK: all n bytes are there and sound; HL_END; HL_NOMEM, HL_CANCELLED */
enum hl_status hl_scan_read(struct hl_scan *s, uint64_t off, void *buf,
                            size_t n) HL_MUST_CHECK;
/* A line of evidence, worth so many points.  HL_OK, HL_NOMEM */
enum hl_status hl_lost_say(struct hl_scan *s, struct hl_lost *l,
                           unsigned points, const char *fmt, ...)
	HL_PRINTF(4, 5);
void hl_lost_clear(struct hl_scan *s, struct hl_lost *l);
/* The result for that volume, or NULL. */
struct hl_lost *hl_scan_same(struct hl_scan *s, const struct hl_lost *like);
/* Takes *l over, also when it fails. */
enum hl_status hl_scan_take(struct hl_scan *s,
                            struct hl_lost *l) HL_MUST_CHECK;
enum hl_status hl_scan_hint(struct hl_scan *s,
                            const struct scan_hint *hint) HL_MUST_CHECK;

/*
 * One or two ways to read a boot sector, as the first or the second one of a
 * volume; whichever proves more is taken, and of equals the first one unless
 * copy.  Takes both over; off HL_NO_OFFSET: that way is impossible.
 */
enum hl_status hl_scan_choose(struct hl_scan *s, struct hl_lost *first,
                              struct hl_lost *second, bool copy)
	HL_MUST_CHECK;

static inline bool hl_scan_fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* ---- one format each ----------------------------------------------------- */

bool hl_ntfs_lost_keep(struct span sector);
enum hl_status hl_ntfs_lost_judge(struct hl_scan *s, uint64_t off,
                                  struct span sector);
/* Of l, whose start and geometry are stated: is its $MFT there? */
enum hl_status hl_ntfs_lost_stated(struct hl_scan *s, struct hl_lost *l,
                                   bool *there);
bool hl_fat_lost_keep(struct span sector);
enum hl_status hl_fat_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);
bool hl_exfat_lost_keep(struct span sector);
enum hl_status hl_exfat_lost_judge(struct hl_scan *s, uint64_t off,
                                   struct span sector);
bool hl_bde_lost_keep(struct span sector);
enum hl_status hl_bde_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);
bool hl_bde_to_go_keep(struct span sector);
bool hl_bde_block_keep(struct span sector);
enum hl_status hl_bde_block_judge(struct hl_scan *s, uint64_t off,
                                  struct span sector);
bool hl_gpt_lost_keep(struct span sector);
enum hl_status hl_gpt_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);
bool hl_mbr_lost_keep(struct span sector);
enum hl_status hl_mbr_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);

/* Is there what a medium without a table would be as a whole? */
bool hl_scan_at_start(const struct hl_scan *s);

/* scan_range.c: from and to of opts, in whole sectors. */
void hl_scan_set_range(struct hl_scan *s);

/* ---- steps of judging -------------------------------------------------- */

enum hl_status hl_scan_records(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_stated(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_hints(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_table(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_inside(struct hl_scan *s) HL_MUST_CHECK;
/* The same for the files of the i-th, a lost one that is believed. */
enum hl_status hl_scan_inside_of(struct hl_scan *s, size_t i) HL_MUST_CHECK;
enum hl_status hl_scan_age(struct hl_scan *s) HL_MUST_CHECK;

static inline bool hl_lost_overlap(const struct hl_lost *a,
                                   const struct hl_lost *b)
{
	return a->off < b->off ? b->off - a->off < a->size :
	                         a->off - b->off < b->size;
}
/* scan_age.c: is it not sure which of two that overlap came later? */
bool hl_lost_doubt(const struct hl_lost *a, const struct hl_lost *b);
/* May a have written over b? */
bool hl_lost_later(const struct hl_lost *a, const struct hl_lost *b);
/* Was a made before b, on another disk perhaps, and is there all the same? */
bool hl_lost_copied(const struct hl_lost *a, const struct hl_lost *b);

/* ---- lost_volume.c ----------------------------------------------------- */

/*
 * Opens a lost volume, of which off and lost are set, with what later ones of
 * the scan have of it marked.
 * HL_OK (also when it is not read); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_lost_open(struct hl_volume *v, struct hl_src *image,
                            struct hl_scan *s,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The same with the volumes that lie over it; s: NULL or a scan. */
struct hl_fs_rival;
enum hl_status hl_lost_open_below(struct hl_volume *v, struct hl_src *image,
                                  const struct hl_scan *s,
                                  const struct hl_fs_rival *rival, size_t n,
                                  const struct hl_ctx *ctx) HL_MUST_CHECK;
/* below_mft.c: the records that no rival has, and that s (may be NULL) binds
 * to no other volume; for hl_free in any case.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_lost_remains(struct hl_recmap_extent **ext, size_t *n,
                               struct hl_src *vol, const struct hl_lost *l,
                               const struct hl_scan *s,
                               const struct hl_fs_rival *rival, size_t n_rival,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
/* below_offset.c: those of the table that lie over [off, off + len); lost:
 * there is no boot sector that could tell that it lies in a file of theirs.
 * *out is to be closed in any case.  HL_OK, HL_NOMEM, HL_CANCELLED */
struct hl_rivals;
enum hl_status hl_rivals_open(struct hl_rivals **out, struct hl_src *image,
                              uint32_t sector_size, uint64_t off, uint64_t len,
                              bool lost,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
const struct hl_fs_rival *hl_rivals_get(const struct hl_rivals *l, size_t *n);
void hl_rivals_close(struct hl_rivals *l);
/* scan_rivals.c: for hl_free.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_scan_open_rivals(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_rivals(struct hl_scan *s, const struct hl_lost *l,
                              struct hl_fs_rival **out,
                              size_t *n) HL_MUST_CHECK;
void hl_scan_close_rivals(struct hl_scan *s);

/*
 * The bytes of a lost volume, its boot sector's copy put where it belongs.
 * HL_OK, HL_NOMEM
 */
enum hl_status hl_lost_source(struct hl_src **out, struct hl_src *image,
                              const struct hl_lost *l,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
