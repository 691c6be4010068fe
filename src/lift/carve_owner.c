/*
 * carve_owner.c: which live file holds a find.
 *
 * One sweep over the files of each volume in which a find might be another's;
 * every stretch of theirs is looked up among the finds, which are few.  A find
 * in a file that begins with "regf" is a live hive, or its log, and is not
 * reported again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/carve_impl.h"
#include "lift/runs.h"
#include "base/banned.h"

struct owners {
	struct hl_carve *c;
	struct hl_src *leaf;
	char *path; /* HL_MAX_PATH */
};

/* Is a find to be asked for on that volume?  Also when its own map has said
 * that the place is free: the map may be wrong, or lost. */
static bool asked(const struct carve_find *f, const struct hl_volume *v)
{
	return f->pub.off != HL_NO_OFFSET && f->pub.off >= v->off &&
	       f->pub.off - v->off < v->len && !f->used;
}

static size_t first_from(const struct hl_carve *c, uint64_t off)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->find[mid]->pub.off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool begins_regf(const struct hl_volume *v, const struct hl_entry *e,
                        const char *name)
{
	struct hl_ranges bad;
	struct hl_src *src;
	uint8_t p[4] = { 0 };

	if (hl_fs_stream(&src, v->fs, &e->ref, name, HL_STREAM_LOOK) != HL_OK)
		return false;
	hl_ranges_clear(&bad);
	enum hl_status st = HL_END;
	if (hl_src_size(src) >= sizeof(p))
		st = hl_src_read(src, 0, p, sizeof(p), &bad);
	hl_src_close(src);
	return st == HL_OK && memcmp(p, "regf", 4) == 0;
}

static enum hl_status mark(struct owners *o, const struct hl_volume *v,
                           const struct hl_entry *e, const char *stream,
                           struct carve_find *f)
{
	struct hl_carve *c = o->c;
	enum hl_status st;

	if (begins_regf(v, e, stream)) {
		f->used = true;
		c->live++;
		return HL_OK;
	}
	if (f->pub.inside)
		return HL_OK;
	st = hl_fs_path(v->fs, e, o->path, HL_MAX_PATH, NULL);
	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	f->pub.inside = hl_asprintf(c->ctx, "%s:%s%s%s", v->id, o->path,
	                            *stream ? ":" : "", stream);
	if (!f->pub.inside)
		return HL_NOMEM;
	hl_carve_say(c, f, "lies inside a live file");
	return HL_OK;
}

/* The finds that begin in one stretch of the image. */
static enum hl_status stretch(struct owners *o, const struct hl_volume *v,
                              const struct hl_entry *e, const char *stream,
                              uint64_t off, uint64_t len)
{
	struct hl_carve *c = o->c;
	enum hl_status st = HL_OK;

	for (size_t i = first_from(c, off); st == HL_OK && i < c->n &&
	     c->find[i]->pub.off - off < len; i++)
		if (asked(c->find[i], v))
			st = mark(o, v, e, stream, c->find[i]);
	return st;
}

static enum hl_status each(void *user, const struct hl_volume *v,
                           const struct hl_entry *e,
                           const struct hl_stream_info *info)
{
	uint32_t cl = hl_fs_info(v->fs)->cluster_size;
	struct owners *o = user;
	struct hl_extent x;
	struct hl_src *src;
	uint64_t at = 0;
	enum hl_status st = hl_fs_stream(&src, v->fs, &e->ref, info->name,
	                                 HL_STREAM_RAW);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	while (st == HL_OK && at < hl_src_size(src) &&
	       hl_src_locate(src, at, &x) == HL_OK && x.len) {
		at += x.len;
		if (x.in != o->leaf)
			continue;
		if (at == hl_src_size(src) && cl) /* its slack too */
			x.in_len = (x.in_len + cl - 1) / cl * cl;
		st = stretch(o, v, e, info->name, x.in_off, x.in_len);
	}
	hl_src_close(src);
	return st;
}

static bool any(const struct hl_carve *c, const struct hl_volume *v)
{
	for (size_t i = 0; i < c->n; i++)
		if (asked(c->find[i], v))
			return true;
	return false;
}

/* The volume a find lies in, when the whole medium was searched. */
static void place(struct hl_carve *c)
{
	for (size_t k = 0; k < c->n; k++) {
		struct hl_carved *p = &c->find[k]->pub;

		for (size_t i = 0; !p->volume && i < hl_disk_count(c->disk);
		     i++) {
			const struct hl_volume *v = hl_disk_volume(c->disk, i);

			if (p->off >= v->off && p->off - v->off < v->len)
				p->volume = v;
		}
	}
}

enum hl_status hl_carve_owners(struct hl_carve *c)
{
	struct owners o = { .c = c };
	enum hl_status st = HL_OK;

	o.leaf = hl_runs_leaf(hl_disk_image(c->disk));
	o.path = hl_alloc(c->ctx, HL_MAX_PATH);
	if (!o.path)
		return HL_NOMEM;
	for (size_t i = 0; st == HL_OK && i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (v->fs && hl_fs_can_sweep(v->fs) && any(c, v))
			st = hl_carve_sweep(c, v, each, &o);
	}
	if (c->opts.all)
		place(c);
	hl_free(c->ctx, o.path);
	return st;
}

/* ---- the whole medium ---------------------------------------------------- */

struct owned {
	uint64_t off, len;
};
struct live {
	struct hl_carve *c;
	struct hl_src *leaf;
	struct owned *own;
	size_t n, cap;
};

static enum hl_status add_file(struct live *l, const struct hl_volume *v,
                               const struct hl_entry *e)
{
	struct hl_extent x;
	struct hl_src *src;
	uint64_t at = 0;
	enum hl_status st = hl_fs_stream(&src, v->fs, &e->ref, NULL,
	                                 HL_STREAM_RAW);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	while (st == HL_OK && at < hl_src_size(src) &&
	       hl_src_locate(src, at, &x) == HL_OK && x.len) {
		at += x.len;
		if (x.in != l->leaf)
			continue;
		st = hl_grow(l->c->ctx, (void **)&l->own, &l->cap, l->n,
		             sizeof(*l->own), HL_MAX_CARVE_ROW);
		if (st == HL_OK)
			l->own[l->n++] = (struct owned){ x.in_off, x.in_len };
	}
	hl_src_close(src);
	if (st != HL_LIMIT)
		return st;
	hl_say(&(struct hl_at){ l->c->ctx, NULL, HL_NO_OFFSET, "carve" },
	       "%s: it lies in too many pieces; some may be among the finds",
	       e->name);
	return HL_OK;
}

static enum hl_status list_live(struct live *l)
{
	static const struct hl_hive_query every;
	struct hl_hives *hives;
	enum hl_status st = hl_hives_find(&hives, l->c->disk, &every,
	                                  l->c->ctx);

	if (st != HL_OK)
		return st == HL_LIMIT ? HL_OK : st;
	for (size_t i = 0; st == HL_OK && i < hl_hives_count(hives); i++) {
		const struct hl_hive *h = hl_hives_get(hives, i);

		st = add_file(l, h->volume, &h->entry);
		for (size_t k = 0; st == HL_OK && k < h->n_logs; k++)
			st = add_file(l, h->volume, &h->logs[k].entry);
	}
	hl_hives_free(hives);
	return st;
}

static int by_off(const void *va, const void *vb)
{
	const struct owned *a = va, *b = vb;

	return a->off < b->off ? -1 : a->off > b->off;
}

/* Of a stretch that no live hive has, what is to be searched. */
static enum hl_status add(struct hl_carve *c, struct carve_stretches *s,
                          uint64_t off, uint64_t len)
{
	enum hl_status st = HL_OK;

	if (!c->opts.volumes_only)
		return hl_carve_add(s, off, len);
	for (size_t i = 0; st == HL_OK && i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);
		uint64_t from = max_u64(off, v->off);
		uint64_t to = min_u64(off + len, v->off + v->len);

		if (!v->skipped && !v->shadow && !v->in && from < to)
			st = hl_carve_add(s, from, to - from);
	}
	return st;
}

enum hl_status hl_carve_medium(struct hl_carve *c)
{
	struct live l = { .c = c };
	struct carve_stretches s = { .c = c, .row = { .where = "medium" } };
	uint64_t at = 0, size;
	enum hl_status st;

	s.row.base = l.leaf = hl_runs_leaf(hl_disk_image(c->disk));
	size = hl_src_size(l.leaf);
	st = list_live(&l);
	if (l.n)
		qsort(l.own, l.n, sizeof(*l.own), by_off);
	for (size_t i = 0; st == HL_OK && i < l.n; i++) {
		if (l.own[i].off > at)
			st = add(c, &s, at, l.own[i].off - at);
		at = max_u64(at, l.own[i].off + l.own[i].len);
	}
	if (st == HL_OK && at < size)
		st = add(c, &s, at, size - at);
	hl_free(c->ctx, l.own);
	return hl_carve_end(&s, st);
}
