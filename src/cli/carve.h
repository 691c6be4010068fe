/* carve.h: the parts of `carve`. */
#ifndef HL_CLI_CARVE_H
#define HL_CLI_CARVE_H

#include "cli.h"
#include "hivelift/carve.h"

/* One line; mark: the count of the note log before it was written. */
enum hl_status carve_json(struct cli *c, struct hl_carve *carve, size_t i,
                          size_t mark) HL_MUST_CHECK;
/* What was searched, for people; out is for the manifest. */
enum hl_status carve_cover(struct cli *c, struct hl_carve *carve,
                           struct hl_coverage *out) HL_MUST_CHECK;

#endif
