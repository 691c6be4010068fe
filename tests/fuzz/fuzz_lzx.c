/* fuzz_lzx.c: one chunk of LZX; the first two bytes say how much is wanted. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t want, got = 0;
	uint8_t *out;
	enum hl_status st;

	if (size < 2)
		return 0;
	want = (size_t)(data[0] | data[1] << 8) % 32769;
	out = malloc(want + 1); /* one more, so that 0 is a block too */
	if (!out)
		return 0;
	out[want] = 0xa5;
	st = hl_codec_decode(HL_CODEC_LZX, span_of(data + 2, size - 2), out,
	                     want, &got);
	if (st != HL_OK && st != HL_CORRUPT)
		abort();
	if (got != (st == HL_OK ? want : 0) || out[want] != 0xa5)
		abort();
	free(out);
	return 0;
}
