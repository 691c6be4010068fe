/*
 * tree.c: from an entry up to the root: its path without an index.
 *
 *	entry -> parent -> parent -> root       /a/b/entry
 *	entry -> parent -> gone                 /$Orphan/parent/entry
 *
 * Folders come up again and again in a sweep, so the paths of the last few
 * are kept.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "io/note.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/fs_impl.h"

#define KEPT 64
#define ORPHAN "/$Orphan"

struct kept {
	struct hl_ref ref; /* as the child names it */
	bool deleted;      /* the child is: its reference means another one */
	bool orphan;
	char *path; /* NULL: free */
};

struct hl_fs_paths {
	struct kept kept[KEPT];
	struct hl_ref root;
	char buf[HL_MAX_PATH];
};

void hl_fs_paths_free(struct hl_fs *fs)
{
	if (!fs->paths)
		return;
	for (size_t i = 0; i < KEPT; i++)
		hl_free(fs->ctx, fs->paths->kept[i].path);
	hl_free(fs->ctx, fs->paths);
	fs->paths = NULL;
}

static enum hl_status start(struct hl_fs *fs)
{
	struct hl_entry root;

	if (fs->paths)
		return HL_OK;
	enum hl_status st = hl_fs_root(fs, &root);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	fs->paths = hl_zalloc(fs->ctx, sizeof(*fs->paths));
	if (!fs->paths)
		return HL_NOMEM;
	/* Without a root everything is an orphan; no ref is like this one. */
	fs->paths->root = st == HL_OK ? root.ref :
	                  (struct hl_ref){ .id = UINT64_MAX };
	return HL_OK;
}

static bool same_ref(const struct hl_ref *a, const struct hl_ref *b)
{
	return a->id == b->id && a->seq == b->seq && a->origin == b->origin;
}

static struct kept *slot(struct hl_fs *fs, const struct hl_entry *e)
{
	return &fs->paths->kept[e->parent.id % KEPT];
}

static bool is_kept(const struct kept *k, const struct hl_entry *e)
{
	return k->path && same_ref(&k->ref, &e->parent) &&
	       k->deleted == !!(e->flags & HL_ENTRY_DELETED);
}

/* Put "/name" before what the buffer holds from *at on. */
static bool prepend(char *buf, size_t *at, const char *name)
{
	size_t n = strlen(name);

	if (n + 1 > *at)
		return false;
	*at -= n;
	/* the end is put once, behind all parts:
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(buf + *at, name, n);
	buf[--*at] = '/';
	return true;
}

static bool prepend_text(char *buf, size_t *at, const char *text)
{
	size_t n = strlen(text);

	if (n > *at)
		return false;
	*at -= n;
	/* the end is put once, behind all parts:
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(buf + *at, text, n);
	return true;
}

/* The path of the folder of e, in p->buf from *at to its end. */
static enum hl_status climb(struct hl_fs *fs, const struct hl_entry *e,
                            size_t *at, bool *orphan)
{
	struct hl_fs_paths *p = fs->paths;
	struct hl_entry now = *e, up;
	struct hl_ref slow = e->ref; /* to tell a loop */
	unsigned depth;

	for (depth = 0; depth < HL_MAX_DEPTH; depth++) {
		struct kept *k = slot(fs, &now);

		if (is_kept(k, &now)) {
			*orphan = k->orphan;
			return prepend_text(p->buf, at, k->path) ? HL_OK :
			       HL_LIMIT;
		}
		enum hl_status st = hl_fs_parent(fs, &now, &up);
		if (st == HL_OK && same_ref(&up.ref, &p->root))
			return HL_OK;
		if (st == HL_END || (st == HL_OK && same_ref(&up.ref, &slow)))
			break;
		if (st != HL_OK)
			return st;
		if (!prepend(p->buf, at, up.name))
			return HL_LIMIT;
		if ((depth & (depth - 1)) == 0)
			slow = up.ref;
		now = up;
	}
	if (depth == HL_MAX_DEPTH)
		hl_warn(&(struct hl_at){ fs->ctx, fs->src, HL_NO_OFFSET,
		                         "path" },
		        "%s: more than %d folders above it; shown as one that "
		        "has none", e->name, HL_MAX_DEPTH);
	*orphan = true;
	return prepend_text(p->buf, at, ORPHAN) ? HL_OK : HL_LIMIT;
}

/* Nothing is lost when memory is short. */
static void keep(struct hl_fs *fs, const struct hl_entry *e, const char *path,
                 bool orphan)
{
	struct kept *k = slot(fs, e);

	if (is_kept(k, e))
		return;
	hl_free(fs->ctx, k->path);
	*k = (struct kept){ .ref = e->parent, .orphan = orphan,
		            .deleted = e->flags & HL_ENTRY_DELETED,
		            .path = hl_strdup(fs->ctx, path) };
}

static enum hl_status whole_path(struct hl_fs *fs,
                                 const struct hl_entry *entry, char *buf,
                                 size_t n, bool *orphan)
{
	enum hl_status st = start(fs);
	bool lost = false;
	size_t at = HL_MAX_PATH - 1;

	if (n)
		*buf = '\0';
	if (st != HL_OK)
		return st;
	fs->paths->buf[at] = '\0';
	if (same_ref(&entry->ref, &fs->paths->root))
		return hl_copy(buf, n, "/") < n ? HL_OK : HL_LIMIT;
	st = climb(fs, entry, &at, &lost);
	if (orphan)
		*orphan = lost;
	if (st != HL_OK)
		return st;
	const char *dir = fs->paths->buf + at;
	keep(fs, entry, dir, lost);
	size_t n_dir = strlen(dir);
	if (n_dir + 1 + strlen(entry->name) >= n)
		return HL_LIMIT;
	memcpy(buf, dir, n_dir);
	buf[n_dir] = '/';
	hl_copy(buf + n_dir + 1, n - n_dir - 1, entry->name);
	return HL_OK;
}

/* Where more room would not have helped either, it is said. */
enum hl_status hl_fs_path(struct hl_fs *fs, const struct hl_entry *entry,
                          char *buf, size_t n, bool *orphan)
{
	enum hl_status st = whole_path(fs, entry, buf, n, orphan);

	if (st == HL_LIMIT && n >= HL_MAX_PATH)
		hl_warn(&(struct hl_at){ fs->ctx, fs->src, HL_NO_OFFSET,
		                         "path" },
		        "%s: its path is longer than any can be; left out",
		        entry->name);
	return st;
}
