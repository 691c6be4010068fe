/*
 * disk_area.c: where the stores of shadow copies may lie.
 *
 *	volumes of this disk     also those that were not asked for
 *	volumes of --with IMAGE  Windows can keep the stores of one disk on
 *	                         another (vssadmin add shadowstorage /on=)
 */
#include "base/banned.h"
#include "base/mem.h"
#include "fs/disk_impl.h"

/* For what is another disk's matter, or was told already. */
const struct hl_ctx *hl_disk_quiet(struct hl_disk *d)
{
	d->quiet = *d->ctx;
	d->quiet.note = NULL;
	d->quiet.log = NULL;
	return &d->quiet;
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
		for (size_t k = 0; d->other[i] &&
		     k < hl_disk_count(d->other[i]); k++)
			d->area[d->n_areas++].src =
				hl_disk_volume(d->other[i], k)->src;
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
