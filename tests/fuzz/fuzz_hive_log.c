/* fuzz_hive_log.c: log headers and entries. */
#include <stdint.h>
#include <stdlib.h>

#include "hivelift/hive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_log_info info;

	if (hl_log_info_decode(data, size, &info) != HL_OK || !info.format)
		abort();
	/* an entry takes 512 bytes at least */
	if ((uint64_t)(info.last_seq - info.first_seq) > size / 512)
		abort();
	return 0;
}
