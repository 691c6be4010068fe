/*
 * lost_open.c: opening an NTFS volume that a scan or the user knows of, with
 * the later volumes that lie over it.
 *
 * By its boot sector's copy alone it would be opened with the later volume's
 * $MFT, which a format puts at the same place: files of both would mix.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"

#define MAX_RIVALS 16 /* later volumes that are asked what they have */

struct rivals {
	struct hl_ctx quiet;
	struct hl_fs_rival r[MAX_RIVALS];
	struct hl_volume own[MAX_RIVALS]; /* opened for this only */
	size_t n, n_own;
	struct hl_disk *disk; /* by the table, when --offset passed it by */
};

bool hl_lost_is_ntfs(const struct hl_lost *l)
{
	return l && !strcmp(l->fs, "ntfs") && l->geom.cluster_size &&
	       (l->boot == HL_BOOT_NONE || l->generation > 1 ||
	        (l->n_mft_ext && l->mft_ext[0].number));
}

/* Is o on the same bytes and newer? */
static bool is_later(const struct hl_volume *v, const struct hl_volume *o)
{
	uint64_t len = v->len;

	if (o == v || !o->len || o->off >= v->off + len ||
	    v->off >= o->off + o->len)
		return false;
	return !o->lost || (o->lost->generation &&
	                    o->lost->generation < v->lost->generation);
}

static enum hl_status add(struct rivals *r, const struct hl_volume *o,
                          struct hl_src *image)
{
	struct hl_volume *own;
	enum hl_status st;

	if (r->n == MAX_RIVALS)
		return HL_LIMIT;
	if (o->fs) {
		r->r[r->n++] = (struct hl_fs_rival){ o->fs, o->off };
		return HL_OK;
	}
	if (!o->skipped)
		return HL_OK; /* not read, as was said */
	own = &r->own[r->n_own];
	*own = *o;
	own->skipped = false;
	own->unread = NULL;
	st = hl_volume_open(own, image, &r->quiet);
	r->n_own++;
	if (st == HL_OK && own->fs)
		r->r[r->n++] = (struct hl_fs_rival){ own->fs, own->off };
	return st;
}

/* With --offset nothing of the table was opened. */
static enum hl_status by_table(struct rivals *r, const struct hl_volume *v,
                               struct hl_src *image)
{
	struct hl_volume *o;
	size_t i;
	enum hl_status st = hl_disk_open(&r->disk, image, NULL, &r->quiet);

	for (i = 0; st == HL_OK && i < hl_disk_count(r->disk); i++) {
		o = hl_disk_volume(r->disk, i);
		/* without a table it is "all of it", this one too */
		if (hl_disk_table(r->disk) && is_later(v, o))
			st = add(r, o, image);
	}
	return st == HL_END || st == HL_LIMIT ? HL_OK : st;
}

static void clear(struct rivals *r)
{
	while (r->n_own--) {
		hl_fs_close(r->own[r->n_own].fs);
		hl_src_close(r->own[r->n_own].src);
		hl_src_close(r->own[r->n_own].boot);
	}
	hl_disk_close(r->disk);
}

enum hl_status hl_lost_open(struct hl_volume *v, struct hl_src *image,
                            const struct hl_volume *all, size_t n,
                            const struct hl_ctx *ctx)
{
	const struct hl_lost *l = v->lost;
	struct hl_fs_lost how = {
		.cluster_size = l->geom.cluster_size,
		.record_size = l->geom.record_size,
		.has_mft = l->geom.mft_lcn != HL_NO_OFFSET,
		.mft_lcn = l->geom.mft_lcn, .vol_off = v->off,
		.ext = l->mft_ext, .n_ext = l->n_mft_ext,
	};
	struct rivals *r = hl_zalloc(ctx, sizeof(*r));
	enum hl_status st = r ? HL_OK : HL_NOMEM;
	size_t i;

	if (st != HL_OK)
		return st;
	r->quiet = *ctx;
	r->quiet.note = NULL;
	r->quiet.log = NULL;
	for (i = 0; st == HL_OK && i < n; i++)
		if (is_later(v, &all[i]))
			st = add(r, &all[i], image);
	if (st == HL_OK && n == 1 && !l->generation)
		st = by_table(r, v, image);
	if (r->n)
		how.rival = r->r;
	how.n_rival = r->n;
	if (st == HL_OK || st == HL_LIMIT)
		st = hl_src_window(&v->src, image, v->off, v->len, ctx);
	if (st == HL_OK)
		st = hl_fs_open_lost(&v->fs, v->src, &how, ctx);
	clear(r);
	hl_free(ctx, r);
	v->fs_name = "ntfs";
	if (st == HL_END || st == HL_CORRUPT) {
		v->unread = "damaged beyond use";
		hl_say(&(struct hl_at){ ctx, image, v->off, "unread volume" },
		       "volume %s is not read: no record of its $MFT is found",
		       v->id);
	}
	return st == HL_END || st == HL_CORRUPT ? HL_OK : st;
}
