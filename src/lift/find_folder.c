/*
 * find_folder.c: which names of a folder are hives and logs.
 *
 * Literal rows are looked up.  Where a row has a '*' or copies, the folder
 * is listed once, the names that matter are kept, and logs are then picked
 * out of those.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/find_glob.h"
#include "lift/find_impl.h"

struct folder {
	struct hl_find *f;
	const struct hl_ref *dir;
	const char *path;
	struct hl_place *place;
	bool listed;
	struct hl_entry *e; /* names that matter, when listed */
	size_t n, cap;
};

static const char *const copies[] = { ".SAV", ".ALT", ".OLD", ".BAK" };
static const char *const logs[] = { ".LOG", ".LOG1", ".LOG2" };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && hl_casecmp(name + n - m, end) == 0;
}

static bool is_log_name(const char *name)
{
	for (size_t i = 0; i < COUNT(logs); i++)
		if (ends_with(name, logs[i]))
			return true;
	return false;
}

bool hl_row_fits(const struct hl_place_row *row, const char *name)
{
	const char *want = hl_row_name(row->pattern);
	size_t n = strlen(want);

	if (is_log_name(name))
		return false;
	if (hl_glob_match(want, name))
		return true;
	if (!(row->flags & HL_ROW_COPIES) || !hl_case_starts(name, want))
		return false;
	for (size_t i = 0; i < COUNT(copies); i++)
		if (hl_casecmp(name + n, copies[i]) == 0)
			return true;
	return false;
}

static bool rows_want_list(size_t row, size_t rows)
{
	for (size_t i = row; i < row + rows; i++)
		if ((hl_catalogue[i].flags & HL_ROW_COPIES) ||
		    strchr(hl_row_name(hl_catalogue[i].pattern), '*'))
			return true;
	return false;
}

static bool name_matters(size_t row, size_t rows, const char *name)
{
	if (is_log_name(name))
		return true;
	for (size_t i = row; i < row + rows; i++)
		if (hl_row_fits(&hl_catalogue[i], name))
			return true;
	return false;
}

static enum hl_status keep(struct folder *d, const struct hl_entry *e)
{
	void *array = d->e;
	enum hl_status st = hl_grow(d->f->ctx, &array, &d->cap, d->n,
	                            sizeof(*d->e), HL_MAX_FOLDER_NAMES);

	d->e = array;
	if (st == HL_OK)
		d->e[d->n++] = *e;
	return st;
}

static enum hl_status list(struct folder *d, size_t row, size_t rows)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st = hl_fs_list(&it, d->f->fs, d->dir, HL_LIST_NAMES);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	d->listed = true;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_CORRUPT || !name_matters(row, rows, e.name))
			continue;
		st = keep(d, &e);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	if (d->n == HL_MAX_FOLDER_NAMES)
		hl_warn(&(struct hl_at){ d->f->ctx, NULL, HL_NO_OFFSET,
		                         d->path },
		        "more than %d names of hives and logs; the rest was "
		        "left out", HL_MAX_FOLDER_NAMES);
	return hl_find_goes_on(st) ? HL_OK : st;
}

/* By its name: out of the list, or by a lookup. */
static enum hl_status get(struct folder *d, const char *name,
                          struct hl_entry *out)
{
	if (!d->listed)
		return hl_find_lookup(d->f, d->dir, name, out);
	for (size_t i = 0; i < d->n; i++) {
		if (hl_casecmp(d->e[i].name, name) == 0) {
			*out = d->e[i];
			return HL_OK;
		}
	}
	return HL_END;
}

static enum hl_status add_logs(struct folder *d, struct hl_hive *hive)
{
	char name[HL_NAME_BYTES + 8];
	struct hl_entry e;

	for (size_t i = 0; i < COUNT(logs); i++) {
		snprintf(name, sizeof(name), "%s%s", hive->entry.name, logs[i]);
		enum hl_status st = get(d, name, &e);
		if (st == HL_OK && e.type == HL_FILE)
			st = hl_find_add_log(d->f, hive, &e, d->path);
		if (!hl_find_goes_on(st))
			return st;
	}
	return HL_OK;
}

static void remember(struct hl_place *place, enum hl_kind kind)
{
	place->hive = place->hive || kind == HL_KIND_NTUSER;
	place->class = place->class || kind == HL_KIND_USRCLASS;
}

static enum hl_status add(struct folder *d, const struct hl_place_row *row,
                          const struct hl_entry *e)
{
	const char *user = NULL;
	struct hl_hive *hive;

	if (row->whose == HL_WHOSE_PROFILE)
		user = d->place->user;
	if (e->type == HL_FILE)
		remember(d->place, row->kind);
	enum hl_status st = hl_find_add(d->f, row, e, d->path, user, &hive);
	if (st != HL_OK || !hive)
		return st;
	return add_logs(d, hive);
}

static enum hl_status from_list(struct folder *d, size_t row, size_t rows)
{
	for (size_t i = row; i < row + rows; i++) {
		for (size_t k = 0; k < d->n; k++) {
			if (!hl_row_fits(&hl_catalogue[i], d->e[k].name))
				continue;
			enum hl_status st = add(d, &hl_catalogue[i], &d->e[k]);
			if (st != HL_OK)
				return st;
		}
	}
	return HL_OK;
}

static enum hl_status from_lookups(struct folder *d, size_t row, size_t rows)
{
	struct hl_entry e;

	for (size_t i = row; i < row + rows; i++) {
		const struct hl_place_row *r = &hl_catalogue[i];
		enum hl_status st = get(d, hl_row_name(r->pattern), &e);
		if (st == HL_OK)
			st = add(d, r, &e);
		if (!hl_find_goes_on(st))
			return st;
	}
	return HL_OK;
}

enum hl_status hl_find_folder(struct hl_find *f, size_t row, size_t rows,
                              const struct hl_ref *dir, const char *path,
                              struct hl_place *place)
{
	struct folder d = { .f = f, .dir = dir, .path = path, .place = place };
	enum hl_status st;

	if (rows_want_list(row, rows)) {
		st = list(&d, row, rows);
		if (st == HL_OK)
			st = from_list(&d, row, rows);
	} else {
		st = from_lookups(&d, row, rows);
	}
	hl_free(f->ctx, d.e);
	return st;
}
