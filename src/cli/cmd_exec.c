/*
 * cmd_exec.c: run a command once per hive.
 *
 *	examine -> fill the file the helper made (exec_hand.c) -> run (exec_run.c)
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

static bool each(struct exec *x, struct hl_hives *hives, size_t i,
                 const char *file)
{
	struct hl_hive *h = hl_hives_get(hives, i);
	struct one o = { .hive = h, .file = file };
	struct cli *c = x->c;
	enum hl_status st = hl_hives_examine(
		hives, i, c->o.snapshots && !c->o.all_copies, &c->ctx);

	snprintf(o.name, sizeof(o.name), "%s:%s", h->volume->id, h->path);
	if (st == HL_OK && hl_hive_usable(h) && seen(x, hives, i))
		return true;
	if (st == HL_OK && hl_hive_usable(h)) {
		st = hand_over(x, &o);
		o.state = c->o.no_replay &&
		          h->report.state == HL_HIVE_REPLAYED ?
		          "dirty" : hive_state(h);
		if (st == HL_OK)
			return exec_run(x, &o);
	} else if (st == HL_OK || st == HL_CORRUPT) {
		msg_say(c, "%s: skipped: %s", o.name, hive_state(h));
		hive_say(c, h);
		st = HL_END;
	}
	x->skipped += st == HL_END;
	if (st == HL_NOMEM)
		msg_error(c, "%s", show_status(c, st));
	return st == HL_END;
}

static enum outcome all(struct exec *x, struct hl_hives *hives)
{
	size_t n = hl_hives_count(hives);
	struct cli *c = x->c;

	if (n == 0)
		return hives_none(c);
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
