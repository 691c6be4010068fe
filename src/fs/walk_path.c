/*
 * walk_path.c: see walk_path.h.
 *
 *	s  "/Users/alice/\uFFFD"      what a line of text shows
 *	u  /Users/alice/<D800>        what is written on the volume
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/walk_path.h"

static enum hl_status reserve(struct hl_walk_path *p, size_t n, size_t n16)
{
	if (n > p->cap) {
		char *s = hl_realloc(p->ctx, p->s, n * 2);

		if (!s)
			return HL_NOMEM;
		p->s = s;
		p->cap = n * 2;
	}
	if (n16 > p->cap16) {
		uint16_t *u = hl_realloc(p->ctx, p->u, n16 * 2 * sizeof(*u));

		if (!u)
			return HL_NOMEM;
		p->u = u;
		p->cap16 = n16 * 2;
	}
	return HL_OK;
}

/* Is the last name of the path that of the entry?  Not in "/@42". */
static bool names(const char *path, size_t n, const struct hl_entry *e)
{
	size_t n_name = strlen(e->name);

	return n > n_name && path[n - n_name - 1] == '/' &&
	       !memcmp(path + n - n_name, e->name, n_name);
}

size_t hl_path_units(uint16_t *dst, const char *path,
                     const struct hl_entry *last)
{
	size_t max = strlen(path) + HL_NAME_UNITS, n;

	n = hl_utf16_from8(dst, max, path);
	if (n == SIZE_MAX || !(last->flags & HL_ENTRY_BAD_NAME) ||
	    !names(path, strlen(path), last))
		return n;
	while (n && dst[n - 1] != '/')
		n--;
	memcpy(dst + n, last->name16, last->n_name16 * sizeof(*dst));
	return n + last->n_name16;
}

enum hl_status hl_walk_path_init(struct hl_walk_path *p, const char *path,
                                 const struct hl_entry *from,
                                 const struct hl_ctx *ctx)
{
	size_t n = strlen(path);
	enum hl_status st;

	*p = (struct hl_walk_path){ .ctx = ctx };
	while (n && path[n - 1] == '/')
		n--;
	if (n >= HL_MAX_PATH)
		return HL_LIMIT;
	st = reserve(p, n + 1, n + HL_NAME_UNITS);
	if (st != HL_OK)
		return st;
	memcpy(p->s, path, n);
	p->s[n] = '\0';
	p->at.n = n;
	p->at.n16 = hl_path_units(p->u, p->s, from);
	if (p->at.n16 == SIZE_MAX)
		p->at.n16 = 0; /* only what a user typed; names are UTF-8 */
	p->at.bad = (from->flags & HL_ENTRY_BAD_NAME) && names(p->s, n, from);
	return HL_OK;
}

enum hl_status hl_walk_path_add(struct hl_walk_path *p,
                                const struct hl_entry *e)
{
	size_t n = strlen(e->name);
	enum hl_status st;

	if (n + 2 > HL_MAX_PATH - p->at.n)
		return HL_LIMIT;
	st = reserve(p, p->at.n + n + 2, p->at.n16 + e->n_name16 + 1u);
	if (st != HL_OK)
		return st;
	p->s[p->at.n++] = '/';
	memcpy(p->s + p->at.n, e->name, n + 1);
	p->at.n += n;
	p->u[p->at.n16++] = '/';
	memcpy(p->u + p->at.n16, e->name16, e->n_name16 * sizeof(*p->u));
	p->at.n16 += e->n_name16;
	p->at.bad = p->at.bad || (e->flags & HL_ENTRY_BAD_NAME);
	return HL_OK;
}

void hl_walk_path_cut(struct hl_walk_path *p, struct hl_path_mark at)
{
	p->at = at;
	p->s[at.n] = '\0';
}

void hl_walk_path_free(struct hl_walk_path *p)
{
	hl_free(p->ctx, p->s);
	hl_free(p->ctx, p->u);
	*p = (struct hl_walk_path){ .ctx = p->ctx };
}
