/* layout.c: see layout.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "lift/buf.h"
#include "lift/layout.h"
#include "lift/names.h"
#include "base/banned.h"

/* Bytes of each part: two, the rest and ".txt" stay below 255. */
#define PART_BYTES 100

struct place {
	struct hl_buf name;
	size_t n_volume; /* of name: where a number goes */
	const char *path;
	size_t i;
};

struct hl_layout {
	const struct hl_ctx *ctx;
	struct place *at;
	size_t n;
};

/* What is one thing when it is read back: "%XX", or a character. */
static size_t step(const char *s)
{
	size_t n = 1;

	if (*s == '%')
		return 3;
	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* A part that fits; of a hive's own name the end is what matters. */
static bool add_cut(struct hl_buf *b, const char *s, size_t n, bool end)
{
	size_t from = 0, len = 0;

	while (end && n - from > PART_BYTES)
		from += step(s + from);
	while (len < n - from && len + step(s + from + len) <= PART_BYTES)
		len += step(s + from + len);
	return hl_buf_add(b, s + from, len);
}

/* hl_name_escape, and what would part words or names; in one piece. */
static bool add_part(struct hl_buf *b, const uint16_t *u, size_t n_units,
                     bool user)
{
	static const char hex[] = "0123456789ABCDEF";
	char raw[HL_ESCAPED_BYTES(HL_NAME_UNITS)];
	char out[3 * sizeof(raw)];
	size_t n = 0;

	hl_name_escape(raw, sizeof(raw), u, n_units, false);
	for (const char *s = raw; *s; s++) {
		if (s[0] == '%' && s[1] == '+') { /* and the '/' behind it */
			s += 2;
		} else if (*s == ' ' || (user && *s == '_')) {
			out[n++] = '%';
			out[n++] = hex[*s >> 4];
			out[n++] = hex[*s & 15];
		} else {
			out[n++] = *s;
		}
	}
	out[n] = '\0';
	return add_cut(b, out, n, !user);
}

static bool add_user(struct hl_buf *b, const struct hl_hive *h)
{
	uint16_t u[HL_NAME_UNITS];
	size_t n;

	if (!h->user) /* would its own name be read as a user's? */
		return !strchr(h->entry.name, '_') || hl_buf_text(b, "%-_");
	n = hl_utf16_from8(u, HL_NAME_UNITS, h->user);
	if (n == SIZE_MAX)
		n = 0;
	return add_part(b, u, n, true) && hl_buf_text(b, "_");
}

static bool make(struct place *p, const struct hl_hive *h)
{
	bool deleted = (h->entry.flags & HL_ENTRY_DELETED) != 0;

	if (!hl_buf_text(&p->name, "v") ||
	    !hl_buf_text(&p->name, h->volume->id) ||
	    (deleted && !hl_buf_text(&p->name, ".deleted")))
		return false;
	p->n_volume = p->name.n;
	p->path = h->path;
	return hl_buf_text(&p->name, "_") && add_user(&p->name, h) &&
	       add_part(&p->name, h->entry.name16, h->entry.n_name16, false);
}

static int by_name(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	size_t n_x = strlen(x->path), n_y = strlen(y->path);
	int d = hl_casecmp(x->name.p, y->name.p);

	if (d == 0)
		d = (n_x > n_y) - (n_x < n_y);
	if (d == 0)
		d = strcmp(x->path, y->path);
	return d ? d : (x->i > y->i) - (x->i < y->i);
}

static int by_number(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->i > y->i) - (x->i < y->i);
}

static bool number(struct place *p, size_t k)
{
	struct hl_buf full = { .ctx = p->name.ctx };
	char text[32];

	snprintf(text, sizeof(text), "%%~%zu", k);
	if (!hl_buf_add(&full, p->name.p, p->n_volume) ||
	    !hl_buf_text(&full, text) ||
	    !hl_buf_text(&full, p->name.p + p->n_volume)) {
		hl_buf_free(&full);
		return false;
	}
	hl_buf_free(&p->name);
	p->name = full;
	return true;
}

/* Sorted: those of one name stand together, the first keeps it. */
static bool part_equal(struct hl_layout *l)
{
	for (size_t i = 0, k; i < l->n; i += k) {
		k = 1;
		while (i + k < l->n && !hl_casecmp(l->at[i].name.p,
		                                   l->at[i + k].name.p)) {
			if (!number(&l->at[i + k], k + 1))
				return false;
			k++;
		}
	}
	return true;
}

enum hl_status hl_layout_list(struct hl_layout **out,
                              struct hl_hive *const *hives, size_t n,
                              const struct hl_ctx *ctx)
{
	struct hl_layout *l = hl_zalloc(ctx, sizeof(*l));

	*out = NULL;
	if (!l)
		return HL_NOMEM;
	l->ctx = ctx;
	l->at = hl_alloc_array(ctx, n ? n : 1, sizeof(*l->at));
	for (; l->at && l->n < n; l->n++) {
		struct place *p = &l->at[l->n];

		*p = (struct place){ .name.ctx = ctx, .i = l->n };
		if (!make(p, hives[l->n])) {
			hl_buf_free(&p->name);
			break;
		}
	}
	if (!l->at || l->n < n)
		goto nomem;
	qsort(l->at, n, sizeof(*l->at), by_name);
	if (!part_equal(l))
		goto nomem;
	qsort(l->at, n, sizeof(*l->at), by_number);
	*out = l;
	return HL_OK;
nomem:
	hl_layout_free(l);
	return HL_NOMEM;
}

enum hl_status hl_layout_new(struct hl_layout **out, struct hl_hives *hives,
                             const struct hl_ctx *ctx)
{
	size_t n = hl_hives_count(hives);
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	struct hl_hive **list = hl_alloc_array(ctx, n ? n : 1, sizeof(*list));
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	for (size_t i = 0; list && i < n; i++)
		list[i] = hl_hives_get(hives, i);
	if (list)
		st = hl_layout_list(out, list, n, ctx);
	hl_free(ctx, list);
	return st;
}

const char *hl_layout_name(const struct hl_layout *l, size_t i)
{
	return l->at[i].name.p;
}

void hl_layout_free(struct hl_layout *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		hl_buf_free(&l->at[i].name);
	hl_free(l->ctx, l->at);
	hl_free(l->ctx, l);
}
