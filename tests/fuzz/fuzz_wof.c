/*
 * fuzz_wof.c: 24 bytes of reparse point, 4 of the content's size, then the
 * stream WofCompressedData: read whole, mapped whole, in order and again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "hivelift/hivelift.h"
#include "ntfs/wof.h"

#define HEAD 28
#define MOST (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two reads of the same bytes agree, and what is bad is zero. */
static void read_all(struct hl_src *s)
{
	static uint8_t a[50000], b[50000];
	uint64_t off;

	for (off = 0; off < hl_src_size(s); off += sizeof(a)) {
		uint64_t left = hl_src_size(s) - off;
		size_t n = left < sizeof(a) ? (size_t)left : sizeof(a), i, k;
		struct hl_ranges bad;

		hl_ranges_clear(&bad);
		if (hl_src_read(s, off, a, n, &bad) != HL_OK ||
		    hl_src_read(s, off + n / 2, b, n - n / 2, NULL) > HL_OK ||
		    memcmp(a + n / 2, b, n - n / 2))
			abort();
		for (i = 0; i < bad.n && !bad.overflow; i++)
			for (k = 0; k < bad.r[i].len; k++)
				if (a[bad.r[i].off - off + k])
					abort();
	}
}

static void map_all(struct hl_src *s, uint64_t raw_size)
{
	struct hl_extent e;
	uint64_t off;

	for (off = 0; off < hl_src_size(s); off += e.len) {
		if (hl_src_map(s, off, &e) != HL_OK || e.off != off || !e.len)
			abort();
		if (e.in && (e.in_off > raw_size ||
		             e.in_len > raw_size - e.in_off))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	struct hl_ntfs_wof how;
	struct hl_src *raw, *s;

	if (size < HEAD ||
	    hl_ntfs_wof_decode(span_of(data, 24), &how) != HL_OK ||
	    hl_src_mem(&raw, data + HEAD, size - HEAD, false, &ctx) != HL_OK)
		return 0;
	if (hl_ntfs_wof_open(&s, raw, &how, le32_at(data + 24) % MOST,
	                     &ctx) != HL_OK)
		return 0;
	read_all(s);
	map_all(s, size - HEAD);
	hl_src_close(s);
	return 0;
}
