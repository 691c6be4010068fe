/*
 * array_order.h: were these images a stripe in this order?
 */
#ifndef HL_ARRAY_ORDER_H
#define HL_ARRAY_ORDER_H

#include "hivelift/src.h"

#define HL_ORDER_UNKNOWN HL_ARRAY_COLUMNS

struct hl_array_order {
	uint64_t chunk;                 /* that fits */
	size_t image[HL_ARRAY_COLUMNS]; /* by its place; or unknown */
};

/*
 * whole: the source made of them as they are given.
 * What partition tables, boot sectors and the numbers in the records of $MFT
 * say of a stripe that a person put together.
 *   HL_OK: it was another one, *out; HL_END: they say nothing else;
 *   HL_CANCELLED, HL_NOMEM
 */
enum hl_status hl_array_order(const struct hl_array *a, struct hl_src *whole,
                              struct hl_array_order *out,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
