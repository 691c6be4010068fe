/*
 * verify_walk.c: what is in an output folder and in none of its lists, folder
 * by folder, and whether it is a file that is missing under its own name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/verify_dir.h"

struct walk {
	struct hl_verify_dir *d;
	char **todo; /* folders; "" is the top */
	size_t n, cap;
};

static enum hl_status push(struct walk *w, const char *rel)
{
	enum hl_status st = hl_grow(w->d->ctx, (void **)&w->todo, &w->cap,
	                            w->n, sizeof(*w->todo),
	                            HL_MAX_OUTPUT_FILES);

	if (st != HL_OK)
		return st;
	w->todo[w->n] = hl_strdup(w->d->ctx, rel);
	if (!w->todo[w->n])
		return HL_NOMEM;
	w->n++;
	return HL_OK;
}

/* The lists do not list each other, but for the manifest. */
static bool is_list(const char *rel)
{
	return !strcmp(rel, "manifest.json") || !strcmp(rel, "SHA256SUMS");
}

static enum hl_status add_extra(struct hl_verify_dir *d, const char *rel)
{
	char hex[HL_HASH_KINDS][HL_HASH_HEX] = { "" };
	struct hl_extra *x;
	enum hl_status st = hl_grow(d->ctx, (void **)&d->extra, &d->cap_extra,
	                            d->n_extra, sizeof(*d->extra),
	                            HL_MAX_OUTPUT_FILES);

	if (st != HL_OK)
		return st;
	x = &d->extra[d->n_extra];
	*x = (struct hl_extra){ .rel = hl_strdup(d->ctx, rel) };
	if (!x->rel)
		return HL_NOMEM;
	d->n_extra++;
	int fd = hl_verify_openat(d, rel, 0);
	if (fd < 0)
		return HL_OK;
	st = hl_verify_hash_fd(d, fd, 1u << HL_SHA256, &x->size, hex);
	close(fd);
	if (st == HL_OK)
		memcpy(x->sha256, hex[HL_SHA256], sizeof(x->sha256));
	return st == HL_IO ? HL_OK : st;
}

static enum hl_status one(struct walk *w, int dir, const char *above,
                          const char *name)
{
	struct hl_verify_dir *d = w->d;
	char *rel = hl_asprintf(d->ctx, "%s%s%s", above, *above ? "/" : "",
	                        name);
	enum hl_status st = HL_OK;
	struct stat sb;

	if (!rel)
		return HL_NOMEM;
	if (strlen(rel) < HL_MAX_PATH &&
	    fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(sb.st_mode))
		st = push(w, rel);
	else if (!is_list(rel) && !hl_verify_find(d, rel))
		st = add_extra(d, rel);
	hl_free(d->ctx, rel);
	return st;
}

static enum hl_status folder(struct walk *w, const char *rel)
{
	struct hl_at at = { w->d->ctx, NULL, HL_NO_OFFSET, "output folder" };
	int fd = hl_verify_openat(w->d, *rel ? rel : ".", O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	enum hl_status st = HL_OK;
	struct dirent *e;

	if (!dir) {
		hl_warn(&at, "%s cannot be listed: %s", *rel ? rel : ".",
		        strerror(errno));
		if (fd >= 0)
			close(fd);
		return HL_OK;
	}
	while (st == HL_OK && (e = readdir(dir)) != NULL) {
		if (hl_cancelled(w->d->ctx))
			st = HL_CANCELLED;
		else if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			st = one(w, dirfd(dir), rel, e->d_name);
	}
	closedir(dir);
	return st;
}

static int by_rel(const void *a, const void *b)
{
	const struct hl_extra *x = a, *y = b;

	return strcmp(x->rel, y->rel);
}

static const char *digest(const struct hl_want *w)
{
	return w->hex[HL_SHA256][0] ? w->hex[HL_SHA256] : w->sum;
}

static int by_digest(const void *a, const void *b)
{
	const struct hl_want *const *x = a, *const *y = b;

	return strcmp(digest(*x), digest(*y));
}

static int by_sha256(const void *a, const void *b)
{
	const struct hl_extra *x = a, *y = b;

	return strcmp(x->sha256, y->sha256);
}

/* Both by digest, side by side.  Empty files are all alike: which is which
 * cannot be told. */
static void merge(struct hl_verify_dir *d, struct hl_want **lost, size_t n)
{
	size_t i = 0, k = 0;

	while (i < n && k < d->n_extra) {
		struct hl_extra *x = &d->extra[k];
		int order = strcmp(digest(lost[i]), x->sha256);
		if (order < 0) {
			i++;
		} else if (order > 0 || !x->size || !x->sha256[0]) {
			k++;
		} else {
			x->taken = true;
			lost[i++]->now = x->rel;
			k++;
		}
	}
}

static enum hl_status match(struct hl_verify_dir *d)
{
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	struct hl_want **lost = hl_alloc_array(d->ctx, d->n, sizeof(*lost));
	size_t n = 0;

	if (!lost)
		return HL_NOMEM;
	for (size_t i = 0; i < d->n; i++)
		if (d->want[i].missing)
			lost[n++] = &d->want[i];
	if (n && d->n_extra) {
		/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		qsort(lost, n, sizeof(*lost), by_digest);
		qsort(d->extra, d->n_extra, sizeof(*d->extra), by_sha256);
		merge(d, lost, n);
	}
	if (d->n_extra)
		qsort(d->extra, d->n_extra, sizeof(*d->extra), by_rel);
	hl_free(d->ctx, lost);
	return HL_OK;
}

enum hl_status hl_verify_walk(struct hl_verify_dir *d)
{
	struct walk w = { .d = d };
	enum hl_status st = push(&w, "");

	while (st == HL_OK && w.n) {
		char *rel = w.todo[--w.n];
		st = folder(&w, rel);
		hl_free(d->ctx, rel);
	}
	while (w.n)
		hl_free(d->ctx, w.todo[--w.n]);
	hl_free(d->ctx, w.todo);
	return st == HL_OK ? match(d) : st;
}
