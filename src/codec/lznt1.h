/* lznt1.h: the compression of NTFS and of RtlCompressBuffer ([MS-XCA] 2.5). */
#ifndef HL_LZNT1_H
#define HL_LZNT1_H

#include "base/span.h"
#include "hivelift/status.h"

#define LZNT1_CHUNK 4096 /* bytes out of one chunk, at most */

/* As hl_codec_decode.  A chunk that is short and not the last is filled up
 * with zeros to LZNT1_CHUNK, as Windows does. */
enum hl_status hl_lznt1_decode(struct span in, void *out, size_t want,
                               size_t *got) HL_MUST_CHECK;

#endif
