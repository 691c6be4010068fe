/* fuzz_lznt1.c: LZNT1; what came out must not depend on the buffer behind. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t want = size ? (size_t)data[0] * 257 : 0, got = 0;
	uint8_t *out = malloc(want + 1);

	if (size && out &&
	    hl_codec_decode(HL_CODEC_LZNT1, span_of(data + 1, size - 1), out,
	                    want, &got) == HL_OK && got > want)
		abort();
	free(out);
	return 0;
}
