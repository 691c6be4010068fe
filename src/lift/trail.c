/*
 * trail.c: the path of a file, two ways at once: as people read it, with
 * U+FFFD where a name is not valid UTF-16, and as it is written, escaped so
 * that the exact name comes back.
 *
 *	path  "/Windows/System32/config/SYSTEM"
 *	rel   "v3/Windows/System32/config/SYSTEM"
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "lift/lift_impl.h"
#include "lift/names.h"
#include "base/banned.h"

/* "name:stream" */
#define UNITS (2 * HL_NAME_UNITS + 1)

enum hl_status hl_trail_init(struct hl_trail *t, const struct hl_volume *v,
                             const struct hl_ctx *ctx)
{
	*t = (struct hl_trail){ .path.ctx = ctx, .rel.ctx = ctx };
	if (hl_buf_set(&t->path, "") && hl_buf_set(&t->rel, "v") &&
	    hl_buf_text(&t->rel, v->id)) {
		t->n_root = t->rel.n;
		return HL_OK;
	}
	hl_trail_free(t);
	return HL_NOMEM;
}

enum hl_status hl_trail_copy(struct hl_trail *t, const struct hl_trail *from,
                             const struct hl_ctx *ctx)
{
	*t = *from;
	t->path = t->rel = (struct hl_buf){ .ctx = ctx };
	if (hl_buf_set(&t->path, from->path.p) &&
	    hl_buf_set(&t->rel, from->rel.p))
		return HL_OK;
	hl_trail_free(t);
	return HL_NOMEM;
}

void hl_trail_free(struct hl_trail *t)
{
	hl_buf_free(&t->path);
	hl_buf_free(&t->rel);
}

static enum hl_status add_units(struct hl_trail *t, const uint16_t *u,
                                size_t n, bool top)
{
	char escaped[HL_ESCAPED_BYTES(UNITS)];

	t->above = t->rel.n;
	hl_name_escape(escaped, sizeof(escaped), u, n, top);
	if (hl_buf_text(&t->rel, "/") && hl_buf_text(&t->rel, escaped))
		return HL_OK;
	return HL_NOMEM;
}

enum hl_status hl_trail_add(struct hl_trail *t, const struct hl_entry *e)
{
	bool top = t->path.n == 0 && !t->deleted;

	if (!hl_buf_text(&t->path, "/") || !hl_buf_text(&t->path, e->name))
		return HL_NOMEM;
	t->bad_name |= (e->flags & HL_ENTRY_BAD_NAME) != 0;
	return add_units(t, e->name16, e->n_name16, top);
}

/* A name we only have as UTF-8; what is none is taken byte by byte. */
static enum hl_status add_text(struct hl_trail *t, const char *s, size_t n)
{
	char name[HL_NAME_BYTES];
	uint16_t u[HL_NAME_BYTES];
	bool top = t->path.n == 0 && !t->deleted;
	size_t n_units;

	if (n >= sizeof(name))
		n = sizeof(name) - 1;
	memcpy(name, s, n);
	name[n] = '\0';
	n_units = hl_utf16_from8(u, HL_NAME_UNITS, name);
	if (n_units == SIZE_MAX) {
		n_units = n < HL_NAME_UNITS ? n : HL_NAME_UNITS;
		for (size_t i = 0; i < n_units; i++)
			u[i] = (unsigned char)name[i];
	}
	if (!hl_buf_text(&t->path, "/") || !hl_buf_text(&t->path, name))
		return HL_NOMEM;
	return add_units(t, u, n_units, top);
}

enum hl_status hl_trail_text(struct hl_trail *t, const char *path,
                             const struct hl_entry *last)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && *path) {
		size_t n = strcspn(path, "/");

		if (n && !path[n] && strlen(last->name) == n &&
		    !memcmp(path, last->name, n))
			return hl_trail_add(t, last);
		if (n)
			st = add_text(t, path, n);
		path += n + (path[n] == '/');
	}
	return st;
}

enum hl_status hl_trail_stream(struct hl_trail *t, const char *stream,
                               const struct hl_entry *e)
{
	uint16_t u[UNITS];
	size_t n = t->above ? e->n_name16 : 0, n_stream;

	memcpy(u, e->name16, n * sizeof(*u));
	u[n++] = ':';
	n_stream = hl_utf16_from8(u + n, UNITS - n, stream);
	if (n_stream == SIZE_MAX)
		n_stream = 0; /* the path still has its bytes */
	if ((t->path.n == 0 && !hl_buf_text(&t->path, "/")) ||
	    !hl_buf_text(&t->path, ":") || !hl_buf_text(&t->path, stream))
		return HL_NOMEM;
	if (t->above) /* the root's own streams lie in the volume's folder */
		hl_buf_cut(&t->rel, t->above);
	return add_units(t, u, n + n_stream, t->above == t->n_root);
}

enum hl_status hl_trail_deleted(struct hl_trail *t, const struct hl_entry *e)
{
	char text[64];

	snprintf(text, sizeof(text), "/$Deleted/%" PRIu64 "-%" PRIu32,
	         e->ref.id, e->ref.seq);
	t->deleted = true;
	if (!hl_buf_text(&t->rel, text))
		return HL_NOMEM;
	t->n_root = t->rel.n;
	return HL_OK;
}

enum hl_status hl_trail_gone(struct hl_trail *t, struct hl_fs *fs,
                             const struct hl_entry *e)
{
	char *path = hl_alloc(t->path.ctx, HL_MAX_PATH);
	bool orphan = false;
	enum hl_status st = path ? hl_trail_deleted(t, e) : HL_NOMEM;

	if (st == HL_OK)
		st = hl_fs_path(fs, e, path, HL_MAX_PATH, &orphan);
	if (st == HL_OK)
		st = hl_trail_known(t, path, e, orphan);
	else if (st != HL_NOMEM && st != HL_CANCELLED)
		st = hl_trail_add(t, e);
	hl_free(t->path.ctx, path);
	return st;
}

/* What stands for "not known" is for people; on the disk it is no folder. */
enum hl_status hl_trail_known(struct hl_trail *t, const char *path,
                              const struct hl_entry *e, bool orphan)
{
	static const char lost[] = "/$Orphan";

	if (orphan && !strncmp(path, lost, sizeof(lost) - 1)) {
		if (!hl_buf_text(&t->path, lost))
			return HL_NOMEM;
		path += sizeof(lost) - 1;
	}
	return hl_trail_text(t, path, e);
}

uint16_t *hl_trail_utf16(const struct hl_trail *t, size_t *n_out,
                         const struct hl_ctx *ctx)
{
	const char *s = t->rel.p + t->n_root;
	size_t n = 0, max = t->rel.n + 2;
	uint16_t *u = hl_alloc_array(ctx, max, sizeof(*u));

	for (s += *s == '/'; u && *s && n < max;) {
		size_t k;

		u[n++] = '/';
		k = hl_name_unescape(u + n, max - n, &s);
		if (k == SIZE_MAX)
			break;
		n += k;
	}
	*n_out = n;
	return u;
}
