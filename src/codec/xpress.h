/* xpress.h: XPRESS with Huffman codes, "LZ77+Huffman" of [MS-XCA] 2.1, 2.2. */
#ifndef HL_XPRESS_H
#define HL_XPRESS_H

#include "base/span.h"
#include "hivelift/status.h"

#define XPRESS_BLOCK 65536 /* bytes out for which one code stands */

/* As hl_codec_decode; want must be the exact size. */
enum hl_status hl_xpress_decode(struct span in, void *out, size_t want,
                                size_t *got) HL_MUST_CHECK;

#endif
