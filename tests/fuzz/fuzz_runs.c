/* fuzz_runs.c: mapping pairs; runs must follow one another and end. */
#include <stdint.h>
#include <stdlib.h>

#include "ntfs/ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	uint64_t vcn = 0;
	size_t n = 0;

	hl_ntfs_runs_init(&it, span_of(data, size), 0, 1u << 20);
	while (hl_ntfs_run_next(&it, &r) == HL_OK) {
		if (r.vcn != vcn || !r.len || ++n > size ||
		    (!r.sparse && !r.outside &&
		     (r.lcn >= 1u << 20 || r.len > (1u << 20) - r.lcn)))
			abort();
		vcn += r.len;
	}
	return 0;
}
