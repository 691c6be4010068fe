/*
 * acquire_check.c: what was written, read back: an E01 by the reader that
 * reads all of them, raw bytes as they are (an image may hold anything, also
 * what looks like a container).
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "lift/acquire_impl.h"

static enum hl_status differs(const struct hl_ctx *ctx, const char *name,
                              const char *why)
{
	return hl_fail(&(struct hl_at){ ctx, NULL, HL_NO_OFFSET, "verify" },
	               HL_CORRUPT, "%s: %s", name, why);
}

static unsigned kinds_of(const struct hl_acquired *a)
{
	unsigned kinds = 0;

	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		kinds |= *a->hash[k] ? 1u << k : 0;
	/* to read it back is worth something without a digest, too */
	return kinds;
}

/* ---- raw --------------------------------------------------------------- */

static enum hl_status read_back(struct acquire *q)
{
	const uint64_t size = q->a->size;
	enum hl_status st = HL_OK;

	for (uint64_t off = 0; off < size && st == HL_OK;) {
		size_t n = (size_t)min_u64(HL_HASHERS_ROOM, size - off);
		if (hl_cancelled(q->ctx))
			return HL_CANCELLED;
		hl_progress(q->ctx, HL_PHASE_DISK_DATA, "verify", off, size);
		st = hl_acquire_back(q, off, hl_hashers_room(q->hashers), n);
		if (st == HL_OK)
			hl_hashers_feed(q->hashers, n);
		off += n;
	}
	return st == HL_END || st == HL_IO ?
	       differs(q->ctx, q->name, "cannot be read back") : st;
}

static enum hl_status check_raw(struct acquire *q)
{
	struct hl_outset_opts set;
	enum hl_status st;

	if (!hl_acquire_set(q->o, q->name, &set))
		return HL_LIMIT;
	set.resume = true; /* they are there */
	st = hl_outset_new(&q->out, &set, q->ctx);
	if (st == HL_OK)
		st = hl_hashers_new(&q->hashers, q->kinds, q->ctx);
	if (st == HL_OK)
		st = read_back(q);
	for (int k = 0; k < HL_VERIFY_KINDS && st == HL_OK; k++) {
		char hex[HL_HASH_HEX];
		hl_hashers_final(q->hashers, (enum hl_hash_kind)k, hex);
		if (strcmp(hex, q->a->hash[k]) != 0)
			st = differs(q->ctx, q->name, "is not what was "
			             "written: a digest differs");
	}
	hl_acquire_free(q);
	return st;
}

/* ---- E01 --------------------------------------------------------------- */

static enum hl_status judge(const struct hl_acquired *a,
                            const struct hl_verify *v, const char *path,
                            const struct hl_ctx *ctx)
{
	if (v->n_bad)
		return differs(ctx, path, "has chunks that are damaged");
	if (v->size != a->size)
		return differs(ctx, path, "has another size");
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (*a->hash[k] && strcmp(a->hash[k], v->hash[k].computed))
			return differs(ctx, path, "is not what was written: "
			               "a digest differs");
	if (strcmp(hl_verify_word(v), "match") != 0)
		return differs(ctx, path, "does not hold its digest");
	return HL_OK;
}

static enum hl_status check_ewf(const struct hl_acquired *a, const char *path,
                                const struct hl_ctx *ctx)
{
	const struct hl_image_opts opts = { .sector_size = 0 };
	struct hl_files *files;
	struct hl_src *image = NULL;
	struct hl_verify v = { .size = 0 };
	enum hl_status st = hl_files_find(&files, path, &opts, ctx);

	if (st == HL_OK)
		st = hl_image_open(&image, files, &opts, ctx);
	if (st == HL_OK)
		st = hl_verify_image(&v, image, kinds_of(a), ctx);
	if (st == HL_OK)
		st = judge(a, &v, path, ctx);
	hl_verify_free(&v, ctx);
	hl_src_close(image);
	hl_files_close(files);
	return st;
}

enum hl_status hl_acquire_check(const struct hl_acquired *a, const char *path,
                                const struct hl_acquire_opts *o,
                                const struct hl_ctx *ctx)
{
	struct hl_acquired copy = *a;
	struct acquire q = { .a = &copy, .o = o, .ctx = ctx,
		             .kinds = kinds_of(a) };

	return o->format == HL_ACQUIRE_EWF ? check_ewf(a, path, ctx)
	                                   : check_raw(&q);
}
