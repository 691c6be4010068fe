/*
 * acquire.h: a medium copied into an image, or onto another medium.
 *
 *	hl_acquire        source -> raw file, E01 set or device, with digests
 *	hl_acquire_check  what was written, read back
 *
 * What cannot be read becomes zeros and is listed; a raw copy has a map
 * (GNU ddrescue's) beside it while it is made, and afterwards where something
 * is missing, by which it can be gone on with.
 */
#ifndef HIVELIFT_ACQUIRE_H
#define HIVELIFT_ACQUIRE_H

#include "src.h"
#include "verify.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hl_acquire_format { HL_ACQUIRE_RAW, HL_ACQUIRE_EWF };
enum hl_acquire_packing {
	HL_ACQUIRE_FAST, HL_ACQUIRE_BEST, HL_ACQUIRE_NONE
};

struct hl_acquire_opts {
	enum hl_acquire_format format;
	enum hl_acquire_packing packing; /* E01 */
	int folder;       /* of the output; borrowed */
	const char *name; /* in it: FILE, FILE.001, FILE.E01 */
	int device;       /* -1; or raw, onto this one: no folder, no map */
	uint64_t split;   /* bytes of one file; 0: raw one, E01 2047 MiB */
	unsigned hashes;  /* bits 1 << HL_VERIFY_*; E01: MD5 always */
	uint64_t retries; /* of each bad sector */
	uint64_t from, len; /* only these bytes of the source, which become
	                     all of the copy, its map and its digests; len 0:
	                     all there is */
	bool resume;      /* raw: go on by the map, where there is one; and
	                     keep what there is when it is stopped */
	bool keep;        /* keep what there is when it is stopped */
	bool replace;     /* what has the output's name is removed first */
	/* E01: case data, UTF-8 or NULL */
	const char *case_number, *evidence, *examiner, *notes, *description;
	int64_t when;     /* seconds since 1970 */
	uint8_t set_id[16]; /* by chance */
};

/* A stretch that could not be read, and is zeros in the copy. */
struct hl_acquire_bad {
	uint64_t off, len;
};

struct hl_acquired {
	uint64_t size, done;   /* of the medium; how far it came */
	uint32_t sector_size;  /* 0: not known */
	uint64_t resumed;      /* bytes that an earlier run had copied */
	char hash[HL_VERIFY_KINDS][65]; /* lower-case hex, or "" */
	struct hl_acquire_bad *bad; /* ascending, apart */
	size_t n_bad, cap_bad;
	uint64_t bad_bytes;
	uint64_t written;      /* bytes of the output */
	size_t files;          /* of so many files; 0: a device */
	bool map;              /* FILE.map was left */
	bool kept;             /* not all of it, but kept with its map */
};

/* Files that are there and would be in the way: the set's, and the map; what
 * they take is added to *bytes (or NULL). */
size_t hl_acquire_there(const struct hl_acquire_opts *o, uint64_t *bytes);
/* "FILE.001", of part 0, below the folder; false: a name too long. */
bool hl_acquire_name(const struct hl_acquire_opts *o, char *dst, size_t size);
/* The most that the output can take, in bytes. */
uint64_t hl_acquire_most(const struct hl_acquire_opts *o, uint64_t size);

/*
 * Every bad stretch is a loss (said, the first hundred).  When it cannot go
 * on, nothing is left but where `resume` or `keep` ask for it.
 *   HL_OK, HL_CANCELLED; HL_NOMEM; HL_IO, HL_USAGE (not this source, this
 *   map), HL_LIMIT, HL_UNSUPPORTED: said
 */
enum hl_status hl_acquire(struct hl_acquired *a, struct hl_src *source,
                          const struct hl_acquire_opts *o,
                          const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * Read back what hl_acquire wrote; `path` is the name of its first file, for
 * an E01.  All digests are compared, and the checksums of an E01.
 *   HL_OK; HL_CORRUPT: it is not what was written (said); HL_IO (said), …
 */
enum hl_status hl_acquire_check(const struct hl_acquired *a, const char *path,
                                const struct hl_acquire_opts *o,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_acquired_free(struct hl_acquired *a, const struct hl_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
