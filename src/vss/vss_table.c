/*
 * vss_table.c: what a store keeps, by block of the volume.
 *
 *	original 0x40000  data 0x9ef20000                  regular
 *	original 0x40000  data 0x9ef24000  sectors 0x0f00  overlay: of these
 *	                                                   sectors only
 *	original 0x40000  means 0x80000 of the next copy   forwarder
 *
 * The list is a history, and later lines change earlier ones: once a
 * forwarder says that block A is to be found at B, what is then kept of B is
 * kept for A.  Lookups are by hash, for a busy server keeps millions.
 */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "vss/vss_impl.h"

static size_t place(const struct vss_map64 *m, uint64_t key)
{
	/* blocks are multiples of 16 KiB; Fibonacci spreads what is left */
	uint64_t h = (key >> 14) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (m->cap - 1);

	while (m->slot[i].used && m->slot[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

uint64_t *vss_map64_get(const struct vss_map64 *m, uint64_t key)
{
	if (m->cap == 0)
		return NULL;
	size_t i = place(m, key);
	return m->slot[i].used ? &m->slot[i].value : NULL;
}

static enum hl_status grow(struct vss_map64 *m, const struct hl_ctx *ctx)
{
	struct vss_map64 more = { .cap = m->cap ? m->cap * 2 : 64 };

	if (more.cap > SIZE_MAX / sizeof(*more.slot))
		return HL_NOMEM;
	more.slot = hl_zalloc(ctx, more.cap * sizeof(*more.slot));
	if (!more.slot)
		return HL_NOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slot[i].used)
			more.slot[place(&more, m->slot[i].key)] = m->slot[i];
	more.n = m->n;
	hl_free(ctx, m->slot);
	*m = more;
	return HL_OK;
}

enum hl_status vss_map64_put(struct vss_map64 *m, uint64_t key, uint64_t value,
                             const struct hl_ctx *ctx)
{
	if (m->n >= m->cap / 2) {
		enum hl_status st = grow(m, ctx);
		if (st != HL_OK)
			return st;
	}
	size_t i = place(m, key);
	m->n += !m->slot[i].used;
	m->slot[i] = (struct vss_slot){ key, value, true };
	return HL_OK;
}

const struct vss_kept *vss_table_find(const struct vss_table *t,
                                      uint64_t original)
{
	const uint64_t *i = vss_map64_get(&t->by_original, original);

	return i ? &t->kept[*i] : NULL;
}

static enum hl_status entry_for(struct vss_table *t, uint64_t original,
                                struct vss_kept **out,
                                const struct hl_ctx *ctx)
{
	const uint64_t *i = vss_map64_get(&t->by_original, original);
	enum hl_status st = HL_OK;

	if (!i) {
		void *kept = t->kept;

		st = hl_grow(ctx, &kept, &t->cap, t->n, sizeof(*t->kept),
		             HL_MAX_VSS_BLOCKS);
		t->kept = kept;
		if (st == HL_OK)
			st = vss_map64_put(&t->by_original, original, t->n,
			                   ctx);
		if (st != HL_OK)
			return st;
		t->kept[t->n] = (struct vss_kept){ .original = original };
		*out = &t->kept[t->n++];
		return HL_OK;
	}
	*out = &t->kept[*i];
	return HL_OK;
}

static enum hl_status add_overlay(struct vss_table *t,
                                  const struct vss_descriptor *d,
                                  const struct hl_ctx *ctx)
{
	struct vss_kept *k;
	enum hl_status st = entry_for(t, get64(d->original), &k, ctx);

	if (st != HL_OK)
		return st;
	if (!k->sectors)
		k->overlay_at = get64(d->data);
	k->sectors |= get32(d->sectors);
	return HL_OK;
}

enum hl_status vss_table_add(struct vss_table *t,
                             const struct vss_descriptor *d,
                             const struct hl_ctx *ctx)
{
	uint64_t original = get64(d->original), relative = get64(d->relative);
	bool forward = get32(d->flags) & VSS_FORWARDER;
	struct vss_kept *k;

	t->n_descriptors++;
	if (get32(d->flags) & VSS_UNUSED)
		return HL_OK;
	if (get32(d->flags) & VSS_OVERLAY)
		return add_overlay(t, d, ctx);
	uint64_t *meant_for = vss_map64_get(&t->forwarded, original);
	if (meant_for && *meant_for != HL_NO_OFFSET) {
		original = *meant_for;
		*meant_for = HL_NO_OFFSET;
		if (forward && original == relative)
			return HL_OK;
	}
	enum hl_status st = entry_for(t, original, &k, ctx);
	if (st != HL_OK)
		return st;
	k->kind = forward ? VSS_KEPT_FORWARD : VSS_KEPT_DATA;
	k->at = forward ? relative : get64(d->data);
	return forward ? vss_map64_put(&t->forwarded, relative, original,
	                               ctx) : HL_OK;
}

void vss_table_free(struct vss_table *t, const struct hl_ctx *ctx)
{
	hl_free(ctx, t->kept);
	hl_free(ctx, t->by_original.slot);
	hl_free(ctx, t->forwarded.slot);
	*t = (struct vss_table){ .n = 0 };
}
