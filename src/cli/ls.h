/* ls.h: one entry on its way to a line. */
#ifndef HL_CLI_LS_H
#define HL_CLI_LS_H

#include "cli.h"

struct listing {
	struct cli *c;
	struct hl_volume *v;
	const char *path;   /* of the entry */
	const struct hl_walk *w; /* it came from there; NULL: named by PATH */
};

void ls_show(struct listing *l, const struct hl_entry *e);
/* Every file below w without the indexes; orphans: only deleted ones whose
 * folder is gone. */
enum outcome ls_sweep(struct listing *l, const struct where *w, bool orphans);
void ls_json(struct listing *l, const struct hl_entry *e);
void ls_body(struct listing *l, const struct hl_entry *e);

#endif
