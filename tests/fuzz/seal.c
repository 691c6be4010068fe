/* seal.c: see seal.h; NTFS and GPT, and which structure is where. */
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "seal.h"

#define SECTOR 512

static const struct mark {
	uint8_t off;
	char text[9];
} marks[] = {
	{ 0, "FILE" },     { 0, "INDX" },     { 0, "RCRD" }, { 0, "BAAD" },
	{ 0, "EFI PART" }, { 3, "EXFAT   " }, { 0, "regf" }, { 0, "HvLE" },
};

static const struct mark *mark_at(const uint8_t *p, size_t n, size_t at)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		size_t len = strlen(marks[i].text);
		if (n - at >= 12 &&
		    memcmp(p + at + marks[i].off, marks[i].text, len) == 0)
			return &marks[i];
	}
	return NULL;
}

size_t seal_find(const uint8_t *p, size_t n, size_t *place, size_t max)
{
	size_t found = 0;

	for (size_t at = 0; at < n && found < max; at += SECTOR)
		if (mark_at(p, n, at))
			place[found++] = at;
	return found;
}

/*
 * The sectors' ends go into the array and the value takes their place; one
 * that is right already stays.
 */
static void fixup(uint8_t *p, size_t n)
{
	size_t usa = n >= 8 ? seal_get16(p + 4) : 0;
	size_t words = n >= 8 ? seal_get16(p + 6) : 0;

	if (usa < 8 || words < 2 || usa + 2 * words > SECTOR - 2 ||
	    (words - 1) * SECTOR > n)
		return;
	for (size_t i = 1; i < words; i++) {
		uint8_t *end = p + i * SECTOR - 2;
		if (memcmp(end, p + usa, 2) == 0)
			continue;
		memcpy(p + usa + 2 * i, end, 2);
		memcpy(end, p + usa, 2);
	}
}

static void gpt(uint8_t *p, size_t n, size_t at)
{
	uint8_t *h = p + at;

	if (n - at < 92)
		return;
	uint64_t my = seal_get64(h + 24), lba = seal_get64(h + 72);
	uint64_t ss = my && at % my == 0 && at / my == 4096 ? 4096 : SECTOR;
	uint64_t bytes = (uint64_t)seal_get32(h + 80) * seal_get32(h + 84);
	uint32_t size = seal_get32(h + 12);
	if (lba < n / ss && bytes <= n - lba * ss)
		seal_put32(h + 88, (uint32_t)crc32(0, p + lba * ss,
		                                   (uInt)bytes));
	if (size < 92 || size > n - at || size > 4096)
		return;
	seal_put32(h + 16, 0);
	seal_put32(h + 16, (uint32_t)crc32(0, h, size));
}

void seal(uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n; at += SECTOR) {
		const struct mark *m = mark_at(p, n, at);
		if (!m)
			continue;
		switch (m->text[1]) {
		case 'F': /* GPT */
			gpt(p, n, at);
			break;
		case 'X':
			seal_exfat(p, n, at);
			break;
		case 'e':
			seal_base_block(p, n, at);
			break;
		case 'v':
			seal_hvle(p, n, at);
			break;
		default:
			fixup(p + at, n - at);
			break;
		}
	}
	if (n >= 13 && memcmp(p, "EVF\x09\x0d\x0a\xff", 8) == 0)
		seal_ewf(p, n);
	if (n >= 8 && memcmp(p, "vhdxfile", 8) == 0)
		seal_vhdx(p, n);
}
