/* codec.c: the table of codecs. */
#include "codec/codec.h"

#include "base/banned.h"
#include "codec/lznt1.h"
#include "codec/lzx.h"
#include "codec/xpress.h"

static enum hl_status (*const decode[])(struct span, void *, size_t,
                                        size_t *) = {
	[HL_CODEC_LZNT1] = hl_lznt1_decode,
	[HL_CODEC_XPRESS] = hl_xpress_decode,
	[HL_CODEC_LZX] = hl_lzx_decode,
};

enum hl_status hl_codec_decode(int codec, struct span in, void *out,
                               size_t want, size_t *got)
{
	*got = 0;
	if (codec < 0 || (size_t)codec >= sizeof(decode) / sizeof(decode[0]))
		return HL_UNSUPPORTED;
	return decode[codec](in, out, want, got);
}
