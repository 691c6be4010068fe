/*
 * walk.c: a folder, and on demand all below it, as one cursor.
 *
 * An explicit stack of open folders; a folder that was entered before is not
 * entered again, so a loop made of damaged entries ends, with a note.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli.h"

#define SKIPS_MAX 100000 /* damaged entries in one folder before we give up */

struct level {
	struct hl_fs_iter *it;
	size_t n8, n16; /* of the folder's own path */
	bool bad;       /* the path is not valid UTF-16 so far */
	unsigned skips;
};

struct walk {
	struct cli *c;
	struct hl_fs *fs;
	unsigned how;
	struct level *stack;
	size_t depth, cap;
	char *path;
	uint16_t *path16;
	char *hex;
	bool bad, pending; /* pending: the last entry is a folder to enter */
	struct hl_ref next;
	uint64_t *seen; /* folders entered: id + 1 */
	size_t n_seen, cap_seen;
	size_t n8, n16;
};

static void insert(uint64_t *set, size_t cap, uint64_t v)
{
	size_t i = (size_t)(v * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);

	while (set[i])
		i = (i + 1) & (cap - 1);
	set[i] = v;
}

static bool contains(const uint64_t *set, size_t cap, uint64_t v)
{
	size_t i = (size_t)(v * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);

	while (cap && set[i] && set[i] != v)
		i = (i + 1) & (cap - 1);
	return cap && set[i];
}

static enum hl_status remember(struct walk *w, uint64_t id)
{
	if (contains(w->seen, w->cap_seen, id + 1))
		return HL_END;
	if (2 * (w->n_seen + 1) > w->cap_seen) {
		size_t cap = w->cap_seen ? 2 * w->cap_seen : 256;
		uint64_t *set = calloc(cap, sizeof(*set));

		if (!set)
			return HL_NOMEM;
		for (size_t i = 0; i < w->cap_seen; i++)
			if (w->seen[i])
				insert(set, cap, w->seen[i]);
		free(w->seen);
		w->seen = set;
		w->cap_seen = cap;
	}
	insert(w->seen, w->cap_seen, id + 1);
	w->n_seen++;
	return HL_OK;
}

static enum hl_status push(struct walk *w, const struct hl_ref *dir)
{
	enum hl_status st = remember(w, dir->id);

	if (st == HL_END)
		note_loss(w->c, NULL, HL_NO_OFFSET, w->path,
		          "folder met a second time (a loop), not entered");
	if (st == HL_OK && w->depth == HL_MAX_DEPTH) {
		note_loss(w->c, NULL, HL_NO_OFFSET, w->path,
		          "folders nested too deep, not entered");
		st = HL_END;
	}
	if (st != HL_OK)
		return st;
	if (w->depth == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 16;
		struct level *p = realloc(w->stack, cap * sizeof(*p));

		if (!p)
			return HL_NOMEM;
		w->stack = p;
		w->cap = cap;
	}
	struct level *l = &w->stack[w->depth];
	*l = (struct level){ NULL, w->n8, w->n16, w->bad, 0 };
	st = hl_fs_list(&l->it, w->fs, dir, w->how);
	if (st == HL_OK)
		w->depth++;
	return st;
}

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

enum hl_status walk_open(struct walk **out, struct cli *c, struct hl_fs *fs,
                         const struct hl_entry *dir, const char *path,
                         unsigned how)
{
	struct walk *w = calloc(1, sizeof(*w));
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	if (!w)
		return HL_NOMEM;
	*w = (struct walk){ .c = c, .fs = fs, .how = how };
	w->path = malloc(HL_MAX_PATH + HL_NAME_BYTES + 2);
	w->path16 = malloc((HL_MAX_PATH + 2) * sizeof(*w->path16));
	if (w->path && w->path16 && strlen(path) < HL_MAX_PATH) {
		w->n8 = hl_copy(w->path, HL_MAX_PATH, path);
		while (w->n8 && w->path[w->n8 - 1] == '/')
			w->path[--w->n8] = '\0';
		w->n16 = hl_utf16_from8(w->path16, HL_MAX_PATH, w->path);
		if (w->n16 == SIZE_MAX)
			w->n16 = 0;
		st = push(w, &dir->ref);
	}
	if (st == HL_OK) {
		*out = w;
		return HL_OK;
	}
	walk_close(w);
	return st;
}

/* The entry's path behind that of its folder; false: no room. */
static bool append(struct walk *w, const struct level *l,
                   const struct hl_entry *e)
{
	size_t n = strlen(e->name);

	w->n8 = l->n8;
	w->n16 = l->n16;
	if (n + 2 > HL_MAX_PATH - l->n8 ||
	    e->n_name16 + 2u > HL_MAX_PATH - l->n16)
		return false;
	w->path[w->n8++] = '/';
	memcpy(w->path + w->n8, e->name, n + 1);
	w->n8 += n;
	w->path16[w->n16++] = '/';
	memcpy(w->path16 + w->n16, e->name16, 2u * e->n_name16);
	w->n16 += e->n_name16;
	w->bad = l->bad || (e->flags & HL_ENTRY_BAD_NAME);
	return true;
}

static enum hl_status enter(struct walk *w)
{
	enum hl_status st;

	w->pending = false;
	st = push(w, &w->next);
	if (fatal(st))
		return st;
	/* a folder that cannot be read was said and costs only itself */
	return HL_OK;
}

enum hl_status walk_next(struct walk *w, struct hl_entry *out)
{
	if (w->pending) {
		enum hl_status st = enter(w);

		if (st != HL_OK)
			return st;
	}
	while (w->depth) {
		struct level *l = &w->stack[w->depth - 1];
		enum hl_status st = hl_fs_next(l->it, out);

		if (fatal(st))
			return st;
		if (st == HL_CORRUPT && ++l->skips < SKIPS_MAX)
			continue;
		if (st != HL_OK) {
			hl_fs_iter_close(l->it);
			w->depth--;
			continue;
		}
		if (!append(w, l, out)) {
			note_loss(w->c, NULL, HL_NO_OFFSET, out->name,
			          "path longer than Windows allows, skipped");
			continue;
		}
		if (out->type == HL_DIR && w->c->o.recursive &&
		    !(out->flags & HL_ENTRY_SLACK)) {
			w->pending = true;
			w->next = out->ref;
		}
		return HL_OK;
	}
	return HL_END;
}

const char *walk_path(const struct walk *w)
{
	return w->path;
}

const char *walk_path16(struct walk *w)
{
	if (!w->bad)
		return NULL;
	free(w->hex);
	w->hex = malloc(w->n16 * 4 + 1);
	if (!w->hex)
		return NULL;
	for (size_t i = 0; i < w->n16; i++) {
		uint8_t le[2] = { (uint8_t)w->path16[i],
		                  (uint8_t)(w->path16[i] >> 8) };

		hl_hex(w->hex + 4 * i, le, 2);
	}
	return w->hex;
}

void walk_close(struct walk *w)
{
	if (!w)
		return;
	while (w->depth)
		hl_fs_iter_close(w->stack[--w->depth].it);
	free(w->stack);
	free(w->path);
	free(w->path16);
	free(w->hex);
	free(w->seen);
	free(w);
}
