/*
 * disk_area.c: where the stores of shadow copies may lie.
 *
 *	volumes of this disk     also those that were not asked for
 *	volumes of --with IMAGE  Windows can keep the stores of one disk on
 *	                         another (vssadmin add shadowstorage /on=)
 */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "fs/disk_impl.h"

#define VSS_BLOCK_BYTES 0x4000

/* For what is another disk's matter, or was told already. */
const struct hl_ctx *hl_disk_quiet(struct hl_disk *d)
{
	d->quiet = *d->ctx;
	d->quiet.note = NULL;
	d->quiet.log = NULL;
	return &d->quiet;
}

/* Its own clusters only; what a copy shows of it is another volume's. */
static enum hl_status add_blocks(struct hl_vss_area *a, struct hl_src *file)
{
	uint64_t off = 0;

	while (off < hl_src_size(file) && a->n_blocks < HL_VSS_HINTS) {
		struct hl_extent e;
		enum hl_status st = hl_src_map(file, off, &e);

		if (st != HL_OK)
			return st;
		if (e.in == a->src)
			a->block[a->n_blocks++] = e.in_off + (off - e.off);
		off += VSS_BLOCK_BYTES;
	}
	return HL_OK;
}

/* Where the file system has the file that is the catalogue. */
enum hl_status hl_disk_hint(struct hl_vss_area *a, const struct hl_volume *v)
{
	struct hl_src *file;
	struct hl_entry e;

	if (!v->fs || strcmp(v->fs_name, "ntfs") != 0)
		return HL_OK;
	a->expected = hl_fs_info(v->fs)->shadow_copies > 0;
	enum hl_status st = hl_fs_find(v->fs, "/System Volume Information/"
	                               "{3808876b-c176-4e48-b7ae-"
	                               "04046e6cc752}", &e);
	if (st == HL_OK)
		st = hl_fs_stream(&file, v->fs, &e.ref, NULL, HL_STREAM_RAW);
	if (st == HL_OK) {
		st = add_blocks(a, file);
		hl_src_close(file);
	}
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static enum hl_status list_own(struct hl_disk *d)
{
	for (; d->n_areas < d->n; d->n_areas++) {
		const struct hl_volume *v = &d->volume[d->n_areas];
		struct hl_src **src = &d->area[d->n_areas].src;
		enum hl_status st = HL_OK;

		*src = v->src;
		if (v->skipped && v->len)
			st = hl_src_window(src, v->in ? v->in : d->image,
			                   v->in ? 0 : v->off, v->len, d->ctx);
		if (st == HL_OK)
			st = hl_disk_hint(&d->area[d->n_areas], v);
		if (st != HL_OK)
			return st;
	}
	d->n_own_areas = d->n_areas;
	return HL_OK;
}

/* Of a disk on which nothing is to be seen there is nothing to ask. */
static enum hl_status open_others(struct hl_disk *d,
                                  const struct hl_disk_opts *opts, size_t *n)
{
	const struct hl_disk_opts plain = {
		.sector_size = opts->sector_size, .plain = true };

	if (!opts->n_with)
		return HL_OK;
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	d->other = hl_zalloc(d->ctx, opts->n_with * sizeof(*d->other));
	if (!d->other)
		return HL_NOMEM;
	for (; d->n_others < opts->n_with; d->n_others++) {
		struct hl_disk **o = &d->other[d->n_others];
		enum hl_status st = hl_disk_open(o, opts->with[d->n_others],
		                                 &plain, hl_disk_quiet(d));

		if (st == HL_NOMEM || st == HL_CANCELLED)
			return st;
		*n += *o ? hl_disk_count(*o) : 0;
	}
	return HL_OK;
}

static enum hl_status list_other(struct hl_disk *d, struct hl_disk *other)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hl_disk_count(other) && st == HL_OK; i++) {
		const struct hl_volume *v = hl_disk_volume(other, i);
		struct hl_vss_area *a = &d->area[d->n_areas++];

		a->src = v->src;
		st = hl_disk_hint(a, v);
	}
	return st;
}

enum hl_status hl_disk_list_areas(struct hl_disk *d,
                                  const struct hl_disk_opts *opts)
{
	size_t n = d->n;
	enum hl_status st = open_others(d, opts, &n);

	if (st != HL_OK)
		return st;
	d->area = hl_zalloc(d->ctx, (n + 1) * sizeof(*d->area));
	if (!d->area)
		return HL_NOMEM;
	st = list_own(d);
	for (size_t i = 0; i < d->n_others && st == HL_OK; i++)
		if (d->other[i])
			st = list_other(d, d->other[i]);
	return st;
}

void hl_disk_close_areas(struct hl_disk *d)
{
	for (size_t i = 0; i < d->n_own_areas; i++)
		if (d->area[i].src != d->volume[i].src)
			hl_src_close(d->area[i].src);
	for (size_t i = 0; i < d->n_others; i++)
		hl_disk_close(d->other[i]);
	hl_free(d->ctx, d->other);
	hl_free(d->ctx, d->area);
}
