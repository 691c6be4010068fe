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

#endif
