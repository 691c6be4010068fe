/*
 * scan_inside.c: boot sectors that lie inside of a live file.
 *
 * A virtual disk, an installer, an archive of a floppy: their boot sectors
 * are sound and their volumes whole, and yet they are no volumes of this
 * disk.  The readable volumes of the table are asked who has the cluster, and
 * then those lost ones that are believed: there a later volume may begin in
 * what was a file, so that more is asked for.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"
#include "vol/vol_impl.h"

#define PATH_BYTES 1024
#define ROUNDED 65536 /* sizes are, to clusters or more */

/* Where in the image does it stand or fall? */
static uint64_t place_of(const struct hl_lost *l)
{
	if (l->boot != HL_BOOT_NONE)
		return l->boot_off;
	if (l->bde_off)
		return l->off + l->bde_off;
	if (!l->geom.cluster_size || l->geom.mft_lcn == HL_NO_OFFSET)
		return l->off;
	return l->off + l->geom.mft_lcn * l->geom.cluster_size;
}

static bool asks(const struct hl_lost *l, const struct hl_volume *v,
                 uint64_t *off)
{
	uint64_t at = place_of(l);

	if (l->in_table || l->inside || at < v->off || at - v->off >= v->len)
		return false;
	/* a part of it, not what lies across it */
	if (v->lost && (l->off <= v->off || l->off - v->off >= v->len ||
	                l->size > v->len - (l->off - v->off)))
		return false;
	*off = at - v->off;
	return true;
}

static enum hl_status found(struct hl_scan *s, struct hl_lost *l,
                            const struct hl_volume *v,
                            const struct hl_entry *e)
{
	char path[PATH_BYTES];
	enum hl_status st = HL_LIMIT;

	if (e)
		st = hl_fs_path(v->fs, e, path, sizeof(path), NULL);
	if (hl_scan_fatal(st))
		return st;
	if (st == HL_OK)
		l->inside = hl_asprintf(s->ctx, "%s:%s", v->id, path);
	else
		l->inside = hl_asprintf(s->ctx, "a file of volume %s", v->id);
	if (!l->inside)
		return HL_NOMEM;
	return hl_lost_say(s, l, 0, "inside a file: %s", l->inside);
}

/* ---- files of a lost volume ---------------------------------------------- */

/* Where in the file, whose byte `off` lies at `at`, would that volume begin?
 * HL_NO_OFFSET: not all of it has room there. */
static uint64_t begins_at(uint64_t size, uint64_t off, uint64_t at,
                          const struct hl_lost *l)
{
	uint64_t place = place_of(l), before = place - l->off, begins;

	if (place < at || off + (place - at) < before)
		return HL_NO_OFFSET;
	begins = off + (place - at) - before;
	return begins < size && size - begins + ROUNDED >= l->size ?
	       begins : HL_NO_OFFSET;
}

/* A volume that was made later than the file was written took its place.
 * false: clocks do not tell, or there is no time. */
static bool tells(const struct hl_lost *l, const struct hl_entry *e,
                  bool *later)
{
	uint64_t a = l->formatted, b = e->modified.ticks;

	*later = a > b;
	return a && e->modified.kind == HL_TIME_UTC && !l->by_file &&
	       (!l->local || (a > b ? a - b : b - a) >= SCAN_ZONES);
}

/* A disk or volume that is kept in a file begins where that does: with itself
 * or with the table that names it. */
static enum hl_status is_image(struct hl_src *src, uint64_t begins, bool *yes)
{
	uint8_t b[SCAN_SECTOR];
	struct mbr m;
	enum hl_status st = HL_END;

	*yes = begins == 0;
	if (!*yes && begins >= sizeof(b))
		st = hl_src_read(src, 0, b, sizeof(b), NULL);
	if (st == HL_OK)
		*yes = hl_mbr_parse(span_of(b, sizeof(b)), true, &m) == HL_OK &&
		       m.n_used;
	return hl_scan_fatal(st) ? st : HL_OK;
}

static enum hl_status holds(const struct hl_volume *v,
                            const struct hl_entry *e, const struct hl_lost *l,
                            bool *yes)
{
	uint64_t off = 0, at, begins = HL_NO_OFFSET;
	struct hl_extent x;
	struct hl_src *src;
	bool later;
	enum hl_status st = hl_fs_stream(&src, v->fs, &e->ref, "",
	                                 HL_STREAM_LOOK);

	*yes = false;
	if (st != HL_OK)
		return hl_scan_fatal(st) ? st : HL_OK;
	for (; off < hl_src_size(src) && begins == HL_NO_OFFSET; off += x.len) {
		if (hl_src_map(src, off, &x) != HL_OK)
			break;
		at = hl_src_image_offset(src, off);
		if (at != HL_NO_OFFSET && place_of(l) >= at &&
		    place_of(l) - at < x.len)
			begins = begins_at(hl_src_size(src), off, at, l);
	}
	if (begins != HL_NO_OFFSET && tells(l, e, &later))
		*yes = !later;
	else if (begins != HL_NO_OFFSET)
		st = is_image(src, begins, yes);
	hl_src_close(src);
	return st;
}

/* As found() for the table's volumes. */
static enum hl_status claimed(struct hl_scan *s, struct hl_lost *l,
                              const struct hl_volume *v,
                              const struct hl_entry *e)
{
	bool yes = true;
	enum hl_status st = HL_OK;

	if (v->lost)
		st = e ? holds(v, e, l, &yes) : HL_OK;
	return st == HL_OK && yes && (e || !v->lost) ? found(s, l, v, e) : st;
}

/* ---- where the file system knows its owners ------------------------------ */

static enum hl_status by_holder(struct hl_scan *s, struct hl_volume *v)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
		struct hl_entry e;
		struct hl_ref ref;
		uint64_t off;

		if (!asks(&s->lost[i], v, &off))
			continue;
		st = v->fs->ops->holder(v->fs, off, &ref);
		if (st == HL_OK) {
			st = v->fs->ops->entry(v->fs, &ref, true, &e);
			st = hl_scan_fatal(st) ? st : claimed(s, &s->lost[i],
				v, st == HL_OK ? &e : NULL);
		} else if (st == HL_END) {
			st = HL_OK;
		}
	}
	return st;
}

/* ---- where all files have to be gone through ----------------------------- */

static enum hl_status one_extent(struct hl_scan *s, struct hl_volume *v,
                                 const struct hl_entry *e, uint64_t at,
                                 uint64_t len)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
		uint64_t off;

		if (asks(&s->lost[i], v, &off) && at != HL_NO_OFFSET &&
		    v->off + off >= at && v->off + off - at < len)
			st = claimed(s, &s->lost[i], v, e);
	}
	return st;
}

static enum hl_status one_file(struct hl_scan *s, struct hl_volume *v,
                               const struct hl_entry *e)
{
	struct hl_src *src;
	struct hl_extent x;
	enum hl_status st = hl_fs_stream(&src, v->fs, &e->ref, "",
	                                 HL_STREAM_LOOK);
	uint64_t off = 0;

	if (st != HL_OK)
		return hl_scan_fatal(st) ? st : HL_OK;
	while (st == HL_OK && off < hl_src_size(src) &&
	       hl_src_map(src, off, &x) == HL_OK) {
		st = one_extent(s, v, e, hl_src_image_offset(src, off), x.len);
		off += x.len;
	}
	hl_src_close(src);
	return st;
}

static enum hl_status by_sweep(struct hl_scan *s, struct hl_volume *v)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	bool any = false;
	enum hl_status st;

	for (size_t i = 0; i < s->n_lost && !any; i++) {
		uint64_t off;

		any = asks(&s->lost[i], v, &off);
	}
	if (!any)
		return HL_OK;
	st = hl_fs_sweep(&it, v->fs, HL_LIST_FULL);
	if (st != HL_OK)
		return hl_scan_fatal(st) ? st : HL_OK;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_OK && e.type == HL_FILE)
			st = one_file(s, v, &e);
		if (hl_scan_fatal(st))
			break;
	}
	hl_fs_iter_close(it);
	return hl_scan_fatal(st) ? st : HL_OK;
}

static enum hl_status ask(struct hl_scan *s, struct hl_volume *v)
{
	if (!v->fs)
		return HL_OK;
	return v->fs->ops->holder ? by_holder(s, v) : by_sweep(s, v);
}

enum hl_status hl_scan_inside(struct hl_scan *s)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hl_disk_count(s->disk) && st == HL_OK; i++)
		st = ask(s, hl_disk_volume(s->disk, i));
	return st;
}

enum hl_status hl_scan_inside_of(struct hl_scan *s, size_t i)
{
	const struct hl_lost *l = &s->lost[i];
	struct hl_volume v = { .off = l->off, .lost = l, .fs_name = "",
	                       .len = l->size };
	enum hl_status st = HL_OK;
	bool any = false;
	uint64_t off;

	for (size_t k = 0; k < s->n_lost && !any; k++)
		any = k != i && asks(&s->lost[k], &v, &off);
	if (!any || strcmp(l->fs, "bitlocker") == 0)
		return HL_OK;
	memcpy(v.id, l->id, sizeof(v.id));
	st = hl_lost_open(&v, s->image, s, &s->quiet);
	if (st == HL_OK)
		st = ask(s, &v);
	hl_fs_close(v.fs);
	hl_volume_lock(&v);
	hl_src_close(v.src);
	return st;
}
