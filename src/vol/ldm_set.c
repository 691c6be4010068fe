/*
 * ldm_set.c: the disks of one group, and the volumes on them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"

bool hl_ldm_same_group(const struct ldm_disk *a, const struct ldm_disk *b)
{
	return a->found && b->found &&
	       strcasecmp(a->head.group, b->head.group) == 0;
}

static enum hl_status add(struct hl_ldm *l, const struct ldm_object *vol,
                          size_t *elsewhere)
{
	enum hl_status st = hl_grow(l->ctx, (void **)&l->volume, &l->cap, l->n,
	                            sizeof(*l->volume), HL_MAX_PARTS);
	struct hl_ldm_volume *v;

	if (st != HL_OK)
		return st;
	v = &l->volume[l->n];
	st = hl_ldm_build(l, vol, v);
	if (v->part.off == HL_NO_OFFSET)
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
	if (st == HL_LIMIT) {
		hl_warn(&at, "more than %u volumes: the rest is left out",
		        HL_MAX_PARTS);
		st = HL_OK;
	}
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

		if (hl_ldm_same_group(d, &l->disk[0]) && d->committed &&
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
		if (!hl_ldm_same_group(&l->disk[i], &l->disk[0]))
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
		hl_free(ldm->ctx, (void *)ldm->volume[i].remark);
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
