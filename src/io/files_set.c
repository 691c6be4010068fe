/*
 * files_set.c: from the first file of a set to all that are there.
 *
 * The folder is read once, so that a segment behind a gap is found and the
 * gap can be named.  A name alone may deceive behind a gap (disk.E01 and
 * disk.EXE, disk.aa and disk.gz); there the content or the size must agree.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "io/files_set.h"

/* Numbers with one digit more are taken only near the end of the range. */
#define DIGITS_NEAR_END 50

struct found {
	uint64_t number;
	bool exact; /* spelt as the first is */
	char *path;
};

struct scan {
	struct hl_files *f;
	struct seg_name like; /* of the base name */
	struct found *v;
	size_t n, cap;
};

static bool there(const struct hl_files *f, uint64_t number, char *path)
{
	struct stat sb;

	return hl_files_name(f, number, path, HL_MAX_PATH) &&
	       stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
}

static bool try_scheme(struct hl_files *f, enum seg_scheme scheme)
{
	const char *path = f->seg[0].path;
	const char *base = hl_path_base(path);

	if (!hl_seg_parse(&f->name, base, scheme))
		return false;
	f->name.stem += (size_t)(base - path);
	return true;
}

static void choose_scheme(struct hl_files *f)
{
	if ((f->kind == FILES_EWF && try_scheme(f, SEG_EWF)) ||
	    (f->kind == FILES_EWF2 && try_scheme(f, SEG_EWF2)) ||
	    try_scheme(f, SEG_DIGITS) || try_scheme(f, SEG_LETTERS))
		return;
	memset(&f->name, 0, sizeof(f->name));
}

static enum hl_status not_first(const struct hl_files *f, const char *first,
                                bool exists)
{
	struct hl_at at = { f->ctx, NULL, HL_NO_OFFSET, f->seg[0].path };
	uint64_t k = f->name.number;

	if (f->name.scheme == SEG_LETTERS)
		k++;
	if (exists)
		return hl_fail(&at, HL_USAGE, "is segment %" PRIu64
		               " of a set; name its first file, %s", k, first);
	return hl_fail(&at, HL_USAGE, "is segment %" PRIu64
	               " of a set whose first file, %s, is not there", k,
	               first);
}

static enum hl_status first_digits(struct hl_files *f, char *path)
{
	const char *suffix = f->seg[0].path + f->name.stem;

	if (f->name.number == 0)
		return HL_OK;
	if (there(f, 0, path))
		return not_first(f, path, true);
	if (f->name.number == 1)
		return HL_OK;
	if (there(f, 1, path))
		return not_first(f, path, true);
	if (suffix[0] == '0' && hl_files_name(f, 1, path, HL_MAX_PATH))
		return not_first(f, path, false);
	f->name.scheme = SEG_NONE; /* "backup.2023" */
	return HL_OK;
}

static enum hl_status first_letters(struct hl_files *f, char *path)
{
	if (f->name.number == 0)
		return HL_OK;
	/* disk.dd beside disk.aa is the whole, not segment 82 */
	if (there(f, f->name.number - 1, path) && there(f, 0, path))
		return not_first(f, path, true);
	f->name.scheme = SEG_NONE;
	return HL_OK;
}

static enum hl_status check_first(struct hl_files *f)
{
	char *path = hl_alloc(f->ctx, HL_MAX_PATH);
	enum hl_status st = HL_OK;

	if (!path)
		return HL_NOMEM;
	switch (f->name.scheme) {
	case SEG_DIGITS:
		st = first_digits(f, path);
		break;
	case SEG_LETTERS:
		st = first_letters(f, path);
		break;
	case SEG_EWF:
	case SEG_EWF2:
		if (f->name.number > 1) {
			bool have = there(f, 1, path);
			st = not_first(f, path, have);
		}
		break;
	case SEG_NONE:
		break;
	}
	hl_free(f->ctx, path);
	return st;
}

static enum hl_status remember(struct scan *s, const char *dir, size_t n_dir,
                               const char *name, uint64_t number)
{
	const struct hl_ctx *ctx = s->f->ctx;
	char *path, plain[512];
	enum hl_status st = hl_grow(ctx, (void **)&s->v, &s->cap, s->n,
	                            sizeof(*s->v), HL_MAX_SEGMENTS);

	if (st != HL_OK)
		return st;
	path = hl_asprintf(ctx, "%.*s%s", (int)n_dir, dir, name);
	if (!path)
		return HL_NOMEM;
	s->v[s->n++] = (struct found){
		.number = number,
		.path = path,
		.exact = hl_seg_format(plain, sizeof(plain), &s->like,
		                       hl_path_base(s->f->seg[0].path),
		                       number) &&
		         strcmp(plain, name) == 0,
	};
	return HL_OK;
}

static int by_number(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->exact != y->exact)
		return x->exact ? -1 : 1;
	return strcmp(x->path, y->path);
}

static enum hl_status read_folder(struct scan *s)
{
	const char *path = s->f->seg[0].path, *base = hl_path_base(path);
	size_t n_dir = (size_t)(base - path);
	char *dir = hl_asprintf(s->f->ctx, "%.*s.", (int)n_dir, path);
	enum hl_status st = HL_OK;
	struct dirent *de;
	uint64_t number;
	DIR *d;

	if (!dir)
		return HL_NOMEM;
	d = opendir(dir);
	/* a folder that may be entered but not listed: say so, go on */
	if (!d)
		hl_say(&(struct hl_at){ s->f->ctx, NULL, HL_NO_OFFSET, dir },
		       "cannot be listed (%s); further segments are not "
		       "looked for", strerror(errno));
	while (d && st == HL_OK && (de = readdir(d)) != NULL)
		if (hl_seg_sibling(&s->like, base, de->d_name, &number) &&
		    number > s->f->name.number)
			st = remember(s, path, n_dir, de->d_name, number);
	if (d)
		closedir(d);
	hl_free(s->f->ctx, dir);
	return st;
}

static bool has_signature(const char *path, enum files_kind want)
{
	uint8_t head[8];
	const char *other;
	int fd = hl_open_quietly(path);
	ssize_t n = fd >= 0 ? pread(fd, head, sizeof(head), 0) : 0;

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(head) &&
	       hl_signature(head, sizeof(head), &other) == want;
}

/* A file behind a gap: is it really of this set? */
static bool belongs(const struct hl_files *f, const struct found *v,
                    uint64_t last)
{
	uint64_t top = 1;
	struct stat sb;

	if (f->kind == FILES_EWF || f->kind == FILES_EWF2)
		return has_signature(v->path, f->kind);
	if (stat(v->path, &sb) != 0 || !S_ISREG(sb.st_mode))
		return false;
	if (f->name.scheme == SEG_LETTERS)
		return (uint64_t)sb.st_size == f->seg[0].size ||
		       v->number == last + 2;
	for (unsigned i = 0; i < f->name.width; i++)
		top *= 10;
	return v->number < top || last + DIGITS_NEAR_END >= top;
}

static enum hl_status add_found(struct scan *s)
{
	struct hl_files *f = s->f;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t last = f->seg[f->n - 1].number;
		const struct found *v = &s->v[i];
		if (v->number == last ||
		    (v->number > last + 1 && !belongs(f, v, last)))
			continue;
		enum hl_status st = hl_files_add(f, v->path, v->number);
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

enum hl_status hl_files_set(struct hl_files *f)
{
	struct scan s = { .f = f };
	enum hl_status st;

	if (f->kind == FILES_OTHER)
		return HL_OK;
	choose_scheme(f);
	st = check_first(f);
	if (st != HL_OK || f->name.scheme == SEG_NONE)
		return st;
	f->seg[0].number = f->name.number;
	s.like = f->name;
	s.like.stem -= (size_t)(hl_path_base(f->seg[0].path) - f->seg[0].path);
	st = read_folder(&s);
	if (st == HL_OK && s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_number);
	if (st == HL_OK)
		st = add_found(&s);
	for (size_t i = 0; i < s.n; i++)
		hl_free(f->ctx, s.v[i].path);
	hl_free(f->ctx, s.v);
	return st;
}
