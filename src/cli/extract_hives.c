/*
 * extract_hives.c: how `extract` writes one hive: with its logs in a tree, or
 * alone in a flat folder; and the list of them for xargs -0.
 */
#include <string.h>

#include "base/banned.h"
#include "hives.h"
#include "lift/layout.h"

/* The one a tool should read: replayed, where there is such. */
static bool list(struct cli *c, const struct hl_lift *lift,
                 const struct hl_hive *h)
{
	const char *dir = c->o.output, *rel = hl_lift_written(lift);
	size_t n = strlen(dir);

	if (!c->o.print0 || !*rel || !hl_hive_usable(h))
		return true;
	return out_write(&c->out, dir, n) &&
	       (dir[n - 1] == '/' || out_write(&c->out, "/", 1)) &&
	       out_write(&c->out, rel, strlen(rel) + 1);
}

enum hl_status extract_hive(struct cli *c, struct hl_lift *lift,
                            const struct hl_layout *names,
                            struct hl_hives *hives, size_t i)
{
	struct hl_hive *h = hl_hives_get(hives, i);
	enum hl_status st;

	if (names)
		st = hl_lift_flat(lift, h, hl_layout_name(names, i));
	else
		st = hl_lift_hive(lift, h);
	if (names && st == HL_OK && !hl_hive_usable(h))
		msg_say(c, "%s:%s: not written: %s", h->volume->id, h->path,
		        hive_state(h));
	if (st == HL_OK && !list(c, lift, h))
		st = HL_IO;
	return st;
}
