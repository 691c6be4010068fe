/* files_set.h: completing a set from its first file. */
#ifndef HL_FILES_SET_H
#define HL_FILES_SET_H

#include "io/files.h"

/* Open one more.  HL_OK, HL_IO, HL_USAGE (said), HL_NOMEM, HL_LIMIT */
enum hl_status hl_files_add(struct hl_files *f, const char *path,
                            uint64_t number) HL_MUST_CHECK;

/*
 * seg[0] is open and f->kind known: find the others of its set.
 *   HL_OK; HL_USAGE: seg[0] is not the first (said); HL_IO; HL_NOMEM;
 *   HL_LIMIT
 */
enum hl_status hl_files_set(struct hl_files *f) HL_MUST_CHECK;

/*
 * files_fd.c: the segments whose fd is -1.  hl_fds_new when seg[0] is known;
 * HL_OK, HL_NOMEM.  get: -1 and errno, or a descriptor to be put back.
 */
enum hl_status hl_fds_new(struct hl_files *f) HL_MUST_CHECK;
void hl_fds_free(struct hl_files *f);
int hl_fds_get(const struct hl_files *f, size_t seg, size_t *slot);
void hl_fds_put(const struct hl_files *f, int fd, size_t slot);

#endif
