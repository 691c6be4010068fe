/* types.h: names of partition types.  A type is a claim, never a fact. */
#ifndef HL_VOL_TYPES_H
#define HL_VOL_TYPES_H

#include <stddef.h>
#include <stdint.h>

struct vol_mbr_type {
	uint8_t type;
	const char *name;
	unsigned flags; /* enum hl_part_flag that the type brings */
};
struct vol_gpt_type {
	const char *guid; /* lower case */
	const char *name;
	unsigned flags;
};

/* Never NULL; an unknown type gives a row with the name "unknown". */
const struct vol_mbr_type *hl_vol_mbr_type(uint8_t type);
const struct vol_gpt_type *hl_vol_gpt_type(const char *guid);

/* The whole tables, for the test that nothing stands in them twice. */
const struct vol_mbr_type *hl_vol_mbr_types(size_t *n);
const struct vol_gpt_type *hl_vol_gpt_types(size_t *n);

#endif
