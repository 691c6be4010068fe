/*
 * verify_lists.c: what should be in an output folder, by its two lists.
 *
 *	manifest.json  size and three digests of each file, where it came from
 *	SHA256SUMS     one digest of each, also of the manifest
 *
 * Neither is trusted: a path that leaves the folder is refused, and nothing
 * of such an entry is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/manifest_read.h"
#include "lift/verify_dir.h"

#define LINE_MAX_BYTES (HL_MAX_PATH + 68)

bool hl_rel_is_safe(const char *rel)
{
	if (strlen(rel) >= HL_MAX_PATH)
		return false;
	for (const char *p = rel;; p++) {
		size_t n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

static int by_rel(const void *a, const void *b)
{
	const struct hl_want *x = a, *y = b;

	return strcmp(x->rel, y->rel);
}

struct hl_want *hl_verify_find(struct hl_verify_dir *d, const char *rel)
{
	const struct hl_want key = { .rel = (char *)(uintptr_t)rel };

	return d->n ? bsearch(&key, d->want, d->n, sizeof(key), by_rel) : NULL;
}

static struct hl_at at(const struct hl_verify_dir *d, const char *list)
{
	return (struct hl_at){ d->ctx, NULL, HL_NO_OFFSET, list };
}

/* A new one, zero but for its name. */
static enum hl_status add(struct hl_verify_dir *d, const char *rel,
                          struct hl_want **out)
{
	struct hl_at where = at(d, "output folder");
	enum hl_status st = hl_grow(d->ctx, (void **)&d->want, &d->cap, d->n,
	                            sizeof(*d->want), HL_MAX_OUTPUT_FILES);

	if (st == HL_LIMIT)
		return hl_fail(&where, st, "its lists name more than %u files",
		               HL_MAX_OUTPUT_FILES);
	if (st != HL_OK)
		return st;
	*out = &d->want[d->n];
	**out = (struct hl_want){ .rel = hl_strdup(d->ctx, rel),
		                  .bad_name = !hl_rel_is_safe(rel) };
	if (!(*out)->rel)
		return HL_NOMEM;
	d->n++;
	return HL_OK;
}

static bool is_hex(const char *s, size_t n)
{
	return s && strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

/* ---- manifest.json ---------------------------------------------------- */

static void digests(struct hl_want *w, json_t *e)
{
	static const char *const keys[] = { "md5", "sha1", "sha256" };
	static const size_t len[] = { 32, 40, 64 };

	for (int k = 0; k < HL_HASH_KINDS; k++) {
		const char *hex = hl_manifest_text(e, keys[k]);
		if (is_hex(hex, len[k]))
			memcpy(w->hex[k], hex, len[k] + 1);
	}
}

static enum hl_status origin(struct hl_verify_dir *d, struct hl_want *w,
                             json_t *e)
{
	const char *volume = hl_manifest_text(e, "volume");
	const char *path = hl_manifest_text(e, "path");
	uint64_t seq = 0;

	if (!volume || !path || strlen(volume) >= sizeof(w->volume))
		return HL_OK;
	memcpy(w->volume, volume, strlen(volume) + 1);
	/* a path that UTF-8 cannot carry leads nowhere */
	w->has_ref = (json_is_true(json_object_get(e, "deleted")) ||
	              hl_manifest_text(e, "path_utf16")) &&
	             hl_manifest_number(e, "record", &w->ref.id) &&
	             hl_manifest_number(e, "sequence", &seq);
	w->ref.seq = (uint32_t)seq;
	w->path = hl_strdup(d->ctx, path);
	return w->path ? HL_OK : HL_NOMEM;
}

static enum hl_status as_found(struct hl_verify_dir *d, json_t *e)
{
	const char *rel = hl_manifest_text(e, "output");
	struct hl_want *w = NULL;
	enum hl_status st;

	if (!rel)
		return HL_OK;
	st = add(d, rel, &w);
	if (st != HL_OK || !w)
		return st;
	w->in_manifest = true;
	w->has_size = hl_manifest_number(e, "written", &w->size) ||
	              hl_manifest_number(e, "size", &w->size);
	digests(w, e);
	return origin(d, w, e);
}

static enum hl_status replayed(struct hl_verify_dir *d, json_t *e)
{
	json_t *r = json_object_get(e, "replayed");
	const char *rel = hl_manifest_text(r, "output");
	struct hl_want *w = NULL;
	enum hl_status st;

	if (!rel)
		return HL_OK;
	st = add(d, rel, &w);
	if (st != HL_OK || !w)
		return st;
	w->in_manifest = w->replayed = true;
	if (is_hex(hl_manifest_text(r, "sha256"), 64))
		memcpy(w->hex[HL_SHA256], hl_manifest_text(r, "sha256"), 65);
	return HL_OK;
}

/* One of several places of one content: its first entry is the file's. */
static bool is_again(json_t *e)
{
	return hl_manifest_text(e, "same_as") != NULL;
}

static enum hl_status read_manifest(struct hl_verify_dir *d, int fd)
{
	struct hl_at where = at(d, "manifest.json");
	struct hl_manifest_in *in;
	json_t *e;
	enum hl_status st = hl_manifest_in_open(&in, fd, d->ctx);

	while (st == HL_OK) {
		if (hl_cancelled(d->ctx)) {
			st = HL_CANCELLED;
			break;
		}
		st = hl_manifest_in_next(in, &e);
		if (st != HL_OK)
			break;
		st = is_again(e) ? HL_OK : as_found(d, e);
		if (st == HL_OK && !is_again(e))
			st = replayed(d, e);
		json_decref(e);
	}
	hl_manifest_in_close(in);
	d->has_manifest = st == HL_END;
	if (st == HL_CORRUPT || st == HL_IO || st == HL_LIMIT) {
		hl_warn(&where, "is damaged: %zu files of it are known", d->n);
		st = HL_END;
	}
	return st == HL_END ? HL_OK : st;
}

/* ---- SHA256SUMS ------------------------------------------------------- */

struct lines {
	struct hl_verify_dir *d;
	size_t sorted; /* want[] up to here are of the manifest */
	uint64_t bad;
};

static enum hl_status one_line(struct lines *l, const char *s)
{
	struct hl_verify_dir *d = l->d;
	const struct hl_want key = { .rel = (char *)(uintptr_t)(s + 66) };
	struct hl_want *w = NULL;
	enum hl_status st = HL_OK;

	if (strlen(s) < 67 || strspn(s, "0123456789abcdef") != 64 ||
	    s[64] != ' ' || (s[65] != ' ' && s[65] != '*')) {
		l->bad++;
		return HL_OK;
	}
	if (l->sorted)
		w = bsearch(&key, d->want, l->sorted, sizeof(key), by_rel);
	if (!w)
		st = add(d, s + 66, &w);
	if (st == HL_OK && w) {
		memcpy(w->sum, s, 64);
		w->sum[64] = '\0';
	}
	return st;
}

static enum hl_status read_lines(struct lines *l, FILE *f, char *line)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && fgets(line, LINE_MAX_BYTES, f)) {
		size_t n = strlen(line);
		if (n && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (hl_cancelled(l->d->ctx))
			return HL_CANCELLED;
		st = one_line(l, line);
	}
	return st;
}

static enum hl_status read_sums(struct hl_verify_dir *d, int fd)
{
	struct hl_at where = at(d, "SHA256SUMS");
	struct lines l = { d, d->n, 0 };
	char *line = hl_alloc(d->ctx, LINE_MAX_BYTES);
	FILE *f = line ? fdopen(fd, "r") : NULL;
	enum hl_status st = HL_NOMEM;

	if (f)
		st = read_lines(&l, f, line);
	if (f)
		fclose(f);
	else
		close(fd);
	hl_free(d->ctx, line);
	if (l.bad)
		hl_warn(&where, "%" PRIu64 " lines of it are none of its kind",
		        l.bad);
	return st;
}

/* ---- both ------------------------------------------------------------- */

static int open_list(struct hl_verify_dir *d, const char *name)
{
	struct hl_at where = at(d, name);
	int fd = hl_verify_openat(d, name, 0);

	if (fd < 0)
		hl_warn(&where, "cannot be read: %s", strerror(errno));
	return fd;
}

/* A file that the manifest has twice is in one line of SHA256SUMS. */
static void share_sums(struct hl_verify_dir *d)
{
	for (size_t i = 1; i < d->n; i++) {
		struct hl_want *a = &d->want[i - 1], *b = &d->want[i];
		if (strcmp(a->rel, b->rel) != 0)
			continue;
		memcpy(a->sum[0] ? b->sum : a->sum, a->sum[0] ? a->sum :
		       b->sum, sizeof(a->sum));
	}
}

enum hl_status hl_verify_lists(struct hl_verify_dir *d)
{
	int manifest = open_list(d, "manifest.json");
	int sums = open_list(d, "SHA256SUMS");
	enum hl_status st = manifest < 0 && sums < 0 ? HL_END : HL_OK;

	if (manifest >= 0) {
		st = read_manifest(d, manifest);
		close(manifest);
		if (d->n)
			qsort(d->want, d->n, sizeof(*d->want), by_rel);
	}
	if (sums >= 0 && st == HL_OK)
		st = read_sums(d, sums);
	else if (sums >= 0)
		close(sums);
	if (d->n)
		qsort(d->want, d->n, sizeof(*d->want), by_rel);
	share_sums(d);
	d->has_sums = sums >= 0;
	return st;
}
