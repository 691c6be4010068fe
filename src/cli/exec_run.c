/* exec_run.c: one command on one hive: how it is told, run and judged. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "exec.h"
#include "helper.h"

static void header(struct cli *c, const struct one *o)
{
	const struct hl_hive *h = o->hive;

	progress_clear(c);
	msg_say(c, "%s: %s%s%s, %s", o->name, hl_kind_text(h->kind),
	        h->user ? " of " : "", h->user ? h->user : "", o->state);
}

/* What became of it; false: there is no use in going on. */
static bool judge(struct exec *x, struct one *o)
{
	const char *cmd = x->c->o.child[0];
	const struct helper_end *end = &o->end;

	if (end->error)
		snprintf(o->not_run, sizeof(o->not_run), "%s",
		         strerror(end->error));
	if (end->error == E2BIG) { /* a path too long for the environment */
		note_loss(x->c, NULL, HL_NO_OFFSET, o->name,
		          "not handed to %s: %s", cmd, strerror(E2BIG));
		x->skipped++;
		return true;
	}
	if (end->error) {
		msg_error(x->c, "cannot run %s: %s", cmd,
		          strerror(end->error));
		return false;
	}
	x->ran++;
	x->failed += end->signal || end->status;
	if (end->signal)
		note_loss(x->c, NULL, HL_NO_OFFSET, o->name,
		          "%s was ended by signal %d (%s)", cmd, end->signal,
		          strsignal(end->signal));
	else if (end->status)
		note_loss(x->c, NULL, HL_NO_OFFSET, o->name,
		          "%s ended with status %d", cmd, end->status);
	return true;
}

static bool start(struct exec *x, struct one *o, int fd)
{
	size_t n;
	char *env = exec_environment(o->hive, o->state, &n);
	bool ok;

	if (!env) {
		msg_error(x->c, "out of memory");
		return false;
	}
	ok = helper_run(x->c, env, n, fd, &o->end);
	if (!ok)
		snprintf(o->not_run, sizeof(o->not_run), "stopped");
	ok = ok && judge(x, o);
	free(env);
	return ok;
}

/* The child has written by itself; the file is as long as it is. */
static bool keep(struct hl_outfile *f)
{
	const struct hl_time none = { .kind = HL_TIME_NONE };
	struct stat st;

	f->end = fstat(f->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	return hl_outfile_done(f, f->end, none) == HL_OK;
}

bool exec_run(struct exec *x, struct one *o)
{
	struct hl_outfile f;
	bool ok;

	header(x->c, o);
	if (!x->dir) /* with --json our stdout has room for nothing else */
		return start(x, o, x->c->o.json ? STDERR_FILENO : -1);
	snprintf(o->output, sizeof(o->output), "%s.txt", o->file);
	if (hl_outfile_create(&f, x->dir, o->output) != HL_OK) {
		snprintf(o->not_run, sizeof(o->not_run),
		         "no file for its output");
		return false; /* said */
	}
	ok = start(x, o, f.fd);
	if (ok)
		ok = keep(&f);
	else
		hl_outfile_drop(&f);
	hl_outfile_free(&f);
	return ok;
}
