/*
 * where.c: a PATH of the command line -> the one volume that has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"

bool volume_matches(const struct hl_volume *v, const char *id)
{
	return !*id || !strcmp(v->id, id);
}

static char *copy(const char *s, size_t n)
{
	char *p = malloc(n + 1);

	if (p) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

/* The path as we print it: '/' first, '/' between, no drive letter. */
static char *plain(const struct hl_path *path, bool with_stream)
{
	const char *s = path->path;
	size_t n = with_stream ? strlen(s) : path->n_base;

	if (n >= 2 && s[1] == ':' &&
	    ((s[0] | 0x20) >= 'a' && (s[0] | 0x20) <= 'z')) {
		s += 2;
		n -= 2;
	}
	bool slash = !n || (*s != '/' && *s != '\\' && *s != '@');
	char *p = malloc(n + slash + 1);
	if (!p)
		return NULL;
	p[0] = '/';
	memcpy(p + slash, s, n);
	n += slash;
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\\')
			p[i] = '/';
	while (n > 1 && p[n - 1] == '/')
		n--;
	p[n] = '\0';
	return p;
}

/* "name:", which asks for the unnamed stream, and is not the name itself. */
static bool ends_with_colon(const struct hl_path *path,
                            const struct hl_entry *e)
{
	size_t n = strlen(e->name);

	return path->stream && !*path->stream && (!n || e->name[n - 1] != ':');
}

static bool take(struct where *out, struct hl_volume *v,
                 const struct hl_entry *e, const struct hl_path *path,
                 const char *stream)
{
	bool colon = ends_with_colon(path, e);

	out->volume = v;
	out->entry = *e;
	out->path = plain(path, !*stream && !colon);
	out->stream = copy(stream, strlen(stream));
	out->asked = copy(path->path, colon ? path->n_base :
	                              strlen(path->path));
	return out->path && out->stream && out->asked;
}

/* Every volume is asked; more than one answer is no answer. */
static bool ambiguous(struct cli *c, const char *path,
                      const char *list)
{
	msg_error(c, "%s is on several volumes, say which:%s", path, list);
	return false;
}

static bool not_found(struct cli *c, const char *arg, bool damaged)
{
	msg_error(c, "%s: %s", arg, damaged
	          ? "cannot be found, the way there is damaged" : "not found");
	coverage_looked_in(c, arg);
	return false;
}

/* What all volumes have said of one path. */
struct answers {
	char list[512];
	unsigned found;
	bool there, damaged, no_stream;
};

/* HL_END: the file is there, and no such stream of it. */
static enum hl_status ask(struct hl_volume *v, const struct hl_path *path,
                          struct hl_entry *e, const char **stream, bool *file)
{
	enum hl_status st = hl_fs_find_path(v->fs, path, e, stream);
	struct hl_src *src;

	*file = st == HL_OK;
	if (st != HL_OK || !**stream)
		return st;
	st = hl_fs_stream(&src, v->fs, &e->ref, *stream, HL_STREAM_RAW);
	if (st == HL_OK)
		hl_src_close(src);
	/* what cannot be opened is said by whoever wants what is in it */
	return st == HL_END || st == HL_CANCELLED || st == HL_NOMEM ? st :
	                                                              HL_OK;
}

static bool add(struct answers *a, struct where *out, struct hl_volume *v,
                const struct hl_entry *e, const struct hl_path *path,
                const char *stream)
{
	size_t n = strlen(a->list);

	snprintf(a->list + n, sizeof(a->list) - n, " %s:%s", v->id,
	         path->path);
	return a->found++ || take(out, v, e, path, stream);
}

/* false: said, or stopped */
static bool look(struct cli *c, const struct hl_path *path,
                 struct answers *a, struct where *out)
{
	bool ok = true, file;

	for (size_t i = 0; ok && i < hl_disk_count(c->disk); i++) {
		struct hl_volume *v = hl_disk_volume(c->disk, i);
		struct hl_entry e;
		const char *stream = "";

		a->there |= volume_matches(v, path->volume);
		if (!v->fs || !volume_matches(v, path->volume))
			continue;
		enum hl_status st = ask(v, path, &e, &stream, &file);
		if (st == HL_CANCELLED || st == HL_NOMEM) {
			msg_error(c, "%s", show_status(c, st));
			ok = false;
		} else if (st == HL_OK) {
			ok = add(a, out, v, &e, path, stream);
		} else if (st == HL_END) {
			a->no_stream |= file;
		} else {
			a->damaged = true;
		}
	}
	return ok;
}

/* "name:s:$DATA" and "name::$DATA" are how Windows spells it; the rest for
 * free(), NULL: not so, or no memory. */
static char *without_type(const char *arg)
{
	static const char type[] = ":$data";
	size_t n = strlen(arg), k = sizeof(type) - 1;

	if (n <= k)
		return NULL;
	for (size_t i = 0; i < k; i++)
		if ((arg[n - k + i] | (type[i] >= 'a' ? 0x20 : 0)) != type[i])
			return NULL;
	return copy(arg, n - k);
}

static bool one_answer(struct cli *c, const char *arg,
                       const struct hl_path *path, const struct answers *a)
{
	if (path->volume[0] && !a->there)
		msg_error(c, "there is no volume %s", path->volume);
	else if (!a->found && a->no_stream)
		msg_error(c, "%s: no such stream", arg);
	else if (!a->found)
		not_found(c, arg, a->damaged);
	else if (a->found > 1)
		ambiguous(c, path->path, a->list);
	return a->found == 1;
}

bool where_find(struct cli *c, const char *arg, struct where *out)
{
	struct answers a = { .found = 0 };
	struct hl_path path;

	*out = (struct where){ NULL, .path = NULL };
	if (hl_path_parse(arg, &path) != HL_OK) {
		msg_error(c, "%s: no such volume", arg);
		return false;
	}
	char *rest = without_type(arg);
	bool ok = look(c, &path, &a, out);
	if (ok && !a.found && rest && hl_path_parse(rest, &path) == HL_OK)
		ok = look(c, &path, &a, out);
	ok = ok && one_answer(c, arg, &path, &a);
	free(rest);
	if (!ok)
		where_free(out);
	return ok;
}

void where_free(struct where *w)
{
	free(w->path);
	free(w->stream);
	free(w->asked);
	w->path = w->stream = w->asked = NULL;
}
