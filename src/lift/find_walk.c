/*
 * find_walk.c: from an anchor along a pattern.  A literal name costs one
 * lookup; only a name with '*' lists its folder.  Links are never followed:
 * what they lead to is found where it is.
 */
#include <stdbool.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/find_glob.h"
#include "lift/find_impl.h"

struct walk {
	struct hl_find *f;
	size_t row, rows;
	struct hl_place *place;
	bool bounded; /* list only so many names: they may be anybody's files */
};

static enum hl_status step(struct walk *w, const char *pattern,
                           const struct hl_ref *dir, const char *path);

/* as deep as the pattern: NOLINTNEXTLINE(misc-no-recursion) */
static enum hl_status into(struct walk *w, const char *rest,
                           const struct hl_entry *e, const char *path)
{
	const struct hl_ctx *ctx = w->f->ctx;

	if (e->type != HL_DIR)
		return HL_OK;
	char *sub = hl_asprintf(ctx, "%s/%s", path, e->name);
	if (!sub)
		return HL_NOMEM;
	enum hl_status st = step(w, rest, &e->ref, sub);
	hl_free(ctx, sub);
	return st;
}

/* as deep as the pattern: NOLINTNEXTLINE(misc-no-recursion) */
static enum hl_status literal(struct walk *w, const char *name,
                              const char *rest, const struct hl_ref *dir,
                              const char *path)
{
	struct hl_entry e;
	enum hl_status st = hl_find_lookup(w->f, dir, name, &e);

	if (st == HL_END)
		return HL_OK;
	return st == HL_OK ? into(w, rest, &e, path) : st;
}

/* as deep as the pattern: NOLINTNEXTLINE(misc-no-recursion) */
static enum hl_status wild(struct walk *w, const char *name, const char *rest,
                           const struct hl_ref *dir, const char *path)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	size_t n = 0;
	enum hl_status st = hl_fs_list(&it, w->f->fs, dir, HL_LIST_NAMES);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	while (!w->bounded || n++ < HL_MAX_WILD_NAMES) {
		st = hl_fs_next(it, &e);
		if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			break;
		if (!hl_glob_match(name, e.name))
			continue;
		st = into(w, rest, &e, path);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	return hl_find_goes_on(st) ? HL_OK : st;
}

/* The part before the next '/' is a folder; without one, it is the file. */
/* as deep as the pattern: NOLINTNEXTLINE(misc-no-recursion) */
static enum hl_status step(struct walk *w, const char *pattern,
                           const struct hl_ref *dir, const char *path)
{
	const char *slash = strchr(pattern, '/');
	char name[64];

	if (hl_cancelled(w->f->ctx))
		return HL_CANCELLED;
	if (!slash)
		return hl_find_folder(w->f, w->row, w->rows, dir, path,
		                      w->place);
	size_t n = (size_t)(slash - pattern);
	if (n >= sizeof(name)) /* a row of ours, never a disk's */
		return HL_USAGE;
	memcpy(name, pattern, n);
	name[n] = '\0';
	if (strchr(name, '*'))
		return wild(w, name, slash + 1, dir, path);
	return literal(w, name, slash + 1, dir, path);
}

/* Does this profile keep its UsrClass.dat under translated names? */
static bool translated(struct hl_find *f, const struct hl_place *place)
{
	struct hl_entry e;

	return place->hive && !place->class &&
	       hl_find_lookup(f, &place->ref, "AppData", &e) == HL_END &&
	       hl_find_lookup(f, &place->ref, "Local Settings", &e) == HL_END;
}

enum hl_status hl_find_walk(struct hl_find *f, size_t row, size_t rows,
                            struct hl_place *place)
{
	struct walk w = { .f = f, .row = row, .rows = rows, .place = place };
	enum hl_anchor anchor;
	const char *rest = hl_row_anchor(hl_catalogue[row].pattern, &anchor);

	if (hl_catalogue[row].flags & HL_ROW_TRANSLATED) {
		if (!translated(f, place))
			return HL_OK;
		w.bounded = true;
	}
	return step(&w, rest, &place->ref, place->path);
}
