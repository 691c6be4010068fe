/*
 * bitlocker.c: a BitLocker volume among the others.
 *
 *	v->src     window of the image --no key--> the same
 *	                               --a key---> plain text; the window is
 *	                                           v->locked
 */
#include "base/banned.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "hivelift/bde.h"

static bool looks_like_it(struct hl_src *src)
{
	uint8_t boot[512];
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	if (hl_src_size(src) < sizeof(boot) ||
	    hl_src_read(src, 0, boot, sizeof(boot), &bad) != HL_OK)
		return false;
	const struct hl_known *k = hl_known_find(boot, sizeof(boot), true);
	return k && k->locks;
}

static enum hl_status take(struct hl_volume *v, enum hl_status st,
                           const struct hl_at *at)
{
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK || !hl_bde_plain(v->bde))
		return HL_OK; /* known.c names it */
	hl_say(at, "volume %s: %s", v->id, hl_bde_text(v->bde));
	v->locked = v->src;
	v->src = hl_bde_plain(v->bde);
	return HL_OK;
}

enum hl_status hl_volume_unlock(struct hl_volume *v, const struct hl_at *at)
{
	return hl_volume_unlock_at(v, 0, at);
}

enum hl_status hl_volume_unlock_at(struct hl_volume *v, uint64_t block_off,
                                   const struct hl_at *at)
{
	if (!block_off && !looks_like_it(v->src))
		return HL_OK;
	return take(v, hl_bde_open_at(&v->bde, v->src, block_off, v->id,
	                              at->ctx), at);
}

enum hl_status hl_volume_unlock_lost(struct hl_volume *v,
                                     const struct hl_at *at)
{
	return take(v, hl_bde_open_lost(&v->bde, v->src, v->id, at->ctx), at);
}

void hl_volume_lock(struct hl_volume *v)
{
	if (v->locked)
		v->src = v->locked;
	v->locked = NULL;
	hl_bde_close(v->bde);
	v->bde = NULL;
}
