/*
 * vdisk_find.c: opens what belongs to a virtual disk: extents and parents.
 *
 * This runs before the sandbox, because afterwards nothing can be opened; so
 * only headers are looked at.  A name is taken from beside the file that has
 * it, and links are not followed there: whoever made the image may have made
 * its folder too.  Elsewhere a parent must be named by the user.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/files_set.h"
#include "io/vdisk.h"

struct finder {
	struct hl_files *f;
	const struct hl_image_opts *opts;
	struct vdisk_head *head, *child; /* of this level, and of the last */
	uint32_t level;
	enum files_kind kind;
	size_t seg;                      /* of this level's first file */
};

static struct hl_at about(const struct finder *v)
{
	return (struct hl_at){ v->f->ctx, NULL, HL_NO_OFFSET,
	                       v->f->seg[v->seg].path };
}

static bool plain_file(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0 && S_ISREG(sb.st_mode);
}

/* The folders of a name below `n` bytes of path: none of them a link. */
static bool plain_folders(char *path, size_t n)
{
	struct stat sb;

	for (char *p = strchr(path + n, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		bool ok = lstat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
		*p = '/';
		if (!ok)
			return false;
	}
	return true;
}

/* Windows does not mind case; path's last part becomes what is there. */
static bool other_case(const struct hl_ctx *ctx, char *path)
{
	char *base = path + (hl_path_base(path) - path);
	char *dir = hl_asprintf(ctx, "%.*s.", (int)(base - path), path);
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *de;
	bool found = false;

	while (d && !found && (de = readdir(d)) != NULL) {
		found = hl_casecmp(de->d_name, base) == 0;
		if (found)
			memcpy(base, de->d_name, strlen(base));
	}
	if (d)
		closedir(d);
	hl_free(ctx, dir);
	return found && plain_file(path);
}

/* The path of such a file beside seg `i`, allocated; NULL: there is none. */
static char *beside(const struct hl_files *f, size_t i, const char *below)
{
	const char *image = f->seg[i].path;
	size_t n = (size_t)(hl_path_base(image) - image);
	char *path = hl_asprintf(f->ctx, "%.*s%s", (int)n, image, below);

	if (path && plain_folders(path, n) &&
	    (plain_file(path) || other_case(f->ctx, path)))
		return path;
	hl_free(f->ctx, path);
	return NULL;
}

/* Below the folder, or else in the folder itself. */
static char *look(const struct hl_files *f, size_t i, const char *stored)
{
	char below[VDISK_NAME];
	char *path;

	if (!hl_vdisk_below(below, sizeof(below), stored))
		return NULL;
	path = beside(f, i, below);
	return path ? path : beside(f, i, hl_path_base(below));
}

/* ---- parents ------------------------------------------------------------- */

/* What the user named for it. */
static char *named(const struct finder *v, const char *stored)
{
	char below[VDISK_NAME];

	if (!hl_vdisk_below(below, sizeof(below), stored))
		return NULL;
	for (size_t i = 0; v->opts && i < v->opts->n_parents; i++)
		if (!hl_casecmp(hl_path_base(v->opts->parents[i]),
		                hl_path_base(below)))
			return hl_strdup(v->f->ctx, v->opts->parents[i]);
	return NULL;
}

/* circle: there is a file of that name, but it is made from this one. */
static enum hl_status no_parent(const struct finder *v, bool circle)
{
	const struct vdisk_head *h = v->head;
	struct hl_at at = about(v);
	const char *name = h->n_hints ? h->hint[h->n_hints - 1] : "?";

	return hl_fail(&at, circle ? HL_CORRUPT : HL_IO, "holds only what "
	               "differs from its parent %s%s%s%s, %s; --with names %s",
	               name, *h->parent_id ? " (" : "", h->parent_id,
	               *h->parent_id ? ")" : "", circle
	               ? "and the file of that name beside it is itself or "
	                 "made from it" : "which is not beside it",
	               circle ? "another" : "it");
}

static bool known_already(const struct hl_files *f, const char *path)
{
	struct stat sb;

	if (stat(path, &sb) != 0)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (f->seg[i].dev == sb.st_dev && f->seg[i].ino == sb.st_ino)
			return true;
	return false;
}

/* One that is in the chain already is none: often a parent has its child's
 * name, in another folder. */
static char *unknown(const struct finder *v, char *path, bool *circle)
{
	if (!path || !known_already(v->f, path))
		return path;
	*circle = true;
	hl_free(v->f->ctx, path);
	return NULL;
}

static enum hl_status add_parent(struct finder *v)
{
	struct hl_files *f = v->f;
	struct hl_at at = about(v);
	bool circle = false;
	char *path = NULL;
	enum hl_status st;

	for (size_t i = 0; !path && i < v->head->n_hints; i++)
		path = unknown(v, named(v, v->head->hint[i]), &circle);
	for (size_t i = 0; !path && i < v->head->n_hints; i++)
		path = unknown(v, look(f, v->seg, v->head->hint[i]), &circle);
	if (!path)
		st = no_parent(v, circle);
	else if (v->level + 1 >= HL_MAX_VDISK_CHAIN)
		st = hl_fail(&at, HL_LIMIT, "has more than %d parents",
		             HL_MAX_VDISK_CHAIN);
	else
		st = hl_files_add(f, path, VDISK_NUMBER(v->level + 1, 0));
	hl_free(f->ctx, path);
	return st;
}

/* Is this the disk that the level above was made from? */
static enum hl_status right_parent(const struct finder *v)
{
	const struct vdisk_head *c = v->child, *h = v->head;
	struct hl_at at = about(v);

	if (!*c->parent_id || !*h->id || !hl_casecmp(c->parent_id, h->id) ||
	    (*c->other_id && !hl_casecmp(c->other_id, h->id)))
		return HL_OK;
	return hl_fail(&at, HL_CORRUPT, "is not the parent that is needed: its "
	               "identifier is %s, not %s", h->id, c->parent_id);
}

/* ---- extents ------------------------------------------------------------- */

/* One that is not there has no segment, which opening finds. */
static enum hl_status add_extent(struct finder *v, const struct vmdk_extent *e,
                                 uint32_t i)
{
	struct hl_at at = about(v);
	char *path = look(v->f, v->seg, e->name);
	enum hl_status st = HL_OK;

	if (path)
		st = hl_files_add(v->f, path, VDISK_NUMBER(v->level, i + 1));
	else if (!v->opts || !v->opts->allow_missing)
		st = hl_fail(&at, HL_IO, "its extent %s is not beside it "
		             "(--allow-missing goes on)", e->name);
	else
		hl_warn(&at, "its extent %s is not beside it; its bytes read "
		        "as zeros", e->name);
	hl_free(v->f->ctx, path);
	return st;
}

static enum hl_status add_extents(struct finder *v, struct hl_src *file)
{
	struct hl_at at = about(v);
	struct vmdk_extent e;
	uint32_t i = 0, n = 0;
	char *text;
	enum hl_status st = hl_vmdk_text(&text, file, &at);

	if (st != HL_OK)
		return st;
	for (const char *p = text; hl_vmdk_extent(&p, &e);)
		n++;
	if (n > HL_MAX_VDISK_EXTENTS)
		st = hl_fail(&at, HL_LIMIT, "has more than %u extents",
		             HL_MAX_VDISK_EXTENTS);
	/* a lone one inside the same file has whatever name that has now */
	for (const char *p = text; st == HL_OK && !v->head->lone &&
	                           hl_vmdk_extent(&p, &e); i++)
		if (strcmp(e.type, "ZERO") != 0)
			st = add_extent(v, &e, i);
	hl_free(v->f->ctx, text);
	return st;
}

/* ---- levels -------------------------------------------------------------- */

/* A parent is of its child's kind, but QEMU's may be of any. */
static enum hl_status kind_of(struct finder *v, struct hl_src *file)
{
	struct hl_at at = about(v);
	const char *other;

	if (v->kind != FILES_QCOW || v->level == 0)
		return HL_OK;
	if (v->child->parent_raw) {
		v->kind = FILES_RAW;
		return HL_OK;
	}
	v->kind = hl_vdisk_kind(file, &other);
	if (v->kind == FILES_EWF || v->kind == FILES_EWF2)
		other = "E01 images below a QCOW2";
	return other ? hl_fail(&at, HL_UNSUPPORTED, "%s are not read", other)
	             : HL_OK;
}

/* HL_END: it has no parent. */
static enum hl_status one_level(struct finder *v, struct hl_src *file)
{
	enum hl_status st = kind_of(v, file);

	if (st != HL_OK)
		return st;
	if (v->kind == FILES_RAW)
		return HL_END;
	st = hl_vdisk_head(file, v->kind, v->head, v->f->ctx);
	if (st == HL_OK && v->level)
		st = right_parent(v);
	if (st == HL_OK && v->kind == FILES_VMDK)
		st = add_extents(v, file);
	if (st != HL_OK)
		return st;
	return v->head->has_parent ? add_parent(v) : HL_END;
}

static enum hl_status all_levels(struct finder *v)
{
	struct hl_src *file;
	enum hl_status st = HL_OK;

	for (; st == HL_OK; v->level++) {
		struct vdisk_head *swap = v->child;
		/* add_parent put it last */
		v->seg = v->f->n - 1;
		st = hl_vdisk_file(&file, v->f, v->seg);
		if (st != HL_OK)
			return st;
		st = one_level(v, file);
		hl_src_close(file);
		v->child = v->head;
		v->head = swap;
	}
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_vdisk_find(struct hl_files *f,
                             const struct hl_image_opts *opts)
{
	struct finder v = { .f = f, .opts = opts, .kind = f->kind };
	struct vdisk_head *both = hl_alloc_array(f->ctx, 2, sizeof(*both));
	enum hl_status st;

	if (!both)
		return HL_NOMEM;
	v.head = both;
	v.child = both + 1;
	st = all_levels(&v);
	hl_free(f->ctx, both);
	return st;
}

bool hl_files_is_parent(const struct hl_files *files, const char *path)
{
	struct stat sb;

	if (!hl_files_virtual(files->kind) || stat(path, &sb) != 0)
		return false;
	for (size_t i = 0; i < files->n; i++)
		if (vdisk_level(&files->seg[i]) &&
		    files->seg[i].dev == sb.st_dev &&
		    files->seg[i].ino == sb.st_ino)
			return true;
	return false;
}

size_t hl_vdisk_files(const struct hl_files *f, uint32_t level, size_t *first)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (vdisk_level(&f->seg[i]) == level && n++ == 0)
			*first = i;
	return n;
}
