/*
 * lift_again.c: hives of shadow copies whose content is in the output already.
 *
 *	hive + logs -> where they lie -> as a set that was written?
 *	                 yes: read (libvshadow reads it too), judged, entered
 *	                 no:  written, and remembered (lift_once.c)
 *	                 cannot be told: by their digests
 *
 * Only what lies in a copy is left out, never what is live, and never in
 * silence: every place has its entry, with same_as and the output of the
 * first.  A hive and its logs are one: the same hive beside other logs is
 * another one when it is replayed.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/once.h"

/* The hive, then its logs. */
struct part {
	struct hl_src *src;
	bool own; /* opened here */
	struct hl_pass pass;
	struct hl_alike alike;
};

struct again {
	struct hl_lift *lift;
	struct hl_streams *s;
	struct hl_ctx quiet; /* what is written after all says it then */
	size_t mark, n;
	struct part *part;
};

static bool stops(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* ---- its parts ---------------------------------------------------------- */

/* HL_END: some of it cannot be had, which is like nothing else. */
static enum hl_status open_all(struct again *a)
{
	struct hl_hive *h = a->s->hive;

	a->part[0].src = a->s->src;
	for (size_t i = 1; i < a->n; i++) {
		struct part *p = &a->part[i];

		if (i <= HL_REPLAY_LOGS)
			p->src = a->s->log[i - 1];
		if (p->src)
			continue;
		enum hl_status st = hl_fs_stream(
			&p->src, h->volume->fs, &h->logs[i - 1].entry.ref,
			NULL, HL_STREAM_CONTENT);
		if (st != HL_OK) {
			p->src = NULL;
			return stops(st) ? st : HL_END;
		}
		p->own = true;
	}
	return HL_OK;
}

static void close_all(struct again *a)
{
	for (size_t i = a->n; i-- > 0;) {
		hl_alike_free(&a->part[i].alike, a->lift->ctx);
		if (a->part[i].own)
			hl_src_close(a->part[i].src);
	}
	hl_free(a->lift->ctx, a->part);
}

/* Every byte of each; HL_END: not every one can be read for sure. */
static enum hl_status read_all(struct again *a, unsigned hashes)
{
	struct hl_hive *h = a->s->hive;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < a->n && st == HL_OK; i++) {
		struct part *p = &a->part[i];

		p->pass.hashes = hashes;
		st = i ? hl_pass_run(&p->pass, p->src, h->logs[i - 1].path,
		                     &a->quiet)
		       : hl_hive_pass(h, p->src, &p->pass, &a->quiet);
		if (stops(st) || st == HL_UNSUPPORTED) /* no digests here */
			return st;
		if (st != HL_OK || p->pass.bad.bytes)
			st = HL_END;
	}
	return st;
}

/* ---- is it known? -------------------------------------------------------- */

static bool may_be(const struct again *a, const struct hl_once_set *set)
{
	if (!set->key || set->n != a->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!hl_alike_may_be(&a->part[i].alike, &set->file[i].alike))
			return false;
	return true;
}

/* One file that differs is enough, whatever is not known of others. */
static enum hl_status compare(const struct again *a,
                              const struct hl_once_set *set,
                              enum hl_likeness *out)
{
	*out = HL_ALIKE_SAME;
	for (size_t i = 0; i < a->n && *out != HL_ALIKE_DIFFERS; i++) {
		enum hl_likeness one;
		enum hl_status st = hl_alike_compare(
			&a->part[i].alike, &set->file[i].alike, &one,
			a->lift->ctx);
		if (st != HL_OK)
			return st;
		if (one != HL_ALIKE_SAME)
			*out = one;
	}
	return HL_OK;
}

/* The first such set, by place.  HL_OK; HL_END: it cannot be told so. */
static enum hl_status by_place(const struct again *a,
                               const struct hl_once_set **set)
{
	unsigned tries = 0;

	*set = NULL;
	for (size_t i = 0; i < a->lift->n_once; i++) {
		const struct hl_once_set *one = &a->lift->once[i];
		enum hl_likeness like;

		if (!may_be(a, one))
			continue;
		if (++tries > HL_MAX_ALIKE_TRIES)
			return HL_END;
		enum hl_status st = compare(a, one, &like);
		if (st != HL_OK)
			return st;
		if (like == HL_ALIKE_UNKNOWN)
			return HL_END;
		if (like == HL_ALIKE_SAME) {
			*set = one;
			return HL_OK;
		}
	}
	return HL_OK;
}

/* Its digests are those of the set; that its bytes can be read is seen. */
static enum hl_status adopt(struct again *a, const struct hl_once_set *set)
{
	struct hl_hive *h = a->s->hive;
	enum hl_status st = read_all(a, 0);

	for (size_t i = 0; i < a->n && st == HL_OK; i++)
		memcpy(a->part[i].pass.hex, set->file[i].hex,
		       sizeof(set->file[i].hex));
	if (st == HL_OK)
		memcpy(h->sha256, set->file[0].hex[HL_SHA256],
		       sizeof(h->sha256));
	return st;
}

static enum hl_status by_digest(struct again *a,
                                const struct hl_once_set **set)
{
	struct hl_buf key = { .ctx = a->lift->ctx };
	enum hl_status st = read_all(a, ALL_HASHES);

	*set = NULL;
	for (size_t i = 0; i < a->n && st == HL_OK; i++)
		if (!hl_once_digest(&key, &a->part[i].pass))
			st = HL_NOMEM;
	for (size_t i = 0; key.p && st == HL_OK && i < a->lift->n_once && !*set;
	     i++)
		if (a->lift->once[i].key &&
		    !strcmp(a->lift->once[i].key, key.p))
			*set = &a->lift->once[i];
	hl_buf_free(&key);
	return st;
}

/* HL_OK with the set; HL_END: it has to be written */
static enum hl_status recognise(struct again *a,
                                const struct hl_once_set **set)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < a->n && st == HL_OK; i++)
		st = hl_alike_take(&a->part[i].alike, a->s->hive->volume,
		                   a->part[i].src,
		                   hl_src_size(a->part[i].src),
		                   HL_MAX_ALIKE_SPOTS, a->lift->ctx);
	if (st == HL_OK)
		st = by_place(a, set);
	if (st == HL_END)
		st = by_digest(a, set);
	else if (st == HL_OK && *set)
		st = adopt(a, *set);
	return st == HL_OK && !*set ? HL_END : st;
}

/* ---- its entries --------------------------------------------------------- */

/*
 * With the same logs the same came of it.  What a replay did not mend is said
 * of this one too, from its own bytes.
 */
static enum hl_status say(struct again *a, const struct hl_once_set *set)
{
	struct hl_streams *s = a->s;
	struct hl_hive *h = s->hive;
	struct hl_pass pass = { .hashes = 0 };
	enum hl_status st = HL_OK;

	hl_hive_say(h, s->src, a->lift->ctx);
	if (s->replayed && set->state == HL_HIVE_REPLAYED)
		h->report.state = HL_HIVE_REPLAYED;
	else if (s->replayed && set->state != h->report.state)
		st = hl_hive_pass_replayed(h, s->replayed, &pass,
		                           a->lift->ctx);
	if (st == HL_OK)
		hl_streams_say(s);
	return stops(st) ? st : HL_OK;
}

/* One entry that points to what was written before. */
static enum hl_status enter(struct hl_lift *lift, struct hl_item *item,
                            const struct once_file *f)
{
	item->size = item->written = hl_src_size(item->src);
	item->same_as = f->place;
	item->output = f->output;
	item->beside = f->beside;
	memcpy(item->beside_sha256, f->beside_sha256,
	       sizeof(item->beside_sha256));
	return hl_lift_enter(lift, item);
}

static enum hl_status enter_all(struct again *a, const struct hl_once_set *set)
{
	struct hl_hive *h = a->s->hive;
	struct hl_lift *lift = a->lift;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < a->n && set->file[i].place && st == HL_OK;
	     i++) {
		struct hl_hive_log *log = i ? &h->logs[i - 1] : NULL;
		struct hl_item item = {
			.volume = h->volume, .stream = "",
			.pass = a->part[i].pass,
			.entry = log ? &log->entry : &h->entry,
			.hive = i ? NULL : h, .log = log, .of = i ? h : NULL,
			.src = a->part[i].src, .given = a->part[i].src,
			.mark = a->mark, .streams = i ? NULL : a->s,
		};
		struct hl_trail t;

		st = hl_lift_trail(&t, lift, &item,
		                   log ? log->path : h->path);
		item.trail = &t;
		if (st == HL_OK)
			st = enter(lift, &item, &set->file[i]);
		hl_trail_free(&t);
		/* what was said of the hive is not said of its logs */
		a->mark = lift->ctx->log ? hl_notelog_count(lift->ctx->log)
		                         : 0;
	}
	return st;
}

enum hl_status hl_once_try(struct hl_lift *lift, struct hl_streams *s)
{
	struct again a = { .lift = lift, .s = s, .quiet = *lift->ctx };
	const struct hl_once_set *set = NULL;

	if (!lift->once_wanted || !s->hive->volume->shadow || !s->src)
		return HL_END;
	a.quiet.note = NULL;
	a.quiet.log = NULL;
	a.mark = lift->ctx->log ? hl_notelog_count(lift->ctx->log) : 0;
	a.n = s->hive->n_logs + 1;
	a.part = hl_zalloc(lift->ctx, a.n * sizeof(*a.part));
	if (!a.part)
		return HL_NOMEM;
	enum hl_status st = open_all(&a);
	if (st == HL_OK)
		st = recognise(&a, &set);
	if (st == HL_OK)
		st = say(&a, set);
	if (st == HL_OK)
		st = enter_all(&a, set);
	close_all(&a);
	return st;
}
