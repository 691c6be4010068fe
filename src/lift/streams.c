/*
 * streams.c: see streams.h.
 *
 * A dirty hive is read twice, as found and replayed, and a log three times:
 * copied, verified, applied.  From the medium each comes once, as long as it
 * fits a small cache.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "hive/hive_disk.h"
#include "io/cached.h"
#include "io/src_impl.h"
#include "lift/streams.h"

static enum hl_status stream(struct hl_streams *s, const struct hl_entry *e,
                             struct hl_src **out)
{
	return hl_fs_stream(out, s->hive->volume->fs, &e->ref, NULL,
	                    HL_STREAM_CONTENT);
}

static bool stops(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* Does its base block make a replay worth a look? */
static enum hl_status is_dirty(struct hl_streams *s, bool *dirty)
{
	uint8_t head[HIVE_BASE_USED];
	struct hl_base_block b;
	struct hl_ranges bad;

	*dirty = false;
	if (hl_src_size(s->src) < sizeof(head))
		return HL_OK;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(s->src, 0, head, sizeof(head), &bad);
	if (st != HL_OK)
		return stops(st) ? st : HL_OK;
	if (hl_base_block_decode(head, sizeof(head), &b) != HL_OK)
		b.checksum_ok = false;
	*dirty = !b.checksum_ok || b.seq1 != b.seq2;
	return HL_OK;
}

/* LOG1 before LOG2 before LOG: the kernel's order. */
static int rank(const struct hl_hive_log *log)
{
	size_t n = strlen(log->entry.name);
	const char *end = log->entry.name + (n ? n - 1 : 0);

	return *end == '1' ? 0 : *end == '2' ? 1 : 2;
}

static enum hl_status open_logs(struct hl_streams *s)
{
	struct hl_hive *h = s->hive;

	for (size_t i = 0; i < h->n_logs && i < HL_REPLAY_LOGS; i++) {
		enum hl_status st = stream(s, &h->logs[i].entry, &s->log[i]);
		if (stops(st))
			return st;
		if (st == HL_OK)
			continue;
		s->log[i] = NULL;
		hl_warn(&(struct hl_at){ s->ctx, h->volume->src, HL_NO_OFFSET,
		                         h->logs[i].path },
		        "the log cannot be opened: %s", hl_status_text(st));
	}
	return HL_OK;
}

/* Puts a cache over it when it fits what is left. */
static enum hl_status cache(struct hl_streams *s, struct hl_src **src,
                            struct hl_src **under, uint64_t *left)
{
	struct hl_src *over;

	if (!*src || hl_src_size(*src) > *left)
		return HL_OK;
	enum hl_status st = hl_src_cached(&over, *src, s->ctx);
	if (st != HL_OK)
		return st;
	*left -= hl_src_size(*src);
	*under = *src;
	*src = over;
	return HL_OK;
}

static enum hl_status cache_all(struct hl_streams *s)
{
	uint64_t left = HL_REPLAY_CACHE_BYTES;
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < HL_REPLAY_LOGS; i++)
		st = cache(s, &s->log[i], &s->under[1 + i], &left);
	if (st == HL_OK)
		st = cache(s, &s->src, &s->under[0], &left);
	return st;
}

static enum hl_status replay(struct hl_streams *s)
{
	struct hl_replay_log list[HL_REPLAY_LOGS];
	size_t from[HL_REPLAY_LOGS], n = 0;
	struct hl_hive *h = s->hive;

	for (int r = 0; r < 3; r++)
		for (size_t i = 0; i < HL_REPLAY_LOGS; i++) {
			if (!s->log[i] || rank(&h->logs[i]) != r)
				continue;
			list[n].src = s->log[i];
			list[n].name = h->logs[i].entry.name;
			from[n++] = i;
		}
	enum hl_status st = hl_replay_open(&s->replayed, s->src, list, n,
	                                   &h->replay, s->ctx);
	for (size_t i = 0; i < n; i++)
		h->logs[from[i]].used = h->replay.used[i];
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_streams_open(struct hl_streams *s, struct hl_hive *hive,
                               bool with_replay, const struct hl_ctx *ctx)
{
	bool dirty = false;

	*s = (struct hl_streams){ .ctx = ctx, .hive = hive };
	memset(&hive->replay, 0, sizeof(hive->replay));
	for (size_t i = 0; i < hive->n_logs; i++)
		hive->logs[i].used = false;
	enum hl_status st = stream(s, &hive->entry, &s->src);
	if (st != HL_OK)
		s->src = NULL;
	if (st == HL_OK && with_replay)
		st = is_dirty(s, &dirty);
	if (st != HL_OK || !dirty)
		return st;
	st = open_logs(s);
	if (st == HL_OK)
		st = cache_all(s);
	return st == HL_OK ? replay(s) : st;
}

void hl_streams_close(struct hl_streams *s)
{
	hl_src_close(s->replayed);
	hl_src_close(s->src);
	hl_src_close(s->under[0]);
	for (size_t i = 0; i < HL_REPLAY_LOGS; i++) {
		hl_src_close(s->log[i]);
		hl_src_close(s->under[1 + i]);
	}
	memset(s, 0, sizeof(*s));
}

/* ---- what came of it ----------------------------------------------------- */

/* Content that is no hive at all has no replay either. */
static bool concerns(const struct hl_hive *h)
{
	enum hl_hive_state s = h->report.state;

	return s == HL_HIVE_DIRTY || s == HL_HIVE_REPLAYED ||
	       s == HL_HIVE_DAMAGED;
}

void hl_streams_say(struct hl_streams *s)
{
	struct hl_hive *h = s->hive;
	struct hl_replay_report *r = &h->replay;
	struct hl_at at = { s->ctx, h->volume->src, HL_NO_OFFSET, h->path };

	if (!concerns(h)) {
		memset(r, 0, sizeof(*r));
		return;
	}
	for (size_t i = 0; i < r->n_notes; i++)
		hl_say(&at, "%s", r->notes[i]);
	if (r->state == HL_REPLAY_PARTIAL)
		hl_warn(&at, "replayed in part, up to %lu: %s",
		        (unsigned long)r->last_seq, r->reason);
	else if (r->state == HL_REPLAY_REFUSED && r->loss)
		hl_warn(&at, "not replayed: %s", r->reason);
	else if (r->state == HL_REPLAY_REFUSED)
		hl_say(&at, "not replayed: %s", r->reason);
}

/* ---- for other readers ------------------------------------------------ */

struct owner {
	struct hl_src src;
	struct hl_streams s;
	struct hl_src *top;
};

static enum hl_status owner_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	return hl_src_read(((struct owner *)src)->top, off, buf, len, bad);
}

static enum hl_status owner_map(struct hl_src *src, uint64_t off,
                                struct hl_extent *out)
{
	return hl_src_map(((struct owner *)src)->top, off, out);
}

static void owner_close(struct hl_src *src)
{
	struct owner *o = (struct owner *)src;

	hl_streams_close(&o->s);
	hl_free(src->ctx, o);
}

static const struct hl_src_ops owner_ops = { .read = owner_read,
	                                     .map = owner_map,
	                                     .close = owner_close };

enum hl_status hl_hive_open(struct hl_src **out, struct hl_hive *hive,
                            bool as_found, const struct hl_ctx *ctx)
{
	struct owner *o = hl_zalloc(ctx, sizeof(*o));

	*out = NULL;
	if (!o)
		return HL_NOMEM;
	enum hl_status st = hl_streams_open(&o->s, hive, !as_found, ctx);
	if (st != HL_OK) {
		hl_streams_close(&o->s);
		hl_free(ctx, o);
		if (stops(st))
			return st;
		return hl_fail(&(struct hl_at){ ctx, hive->volume->src,
		                                HL_NO_OFFSET, hive->path },
		               HL_CORRUPT, "its content cannot be opened: %s",
		               hl_status_text(st));
	}
	o->top = o->s.replayed ? o->s.replayed : o->s.src;
	hl_src_init(&o->src, &owner_ops, ctx, hl_src_name(o->s.src),
	            hl_src_size(o->top), 0);
	*out = &o->src;
	return HL_OK;
}
