/*
 * vdisk_tables.c: a sparse VMDK's tables, which are there twice.
 *
 *	directory          -> tables -> grains
 *	second directory   -> tables -> the same grains
 *
 * Where both are alike nothing has to be decided.  A table gives way to its
 * copy when it cannot be read, names grains behind the file's end, or lacks
 * some that the copy has; else the first one counts.  Both are said.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/vdisk_tables.h"

#define SECTOR UINT64_C(512)

struct work {
	const struct vmdk_tables *t;
	uint8_t *directory;  /* entries of damaged tables become the copy's */
	const uint8_t *copy;
	uint8_t *a, *b;      /* a table each */
	size_t len;     /* of one, bytes */
	uint64_t budget;
	bool large;     /* more tables than are compared */
	size_t replaced, differ;
};

static bool load(const struct work *w, uint32_t sector, uint8_t *p)
{
	return sector && hl_src_read(w->t->file, sector * SECTOR, p, w->len,
	                             NULL) == HL_OK;
}

static bool possible(const struct work *w, const uint8_t *p)
{
	uint64_t end = hl_src_size(w->t->file) / SECTOR;

	for (size_t i = 0; i < w->len; i += 4)
		if (le32_at(p + i) > 1 && le32_at(p + i) >= end)
			return false;
	return true;
}

/* Does p have whatever q has?  Writers change the first table first. */
static bool covers(const struct work *w, const uint8_t *p, const uint8_t *q)
{
	for (size_t i = 0; i < w->len; i += 4)
		if (le32_at(q + i) && le32_at(q + i) != le32_at(p + i))
			return false;
	return true;
}

static void compare(struct work *w, size_t i)
{
	uint8_t *entry = w->directory + 4 * i;
	uint32_t first = le32_at(entry), copy = le32_at(w->copy + 4 * i);
	bool a, b;

	if (first == copy)
		return; /* both none, or one table for both */
	a = load(w, first, w->a);
	b = load(w, copy, w->b);
	if (a && b && !memcmp(w->a, w->b, w->len))
		return;
	if (b && possible(w, w->b) &&
	    (!a || !possible(w, w->a) || covers(w, w->b, w->a))) {
		memcpy(entry, w->copy + 4 * i, 4);
		w->replaced++;
	} else {
		w->differ++;
	}
}

static void say(const struct work *w, size_t done, const struct hl_at *at)
{
	size_t n = (size_t)w->t->n;

	if (w->replaced)
		hl_warn(at, "%zu of its %zu tables of grains are damaged; "
		        "their copies are used", w->replaced, n);
	if (w->differ)
		hl_warn(at, "%zu of its %zu tables of grains differ from "
		        "their copies, which are not used", w->differ, n);
	if (done < n && w->large)
		hl_say(at, "%zu of its %zu tables of grains were compared with "
		       "their copies", done, n);
	else if (done < n)
		hl_warn(at, "has more tables of grains than its file has room "
		        "for; the copies of %zu were not compared", n - done);
}

static enum hl_status compare_all(const struct vmdk_tables *t,
                                  uint8_t *directory, const uint8_t *copy,
                                  const struct hl_at *at)
{
	struct work w = { .t = t, .directory = directory, .copy = copy,
	                  .len = (size_t)t->per_table * 4,
	                  .budget = hl_src_size(t->file) };
	size_t i = 0;
	enum hl_status st = HL_OK;

	w.large = w.budget > HL_MAX_VMDK_TABLES;
	w.budget = min_u64(w.budget, HL_MAX_VMDK_TABLES);

	w.a = hl_alloc(at->ctx, w.len);
	w.b = hl_alloc(at->ctx, w.len);
	bool room = w.a && w.b;
	/* tables lie apart: no more of them are honest than the file holds */
	for (; room && i < t->n && w.budget >= w.len; i++) {
		if (hl_cancelled(at->ctx)) {
			st = HL_CANCELLED;
			break;
		}
		w.budget -= w.len;
		compare(&w, i);
	}
	hl_free(at->ctx, w.a);
	hl_free(at->ctx, w.b);
	if (!room || st != HL_OK)
		return room ? st : HL_NOMEM;
	say(&w, i, at);
	return HL_OK;
}

/* HL_OK; HL_END: it cannot be read; HL_NOMEM */
static enum hl_status read_one(const struct vmdk_tables *t, uint64_t sector,
                               uint8_t **out, const struct hl_ctx *ctx)
{
	uint64_t off;

	*out = hl_alloc_array(ctx, (size_t)t->n, 4);
	if (!*out)
		return HL_NOMEM;
	if (sector && !ckd_mul(&off, sector, SECTOR) &&
	    hl_src_read(t->file, off, *out, (size_t)t->n * 4, NULL) == HL_OK)
		return HL_OK;
	hl_free(ctx, *out);
	*out = NULL;
	return HL_END;
}

static enum hl_status with_copy(uint8_t **out, const struct vmdk_tables *t,
                                const struct hl_at *at)
{
	uint8_t *copy;
	enum hl_status st = read_one(t, t->copy_sector, &copy, at->ctx);

	if (st == HL_END) {
		hl_warn(at, "the copy of its directory cannot be read");
		return HL_OK;
	}
	if (st == HL_OK && !*out) {
		hl_warn(at, "its directory cannot be read; the copy is used");
		*out = copy;
		return HL_OK;
	}
	if (st == HL_OK)
		st = compare_all(t, *out, copy, at);
	hl_free(at->ctx, copy);
	return st;
}

enum hl_status hl_vmdk_directory(uint8_t **out, const struct vmdk_tables *t,
                                 const struct hl_at *at)
{
	enum hl_status st = HL_END;

	*out = NULL;
	if (t->n <= hl_src_size(t->file) / 4)
		st = read_one(t, t->sector, out, at->ctx);
	if (t->n <= hl_src_size(t->file) / 4 && t->copy_sector &&
	    st != HL_NOMEM)
		st = with_copy(out, t, at);
	if (st == HL_NOMEM || st == HL_CANCELLED || *out)
		return st;
	return hl_fail(at, HL_CORRUPT, "its directory cannot be read");
}
