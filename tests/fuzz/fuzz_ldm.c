/*
 * fuzz_ldm.c: a dynamic disk whose private header, table of contents and
 * records are the input; what they describe is put together and read.
 *
 *	input: 512 bytes private header, 512 table of contents, then VMDB
 *	and records
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"

#define SECTORS 8192
#define DATABASE (SECTORS - 2048)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sum that both structures carry, so that mutations get past it. */
static void seal(uint8_t *p, const char *magic)
{
	uint32_t sum = 0;

	memcpy(p, magic, 8);
	memset(p + 8, 0, 4);
	for (size_t i = 0; i < 512; i++)
		sum += p[i];
	for (size_t i = 0; i < 4; i++)
		p[8 + i] = (uint8_t)(sum >> (24 - 8 * i));
}

static void build(uint8_t *img, const uint8_t *data, size_t size)
{
	static const uint8_t entry[16] = { 0, 0, 0, 0, 0x42, 0, 0, 0,
	                                   63, 0, 0, 0, 0, 16, 0, 0 };
	uint8_t *head = img + 6 * 512, *toc = img + (DATABASE + 1) * 512;
	size_t room = (2048 - 17) * 512, n = size > 1024 ? size - 1024 : 0;

	memcpy(img + 0x1be, entry, sizeof(entry));
	img[510] = 0x55;
	img[511] = 0xaa;
	memcpy(head, data, size < 512 ? size : 512);
	if (size > 512)
		memcpy(toc, data + 512, size - 512 < 512 ? size - 512 : 512);
	if (n)
		memcpy(img + (DATABASE + 17) * 512, data + 1024,
		       n < room ? n : room);
	memset(head + 0x12b, 0, 8); /* where the database is */
	head[0x131] = DATABASE >> 8;
	head[0x132] = DATABASE & 255;
	seal(head, "PRIVHEAD");
	seal(toc, "TOCBLOCK");
}

static void read_volume(const struct hl_ldm_volume *v)
{
	static uint8_t buf[65536];
	struct hl_ranges bad;
	struct hl_extent e;
	uint64_t size = v->src ? hl_src_size(v->src) : 0, step = size / 16 + 1;

	for (uint64_t off = 0; off < size; off += step) {
		hl_ranges_clear(&bad);
		(void)!hl_src_read(v->src, off, buf, sizeof(buf), &bad);
		(void)!hl_src_locate(v->src, off, &e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hl_ctx ctx = { .limits = { .max_memory = 256u << 20 } };
	uint8_t *img = calloc(SECTORS, 512);
	struct hl_src *src = NULL;
	struct hl_table *table = NULL;
	struct hl_ldm *ldm = NULL;

	if (!img)
		return 0;
	build(img, data, size);
	if (hl_src_mem(&src, img, (size_t)SECTORS * 512, false, &ctx) == HL_OK &&
	    hl_table_open(&table, src, 512, &ctx) == HL_OK) {
		const struct hl_table *const tables[] = { table };

		if (hl_ldm_open(&ldm, &src, tables, 1, &ctx) == HL_OK)
			for (size_t i = 0; i < hl_ldm_count(ldm); i++)
				read_volume(hl_ldm_volume(ldm, i));
	}
	hl_ldm_close(ldm);
	hl_table_close(table);
	hl_src_close(src);
	free(img);
	return 0;
}
