/*
 * point.h: which restore point of Windows XP a hive belongs to.
 */
#ifndef HL_LIFT_POINT_H
#define HL_LIFT_POINT_H

#include "hivelift/lift.h"

struct hl_points; /* all that were read */

/* Fill point of each of these hives of one volume, sorted by path.
 * HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_points_fill(struct hl_points **list, struct hl_hive **hive,
                              size_t n,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_points_free(struct hl_points *list, const struct hl_ctx *ctx);
/* By path; behind all others what restore points keep, by their age, so that
 * what is live comes before its past. */
int hl_points_order(const struct hl_hive *a, const struct hl_hive *b);

#endif
