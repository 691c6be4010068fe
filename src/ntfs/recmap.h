/*
 * recmap.h: NTFS volumes inferred from where their records lie, for when no
 * boot sector tells.
 *
 *	medium  ..F0 F1 F2 F3 .. F40 F41 F42 ..... INDX .. F900 F901 ..
 *	          stretch        stretch           block   stretch
 *
 * A record since Windows XP holds its own number, so neighbours with
 * following numbers are one stretch of one $MFT.  What binds stretches into
 * volumes, from strong to weak:
 *
 *	record 0         describes $MFT: cluster size, start, every stretch
 *	other records    state bytes and clusters of a stream: cluster size
 *	index blocks     name their folder, whose record says in which cluster
 *	                 they lie: start of the volume
 *	position         a stretch that nothing binds, inside of one volume
 *
 * Feed it from one sequential pass (hl_recmap_feed), then ask once
 * (hl_recmap_infer).  Its memory is bounded: stretches are merged, and what
 * grows without them (index blocks, their run lists, stretches of one record)
 * is sampled by the folder or record it is about, so that both sides of a
 * comparison stay.
 */
#ifndef HL_NTFS_RECMAP_H
#define HL_NTFS_RECMAP_H

#include "base/span.h"
#include "hivelift/src.h"

/* Neighbouring records.  Holes in it (records never used) are counted in n,
 * not in present. */
struct hl_recmap_extent {
	uint64_t off;      /* bytes into the image, of its first record */
	uint64_t number;   /* of its first record */
	uint64_t n;        /* records it spans */
	uint64_t present;  /* records that were seen */
};

struct hl_recmap_volume {
	uint64_t start;        /* bytes into the image */
	uint64_t size;         /* bytes, at least; exact when size_known */
	bool size_known;       /* $BadClus or $Bitmap told it */
	uint32_t cluster_size, record_size; /* bytes */
	/*
	 * A cluster in which records of this $MFT lie; the one of record 0
	 * when has_zero.  What `--mft` takes.
	 */
	uint64_t mft_lcn;
	bool has_zero;         /* record 0 survives, and this is its $MFT */
	uint64_t records;      /* seen */
	uint64_t index_blocks; /* that lie where this volume's records say */
	unsigned score;        /* 0 to 100: how much proves it */
	bool older;            /* another inferred volume lies on the same
	                          bytes, and seems to have written later */
	bool same_mft;         /* that one's $MFT begins where this one's did */
	const struct hl_recmap_extent *ext; /* sorted by number, disjoint */
	size_t n_ext;
	const char *const *evidence; /* in words, with numbers */
	size_t n_evidence;
};

struct hl_recmap;

/* HL_OK, HL_NOMEM */
enum hl_status hl_recmap_new(struct hl_recmap **out,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_recmap_free(struct hl_recmap *m);

/*
 * A place that begins with "FILE" or "INDX", at any multiple of 512: as many
 * bytes from there as the caller has, best all of a block (4096; a record of
 * 1024 will do).  What is no record is passed over.  In any order; sequential
 * is fastest.
 *   HL_OK, HL_NOMEM
 */
enum hl_status hl_recmap_feed(struct hl_recmap *m, uint64_t off,
                              struct span bytes) HL_MUST_CHECK;

/* All of a source.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_recmap_scan(struct hl_recmap *m, struct hl_src *src,
                              const char *what) HL_MUST_CHECK;

/* The same from what was decoded elsewhere: one record's place. */
enum hl_status hl_recmap_add(struct hl_recmap *m, uint64_t off,
                             uint64_t number, uint32_t record_size,
                             uint32_t cluster_size) HL_MUST_CHECK;

/*
 * The volumes, best proven first; borrowed until the next call or the end.
 * May be asked again after more was fed.
 *   HL_OK (*n may be 0), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_recmap_infer(struct hl_recmap *m,
                               const struct hl_recmap_volume **out,
                               size_t *n) HL_MUST_CHECK;

/*
 * State for a pass that is taken up again.  write: 0 when all was written.
 *   save: HL_OK, HL_IO (write failed)
 *   load: HL_OK, HL_CORRUPT (not ours, cut, or changed), HL_NOMEM
 */
enum hl_status hl_recmap_save(const struct hl_recmap *m,
                              int (*write)(void *user, const void *p,
                                           size_t n),
                              void *user) HL_MUST_CHECK;
enum hl_status hl_recmap_load(struct hl_recmap **out, struct span state,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
