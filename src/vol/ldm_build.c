/*
 * ldm_build.c: one volume of a dynamic disk's database as a source.
 *
 *	volume -- component(s) -- partitions -- disks
 *	          span | stripe | RAID-5; two or more of them are a mirror
 *
 * A disk is known by its GUID, which its private header repeats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"

#define MISSING_TEXT 512

/* ---- looking things up ----------------------------------------------------- */

static const struct ldm_object *object(const struct hl_ldm *l, unsigned kind,
                                       uint64_t id)
{
	for (size_t i = 0; i < l->db->n; i++)
		if (l->db->object[i].kind == kind && l->db->object[i].id == id)
			return &l->db->object[i];
	return NULL;
}

/* The next child of an object; *i starts at 0. */
static const struct ldm_object *child(const struct hl_ldm *l, unsigned kind,
                                      uint64_t parent, size_t *i)
{
	while (*i < l->db->n) {
		const struct ldm_object *o = &l->db->object[(*i)++];

		if (o->kind == kind && o->parent == parent)
			return o;
	}
	return NULL;
}

/* The disk that holds a partition, or NULL: not given. */
static const struct ldm_disk *disk_of(const struct hl_ldm *l,
                                      const struct ldm_object *part)
{
	const struct ldm_object *o = object(l, LDM_KIND_DISK, part->disk);

	for (size_t i = 0; o && i < l->n_disks; i++)
		if (hl_ldm_same_group(&l->disk[i], &l->disk[0]) &&
		    strcasecmp(l->disk[i].head.disk, o->guid) == 0)
			return &l->disk[i];
	return NULL;
}

/* ---- building -------------------------------------------------------------- */

/* What one volume is being made of. */
struct build {
	struct hl_ldm *l;
	struct hl_ldm_volume *v;
	char missing[MISSING_TEXT];
	size_t n_missing;
	bool damaged; /* its partitions do not fit one another */
};

static enum hl_status own(struct hl_ldm *l, struct hl_src *src)
{
	enum hl_status st = hl_grow(l->ctx, (void **)&l->made, &l->cap_made,
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	                            l->n_made, sizeof(*l->made),
	                            (size_t)HL_MAX_LDM_OBJECTS * 2);

	if (st == HL_OK)
		l->made[l->n_made++] = src;
	else
		hl_src_close(src);
	return st;
}

static void name_missing(struct build *b, const struct ldm_object *part)
{
	const struct ldm_object *o = object(b->l, LDM_KIND_DISK, part->disk);
	size_t n = strlen(b->missing);
	const char *guid = o ? o->guid : "not in the database";

	if (strstr(b->missing, guid))
		return;
	b->n_missing++;
	snprintf(b->missing + n, sizeof(b->missing) - n, "%s%s (%s)",
	         n ? ", " : "", o ? o->name : "a disk", guid);
}

static void note_place(struct build *b, const struct ldm_disk *d, uint64_t off)
{
	size_t disk = (size_t)(d - b->l->disk);
	struct hl_part *p = &b->v->part;

	if (p->off == HL_NO_OFFSET || disk < b->v->disk ||
	    (disk == b->v->disk && off < p->off)) {
		p->off = off;
		b->v->disk = disk;
	}
}

static void place_part(struct build *b, const struct ldm_object *part,
                       struct hl_extent *e)
{
	const struct ldm_disk *d = disk_of(b->l, part);
	uint64_t ss = b->l->disk[0].sector_size;

	*e = (struct hl_extent){ .len = part->size * ss,
	                         .what = HL_WHAT_MISSING,
	                         .quality = HL_Q_UNREADABLE };
	if (!d) {
		name_missing(b, part);
		return;
	}
	e->what = HL_WHAT_DATA;
	e->quality = HL_Q_OK;
	e->in = d->image;
	e->in_len = e->len;
	e->in_off = (d->head.data + part->start) * d->sector_size;
	note_place(b, d, e->in_off);
}

static int by_place(const void *va, const void *vb)
{
	const struct ldm_object *const *a = va, *const *b = vb;

	return ((*a)->at > (*b)->at) - ((*a)->at < (*b)->at);
}

/* Partitions one behind the other; *out NULL: none of them is given. */
static enum hl_status chain(struct build *b, const struct ldm_object **part,
                            size_t n, struct hl_src **out)
{
	struct hl_extent *e = hl_alloc_array(b->l->ctx, n, sizeof(*e));
	uint64_t end = 0, have = 0;
	enum hl_status st = HL_OK;

	*out = NULL;
	if (!e)
		return HL_NOMEM;
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(part, n, sizeof(*part), by_place);
	for (size_t i = 0; i < n; i++) {
		b->damaged |= part[i]->at * b->l->disk[0].sector_size != end;
		place_part(b, part[i], &e[i]);
		e[i].off = end;
		have += e[i].in != NULL;
		end += e[i].len;
	}
	if (!b->damaged && have)
		st = hl_src_extents(out, b->v->part.name, e, n, b->l->ctx);
	hl_free(b->l->ctx, e);
	if (st == HL_USAGE) {
		b->damaged = true;
		return HL_OK;
	}
	return st == HL_OK && *out ? own(b->l, *out) : st;
}

static void say_full(struct hl_ldm *l)
{
	struct hl_at at = { l->ctx, l->disk[0].image, HL_NO_OFFSET,
	                    "dynamic disk's database" };

	if (!l->full)
		hl_warn(&at, "its volumes want more parts than are looked at: "
		        "some are not put together");
	l->full = true;
}

/* The partitions of a component, or of one column of it. */
static enum hl_status column(struct build *b, const struct ldm_object *comp,
                             bool all, uint64_t index, struct hl_src **out)
{
	const struct ldm_object **part, *o;
	enum hl_status st = HL_OK;
	size_t i = 0, n = 0;

	*out = NULL;
	b->l->steps += b->l->db->n;
	if (b->l->steps > HL_MAX_LDM_STEPS) {
		say_full(b->l);
		b->damaged = true;
		return HL_OK;
	}
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	part = hl_alloc_array(b->l->ctx, b->l->db->n, sizeof(*part));
	if (!part)
		return HL_NOMEM;
	while ((o = child(b->l, LDM_KIND_PARTITION, comp->id, &i)))
		if (o->size && (all || o->index == index))
			part[n++] = o;
	if (n)
		st = chain(b, part, n, out);
	else
		b->damaged = true;
	hl_free(b->l->ctx, part);
	return st;
}

static enum hl_status columns(struct build *b, const struct ldm_object *comp,
                              struct hl_src **out)
{
	struct hl_array a = {
		.kind = comp->layout == LDM_LAYOUT_RAID5 ? HL_ARRAY_RAID5
		                                         : HL_ARRAY_STRIPE,
		.n = (size_t)min_u64(comp->columns, HL_ARRAY_COLUMNS),
		.chunk = comp->stripe * b->l->disk[0].sector_size,
	};
	enum hl_status st = HL_OK;

	*out = NULL;
	b->damaged |= a.n != comp->columns;
	for (size_t i = 0; i < a.n && st == HL_OK && !b->damaged; i++)
		st = column(b, comp, false, i, &a.column[i]);
	if (st == HL_OK && !b->damaged)
		st = hl_src_array(out, b->v->part.name, &a, b->l->ctx);
	if (st == HL_USAGE) { /* no member is given, or a chunk is odd */
		b->damaged |= !b->n_missing;
		return HL_OK;
	}
	return st == HL_OK && *out ? own(b->l, *out) : st;
}

static enum hl_status component(struct build *b, const struct ldm_object *comp,
                                struct hl_src **out)
{
	return comp->layout == LDM_LAYOUT_SPAN
		? column(b, comp, true, 0, out) : columns(b, comp, out);
}

/* ---- a volume ---------------------------------------------------------------- */

static const char *layout_name(const struct ldm_object *comp, size_t n_comps,
                               size_t n_parts)
{
	if (n_comps > 1)
		return "mirrored";
	if (comp->layout == LDM_LAYOUT_RAID5)
		return "raid5";
	if (comp->layout == LDM_LAYOUT_STRIPE)
		return "striped";
	return n_parts > 1 ? "spanned" : "simple";
}

static void describe(struct build *b, const struct ldm_object *vol)
{
	size_t i = 0, k = 0, n_comps = 0, n_parts = 0;
	const struct ldm_object *c, *first = NULL;
	struct hl_part *p = &b->v->part;

	while ((c = child(b->l, LDM_KIND_COMPONENT, vol->id, &i))) {
		first = first ? first : c;
		n_comps++;
	}
	while (first && child(b->l, LDM_KIND_PARTITION, first->id, &k))
		n_parts++;
	p->type_name = "volume of a dynamic disk";
	if (first)
		snprintf(p->type, sizeof(p->type), "ldm-%s",
		         layout_name(first, n_comps, n_parts));
	snprintf(p->name, sizeof(p->name), vol->drive[0] ? "%s (%s)" : "%s",
	         vol->name, vol->drive);
	p->off = HL_NO_OFFSET;
	p->stated_len = vol->size * b->l->disk[0].sector_size;
}

/* Its components as sources: those in use first. */
static enum hl_status copies(struct build *b, const struct ldm_object *vol,
                             struct hl_array *a)
{
	enum hl_status st = HL_OK;

	*a = (struct hl_array){ .kind = HL_ARRAY_MIRROR };
	for (int active = 1; active >= 0; active--) {
		const struct ldm_object *c;
		size_t i = 0;

		while (st == HL_OK && a->n < HL_ARRAY_COLUMNS &&
		       (c = child(b->l, LDM_KIND_COMPONENT, vol->id, &i))) {
			struct hl_src *src = NULL;

			/* one that is not in use holds old bytes */
			if (c->active != (active == 1) || (!active && a->n))
				continue;
			st = component(b, c, &src);
			if (st == HL_OK && src)
				a->column[a->n++] = src;
		}
	}
	return st;
}

/* Cut to what the database says; one that says more is too small. */
static enum hl_status finish(struct build *b, struct hl_src *whole)
{
	struct hl_at at = { b->l->ctx, NULL, HL_NO_OFFSET, "dynamic volume" };
	uint64_t size = hl_src_size(whole);
	struct hl_part *p = &b->v->part;

	p->len = p->stated_len;
	if (p->len == 0 || p->len > size) {
		if (p->len)
			hl_warn(&at, "%s: its parts hold %llu bytes, and %llu "
			        "are stated", p->name,
			        (unsigned long long)size,
			        (unsigned long long)p->len);
		p->len = size;
	}
	enum hl_status st = hl_src_window(&b->v->src, whole, 0, p->len,
	                                  b->l->ctx);
	return st == HL_OK ? own(b->l, b->v->src) : st;
}

/* What whoever opens the volume has to know. */
static enum hl_status remark(struct build *b, const struct hl_array *a)
{
	const char *type = b->v->part.type + 4, *text = NULL;

	b->v->loss = true;
	if (b->damaged) {
		text = "its records contradict each other";
	} else if (b->n_missing && strcmp(type, "mirrored") == 0 && a->n) {
		text = "read from the copy that is given; not given: ";
		b->v->loss = false;
	} else if (b->n_missing == 1 && strcmp(type, "raid5") == 0) {
		text = "a member is not given and is calculated from the "
			"others: ";
	} else if (b->n_missing) {
		text = "not given, and read as zeros: ";
	}
	if (!text) {
		b->v->loss = false;
		return HL_OK;
	}
	b->v->remark = hl_asprintf(b->l->ctx, "%s (%s): %s%s",
	                           b->v->part.name, type, text,
	                           b->damaged ? "" : b->missing);
	return b->v->remark ? HL_OK : HL_NOMEM;
}

static enum hl_status build(struct build *b, const struct ldm_object *vol)
{
	struct hl_src *whole = NULL;
	struct hl_array a;

	describe(b, vol);
	enum hl_status st = copies(b, vol, &a);
	if (st != HL_OK || b->v->part.off == HL_NO_OFFSET)
		return st;
	st = remark(b, &a);
	if (st != HL_OK)
		return st;
	if (a.n == 1)
		whole = a.column[0];
	else if (a.n > 1) {
		st = hl_src_array(&whole, b->v->part.name, &a, b->l->ctx);
		if (st == HL_OK)
			st = own(b->l, whole);
	}
	return st == HL_OK && whole ? finish(b, whole) : st;
}

enum hl_status hl_ldm_build(struct hl_ldm *l, const struct ldm_object *vol,
                            struct hl_ldm_volume *out)
{
	struct build b = { .l = l, .v = out };

	memset(out, 0, sizeof(*out));
	return build(&b, vol);
}
