/*
 * lost_volume.c: the bytes of a volume whose boot sector is not in its place.
 *
 *	|B'|   bytes of the image from the volume's start on   |
 *	 ^ its copy, wherever that lies
 *
 * So the readers need not know; and what lies at the start now, which may be
 * a later volume's boot sector, is not taken for this one's.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "hivelift/bde.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"
#include "ntfs/lost.h"

#define EXFAT_REGION 12 /* sectors that belong together */

static enum hl_status joined(struct hl_src **out, struct hl_src *image,
                             uint64_t boot_off, uint64_t n, uint64_t off,
                             uint64_t len, const struct hl_ctx *ctx)
{
	const struct hl_extent e[2] = {
		{ .off = 0, .len = n, .in = image, .in_off = boot_off,
		  .in_len = n },
		{ .off = n, .len = len - n, .in = image, .in_off = off + n,
		  .in_len = len - n },
	};

	return hl_src_extents(out, "lost volume", e, 2, ctx);
}

enum hl_status hl_lost_source(struct hl_src **out, struct hl_src *image,
                              const struct hl_lost *l,
                              const struct hl_ctx *ctx)
{
	uint64_t rest = hl_src_size(image) - l->off;
	uint64_t len = l->at_least ? rest : min_u64(l->size, rest);
	uint64_t n = strcmp(l->fs, "exfat") == 0 ?
	             (uint64_t)EXFAT_REGION * l->geom.sector_size : 512;

	if (l->boot != HL_BOOT_BACKUP || len <= n)
		return hl_src_window(out, image, l->off, len, ctx);
	return joined(out, image, l->boot_off, n, l->off, len, ctx);
}

/* ---- open ---------------------------------------------------------------- */

static void say_copy(const struct hl_volume *v, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, v->src, 0, "boot sector" };

	if (v->lost->boot == HL_BOOT_BACKUP)
		hl_warn(&at, "volume %s: it is gone; its copy at byte %llu is "
		        "used", v->id,
		        (unsigned long long)v->lost->boot_off);
}

/* What its readers cannot find by themselves, or must not. */
static bool by_numbers(const struct hl_lost *l, size_t n_rival)
{
	return strcmp(l->fs, "ntfs") == 0 &&
	       (l->boot == HL_BOOT_NONE || l->other_mft || n_rival);
}

static enum hl_status open_with(struct hl_volume *v,
                                const struct hl_recmap_extent *ext, size_t n,
                                const struct hl_fs_rival *rival, size_t n_rival,
                                const struct hl_ctx *ctx)
{
	const struct hl_lost *l = v->lost;
	const struct hl_fs_lost how = {
		.has_boot = l->boot != HL_BOOT_NONE,
		.cluster_size = l->geom.cluster_size,
		.record_size = l->geom.record_size,
		.has_mft = !l->other_mft && l->geom.mft_lcn != HL_NO_OFFSET,
		.mft_lcn = l->geom.mft_lcn, .vol_off = l->off,
		.ext = ext, .n_ext = n, .no_search = n_rival > 0,
		.rival = rival, .n_rival = n_rival,
	};
	enum hl_status st = hl_fs_open_lost(&v->fs, v->src, &how, ctx);

	if (hl_scan_fatal(st))
		return st;
	if (st != HL_OK)
		v->unread = st == HL_END ? "no record of its $MFT is left" :
		            "damaged beyond use";
	return HL_OK;
}

/* Where others' records lie, too, those that nothing binds to one of them. */
static enum hl_status open_ntfs(struct hl_volume *v, const struct hl_scan *s,
                                const struct hl_fs_rival *rival, size_t n,
                                const struct hl_ctx *ctx)
{
	const struct hl_lost *l = v->lost;
	struct hl_recmap_extent *ext = NULL;
	size_t n_ext = 0;
	enum hl_status st = HL_OK;

	v->fs_name = "ntfs";
	say_copy(v, ctx);
	if (l->n_ext || !l->other_mft)
		st = open_with(v, l->ext, l->n_ext, rival, n, ctx);
	if (st != HL_OK || v->fs || (!n && !l->other_mft))
		return st;
	v->unread = NULL;
	st = hl_lost_remains(&ext, &n_ext, v->src, l, s, rival, n, ctx);
	if (st == HL_OK && n_ext)
		st = open_with(v, ext, n_ext, rival, n, ctx);
	else if (st == HL_OK)
		v->unread = "its $MFT is overwritten by a later volume's";
	hl_free(ctx, ext);
	return st;
}

/* Told in the map; a loss as soon as it is one byte. */
static enum hl_status mark(struct hl_volume *v, const struct hl_fs_rival *rival,
                           size_t n, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, "lost volume" };
	struct hl_src *vol = v->src;
	static const char *const words[HL_TAKEN_WHYS] = {
		"are overwritten by later volumes",
		"are overwritten by the partition table",
		"may be overwritten: another volume has them in use, too, and "
		"nothing sure tells which of the two came later",
		"may be overwritten: a later volume had them in files that are "
		"deleted now",
		"may be overwritten: a volume that was made before this one "
		"seems to have been copied over it, free space and all",
		"may be overwritten: they lie in a later volume, and nothing "
		"tells what that has in use there",
	};
	uint64_t bytes[HL_TAKEN_WHYS];

	v->src = NULL;
	enum hl_status st = hl_fs_below(&v->src, vol, v->off, rival, n,
	                                bytes, ctx);
	for (int i = 0; i < HL_TAKEN_WHYS && st == HL_OK; i++)
		if (bytes[i])
			hl_warn(&at, "volume %s: %llu bytes of it %s", v->id,
			        (unsigned long long)bytes[i], words[i]);
	return st;
}

/* Before anything else is asked of it; of what --offset names, too. */
static enum hl_status unlock(struct hl_volume *v, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, v->src, 0, "lost volume" };
	const struct hl_lost *l = v->lost;
	bool by_block = l->bde_off && l->boot == HL_BOOT_NONE;
	unsigned long long block = l->off + l->bde_off;

	if (by_block)
		hl_warn(&at, "volume %s: its boot sector is gone; BitLocker by "
		        "its metadata at byte %llu", v->id, block);
	return hl_volume_unlock_at(v, by_block ? l->bde_off : 0, &at);
}

/* Locked: what lies at its start may be a later volume's. */
static bool stays_locked(struct hl_volume *v)
{
	if (v->locked || (!v->bde && strcmp(v->lost->fs, "bitlocker") != 0))
		return false;
	v->fs_name = "bitlocker";
	v->unread = v->bde ? hl_bde_text(v->bde) :
	            "BitLocker: encrypted, and its metadata cannot be read";
	return true;
}

static enum hl_status open_other(struct hl_volume *v,
                                 const struct hl_fs_rival *rival, size_t n,
                                 const struct hl_ctx *ctx)
{
	struct hl_fs_found found = { .name = "" };
	enum hl_status st = n ? mark(v, rival, n, ctx) : HL_OK;

	if (st == HL_OK)
		st = unlock(v, ctx);
	if (st != HL_OK || stays_locked(v))
		return st;
	say_copy(v, ctx);
	st = hl_fs_identify(&found, v->src, true, ctx);
	v->fs = found.fs;
	v->fs_name = found.name;
	v->unread = found.reason;
	if (st == HL_END && !v->unread)
		v->unread = "no file system recognised";
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_lost_open_below(struct hl_volume *v, struct hl_src *image,
                                  const struct hl_scan *s,
                                  const struct hl_fs_rival *rival, size_t n,
                                  const struct hl_ctx *ctx)
{
	enum hl_status st = hl_lost_source(&v->src, image, v->lost, ctx);

	if (st == HL_OK)
		st = by_numbers(v->lost, n) ? open_ntfs(v, s, rival, n, ctx) :
		                              open_other(v, rival, n, ctx);
	if (st == HL_OK && !v->fs && !v->unread)
		v->unread = "no file system recognised";
	if (st == HL_OK && v->unread)
		hl_say(&(struct hl_at){ ctx, image, v->off, "unread volume" },
		       "volume %s (%llu bytes) is not read: %s", v->id,
		       (unsigned long long)v->len, v->unread);
	return st;
}

/* A table that names an older volume again tells nothing of later ones. */
static void say_put_back(const struct hl_volume *v, const struct hl_scan *s,
                         const struct hl_at *at)
{
	for (size_t i = 0; i < s->n_lost; i++) {
		const struct hl_lost *o = &s->lost[i];

		if (v->lost->generation && o->in_table &&
		    hl_lost_overlap(o, v->lost) && hl_lost_doubt(o, v->lost))
			hl_warn(at, "volume %s of the table was written to for "
			        "the last time before volume %s was made on "
			        "its bytes: files of it may be overwritten by "
			        "volume %s", o->id, v->id, v->id);
	}
}

enum hl_status hl_lost_open(struct hl_volume *v, struct hl_src *image,
                            struct hl_scan *s, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, image, v->off, "lost volume" };
	struct hl_fs_rival *rival;
	size_t n;
	enum hl_status st = hl_scan_rivals(s, v->lost, &rival, &n);

	if (st != HL_OK)
		return st;
	if (v->lost->generation > 1)
		hl_say(&at, "volume %s is of generation %u: later volumes lie "
		       "on the same bytes; what those wrote there and have "
		       "freed since is known only where a deleted file's entry "
		       "tells it", v->id, v->lost->generation);
	say_put_back(v, s, &at);
	st = hl_lost_open_below(v, image, s, rival, n, ctx);
	hl_free(s->ctx, rival);
	return st;
}
