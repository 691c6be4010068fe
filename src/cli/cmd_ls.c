/*
 * cmd_ls.c: a folder, or all below it; as names, long, bodyfile or JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "fs/walk.h"
#include "ls.h"

static void long_facts(struct listing *l, const struct hl_entry *e)
{
	static const char letter[] = { [HL_FILE] = '-', [HL_DIR] = 'd',
	                               [HL_LINK] = 'l', [HL_OTHER] = '?' };
	char attr[ATTR_TEXT], time[HL_TIME_TEXT], ref[40] = "-";

	if (e->flags & HL_ENTRY_RECORD)
		snprintf(ref, sizeof(ref), "%llu-%u",
		         (unsigned long long)e->ref.id, e->ref.seq);
	out_printf(&l->c->out, "%c %s %14llu  %-28s  %10s  ", letter[e->type],
	           show_attributes(attr, e->attributes),
	           (unsigned long long)e->size,
	           hl_time_text(time, e->modified), ref);
}

static void as_text(struct listing *l, const struct hl_entry *e)
{
	struct out *o = &l->c->out;
	char target[4096];

	if (l->c->o.longform)
		long_facts(l, e);
	out_name(o, l->c->o.recursive ? l->path : e->name);
	if (e->type == HL_DIR)
		out_text(o, "/");
	if (e->flags & HL_ENTRY_SLACK)
		out_text(o, "  (deleted, from index slack)");
	else if (e->flags & HL_ENTRY_DELETED)
		out_text(o, "  (deleted)");
	if (l->c->o.longform && e->type == HL_LINK &&
	    hl_fs_link(l->v->fs, &e->ref, target, sizeof(target)) == HL_OK) {
		out_text(o, " -> ");
		out_name(o, target);
	}
	out_text(o, "\n");
}

void ls_show(struct listing *l, const struct hl_entry *e)
{
	if (l->c->o.json)
		ls_json(l, e);
	else if (l->c->o.body)
		ls_body(l, e);
	else
		as_text(l, e);
}

static enum hl_status below(struct listing *l, const struct hl_entry *dir)
{
	bool full = l->c->o.json || l->c->o.body || l->c->o.longform;
	unsigned how = (full ? HL_LIST_FULL : 0) |
	               (l->c->o.deleted ? HL_LIST_DELETED : 0);
	struct hl_walk *w;
	struct hl_entry e;
	enum hl_status st;

	st = hl_walk_open(&w, l->v->fs, dir, l->path, how);
	l->w = w;
	while ((st == HL_OK || st == HL_CORRUPT) && !l->c->out.err && w) {
		st = hl_walk_next(w, &e, &l->path);
		if (st != HL_OK)
			continue;
		if (!l->c->o.recursive)
			hl_walk_prune(w);
		ls_show(l, &e);
	}
	hl_walk_close(w);
	l->w = NULL;
	return st;
}

static enum outcome list(struct cli *c, const struct where *w)
{
	struct listing l = { .c = c, .v = w->volume, .path = w->path };
	enum hl_status st;

	if (w->entry.type != HL_DIR) {
		ls_show(&l, &w->entry);
		return DONE;
	}
	if (c->o.sweep && hl_fs_can_sweep(w->volume->fs))
		return ls_sweep(&l, w, false);
	st = below(&l, &w->entry);
	if (st != HL_END && st != HL_CANCELLED && st != HL_OK)
		msg_error(c, "%s: %s", w->path, show_status(c, st));
	if (st == HL_END && c->o.deleted && c->o.recursive && !w->path[1] &&
	    hl_fs_can_sweep(w->volume->fs))
		return ls_sweep(&l, w, true); /* of which no folder is left */
	return st == HL_END ? DONE : FAILED;
}

/* Without a path: the root of every volume. */
static enum outcome roots(struct cli *c, const char *id)
{
	bool several = hl_disk_count(c->disk) > 1 && !*id;
	enum outcome outcome = NOTHING;

	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		struct hl_volume *v = hl_disk_volume(c->disk, i);
		struct where w = { .volume = v, .path = (char []){ "/" } };

		if (!v->fs || !volume_matches(v, id))
			continue;
		if (hl_fs_root(v->fs, &w.entry) != HL_OK)
			return FAILED; /* said */
		if (several && !c->o.json && !c->o.body)
			out_printf(&c->out, "%s%s:\n",
			           outcome == DONE ? "\n" : "", v->id);
		outcome = list(c, &w);
		if (outcome == FAILED)
			return FAILED;
	}
	if (outcome == NOTHING)
		msg_error(c, "no file system here that can be listed");
	return outcome;
}

static enum outcome one(struct cli *c, const char *arg)
{
	struct where w;
	enum outcome outcome;

	if (!where_find(c, arg, &w))
		return FAILED;
	outcome = list(c, &w);
	where_free(&w);
	return outcome;
}

enum outcome cmd_ls(struct cli *c)
{
	struct hl_coverage cover;
	struct hl_path path = { .path = "/", .n_base = 1 };
	const char *arg = c->o.n_args ? c->o.args[0] : "/";
	enum outcome outcome;

	c->o.recursive |= c->o.sweep;
	if (hl_path_parse(arg, &path) == HL_OK && !path.volume[0] &&
	    (!*path.path || !strcmp(path.path, "/") ||
	     !strcmp(path.path, "\\")))
		outcome = roots(c, "");
	else
		outcome = one(c, arg);
	out_flush(&c->out);
	if (!c->o.recursive || (outcome == FAILED && !c->stop.timed_out))
		return outcome;
	if (coverage_report(c, &cover) != HL_OK)
		return FAILED;
	if (c->o.json)
		coverage_json(c, &cover);
	hl_coverage_free(&cover, &c->ctx);
	return outcome;
}
