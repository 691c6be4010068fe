/*
 * replay_orphan.c: logs whose hive is gone.  Whatever sound entry lies in
 * them, of whichever round, is put down in the order of its number, so that
 * each page has its last known content; zeros stand where no log has a page.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "hive/replay.h"

struct found {
	uint32_t key; /* the number, turned so that the newest is highest */
	uint32_t seq;
	size_t log;
	uint64_t off;
};

struct orphan {
	struct replay r;
	struct found *found;
	size_t n, cap;
	const struct replay_log *newest; /* header that becomes the hive's */
};

static enum hl_status keep(struct orphan *o, size_t log, uint64_t off,
                           uint32_t seq)
{
	void *p = o->found;
	enum hl_status st = hl_grow(o->r.ctx, &p, &o->cap, o->n,
	                            sizeof(*o->found), HL_MAX_LOG_ENTRIES);

	if (st != HL_OK)
		return st;
	o->found = p;
	o->found[o->n++] = (struct found){ .seq = seq, .log = log,
	                                   .off = off };
	return HL_OK;
}

/* The next sector that begins like an entry, or the end. */
static enum hl_status next_mark(struct orphan *o, struct replay_log *log,
                                uint64_t *off)
{
	while (*off < log->size) {
		size_t n = (size_t)min_u64(log->size - *off, REPLAY_BUF);
		bool sound;
		if (hl_cancelled(o->r.ctx))
			return HL_CANCELLED;
		enum hl_status st = hl_replay_read(log->src, *off, o->r.buf,
		                                   n, &sound);
		if (st != HL_OK)
			return st;
		for (size_t i = 0; i + 4 <= n; i += HIVE_SECTOR)
			if (memcmp(o->r.buf + i, "HvLE", 4) == 0) {
				*off += i;
				return HL_OK;
			}
		*off += n;
	}
	return HL_END;
}

static enum hl_status gather(struct orphan *o, struct replay_log *log)
{
	uint64_t off = HIVE_SECTOR;
	enum hl_status st;

	while ((st = next_mark(o, log, &off)) == HL_OK) {
		struct hive_log_entry e;
		const char *why;
		st = hl_replay_entry_head(&o->r, log, off, &e);
		if (st == HL_OK)
			st = hl_replay_entry_verify(&o->r, log, off, &e, &why);
		if (st == HL_OK)
			st = keep(o, log->index, off, e.seq);
		bool none = st == HL_CORRUPT || st == HL_END;
		if (st != HL_OK && !none)
			break;
		off += none ? HIVE_SECTOR : e.size;
	}
	if (st == HL_LIMIT)
		hl_replay_note(&o->r, "%s holds more entries than are put in "
		               "order", log->name);
	return st == HL_END || st == HL_LIMIT ? HL_OK : st;
}

static int by_key(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->log != y->log)
		return x->log < y->log ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* On a circle an order needs an end: half a turn behind the newest. */
static void put_in_order(struct orphan *o)
{
	uint32_t newest = o->n ? o->found[0].seq : 0;

	for (size_t i = 1; i < o->n; i++)
		if (seq_before(newest, o->found[i].seq))
			newest = o->found[i].seq;
	for (size_t i = 0; i < o->n; i++)
		o->found[i].key = o->found[i].seq - newest - 0x80000001u;
	if (o->n)
		qsort(o->found, o->n, sizeof(*o->found), by_key);
}

static enum hl_status paint(struct orphan *o)
{
	struct hl_replay_report *rep = o->r.report;

	for (size_t i = 0; i < o->n; i++) {
		const struct found *f = &o->found[i];
		struct replay_log *log = &o->r.log[f->log];
		struct hive_log_entry e;
		enum hl_status st = hl_replay_entry_head(&o->r, log, f->off,
		                                         &e);
		if (st == HL_OK)
			st = hl_replay_entry_paint(&o->r, log, f->off, &e);
		if (st != HL_OK) /* it was sound a moment ago */
			return st == HL_END ? HL_CORRUPT : st;
		if (!rep->entries++)
			rep->first_seq = f->seq;
		rep->used[f->log] = true;
		rep->last_seq = o->r.seq = f->seq;
		rep->bins_size = e.bins_size;
		rep->format = "HvLE";
		o->r.flags = e.flags;
	}
	return HL_OK;
}

/* As many sectors as are there: half of a hive is more than nothing. */
static enum hl_status paint_old(struct orphan *o, struct replay_log *log)
{
	struct hl_replay_report *rep = o->r.report;
	uint64_t set, held;
	enum hl_status st = hl_replay_sectors(&o->r, log, true, &set, &held);

	if (st != HL_OK || !held)
		return st;
	if (set != held)
		hl_replay_note(&o->r, "%s: %" PRIu64 " of %" PRIu64
		               " sectors are there", log->name, held, set);
	rep->entries++;
	rep->used[log->index] = true;
	rep->first_seq = rep->last_seq = o->r.seq = log->base.seq1;
	rep->bins_size = log->base.bins_size;
	rep->format = "DIRT";
	o->r.flags = log->base.flags;
	return HL_OK;
}

/* Old logs by their time, oldest first. */
static enum hl_status paint_all_old(struct orphan *o)
{
	bool done[HL_REPLAY_LOGS] = { false };

	for (size_t round = 0; round < o->r.n; round++) {
		struct replay_log *next = NULL;
		for (size_t i = 0; i < o->r.n; i++) {
			struct replay_log *log = &o->r.log[i];
			if (log->use != REPLAY_OLD || done[i])
				continue;
			if (!next || log->base.last_written.ticks <
			             next->base.last_written.ticks)
				next = log;
		}
		if (!next)
			break;
		done[next->index] = true;
		enum hl_status st = paint_old(o, next);
		if (st != HL_OK)
			return st;
		o->newest = next;
	}
	return HL_OK;
}

static void choose_header(struct orphan *o)
{
	for (size_t i = 0; i < o->r.n; i++) {
		const struct replay_log *log = &o->r.log[i];
		if (log->use != REPLAY_NEW || !o->r.report->used[i])
			continue;
		if (!o->newest || o->newest->use == REPLAY_OLD ||
		    seq_before(o->newest->base.seq1, log->base.seq1))
			o->newest = log;
	}
	if (o->newest)
		memcpy(o->r.head, o->newest->head, sizeof(o->r.head));
	o->r.report->rebuilt = o->newest != NULL;
}

static enum hl_status build(struct orphan *o)
{
	struct hl_replay_report *rep = o->r.report;
	enum hl_status st = paint_all_old(o);

	for (size_t i = 0; st == HL_OK && i < o->r.n; i++)
		if (o->r.log[i].use != REPLAY_OLD)
			st = gather(o, &o->r.log[i]);
	if (st != HL_OK)
		return st;
	put_in_order(o);
	st = paint(o);
	if (st != HL_OK)
		return st;
	rep->loss = true;
	rep->state = rep->entries ? HL_REPLAY_PARTIAL : HL_REPLAY_REFUSED;
	if (!rep->entries) {
		hl_replay_reason(&o->r, true, "the logs hold no sound entry");
		return HL_END;
	}
	choose_header(o);
	if (!o->newest)
		hl_replay_note(&o->r, "no log has a sound header, so that "
		               "the result has no base block");
	rep->from_logs = hl_overlay_painted(o->r.overlay, rep->bins_size);
	hl_replay_reason(&o->r, true, "%" PRIu64 " of %" PRIu32 " bytes of "
	                 "bins are in the logs", rep->from_logs,
	                 rep->bins_size);
	return HL_OK;
}

enum hl_status hl_replay_orphan(struct hl_src **out,
                                const struct hl_replay_log *logs, size_t n,
                                struct hl_replay_report *report,
                                const struct hl_ctx *ctx)
{
	struct orphan o = { .r = { .ctx = ctx, .report = report } };
	enum hl_status st;

	*out = NULL;
	memset(report, 0, sizeof(*report));
	report->format = "";
	if (n > HL_REPLAY_LOGS)
		return HL_USAGE;
	st = hl_replay_begin(&o.r, NULL, logs, n);
	if (st == HL_OK)
		st = hl_replay_load(&o.r, logs, n);
	if (st == HL_OK)
		st = build(&o);
	hl_free(ctx, o.found);
	return hl_replay_end(&o.r, st, out);
}
