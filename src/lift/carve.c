/*
 * carve.c: which space is searched, and the list of what was found.
 *
 *	volumes   free clusters, then the slack of live files; all of one that
 *	          is not read
 *	gaps      what no volume covers
 *	or        the whole medium, but for what live hives own, and what can
 *	          only be read through its volume
 *
 * Then fragments are joined, live ones taken off, and the rest sorted by
 * place.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "lift/runs.h"
#include "base/banned.h"

/* Spaces of slack are numbered from here on, one for each file. */
#define SLACK_SPACES ((size_t)1 << 24)

const char *hl_carved_text(enum hl_carved_what what)
{
	static const char *const text[] = {
		[HL_CARVED_HIVE] = "hive",
		[HL_CARVED_BASE] = "base-block",
		[HL_CARVED_BINS] = "fragment",
		[HL_CARVED_LOG] = "log",
		[HL_CARVED_ENTRIES] = "log-entries",
		[HL_CARVED_OLD_LOG] = "old-log",
	};

	return (size_t)what < sizeof(text) / sizeof(*text) ? text[what] : "";
}

/* ---- one find ------------------------------------------------------------ */

struct carve_find *hl_carve_new(struct hl_carve *c, const struct carve_row *r,
                                enum hl_carved_what what)
{
	struct carve_find *f;

	if (c->n >= HL_MAX_CARVED) {
		hl_warn(&(struct hl_at){ c->ctx, r->src, HL_NO_OFFSET,
		                         "carve" },
		        "more than %d finds; the search ends here",
		        HL_MAX_CARVED);
		c->full = true;
		return NULL;
	}
	f = hl_zalloc(c->ctx, sizeof(*f));
	if (!f)
		return NULL;
	f->pub.what = what;
	f->pub.volume = r->volume;
	f->pub.where = r->where;
	f->base = r->base;
	f->space = r->space;
	return f;
}

void hl_carve_drop(struct hl_carve *c, struct carve_find *f)
{
	for (size_t i = 0; i < f->pub.n_decided; i++)
		hl_free(c->ctx, f->decided[i]);
	hl_free(c->ctx, f->pub.inside);
	hl_free(c->ctx, f->pub.belongs);
	hl_free(c->ctx, f->pub.output);
	hl_free(c->ctx, f->piece);
	hl_free(c->ctx, f);
}

void hl_carve_say(struct hl_carve *c, struct carve_find *f, const char *fmt,
                  ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (f->pub.n_decided == CARVE_WORDS)
		return;
	f->decided[f->pub.n_decided] = hl_strdup(c->ctx, text);
	f->pub.n_decided += f->decided[f->pub.n_decided] != NULL;
	f->pub.decided = (const char *const *)f->decided;
}

enum hl_status hl_carve_piece(struct hl_carve *c, struct carve_find *f,
                              const struct carve_piece *p)
{
	struct carve_piece *last = f->n_piece ? &f->piece[f->n_piece - 1]
	                                      : NULL;
	enum hl_status st;

	f->pub.size += p->len;
	if (last && !f->pub.packed && last->in_off + last->len == p->in_off) {
		last->len += p->len;
		last->in_len = last->len;
		return HL_OK;
	}
	st = hl_grow(c->ctx, (void **)&f->piece, &f->cap_piece, f->n_piece,
	             sizeof(*f->piece), HL_MAX_CARVE_PIECES);
	if (st == HL_OK)
		f->piece[f->n_piece++] = *p;
	return st;
}

enum hl_status hl_carve_pieces(struct hl_carve *c, struct carve_find *f,
                               const struct carve_row *r, uint64_t off,
                               uint64_t len)
{
	struct hl_at at = { c->ctx, r->src, off, "carve" };
	struct hl_extent e;

	while (len) {
		enum hl_status st = hl_src_map(r->src, off, &e);

		if (st == HL_NOMEM)
			return st;
		if (st != HL_OK || !e.in)
			return HL_LIMIT; /* a row is nothing but such */
		e.len = min_u64(e.len, len);
		st = hl_carve_piece(c, f, &(struct carve_piece){
			e.in_off, e.len, e.len });
		if (st == HL_LIMIT)
			hl_warn(&at, "a find in more than %d pieces is left "
			        "out", HL_MAX_CARVE_PIECES);
		if (st != HL_OK)
			return st;
		off += e.len;
		len -= e.len;
	}
	return HL_OK;
}

void hl_carve_cut(struct carve_find *f, uint64_t size)
{
	while (f->n_piece && f->pub.size > size) {
		struct carve_piece *p = &f->piece[f->n_piece - 1];
		uint64_t over = min_u64(f->pub.size - size, p->len);

		f->pub.size -= over;
		p->len -= over;
		if (!f->pub.packed)
			p->in_len = p->len;
		f->n_piece -= !p->len;
	}
}

enum hl_status hl_carve_keep(struct hl_carve *c, struct carve_find *f)
{
	enum hl_status st = hl_grow(c->ctx, (void **)&c->find, &c->cap, c->n,
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	                            sizeof(*c->find), HL_MAX_CARVED);

	if (st != HL_OK) {
		hl_carve_drop(c, f);
		return st;
	}
	f->pub.off = hl_src_image_offset(f->base, f->piece[0].in_off);
	c->find[c->n++] = f;
	return HL_OK;
}

/* ---- the order ----------------------------------------------------------- */

static int by_place(const void *va, const void *vb)
{
	const struct carve_find *a = *(struct carve_find *const *)va;
	const struct carve_find *b = *(struct carve_find *const *)vb;

	if (a->pub.off != b->pub.off)
		return a->pub.off < b->pub.off ? -1 : 1;
	if (a->pub.what != b->pub.what)
		return a->pub.what < b->pub.what ? -1 : 1;
	if (a->pub.size != b->pub.size)
		return a->pub.size > b->pub.size ? -1 : 1;
	return a->space < b->space ? -1 : a->space > b->space;
}

/* Where volumes overlap, one place is found twice. */
static bool same(const struct carve_find *a, const struct carve_find *b)
{
	return a->pub.off == b->pub.off && a->pub.what == b->pub.what &&
	       a->pub.size == b->pub.size && a->pub.off != HL_NO_OFFSET;
}

static void sort(struct hl_carve *c)
{
	size_t n = 0;

	if (c->n)
		/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		qsort(c->find, c->n, sizeof(*c->find), by_place);
	for (size_t i = 0; i < c->n; i++) {
		struct carve_find *f = c->find[i];

		if (f->used || (n && same(c->find[n - 1], f)))
			hl_carve_drop(c, f);
		else
			c->find[n++] = f;
	}
	c->n = n;
}

/* ---- where it is looked -------------------------------------------------- */

static enum hl_status volume(struct hl_carve *c, size_t i)
{
	const struct hl_volume *v = hl_disk_volume(c->disk, i);
	enum hl_status st;

	if (v->skipped || !v->src || v->rest)
		return HL_OK;
	if (!v->fs)
		return hl_carve_stretch(c, "volume", v, 0, v->len, i);
	st = hl_carve_free_space(c, v, i);
	return st == HL_OK ? hl_carve_slack(c, v, (i + 1) * SLACK_SPACES) : st;
}

static enum hl_status gaps(struct hl_carve *c)
{
	size_t first = hl_disk_count(c->disk);
	uint64_t off, len;
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK; i++) {
		st = hl_disk_gap(c->disk, i, &off, &len);
		if (st == HL_OK)
			st = hl_carve_stretch(c, "gap", NULL, off, len,
			                      first + i);
	}
	return st == HL_END ? HL_OK : st;
}

/* What does not lie on the medium as it is read: decrypted, put together of
 * several disks, or as it was when a shadow copy was made. */
static enum hl_status views(struct hl_carve *c)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (!v->skipped && v->src && (v->locked || v->in))
			st = hl_carve_stretch(c, "volume", v, 0,
			                      hl_src_size(v->src), i + 1);
	}
	return st;
}

static enum hl_status search(struct hl_carve *c)
{
	enum hl_status st = HL_OK;

	if (c->opts.all) {
		st = hl_carve_medium(c);
		return st == HL_OK ? views(c) : st;
	}
	for (size_t i = 0; st == HL_OK && i < hl_disk_count(c->disk); i++)
		st = volume(c, i);
	return st == HL_OK && !c->opts.volumes_only ? gaps(c) : st;
}

static enum hl_status find(struct hl_carve *c)
{
	enum hl_status st;

	c->buf = hl_alloc(c->ctx, CARVE_BUF);
	if (!c->buf)
		return HL_NOMEM;
	c->total = c->opts.all && !c->opts.volumes_only ?
	           hl_src_size(hl_disk_image(c->disk)) : 0;
	st = search(c);
	if (st == HL_OK)
		st = hl_carve_split(c);
	if (st == HL_OK)
		st = hl_carve_join(c);
	if (st == HL_OK)
		sort(c);
	if (st == HL_OK)
		st = hl_carve_owners(c);
	if (st == HL_OK)
		sort(c);
	return st == HL_OK ? hl_carve_belongs(c) : st;
}

enum hl_status hl_carve_find(struct hl_carve **out, struct hl_disk *disk,
                             const struct hl_carve_opts *opts,
                             const struct hl_ctx *ctx)
{
	struct hl_carve *c = hl_zalloc(ctx, sizeof(*c));
	enum hl_status st;

	*out = NULL;
	if (!c)
		return HL_NOMEM;
	c->ctx = ctx;
	c->disk = disk;
	c->opts = *opts;
	st = find(c);
	hl_free(ctx, c->buf);
	hl_free(ctx, c->unit);
	c->buf = c->unit = NULL;
	for (size_t i = 0; i < c->n; i++)
		c->find[i]->pub.whole &= !c->find[i]->loose;
	if (st == HL_CANCELLED)
		sort(c);
	if (st != HL_OK && st != HL_CANCELLED) {
		hl_carve_free(c);
		return st;
	}
	*out = c;
	return st;
}

void hl_carve_free(struct hl_carve *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		hl_carve_drop(c, c->find[i]);
	hl_free(c->ctx, c->find);
	hl_free(c->ctx, c);
}

size_t hl_carve_count(const struct hl_carve *c)
{
	return c->n;
}

struct hl_carved *hl_carve_get(struct hl_carve *c, size_t i)
{
	return i < c->n ? &c->find[i]->pub : NULL;
}

enum hl_status hl_carve_open(struct hl_src **out, struct hl_carve *c,
                             size_t i)
{
	return hl_carve_src(out, c->find[i], c->ctx);
}

uint64_t hl_carve_searched(const struct hl_carve *c)
{
	return c->searched;
}

uint64_t hl_carve_live(const struct hl_carve *c)
{
	return c->live;
}
