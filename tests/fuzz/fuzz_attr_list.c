/*
 * fuzz_attr_list.c: the value of an $ATTRIBUTE_LIST: the cursor only moves
 * on, and names lie inside.
 */
#include <stdlib.h>

#include "ntfs/ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span list = span_of(data, size);
	struct hl_ntfs_list_entry e;
	enum hl_status st;
	size_t off = 0, before = 0;

	while ((st = hl_ntfs_list_next(list, &off, &e)) != HL_END) {
		if (off <= before && size)
			abort(); /* no progress: a caller would hang */
		before = off;
		if (st == HL_OK && e.name.n &&
		    (e.name.p < data || e.name.p > data + size ||
		     e.name.n > (size_t)(data + size - e.name.p)))
			abort();
	}
	return 0;
}
