/*
 * disk_vss.c: shadow copies among the volumes: "3.s1", "3.s2", ..., oldest
 * first, behind all others, so that what is live comes before its past.
 *
 * A copy's store may lie on another volume: all are asked (disk_area.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/note.h"
#include "fs/disk_impl.h"

bool hl_disk_is_shadow_of(const char *id, const char *volume)
{
	size_t n = strlen(volume);

	return strncmp(id, volume, n) == 0 && id[n] == '.' &&
	       id[n + 1] == 's';
}

static void name_copy(char id[16], const char *of, size_t number)
{
	char base[9];

	hl_copy(base, sizeof(base), of);
	snprintf(id, 16, "%s.s%u", base, (unsigned)(uint16_t)number);
}

static bool is_wanted(const struct hl_disk_opts *opts,
                      const struct hl_volume *of, size_t number)
{
	char id[16];

	if (opts->n_shadow) {
		bool listed = false;

		for (size_t i = 0; i < opts->n_shadow; i++)
			listed |= opts->shadow[i] == number;
		if (!listed)
			return false;
	}
	if (!opts->volume || strcmp(opts->volume, of->id) == 0)
		return true;
	name_copy(id, of->id, number);
	return strcmp(opts->volume, id) == 0;
}

/* The volume may be moved by another one that is added. */
static enum hl_status add_one(struct hl_disk *d, size_t of,
                              const struct hl_shadow *copy, size_t number)
{
	uint64_t off = d->volume[of].off, len = d->volume[of].len;
	enum hl_status st = hl_disk_add(d, off, copy->src ?
	                                hl_src_size(copy->src) : len, NULL);

	if (st != HL_OK)
		return st;
	struct hl_volume *v = &d->volume[d->n - 1];
	name_copy(v->id, d->volume[of].id, number);
	v->shadow = copy;
	v->in = copy->src;
	v->unread = copy->unread;
	v->remark = copy->remark;
	v->lacks = copy->lacks;
	d->volume[of].n_shadows++;
	if (copy->unread)
		hl_warn(&(struct hl_at){ d->ctx, d->image, off,
		                         "shadow copy" },
		        "volume %s is not read: %s", v->id, copy->unread);
	hl_progress(d->ctx, HL_PHASE_VOLUME, v->id, 0, 0);
	return hl_volume_open(v, d->image, false, d->ctx);
}

static enum hl_status add_copies(struct hl_disk *d, size_t of,
                                 const struct hl_vss *vss,
                                 const struct hl_disk_opts *opts)
{
	enum hl_status st = HL_OK;

	for (size_t k = 0; k < hl_vss_count(vss) && st == HL_OK; k++) {
		if (hl_cancelled(d->ctx))
			return HL_CANCELLED;
		if (is_wanted(opts, &d->volume[of], k + 1))
			st = add_one(d, of, hl_vss_copy(vss, k), k + 1);
	}
	return st;
}

/* What a volume lies on, when it was not opened as such. */
static enum hl_status open_bare(struct hl_disk *d, struct hl_disk_shadows *s,
                                const struct hl_volume *v)
{
	s->of = *v;
	s->own = true;
	s->of.skipped = false;
	s->of.unread = NULL;
	return hl_volume_open(&s->of, d->image, false, hl_disk_quiet(d));
}

/* Stores that a file system has, and that no catalogue tells of. */
static void say_none(struct hl_disk *d, const struct hl_volume *v)
{
	uint32_t n = v->fs ? hl_fs_info(v->fs)->shadow_copies : 0;

	if (n)
		hl_warn(&(struct hl_at){ d->ctx, v->src, HL_NO_OFFSET,
		                         "shadow copies" },
		        "volume %s: its header leads to no catalogue that is "
		        "whole, so %" PRIu32 " shadow copies are not read",
		        v->id, n);
}

static enum hl_status of_volume(struct hl_disk *d, size_t of,
                                const struct hl_disk_opts *opts)
{
	void *array = d->shadows;
	enum hl_status st = hl_grow(d->ctx, &array, &d->cap_shadows,
	                            d->n_shadows, sizeof(*d->shadows),
	                            HL_MAX_PARTS);

	d->shadows = array;
	if (st != HL_OK)
		return st;
	struct hl_disk_shadows *s = &d->shadows[d->n_shadows++];
	*s = (struct hl_disk_shadows){ .own = false };
	if (d->volume[of].skipped)
		st = open_bare(d, s, &d->volume[of]);
	if (st != HL_OK)
		return st;
	struct hl_volume *v = s->own ? &s->of : &d->volume[of];
	struct hl_vss_area live = { .src = v->fs ? hl_fs_source(v->fs) :
	                                   v->src };
	if (!live.src)
		return HL_OK;
	st = hl_disk_hint(&live, v);
	if (st != HL_OK)
		return st;
	st = hl_vss_open(&s->vss, &live, d->area, d->n_areas, d->ctx);
	if (st == HL_END || st == HL_CORRUPT) {
		say_none(d, v);
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	d->recognised = true;
	return add_copies(d, of, s->vss, opts);
}

static bool concerns(const struct hl_disk_opts *opts,
                     const struct hl_volume *v)
{
	return !opts->volume || strcmp(opts->volume, v->id) == 0 ||
	       hl_disk_is_shadow_of(opts->volume, v->id);
}

/* One volume may have more copies than another; that none has it is said. */
static void say_absent(struct hl_disk *d, uint32_t number)
{
	struct hl_at at = { d->ctx, d->image, HL_NO_OFFSET, "shadow copies" };
	char end[8];

	snprintf(end, sizeof(end), ".s%u", (unsigned)(uint16_t)number);
	for (size_t i = 0; i < d->n; i++) {
		const char *dot = strrchr(d->volume[i].id, '.');

		if (d->volume[i].shadow && dot && !strcmp(dot, end))
			return;
	}
	hl_warn(&at, "no volume has a shadow copy %" PRIu32, number);
}

enum hl_status hl_disk_add_shadows(struct hl_disk *d,
                                   const struct hl_disk_opts *opts)
{
	size_t n_base = d->n;
	enum hl_status st = hl_disk_list_areas(d, opts);

	for (size_t i = 0; i < n_base && st == HL_OK; i++) {
		d->volume[i].shadows_asked = true;
		if (concerns(opts, &d->volume[i]))
			st = of_volume(d, i, opts);
	}
	for (size_t i = 0; i < opts->n_shadow && st == HL_OK; i++)
		say_absent(d, opts->shadow[i]);
	return st;
}

/* Before the volumes they are copies of are closed, behind their own. */
void hl_disk_close_shadows(struct hl_disk *d)
{
	for (size_t i = d->n_shadows; i-- > 0;) {
		struct hl_disk_shadows *s = &d->shadows[i];

		hl_vss_close(s->vss);
		if (s->own)
			hl_volume_close(&s->of);
	}
	hl_disk_close_areas(d);
	hl_free(d->ctx, d->shadows);
}
