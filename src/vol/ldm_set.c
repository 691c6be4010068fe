/*
 * ldm_set.c: the disks of one group, put together to volumes.
 *
 *	volume -- component(s) -- partitions -- disks
 *	          span | stripe | RAID-5; two or more of them are a mirror
 *
 * What is asked for twice is found by its id in the newest database of the
 * group; a disk is known by its GUID, which its private header repeats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/note.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"
#include "vol/vol_impl.h"

#define MISSING_TEXT 512

struct hl_ldm {
	const struct hl_ctx *ctx;
	struct ldm_disk *disk; /* one for each image */
	size_t n_disks;
	const struct ldm_disk *db; /* the newest of disk[0]'s group */
	struct hl_ldm_volume *volume;
	size_t n, cap;
	struct hl_src **made; /* sources below the volumes, in their order */
	size_t n_made, cap_made;
};

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

static bool same_group(const struct ldm_disk *a, const struct ldm_disk *b)
{
	return a->found && b->found &&
	       strcasecmp(a->head.group, b->head.group) == 0;
}

/* The disk that holds a partition, or NULL: not given. */
static const struct ldm_disk *disk_of(const struct hl_ldm *l,
                                      const struct ldm_object *part)
{
	const struct ldm_object *o = object(l, LDM_KIND_DISK, part->disk);

	for (size_t i = 0; o && i < l->n_disks; i++)
		if (same_group(&l->disk[i], &l->disk[0]) &&
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
	                            l->n_made, sizeof(*l->made),
	                            HL_MAX_LDM_OBJECTS * 2);

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

/* The partitions of a component, or of one column of it. */
static enum hl_status column(struct build *b, const struct ldm_object *comp,
                             bool all, uint64_t index, struct hl_src **out)
{
	const struct ldm_object **part, *o;
	enum hl_status st = HL_OK;
	size_t i = 0, n = 0;

	*out = NULL;
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

static void say(struct build *b, const struct hl_array *a)
{
	struct hl_at at = { b->l->ctx, NULL, HL_NO_OFFSET, "dynamic volume" };
	const char *name = b->v->part.name, *type = b->v->part.type + 4;

	if (b->damaged)
		hl_warn(&at, "%s (%s): its records contradict each other",
		        name, type);
	if (!b->n_missing)
		return;
	if (strcmp(type, "mirrored") == 0 && a->n)
		hl_say(&at, "%s (%s): read from the copy that is given; not "
		       "given: %s", name, type, b->missing);
	else if (strcmp(type, "raid5") == 0 && b->n_missing == 1)
		hl_warn(&at, "%s (%s): one member is not given and is "
		        "calculated from the others: %s", name, type,
		        b->missing);
	else
		hl_warn(&at, "%s (%s): not given, and read as zeros: %s",
		        name, type, b->missing);
}

static enum hl_status build(struct build *b, const struct ldm_object *vol)
{
	struct hl_src *whole = NULL;
	struct hl_array a;

	describe(b, vol);
	enum hl_status st = copies(b, vol, &a);
	if (st != HL_OK || b->v->part.off == HL_NO_OFFSET)
		return st;
	say(b, &a);
	if (b->n_missing) {
		b->v->missing = hl_strdup(b->l->ctx, b->missing);
		if (!b->v->missing)
			return HL_NOMEM;
	}
	if (a.n == 1)
		whole = a.column[0];
	else if (a.n > 1) {
		st = hl_src_array(&whole, b->v->part.name, &a, b->l->ctx);
		if (st == HL_OK)
			st = own(b->l, whole);
	}
	return st == HL_OK && whole ? finish(b, whole) : st;
}

static enum hl_status add(struct hl_ldm *l, const struct ldm_object *vol,
                          size_t *elsewhere)
{
	enum hl_status st = hl_grow(l->ctx, (void **)&l->volume, &l->cap, l->n,
	                            sizeof(*l->volume), HL_MAX_PARTS);
	struct build b = { .l = l };

	if (st != HL_OK)
		return st;
	b.v = &l->volume[l->n];
	memset(b.v, 0, sizeof(*b.v));
	st = build(&b, vol);
	if (b.v->part.off == HL_NO_OFFSET)
		++*elsewhere;
	else
		l->n++;
	return st;
}

static int by_start(const void *va, const void *vb)
{
	const struct hl_ldm_volume *a = va, *b = vb;

	if (a->disk != b->disk)
		return a->disk < b->disk ? -1 : 1;
	return (a->part.off > b->part.off) - (a->part.off < b->part.off);
}

static enum hl_status list_volumes(struct hl_ldm *l)
{
	struct hl_at at = { l->ctx, l->disk[0].image, HL_NO_OFFSET,
	                    "dynamic disk" };
	enum hl_status st = HL_OK;
	size_t elsewhere = 0;

	for (size_t i = 0; i < l->db->n && st == HL_OK; i++)
		if (l->db->object[i].kind == LDM_KIND_VOLUME)
			st = add(l, &l->db->object[i], &elsewhere);
	if (st == HL_OK && elsewhere)
		hl_say(&at, "its group %s has %zu more volumes, on disks that "
		       "are not given", l->disk[0].head.name, elsewhere);
	if (l->n)
		qsort(l->volume, l->n, sizeof(*l->volume), by_start);
	return st;
}

/* ---- disks ------------------------------------------------------------------- */

/* The newest database that any disk of the first one's group has. */
static void choose(struct hl_ldm *l)
{
	for (size_t i = 0; i < l->n_disks; i++) {
		const struct ldm_disk *d = &l->disk[i];

		if (same_group(d, &l->disk[0]) && d->committed &&
		    (!l->db || d->committed > l->db->committed))
			l->db = d;
	}
	if (l->db && l->disk[0].committed &&
	    l->db->committed != l->disk[0].committed)
		hl_say(&(struct hl_at){ l->ctx, l->disk[0].image, HL_NO_OFFSET,
		                        "dynamic disk's database" },
		       "older than that of %s, which is used",
		       hl_src_name(l->db->image));
}

static void check_strangers(const struct hl_ldm *l)
{
	for (size_t i = 1; i < l->n_disks; i++)
		if (!same_group(&l->disk[i], &l->disk[0]))
			hl_say(&(struct hl_at){ l->ctx, l->disk[i].image,
			                        HL_NO_OFFSET, "dynamic disk" },
			       "%s is no disk of the group %s",
			       hl_src_name(l->disk[i].image),
			       l->disk[0].head.name);
}

static enum hl_status read_disks(struct hl_ldm *l, struct hl_src *const *image,
                                 const struct hl_table *const *table)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < l->n_disks && st == HL_OK; i++) {
		l->disk[i].image = image[i];
		if (table[i])
			st = hl_ldm_read(&l->disk[i], table[i], l->ctx);
	}
	if (st != HL_OK || !l->disk[0].found)
		return st == HL_OK ? HL_END : st;
	check_strangers(l);
	choose(l);
	return l->db ? list_volumes(l) : HL_END;
}

enum hl_status hl_ldm_open(struct hl_ldm **out, struct hl_src *const *image,
                           const struct hl_table *const *table, size_t n,
                           const struct hl_ctx *ctx)
{
	struct hl_ldm *l = hl_zalloc(ctx, sizeof(*l));

	*out = NULL;
	if (!l)
		return HL_NOMEM;
	l->ctx = ctx;
	l->n_disks = n;
	l->disk = hl_alloc_array(ctx, n, sizeof(*l->disk));
	enum hl_status st = l->disk ? HL_OK : HL_NOMEM;
	if (st == HL_OK) {
		memset(l->disk, 0, n * sizeof(*l->disk));
		st = read_disks(l, image, table);
	}
	if (st != HL_OK) {
		hl_ldm_close(l);
		return st;
	}
	*out = l;
	return HL_OK;
}

void hl_ldm_close(struct hl_ldm *ldm)
{
	if (!ldm)
		return;
	for (size_t i = ldm->n_made; i-- > 0;)
		hl_src_close(ldm->made[i]);
	for (size_t i = 0; i < ldm->n; i++)
		hl_free(ldm->ctx, (void *)ldm->volume[i].missing);
	for (size_t i = 0; ldm->disk && i < ldm->n_disks; i++)
		hl_ldm_free(&ldm->disk[i], ldm->ctx);
	hl_free(ldm->ctx, ldm->made);
	hl_free(ldm->ctx, ldm->volume);
	hl_free(ldm->ctx, ldm->disk);
	hl_free(ldm->ctx, ldm);
}

size_t hl_ldm_count(const struct hl_ldm *ldm)
{
	return ldm->n;
}

const struct hl_ldm_volume *hl_ldm_volume(const struct hl_ldm *ldm, size_t i)
{
	return i < ldm->n ? &ldm->volume[i] : NULL;
}
