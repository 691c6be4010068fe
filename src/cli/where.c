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

static bool take(struct where *out, struct hl_volume *v,
                 const struct hl_entry *e, const struct hl_path *path,
                 const char *stream)
{
	size_t n = strlen(stream);

	out->volume = v;
	out->entry = *e;
	/* "name::$DATA" and "name:s:$DATA" are how Windows spells it */
	out->path = plain(path, !*stream && !path->stream);
	out->stream = copy(stream, n);
	return out->path && out->stream;
}

/* Every volume is asked; more than one answer is no answer. */
static bool ambiguous(struct cli *c, const char *path, char *list)
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

bool where_find(struct cli *c, const char *arg, struct where *out)
{
	struct hl_path path;
	char list[512] = "";
	unsigned found = 0;
	bool damaged = false, ok = true, there;

	*out = (struct where){ NULL, .path = NULL };
	if (hl_path_parse(arg, &path) != HL_OK) {
		msg_error(c, "%s: no such volume", arg);
		return false;
	}
	there = !path.volume[0];
	for (size_t i = 0; ok && i < hl_disk_count(c->disk); i++) {
		struct hl_volume *v = hl_disk_volume(c->disk, i);
		struct hl_entry e;
		const char *stream = "";

		there |= volume_matches(v, path.volume);
		if (!v->fs || !volume_matches(v, path.volume))
			continue;
		enum hl_status st = hl_fs_find_path(v->fs, &path, &e, &stream);
		if (st == HL_CANCELLED || st == HL_NOMEM) {
			msg_error(c, "%s", show_status(c, st));
			ok = false;
		} else if (st == HL_OK) {
			size_t n = strlen(list);

			snprintf(list + n, sizeof(list) - n, " %s:%s", v->id,
			         path.path);
			ok = found++ || take(out, v, &e, &path, stream);
		} else if (st != HL_END) {
			damaged = true;
		}
	}
	if (!there)
		msg_error(c, "there is no volume %s", path.volume);
	else if (ok && !found)
		not_found(c, arg, damaged);
	else if (ok && found > 1)
		ambiguous(c, path.path, list);
	if (ok && found == 1)
		return true;
	where_free(out);
	return false;
}

void where_free(struct where *w)
{
	free(w->path);
	free(w->stream);
	w->path = w->stream = NULL;
}
