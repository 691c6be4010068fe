/*
 * disk_ldm.c: the volumes of a dynamic disk among the others.
 *
 * The partition that holds them stays in the list, for it is in the table;
 * it is nothing to read by itself any more.
 */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/disk_impl.h"

static bool is_container(const struct hl_volume *v)
{
	return v->part && (v->part->flags & HL_PART_DYNAMIC) &&
	       !(v->part->flags & HL_PART_RESERVED);
}

static bool any_dynamic(const struct hl_disk *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (is_container(&d->volume[i]))
			return true;
	return false;
}

/* What is wrong with another disk's table is its own matter. */
static enum hl_status open_tables(struct hl_disk *d,
                                  const struct hl_disk_opts *opts)
{
	const struct hl_ctx *quiet = hl_disk_quiet(d);
	enum hl_status st = HL_OK;

	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	d->with = hl_zalloc(d->ctx, (opts->n_with + 1) * sizeof(*d->with));
	if (!d->with)
		return HL_NOMEM;
	for (; d->n_with < opts->n_with && st == HL_OK; d->n_with++) {
		st = hl_table_open(&d->with[d->n_with], opts->with[d->n_with],
		                   opts->sector_size, quiet);
		if (st == HL_END || st == HL_IO)
			st = HL_OK;
	}
	return st;
}

static enum hl_status open_ldm(struct hl_disk *d,
                               const struct hl_disk_opts *opts)
{
	size_t n = 1 + opts->n_with;
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	struct hl_src **image = hl_alloc_array(d->ctx, n, sizeof(*image));
	const struct hl_table **table = hl_alloc_array(d->ctx, n,
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	                                               sizeof(*table));
	enum hl_status st = HL_NOMEM;

	if (image && table) {
		image[0] = d->image;
		table[0] = d->table;
		for (size_t i = 1; i < n; i++) {
			image[i] = opts->with[i - 1];
			table[i] = d->with[i - 1];
		}
		st = hl_ldm_open(&d->ldm, image, table, n, d->ctx);
	}
	hl_free(d->ctx, image);
	hl_free(d->ctx, table);
	return st == HL_END ? HL_OK : st;
}

static enum hl_status add_all(struct hl_disk *d)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < d->n; i++) {
		struct hl_volume *v = &d->volume[i];

		if (!is_container(v))
			continue;
		v->fs_name = "ldm";
		v->unread = "holds volumes of a dynamic disk (LDM), which are "
			"listed too";
		v->expected_empty = true;
	}
	for (size_t i = 0; i < hl_ldm_count(d->ldm) && st == HL_OK; i++) {
		const struct hl_ldm_volume *l = hl_ldm_volume(d->ldm, i);

		st = hl_disk_add(d, l->part.off, l->part.len, &l->part);
		if (st != HL_OK)
			break;
		struct hl_volume *v = &d->volume[d->n - 1];
		v->in = l->src;
		v->remark = l->remark;
		v->lacks = l->loss;
		if (!l->src)
			v->unread = "of this dynamic volume nothing can be put "
				"together";
	}
	return st;
}

enum hl_status hl_disk_add_dynamic(struct hl_disk *d,
                                   const struct hl_disk_opts *opts)
{
	if (!any_dynamic(d))
		return HL_OK;
	enum hl_status st = open_tables(d, opts);
	if (st == HL_OK)
		st = open_ldm(d, opts);
	if (st != HL_OK || !d->ldm || hl_ldm_count(d->ldm) == 0)
		return st;
	return add_all(d);
}

void hl_disk_close_dynamic(struct hl_disk *d)
{
	hl_ldm_close(d->ldm);
	for (size_t i = 0; i < d->n_with; i++)
		hl_table_close(d->with[i]);
	hl_free(d->ctx, d->with);
}
