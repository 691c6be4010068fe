/*
 * pass.c: one pass over a stream: read, digest, judge, hand on.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/pass.h"

/* A piece: large enough for one read of a run, small beside the memory cap. */
#define PIECE (1u << 20)

struct run {
	struct hl_pass *pass;
	struct hl_src *src;
	const char *path;
	const struct hl_ctx *ctx;
	struct hl_hash *hash;
	uint8_t *buf;
	size_t room;
};

static void say_bad(const struct run *r)
{
	const struct hl_ranges *bad = &r->pass->bad;

	for (size_t i = 0; i < bad->n; i++) {
		const struct hl_range *b = &bad->r[i];
		hl_warn(&(struct hl_at){ r->ctx, r->src, b->off, r->path },
		        "%" PRIu64 " bytes at %" PRIu64 " are %s and read as "
		        "zeros", b->len, b->off,
		        b->what == HL_WHAT_MISSING ? "missing" :
		        hl_quality_text(b->quality));
	}
	if (bad->overflow)
		hl_warn(&(struct hl_at){ r->ctx, r->src, HL_NO_OFFSET,
		                         r->path },
		        "%" PRIu64 " bytes in all are damaged, in more "
		        "stretches than are listed", bad->bytes);
}

static enum hl_status piece(struct run *r, size_t n)
{
	struct hl_pass *pass = r->pass;
	uint64_t off = pass->bytes;
	enum hl_status st = hl_src_read(r->src, off, r->buf, n, &pass->bad);

	if (st != HL_OK)
		return st;
	if (r->hash)
		hl_hash_update(r->hash, r->buf, n);
	if (pass->check)
		hl_hive_check_feed(pass->check, r->buf, n);
	pass->bytes += n;
	if (pass->sink)
		st = pass->sink(pass->user, off, r->buf, n);
	return st;
}

static enum hl_status read_all(struct run *r)
{
	uint64_t size = hl_src_size(r->src);

	while (r->pass->bytes < size) {
		uint64_t left = size - r->pass->bytes;
		if (hl_cancelled(r->ctx))
			return HL_CANCELLED;
		hl_progress(r->ctx, HL_PHASE_DISK_DATA, r->path,
		            r->pass->bytes, size);
		enum hl_status st = piece(r, (size_t)min_u64(left, r->room));
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

static void finish_hashes(struct run *r)
{
	for (int k = 0; r->hash && k < HL_HASH_KINDS; k++)
		if (r->pass->hashes >> k & 1)
			hl_hash_final(r->hash, (enum hl_hash_kind)k,
			              r->pass->hex[k]);
}

enum hl_status hl_pass_run(struct hl_pass *pass, struct hl_src *src,
                           const char *path, const struct hl_ctx *ctx)
{
	struct run r = { .pass = pass, .src = src, .path = path, .ctx = ctx };
	enum hl_status st = HL_OK;

	pass->bytes = 0;
	hl_ranges_clear(&pass->bad);
	memset(pass->hex, 0, sizeof(pass->hex));
	r.room = (size_t)min_u64(hl_src_size(src), PIECE);
	r.buf = hl_alloc(ctx, r.room);
	if (!r.buf)
		return HL_NOMEM;
	if (pass->hashes)
		st = hl_hash_new(&r.hash, pass->hashes, ctx);
	if (st == HL_OK) {
		hl_src_advise(src, 0, hl_src_size(src), HL_ADVISE_SEQUENTIAL);
		st = read_all(&r);
	}
	if (st == HL_OK)
		finish_hashes(&r);
	if (r.hash)
		hl_hash_free(r.hash);
	hl_free(ctx, r.buf);
	say_bad(&r);
	return st;
}
