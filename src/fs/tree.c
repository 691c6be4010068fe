/*
 * tree.c: from an entry up to the root: its path without an index.
 *
 *	entry -> parent -> parent -> root       /a/b/entry
 *	entry -> parent -> gone                 /$Orphan/parent/entry
 *
 * Each folder is looked at once (folders.c).
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "io/note.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/folders.h"

#define ORPHAN "/$Orphan"

struct hl_fs_paths {
	struct hl_folders known;
	struct hl_ref root;
	char buf[HL_MAX_PATH];
};

void hl_fs_paths_free(struct hl_fs *fs)
{
	if (!fs->paths)
		return;
	hl_folders_clear(&fs->paths->known, fs->ctx);
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

static void too_deep(struct hl_fs *fs, const char *name)
{
	hl_warn(&(struct hl_at){ fs->ctx, fs->src, HL_NO_OFFSET, "path" },
	        "%s: more than %d folders above it; shown as one that has "
	        "none", name, HL_MAX_DEPTH);
}

/*
 * The folder of now, and whose it is in turn: *at in the table, *now the next
 * to ask for.  HL_OK: go on; HL_END: its way up is known, or there is none.
 */
static enum hl_status step(struct hl_fs *fs, struct hl_entry *now,
                           struct hl_entry *up, uint32_t *at)
{
	struct hl_fs_paths *p = fs->paths;
	enum hl_status st;

	*at = hl_folders_find(&p->known, now);
	if (*at != FOLDER_NONE && p->known.f[*at].up != FOLDER_NONE)
		return HL_END;
	if (*at == FOLDER_NONE) {
		st = hl_folders_add(&p->known, now, at, fs->ctx);
		if (st != HL_OK)
			return st;
	}
	st = hl_fs_parent(fs, now, up);
	if (st == HL_OK && same_ref(&up->ref, &p->root)) {
		p->known.f[*at].up = FOLDER_ROOT;
		return HL_END;
	}
	if (st == HL_END)
		p->known.f[*at].up = FOLDER_LOST;
	if (st == HL_OK)
		st = hl_folders_name(&p->known, *at, up->name, fs->ctx);
	return st;
}

/*
 * Everything above an entry into the table: *first is its folder.  The places
 * met are kept as a chain until all of them are known; what leads back into
 * it is a loop, and what is in a loop has no place.
 */
static enum hl_status climb(struct hl_fs *fs, const struct hl_entry *e,
                            uint32_t *first)
{
	struct hl_folders *t = &fs->paths->known;
	uint32_t chain[HL_MAX_DEPTH], at = FOLDER_NONE;
	struct hl_entry now = *e, up;
	enum hl_status st = HL_OK;
	size_t n = 0, i;

	while (st == HL_OK && n < HL_MAX_DEPTH) {
		st = step(fs, &now, &up, &at);
		if (st != HL_OK && st != HL_END)
			return st;
		/* cppcheck-suppress uninitvar ; n of them were filled */
		for (i = 0; i < n && chain[i] != at; i++)
			;
		if (i < n) { /* been here: it and all on the way are lost */
			t->f[at].up = FOLDER_LOST;
			st = HL_END;
		} else {
			chain[n++] = at;
		}
		now = up;
	}
	if (st == HL_OK) {
		too_deep(fs, e->name);
		t->f[at].up = FOLDER_LOST;
	}
	while (n-- > 1)
		if (t->f[chain[n - 1]].up == FOLDER_NONE)
			t->f[chain[n - 1]].up = chain[n];
	*first = chain[0];
	return HL_OK;
}

/* The path of a folder of the table, in p->buf from *at to its end. */
static enum hl_status spell(struct hl_fs *fs, uint32_t folder, size_t *at,
                            bool *orphan)
{
	struct hl_fs_paths *p = fs->paths;
	const struct folder *f = &p->known.f[folder];

	for (; f->up < FOLDER_LOST; f = &p->known.f[f->up])
		if (!prepend(p->buf, at, p->known.names + f->name))
			return HL_LIMIT;
	*orphan = f->up == FOLDER_LOST;
	if (*orphan && !prepend_text(p->buf, at, ORPHAN))
		return HL_LIMIT;
	return HL_OK;
}

/* A table that is full, or too much for the memory there is, starts anew. */
static enum hl_status folder_of(struct hl_fs *fs, const struct hl_entry *e,
                                uint32_t *out)
{
	enum hl_status st;

	*out = hl_folders_find(&fs->paths->known, e);
	if (*out != FOLDER_NONE && fs->paths->known.f[*out].up != FOLDER_NONE)
		return HL_OK;
	st = climb(fs, e, out);
	if ((st == HL_NOMEM || st == HL_LIMIT) && fs->paths->known.n) {
		hl_folders_clear(&fs->paths->known, fs->ctx);
		st = climb(fs, e, out);
	}
	return st;
}

static enum hl_status whole_path(struct hl_fs *fs,
                                 const struct hl_entry *entry, char *buf,
                                 size_t n, bool *orphan)
{
	enum hl_status st = start(fs);
	bool lost = false;
	uint32_t folder;
	size_t at = HL_MAX_PATH - 1;

	if (n)
		*buf = '\0';
	if (st != HL_OK)
		return st;
	fs->paths->buf[at] = '\0';
	if (same_ref(&entry->ref, &fs->paths->root))
		return hl_copy(buf, n, "/") < n ? HL_OK : HL_LIMIT;
	st = folder_of(fs, entry, &folder);
	if (st == HL_OK)
		st = spell(fs, folder, &at, &lost);
	if (orphan)
		*orphan = lost;
	if (st != HL_OK)
		return st;
	const char *dir = fs->paths->buf + at;
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
