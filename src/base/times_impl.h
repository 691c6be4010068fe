/* times_impl.h: raw time stamps to struct hl_time. */
#ifndef HL_TIMES_IMPL_H
#define HL_TIMES_IMPL_H

#include <stdbool.h>

#include "hivelift/ctx.h"

/* FILETIME: 100 ns since 1601, UTC.  Zero is "not set". */
struct hl_time hl_time_filetime(uint64_t ticks);
/* FAT date and time words, tenths in units of 10 ms (0..199), wall clock.
 * An impossible date gives HL_TIME_NONE. */
struct hl_time hl_time_dos(uint16_t date, uint16_t time, uint8_t tenths);
struct hl_time hl_time_dos_date(uint16_t date);
/* Wall clock in UTC when the caller named a zone (hl_ctx.to_utc). */
struct hl_time hl_time_zoned(const struct hl_ctx *ctx, struct hl_time t);
/* Seconds since 1970 and the rest in ns, for utimensat; false when before. */
bool hl_time_unix(struct hl_time t, int64_t *sec, long *nsec);

#endif
