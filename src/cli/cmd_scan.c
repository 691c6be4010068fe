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

		if (!hl_scan_touches(c->scan, i))
			continue;
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
	char size[SIZE_TEXT], where[80] = "";
	uint64_t from, to, at = hl_scan_position(c->scan);
	bool part = hl_scan_range(c->scan, &from, &to);

	if (part)
		snprintf(where, sizeof(where), "bytes %llu to %llu, ",
		         (unsigned long long)from, (unsigned long long)at);
	msg_say(c, "searched: %s%s%s, every sector: %zu %s of the table, "
	        "%zu lost, %zu inside of files, %zu not believed",
	        where, show_size(size, at - from),
	        c->stop.timed_out ? ", not to the end" : "", n.table,
	        n.table == 1 ? "volume" : "volumes", n.lost, n.inside,
	        n.doubtful);
	if (hl_scan_generations(c->scan) > 1)
		msg_say(c, "they overlap: %u generations, 1 is the newest",
		        hl_scan_generations(c->scan));
	if (n.lost && part)
		msg_say(c, "the numbers of lost volumes are of this range; "
		        "--lost of other commands searches, and numbers, all");
	else if (n.lost)
		msg_say(c, "to search them: hivelift hives --lost%s%s IMAGE",
		        c->o.state ? " --state " : "",
		        c->o.state ? c->o.state : "");
}

/* What is asked for and cannot be had of a scan. */
static void no_effect(struct cli *c)
{
	if (c->o.snapshots)
		msg_say(c, "--snapshots: shadow copies are of volumes that are "
		        "known; what no file of theirs owns is searched by "
		        "carve --snapshots");
	if (c->o.n_with && !c->with.first)
		msg_say(c, "--with: not read: scan is of one image");
	if (c->scan_in && c->o.sfdisk)
		msg_say(c, "--volume %s chooses nothing of a partition table",
		        c->o.volume);
}

/* --volume L1; false: said */
static bool find_lost(struct cli *c)
{
	if (!c->o.volume || *c->o.volume != 'L')
		return true;
	for (size_t i = 0; i < hl_scan_count(c->scan) && !c->scan_in; i++)
		if (!strcmp(hl_scan_get(c->scan, i)->id, c->o.volume))
			c->scan_in = hl_scan_get(c->scan, i);
	if (!c->scan_in)
		msg_error(c, "there is no volume %s", c->o.volume);
	return c->scan_in != NULL;
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
	if (!find_lost(c))
		return FAILED;
	no_effect(c);
	if (c->o.sfdisk)
		scan_sfdisk(c);
	else if (c->o.json)
		scan_json(c);
	else if (!scan_table(c))
		return FAILED;
	closing(c);
	return DONE;
}
