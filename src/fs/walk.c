/*
 * walk.c: see walk.h.  An explicit stack of open folders:
 *
 *	frame 0  "/"            iterator
 *	frame 1  "/Users"       iterator
 *	frame 2  "/Users/alice" iterator   <- the next entry comes from here
 *
 * On a sound volume every folder has one place.  A folder that comes up a
 * second time is a loop or a cross link; it is listed as an entry and not
 * entered again, which also bounds the work on a volume made to explode.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "fs/walk.h"
#include "fs/walk_path.h"

struct frame {
	struct hl_fs_iter *it;
	struct hl_path_mark at; /* the folder's own path */
};

struct hl_walk {
	struct hl_fs *fs;
	unsigned how;
	struct frame *frame;
	size_t depth, cap;
	struct hl_walk_path path;
	/* folders met: an open hash of ref keys, 0 is free */
	uint64_t *met;
	size_t n_met, cap_met;
	bool enter; /* the last entry was a folder to go into */
	struct hl_ref next;
};

static uint64_t key_of(const struct hl_ref *ref)
{
	return (ref->id | (uint64_t)ref->origin << 48) + 1;
}

static size_t slot_of(const struct hl_walk *w, uint64_t key)
{
	size_t mask = w->cap_met - 1;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & mask;

	while (w->met[i] && w->met[i] != key)
		i = (i + 1) & mask;
	return i;
}

static enum hl_status grow_met(struct hl_walk *w)
{
	uint64_t *old = w->met;
	size_t n = w->cap_met, cap = n ? 2 * n : 256;

	if (w->n_met < n / 2)
		return HL_OK;
	if (cap > 2 * (size_t)HL_MAX_FOLDERS)
		return HL_LIMIT;
	w->met = hl_zalloc(w->fs->ctx, cap * sizeof(*w->met));
	if (!w->met) {
		w->met = old;
		return HL_NOMEM;
	}
	w->cap_met = cap;
	for (size_t i = 0; i < n; i++)
		if (old[i])
			w->met[slot_of(w, old[i])] = old[i];
	hl_free(w->fs->ctx, old);
	return HL_OK;
}

/* HL_OK: new; HL_END: met before */
static enum hl_status meet(struct hl_walk *w, const struct hl_ref *ref)
{
	uint64_t key = key_of(ref);
	enum hl_status st = grow_met(w);

	if (st != HL_OK)
		return st;
	size_t i = slot_of(w, key);
	if (w->met[i] == key)
		return HL_END;
	w->met[i] = key;
	w->n_met++;
	return HL_OK;
}

/* The reason first: a note cuts what is very long. */
static enum hl_status left_out(struct hl_walk *w, const char *why)
{
	hl_warn(&(struct hl_at){ w->fs->ctx, w->fs->src, HL_NO_OFFSET,
	                         "folder" }, "%s: %s", why,
	        *w->path.s ? w->path.s : "/");
	return HL_CORRUPT;
}

/* Into the folder whose path w->path is. */
static enum hl_status push(struct hl_walk *w, const struct hl_ref *ref)
{
	struct hl_fs_iter *it;
	enum hl_status st = hl_grow(w->fs->ctx, (void **)&w->frame, &w->cap,
	                            w->depth, sizeof(*w->frame), HL_MAX_DEPTH);

	if (st == HL_LIMIT)
		return left_out(w, "too deep; what is below is left out");
	if (st == HL_OK)
		st = meet(w, ref);
	if (st == HL_END)
		return left_out(w, "this folder was listed before (a loop or "
		                "a cross link); not entered again");
	if (st == HL_LIMIT)
		return left_out(w, "too many folders; what is below is left "
		                "out");
	if (st == HL_OK)
		st = hl_fs_list(&it, w->fs, ref, w->how);
	if (st == HL_OK)
		w->frame[w->depth++] = (struct frame){ it, w->path.at };
	else if (st != HL_NOMEM && st != HL_CANCELLED)
		return left_out(w, "it cannot be listed");
	return st;
}

static void pop(struct hl_walk *w)
{
	hl_fs_iter_close(w->frame[--w->depth].it);
}

enum hl_status hl_walk_open(struct hl_walk **out, struct hl_fs *fs,
                            const struct hl_entry *from, const char *path,
                            unsigned how)
{
	struct hl_walk *w = hl_zalloc(fs->ctx, sizeof(*w));
	enum hl_status st;

	*out = NULL;
	if (!w)
		return HL_NOMEM;
	w->fs = fs;
	w->how = how;
	st = hl_walk_path_init(&w->path, path, from, fs->ctx);
	if (st == HL_OK)
		st = push(w, &from->ref);
	if (st == HL_OK)
		*out = w;
	else
		hl_walk_close(w);
	return st;
}

/* Only real folders: not links, not a second name, not what only slack names.
 */
static bool enterable(const struct hl_walk *w, const struct hl_entry *e)
{
	if ((e->flags & HL_ENTRY_DELETED) && !(w->how & HL_LIST_DELETED))
		return false;
	return e->type == HL_DIR &&
	       !(e->flags & (HL_ENTRY_SLACK | HL_ENTRY_SHORT_NAME));
}

static enum hl_status take(struct hl_walk *w, struct hl_entry *e,
                           const char **path)
{
	enum hl_status st;

	hl_walk_path_cut(&w->path, w->frame[w->depth - 1].at);
	st = hl_walk_path_add(&w->path, e);
	if (st == HL_LIMIT)
		return left_out(w, "an entry's path is too long; left out");
	if (st != HL_OK)
		return st;
	*path = w->path.s;
	w->enter = enterable(w, e);
	w->next = e->ref;
	return HL_OK;
}

enum hl_status hl_walk_next(struct hl_walk *w, struct hl_entry *out,
                            const char **path)
{
	enum hl_status st;

	if (w->enter) {
		w->enter = false;
		st = push(w, &w->next);
		if (st != HL_OK)
			return st;
	}
	while (w->depth) {
		st = hl_fs_next(w->frame[w->depth - 1].it, out);
		if (st == HL_OK)
			return take(w, out, path);
		if (st == HL_CORRUPT || st == HL_NOMEM || st == HL_CANCELLED)
			return st;
		hl_walk_path_cut(&w->path, w->frame[w->depth - 1].at);
		pop(w);
		if (st != HL_END)
			return left_out(w, "its listing broke off");
	}
	return HL_END;
}

const uint16_t *hl_walk_path16(const struct hl_walk *w, size_t *n)
{
	*n = w->path.at.n16;
	return w->path.at.bad ? w->path.u : NULL;
}

void hl_walk_prune(struct hl_walk *w)
{
	w->enter = false;
}

void hl_walk_close(struct hl_walk *w)
{
	if (!w)
		return;
	while (w->depth)
		pop(w);
	hl_free(w->fs->ctx, w->frame);
	hl_walk_path_free(&w->path);
	hl_free(w->fs->ctx, w->met);
	hl_free(w->fs->ctx, w);
}
