/* fuzz_hvle.c: entries of a new-format log behind a sound header. */
#include "hive_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(512 + size);

	if (!p)
		return 0;
	hive_base(p, 2, 2, 6);
	if (size)
		memcpy(p + 512, data, size);
	hive_replay(p, 512 + size);
	free(p);
	return 0;
}
