/* fuzz_mbr.c: any bytes as an image: its table, gaps and volumes. */
#include <stddef.h>
#include <stdint.h>

#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	struct hl_src *src;
	struct hl_table *t;
	struct hl_disk *d;

	if (hl_src_mem(&src, data, size, false, &ctx) != HL_OK)
		return 0;
	if (hl_table_open(&t, src, 0, &ctx) == HL_OK) {
		uint64_t end = 0;

		for (size_t i = 0; i < hl_table_count(t); i++) {
			const struct hl_part *p = hl_table_part(t, i);

			/* in order, inside the image, gaps never covered */
			if (p->len > size || (p->len && p->off > size - p->len))
				__builtin_trap();
			if ((p->flags & HL_PART_GAP) && p->off < end)
				__builtin_trap();
			if (p->len && p->off + p->len > end)
				end = p->off + p->len;
		}
		hl_table_close(t);
	}
	if (hl_disk_open(&d, src, NULL, &ctx) >= 0)
		hl_disk_close(d);
	hl_src_close(src);
	return 0;
}
