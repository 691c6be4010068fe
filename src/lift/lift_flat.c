/*
 * lift_flat.c: one file per hive, for tools that want nothing else: replayed
 * when it is dirty and its logs apply, else as found, under a flat name.  It
 * is judged first and written then, for what is no hive is not written.
 */
#include <string.h>

#include "io/note.h"
#include "hivelift/lift.h"
#include "lift/lift_impl.h"
#include "lift/streams.h"
#include "base/banned.h"

bool hl_hive_usable(const struct hl_hive *hive)
{
	switch (hive->report.state) {
	case HL_HIVE_CLEAN:
	case HL_HIVE_DIRTY:
	case HL_HIVE_REPLAYED:
		return true;
	case HL_HIVE_DAMAGED: /* there may be something in it */
		return hive->report.base.signature;
	default:
		return false;
	}
}

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	return hl_outfile_write(user, off, p, n);
}

/* A limit cuts nothing here: half a hive is of no use to anyone. */
static bool too_large(struct hl_lift *lift, const struct hl_item *item)
{
	uint64_t max = lift->ctx->limits.max_file_size;

	if (max == 0 || item->size <= max)
		return false;
	hl_warn(&(struct hl_at){ lift->ctx, item->src, HL_NO_OFFSET,
	                         "output" },
	        "%s: larger than the limit; not written",
	        item->trail->path.p);
	return true;
}

/* As found; its digests are known. */
static enum hl_status write_found(struct hl_lift *lift, struct hl_item *item,
                                  struct hl_outfile *f)
{
	struct hl_pass pass = { .sink = sink, .user = f };
	enum hl_status st;

	if (too_large(lift, item))
		return HL_OK;
	st = hl_outfile_create(f, lift->dir, item->flat);
	if (st == HL_OK)
		st = hl_outfile_expect(f, item->size, item->entry->modified);
	if (st == HL_OK)
		st = hl_pass_run(&pass, item->src, item->trail->path.p,
		                 lift->ctx);
	if (st == HL_OK)
		st = hl_outfile_done(f, item->size, item->entry->modified);
	else if (f->dir)
		hl_outfile_drop(f);
	if (st == HL_OK)
		item->output = f->rel.p;
	return st == HL_LIMIT ? HL_OK : st; /* said */
}

static enum hl_status write_it(struct hl_lift *lift, struct hl_item *item,
                               struct hl_streams *s, struct hl_outfile *f)
{
	enum hl_status st;

	item->pass.hashes = 1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256;
	st = hl_hive_pass(item->hive, item->src, &item->pass, lift->ctx);
	if (st == HL_OK && item->replayed)
		st = hl_lift_replayed(lift, item, f);
	else if (st == HL_OK && hl_hive_usable(item->hive))
		st = write_found(lift, item, f);
	if (st == HL_OK)
		hl_streams_say(s);
	return st;
}

static enum hl_status lift(struct hl_lift *lift, struct hl_item *item,
                           struct hl_streams *s)
{
	struct hl_outfile f = { .dir = NULL, .fd = -1 };
	enum hl_status st = HL_OK;

	hl_progress(lift->ctx, HL_PHASE_FILE, item->trail->path.p,
	            lift->files, 0);
	hl_ranges_clear(&item->pass.bad);
	item->size = item->entry->size;
	item->src = s->src;
	if (s->src) {
		item->size = item->written = hl_src_size(s->src);
		st = write_it(lift, item, s, &f);
	}
	if (st == HL_OK)
		st = hl_lift_enter(lift, item);
	item->output = item->beside = NULL;
	if (f.dir)
		hl_outfile_free(&f);
	return st == HL_LIMIT || st == HL_RANGE ? HL_IO : st;
}

/* Its logs count too, though they are not written. */
static enum hl_status once(struct hl_lift *l, struct hl_item *item,
                           struct hl_streams *s)
{
	enum hl_status st = hl_once_try(l, s);

	if (st != HL_END)
		return st;
	st = hl_once_begin(l);
	if (st == HL_OK)
		st = lift(l, item, s);
	if (st == HL_OK)
		st = hl_once_logs(l, s);
	hl_once_end(l, st);
	return st;
}

enum hl_status hl_lift_flat(struct hl_lift *l, struct hl_hive *hive,
                            const char *name)
{
	struct hl_item item = { .volume = hive->volume, .entry = &hive->entry,
		                .stream = "", .hive = hive, .flat = name };
	struct hl_streams s;
	struct hl_trail t;
	enum hl_status st = hl_trail_init(&t, item.volume, l->ctx);

	if (st != HL_OK)
		return st;
	item.trail = &t;
	item.mark = l->ctx->log ? hl_notelog_count(l->ctx->log) : 0;
	st = hl_trail_text(&t, hive->path, item.entry);
	if (st == HL_OK) {
		st = hl_streams_open(&s, hive, !l->no_replay, l->ctx);
		item.replayed = s.replayed;
		if (st != HL_NOMEM && st != HL_CANCELLED)
			st = once(l, &item, &s);
		hl_streams_close(&s);
	}
	hl_trail_free(&t);
	return st;
}
