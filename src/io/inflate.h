/*
 * inflate.h: one zlib stream from memory to memory, and Adler-32, by
 * libdeflate where the build has it, else by zlib.  For one thread at a time.
 */
#ifndef HL_INFLATE_H
#define HL_INFLATE_H

#include "base/span.h"
#include "hivelift/ctx.h"

struct hl_inflate;
/* HL_OK, HL_NOMEM */
enum hl_status hl_inflate_new(struct hl_inflate **out,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_inflate_free(struct hl_inflate *z); /* NULL is fine */

/*
 * The stream at the start of `in`; what lies behind it does not matter.
 * *got: the bytes it held.  After a failure `out` holds anything.
 *   HL_OK; HL_CORRUPT: broken, cut, wrong checksum, more than `room`
 */
enum hl_status hl_inflate_zlib(struct hl_inflate *z, struct span in,
                               uint8_t *out, size_t room,
                               size_t *got) HL_MUST_CHECK;

uint32_t hl_adler32(struct span s);

#endif
