/*
 * scan.h: volumes that no partition table knows.
 *
 * One pass over every sector of an image collects what looks like a boot
 * sector, a partition table or a record of NTFS; then each is judged by what
 * it proves.  A result says why it is believed, or why not, in words.
 *
 *	hl_scan_open -> (hl_scan_load) -> hl_scan_pass -> hl_scan_judge
 *	             -> hl_scan_get ... -> hl_disk_open with opts.scan
 */
#ifndef HIVELIFT_SCAN_H
#define HIVELIFT_SCAN_H

#include "src.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hl_lost_boot { HL_BOOT_NONE, HL_BOOT_PRIMARY, HL_BOOT_BACKUP };

/* Sizes and places that a lost boot sector would have told; bytes, 0: not
 * known. */
struct hl_lost_geom {
	uint32_t cluster_size, sector_size;
	uint32_t record_size, index_size; /* NTFS */
	uint64_t mft_lcn;                 /* NTFS; HL_NO_OFFSET: not known */
};

/* A volume that is, was, or seems to have been there. */
struct hl_lost {
	char id[16];        /* "L1" when believed and not in the table; the
	                       table's own number when it is; else "" */
	uint64_t off, size; /* bytes in the image; size with the boot sector's
	                       copy behind it, cut to nothing */
	const char *fs;     /* "ntfs", "fat32", "exfat", …; "" not known */
	char label[64];     /* UTF-8, when it can be had; or "" */
	bool hinted;        /* an older table names it */
	unsigned score;     /* 0 to 100 */
	bool believed;
	bool in_table;
	enum hl_lost_boot boot; /* the boot sector that counts */
	uint64_t boot_off;      /* its place, bytes; HL_NO_OFFSET: none */
	bool other_mft;      /* NTFS: record 0 there is a later volume's */
	bool older;          /* its records say that another one came later */
	bool same_mft;       /* and that one's $MFT lies on its own */
	unsigned generation; /* 1: newest; 0: not believed */
	uint64_t formatted;  /* FILETIME, 0: not known */
	bool local;          /* that is wall clock of an unknown zone */
	uint64_t written;    /* FILETIME of the root folder's last change, or
	                        of the latest file in it */
	bool by_file;        /* formatted is a file's time, which may have been
	                        brought along */
	struct hl_lost_geom geom;
	bool at_least;       /* BitLocker: it may be larger than size */
	uint64_t bde_off;    /* BitLocker: bytes from its start to a block of
	                        its metadata; 0: none was seen */
	/* NTFS: where its records lie, as far as they were seen; or NULL */
	struct hl_recmap_extent *ext;
	size_t n_ext;
	char *inside;        /* path of the live file that holds the boot
	                        sector, "N:/a/b"; or NULL */
	char **evidence;     /* n_evidence lines of text */
	size_t n_evidence, cap_evidence;
};

struct hl_scan;
struct hl_recmap_extent;

struct hl_scan_opts {
	uint32_t sector_size; /* of the table; 0: find out */
	/*
	 * Only the sectors of [from, to) are looked at; to 0: up to the end.
	 * What a place in there leads to is proved wherever it lies, and the
	 * table's own volumes are always among the results.
	 */
	uint64_t from, to;
	/* Of NTFS at stated_off, as the caller states it; or NULL.  Copied. */
	const struct hl_lost_geom *stated;
	uint64_t stated_off;
	/* Called now and then during the pass: a moment for hl_scan_save. */
	void *user;
	void (*checkpoint)(void *user, struct hl_scan *scan);
};

/* Parses nothing but the table and the volumes it names, in silence.
 * HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_scan_open(struct hl_scan **out, struct hl_src *image,
                            const struct hl_scan_opts *opts,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_scan_close(struct hl_scan *scan);

/* Every sector of the range from where it was to the end; progress is told.
 * HL_OK; HL_CANCELLED (what was seen so far is kept); HL_NOMEM */
enum hl_status hl_scan_pass(struct hl_scan *scan) HL_MUST_CHECK;
/* The byte of the image up to which the pass has come. */
uint64_t hl_scan_position(const struct hl_scan *scan);
/* What it is to look at, in whole sectors; false: all of the image. */
bool hl_scan_range(const struct hl_scan *scan, uint64_t *from, uint64_t *to);
/* Has the i-th result a byte in there? */
bool hl_scan_touches(const struct hl_scan *scan, size_t i);
/*
 * Where a volume of the table lies, as the table says, which may be beyond
 * the end of the image; looked up in silence.
 *   HL_OK; HL_END: there is none of that id, or nothing of it;
 *   HL_UNSUPPORTED: it is no single stretch of the image (a dynamic volume);
 *   HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_scan_find_volume(struct hl_src *image, uint32_t sector_size,
                                   const char *id, uint64_t *off,
                                   uint64_t *len,
                                   const struct hl_ctx *ctx) HL_MUST_CHECK;

/* What was seen -> results, sorted by offset.  HL_OK, HL_NOMEM,
 * HL_CANCELLED */
enum hl_status hl_scan_judge(struct hl_scan *scan) HL_MUST_CHECK;
size_t hl_scan_count(const struct hl_scan *scan);
const struct hl_lost *hl_scan_get(const struct hl_scan *scan, size_t i);
/* The highest number of a generation; 0: nothing is believed. */
unsigned hl_scan_generations(const struct hl_scan *scan);
/*
 * The volumes of a table that would hold generation g: all of it, and of the
 * others what leaves room for it, newer ones first.
 */
bool hl_scan_in_generation(const struct hl_scan *scan, size_t i, unsigned g);
/* A dynamic disk's partition, or one of the volumes in it: these share bytes
 * although they are there together. */
bool hl_scan_dynamic(const struct hl_scan *scan, const struct hl_lost *l);

/*
 * A cheap look at space that no partition covers: is there a boot sector at
 * its start, at the next whole MiB, at sector 63 when it begins with the
 * medium, or the copy of one in its last sector?
 *   HL_OK: *at is its offset, *fs "ntfs", "fat" or "exfat" (static); HL_END,
 *   HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_scan_peek(struct hl_src *image, uint64_t off, uint64_t len,
                            uint64_t *at, const char **fs) HL_MUST_CHECK;

/*
 * What was seen so far, as bytes, and back.  put returns false when it
 * failed (HL_IO).  Loading refuses (HL_USAGE) what belongs to another image
 * or another range and (HL_CORRUPT) what is no state; both are said.
 */
enum hl_status hl_scan_save(struct hl_scan *scan,
                            bool (*put)(void *user, const void *p, size_t n),
                            void *user) HL_MUST_CHECK;
enum hl_status hl_scan_load(struct hl_scan *scan, const void *p,
                            size_t n) HL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
