/*
 * find_deep.c: hives by their content, wherever they lie: every file whose
 * first four bytes are "regf" and that is not a log.  Their logs lie beside
 * them, their user is whose profile they lie in.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/find_impl.h"

struct deep {
	struct hl_find *f;
	struct hl_entry *e, *near; /* big, so not on the stack */
	char *path;
};

/* What its content is.  HL_OK; HL_END: no hive */
static enum hl_status look(struct deep *d, struct hl_hive_role *role)
{
	struct hl_src *src;
	enum hl_status st = hl_fs_stream(&src, d->f->fs, &d->e->ref, NULL,
	                                 HL_STREAM_LOOK);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_END : st;
	st = hl_hive_role(role, src);
	hl_src_close(src);
	return st == HL_OK && role->log ? HL_END : st;
}

/* The profile that the path lies in, or NULL. */
static const char *user_of(const struct deep *d)
{
	const struct hl_places *p = &d->f->at[HL_AT_PROFILE];
	const char *user = NULL;
	size_t best = 0;

	for (size_t i = 0; i < p->n; i++) {
		size_t n = strlen(p->p[i].path);
		if (n < best || !hl_case_starts(d->path, p->p[i].path) ||
		    d->path[n] != '/')
			continue;
		best = n;
		user = p->p[i].user;
	}
	return user;
}

static enum hl_status add_logs(struct deep *d, struct hl_hive *hive,
                               const char *dir)
{
	static const char *const ends[] = { ".LOG", ".LOG1", ".LOG2" };
	struct hl_entry *log = d->near;
	char name[HL_NAME_BYTES + 8];
	struct hl_ref ref;
	enum hl_status st;

	if (hive->entry.flags & HL_ENTRY_DELETED)
		return HL_OK; /* its name says nothing of what lives now */
	st = hl_fs_parent(d->f->fs, &hive->entry, log);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	ref = log->ref;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", hive->entry.name,
		         ends[i]);
		st = hl_find_lookup(d->f, &ref, name, log);
		if (st == HL_OK && log->type == HL_FILE)
			st = hl_find_add_log(d->f, hive, log, dir);
		if (!hl_find_goes_on(st))
			return st;
	}
	return HL_OK;
}

static enum hl_status add(struct deep *d, const struct hl_hive_role *role)
{
	const struct hl_place_row row = {
		.pattern = "{root}/*",
		.kind = hl_kind_of(role, d->e->name),
		.whose = HL_WHOSE_PROFILE,
	};
	struct hl_hive *hive;
	enum hl_status st = hl_fs_path(d->f->fs, d->e, d->path, HL_MAX_PATH,
	                               NULL);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	const char *user = user_of(d);
	char *slash = strrchr(d->path, '/');
	if (slash)
		*slash = '\0';
	st = hl_find_add(d->f, &row, d->e, slash ? d->path : "", user, &hive);
	if (st == HL_OK && hive)
		st = add_logs(d, hive, d->path);
	return st;
}

static enum hl_status one(struct deep *d)
{
	struct hl_hive_role role;
	enum hl_status st;

	if (d->e->type != HL_FILE || d->e->size < 4 ||
	    (d->e->flags & (HL_ENTRY_SHORT_NAME | HL_ENTRY_ENCRYPTED)))
		return HL_OK;
	/* before its content is read, and of it again */
	if (hl_find_listed(d->f, &d->e->ref))
		return HL_OK;
	st = look(d, &role);
	if (st == HL_OK)
		st = add(d, &role);
	return hl_find_goes_on(st) ? HL_OK : st;
}

static enum hl_status sweep(struct deep *d)
{
	struct hl_find *f = d->f;
	unsigned how = f->query->deleted ? HL_LIST_DELETED : 0;
	struct hl_fs_iter *it;
	enum hl_status st = hl_fs_sweep(&it, f->fs, how);

	if (st == HL_UNSUPPORTED)
		hl_warn(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
		                         "search" },
		        "volume %s: no sweep of this kind of file system; "
		        "only the usual places were searched", f->volume->id);
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	while (st == HL_OK || st == HL_CORRUPT) {
		st = hl_fs_next(it, d->e);
		if (st == HL_OK)
			st = one(d);
	}
	hl_fs_iter_close(it);
	return hl_find_goes_on(st) ? HL_OK : st;
}

enum hl_status hl_find_deep(struct hl_find *f)
{
	struct deep d = { .f = f };
	enum hl_status st = HL_NOMEM;

	d.e = hl_alloc(f->ctx, sizeof(*d.e));
	d.near = hl_alloc(f->ctx, sizeof(*d.near));
	d.path = hl_alloc(f->ctx, HL_MAX_PATH);
	if (d.e && d.near && d.path)
		st = sweep(&d);
	hl_free(f->ctx, d.path);
	hl_free(f->ctx, d.near);
	hl_free(f->ctx, d.e);
	return st;
}
