/*
 * trail_find.c: the trail of a path as a user wrote it, in the names the
 * volume has: case, long names, and records named by number.
 */
#include <string.h>

#include "base/limits.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static bool is_sep(char c)
{
	return c == '/' || c == '\\';
}

/* A copy is named by the long name, also when the short one was asked for. */
static enum hl_status add_long(struct hl_trail *t, struct hl_fs *fs,
                               struct hl_entry *e)
{
	struct hl_entry full;
	enum hl_status st;

	if (!(e->flags & HL_ENTRY_SHORT_NAME))
		return hl_trail_add(t, e);
	st = hl_fs_entry(fs, &e->ref, &full);
	if (st == HL_OK)
		*e = full;
	return st == HL_NOMEM || st == HL_CANCELLED ? st : hl_trail_add(t, e);
}

/*
 * The folders above e, from the root down: each round climbs to the one that
 * is not in the trail yet.  That is quadratic in the depth, which is small,
 * and needs no list.
 */
static enum hl_status nth_above(struct hl_fs *fs, const struct hl_entry *e,
                                uint64_t root, size_t n, struct hl_entry *out)
{
	*out = *e;
	while (n--) {
		struct hl_ref up = out->parent;
		enum hl_status st;

		if (out->ref.id == root || up.id == out->ref.id)
			return HL_END;
		st = hl_fs_entry(fs, &up, out);
		if (st != HL_OK)
			return st == HL_END ? HL_CORRUPT : st;
	}
	return HL_OK;
}

/* HL_CORRUPT: it does not lead up to the root. */
static enum hl_status depth_of(struct hl_fs *fs, const struct hl_entry *e,
                               uint64_t root, size_t *depth)
{
	struct hl_entry at = *e;

	for (*depth = 0; *depth < HL_MAX_DEPTH; ++*depth) {
		enum hl_status st;

		if (at.ref.id == root)
			return HL_OK;
		struct hl_ref up = at.parent;
		st = hl_fs_entry(fs, &up, &at);
		if (st != HL_OK)
			return st == HL_END ? HL_CORRUPT : st;
		if (at.type != HL_DIR)
			return HL_CORRUPT;
	}
	return HL_CORRUPT;
}

static enum hl_status climb(struct hl_trail *t, struct hl_fs *fs,
                            const struct hl_entry *e)
{
	struct hl_entry root, at;
	enum hl_status st = hl_fs_root(fs, &root);
	size_t depth = 0;

	if (st == HL_OK)
		st = depth_of(fs, e, root.ref.id, &depth);
	if (st == HL_CORRUPT || (e->flags & HL_ENTRY_DELETED))
		return hl_trail_gone(t, fs, e);
	while (st == HL_OK && depth--) {
		st = nth_above(fs, e, root.ref.id, depth, &at);
		if (st == HL_OK)
			st = add_long(t, fs, &at);
	}
	return st;
}

/* "@N" or "@N-S" at the beginning. */
static enum hl_status by_number(struct hl_trail *t, struct hl_fs *fs,
                                const char *s, size_t n, struct hl_entry *out)
{
	char text[64];
	enum hl_status st;

	if (n >= sizeof(text))
		return HL_END;
	memcpy(text, s, n);
	text[n] = '\0';
	st = hl_fs_find(fs, text, out);
	return st == HL_OK ? climb(t, fs, out) : st;
}

static enum hl_status down(struct hl_trail *t, struct hl_fs *fs,
                           const char *s, size_t n, struct hl_entry *e)
{
	char name[HL_NAME_BYTES];
	struct hl_ref dir = e->ref;
	enum hl_status st;

	if (n == 1 && *s == '.')
		return HL_OK;
	if (n >= sizeof(name) || e->type == HL_FILE)
		return HL_END;
	memcpy(name, s, n);
	name[n] = '\0';
	st = hl_fs_lookup(fs, &dir, name, e);
	return st == HL_OK ? add_long(t, fs, e) : st;
}

enum hl_status hl_trail_find(struct hl_trail *t, struct hl_fs *fs,
                             const char *path, size_t n, struct hl_entry *out)
{
	enum hl_status st = hl_fs_root(fs, out);
	size_t i = 0;

	if (n >= 2 && path[1] == ':' && (n == 2 || is_sep(path[2])))
		i = 2;
	for (bool first = true; st == HL_OK && i < n; first = false) {
		size_t from;

		while (i < n && is_sep(path[i]))
			i++;
		from = i;
		while (i < n && !is_sep(path[i]))
			i++;
		if (i == from)
			break;
		if (first && path[from] == '@' && from == 0 &&
		    hl_fs_info(fs)->has_records)
			st = by_number(t, fs, path + from, i - from, out);
		else
			st = down(t, fs, path + from, i - from, out);
	}
	return st;
}
