/*
 * same.h: which hive has the same content as an earlier one, without looking
 * at all of them for each.
 */
#ifndef HL_SAME_H
#define HL_SAME_H

#include "hivelift/lift.h"

struct hl_same;

/* For n hives.  NULL: no memory; hl_same_find then goes through all. */
struct hl_same *hl_same_new(size_t n, const struct hl_ctx *ctx);
void hl_same_free(struct hl_same *same);
/* The first of h[0, i) with the sha256 of h[i], which has one; or NULL. */
const struct hl_hive *hl_same_find(struct hl_same *same,
                                   struct hl_hive *const *h, size_t i);

#endif
