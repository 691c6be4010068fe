/*
 * fat_sweep.c: every entry of a FAT volume, folder by folder.
 *
 *	1. the live folders from the root on, with what is deleted in them
 *	2. deleted folders that are still there, and deleted ones in those
 *	3. lost folders: no entry leads to them; those whose folder above is
 *	   lost as well are first looked for there
 *
 * Live ones come first, so that a folder is not shown as deleted because of
 * the entry that a rename left behind.  A folder is entered once.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fat_fs.h"

struct todo {
	uint32_t first;
	struct hl_ref ref;
};
struct todos {
	struct todo *t;
	size_t at, n, cap;
};

struct sweep {
	unsigned how;
	struct fat_iter it;
	bool open;
	struct todos live, gone;
	uint8_t *seen; /* bitmap of first clusters that are on the medium */
	uint32_t n_seen;
	bool scanned;
	struct hl_fat_orphan *orphan;
	size_t n_orphans, at; /* at: in [0, 2 n): twice round, see next_orphan */
};

static struct fat_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

static bool was_seen(const struct sweep *s, uint32_t first)
{
	/* what lies behind the end of the medium leads nowhere */
	return first < s->n_seen && (s->seen[first / 8] >> first % 8 & 1);
}

static void see(struct sweep *s, uint32_t first)
{
	if (first < s->n_seen)
		s->seen[first / 8] |= 1u << first % 8;
}

static bool is_cluster(struct hl_fs *fs, uint32_t first)
{
	const struct hl_fat_geom *g = hl_fat_geom(impl(fs)->vol);

	return first >= 2 && first - 2 < g->n_clusters;
}

static enum hl_status later(struct hl_fs *fs, struct todos *list,
                            uint32_t first, const struct hl_ref *ref)
{
	enum hl_status st = hl_grow(fs->ctx, (void **)&list->t, &list->cap,
	                            list->n, sizeof(*list->t), HL_MAX_FOLDERS);

	if (st != HL_OK) {
		struct hl_at at = { fs->ctx, fs->src, HL_NO_OFFSET, "sweep" };
		if (list->n < HL_MAX_FOLDERS)
			return HL_NOMEM;
		return hl_fail(&at, HL_LIMIT, "more than %u folders",
		               HL_MAX_FOLDERS);
	}
	list->t[list->n++] = (struct todo){ first, *ref };
	return HL_OK;
}

/* A folder was met: it comes later, a live one once, a deleted one when it
 * then still is one. */
static enum hl_status meet(struct hl_fs *fs, struct sweep *s,
                           const struct hl_fat_entry *e,
                           const struct hl_entry *out)
{
	if (e->deleted)
		return later(fs, &s->gone, e->cluster, &out->ref);
	if (!is_cluster(fs, e->cluster))
		return HL_OK; /* told by who lists it */
	if (was_seen(s, e->cluster)) {
		struct hl_at at = { fs->ctx, fs->src, e->pos, "FAT folder" };
		hl_warn(&at, "%s: its cluster %u is another folder's, too; "
		        "not entered again", out->name, e->cluster);
		return HL_OK;
	}
	see(s, e->cluster);
	return later(fs, &s->live, e->cluster, &out->ref);
}

static bool wants_deleted(const struct sweep *s)
{
	return s->how & (HL_LIST_DELETED | HL_LIST_NO_LIVE);
}

static enum hl_status enter(struct hl_fs *fs, struct sweep *s,
                            const struct hl_ref *ref, uint32_t first,
                            unsigned how)
{
	enum hl_status st = hl_fat_folders_put(fs->ctx, &impl(fs)->folders,
	                                       first, ref);

	if (st != HL_OK)
		return st;
	/* live ones have to be met to be entered */
	s->it = (struct fat_iter){ .folder = *ref,
		                   .how = s->how & ~(unsigned)HL_LIST_NO_LIVE };
	if (wants_deleted(s))
		how |= HL_FAT_DIR_DELETED;
	st = hl_fat_dir_open(&s->it.dir, impl(fs)->vol, first, how);
	s->open = st == HL_OK;
	return st;
}

/* HL_OK with nothing open: it is not there any more, or came already. */
static enum hl_status enter_gone(struct hl_fs *fs, struct sweep *s,
                                 const struct hl_ref *ref)
{
	struct hl_fat_entry e;
	uint32_t first;
	enum hl_status st = hl_fat_fs_entry(fs, ref, &e);

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	first = e.cluster;
	if (!e.orphan) {
		if (!e.high_lost && is_cluster(fs, first) &&
		    was_seen(s, first))
			return HL_OK;
		st = hl_fat_gone_folder(impl(fs)->vol, &e, &first);
		if (st != HL_OK || was_seen(s, first))
			return st == HL_END ? HL_OK : st;
	}
	see(s, first);
	return enter(fs, s, ref, first, HL_FAT_DIR_GONE);
}

static bool is_orphan(const struct sweep *s, uint32_t cluster)
{
	size_t lo = 0, hi = s->n_orphans;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->orphan[mid].cluster == cluster)
			return true;
		if (s->orphan[mid].cluster < cluster)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/*
 * The next lost folder: in the first round those that are on top, in the
 * second those that nothing has led to.
 */
static enum hl_status next_orphan(struct hl_fs *fs, struct sweep *s,
                                  struct hl_entry *out)
{
	struct hl_fat_entry e;

	while (s->at < 2 * s->n_orphans) {
		bool second = s->at >= s->n_orphans;
		size_t i = s->at++ % s->n_orphans;
		const struct hl_fat_orphan *o = &s->orphan[i];

		if (was_seen(s, o->cluster) ||
		    (!second && is_orphan(s, o->above)))
			continue;
		enum hl_status st = hl_fat_orphan_entry(impl(fs)->vol,
		                                        o->cluster, &e);
		if (st == HL_END)
			continue;
		if (st != HL_OK)
			return st;
		hl_fat_fs_fill(out, fs, &e, NULL);
		see(s, o->cluster);
		return later(fs, &s->gone, o->cluster, &out->ref);
	}
	return HL_END;
}

static enum hl_status scan(struct hl_fs *fs, struct sweep *s)
{
	enum hl_status st;

	s->scanned = true;
	st = hl_fat_orphans(impl(fs)->vol, s->seen, &s->orphan, &s->n_orphans);
	return st == HL_LIMIT ? HL_CORRUPT : st; /* said; it goes on */
}

/* HL_OK: the next folder is open, or was gone; or a lost one is in *out. */
static enum hl_status advance(struct hl_fs *fs, struct sweep *s,
                              struct hl_entry *out, bool *given)
{
	enum hl_status st;

	*given = false;
	if (s->live.at < s->live.n) {
		const struct todo *t = &s->live.t[s->live.at++];
		return enter(fs, s, &t->ref, t->first, 0);
	}
	if (s->gone.at < s->gone.n)
		return enter_gone(fs, s, &s->gone.t[s->gone.at++].ref);
	if (!wants_deleted(s))
		return HL_END;
	if (!s->scanned) {
		st = scan(fs, s);
		if (st != HL_OK)
			return st;
	}
	st = next_orphan(fs, s, out);
	*given = st == HL_OK;
	return st;
}

static void leave(struct sweep *s)
{
	hl_fat_dir_close(s->it.dir);
	s->it.dir = NULL;
	s->open = false;
}

enum hl_status hl_fat_fs_sweep_next(struct hl_fs *fs, void *iter,
                                    struct hl_entry *out)
{
	struct sweep *s = iter;
	enum hl_status st;
	bool given;

	for (;;) {
		if (!s->open) {
			st = advance(fs, s, out, &given);
			if (st != HL_OK || given)
				return st;
			if (!s->open)
				continue;
		}
		st = hl_fat_fs_iter_next(fs, &s->it, out);
		if (st == HL_END) {
			leave(s);
			continue;
		}
		if (st != HL_OK)
			return st;
		if (out->type == HL_DIR &&
		    !(out->flags & HL_ENTRY_SHORT_NAME)) {
			st = meet(fs, s, &s->it.last, out);
			if (st != HL_OK)
				return st;
		}
		if (!(s->how & HL_LIST_NO_LIVE) ||
		    (out->flags & HL_ENTRY_DELETED))
			return HL_OK;
	}
}

enum hl_status hl_fat_fs_sweep(void **iter, struct hl_fs *fs, unsigned how)
{
	const struct hl_fat_geom *g = hl_fat_geom(impl(fs)->vol);
	struct sweep *s = hl_zalloc(fs->ctx, sizeof(*s));
	const struct hl_ref root = { 0 };

	*iter = NULL;
	if (!s)
		return HL_NOMEM;
	s->how = how;
	s->n_seen = hl_fat_clusters_there(impl(fs)->vol) + 2;
	s->seen = hl_zalloc(fs->ctx, s->n_seen / 8 + 1);
	if (!s->seen || later(fs, &s->live, 0, &root) != HL_OK) {
		hl_fat_fs_sweep_close(fs, s);
		return HL_NOMEM;
	}
	if (g->kind == HL_FAT32 && g->root_cluster - 2 < g->n_clusters)
		see(s, g->root_cluster);
	*iter = s;
	return HL_OK;
}

void hl_fat_fs_sweep_close(struct hl_fs *fs, void *iter)
{
	struct sweep *s = iter;

	if (!s)
		return;
	leave(s);
	hl_free(fs->ctx, s->live.t);
	hl_free(fs->ctx, s->gone.t);
	hl_free(fs->ctx, s->seen);
	hl_free(fs->ctx, s->orphan);
	hl_free(fs->ctx, s);
}
