/*
 * folders.c: folders, each with its name and the one above it: 24 bytes and
 * the name, and a hash of 6 to 11 bytes.  A sweep asks for the path of every
 * file; so each folder is looked at once.
 *
 *	f[]	ref  up  name	...
 *		     |   +--> names: "\0Users\0alice\0..."
 *		     +--> f[]
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fs/folders.h"

#define FIRST_SLOTS 256u

static size_t hash(const struct hl_ref *ref, bool deleted)
{
	uint64_t key = ref->id ^ (uint64_t)ref->seq << 40 ^
	               (uint64_t)ref->origin << 24 ^ deleted;

	return (size_t)(key * 0x9e3779b97f4a7c15u >> 24);
}

static bool is_deleted(const struct hl_entry *e)
{
	return e->flags & HL_ENTRY_DELETED;
}

static bool is_it(const struct folder *f, const struct hl_ref *ref,
                  bool deleted)
{
	return f->ref.id == ref->id && f->ref.seq == ref->seq &&
	       f->ref.origin == ref->origin && f->deleted == deleted;
}

static uint32_t *slot_of(const struct hl_folders *t, const struct hl_ref *ref,
                         bool deleted)
{
	size_t mask = t->n_slot - 1, i = hash(ref, deleted) & mask;

	while (t->slot[i] && !is_it(&t->f[t->slot[i] - 1], ref, deleted))
		i = (i + 1) & mask;
	return &t->slot[i];
}

uint32_t hl_folders_find(const struct hl_folders *t, const struct hl_entry *e)
{
	uint32_t found = t->n_slot ?
	                 *slot_of(t, &e->parent, is_deleted(e)) : 0;

	return found ? found - 1 : FOLDER_NONE;
}

/* At most three of four slots are taken. */
static enum hl_status grow_slots(struct hl_folders *t,
                                 const struct hl_ctx *ctx)
{
	size_t n = t->n_slot ? 2 * t->n_slot : FIRST_SLOTS;
	uint32_t *slot;

	if (t->n + 1 <= t->n_slot / 4 * 3)
		return HL_OK;
	slot = hl_zalloc(ctx, n * sizeof(*slot));
	if (!slot)
		return HL_NOMEM;
	hl_free(ctx, t->slot);
	t->slot = slot;
	t->n_slot = n;
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, &t->f[i].ref, t->f[i].deleted) = (uint32_t)i + 1;
	return HL_OK;
}

enum hl_status hl_folders_add(struct hl_folders *t, const struct hl_entry *e,
                              uint32_t *at, const struct hl_ctx *ctx)
{
	enum hl_status st = hl_grow(ctx, (void **)&t->f, &t->cap, t->n,
	                            sizeof(*t->f), HL_MAX_FOLDERS);

	if (st == HL_OK)
		st = grow_slots(t, ctx);
	if (st != HL_OK)
		return st;
	*at = (uint32_t)t->n;
	*slot_of(t, &e->parent, is_deleted(e)) = *at + 1;
	t->f[t->n++] = (struct folder){
		.ref = e->parent, .up = FOLDER_NONE, .deleted = is_deleted(e),
	};
	return HL_OK;
}

enum hl_status hl_folders_name(struct hl_folders *t, uint32_t at,
                               const char *name, const struct hl_ctx *ctx)
{
	size_t n = strlen(name) + 1;
	enum hl_status st = HL_OK;

	if (t->f[at].name) /* asked for again, after it could not be had */
		return HL_OK;
	/* by doubling, until it is there */
	while (st == HL_OK && t->cap_names < t->n_names + n + 1)
		st = hl_grow(ctx, (void **)&t->names, &t->cap_names,
		             t->cap_names, 1, INT32_MAX);
	if (st != HL_OK)
		return st;
	if (!t->n_names)
		t->names[t->n_names++] = '\0'; /* 0 is no name */
	t->f[at].name = (uint32_t)t->n_names & 0x7fffffffu;
	memcpy(t->names + t->n_names, name, n);
	t->n_names += n;
	return HL_OK;
}

void hl_folders_clear(struct hl_folders *t, const struct hl_ctx *ctx)
{
	hl_free(ctx, t->f);
	hl_free(ctx, t->slot);
	hl_free(ctx, t->names);
	*t = (struct hl_folders){ .n = 0 };
}
