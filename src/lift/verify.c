/*
 * verify.c: all of an image, read once: each chunk against its own checksum,
 * all bytes against the stored hashes.
 *
 * A hash that does not match while every chunk does says that other bytes
 * were hashed than are stored, not who changed what.  One cause is known and
 * looked for: a source that was no multiple of a sector, whose tail was
 * hashed, and stored, but is not counted as medium.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hivelift/verify.h"
#include "io/hashers.h"
#include "io/note.h"

_Static_assert((int)HL_VERIFY_MD5 == (int)HL_MD5 &&
               (int)HL_VERIFY_SHA1 == (int)HL_SHA1 &&
               (int)HL_VERIFY_SHA256 == (int)HL_SHA256 &&
               (int)HL_VERIFY_KINDS == (int)HL_HASH_KINDS, "same order");

/* Chunks of one read: more stretches than this would not fit its list. */
#define CHUNKS_AT_ONCE HL_RANGES_MAX
#define SECTOR_MAX 65536

struct job {
	struct hl_verify *v;
	struct hl_src *image;
	const struct hl_ctx *ctx;
	struct hl_hashers *hashers;
	uint64_t last_bad; /* number behind the last chunk counted as bad */
};

const char *hl_verify_name(int kind)
{
	static const char *const names[] = { "MD5", "SHA-1", "SHA-256" };

	return names[kind];
}

const char *hl_hash_state_text(enum hl_hash_state state)
{
	static const char *const texts[] = {
		[HL_HASH_NOT_ASKED] = "not-computed",
		[HL_HASH_NOT_STORED] = "not-stored",
		[HL_HASH_MATCH] = "match",
		[HL_HASH_MATCH_TAIL] = "match-with-tail",
		[HL_HASH_INCOMPARABLE] = "not-comparable",
		[HL_HASH_MISMATCH] = "mismatch",
	};

	return texts[state];
}

/* ---- reading ---------------------------------------------------------- */

static void count_chunks(struct job *j, const struct hl_range *r)
{
	uint32_t size = j->v->chunk_size;

	if (!size)
		return;
	uint64_t first = max_u64(r->off / size, j->last_bad);
	uint64_t end = (r->off + r->len - 1) / size + 1;
	if (end > first)
		j->v->bad_chunks += end - first;
	j->last_bad = max_u64(j->last_bad, end);
}

static enum hl_status add_bad(struct job *j, const struct hl_range *r)
{
	struct hl_verify *v = j->v;
	struct hl_verify_bad *last = v->n_bad ? &v->bad[v->n_bad - 1] : NULL;
	enum hl_status st = HL_OK;

	count_chunks(j, r);
	v->bad_bytes += r->len;
	if (last && last->off + last->len == r->off && last->what == r->what &&
	    last->quality == r->quality) {
		last->len += r->len;
		return HL_OK;
	}
	st = hl_grow(j->ctx, (void **)&v->bad, &v->cap_bad, v->n_bad,
	             sizeof(*v->bad), HL_MAX_VERIFY_BAD);
	if (st == HL_LIMIT)
		return hl_fail(&(struct hl_at){ j->ctx, j->image, r->off,
		                                "verify" }, st,
		               "more than %u bad stretches", HL_MAX_VERIFY_BAD);
	if (st == HL_OK)
		v->bad[v->n_bad++] = (struct hl_verify_bad){
			r->off, r->len, r->what, r->quality };
	return st;
}

static enum hl_status piece(struct job *j, size_t n)
{
	uint8_t *buf = hl_hashers_room(j->hashers);
	struct hl_ranges bad;
	enum hl_status st;

	hl_ranges_clear(&bad);
	st = hl_image_check(j->image, j->v->done, buf, n, &bad);
	if (st != HL_OK)
		return st;
	hl_hashers_feed(j->hashers, n);
	for (size_t i = 0; i < bad.n && st == HL_OK; i++)
		st = add_bad(j, &bad.r[i]);
	j->v->done += n;
	return st;
}

static enum hl_status read_all(struct job *j)
{
	struct hl_verify *v = j->v;
	uint64_t step = HL_HASHERS_ROOM;
	enum hl_status st = HL_OK;

	if (v->chunk_size && v->chunk_size < step)
		step = min_u64(step / v->chunk_size, CHUNKS_AT_ONCE) *
		       v->chunk_size;
	hl_src_advise(j->image, 0, v->size, HL_ADVISE_SEQUENTIAL);
	while (st == HL_OK && v->done < v->size) {
		if (hl_cancelled(j->ctx))
			return HL_CANCELLED;
		hl_progress(j->ctx, HL_PHASE_DISK_DATA, "verify", v->done,
		            v->size);
		st = piece(j, (size_t)min_u64(step, v->size - v->done));
	}
	return st;
}

/* ---- judging ---------------------------------------------------------- */

static void judge_one(struct job *j, int kind, const uint8_t *tail)
{
	struct hl_verify *v = j->v;
	struct hl_verify_hash *h = &v->hash[kind];

	if (h->state == HL_HASH_NOT_ASKED)
		return;
	if (v->tail)
		hl_hashers_peek(j->hashers, (enum hl_hash_kind)kind, tail,
		                v->tail, h->with_tail);
	hl_hashers_final(j->hashers, (enum hl_hash_kind)kind, h->computed);
	if (!h->stored[0])
		h->state = HL_HASH_NOT_STORED;
	else if (!strcmp(h->stored, h->computed))
		h->state = HL_HASH_MATCH;
	else if (!strcmp(h->stored, h->with_tail))
		h->state = HL_HASH_MATCH_TAIL;
	else
		h->state = v->n_bad ? HL_HASH_INCOMPARABLE : HL_HASH_MISMATCH;
}

static enum hl_status judge(struct job *j)
{
	uint8_t *tail = hl_alloc(j->ctx, SECTOR_MAX);
	uint32_t sector = hl_src_sector_size(j->image);
	enum hl_status st;

	if (!tail)
		return HL_NOMEM;
	if (sector < 1 || sector > SECTOR_MAX)
		sector = 512;
	/* less than a sector: else it would be counted */
	st = hl_image_tail(j->image, tail, sector - 1, &j->v->tail);
	for (int k = 0; k < HL_VERIFY_KINDS && st == HL_OK; k++)
		judge_one(j, k, tail);
	hl_free(j->ctx, tail);
	return st;
}

static unsigned begin(struct hl_verify *v, struct hl_src *image,
                      unsigned hashes)
{
	struct hl_image_info info;
	const char *stored[HL_VERIFY_KINDS] = { NULL };
	unsigned kinds = hashes;

	*v = (struct hl_verify){ .size = hl_src_size(image) };
	if (hl_image_info(image, &info) == HL_OK) {
		stored[HL_VERIFY_MD5] = info.md5;
		stored[HL_VERIFY_SHA1] = info.sha1;
		v->chunk_size = info.chunk_size;
	}
	if (v->chunk_size)
		v->n_chunks = v->size / v->chunk_size +
		              (v->size % v->chunk_size != 0);
	for (int k = 0; k < HL_VERIFY_KINDS; k++) {
		if (!stored[k])
			continue;
		snprintf(v->hash[k].stored, sizeof(v->hash[k].stored), "%s",
		         stored[k]);
		kinds |= 1u << k;
	}
	if (!kinds)
		kinds = (1u << HL_VERIFY_KINDS) - 1;
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (kinds & 1u << k)
			v->hash[k].state = HL_HASH_NOT_STORED;
	return kinds;
}

enum hl_status hl_verify_image(struct hl_verify *v, struct hl_src *image,
                               unsigned hashes, const struct hl_ctx *ctx)
{
	struct job j = { .v = v, .image = image, .ctx = ctx };
	unsigned kinds = begin(v, image, hashes);
	enum hl_status st = hl_hashers_new(&j.hashers, kinds, ctx);

	if (st == HL_OK)
		st = read_all(&j);
	if (st == HL_OK)
		st = judge(&j);
	/* of a part there is no digest */
	for (int k = 0; k < HL_VERIFY_KINDS && st != HL_OK; k++)
		v->hash[k].state = HL_HASH_NOT_ASKED;
	hl_hashers_free(j.hashers);
	return st;
}

void hl_verify_free(struct hl_verify *v, const struct hl_ctx *ctx)
{
	for (size_t i = 0; i < v->n_files; i++)
		hl_free(ctx, v->file[i].path);
	hl_free(ctx, v->file);
	hl_free(ctx, v->bad);
	v->file = NULL;
	v->bad = NULL;
	v->n_files = v->n_bad = 0;
}

/* ---- in words --------------------------------------------------------- */

static bool any(const struct hl_verify *v, enum hl_hash_state state)
{
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (v->hash[k].state == state)
			return true;
	return false;
}

const char *hl_verify_word(const struct hl_verify *v)
{
	if (v->n_bad)
		return "damaged";
	if (v->done < v->size)
		return "incomplete";
	if (any(v, HL_HASH_MISMATCH))
		return "mismatch";
	return any(v, HL_HASH_MATCH) || any(v, HL_HASH_MATCH_TAIL) ? "match"
	                                                           : "no-hash";
}

/* "131,072" */
static const char *number(char buf[32], uint64_t v)
{
	char plain[24];
	int n = snprintf(plain, sizeof(plain), "%" PRIu64, v), k = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf[k++] = ',';
		buf[k++] = plain[i];
	}
	buf[k] = '\0';
	return buf;
}

static void damaged(const struct hl_verify *v, char *buf, size_t n)
{
	char a[32], b[32], c[32], files[96] = "";

	if (v->files_known)
		snprintf(files, sizeof(files), ", %s %s affected%s",
		         number(c, v->n_affected),
		         v->n_affected == 1 ? "file" : "files",
		         v->files_part ? " on the volume asked for" : "");
	if (v->n_chunks)
		snprintf(buf, n, "%s of %s chunks damaged%s",
		         number(a, v->bad_chunks), number(b, v->n_chunks),
		         files);
	else
		snprintf(buf, n, "%s of %s bytes cannot be read%s",
		         number(a, v->bad_bytes), number(b, v->size), files);
}

/* The time was over, or more is bad than can be listed. */
static void so_far(const struct hl_verify *v, char *buf, size_t n)
{
	char a[32], b[32], bad[200] = "nothing damaged";

	if (v->n_bad)
		damaged(v, bad, sizeof(bad));
	snprintf(buf, n, "not to the end: in %s of %s bytes %s",
	         number(a, v->done), number(b, v->size), bad);
}

/* "MD5 and SHA-1" of those in that state. */
static void names(const struct hl_verify *v, enum hl_hash_state state,
                  char *buf, size_t n)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (v->hash[k].state == state && at < n)
			at += (size_t)snprintf(buf + at, n - at, "%s%s",
			                       at ? " and " : "",
			                       hl_verify_name(k));
}

static void matches(const struct hl_verify *v, enum hl_hash_state state,
                    char *buf, size_t n)
{
	char list[64];
	size_t at = strlen(buf);

	names(v, state, list, sizeof(list));
	if (!*list || at >= n)
		return;
	snprintf(buf + at, n - at, "%sstored %s %s", at ? "; " : "", list,
	         strchr(list, ' ') ? "match" : "matches");
	at = strlen(buf);
	if (state == HL_HASH_MATCH_TAIL)
		snprintf(buf + at, n - at, " with the %zu %s behind the last "
		         "whole sector, which the source had", v->tail,
		         v->tail == 1 ? "byte" : "bytes");
}

void hl_verify_verdict(const struct hl_verify *v, char *buf, size_t n)
{
	char list[64];

	buf[0] = '\0';
	if (v->done < v->size) {
		so_far(v, buf, n);
		return;
	}
	if (v->n_bad) {
		damaged(v, buf, n);
		return;
	}
	names(v, HL_HASH_MISMATCH, list, sizeof(list));
	if (*list) {
		snprintf(buf, n, "stored %s %s not match, although %s: other "
		         "bytes were hashed than are stored", list,
		         strchr(list, ' ') ? "do" : "does",
		         v->n_chunks ? "every chunk has its checksum right"
		                     : "all was read");
		return;
	}
	matches(v, HL_HASH_MATCH, buf, n);
	matches(v, HL_HASH_MATCH_TAIL, buf, n);
	if (!*buf)
		snprintf(buf, n, "no hash stored%s", v->n_chunks ?
		         "; every chunk has its checksum right" : "");
}
