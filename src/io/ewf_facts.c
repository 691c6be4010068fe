/*
 * ewf_facts.c: the sections that say what a set is: volume, hashes, the
 * examiner's notes, and the sectors that could not be acquired.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_impl.h"
#include "io/ewf_walk.h"

/* A body larger than that is not a header, a hash or an error list. */
#define MAX_BODY (1u << 20)

/* The body of a small section, in an allocated block. */
static enum hl_status body_of(const struct walk *w, uint8_t **out,
                              struct span *s)
{
	uint64_t len = min_u64(w->end - w->body, MAX_BODY);
	uint8_t *p = hl_alloc(w->e->src.ctx, (size_t)len);
	enum hl_status st;
	size_t got;

	*out = p;
	if (!p)
		return HL_NOMEM;
	st = hl_files_pread(w->e->files, w->seg, w->body, p, (size_t)len, &got);
	*s = span_of(p, got);
	return st;
}

static bool is_zero(const uint8_t id[16])
{
	static const uint8_t zero[16];

	return memcmp(id, zero, sizeof(zero)) == 0;
}

/* A set's segments share the GUID; old writers left it zero. */
static bool same_set(const struct ewf_volume *a, const struct ewf_volume *b)
{
	if (!is_zero(a->set_id) && !is_zero(b->set_id) &&
	    memcmp(a->set_id, b->set_id, sizeof(a->set_id)) != 0)
		return false;
	return a->sectors_per_chunk == b->sectors_per_chunk &&
	       a->bytes_per_sector == b->bytes_per_sector &&
	       (a->sectors == b->sectors || !a->sectors || !b->sectors);
}

enum hl_status hl_ewf_on_volume(struct walk *w)
{
	struct ewf *e = w->e;
	struct ewf_volume v;
	uint8_t *raw;
	struct span s;
	enum hl_status st = body_of(w, &raw, &s);

	if (st == HL_OK)
		st = hl_ewf_volume(s, &v);
	hl_free(e->src.ctx, raw);
	if (st == HL_CORRUPT || st == HL_IO)
		return hl_ewf_flaw(e, w->path, st, "the %s section at byte %"
		                   PRIu64 " is damaged", w->sect.type, w->off);
	if (st != HL_OK)
		return st;
	if (!e->has_volume) {
		e->has_volume = true;
		e->vol = v;
	} else if (!same_set(&e->vol, &v)) {
		return hl_ewf_give_up(w, hl_ewf_flaw(e, w->path, HL_CORRUPT,
			"this segment is of another set (its %s section at "
			"byte %" PRIu64 " differs)", w->sect.type, w->off));
	}
	return HL_OK;
}

/* Notes and hashes: worth a loss note when damaged, never the end. */
enum hl_status hl_ewf_on_fact(struct walk *w)
{
	struct ewf *e = w->e;
	const char *type = w->sect.type;
	uint8_t *raw;
	struct span s;
	enum hl_status st = body_of(w, &raw, &s);

	if (st == HL_OK && strcmp(type, "hash") == 0)
		st = hl_ewf_hash(s, &e->hashes);
	else if (st == HL_OK && strcmp(type, "digest") == 0)
		st = hl_ewf_digest(s, &e->hashes);
	else if (st == HL_OK)
		st = hl_ewf_values_add(&e->values, s, e->src.ctx);
	hl_free(e->src.ctx, raw);
	if (st == HL_NOMEM)
		return st;
	if (st != HL_OK)
		hl_warn(&(struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
		                         w->path },
		        "the %s section at byte %" PRIu64 " is damaged", type,
		        w->off);
	return HL_OK;
}

static enum hl_status add_errors(struct ewf *e, struct span s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ewf_bad_sectors b = hl_ewf_error(s, i), *last;
		enum hl_status st;
		last = e->n_errors ? &e->error[e->n_errors - 1] : NULL;
		if (!b.count)
			continue;
		/* the look-up needs them ascending and apart */
		if (last && b.first < last->first + last->count) {
			if (b.first < last->first)
				return HL_CORRUPT;
			last->count = max_u64(last->count, b.first + b.count -
			                      last->first);
			continue;
		}
		st = hl_grow(e->src.ctx, (void **)&e->error, &e->cap_errors,
		             e->n_errors, sizeof(*e->error),
		             HL_MAX_EWF_ERRORS);
		if (st != HL_OK)
			return st;
		e->error[e->n_errors++] = b;
	}
	return HL_OK;
}

enum hl_status hl_ewf_on_errors(struct walk *w)
{
	struct ewf *e = w->e;
	uint32_t n;
	uint8_t *raw;
	struct span s;
	enum hl_status st = body_of(w, &raw, &s);

	if (st == HL_OK)
		st = hl_ewf_errors(s, &n);
	if (st == HL_OK)
		st = add_errors(e, s, n);
	hl_free(e->src.ctx, raw);
	if (st == HL_NOMEM)
		return st;
	if (st != HL_OK)
		hl_warn(&(struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
		                         w->path },
		        "the list of unreadable sectors at byte %" PRIu64
		        " is damaged", w->off);
	return HL_OK;
}
