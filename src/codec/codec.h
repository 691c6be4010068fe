/*
 * codec.h: compression: span in, bytes out.  Shared by file systems and
 * carving, so it knows neither.
 */
#ifndef HL_CODEC_H
#define HL_CODEC_H

#include "base/span.h"
#include "hivelift/status.h"

enum hl_codec {
	HL_CODEC_LZNT1,
	HL_CODEC_XPRESS, /* with Huffman codes */
	HL_CODEC_LZX,    /* one chunk of up to 32 KiB */
};

/*
 * Decode at most `want` bytes.  *got says how many are right, also when the
 * answer is HL_CORRUPT: whole chunks before the damage.  Nothing is written
 * behind want; after HL_CORRUPT, what stands behind *got means nothing.
 * LZNT1 tells its own end; of XPRESS and LZX want has to be the exact size.
 *   HL_OK (LZNT1 also when the input ends early), HL_CORRUPT, HL_UNSUPPORTED
 */
enum hl_status hl_codec_decode(int codec, struct span in, void *out,
                               size_t want, size_t *got) HL_MUST_CHECK;

#endif
