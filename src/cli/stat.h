/* stat.h: what the two forms of `stat` share. */
#ifndef HL_CLI_STAT_H
#define HL_CLI_STAT_H

#include "cli.h"

struct runs {
	struct hl_src *src; /* NULL when there are none; the caller closes */
	uint64_t at, size;
};
bool runs_open(const struct where *w, const char *stream, struct runs *r);
/* HL_OK, HL_END, or why it ended early */
enum hl_status runs_next(struct runs *r, struct hl_extent *out) HL_MUST_CHECK;
void stat_json(struct cli *c, const struct where *w);

#endif
