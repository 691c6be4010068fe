/*
 * vss.c: which copies there are, and where the store of each lies.
 *
 *	live volume:   catalogue: copies (entry 2)
 *	any volume:    catalogue: stores (entry 3)  <- by GUID
 *
 * One bad catalogue block or store costs what it describes; the others are
 * read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/times_impl.h"
#include "io/note.h"
#include "vss/vss_impl.h"

enum hl_status vss_add_copy(struct vss_reading *r,
                            const struct vss_copy_entry *e)
{
	struct hl_vss *v = r->v;
	void *store = v->store;

	for (size_t i = 0; i < v->n; i++)
		if (memcmp(v->store[i].guid, e->store, 16) == 0)
			return HL_OK;
	enum hl_status st = hl_grow(v->ctx, &store, &v->cap, v->n,
	                            sizeof(*v->store), HL_MAX_VSS_COPIES);
	v->store = store;
	if (st != HL_OK)
		return st;
	struct vss_store *s = &v->store[v->n++];
	*s = (struct vss_store){ .size = get64(e->volume_size) };
	memcpy(s->guid, e->store, sizeof(s->guid));
	hl_guid_text(s->pub.store, e->store);
	s->pub.created = hl_time_filetime(get64(e->created));
	s->pub.sequence = get64(e->sequence);
	s->pub.flags = get64(e->flags);
	s->pub.offline = s->pub.flags & VSS_COPY_OFFLINE;
	return HL_OK;
}

void vss_add_store(struct vss_reading *r, const struct vss_store_entry *e)
{
	char id[sizeof(r->v->foreign_id)];
	bool ours = false;

	for (size_t i = 0; i < r->v->n; i++) {
		struct vss_store *s = &r->v->store[i];

		if (memcmp(s->guid, e->store, 16) != 0)
			continue;
		ours = true;
		if (s->area)
			continue;
		s->area = r->area->src;
		s->entry = *e;
		s->pub.elsewhere = r->area->src != r->v->live;
	}
	if (ours || r->area->src != r->v->live)
		return;
	hl_guid_text(id, e->store);
	if (r->v->foreign && strcmp(id, r->v->foreign_id) != 0)
		r->v->foreigns = true;
	else
		memcpy(r->v->foreign_id, id, sizeof(id));
	r->v->foreign = true;
}

/* Of all volumes, the live one first. */
static enum hl_status find_stores(struct vss_reading *r,
                                  const struct hl_vss_area *live,
                                  const struct hl_vss_area *other, size_t n)
{
	r->copies = false;
	for (size_t i = 0; i <= n; i++) {
		bool all = true;

		for (size_t k = 0; k < r->v->n; k++)
			all = all && r->v->store[k].area;
		if (all)
			return HL_OK;
		r->area = i == 0 ? live : &other[i - 1];
		r->odd = 0;
		if (!r->area->src || (i && r->area->src == live->src))
			continue;
		enum hl_status st = vss_catalogue_read(r);
		if (st == HL_NOMEM || st == HL_CANCELLED)
			return st;
	}
	return HL_OK;
}

/* Nothing tells whose they are; what they keep is not looked for. */
static void say_foreign(const struct hl_vss *v)
{
	if (v->foreign)
		hl_say(&(struct hl_at){ v->ctx, v->live, HL_NO_OFFSET,
		                        "shadow copies" },
		       "the catalogue has the store {%s}%s of no copy of this "
		       "volume: another volume's, or the entry of its copy is "
		       "lost", v->foreign_id, v->foreigns ? " and others" : "");
}

static int by_age(const void *a, const void *b)
{
	const struct vss_store *x = a, *y = b;

	if (x->pub.sequence != y->pub.sequence)
		return x->pub.sequence < y->pub.sequence ? -1 : 1;
	if (x->pub.created.ticks != y->pub.created.ticks)
		return x->pub.created.ticks < y->pub.created.ticks ? -1 : 1;
	return memcmp(x->guid, y->guid, sizeof(x->guid));
}

/* A volume that has shrunk since, or a number that is wrong. */
static void bound_size(struct hl_vss *v, struct vss_store *s)
{
	uint64_t live = hl_src_size(v->live);

	if (s->size >= VSS_BLOCK && s->size <= live)
		return;
	s->pub.remark = "its volume's size is not this one's";
	s->size = live;
}

/* Which disk to look for. */
static void say_where(const struct hl_vss *v, struct vss_store *s)
{
	if (s->area)
		return;
	snprintf(s->text, sizeof(s->text), "its store is not on this disk%s%s"
	         "%s", v->kept_on[0] ? " but on volume {" : "", v->kept_on,
	         v->kept_on[0] ? "} (--with IMAGE)" : "");
	s->pub.unread = s->text;
}

static enum hl_status load_all(struct hl_vss *v)
{
	enum hl_status st = HL_OK;

	if (v->n)
		qsort(v->store, v->n, sizeof(*v->store), by_age);
	for (size_t i = 0; i < v->n && st == HL_OK; i++) {
		hl_progress(v->ctx, HL_PHASE_VOLUME, v->store[i].pub.store, i,
		            v->n);
		bound_size(v, &v->store[i]);
		say_where(v, &v->store[i]);
		st = vss_store_load(&v->store[i], v->ctx);
	}
	for (size_t i = 0; i < v->n && st == HL_OK; i++)
		if (!v->store[i].pub.unread)
			st = vss_copy_source(&v->store[i].pub.src, v, i);
	return st;
}

static enum hl_status open_all(struct hl_vss *v,
                               const struct hl_vss_area *live,
                               const struct hl_vss_area *other, size_t n,
                               struct vss_block *b)
{
	struct vss_reading r = { .v = v, .area = live, .b = b,
		                 .copies = true };
	enum hl_status st = vss_catalogue_read(&r);

	if (st == HL_LIMIT)
		hl_warn(&(struct hl_at){ v->ctx, v->live, HL_NO_OFFSET,
		                         "shadow copies" },
		        "more than %d: the rest is left out",
		        HL_MAX_VSS_COPIES);
	if (st == HL_CORRUPT || st == HL_LIMIT)
		st = v->n ? HL_OK : HL_CORRUPT;
	if (st == HL_OK)
		st = find_stores(&r, live, other, n);
	if (st != HL_OK)
		return st;
	say_foreign(v);
	return load_all(v);
}

enum hl_status hl_vss_open(struct hl_vss **out,
                           const struct hl_vss_area *live,
                           const struct hl_vss_area *other, size_t n_other,
                           const struct hl_ctx *ctx)
{
	struct hl_vss *v = hl_zalloc(ctx, sizeof(*v));
	struct vss_block *b = hl_alloc(ctx, sizeof(*b));
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	if (v && b) {
		v->ctx = ctx;
		v->live = live->src;
		st = open_all(v, live, other, n_other, b);
	}
	hl_free(ctx, b);
	if (st != HL_OK) {
		if (v)
			v->ctx = ctx;
		hl_vss_close(v);
		return st;
	}
	v->lib = vss_lib_open(v);
	*out = v;
	return HL_OK;
}

size_t hl_vss_count(const struct hl_vss *v)
{
	return v ? v->n : 0;
}

const struct hl_shadow *hl_vss_copy(const struct hl_vss *v, size_t i)
{
	return i < v->n ? &v->store[i].pub : NULL;
}

void hl_vss_close(struct hl_vss *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++) {
		struct vss_store *s = &v->store[i];

		hl_src_close(s->pub.src);
		vss_table_free(&s->table, v->ctx);
		hl_free(v->ctx, s->now.bits);
		hl_free(v->ctx, s->before.bits);
	}
	vss_lib_close(v->lib);
	hl_free(v->ctx, v->store);
	hl_free(v->ctx, v);
}
