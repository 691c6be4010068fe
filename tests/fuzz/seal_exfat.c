/* seal_exfat.c: see seal.h; the checksums of exFAT. */
#include <string.h>

#include "seal.h"

#define ENTRY 32

/* Sectors 0 to 10, but for flags and percentage; the 12th repeats it. */
static void boot_region(uint8_t *b, size_t n, size_t ss)
{
	uint32_t sum = 0;

	if (n / ss < 12)
		return;
	for (size_t i = 0; i < 11 * ss; i++)
		if (i != 106 && i != 107 && i != 112)
			sum = (sum << 31 | sum >> 1) + b[i];
	for (size_t i = 11 * ss; i < 12 * ss; i += 4)
		seal_put32(b + i, sum);
}

static uint32_t upper(uint32_t u)
{
	return u >= 'a' && u <= 'z' ? u - 32 : u;
}

static void name_hash(uint8_t *set, size_t n)
{
	uint32_t hash = 0, left = set[ENTRY + 3];

	for (size_t i = 2; i < n && left; i++) {
		for (size_t k = 2; k < ENTRY && left; k += 2, left--) {
			uint32_t u = upper(seal_get16(set + ENTRY * i + k));
			hash = (hash << 15 | hash >> 1) & 0xffff;
			hash = (hash + (u & 0xff)) & 0xffff;
			hash = (hash << 15 | hash >> 1) & 0xffff;
			hash = (hash + (u >> 8)) & 0xffff;
		}
	}
	seal_put16(set + ENTRY + 4, hash);
}

static void set_sum(uint8_t *set, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n * ENTRY; i++)
		if (i != 2 && i != 3)
			sum = ((sum << 15 | sum >> 1) + set[i]) & 0xffff;
	seal_put16(set + 2, sum);
}

static void capitals(uint8_t *p, size_t n, uint8_t *e, uint64_t heap,
                     uint64_t cluster)
{
	uint32_t first = seal_get32(e + 20), sum = 0;
	uint64_t size = seal_get64(e + 24);

	if (first < 2 || cluster > n || first > n / cluster)
		return;
	uint64_t at = heap + (first - 2) * cluster;
	if (at > n || size > n - at)
		return;
	for (uint64_t i = 0; i < size; i++)
		sum = (sum << 31 | sum >> 1) + p[at + i];
	seal_put32(e + 4, sum);
}

/* Sets are found by their first two types; clusters start at sectors. */
static void entries(uint8_t *p, size_t n, uint64_t heap, uint64_t cluster)
{
	for (size_t at = (size_t)heap; n - at >= 2 * ENTRY; at += ENTRY) {
		uint8_t *e = p + at;
		size_t most = (n - at) / ENTRY;
		if (e[0] == 0x82)
			capitals(p, n, e, heap, cluster);
		if (e[0] != 0x85 || e[ENTRY] != 0xc0 || e[1] + 1u > most)
			continue;
		name_hash(e, e[1] + 1u);
		set_sum(e, e[1] + 1u);
	}
}

void seal_exfat(uint8_t *p, size_t n, size_t at)
{
	uint8_t *b = p + at;

	if (n - at < 512 || b[108] < 9 || b[108] > 12 || b[109] > 16)
		return;
	size_t ss = (size_t)1 << b[108];
	uint64_t heap = (uint64_t)seal_get32(b + 88) * ss;
	if (heap < n - at)
		entries(b, n - at, heap, (uint64_t)ss << b[109]);
	boot_region(b, n - at, ss);
}
