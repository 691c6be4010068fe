/* lzx.h: LZX as WIM archives and WOF have it: chunks that stand alone. */
#ifndef HL_LZX_H
#define HL_LZX_H

#include "base/span.h"
#include "hivelift/status.h"

#define LZX_CHUNK 32768 /* bytes out of one chunk, at most; the window */

/* As hl_codec_decode; want must be the exact size.
 * HL_UNSUPPORTED: more than one chunk is wanted */
enum hl_status hl_lzx_decode(struct span in, void *out, size_t want,
                             size_t *got) HL_MUST_CHECK;

#endif
