/*
 * fuzz_map.c: any text as ddrescue's map of a small image: areas ascend and
 * stay apart, and what a read calls bad is what the map of the source does.
 */
#include <stddef.h>
#include <stdint.h>

#include "io/ddmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mapped_bad(struct hl_src *src)
{
	uint64_t bad = 0;
	struct hl_extent e;

	for (uint64_t off = 0; off < hl_src_size(src); off += e.len) {
		if (hl_src_locate(src, off, &e) != HL_OK || e.len == 0 ||
		    e.in != src || e.in_off != off)
			__builtin_trap();
		if (e.quality == HL_Q_UNREADABLE)
			bad += e.len;
	}
	return bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	static const uint8_t image[65536];
	uint8_t buf[sizeof(image)];
	struct hl_ddmap m = hl_ddmap_of((struct span){ data, size });
	struct hl_ddmap_area a;
	struct hl_src *in, *text, *src;
	struct hl_ranges bad;
	uint64_t end = 0;

	while (hl_ddmap_next(&m, &a) == HL_OK) {
		if (a.off < end || a.len == 0 || a.off + a.len < a.off)
			__builtin_trap();
		end = a.off + a.len;
	}
	if (hl_src_mem(&in, image, sizeof(image), false, &ctx) != HL_OK)
		return 0;
	if (hl_src_mem(&text, data, size, false, &ctx) != HL_OK) {
		hl_src_close(in);
		return 0;
	}
	if (hl_ddmap_open(&src, in, text, &ctx) == HL_OK) {
		hl_ranges_clear(&bad);
		if (hl_src_read(src, 0, buf, sizeof(buf), &bad) != HL_OK ||
		    bad.bytes != mapped_bad(src))
			__builtin_trap();
		in = src; /* which closes it */
	}
	hl_src_close(in);
	hl_src_close(text);
	return 0;
}
