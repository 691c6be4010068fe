/*
 * cached.h: a source that is read more than once, from memory after the
 * first time.  Only what was asked for is read, block by block; damaged
 * blocks are never kept, so that their damage is told each time.
 */
#ifndef HL_CACHED_H
#define HL_CACHED_H

#include "hivelift/src.h"

/* Borrows `in`.  May hold all of it in the end.  HL_OK, HL_NOMEM */
enum hl_status hl_src_cached(struct hl_src **out, struct hl_src *in,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
