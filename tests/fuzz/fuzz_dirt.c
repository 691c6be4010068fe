/* fuzz_dirt.c: bitmap and sectors of an old-format log behind "DIRT". */
#include "hive_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(516 + size);

	if (!p)
		return 0;
	hive_base(p, 3, 3, 1);
	memcpy(p + 512, "DIRT", 4);
	if (size)
		memcpy(p + 516, data, size);
	hive_replay(p, 516 + size);
	free(p);
	return 0;
}
