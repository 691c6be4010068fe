/*
 * carve_cover.c: what carving searched, and what it did not.
 */
#include <string.h>

#include "base/mem.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

/* Ciphertext was read, and nothing can be found in it. */
static bool locked(const struct hl_carve *c, const char *id)
{
	static const char *const names[] = { "bitlocker", "luks" };

	for (size_t i = 0; id && i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		for (size_t k = 0; k < 2 && !strcmp(v->id, id); k++)
			if (!strcmp(v->fs_name, names[k]))
				return true;
	}
	return false;
}

static bool searched(const struct hl_carve *c, const struct hl_unsearched *u)
{
	if (!strcmp(u->what, "unallocated"))
		return true;
	if (!strcmp(u->what, "gap"))
		return !c->opts.volumes_only;
	if (!strcmp(u->what, "volume")) {
		if (locked(c, u->volume))
			return false;
		for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
			const struct hl_volume *v = hl_disk_volume(c->disk, i);

			if (u->volume && !strcmp(v->id, u->volume))
				return v->src && (!v->skipped ||
				       (c->opts.all && !c->opts.volumes_only));
		}
	}
	return false;
}

static enum hl_status live_files(struct hl_carve *c, struct hl_coverage *out)
{
	const struct hl_unsearched u = {
		.what = "live files", .off = HL_NO_OFFSET,
		.len = HL_NO_OFFSET,
		.reason = "only space that no file owns was asked for",
	};

	return c->opts.all || !out->n_searched ? HL_OK :
	       hl_coverage_add(out, &u, c->ctx);
}

enum hl_status hl_carve_coverage(struct hl_carve *c, struct hl_coverage *out)
{
	static const struct hl_unsearched full = {
		.what = "rest", .off = HL_NO_OFFSET, .len = HL_NO_OFFSET,
		.reason = "too many finds", .loss = true,
	};
	size_t n = 0;
	enum hl_status st = hl_coverage_build(out, c->disk, c->ctx);

	if (st != HL_OK)
		return st;
	for (size_t i = 0; i < out->n_unsearched; i++)
		if (!searched(c, &out->unsearched[i]))
			out->unsearched[n++] = out->unsearched[i];
	out->n_unsearched = n;
	out->loss = false;
	for (size_t i = 0; i < n; i++)
		out->loss |= out->unsearched[i].loss;
	out->carved = c->searched;
	st = live_files(c, out);
	if (st == HL_OK && c->full)
		st = hl_coverage_add(out, &full, c->ctx);
	if (st != HL_OK)
		hl_coverage_free(out, c->ctx);
	return st;
}
