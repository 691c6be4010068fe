/*
 * pass.c: one pass over a stream: read, digest, judge, hand on.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/hashers.h"
#include "io/note.h"
#include "lift/pass.h"

/* A piece: large enough for one read of a run, small beside the memory cap. */
#define PIECE (1u << 20)
/* From so many bytes on, a millisecond of hashing, several digests are worth a
 * thread each: to start them takes a tenth of that. */
#define APART (512u << 10)

struct run {
	struct hl_pass *pass;
	struct hl_src *src;
	const char *path;
	const struct hl_ctx *ctx;
	struct hl_hash *hash;
	struct hl_hashers *apart; /* instead of hash, and then of buf */
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
	uint8_t *buf = r->apart ? hl_hashers_room(r->apart) : r->buf;
	enum hl_status st = hl_src_read(r->src, off, buf, n, &pass->bad);

	if (st != HL_OK)
		return st;
	if (r->apart)
		hl_hashers_feed(r->apart, n);
	else if (r->hash)
		hl_hash_update(r->hash, buf, n);
	if (pass->check)
		hl_hive_check_feed(pass->check, buf, n);
	pass->bytes += n;
	if (pass->sink)
		st = pass->sink(pass->user, off, buf, n);
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

static enum hl_status prepare(struct run *r)
{
	unsigned kinds = r->pass->hashes;
	uint64_t size = hl_src_size(r->src);

	if (size >= APART && (kinds & (kinds - 1))) {
		r->room = HL_HASHERS_ROOM;
		return hl_hashers_new(&r->apart, kinds, r->ctx);
	}
	r->room = (size_t)min_u64(size, PIECE);
	r->buf = hl_alloc(r->ctx, r->room);
	if (!r->buf)
		return HL_NOMEM;
	return kinds ? hl_hash_new(&r->hash, kinds, r->ctx) : HL_OK;
}

static void finish_hashes(struct run *r)
{
	for (int k = 0; k < HL_HASH_KINDS; k++) {
		enum hl_hash_kind kind = (enum hl_hash_kind)k;

		if (!(r->pass->hashes >> k & 1))
			continue;
		if (r->apart)
			hl_hashers_final(r->apart, kind, r->pass->hex[k]);
		else
			hl_hash_final(r->hash, kind, r->pass->hex[k]);
	}
}

enum hl_status hl_pass_run(struct hl_pass *pass, struct hl_src *src,
                           const char *path, const struct hl_ctx *ctx)
{
	struct run r = { .pass = pass, .src = src, .path = path, .ctx = ctx };
	enum hl_status st;

	pass->bytes = 0;
	hl_ranges_clear(&pass->bad);
	memset(pass->hex, 0, sizeof(pass->hex));
	st = prepare(&r);
	if (st == HL_OK) {
		hl_src_advise(src, 0, hl_src_size(src), HL_ADVISE_SEQUENTIAL);
		st = read_all(&r);
	}
	if (st == HL_OK)
		finish_hashes(&r);
	if (r.hash)
		hl_hash_free(r.hash);
	hl_hashers_free(r.apart);
	hl_free(ctx, r.buf);
	say_bad(&r);
	return st;
}
