/*
 * cmd_carve.c: hives, fragments and log entries that no live file owns, into
 * a folder with a manifest.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "carve.h"

static const char *state_of(const struct hl_carved *p)
{
	if (p->what >= HL_CARVED_LOG)
		return p->what == HL_CARVED_ENTRIES ? "entries" : "log";
	return hl_hive_state_text(p->report.state);
}

static void row(struct table *t, const struct hl_carved *p)
{
	table_cellf(t, "%llu", (unsigned long long)p->off);
	table_cell(t, p->volume ? p->volume->id : "gap");
	table_cell(t, p->packed ? "compressed" : p->where);
	table_cellf(t, "%s%s", p->joined ? "rejoined " : "",
	            hl_carved_text(p->what));
	table_cell(t, state_of(p));
	table_cellf(t, "%llu", (unsigned long long)p->size);
	if (p->inside)
		table_cellf(t, "in %s", p->inside);
	else if (p->base.signature)
		table_cell(t, p->base.name);
	else if (p->what == HL_CARVED_BINS)
		table_cellf(t, "bins from %lu", (unsigned long)p->bin_off);
	else
		table_cellf(t, "%lu entries from %lu",
		            (unsigned long)p->entries,
		            (unsigned long)p->first_seq);
}

struct tally {
	size_t whole, part, bins, logs;
	uint64_t files, bytes;
};

static void count(struct tally *n, const struct hl_carved *p)
{
	if (p->what >= HL_CARVED_LOG)
		n->logs++;
	else if (p->whole)
		n->whole++;
	else if (p->what == HL_CARVED_BINS)
		n->bins++;
	else
		n->part++;
}

static enum outcome stopped(struct cli *c, enum hl_status st)
{
	if (st == HL_NOMEM)
		msg_error(c, "%s", show_status(c, st));
	c->stop.broken = st != HL_CANCELLED;
	return FAILED;
}

static enum outcome write_all(struct cli *c, struct hl_lift *lift,
                              struct hl_carve *carve, struct table *t,
                              struct tally *n)
{
	for (size_t i = 0; i < hl_carve_count(carve); i++) {
		struct hl_carved *p = hl_carve_get(carve, i);
		size_t mark = hl_notelog_count(c->log);
		enum hl_status st = hl_lift_carved(lift, carve, i);

		if (st == HL_OK && c->o.json)
			st = carve_json(c, carve, i, mark);
		if (st != HL_OK)
			return stopped(c, st);
		count(n, p);
		if (t)
			row(t, p);
	}
	return DONE;
}

static void say_done(struct cli *c, const struct tally *n,
                     struct hl_carve *carve)
{
	char size[SIZE_TEXT];

	msg_say(c, "%zu whole hive%s, %zu beginning%s, %zu fragment%s, %zu "
	        "log%s", n->whole, n->whole == 1 ? "" : "s", n->part,
	        n->part == 1 ? "" : "s", n->bins, n->bins == 1 ? "" : "s",
	        n->logs, n->logs == 1 ? "" : "s");
	if (hl_carve_live(carve))
		msg_say(c, "%llu more are live hives or their logs and are "
		        "not reported again",
		        (unsigned long long)hl_carve_live(carve));
	msg_say(c, "%llu %s, %s, written to %s",
	        (unsigned long long)n->files, n->files == 1 ? "file" : "files",
	        show_size(size, n->bytes),
	        strcmp(c->o.output, "-") ? c->o.output : "stdout");
}

static enum outcome finish(struct cli *c, struct hl_lift *lift,
                           struct hl_carve *carve, struct tally *n,
                           enum outcome outcome)
{
	struct hl_coverage cover;

	if (c->stop.broken || stop_signalled(c) ||
	    (outcome == FAILED && !stop_by_budget(c)) ||
	    carve_cover(c, carve, &cover) != HL_OK) {
		hl_lift_abort(lift);
		c->stop.broken |= outcome != FAILED;
		return FAILED;
	}
	n->files = hl_lift_files(lift);
	n->bytes = hl_lift_bytes(lift);
	c->stop.complete = hl_lift_finish(lift, &cover) == HL_OK;
	c->stop.broken = !c->stop.complete;
	if (c->stop.complete)
		say_done(c, n, carve);
	else
		outcome = FAILED;
	if (c->o.json)
		coverage_json(c, &cover);
	hl_coverage_free(&cover, &c->ctx);
	return outcome;
}

static enum outcome carve(struct cli *c, struct hl_lift *lift)
{
	const struct hl_carve_opts opts = {
		.all = c->o.all,
		.volumes_only = c->o.volume || c->o.at_offset,
	};
	struct table t = {
		.head = { "offset", "volume", "where", "found", "state",
		          "size", "name" },
		.right = { true, [5] = true },
		.n_columns = 7,
	};
	/* an archive has stdout for itself */
	bool list = !c->o.json && strcmp(c->o.output, "-") != 0;
	struct tally n = { .whole = 0 };
	struct hl_carve *found = NULL;
	enum outcome outcome = DONE;
	enum hl_status st = hl_carve_find(&found, c->disk, &opts, &c->ctx);

	if (st != HL_OK)
		outcome = stopped(c, st);
	if (found) /* also when the time is up: what there is */
		c->stop.finishing = !stop_signalled(c);
	stats_phase(c, PHASE_READ);
	if (found && !stop_signalled(c) &&
	    write_all(c, lift, found, list ? &t : NULL, &n) == FAILED)
		outcome = FAILED;
	if (list && t.n_cells && !table_print(&t, &c->out, c->colour))
		outcome = FAILED;
	table_free(&t);
	out_flush(&c->out); /* the table stands before the words about it */
	if (found)
		outcome = finish(c, lift, found, &n, outcome);
	else
		hl_lift_abort(lift);
	hl_carve_free(found);
	return outcome;
}

/* The folder was opened as extract opens its own. */
enum outcome cmd_carve(struct cli *c)
{
	struct hl_lift *lift = c->opened;

	if (hl_lift_begin(lift, c->disk) != HL_OK)
		return FAILED;
	return carve(c, lift);
}
