/* stat.h: what the two forms of `stat` share. */
#ifndef HL_CLI_STAT_H
#define HL_CLI_STAT_H

#include "cli.h"
#include "lift/runs.h"

/* false: it has none.  The caller closes r->src, which may be NULL. */
bool stat_runs(struct cli *c, const struct where *w, const char *stream,
               struct hl_runs *r);
void stat_json(struct cli *c, const struct where *w);

#endif
