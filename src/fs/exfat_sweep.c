/*
 * exfat_sweep.c: every entry of an exFAT volume, folder by folder.
 *
 *	1. the live folders from the root on, with what is deleted in them
 *	2. deleted folders whose clusters nobody has now, and deleted ones in
 *	   those
 *
 * Live ones come first, so that a folder is not shown as deleted because of
 * the entry that a rename left behind.  A folder is entered once.
 */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/exfat_fs.h"

struct todo {
	struct hl_ref ref;
	uint32_t first; /* cluster */
};
struct todos {
	struct todo *t;
	size_t at, n, cap;
};

struct sweep {
	unsigned how;
	struct exfat_iter it;
	bool open;
	struct todos live, gone;
	uint8_t *seen; /* bitmap of first clusters */
};

static struct exfat_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

/* Was the folder that begins there entered before?  It is from now on. */
static bool was_entered(struct hl_fs *fs, struct sweep *s, uint32_t first)
{
	uint8_t bit = (uint8_t)(1u << first % 8);

	if (first < 2 ||
	    first - 2 >= hl_exfat_clusters_there(impl(fs)->vol))
		return false; /* told when it is opened */
	bool was = s->seen[first / 8] & bit;
	s->seen[first / 8] |= bit;
	return was;
}

static enum hl_status later(struct hl_fs *fs, struct todos *list,
                            const struct hl_ref *ref, uint32_t first)
{
	enum hl_status st = hl_grow(fs->ctx, (void **)&list->t, &list->cap,
	                            list->n, sizeof(*list->t), HL_MAX_FOLDERS);

	if (st == HL_OK)
		list->t[list->n++] = (struct todo){ *ref, first };
	if (st == HL_OK || list->n < HL_MAX_FOLDERS)
		return st;
	struct hl_at at = { fs->ctx, fs->src, HL_NO_OFFSET, "sweep" };
	return hl_fail(&at, HL_LIMIT, "more than %u folders", HL_MAX_FOLDERS);
}

/* A folder was met: it comes later, once.  A deleted one has to wait until
 * all live ones are known: it may be the old name of one of them. */
static enum hl_status meet(struct hl_fs *fs, struct sweep *s,
                           const struct hl_exfat_entry *e,
                           const struct hl_entry *out)
{
	if (e->deleted)
		return later(fs, &s->gone, &out->ref, e->cluster);
	if (!was_entered(fs, s, e->cluster))
		return later(fs, &s->live, &out->ref, e->cluster);
	struct hl_at at = { fs->ctx, fs->src, e->pos, "exFAT folder" };
	hl_warn(&at, "%s: its cluster %u is another folder's, too; not "
	        "entered again", out->name, e->cluster);
	return HL_OK;
}

static const struct todo *take(struct hl_fs *fs, struct sweep *s)
{
	if (s->live.at < s->live.n)
		return &s->live.t[s->live.at++];
	while (s->gone.at < s->gone.n) {
		const struct todo *t = &s->gone.t[s->gone.at++];
		if (!was_entered(fs, s, t->first))
			return t;
	}
	return NULL;
}

/* Open the next folder; HL_END: no more. */
static enum hl_status advance(struct hl_fs *fs, struct sweep *s)
{
	const struct todo *t = take(fs, s);
	unsigned how = 0;
	enum hl_status st;

	if (!t)
		return HL_END;
	if (s->how & (HL_LIST_DELETED | HL_LIST_NO_LIVE))
		how |= HL_LIST_DELETED;
	st = hl_exfat_fs_iter_open(fs, &s->it, &t->ref, how);
	s->open = st == HL_OK;
	if (st != HL_END)
		return st;
	struct hl_at at = { fs->ctx, fs->src, t->ref.id * HL_EXFAT_SLOT,
	                    "exFAT folder" };
	hl_warn(&at, "its entry set is no longer there; it is not listed");
	return HL_CORRUPT;
}

static void leave(struct sweep *s)
{
	hl_exfat_dir_close(s->it.dir);
	s->it.dir = NULL;
	s->open = false;
}

enum hl_status hl_exfat_fs_sweep_next(struct hl_fs *fs, void *iter,
                                      struct hl_entry *out)
{
	struct sweep *s = iter;
	enum hl_status st;

	for (;;) {
		if (!s->open) {
			st = advance(fs, s);
			if (st != HL_OK)
				return st;
		}
		st = hl_exfat_fs_iter_next(fs, &s->it, out);
		if (st == HL_END) {
			leave(s);
			continue;
		}
		if (st == HL_OK && out->type == HL_DIR)
			st = meet(fs, s, &s->it.last, out);
		if (st != HL_OK)
			return st;
		if (!(s->how & HL_LIST_NO_LIVE) ||
		    (out->flags & HL_ENTRY_DELETED))
			return HL_OK;
	}
}

enum hl_status hl_exfat_fs_sweep(void **iter, struct hl_fs *fs, unsigned how)
{
	const struct hl_exfat_geom *g = hl_exfat_geom(impl(fs)->vol);
	struct sweep *s = hl_zalloc(fs->ctx, sizeof(*s));
	const struct hl_ref root = { 0 };

	*iter = NULL;
	if (!s)
		return HL_NOMEM;
	s->how = how;
	s->seen = hl_zalloc(fs->ctx, ((size_t)hl_exfat_clusters_there(
	                                     impl(fs)->vol) + 2) / 8 + 1);
	if (!s->seen || later(fs, &s->live, &root, g->root) != HL_OK) {
		hl_exfat_fs_sweep_close(fs, s);
		return HL_NOMEM;
	}
	was_entered(fs, s, g->root);
	*iter = s;
	return HL_OK;
}

void hl_exfat_fs_sweep_close(struct hl_fs *fs, void *iter)
{
	struct sweep *s = iter;

	if (!s)
		return;
	leave(s);
	hl_free(fs->ctx, s->live.t);
	hl_free(fs->ctx, s->gone.t);
	hl_free(fs->ctx, s->seen);
	hl_free(fs->ctx, s);
}
