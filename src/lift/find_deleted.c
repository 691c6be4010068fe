/*
 * find_deleted.c: deleted hives; and those that live, on a volume of which a
 * part is lost, below no folder that is known.
 *
 * No index leads to them, so all such files are asked:
 *
 *	/Users/x/AppData/Local/Microsoft/Windows/UsrClass.dat
 *	         |----- these names fit those of a row -----|   a hive's place
 *	/$Orphan/UsrClass.dat                          a hive's name: when the
 *	                                               content begins like one
 *
 * A name with '*' is too little for the second kind, but for those that
 * begin with a word of their own (_REGISTRY_...).
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/find_glob.h"
#include "lift/find_impl.h"

#define WORD 8 /* letters before a '*' that make a name of its own */

/* The part of path that its last n names make; *before: the name above. */
static const char *last_names(const char *path, size_t n, const char **before,
                              size_t *n_before)
{
	const char *p = path + strlen(path), *end;

	while (n && p > path)
		if (*--p == '/')
			n--;
	if (n || p == path)
		return n ? NULL : p + 1;
	for (end = p; p > path && p[-1] != '/'; p--)
		;
	*before = p;
	*n_before = (size_t)(end - p);
	return end + 1;
}

static size_t count_names(const char *pattern)
{
	size_t n = 1;

	for (; *pattern; pattern++)
		n += *pattern == '/';
	return n;
}

/* Name by name: a '*' never stands for a '/'. */
static bool names_fit(const char *pattern, const char *path)
{
	char want[64], have[HL_NAME_BYTES];

	for (;;) {
		size_t n = strcspn(pattern, "/"), m = strcspn(path, "/");

		if (!pattern[n] || !path[m])
			return !pattern[n] && !path[m]; /* the caller's part */
		if (n >= sizeof(want) || m >= sizeof(have))
			return false;
		memcpy(want, pattern, n);
		memcpy(have, path, m);
		want[n] = have[m] = '\0';
		if (!hl_glob_match(want, have))
			return false;
		pattern += n + 1;
		path += m + 1;
	}
}

static bool place_fits(const struct hl_place_row *row, const char *path,
                       const char **user, size_t *n_user)
{
	enum hl_anchor anchor;
	const char *rest = hl_row_anchor(row->pattern, &anchor);
	const char *tail = last_names(path, count_names(rest), user, n_user);

	return tail && names_fit(rest, tail);
}

static bool name_is_enough(const struct hl_place_row *row)
{
	const char *name = hl_row_name(row->pattern);

	return !strchr(name, '*') || strcspn(name, "*") >= WORD;
}

/* FAT deletes a file by writing over the first letter of its short name. */
static bool lost_letter(const struct hl_entry *e)
{
	return !(e->flags & HL_ENTRY_RECORD) && e->name[0] == '_';
}

static bool row_fits(const struct hl_place_row *row, const struct hl_entry *e)
{
	char name[HL_NAME_BYTES];

	if (hl_row_fits(row, e->name))
		return true;
	if (!lost_letter(e))
		return false;
	hl_copy(name, sizeof(name), e->name);
	name[0] = hl_row_name(row->pattern)[0];
	return name[0] != '*' && hl_row_fits(row, name);
}

/* The row of a path, and whether its content has to speak for it. */
static const struct hl_place_row *row_of(const char *path,
                                         const struct hl_entry *e, bool *look,
                                         const char **user, size_t *n_user)
{
	const struct hl_place_row *by_name = NULL;

	*look = lost_letter(e);
	for (size_t i = 0; i < hl_catalogue_rows; i++) {
		const struct hl_place_row *row = &hl_catalogue[i];

		if (!row_fits(row, e))
			continue;
		*user = NULL;
		if (place_fits(row, path, user, n_user))
			return row;
		if (!by_name && name_is_enough(row))
			by_name = row;
	}
	*user = NULL;
	*look = true;
	return by_name;
}

static bool any_row(const struct hl_entry *e)
{
	for (size_t i = 0; i < hl_catalogue_rows; i++)
		if (row_fits(&hl_catalogue[i], e))
			return true;
	return false;
}

/* HL_OK, HL_END: it does not begin like one (or cannot be read) */
static enum hl_status looks_like(struct hl_find *f, const struct hl_entry *e)
{
	struct hl_src *src;
	struct hl_ranges bad;
	char magic[4] = "";
	enum hl_status st;

	if (e->size < sizeof(magic))
		return HL_END;
	st = hl_fs_stream(&src, f->fs, &e->ref, "", HL_STREAM_LOOK);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_END : st;
	hl_ranges_clear(&bad);
	st = hl_src_read(src, 0, magic, sizeof(magic), &bad);
	hl_src_close(src);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_END : st;
	return memcmp(magic, "regf", 4) ? HL_END : HL_OK;
}

/* ---- logs: deleted ones that lie in the same folder ---------------------- */

static bool is_log_of(const char *name, const char *hive)
{
	size_t n = strlen(hive);

	return hl_case_starts(name, hive) &&
	       (!hl_casecmp(name + n, ".LOG") ||
	        !hl_casecmp(name + n, ".LOG1") ||
	        !hl_casecmp(name + n, ".LOG2"));
}

static enum hl_status add_logs(struct hl_find *f, struct hl_hive *hive,
                               const char *dir)
{
	bool deleted = hive->entry.flags & HL_ENTRY_DELETED;
	unsigned how = deleted ? HL_LIST_DELETED | HL_LIST_NO_LIVE : 0;
	struct hl_ref parent = hive->entry.parent;
	struct hl_entry e;
	struct hl_fs_iter *it;
	enum hl_status st = hl_fs_parent(f->fs, &hive->entry, &e);

	/* what a lost folder held is together there, with much else */
	if (st == HL_END && !deleted)
		st = hl_fs_find(f->fs, "/$Orphan", &e);
	if (st == HL_OK)
		st = hl_fs_list(&it, f->fs, &e.ref, HL_LIST_FULL | how);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st != HL_OK || e.type != HL_FILE ||
		    deleted != !!(e.flags & HL_ENTRY_DELETED) ||
		    (!deleted && (e.parent.id != parent.id ||
		                  e.parent.seq != parent.seq)) ||
		    (e.flags & HL_ENTRY_SLACK) ||
		    !is_log_of(e.name, hive->entry.name))
			continue;
		st = hl_find_add_log(f, hive, &e, dir);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	return hl_find_goes_on(st) ? HL_OK : st;
}

/* ---- one file ------------------------------------------------------------ */

static char *copy(struct hl_find *f, const char *s, size_t n)
{
	char *p = hl_alloc(f->ctx, n + 1);

	if (p) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

static enum hl_status add(struct hl_find *f, const struct hl_place_row *row,
                          const struct hl_entry *e, const char *path,
                          const char *user, size_t n_user)
{
	const char *slash = strrchr(path, '/');
	char *dir = copy(f, path, slash ? (size_t)(slash - path) : 0);
	char *who = NULL;
	struct hl_hive *hive = NULL;
	enum hl_status st = dir ? HL_OK : HL_NOMEM;

	if (st == HL_OK && row->whose == HL_WHOSE_PROFILE && user && n_user) {
		who = copy(f, user, n_user);
		st = who ? HL_OK : HL_NOMEM;
	}
	if (who && !strcmp(who, "$Orphan"))
		*who = '\0';
	if (st == HL_OK)
		st = hl_find_add(f, row, e, dir, who && *who ? who : NULL,
		                 &hive);
	if (st == HL_OK && hive)
		st = add_logs(f, hive, dir);
	hl_free(f->ctx, who);
	hl_free(f->ctx, dir);
	return st;
}

static enum hl_status judge(struct hl_find *f, const struct hl_entry *e,
                            char *path)
{
	const struct hl_place_row *row;
	const char *user;
	size_t n_user = 0;
	bool look, orphan;
	enum hl_status st;

	if (e->type != HL_FILE || !any_row(e))
		return HL_OK;
	st = hl_fs_path(f->fs, e, path, HL_MAX_PATH, &orphan);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	/* what a folder leads to was found, or is none */
	if (!orphan && !(e->flags & HL_ENTRY_DELETED))
		return HL_OK;
	row = row_of(path, e, &look, &user, &n_user);
	if (!row)
		return HL_OK;
	if (look)
		st = looks_like(f, e);
	if (st == HL_OK)
		st = add(f, row, e, path, user, n_user);
	return hl_find_goes_on(st) ? HL_OK : st;
}

static enum hl_status sweep(struct hl_find *f, unsigned how)
{
	struct hl_entry *e = hl_alloc(f->ctx, sizeof(*e));
	char *path = hl_alloc(f->ctx, HL_MAX_PATH);
	struct hl_fs_iter *it = NULL;
	enum hl_status st = e && path ? HL_OK : HL_NOMEM;

	if (st == HL_OK)
		st = hl_fs_sweep(&it, f->fs, how);
	if (st == HL_UNSUPPORTED)
		hl_warn(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
		                         "search" },
		        "volume %s: deleted files are not read of this kind "
		        "of file system", f->volume->id);
	while (st == HL_OK || st == HL_CORRUPT) {
		st = hl_fs_next(it, e);
		if (st == HL_OK)
			st = judge(f, e, path);
	}
	hl_fs_iter_close(it);
	hl_free(f->ctx, path);
	hl_free(f->ctx, e);
	return hl_find_goes_on(st) ? HL_OK : st;
}

enum hl_status hl_find_deleted(struct hl_find *f)
{
	return sweep(f, HL_LIST_DELETED | HL_LIST_NO_LIVE);
}

enum hl_status hl_find_orphans(struct hl_find *f)
{
	struct hl_at at = { f->ctx, f->volume->src, HL_NO_OFFSET, "search" };
	size_t before = hl_hives_count(f->hives);
	enum hl_status st;

	if (!hl_fs_info(f->fs)->stitched)
		return HL_OK;
	st = sweep(f, 0);
	if (hl_hives_count(f->hives) > before)
		hl_say(&at, "volume %s: %zu of its hives were found by what "
		       "their records say, for folders above them are gone",
		       f->volume->id, hl_hives_count(f->hives) - before);
	return st;
}
