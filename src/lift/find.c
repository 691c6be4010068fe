/*
 * find.c: the list of hives.  For each volume: find the places, walk the
 * catalogue, sort.  No content is read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/hashed.h"
#include "lift/same.h"
#include "lift/find_glob.h"
#include "lift/find_impl.h"
#include "lift/point.h"

struct hl_hives {
	const struct hl_ctx *ctx;
	struct hl_hive **h;
	size_t n, cap;
	struct hl_same *same; /* or NULL */
	struct hl_hashed *hashed; /* or NULL: there are no shadow copies */
	struct hl_points *points;
};

static void hive_free(const struct hl_ctx *ctx, struct hl_hive *h)
{
	for (size_t i = 0; i < h->n_logs; i++)
		hl_free(ctx, h->logs[i].path);
	hl_free(ctx, h->logs);
	hl_free(ctx, h->path);
	hl_free(ctx, h->user);
	hl_free(ctx, h->sid);
	hl_free(ctx, h);
}

void hl_hives_free(struct hl_hives *hives)
{
	if (!hives)
		return;
	for (size_t i = 0; i < hives->n; i++)
		hive_free(hives->ctx, hives->h[i]);
	hl_same_free(hives->same);
	hl_hashed_free(hives->hashed);
	hl_points_free(hives->points, hives->ctx);
	hl_free(hives->ctx, hives->h);
	hl_free(hives->ctx, hives);
}

size_t hl_hives_count(const struct hl_hives *hives)
{
	return hives->n;
}

struct hl_hive *hl_hives_get(struct hl_hives *hives, size_t i)
{
	return i < hives->n ? hives->h[i] : NULL;
}

enum hl_status hl_hives_examine(struct hl_hives *hives, size_t i, bool hash,
                                const struct hl_ctx *ctx)
{
	return hl_hive_examine_hashed(hives->h[i], hash, hives->hashed, ctx);
}

const struct hl_hive *hl_hives_same(const struct hl_hives *hives, size_t i)
{
	const struct hl_hive *h = i < hives->n ? hives->h[i] : NULL;

	if (!h || !h->sha256[0] || !h->entry.size)
		return NULL;
	return hl_same_find(hives->same, hives->h, i);
}

/* ---- adding ------------------------------------------------------------ */

static bool wanted_kind(const struct hl_find *f, enum hl_kind kind)
{
	return !f->query->kinds || (f->query->kinds >> kind & 1);
}

static bool is_drive(const char *s)
{
	char c = (char)(s[0] | 0x20);

	return c >= 'a' && c <= 'z' && s[1] == ':';
}

/* As paths are written: maybe with a drive, maybe without the root. */
static bool path_matches(const char *glob, const char *path)
{
	if (is_drive(glob))
		glob += 2;
	if (*path == '/' && !strchr("/\\*?", *glob))
		path++;
	return hl_glob_match(glob, path);
}

static bool wanted(const struct hl_find *f, const struct hl_hive *h)
{
	const struct hl_hive_query *q = f->query;

	if (q->user && (!h->user || hl_casecmp(q->user, h->user) != 0))
		return false;
	return !q->path || path_matches(q->path, h->path);
}

/* One file is one hive, by whatever patterns or links it is reached. */
bool hl_find_listed(const struct hl_find *f, const struct hl_ref *ref)
{
	for (size_t i = f->first; i < f->hives->n; i++)
		if (f->hives->h[i]->entry.ref.id == ref->id)
			return true;
	return false;
}

/* The index copy of sizes and times is lazy; the name found by is kept. */
static enum hl_status full_entry(struct hl_find *f, const struct hl_entry *e,
                                 struct hl_entry *out)
{
	struct hl_entry full;

	*out = *e;
	if (e->flags & HL_ENTRY_FULL)
		return HL_OK;
	enum hl_status st = hl_fs_entry(f->fs, &e->ref, &full);
	if (st != HL_OK) {
		out->flags |= HL_ENTRY_DAMAGED;
		return hl_find_goes_on(st) ? HL_OK : st;
	}
	hl_copy(full.name, sizeof(full.name), e->name);
	memcpy(full.name16, e->name16, sizeof(full.name16));
	full.n_name16 = e->n_name16;
	full.parent = e->parent;
	*out = full;
	return HL_OK;
}

static enum hl_status fill(struct hl_find *f, struct hl_hive *h,
                           const struct hl_place_row *row, const char *dir,
                           const char *user)
{
	const char *name = h->entry.name;

	h->volume = f->volume;
	h->kind = row->kind;
	h->path = hl_asprintf(f->ctx, "%s/%s", dir, name);
	if (!h->path)
		return HL_NOMEM;
	if (user && !(h->user = hl_strdup(f->ctx, user)))
		return HL_NOMEM;
	if (row->whose != HL_WHOSE_SID)
		return HL_OK;
	/* the '*' of such a row stands for the SID */
	size_t before = strcspn(hl_row_name(row->pattern), "*");
	h->sid = hl_strdup(f->ctx, name + before);
	h->sid_source = "file name";
	return h->sid ? HL_OK : HL_NOMEM;
}

static enum hl_status keep(struct hl_find *f, struct hl_hive *h)
{
	struct hl_hives *list = f->hives;
	void *array = list->h;
	enum hl_status st = hl_grow(f->ctx, &array, &list->cap, list->n,
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	                            sizeof(*list->h), HL_MAX_HIVES);

	list->h = array;
	if (st == HL_OK)
		list->h[list->n++] = h;
	if (st == HL_LIMIT && !f->full)
		hl_warn(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
		                         "search" },
		        "more than %d hives; the rest was left out",
		        HL_MAX_HIVES);
	f->full = f->full || st == HL_LIMIT;
	return st;
}

static void say_not_a_file(struct hl_find *f, const char *dir,
                           const struct hl_entry *e)
{
	const char *what = e->type == HL_DIR ? "folder" :
	                   e->type == HL_LINK ? "link" : "special file";

	hl_say(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
	                        "search" },
	       "%s:%s/%s is a %s where a hive is kept", f->volume->id, dir,
	       e->name, what);
}

enum hl_status hl_find_add(struct hl_find *f, const struct hl_place_row *row,
                           const struct hl_entry *entry, const char *dir,
                           const char *user, struct hl_hive **out)
{
	*out = NULL;
	if (!wanted_kind(f, row->kind) || hl_find_listed(f, &entry->ref))
		return HL_OK;
	if (entry->type != HL_FILE) {
		say_not_a_file(f, dir, entry);
		return HL_OK;
	}
	struct hl_hive *h = hl_zalloc(f->ctx, sizeof(*h));
	if (!h)
		return HL_NOMEM;
	enum hl_status st = full_entry(f, entry, &h->entry);
	if (st == HL_OK)
		st = fill(f, h, row, dir, user);
	bool yes = st == HL_OK && wanted(f, h);
	if (yes)
		st = keep(f, h);
	if (yes && st == HL_OK)
		*out = h;
	else
		hive_free(f->ctx, h);
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_find_add_log(struct hl_find *f, struct hl_hive *hive,
                               const struct hl_entry *entry, const char *dir)
{
	size_t n = hive->n_logs;
	struct hl_hive_log *logs = hl_realloc(f->ctx, hive->logs,
	                                      (n + 1) * sizeof(*logs));

	if (!logs)
		return HL_NOMEM;
	hive->logs = logs;
	memset(&logs[n], 0, sizeof(logs[n]));
	logs[n].info.format = "";
	enum hl_status st = full_entry(f, entry, &logs[n].entry);
	if (st != HL_OK)
		return st;
	logs[n].path = hl_asprintf(f->ctx, "%s/%s", dir, entry->name);
	if (!logs[n].path)
		return HL_NOMEM;
	hive->n_logs++;
	return HL_OK;
}

/* ---- the search -------------------------------------------------------- */

static bool wanted_rows(const struct hl_find *f, size_t row, size_t rows)
{
	for (size_t i = row; i < row + rows; i++)
		if (wanted_kind(f, hl_catalogue[i].kind))
			return true;
	/* translated profiles are told by their NTUSER.DAT */
	return hl_catalogue[row].kind == HL_KIND_NTUSER &&
	       wanted_kind(f, HL_KIND_USRCLASS);
}

static enum hl_status walk_all(struct hl_find *f)
{
	enum hl_status st = HL_OK;
	enum hl_anchor at;
	size_t rows;

	for (size_t i = 0; st == HL_OK && i < hl_catalogue_rows; i += rows) {
		rows = hl_row_group(i);
		if (!wanted_rows(f, i, rows))
			continue;
		(void)hl_row_anchor(hl_catalogue[i].pattern, &at);
		for (size_t k = 0; st == HL_OK && k < f->at[at].n; k++)
			st = hl_find_walk(f, i, rows, &f->at[at].p[k]);
	}
	return st;
}

static int by_path(const void *a, const void *b)
{
	const struct hl_hive *const *x = a, *const *y = b;

	int d = hl_points_order(*x, *y);

	if (d || (*x)->entry.ref.id == (*y)->entry.ref.id)
		return d;
	/* deleted ones may share a path */
	return (*x)->entry.ref.id < (*y)->entry.ref.id ? -1 : 1;
}

/* Restore points are read in the order of paths, and put into their own. */
static enum hl_status sort(struct hl_find *f)
{
	struct hl_hive **h = f->hives->h + f->first;
	const struct hl_points *before = f->hives->points;
	size_t n = f->hives->n - f->first;

	if (!n)
		return HL_OK;
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(h, n, sizeof(*h), by_path);
	enum hl_status st = hl_points_fill(&f->hives->points, h, n, f->ctx);
	if (st == HL_OK && f->hives->points != before)
		/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		qsort(h, n, sizeof(*h), by_path);
	return st;
}

static enum hl_status search(struct hl_find *f)
{
	enum hl_status st = hl_find_places(f);

	if (st == HL_OK)
		st = walk_all(f);
	if (st == HL_OK)
		st = hl_find_orphans(f);
	if (st == HL_OK && f->query->deleted)
		st = hl_find_deleted(f);
	if (st == HL_OK && f->query->deep)
		st = hl_find_deep(f);
	hl_places_clear(f);
	if (st == HL_OK)
		st = sort(f);
	return st;
}

enum hl_status hl_hives_find(struct hl_hives **out, struct hl_disk *disk,
                             const struct hl_hive_query *query,
                             const struct hl_ctx *ctx)
{
	static const struct hl_hive_query all;
	struct hl_find f = { .ctx = ctx, .query = query ? query : &all };
	size_t n = hl_disk_count(disk);
	enum hl_status st = HL_OK;

	*out = NULL;
	f.hives = hl_zalloc(ctx, sizeof(*f.hives));
	if (!f.hives)
		return HL_NOMEM;
	f.hives->ctx = ctx;
	for (size_t i = 0; st == HL_OK && i < n; i++) {
		f.volume = hl_disk_volume(disk, i);
		f.fs = f.volume->fs;
		f.first = f.hives->n;
		hl_progress(ctx, HL_PHASE_VOLUME, f.volume->id, i, n);
		if (f.fs)
			st = search(&f);
	}
	if (st != HL_OK) {
		hl_hives_free(f.hives);
		return st;
	}
	/* only for speed */
	f.hives->same = hl_same_new(f.hives->n, ctx);
	if (n && hl_disk_volume(disk, n - 1)->shadow)
		f.hives->hashed = hl_hashed_new(ctx);
	*out = f.hives;
	return HL_OK;
}
