/* fuzz_carve.c: a medium that nobody has formatted, carved; each find read. */
#include <stdint.h>
#include <stdlib.h>

#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct hl_carve *c, size_t i, size_t size)
{
	static uint8_t buf[4096];
	const struct hl_carved *p = hl_carve_get(c, i);
	struct hl_extent e;
	struct hl_ranges bad;
	struct hl_src *src;

	if (hl_carve_open(&src, c, i) != HL_OK || hl_src_size(src) != p->size)
		abort();
	/* only a compressed one may be longer than the medium */
	if (!p->packed && p->size > size)
		abort();
	for (uint64_t at = 0; at < p->size; at += sizeof(buf)) {
		uint64_t left = p->size - at;
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		hl_ranges_clear(&bad);
		if (hl_src_read(src, at, buf, n, &bad) != HL_OK ||
		    hl_src_locate(src, at, &e) != HL_OK)
			abort();
	}
	hl_src_close(src);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx = { .limits = { .max_memory =
	                                               64u << 20 } };
	static const struct hl_carve_opts opts;
	struct hl_disk *disk = NULL;
	struct hl_carve *c = NULL;
	struct hl_src *src;

	if (size > 1u << 20 ||
	    hl_src_mem(&src, data, size, false, &ctx) != HL_OK)
		return 0;
	enum hl_status st = hl_disk_open(&disk, src, NULL, &ctx);
	if ((st == HL_OK || st == HL_END) &&
	    hl_carve_find(&c, disk, &opts, &ctx) == HL_OK)
		for (size_t i = 0; i < hl_carve_count(c); i++)
			read_all(c, i, size);
	hl_carve_free(c);
	hl_disk_close(disk);
	hl_src_close(src);
	return 0;
}
