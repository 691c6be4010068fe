/* codec.c: the table of codecs. */
#include "codec/codec.h"

#include "base/banned.h"
#include "codec/lznt1.h"

static enum hl_status (*const decode[])(struct span, void *, size_t,
                                        size_t *) = {
	[HL_CODEC_LZNT1] = hl_lznt1_decode,
};

enum hl_status hl_codec_decode(int codec, struct span in, void *out,
                               size_t want, size_t *got)
{
	*got = 0;
	if (codec < 0 || (size_t)codec >= sizeof(decode) / sizeof(decode[0]))
		return HL_UNSUPPORTED;
	return decode[codec](in, out, want, got);
}
