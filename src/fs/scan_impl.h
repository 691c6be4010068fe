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
 *	*_lost.c       one format each: what a place proves
 */
#ifndef HL_SCAN_IMPL_H
#define HL_SCAN_IMPL_H

#include "base/span.h"
#include "hivelift/fs.h"
#include "hivelift/scan.h"
#include "ntfs/recmap.h"

#define SCAN_SECTOR 512
#define SCAN_AHEAD 4096   /* bytes of a record or block behind its start */
#define SCAN_BELIEVED 40  /* points; a boot sector alone has 20 at most */
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
	struct hl_src *image;
	struct hl_scan_opts opts;
	struct hl_disk *disk; /* by the table, from judging on */
	uint64_t at;         /* the pass */
	struct scan_place *place;
	size_t n_place, cap_place;
	bool full;           /* there were more places */
	struct hl_recmap *map;
	struct scan_hint *hint;
	size_t n_hint, cap_hint;
	struct hl_lost *lost;
	size_t n_lost, cap_lost;
	unsigned generations;
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
 * volume; whichever proves more is taken.  Takes both over; start:
 * HL_NO_OFFSET: that way is impossible.
 */
enum hl_status hl_scan_choose(struct hl_scan *s, struct hl_lost *first,
                              struct hl_lost *second) HL_MUST_CHECK;

static inline bool hl_scan_fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* ---- ntfs_lost.c, fat_lost.c, exfat_lost.c, scan_table.c ----------------- */

bool hl_ntfs_lost_keep(struct span sector);
enum hl_status hl_ntfs_lost_judge(struct hl_scan *s, uint64_t off,
                                  struct span sector);
bool hl_fat_lost_keep(struct span sector);
enum hl_status hl_fat_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);
bool hl_exfat_lost_keep(struct span sector);
enum hl_status hl_exfat_lost_judge(struct hl_scan *s, uint64_t off,
                                   struct span sector);
bool hl_gpt_lost_keep(struct span sector);
enum hl_status hl_gpt_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);
bool hl_mbr_lost_keep(struct span sector);
enum hl_status hl_mbr_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector);

/* ---- steps of judging -------------------------------------------------- */

enum hl_status hl_scan_records(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_hints(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_table(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_inside(struct hl_scan *s) HL_MUST_CHECK;
enum hl_status hl_scan_age(struct hl_scan *s) HL_MUST_CHECK;

static inline bool hl_lost_overlap(const struct hl_lost *a,
                                   const struct hl_lost *b)
{
	return a->off < b->off ? b->off - a->off < a->size :
	                         a->off - b->off < b->size;
}

/* ---- lost_volume.c ----------------------------------------------------- */

/*
 * The bytes of a lost volume, its boot sector put where it belongs: the copy,
 * or one made of the geometry.  *boot has to be closed after *out, or is
 * NULL.  HL_OK, HL_NOMEM
 */
enum hl_status hl_lost_source(struct hl_src **out, struct hl_src **boot,
                              struct hl_src *image, const struct hl_lost *l,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- lost_open.c ------------------------------------------------------- */

/* Is it one for hl_lost_open? */
bool hl_lost_is_ntfs(const struct hl_lost *l);
/*
 * Opens it with its own $MFT; of all the volumes of the disk, those that are
 * newer tell what they have of its bytes.  HL_OK (also when it is not read),
 * HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_lost_open(struct hl_volume *v, struct hl_src *image,
                            const struct hl_volume *all, size_t n,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
