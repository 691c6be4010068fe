/*
 * cmd_acquire.c: a medium copied into an image or onto another medium.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acquire.h"
#include "base/banned.h"

/* What of the source is copied; false: said. */
static bool part(struct cli *c, struct hl_acquire_opts *o)
{
	uint64_t size = hl_src_size(c->image);

	if (c->o.volume && !session_stretch(c, &o->from, &o->len))
		return false;
	if (c->o.at_offset) {
		o->from = c->o.offset;
		o->len = size - o->from;
	}
	if (o->len > size - o->from) {
		note_loss(c, c->image, o->from, "volume", "%s has %llu bytes, "
		          "and the source ends after %llu of them",
		          c->o.volume, (unsigned long long)o->len,
		          (unsigned long long)(size - o->from));
		o->len = size - o->from;
	}
	return true;
}

static uint64_t size_of(const struct cli *c, const struct hl_acquire_opts *o)
{
	return o->len ? o->len : hl_src_size(c->image);
}

/* Before the first byte is written. */
static bool has_room(struct cli *c, const struct acquire_target *t)
{
	uint64_t size = size_of(c, &t->o);
	uint64_t most = hl_acquire_most(&t->o, size);
	bool sure = t->o.format == HL_ACQUIRE_RAW ||
	            t->o.packing == HL_ACQUIRE_NONE;
	char a[SIZE_TEXT], b[SIZE_TEXT];

	if (t->o.device >= 0 && t->room < size)
		msg_error(c, "%s has %llu bytes, the source %llu", t->first,
		          (unsigned long long)t->room,
		          (unsigned long long)size);
	else if (t->o.device >= 0 || t->there >= most ||
	         t->room >= most - t->there || (!sure && c->o.force))
		return true;
	else if (sure)
		msg_error(c, "%s wants %s, and %s are free", t->folder,
		          show_size(a, most - t->there),
		          show_size(b, t->room));
	else
		msg_error(c, "%s may want %s, and %s are free: --force "
		          "begins all the same", t->folder,
		          show_size(a, most - t->there),
		          show_size(b, t->room));
	return false;
}

static void stopped(struct cli *c, const struct acquire_target *t,
                    const struct hl_acquired *a, enum hl_status st)
{
	char x[SIZE_TEXT], y[SIZE_TEXT];

	show_size(x, a->done);
	show_size(y, a->size);
	if (st != HL_CANCELLED && !hl_notelog_seen(c->log, HL_FAILED))
		msg_error(c, "%s", show_status(c, st));
	else if (c->stop.timed_out)
		msg_error(c, "the time is over");
	if (a->kept)
		msg_error(c, "%s of %s are in %s: --resume goes on by %s.map",
		          x, y, t->first, c->o.output);
	else if (t->o.device >= 0 && a->done)
		msg_error(c, "%s holds %s of %s now", t->first, x, y);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool read_back(struct cli *c, struct acquire_result *r)
{
	enum hl_status st;

	progress_init(c);
	progress_total(c, r->a->size);
	st = hl_acquire_check(r->a, r->t->first, &r->t->o, &c->ctx);
	progress_clear(c);
	r->verified = st == HL_OK;
	if (st == HL_OK)
		return true;
	if (st != HL_CANCELLED && !hl_notelog_seen(c->log, HL_FAILED))
		msg_error(c, "%s", show_status(c, st));
	msg_error(c, "%s: written, and not verified", r->t->first);
	return false;
}

static void said(struct cli *c, const struct acquire_target *t,
                 const struct hl_acquired *a)
{
	if (t->o.device >= 0 && t->room > a->size)
		msg_say(c, "%s is larger by %llu bytes, which are as before",
		        t->first, (unsigned long long)(t->room - a->size));
	if (t->o.resume && a->resumed)
		msg_say(c, "%llu bytes were there already, and were read back "
		        "for the digests", (unsigned long long)a->resumed);
}

static enum outcome acquire(struct cli *c, struct acquire_target *t,
                            struct hl_acquired *a)
{
	struct acquire_result r = { .t = t, .a = a,
		                    .start = (int64_t)time(NULL) };
	double begun = now();
	enum outcome outcome = DONE;
	enum hl_status st;

	progress_total(c, size_of(c, &t->o));
	st = hl_acquire(a, c->image, &t->o, &c->ctx);
	progress_clear(c);
	if (st != HL_OK) {
		stopped(c, t, a, st);
		return FAILED;
	}
	r.end = (int64_t)time(NULL);
	r.seconds = now() - begun;
	said(c, t, a);
	if (c->o.read_back && !read_back(c, &r))
		outcome = FAILED;
	if (c->o.json)
		acquire_json(c, &r);
	else
		acquire_text(c, &r);
	return outcome;
}

enum outcome cmd_acquire(struct cli *c)
{
	struct acquire_target *t = c->opened;
	struct hl_acquired a = { .size = 0 };
	enum outcome outcome = FAILED;

	stats_phase(c, PHASE_READ);
	if (part(c, &t->o) && has_room(c, t))
		outcome = acquire(c, t, &a);
	hl_acquired_free(&a, &c->ctx);
	acquire_drop(c);
	return outcome;
}
