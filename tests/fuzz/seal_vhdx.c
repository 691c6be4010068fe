/* seal_vhdx.c: see seal.h; CRC-32C of headers, regions and log entries. */
#include <string.h>

#include "seal.h"

#define KIB ((size_t)1024)
#define MAX_ENTRY (64 * KIB)

static void sum(uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	seal_put32(p + 4, 0);
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	seal_put32(p + 4, ~crc);
}

/* Entries that lie around the end of their log stay as they are. */
void seal_vhdx(uint8_t *p, size_t n)
{
	for (size_t at = 64 * KIB; at + 64 * KIB <= n; at += 64 * KIB) {
		if (!memcmp(p + at, "head", 4))
			sum(p + at, 4 * KIB);
		if (!memcmp(p + at, "regi", 4))
			sum(p + at, 64 * KIB);
	}
	for (size_t at = 0; n - at >= 4 * KIB; at += 4 * KIB) {
		size_t len = seal_get32(p + at + 8);
		if (!memcmp(p + at, "loge", 4) && len <= n - at &&
		    len >= 4 * KIB && len <= MAX_ENTRY)
			sum(p + at, len);
	}
}
