/*
 * deflate.h: bytes to one zlib stream, from memory to memory, by libdeflate
 * where the build has it, else by zlib.  For one thread at a time.
 */
#ifndef HL_DEFLATE_H
#define HL_DEFLATE_H

#include "base/span.h"
#include "hivelift/ctx.h"

struct hl_deflate;
/* HL_OK, HL_NOMEM */
enum hl_status hl_deflate_new(struct hl_deflate **out, bool best,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The bytes of the stream; 0: it would not fit into `room`. */
size_t hl_deflate_zlib(struct hl_deflate *z, struct span in, uint8_t *out,
                       size_t room);
void hl_deflate_free(struct hl_deflate *z); /* NULL is fine */

#endif
