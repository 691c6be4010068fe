/*
 * ls_sweep.c: every file without the indexes, each with the path that its
 * parents make.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "ls.h"

struct sweep {
	struct listing *l;
	char *path, *below; /* HL_MAX_PATH each; below: "" is the root */
	bool orphans;
};

static bool is_below(const struct sweep *s)
{
	size_t n = strlen(s->below);

	return !strncmp(s->path, s->below, n) && s->path[n] == '/';
}

static enum hl_status take(struct sweep *s, const struct hl_entry *e)
{
	bool orphan = false;
	enum hl_status st = hl_fs_path(s->l->v->fs, e, s->path, HL_MAX_PATH,
	                               &orphan);

	if (st == HL_LIMIT) {
		note_loss(s->l->c, NULL, HL_NO_OFFSET, e->name,
		          "path longer than Windows allows, skipped");
		return HL_OK;
	}
	if (st != HL_OK || (s->orphans && !orphan) || !is_below(s))
		return st;
	s->l->path = s->path;
	ls_show(s->l, e);
	return HL_OK;
}

static enum hl_status sweep(struct sweep *s)
{
	struct cli *c = s->l->c;
	struct hl_fs_iter *it;
	struct hl_entry e;
	unsigned how = c->o.deleted ? HL_LIST_DELETED : 0;
	enum hl_status st;

	if (s->orphans)
		how |= HL_LIST_NO_LIVE;
	st = hl_fs_sweep(&it, s->l->v->fs, how);
	if (st != HL_OK)
		return st;
	while ((st == HL_OK || st == HL_CORRUPT) && !c->out.err) {
		st = hl_fs_next(it, &e);
		if (st == HL_OK)
			st = take(s, &e);
	}
	hl_fs_iter_close(it);
	return st;
}

/* Below as the volume spells it, so that paths can be compared. */
static enum hl_status root_of(struct sweep *s, const struct where *w)
{
	enum hl_status st = hl_fs_path(s->l->v->fs, &w->entry, s->below,
	                               HL_MAX_PATH, NULL);

	if (st == HL_OK && !strcmp(s->below, "/"))
		*s->below = '\0';
	return st;
}

enum outcome ls_sweep(struct listing *l, const struct where *w, bool orphans)
{
	struct sweep s = { .l = l, .orphans = orphans };
	enum hl_status st = HL_NOMEM;

	s.path = malloc(HL_MAX_PATH);
	s.below = malloc(HL_MAX_PATH);
	if (s.path && s.below)
		st = root_of(&s, w);
	if (st == HL_OK)
		st = sweep(&s);
	free(s.path);
	free(s.below);
	if (st != HL_END && st != HL_CANCELLED && st != HL_OK)
		msg_error(l->c, "%s: %s", w->path, show_status(l->c, st));
	return st == HL_END ? DONE : FAILED;
}
