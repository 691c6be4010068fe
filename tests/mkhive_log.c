/*
 * mkhive_log.c: transaction logs of both formats.
 *
 *	old: base block, "DIRT", a bit for every 512 bytes, those sectors
 *	new: base block, "HvLE" entry with hashes, its pages
 */
#include <stdlib.h>
#include <string.h>

#include "mkhive.h"

static uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void mix(uint32_t s[2])
{
	s[1] ^= s[0];
	s[0] = rotl(s[0], 20) + s[1];
	s[1] = rotl(s[1], 9) ^ s[0];
	s[0] = rotl(s[0], 27) + s[1];
	s[1] = rotl(s[1], 19);
}

/* Marvin32 over whole dwords, with the seed of the registry. */
static uint64_t marvin(const uint8_t *p, size_t n)
{
	uint32_t s[2] = { 0x7a4e55c5, 0x82ef4d88 };

	for (size_t i = 0; i < n; i += 4) {
		s[0] += get32(p + i);
		mix(s);
	}
	s[0] += 0x80;
	mix(s);
	mix(s);
	return s[0] | (uint64_t)s[1] << 32;
}

/* One entry with the pages of 4096 that differ. */
void write_hvle(const char *path, const struct hive *from,
                       const struct hive *to, const char *name, uint32_t seq)
{
	uint32_t n = 0, pages[MAX_BINS / 4096], size;

	for (uint32_t at = 0; at < to->size; at += 4096)
		if (memcmp(from->bins + at, to->bins + at, 4096) != 0)
			pages[n++] = at;
	size = (40 + 8 * n + 4096 * n + 511) & ~511u;
	uint8_t *p = calloc(1, 512 + size), *e = p + 512;
	if (!p)
		die("no memory for", path);
	put_base(p, to, name, seq, seq, 6);
	memcpy(e, "HvLE", 4);
	put32(e + 4, size);
	put32(e + 12, seq);
	put32(e + 16, to->size);
	put32(e + 20, n);
	for (uint32_t i = 0; i < n; i++) {
		put32(e + 40 + 8 * i, pages[i]);
		put32(e + 44 + 8 * i, 4096);
		memcpy(e + 40 + 8 * n + 4096 * i, to->bins + pages[i], 4096);
	}
	put64(e + 24, marvin(e + 40, size - 40));
	put64(e + 32, marvin(e, 32));
	write_file(path, p, 512 + size);
	free(p);
}

/* A bitmap of sectors of 512 that differ, and those sectors. */
void write_dirt(const char *path, const struct hive *from,
                       const struct hive *to, const char *name, uint32_t seq)
{
	uint32_t bitmap = to->size / 4096, n = (516 + bitmap + 511) & ~511u;
	uint8_t *p = calloc(1, n + to->size);

	if (!p)
		die("no memory for", path);
	put_base(p, to, name, seq, seq, 1);
	memcpy(p + 512, "DIRT", 4);
	for (uint32_t i = 0; i < to->size / 512; i++) {
		const uint8_t *sector = to->bins + 512 * i;
		if (memcmp(from->bins + 512 * i, sector, 512) == 0)
			continue;
		p[516 + i / 8] |= (uint8_t)(1 << i % 8);
		memcpy(p + n, sector, 512);
		n += 512;
	}
	write_file(path, p, n);
	free(p);
}
