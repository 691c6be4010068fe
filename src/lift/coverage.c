/*
 * coverage.c: what was searched, and what was seen and not searched.  "No
 * hives" is never said without it, and a disk whose only Windows volume is
 * encrypted never looks like a disk without hives.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "hivelift/lift.h"

struct build {
	struct hl_coverage *out;
	const struct hl_ctx *ctx;
};

enum hl_status hl_coverage_add(struct hl_coverage *c,
                               const struct hl_unsearched *u,
                               const struct hl_ctx *ctx)
{
	void *array = c->unsearched;
	enum hl_status st = hl_grow(ctx, &array, &c->cap_unsearched,
	                            c->n_unsearched, sizeof(*c->unsearched),
	                            HL_MAX_PLACES);

	c->unsearched = array;
	if (st != HL_OK)
		return st;
	c->unsearched[c->n_unsearched++] = *u;
	c->loss = c->loss || u->loss;
	return HL_OK;
}

static enum hl_status add(struct build *b, struct hl_unsearched u)
{
	return hl_coverage_add(b->out, &u, b->ctx);
}

static enum hl_status searched(struct build *b, const struct hl_volume *v)
{
	struct hl_coverage *c = b->out;
	void *array = c->searched;
	enum hl_status st = hl_grow(b->ctx, &array, &c->cap_searched,
	/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	                            c->n_searched, sizeof(*c->searched),
	                            HL_MAX_PLACES);

	c->searched = array;
	if (st == HL_OK)
		c->searched[c->n_searched++] = v;
	return st;
}

static enum hl_status unread(struct build *b, const struct hl_volume *v)
{
	struct hl_unsearched u = {
		.what = "volume", .volume = v->id, .off = v->off,
		.len = v->len, .loss = !v->expected_empty && !v->skipped,
	};

	u.reason = v->unread ? v->unread : "no file system recognised";
	return add(b, u);
}

/* What lies inside of a copy is what lies beside it. */
static enum hl_status shadow_copies(struct build *b,
                                    const struct hl_volume *v,
                                    const struct hl_fs_info *info)
{
	uint32_t n = info->shadow_copies;
	struct hl_unsearched u = {
		.what = "shadow copies", .volume = v->id, .off = HL_NO_OFFSET,
		.len = HL_NO_OFFSET,
		.reason = v->shadows_asked ?
			"not asked for, or another volume's" :
			"read with --snapshots",
	};

	if (v->shadow || n <= v->n_shadows)
		return HL_OK;
	u.count = n - v->n_shadows;
	return add(b, u);
}

/* Without its size: counting the free clusters may read megabytes. */
static enum hl_status unallocated(struct build *b, const struct hl_volume *v,
                                  const struct hl_fs_info *info)
{
	struct hl_unsearched u = {
		.what = "unallocated", .volume = v->id, .off = HL_NO_OFFSET,
		.len = info->unallocated,
		.reason = "space that no file owns is not searched",
	};

	return info->unallocated ? add(b, u) : HL_OK;
}

/* The file system or its partition says that there was more. */
static enum hl_status cut(struct build *b, const struct hl_volume *v,
                          const struct hl_fs_info *info)
{
	uint64_t want = info ? info->size : 0;
	struct hl_unsearched u = {
		.what = "beyond the image", .volume = v->id,
		.off = HL_NO_OFFSET, .loss = true,
		.reason = "the image ends before the volume does",
	};

	if (v->part && (v->part->flags & (HL_PART_CUT | HL_PART_OUTSIDE)) &&
	    v->part->stated_len > want)
		want = v->part->stated_len;
	if (want <= v->len)
		return HL_OK;
	u.len = want - v->len;
	return add(b, u);
}

static enum hl_status volume(struct build *b, const struct hl_volume *v)
{
	const struct hl_fs_info *info = v->fs ? hl_fs_info(v->fs) : NULL;
	enum hl_status st;

	if (v->rest)
		return HL_OK;
	if (!info) {
		st = unread(b, v);
		/* one that lies outside as a whole has said so already */
		return st == HL_OK && v->len ? cut(b, v, NULL) : st;
	}
	st = searched(b, v);
	if (st == HL_OK)
		st = shadow_copies(b, v, info);
	if (st == HL_OK)
		st = unallocated(b, v, info);
	return st == HL_OK ? cut(b, v, info) : st;
}

static enum hl_status gaps(struct build *b, struct hl_disk *disk)
{
	struct hl_unsearched u = {
		.what = "gap", .reason = "no partition covers it",
	};
	enum hl_status st;

	for (size_t i = 0;; i++) {
		st = hl_disk_gap(disk, i, &u.off, &u.len);
		if (st == HL_OK)
			st = add(b, u);
		if (st != HL_OK)
			return st == HL_END ? HL_OK : st;
	}
}

enum hl_status hl_coverage_build(struct hl_coverage *out,
                                 struct hl_disk *disk,
                                 const struct hl_ctx *ctx)
{
	struct build b = { .out = out, .ctx = ctx };
	enum hl_status st = HL_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; st == HL_OK && i < hl_disk_count(disk); i++)
		st = volume(&b, hl_disk_volume(disk, i));
	if (st == HL_OK)
		st = gaps(&b, disk);
	if (st != HL_OK)
		hl_coverage_free(out, ctx);
	return st;
}

void hl_coverage_free(struct hl_coverage *coverage, const struct hl_ctx *ctx)
{
	hl_free(ctx, coverage->searched);
	hl_free(ctx, coverage->unsearched);
	memset(coverage, 0, sizeof(*coverage));
}
