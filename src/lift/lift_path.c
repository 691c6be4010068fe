/*
 * lift_path.c: the files a user named, a folder with all below it.  Streams
 * lie beside their file as name%3Astream; links are entries, never followed.
 */
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/walk.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static size_t mark(const struct hl_lift *lift)
{
	return lift->ctx->log ? hl_notelog_count(lift->ctx->log) : 0;
}

static bool ends_all(enum hl_status st)
{
	return st == HL_IO || st == HL_NOMEM || st == HL_CANCELLED ||
	       st == HL_UNSUPPORTED;
}

static enum hl_status one_stream(struct hl_lift *lift, struct hl_volume *v,
                                 struct hl_trail *t, const struct hl_entry *e,
                                 const char *stream)
{
	struct hl_item item = { .volume = v, .entry = e, .trail = t,
		                .stream = stream, .mark = mark(lift) };
	struct hl_trail with;
	enum hl_status st;

	if (!*stream)
		return hl_lift_item(lift, &item);
	st = hl_trail_copy(&with, t, lift->ctx);
	if (st != HL_OK)
		return st;
	st = hl_trail_stream(&with, stream, e);
	item.trail = &with;
	if (st == HL_OK)
		st = hl_lift_item(lift, &item);
	hl_trail_free(&with);
	return st;
}

static enum hl_status named_streams(struct hl_lift *lift, struct hl_volume *v,
                                    struct hl_trail *t,
                                    const struct hl_entry *e)
{
	struct hl_stream_info info;
	unsigned cursor = 0;
	enum hl_status st;

	while ((st = hl_fs_stream_next(v->fs, &e->ref, &cursor, &info)) ==
	       HL_OK) {
		if (!info.name[0])
			continue;
		st = one_stream(lift, v, t, e, info.name);
		if (st != HL_OK)
			return st;
	}
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static enum hl_status link_entry(struct hl_lift *lift, struct hl_volume *v,
                                 struct hl_trail *t, const struct hl_entry *e)
{
	char target[HL_LINK_BYTES] = "";
	struct hl_item item = { .volume = v, .entry = e, .trail = t,
		                .stream = "", .mark = mark(lift),
		                .link = target, .size = e->size };
	enum hl_status st;

	st = hl_fs_link(v->fs, &e->ref, target, sizeof(target));
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK)
		item.link = NULL;
	return hl_manifest_entry(lift, &item);
}

/* Whatever it is, with its streams; a folder without what is in it. */
static enum hl_status one_entry(struct hl_lift *lift, struct hl_volume *v,
                                struct hl_trail *t, const struct hl_entry *e)
{
	enum hl_status st;

	switch (e->type) {
	case HL_LINK:
		st = link_entry(lift, v, t, e);
		break;
	case HL_DIR:
		st = hl_outdir_mkdir(lift->dir, t->rel.p);
		if (st == HL_LIMIT)
			st = HL_OK; /* said; what is in it is said again */
		break;
	default:
		st = one_stream(lift, v, t, e, "");
	}
	return st == HL_OK ? named_streams(lift, v, t, e) : st;
}

/* ---- a folder with all below it ------------------------------------------ */

/*
 * The walker hands out entries depth first, so the trails of the folders
 * above the current one are a stack; a frame says how long each was.
 */
struct frame {
	size_t n_walk, n_path, n_rel;
	bool bad_name;
};

struct tree {
	struct hl_lift *lift;
	struct hl_volume *volume;
	struct hl_trail *trail;
	struct frame *frame;
	size_t n, cap;
};

static enum hl_status push(struct tree *t, size_t n_walk)
{
	enum hl_status st;

	st = hl_grow(t->lift->ctx, (void **)&t->frame, &t->cap, t->n,
	             sizeof(*t->frame), HL_MAX_DEPTH + 1);
	if (st == HL_OK)
		t->frame[t->n++] = (struct frame){ n_walk, t->trail->path.n,
			                           t->trail->rel.n,
			                           t->trail->bad_name };
	return st;
}

/* Back to the folder whose path on the walk has n bytes. */
static void back_to(struct tree *t, size_t n_walk)
{
	while (t->n > 1 && t->frame[t->n - 1].n_walk > n_walk)
		t->n--;
	const struct frame *f = &t->frame[t->n - 1];
	hl_buf_cut(&t->trail->path, f->n_path);
	hl_buf_cut(&t->trail->rel, f->n_rel);
	t->trail->bad_name = f->bad_name;
}

static enum hl_status take(struct tree *t, const struct hl_entry *e,
                           const char *path)
{
	size_t n = strlen(path), n_name = strlen(e->name);
	enum hl_status st;

	back_to(t, n > n_name ? n - n_name - 1 : 0);
	st = hl_trail_add(t->trail, e);
	if (st == HL_OK)
		st = one_entry(t->lift, t->volume, t->trail, e);
	if (st == HL_OK && e->type == HL_DIR)
		st = push(t, n);
	return st == HL_LIMIT ? HL_OK : st; /* too deep: the walker says it */
}

static enum hl_status walk_all(struct tree *t, struct hl_walk *walk)
{
	struct hl_entry *e = hl_alloc(t->lift->ctx, sizeof(*e));
	enum hl_status st = e ? HL_OK : HL_NOMEM;
	const char *path;

	while (st == HL_OK || st == HL_CORRUPT) {
		if (hl_cancelled(t->lift->ctx)) {
			st = HL_CANCELLED;
			break;
		}
		st = hl_walk_next(walk, e, &path);
		if (st == HL_OK)
			st = take(t, e, path);
	}
	hl_free(t->lift->ctx, e);
	return ends_all(st) ? st : HL_OK;
}

static enum hl_status tree(struct hl_lift *lift, struct hl_volume *v,
                           struct hl_trail *trail, const struct hl_entry *e)
{
	struct tree t = { .lift = lift, .volume = v, .trail = trail };
	struct hl_walk *walk;
	unsigned how = HL_LIST_FULL;
	enum hl_status st = one_entry(lift, v, trail, e);

	if (e->flags & HL_ENTRY_DELETED)
		how |= HL_LIST_DELETED; /* all that it has is deleted, too */
	if (st == HL_OK)
		st = push(&t, trail->path.n);
	if (st == HL_OK)
		st = hl_walk_open(&walk, v->fs, e, trail->path.p, how);
	if (st == HL_OK) {
		st = walk_all(&t, walk);
		hl_walk_close(walk);
	}
	hl_free(lift->ctx, t.frame);
	return ends_all(st) ? st : HL_OK;
}

/* ---- what was deleted below a folder --------------------------------------- */

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strcmp(dir, "/") ||
	       (!strncmp(path, dir, n) && path[n] == '/');
}

static enum hl_status one_gone(struct hl_lift *lift, struct hl_volume *v,
                               const struct hl_entry *e, const char *path,
                               bool orphan)
{
	struct hl_trail t;
	enum hl_status st = hl_trail_init(&t, v, lift->ctx);

	if (st != HL_OK)
		return st;
	st = hl_trail_deleted(&t, e);
	if (st == HL_OK)
		st = hl_trail_known(&t, path, e, orphan);
	if (st == HL_OK)
		st = one_entry(lift, v, &t, e);
	hl_trail_free(&t);
	return st;
}

static enum hl_status gone_below(struct hl_lift *lift, struct hl_volume *v,
                                 const char *dir, char *path)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	bool orphan;
	enum hl_status st = hl_fs_sweep(&it, v->fs, HL_LIST_DELETED |
	                                HL_LIST_NO_LIVE);

	if (st == HL_UNSUPPORTED)
		hl_warn(&(struct hl_at){ lift->ctx, hl_fs_source(v->fs),
		                         HL_NO_OFFSET, "search" },
		        "volume %s: deleted files are not read of this kind "
		        "of file system", v->id);
	if (st != HL_OK)
		return st == HL_UNSUPPORTED ? HL_OK : st;
	while (st == HL_OK || st == HL_CORRUPT) {
		st = hl_fs_next(it, &e);
		if (st != HL_OK)
			continue;
		st = hl_fs_path(v->fs, &e, path, HL_MAX_PATH, &orphan);
		if (st == HL_OK && is_below(path, dir))
			st = one_gone(lift, v, &e, path, orphan);
		else if (st == HL_LIMIT)
			st = HL_CORRUPT; /* longer than any path can be */
	}
	hl_fs_iter_close(it);
	return ends_all(st) ? st : HL_OK;
}

static enum hl_status with_gone(struct hl_lift *lift, struct hl_volume *v,
                                const struct hl_entry *dir)
{
	char *path, *from;
	enum hl_status st = HL_NOMEM;

	path = hl_alloc(lift->ctx, HL_MAX_PATH);
	from = hl_alloc(lift->ctx, HL_MAX_PATH);
	if (path && from)
		st = hl_fs_path(v->fs, dir, from, HL_MAX_PATH, NULL);
	if (st == HL_OK)
		st = gone_below(lift, v, from, path);
	hl_free(lift->ctx, path);
	hl_free(lift->ctx, from);
	return st == HL_LIMIT ? HL_OK : st;
}

/* All below a deleted folder is deleted, and comes with it. */
static enum hl_status folder(struct hl_lift *lift, struct hl_volume *v,
                             struct hl_trail *t, const struct hl_entry *e)
{
	enum hl_status st = tree(lift, v, t, e);

	if (st != HL_OK || !lift->deleted || (e->flags & HL_ENTRY_DELETED))
		return st;
	return with_gone(lift, v, e);
}

enum hl_status hl_lift_path(struct hl_lift *lift, struct hl_volume *volume,
                            const char *path)
{
	struct hl_entry *e = hl_alloc(lift->ctx, sizeof(*e));
	struct hl_trail t = { .path.ctx = lift->ctx, .rel.ctx = lift->ctx };
	struct hl_path parts;
	const char *stream;
	enum hl_status st = e ? hl_path_parse(path, &parts) : HL_NOMEM;

	if (st == HL_OK)
		st = hl_fs_find_path(volume->fs, &parts, e, &stream);
	if (st == HL_OK)
		st = hl_trail_init(&t, volume, lift->ctx);
	if (st == HL_OK)
		st = hl_trail_find(&t, volume->fs, parts.path,
		                   *stream ? parts.n_base : strlen(parts.path),
		                   e);
	if (st == HL_OK) {
		if (*stream)
			st = one_stream(lift, volume, &t, e, stream);
		else if (e->type == HL_DIR)
			st = folder(lift, volume, &t, e);
		else
			st = one_entry(lift, volume, &t, e);
	}
	hl_trail_free(&t);
	hl_free(lift->ctx, e);
	return st;
}
