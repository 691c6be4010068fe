/*
 * marvin.h: Marvin32 as the registry's new log format uses it: 64 bits, one
 * fixed seed, whole dwords only.  A checksum of a format, no cryptography.
 */
#ifndef HL_MARVIN_H
#define HL_MARVIN_H

#include <stddef.h>
#include <stdint.h>

struct marvin {
	uint32_t lo, hi;
};
void hl_marvin_start(struct marvin *m);
/* n is a multiple of 4; pieces may be fed one after the other. */
void hl_marvin_feed(struct marvin *m, const void *p, size_t n);
uint64_t hl_marvin_end(struct marvin *m);

#endif
