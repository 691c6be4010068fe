/*
 * fuzz_vss.c: a volume of 1 MiB whose catalogue and stores are the input, read
 * by our map and by libvshadow through the bridge.
 *
 *	input: bytes 0x1e00 on of the header, 512; then blocks of 16 KiB
 *	       written as "block number, offset / 32, length" + bytes
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"
#include "vss/vss.h"

#define SIZE (1u << 20)
#define BLOCK 0x4000u

/* libvshadow 20190323 forgets a block of a list that it refuses: not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libvshadow\n";
}

/* The list of what was suppressed would be taken for a report. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t guid[16] = {
	0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e,
	0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52,
};

/* What every reader asks for first, so that mutations get past it. */
static void seal(uint8_t *v, unsigned block)
{
	uint8_t *p = v + block * BLOCK;
	uint32_t at = block * BLOCK;

	memcpy(p, guid, 16);
	memset(p + 16, 0, 4);
	p[16] = 1;
	for (unsigned i = 0; i < 8; i++)
		p[32 + i] = i < 4 ? (uint8_t)(at >> 8 * i) : 0;
}

static void fill(uint8_t *v, const uint8_t *data, size_t size)
{
	size_t n = size < 112 ? size : 112;

	memcpy(v + 0x1e00, data, n);
	memcpy(v + 0x1e00, guid, 16);
	while (size - n >= 4) {
		unsigned block = data[n] % 63 + 1, at = data[n + 1] * 32u;
		size_t len = (size_t)data[n + 2] | (size_t)data[n + 3] << 8;

		n += 4;
		len = len < size - n ? len : size - n;
		len = len < BLOCK - at ? len : BLOCK - at;
		memcpy(v + block * BLOCK + at, data + n, len);
		if (at == 0)
			seal(v, block);
		n += len;
	}
}

static void read_copy(const struct hl_shadow *s)
{
	static uint8_t buf[65536];
	uint64_t size = s->src ? hl_src_size(s->src) : 0;
	struct hl_ranges bad;
	struct hl_extent e;

	for (uint64_t off = 0; off < size; off += sizeof(buf)) {
		hl_ranges_clear(&bad);
		if (hl_src_read(s->src, off, buf, sizeof(buf), &bad) < 0 &&
		    off + sizeof(buf) <= size)
			abort();
		if (hl_src_map(s->src, off, &e) != HL_OK || e.off != off ||
		    e.len == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hl_ctx ctx = { .limits = { .max_memory = 64 << 20 } };
	uint8_t *v = calloc(1, SIZE);
	struct hl_vss *vss = NULL;
	struct hl_src *live;

	if (!v)
		return 0;
	memcpy(v + 3, "NTFS    ", 8);
	v[12] = 2;
	v[13] = 8;
	v[0x29] = SIZE / 512 >> 8;
	fill(v, data, size);
	if (hl_src_mem(&live, v, SIZE, false, &ctx) == HL_OK) {
		const struct hl_vss_area area = {
			.src = live, .block = { BLOCK, 3 * BLOCK },
			.n_blocks = size % 3, .expected = size % 2 };

		if (hl_vss_open(&vss, &area, NULL, 0, &ctx) == HL_OK)
			for (size_t i = 0; i < hl_vss_count(vss); i++)
				read_copy(hl_vss_copy(vss, i));
		hl_vss_close(vss);
		hl_src_close(live);
	}
	free(v);
	return 0;
}
