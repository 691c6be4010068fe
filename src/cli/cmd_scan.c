/*
 * cmd_scan.c: volumes that no partition table knows.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "scan.h"

struct sum {
	size_t table, lost, inside, doubtful;
};

static struct sum count(struct cli *c)
{
	struct sum n = { 0 };

	for (size_t i = 0; i < hl_scan_count(c->scan); i++) {
		const struct hl_lost *l = hl_scan_get(c->scan, i);

		n.table += l->in_table;
		n.lost += l->believed && !l->in_table;
		n.inside += l->inside != NULL;
		n.doubtful += !l->believed && !l->inside;
	}
	return n;
}

static void closing(struct cli *c)
{
	const struct sum n = count(c);
	char size[SIZE_TEXT];

	msg_say(c, "searched: %s%s, every sector: %zu %s of the table, "
	        "%zu lost, %zu inside of files, %zu not believed",
	        show_size(size, hl_scan_position(c->scan)),
	        c->stop.timed_out ? ", not to the end" : "", n.table,
	        n.table == 1 ? "volume" : "volumes", n.lost, n.inside,
	        n.doubtful);
	if (hl_scan_generations(c->scan) > 1)
		msg_say(c, "they overlap: %u generations, 1 is the newest",
		        hl_scan_generations(c->scan));
	if (n.lost)
		msg_say(c, "to search them: hivelift hives --lost%s%s IMAGE",
		        c->o.state ? " --state " : "",
		        c->o.state ? c->o.state : "");
}

enum outcome cmd_scan(struct cli *c)
{
	enum hl_status st = scan_run(c);

	if (st != HL_OK) {
		if (st != HL_CANCELLED && !hl_notelog_seen(c->log, HL_FAILED))
			msg_error(c, "%s", show_status(c, st));
		return FAILED;
	}
	if (c->o.generation > hl_scan_generations(c->scan)) {
		msg_error(c, "there is no generation %llu",
		          (unsigned long long)c->o.generation);
		return FAILED;
	}
	if (c->o.sfdisk)
		scan_sfdisk(c);
	else if (c->o.json)
		scan_json(c);
	else if (!scan_table(c))
		return FAILED;
	closing(c);
	return DONE;
}
