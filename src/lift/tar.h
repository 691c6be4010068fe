/*
 * tar.h: a tar archive (POSIX ustar, with pax headers where ustar is too
 * small) as a stream.  Nothing in it but what was given: owner 0, and the
 * same input gives the same bytes.
 */
#ifndef HL_TAR_H
#define HL_TAR_H

#include "hivelift/ctx.h"
#include "hivelift/times.h"

struct hl_tar {
	bool (*write)(void *user, const void *p, size_t n);
	void *user;
	uint64_t written; /* of all */
	uint64_t left;    /* of the member that is open */
	size_t pad;       /* behind it */
};

/*
 * A member; "name/" is a folder and has no bytes.  mtime may be none.
 *   HL_OK; HL_IO: it could not be written
 */
enum hl_status hl_tar_member(struct hl_tar *t, const char *name, uint64_t size,
                             struct hl_time mtime) HL_MUST_CHECK;
/* Its next bytes; p NULL: zeros.  Also HL_RANGE: more than was said. */
enum hl_status hl_tar_data(struct hl_tar *t, const void *p,
                           uint64_t n) HL_MUST_CHECK;
/* What is left of it reads as zeros. */
enum hl_status hl_tar_member_end(struct hl_tar *t) HL_MUST_CHECK;
/* The end of the archive. */
enum hl_status hl_tar_end(struct hl_tar *t) HL_MUST_CHECK;

#endif
