/*
 * disk.c: an image as a list of volumes.
 *
 *	image --table--> partitions --content--> volumes "1", "2", ...
 *	     \--no table--------------content--> volume "1"
 *
 * One bad volume never hides the others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/disk_impl.h"

enum hl_status hl_disk_add(struct hl_disk *d, uint64_t off, uint64_t len,
                           const struct hl_part *part)
{
	enum hl_status st = hl_grow(d->ctx, (void **)&d->volume, &d->cap, d->n,
	                            sizeof(*d->volume), HL_MAX_PARTS);

	if (st != HL_OK)
		return st;
	struct hl_volume *v = &d->volume[d->n];
	*v = (struct hl_volume){ .off = off, .len = len, .part = part,
	                         .fs_name = "" };
	d->n++;
	return HL_OK;
}

/* What begins behind its end, as most disks have it, lies not over it. */
static enum hl_status own_size(struct hl_disk *d, const struct hl_volume *v,
                               uint64_t *len)
{
	struct hl_fs_found found;
	struct hl_src *src;
	uint64_t size;
	enum hl_status st;

	*len = v->len;
	if (v->lost)
		return HL_OK;
	st = hl_src_window(&src, d->image, v->off, v->len, d->ctx);
	if (st != HL_OK)
		return st;
	st = hl_fs_peek(&found, &size, src, true, d->ctx);
	hl_src_close(src);
	if (st == HL_OK && size)
		*len = min_u64(size, v->len);
	return hl_scan_fatal(st) ? st : HL_OK;
}

/* At --offset: an old volume under one of the table, perhaps. */
static enum hl_status open_given(struct hl_disk *d, struct hl_volume *v)
{
	const struct hl_fs_rival *rival;
	uint64_t len;
	size_t n;
	enum hl_status st = own_size(d, v, &len);

	if (st == HL_OK)
		st = hl_rivals_open(&d->rivals, d->image, d->sector_size,
		                    v->off, len, v->lost != NULL, d->ctx);
	if (st != HL_OK)
		return st;
	rival = hl_rivals_get(d->rivals, &n);
	if (v->lost || n) {
		if (!v->lost)
			d->given = (struct hl_lost){
				.off = v->off, .size = v->len, .fs = "",
				.boot = HL_BOOT_PRIMARY, .boot_off = v->off };
		v->lost = &d->given;
		return hl_lost_open_below(v, d->image, NULL, rival, n, d->ctx);
	}
	return hl_volume_open(v, d->image, true, d->ctx);
}

static enum hl_status open_one(struct hl_disk *d, struct hl_volume *v)
{
	if (d->at_offset)
		return open_given(d, v);
	return v->lost ? hl_lost_open(v, d->image, d->scan, d->ctx) :
	                 hl_volume_open(v, d->image, d->search, d->ctx);
}

static enum hl_status open_all(struct hl_disk *d)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < d->n && st == HL_OK; i++) {
		if (d->volume[i].skipped)
			continue;
		hl_progress(d->ctx, HL_PHASE_VOLUME, d->volume[i].id, i, d->n);
		st = hl_cancelled(d->ctx) ? HL_CANCELLED :
		     open_one(d, &d->volume[i]);
		d->recognised |= d->volume[i].fs_name[0] != '\0' ||
			d->volume[i].bde;
	}
	return st;
}

static void skip_others(struct hl_volume *v, const char *only)
{
	v->skipped = strcmp(v->id, only) != 0;
	if (v->skipped)
		v->unread = "another volume was asked for";
}

static enum hl_status list_parts(struct hl_disk *d)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hl_table_count(d->table) && st == HL_OK; i++) {
		const struct hl_part *p = hl_table_part(d->table, i);
		if (!(p->flags & HL_PART_GAP))
			st = hl_disk_add(d, p->off, p->len, p);
	}
	return st;
}

/* In the order of their start; of two at one place the container first. */
static void sort_volumes(struct hl_disk *d)
{
	for (size_t i = 1; i < d->n; i++) {
		struct hl_volume v = d->volume[i];
		size_t k = i;

		for (; k && d->volume[k - 1].off > v.off; k--)
			d->volume[k] = d->volume[k - 1];
		d->volume[k] = v;
	}
}

/* only: NULL or the one volume that is wanted */
static void number_volumes(struct hl_disk *d, const char *only)
{
	for (size_t i = 0; i < d->n; i++) {
		struct hl_volume *v = &d->volume[i];

		snprintf(v->id, sizeof(v->id), "%u", (unsigned)i + 1);
		if (only)
			skip_others(v, only);
	}
}

static enum hl_status list_table(struct hl_disk *d,
                                 const struct hl_disk_opts *opts)
{
	enum hl_status st = list_parts(d);

	if (st == HL_OK)
		st = hl_disk_add_dynamic(d, opts);
	if (st == HL_OK && d->ldm)
		sort_volumes(d);
	return st;
}

static enum hl_status list_bare(struct hl_disk *d, uint64_t off)
{
	uint64_t size = hl_src_size(d->image);

	return off < size ? hl_disk_add(d, off, size - off, NULL) : HL_OK;
}

/* A file system at --offset may end before the image does. */
static void trim(struct hl_volume *v)
{
	if (v->fs && hl_fs_info(v->fs)->size &&
	    hl_fs_info(v->fs)->size < v->len)
		v->len = hl_fs_info(v->fs)->size;
}

/*
 * An MBR without partitions is what a wiped disk has, and what a boot sector
 * without code looks like: a file system counts for more.
 */
static enum hl_status list_empty_table(struct hl_disk *d)
{
	struct hl_fs_found found;
	uint64_t size;
	enum hl_status st = hl_fs_peek(&found, &size, d->image, d->search,
	                               d->ctx);

	if (st == HL_OK || (st == HL_END && found.name[0])) {
		hl_disk_drop_table(d);
		return list_bare(d, 0);
	}
	return st == HL_END ? HL_OK : st;
}

static enum hl_status list(struct hl_disk *d, const struct hl_disk_opts *opts)
{
	enum hl_status st;

	if (opts->at_offset) {
		d->at_offset = true;
		return list_bare(d, opts->offset);
	}
	st = hl_disk_find_table(d, opts->sector_size);
	if (st != HL_OK)
		return st;
	d->recognised = d->table != NULL;
	if (!d->table)
		return list_bare(d, 0);
	if (hl_disk_n_parts(d->table) == 0)
		return list_empty_table(d);
	return list_table(d, opts);
}

/* What nobody knows of is not given a size that nobody knows: all the rest. */
static void take_geom(struct hl_disk *d, const struct hl_lost_geom *geom)
{
	struct hl_volume *v = &d->volume[0];

	d->given = (struct hl_lost){
		.off = v->off, .size = v->len, .fs = "ntfs",
		.boot = HL_BOOT_NONE, .boot_off = HL_NO_OFFSET,
		.geom = *geom,
	};
	v->lost = &d->given;
}

/* Those of a scan, behind the table's. */
static enum hl_status list_lost(struct hl_disk *d,
                                const struct hl_disk_opts *opts)
{
	size_t n = opts->scan ? hl_scan_count(opts->scan) : 0;
	enum hl_status st = n ? hl_scan_open_rivals(opts->scan) : HL_OK;

	d->scan = opts->scan;
	for (size_t i = 0; i < n && st == HL_OK; i++) {
		const struct hl_lost *l = hl_scan_get(opts->scan, i);

		if (!l->believed || l->in_table)
			continue;
		st = hl_disk_add(d, l->off, min_u64(l->size,
		                 hl_src_size(d->image) - l->off), NULL);
		if (st != HL_OK)
			break;
		struct hl_volume *v = &d->volume[d->n - 1];
		v->lost = l;
		memcpy(v->id, l->id, sizeof(v->id));
		if (opts->volume)
			skip_others(v, opts->volume);
	}
	return st;
}

static bool all_skipped(const struct hl_disk *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->volume[i].skipped)
			return false;
	return true;
}

static enum hl_status check_usage(struct hl_disk *d,
                                  const struct hl_disk_opts *opts)
{
	struct hl_at at = { d->ctx, d->image, HL_NO_OFFSET, "volume" };

	if (opts->at_offset && opts->offset >= hl_src_size(d->image))
		return hl_fail(&at, HL_USAGE, "offset %" PRIu64 " is behind "
		               "the end of the image", opts->offset);
	if (opts->volume && all_skipped(d) && !opts->shadows)
		return hl_fail(&at, HL_USAGE, "there is no volume %s",
		               opts->volume);
	return HL_OK;
}

/* Without a table, what a scan found tells more than "all of it". */
static void excuse_bare(struct hl_disk *d)
{
	if (d->n > 1 && !d->table && !d->at_offset && !d->volume[0].fs &&
	    !d->volume[0].lost && !d->volume[0].fs_name[0])
		d->volume[0].expected_empty = d->volume[0].rest = true;
}

enum hl_status hl_disk_open(struct hl_disk **out, struct hl_src *image,
                            const struct hl_disk_opts *opts,
                            const struct hl_ctx *ctx)
{
	static const struct hl_disk_opts none;
	struct hl_disk *d = hl_zalloc(ctx, sizeof(*d));

	*out = NULL;
	if (!d)
		return HL_NOMEM;
	if (!opts)
		opts = &none;
	d->ctx = ctx;
	d->image = image;
	d->sector_size = opts->sector_size;
	/* a scan has read all of the medium: once is enough */
	d->search = !opts->plain &&
	            (!opts->scan || hl_scan_at_start(opts->scan));
	enum hl_status st = list(d, opts);
	if (st == HL_OK)
		number_volumes(d, opts->volume);
	if (st == HL_OK && opts->geom && d->at_offset && d->n)
		take_geom(d, opts->geom);
	if (st == HL_OK)
		st = list_lost(d, opts);
	if (st == HL_OK)
		st = check_usage(d, opts);
	if (st == HL_OK)
		st = open_all(d);
	if (st == HL_OK && opts->shadows) {
		const struct hl_disk_opts again = { .volume = opts->volume };
		st = hl_disk_add_shadows(d, opts);
		if (st == HL_OK)
			st = check_usage(d, &again);
	}
	if (st != HL_OK) {
		hl_disk_close(d);
		return st;
	}
	if (d->at_offset && d->n)
		trim(&d->volume[0]);
	excuse_bare(d);
	*out = d;
	return d->recognised ? HL_OK : HL_END;
}

void hl_disk_close(struct hl_disk *disk)
{
	if (!disk)
		return;
	size_t i = disk->n;
	for (; i-- > 0 && disk->volume[i].shadow;)
		hl_volume_close(&disk->volume[i]);
	hl_disk_close_shadows(disk); /* before what they are copies of */
	for (i++; i-- > 0;)
		hl_volume_close(&disk->volume[i]);
	hl_rivals_close(disk->rivals);
	hl_free(disk->ctx, disk->volume);
	hl_disk_close_dynamic(disk);
	hl_table_close(disk->table);
	hl_free(disk->ctx, disk);
}

struct hl_src *hl_disk_image(struct hl_disk *disk)
{
	return disk->image;
}

const struct hl_table *hl_disk_table(struct hl_disk *disk)
{
	return disk->table;
}

size_t hl_disk_count(struct hl_disk *disk)
{
	return disk->n;
}

struct hl_volume *hl_disk_volume(struct hl_disk *disk, size_t i)
{
	return i < disk->n ? &disk->volume[i] : NULL;
}
