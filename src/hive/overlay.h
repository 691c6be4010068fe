/*
 * overlay.h: a hive seen through its logs: a source whose bytes come from
 * memory (the base block), from a log (what was painted), or from the hive.
 */
#ifndef HL_OVERLAY_H
#define HL_OVERLAY_H

#include "hive/hive_disk.h"
#include "hivelift/hive.h"
#include "hivelift/src.h"

struct hl_overlay;

/* hive may be NULL: zeros then.  HL_OK, HL_NOMEM */
enum hl_status hl_overlay_new(struct hl_overlay **out, struct hl_src *hive,
                              const struct hl_replay_log *logs, size_t n,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_overlay_free(struct hl_overlay *o); /* until it is a source */

/*
 * len bytes at bins_off (from the first bin; both whole sectors) come from
 * that log at log_off; later paint covers earlier.
 *   HL_OK, HL_NOMEM; HL_RANGE (not whole sectors, or past 4 GiB)
 */
enum hl_status hl_overlay_paint(struct hl_overlay *o, uint64_t bins_off,
                                uint64_t len, size_t log,
                                uint64_t log_off) HL_MUST_CHECK;
/* Bytes below `end` that come from a log. */
uint64_t hl_overlay_painted(const struct hl_overlay *o, uint64_t end);

/*
 * Turn it into a source of the hive's size, or more when the bins need it.
 * On failure the overlay is freed.  HL_OK, HL_NOMEM
 */
enum hl_status hl_overlay_finish(struct hl_overlay *o,
                                 const uint8_t head[HIVE_BASE_USED],
                                 uint64_t bins_size,
                                 struct hl_src **out) HL_MUST_CHECK;

#endif
