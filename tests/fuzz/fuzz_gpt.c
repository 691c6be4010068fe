/*
 * fuzz_gpt.c: GPT header and array with the checksums set right, so that
 * mutations reach what lies behind them with any build.
 *
 *	input: 92 bytes of header, then the array
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hivelift/hivelift.h"

#define SECTORS 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void seal(uint8_t *img, size_t n)
{
	uint8_t *h = img + 512;
	uint64_t bytes = (uint64_t)load(h + 80) * load(h + 84);
	uint64_t lba = load(h + 72);

	memcpy(h, "EFI PART", 8);
	store(h + 12, 92);
	store(h + 24, 1);
	store(h + 28, 0);
	if (lba < n / 512 && bytes <= n - lba * 512)
		store(h + 88, (uint32_t)crc32(0, img + lba * 512,
		                              (uInt)bytes));
	store(h + 16, 0);
	store(h + 16, (uint32_t)crc32(0, h, 92));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	size_t n = SECTORS * 512;
	struct hl_src *src;
	struct hl_table *t;
	uint8_t *img = calloc(1, n);

	if (!img || size < 92 || size - 92 > n - 1024) {
		free(img);
		return 0;
	}
	memcpy(img + 512, data, 92);
	memcpy(img + 1024, data + 92, size - 92);
	seal(img, n);
	if (hl_src_mem(&src, img, n, false, &ctx) == HL_OK) {
		if (hl_table_open(&t, src, 512, &ctx) == HL_OK)
			hl_table_close(t);
		hl_src_close(src);
	}
	free(img);
	return 0;
}
