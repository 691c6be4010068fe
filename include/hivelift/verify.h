/*
 * verify.h: is an image still what it was, and an output folder what was
 * written to it?
 *
 *	hl_verify_image   all of an image: chunks, and the hashes stored in it
 *	hl_verify_files   the files that lie where chunks are bad
 *	hl_verify_dir_*   an output folder against its manifest and its image
 */
#ifndef HIVELIFT_VERIFY_H
#define HIVELIFT_VERIFY_H

#include "fs.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HL_VERIFY_MD5, HL_VERIFY_SHA1, HL_VERIFY_SHA256, HL_VERIFY_KINDS };
const char *hl_verify_name(int kind); /* "MD5", "SHA-1", "SHA-256" */

/* What came of one digest; the order is significant. */
enum hl_hash_state {
	HL_HASH_NOT_ASKED,
	HL_HASH_NOT_STORED,   /* computed, nothing to compare with */
	HL_HASH_MATCH,
	HL_HASH_MATCH_TAIL,   /* with the bytes behind the last sector */
	HL_HASH_INCOMPARABLE, /* bytes that it covered are damaged */
	HL_HASH_MISMATCH,
};
const char *hl_hash_state_text(enum hl_hash_state state); /* "match", … */

struct hl_verify_hash {
	enum hl_hash_state state;
	char computed[65]; /* lower-case hex, of the bytes as they read */
	char with_tail[65]; /* the same with the tail, or "" */
	char stored[65];    /* or "" */
};

/* A stretch that is not what was acquired. */
struct hl_verify_bad {
	uint64_t off, len;
	uint16_t what, quality;
};

/* A stream of a file that has bytes there. */
struct hl_verify_file {
	char volume[16];
	char *path;      /* with ":stream" */
	struct hl_ref ref;
	bool record;     /* ref.id is an MFT record */
	uint64_t off, bytes; /* the first damaged byte, and how many */
};

struct hl_verify {
	uint64_t size;   /* of the medium; done: how far it came */
	uint64_t done;
	uint32_t chunk_size; /* 0: no chunks */
	uint64_t n_chunks, bad_chunks, bad_bytes;
	size_t tail;     /* bytes behind the last whole sector */
	struct hl_verify_hash hash[HL_VERIFY_KINDS];
	struct hl_verify_bad *bad; /* ascending */
	size_t n_bad, cap_bad;
	bool files_known;          /* hl_verify_files was here */
	bool files_part;           /* of some volumes only, as the caller knows */
	struct hl_verify_file *file;
	size_t n_files, cap_files;
	uint64_t n_affected;       /* files, not streams */
	uint64_t unowned;          /* bad bytes that lie in no file */
};

/*
 * Read all of it.  hashes: bits 1 << HL_VERIFY_*; those that are stored are
 * always computed, and all when nothing is stored and none is asked for.
 * Emits no notes about what it finds: that is the result.
 *   HL_OK, HL_NOMEM, HL_CANCELLED (done tells how far), HL_LIMIT (too many
 *   bad stretches; said), HL_UNSUPPORTED (no libcrypto; said).  After the
 *   first three the bad stretches up to done are there, and no digest.
 */
enum hl_status hl_verify_image(struct hl_verify *v, struct hl_src *image,
                               unsigned hashes,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * Fill file[] from all volumes of the disk that the image holds: one sweep of
 * each, nothing of the files is read.
 *   HL_OK, HL_NOMEM, HL_CANCELLED, HL_LIMIT (said)
 */
enum hl_status hl_verify_files(struct hl_verify *v, struct hl_disk *disk,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_verify_free(struct hl_verify *v, const struct hl_ctx *ctx);

/* The one line: "stored MD5 matches", "no hash stored", … */
void hl_verify_verdict(const struct hl_verify *v, char *buf, size_t n);
/* "match", "no-hash", "mismatch", "damaged", "incomplete" (done < size) */
const char *hl_verify_word(const struct hl_verify *v);

/* ---- an output folder --------------------------------------------------- */

enum hl_found_state {
	HL_FOUND_OK,
	HL_FOUND_CHANGED,    /* size or a hash is not what the lists say */
	HL_FOUND_MISSING,
	HL_FOUND_RENAMED,    /* missing, and its content lies at `other` */
	HL_FOUND_EXTRA,      /* in no list */
	HL_FOUND_UNREADABLE, /* cannot be opened or read; a link, a pipe */
	HL_FOUND_REFUSED,    /* a list names a path outside the folder */
	HL_FOUND_IMAGE,      /* the image holds something else there */
	HL_FOUND_NOT_IN_IMAGE, /* the image has no such file */
};
const char *hl_found_text(enum hl_found_state state); /* "ok", "changed", … */

struct hl_found {
	enum hl_found_state state;
	const char *path;  /* below the folder; valid until the next call */
	const char *other; /* or NULL */
	char why[160];     /* what differs, or "" */
	uint64_t size;     /* of the file that is there */
};

struct hl_verify_dir;
/*
 * The folder open at fd (borrowed) with manifest.json and SHA256SUMS in it;
 * disk: of the image it was lifted from, or NULL.  A list that is missing or
 * broken is a loss (said).
 *   HL_OK; HL_END: neither list is there; HL_NOMEM, HL_LIMIT (said),
 *   HL_UNSUPPORTED (no libcrypto; said)
 */
enum hl_status hl_verify_dir_open(struct hl_verify_dir **out, int fd,
                                  struct hl_disk *disk,
                                  const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * Every file that is listed or there, by name; what the image says of one
 * comes after what the folder says.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_verify_dir_next(struct hl_verify_dir *d,
                                  struct hl_found *out) HL_MUST_CHECK;
/* So many of them were looked up in the image up to now. */
uint64_t hl_verify_dir_compared(const struct hl_verify_dir *d);
void hl_verify_dir_close(struct hl_verify_dir *d); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
