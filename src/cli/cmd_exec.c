/*
 * cmd_exec.c: run a command once per hive.
 *
 *	examine -> fill the file the helper made (exec_hand.c) -> run
 *	(exec_run.c) -> with --json, tell (exec_json.c)
 *
 * A child that fails is a loss and stops nothing; a command that cannot be
 * started at all does, for the next hive would fare no better.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "exec.h"
#include "helper.h"
#include "lift/layout.h"
#include "sandbox.h"

/* HL_OK with *fd closed and full; HL_END: not this one, said. */
static enum hl_status hand_over(struct exec *x, struct one *o)
{
	struct cli *c = x->c;
	struct hl_src *src;
	enum hl_status st = hl_hive_open(&src, o->hive, c->o.no_replay,
	                                 &c->ctx);
	int fd;

	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	fd = helper_file(c);
	if (fd >= 0) {
		st = exec_fill(c, o->name, src, fd);
		close(fd);
	} else if (!stop_wanted(c)) {
		msg_error(c, "no file can be made for the command: %s",
		          strerror(errno));
		st = HL_UNSUPPORTED;
	} else {
		st = HL_CANCELLED;
	}
	hl_src_close(src);
	return st == HL_IO ? HL_END : st;
}

/*
 * Of a shadow copy, what an earlier hive was already: the command has seen
 * it.  With logs it may become another one, so those count as well.
 */
static bool seen(struct exec *x, struct hl_hives *hives, size_t i)
{
	const struct hl_hive *h = hl_hives_get(hives, i), *same;

	if (!h->volume->shadow || x->c->o.all_copies)
		return false;
	same = hl_hives_same(hives, i);
	if (!same || h->report.state == HL_HIVE_REPLAYED ||
	    same->report.state == HL_HIVE_REPLAYED)
		return false;
	msg_say(x->c, "%s:%s: the same as %s:%s", h->volume->id, h->path,
	        same->volume->id, same->path);
	return true;
}

static const char *handed_state(const struct cli *c, const struct hl_hive *h)
{
	return c->o.no_replay && h->report.state == HL_HIVE_REPLAYED ?
	       "dirty" : hive_state(h);
}

static void not_run(struct one *o, const char *why)
{
	if (!*o->not_run)
		snprintf(o->not_run, sizeof(o->not_run), "%s", why);
}

/* HL_OK: it was run; HL_END: not this one, said; else no use in going on. */
static enum hl_status one_hive(struct exec *x, struct hl_hives *hives,
                               size_t i, struct one *o)
{
	struct hl_hive *h = o->hive;
	struct cli *c = x->c;
	bool hash = c->o.json || (c->o.snapshots && !c->o.all_copies);
	enum hl_status st = hl_hives_examine(hives, i, hash, &c->ctx);

	snprintf(o->name, sizeof(o->name), "%s:%s", h->volume->id, h->path);
	if (st == HL_OK && hl_hive_usable(h)) {
		if (seen(x, hives, i)) {
			not_run(o, "its content was there before");
			return HL_OK;
		}
		st = hand_over(x, o);
		o->state = handed_state(c, h);
		if (st == HL_OK && !exec_run(x, o))
			return HL_CANCELLED;
		if (st == HL_END)
			not_run(o, "it could not be handed over");
	} else if (st == HL_OK || st == HL_CORRUPT) {
		msg_say(c, "%s: skipped: %s", o->name, hive_state(h));
		hive_say(c, h);
		not_run(o, hive_state(h));
		st = HL_END;
	}
	x->skipped += st == HL_END;
	if (st == HL_NOMEM)
		msg_error(c, "%s", show_status(c, st));
	return st;
}

static bool each(struct exec *x, struct hl_hives *hives, size_t i,
                 const char *file)
{
	struct one o = { .hive = hl_hives_get(hives, i), .file = file };
	size_t mark = hl_notelog_count(x->c->log);
	enum hl_status st = one_hive(x, hives, i, &o);

	if (st != HL_OK && st != HL_END)
		not_run(&o, "stopped");
	if (!stop_signalled(x->c))
		exec_json(x, hives, i, mark, &o);
	/* nobody reads what becomes of the others */
	return (st == HL_OK || st == HL_END) && !x->c->out.err;
}

static enum outcome all(struct exec *x, struct hl_hives *hives)
{
	size_t n = hl_hives_count(hives);
	struct machines who = { .n = 0 };
	struct cli *c = x->c;

	if (n == 0)
		return hives_none(c);
	if (c->o.json && !hives_identify(c, hives, &who))
		return FAILED; /* said */
	if (hl_layout_new(&x->names, hives, &c->ctx) != HL_OK) {
		msg_error(c, "%s", show_status(c, HL_NOMEM));
		return FAILED;
	}
	for (size_t i = 0; i < n; i++)
		if (!each(x, hives, i, hl_layout_name(x->names, i)))
			return FAILED;
	msg_say(c, "%s was run on %zu of %zu hives%s", c->o.child[0], x->ran,
	        n, x->failed ? ", and failed" : "");
	if (!x->ran)
		msg_error(c, "no hive that could be handed over");
	return x->ran ? DONE : NOTHING;
}

static enum outcome cover(struct cli *c, enum outcome outcome)
{
	struct hl_coverage v;

	if (stop_signalled(c) || coverage_report(c, &v) != HL_OK)
		return FAILED;
	if (c->o.json)
		coverage_json(c, &v);
	hl_coverage_free(&v, &c->ctx);
	return outcome;
}

bool exec_open(struct cli *c)
{
	struct hl_outdir *dir;

	if (!c->o.output)
		return true;
	if (hl_outdir_open(&dir, c->o.output, c->o.force, c->files,
	                   &c->ctx) != HL_OK)
		return false;
	c->opened = dir;
	if (sandbox_folder(c, dir))
		return true;
	exec_drop(c);
	return false;
}

void exec_drop(struct cli *c)
{
	hl_outdir_abort(c->opened);
	c->opened = NULL;
}

enum outcome cmd_exec(struct cli *c)
{
	struct exec x = { .c = c, .dir = c->opened };
	struct hl_hives *hives;
	enum outcome outcome;

	if (!hives_find(c, &hives)) {
		exec_drop(c);
		return stop_by_budget(c) ? cover(c, FAILED) : FAILED;
	}
	outcome = all(&x, hives);
	if (x.ran)
		hl_outdir_close(x.dir);
	else
		hl_outdir_abort(x.dir);
	hl_layout_free(x.names);
	hl_hives_free(hives);
	return cover(c, outcome);
}
