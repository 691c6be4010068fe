/*
 * cmd_extract.c: lift the hives with their logs, or the files named, into a
 * folder with a manifest.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "hives.h"
#include "lift/layout.h"
#include "lift/outdir.h"
#include "sandbox.h"

static enum outcome stopped(struct cli *c, enum hl_status st)
{
	if (st == HL_NOMEM)
		msg_error(c, "%s", show_status(c, st));
	c->stop.broken = st != HL_CANCELLED && !c->stop.starved;
	return FAILED;
}

struct tally {
	size_t state[HL_HIVE_NOT_A_HIVE + 1];
	size_t hives, logs;
	uint64_t files, bytes; /* written, all in all */
};

static enum outcome lift_hives(struct cli *c, struct hl_lift *lift,
                               struct tally *n)
{
	struct hl_layout *names = NULL;
	struct hl_hives *hives;
	struct machines who;
	enum outcome outcome = DONE;

	if (!hives_find(c, &hives))
		return FAILED;
	if (!hives_identify(c, hives, &who)) {
		hl_hives_free(hives);
		return FAILED;
	}
	if (c->o.flat && hl_layout_new(&names, hives, &c->ctx) != HL_OK)
		outcome = stopped(c, HL_NOMEM);
	progress_total(c, hives_bytes(hives));
	for (size_t i = 0; i < hl_hives_count(hives) && outcome == DONE; i++) {
		struct hl_hive *h = hl_hives_get(hives, i);
		size_t mark = hl_notelog_count(c->log);
		enum hl_status st = extract_hive(c, lift, names, hives, i);

		if (st == HL_IO || st == HL_NOMEM || st == HL_CANCELLED) {
			outcome = stopped(c, st);
			break;
		}
		progress_done(c, h->entry.size);
		n->state[h->report.state]++;
		n->hives++;
		n->logs += names ? 0 : h->n_logs;
		if (c->o.json)
			hive_json(c, hives, i, mark);
		hive_say(c, h);
	}
	if (hl_hives_count(hives) == 0)
		outcome = hives_none(c);
	hl_layout_free(names);
	hl_hives_free(hives);
	return outcome;
}

/* "/" is everything, on every volume. */
static enum outcome lift_all(struct cli *c, struct hl_lift *lift)
{
	stats_phase(c, PHASE_READ);
	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		struct hl_volume *v = hl_disk_volume(c->disk, i);
		enum hl_status st = v->fs ? hl_lift_path(lift, v, "/")
		                          : HL_OK;

		if (st == HL_IO || st == HL_NOMEM || st == HL_CANCELLED)
			return stopped(c, st);
	}
	return DONE;
}

static enum outcome lift_one(struct cli *c, struct hl_lift *lift,
                             const char *arg)
{
	struct where w;
	enum hl_status st;

	stats_phase(c, PHASE_SEARCH);
	if (!strcmp(arg, "/") || !strcmp(arg, "\\"))
		return lift_all(c, lift);
	if (!where_find(c, arg, &w))
		return NOTHING; /* said; the other paths are still lifted */
	stats_phase(c, PHASE_READ);
	st = hl_lift_path(lift, w.volume, w.asked);
	where_free(&w);
	if (st == HL_IO || st == HL_NOMEM || st == HL_CANCELLED)
		return stopped(c, st);
	if (st == HL_END)
		msg_error(c, "%s: not found", arg);
	return st == HL_END ? NOTHING : DONE;
}

static enum outcome lift_paths(struct cli *c, struct hl_lift *lift,
                               size_t *missed)
{
	for (int i = 0; i < c->o.n_args; i++) {
		enum outcome outcome = lift_one(c, lift, c->o.args[i]);

		if (outcome == FAILED)
			return FAILED;
		*missed += outcome == NOTHING;
	}
	return DONE;
}

static void say_done(struct cli *c, const struct tally *n)
{
	char line[TALLY_TEXT], size[SIZE_TEXT];

	hives_tally(line, sizeof(line), n->state, 0);
	if (n->hives)
		msg_say(c, "%s and %zu %s", line, n->logs,
		        n->logs == 1 ? "log" : "logs");
	msg_say(c, "%llu %s, %s, written to %s",
	        (unsigned long long)n->files, n->files == 1 ? "file" : "files", show_size(size, n->bytes),
	        strcmp(c->o.output, "-") ? c->o.output : "stdout");
}

/* Keep what there is, unless the user broke off or the output failed. */
static enum outcome finish(struct cli *c, struct hl_lift *lift,
                           enum outcome outcome, struct tally *n)
{
	struct hl_coverage cover;

	if (outcome == NOTHING || c->stop.broken ||
	    (outcome == FAILED && !stop_by_budget(c)) || stop_signalled(c)) {
		hl_lift_abort(lift);
		if (outcome == NOTHING && coverage_report(c, &cover) == HL_OK) {
			if (c->o.json)
				coverage_json(c, &cover);
			hl_coverage_free(&cover, &c->ctx);
		}
		return outcome;
	}
	c->stop.finishing = true;
	if (coverage_report(c, &cover) != HL_OK) {
		c->stop.broken = true;
		hl_lift_abort(lift);
		return FAILED;
	}
	n->files = hl_lift_files(lift);
	n->bytes = hl_lift_bytes(lift);
	c->stop.complete = hl_lift_finish(lift, &cover) == HL_OK;
	c->stop.broken = !c->stop.complete;
	if (c->stop.complete)
		say_done(c, n);
	else
		outcome = FAILED;
	if (c->o.json)
		coverage_json(c, &cover);
	hl_coverage_free(&cover, &c->ctx);
	return outcome;
}

static bool to_stdout(void *user, const void *p, size_t n)
{
	return out_write(user, p, n);
}

bool extract_open(struct cli *c)
{
	const bool tar = !strcmp(c->o.output, "-");
	const struct hl_lift_opts opts = {
		.dir = c->o.output,
		.force = c->o.force,
		.no_replay = c->o.no_replay,
		.argv = (const char *const *)c->argv,
		.files = c->files,
		.write = tar ? to_stdout : NULL,
		.user = &c->out,
		.dfxml = c->o.dfxml,
		.deleted = c->o.deleted,
		.all_copies = c->o.all_copies,
	};
	struct hl_lift *lift;

	if (hl_lift_prepare(&lift, &opts, &c->ctx) != HL_OK)
		return false;
	c->opened = lift;
	if (tar || sandbox_folder(c, hl_lift_outdir(lift)))
		return true;
	extract_drop(c);
	return false;
}

void extract_drop(struct cli *c)
{
	hl_lift_abort(c->opened);
	c->opened = NULL;
}

enum outcome cmd_extract(struct cli *c)
{
	struct hl_lift *lift = c->opened;
	struct tally n = { .hives = 0 };
	enum outcome outcome;
	size_t missed = 0;

	if (hl_lift_begin(lift, c->disk) != HL_OK)
		return FAILED;
	if (c->o.n_args)
		outcome = lift_paths(c, lift, &missed);
	else
		outcome = lift_hives(c, lift, &n);
	if (missed && missed == (size_t)c->o.n_args) {
		hl_lift_abort(lift); /* nothing there to keep */
		return FAILED;
	}
	outcome = finish(c, lift, outcome, &n);
	return outcome == DONE && missed ? FAILED : outcome;
}
