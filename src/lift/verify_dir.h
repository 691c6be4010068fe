/*
 * verify_dir.h: what the files that verify an output folder share.
 *
 *	verify_dir.c    one file after the other
 *	verify_lists.c  manifest.json and SHA256SUMS -> want[]
 *	verify_walk.c   what is there -> extra[]
 *	verify_back.c   the same file in the image
 */
#ifndef HL_VERIFY_DIR_IMPL_H
#define HL_VERIFY_DIR_IMPL_H

#include "hivelift/verify.h"
#include "io/hash.h"
#include "lift/buf.h"

/* A file that a list names. */
struct hl_want {
	char *rel;
	bool in_manifest, has_size, replayed, bad_name;
	uint64_t size;
	char hex[HL_HASH_KINDS][HL_HASH_HEX]; /* by the manifest, or "" */
	char sum[HL_HASH_HEX];                /* by SHA256SUMS, or "" */
	char volume[16];
	char *path;   /* on the volume, or NULL */
	bool has_ref; /* by record: it was deleted */
	struct hl_ref ref;
	bool missing;
	const char *now; /* missing: the extra file with its content */
};

struct hl_extra {
	char *rel;
	char sha256[HL_HASH_HEX]; /* "" when it could not be read */
	uint64_t size;
	bool taken; /* it is a missing one under another name */
};

struct hl_verify_dir {
	const struct hl_ctx *ctx;
	int fd;
	struct hl_disk *disk;
	uint8_t *buf; /* HL_VERIFY_PIECE */
	struct hl_want *want; /* by rel */
	size_t n, cap;
	struct hl_extra *extra;
	size_t n_extra, cap_extra;
	bool has_manifest, has_sums;
	size_t at, at_missing, at_extra;
	bool back; /* the image is asked about want[at - 1] next */
	uint64_t n_back; /* so many were found in it, or were not */
	bool walked;
};

#define HL_VERIFY_PIECE (1u << 20)

/* A path that stays below the folder. */
bool hl_rel_is_safe(const char *rel);
/* Below d->fd, no link followed; -1 and errno. */
int hl_verify_openat(const struct hl_verify_dir *d, const char *rel, int more);
/* All of it: size and digests.  HL_OK, HL_IO (errno), or as hl_hash_new */
enum hl_status hl_verify_hash_fd(struct hl_verify_dir *d, int fd,
                                 unsigned kinds, uint64_t *size,
                                 char hex[HL_HASH_KINDS][HL_HASH_HEX])
	HL_MUST_CHECK;

enum hl_status hl_verify_lists(struct hl_verify_dir *d) HL_MUST_CHECK;
enum hl_status hl_verify_walk(struct hl_verify_dir *d) HL_MUST_CHECK;
struct hl_want *hl_verify_find(struct hl_verify_dir *d, const char *rel);
/* Is the file in the image what it was?  out->state is HL_FOUND_OK if so. */
enum hl_status hl_verify_back(struct hl_verify_dir *d, struct hl_want *w,
                              struct hl_found *out) HL_MUST_CHECK;

#endif
