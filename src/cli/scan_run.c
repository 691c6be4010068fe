/*
 * scan_run.c: one scan, taken up where a state says, kept in it now and then
 * and at the end, whatever ends it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/banned.h"
#include "base/limits.h"
#include "scan.h"

#define SAVE_SECONDS 15

struct keep {
	struct cli *c;
	struct timespec last;
	bool failed; /* said once */
};

/* A state in memory: it is written as a whole. */
struct bytes {
	char *p;
	size_t n, cap;
};

static bool append(void *user, const void *p, size_t n)
{
	struct bytes *b = user;

	if (n > b->cap - b->n) {
		size_t cap = b->cap ? 2 * b->cap : 65536;
		char *more;

		while (cap - b->n < n)
			cap *= 2;
		more = cap > HL_MAX_SCAN_STATE ? NULL : realloc(b->p, cap);
		if (!more)
			return false;
		b->p = more;
		b->cap = cap;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

static bool save(struct cli *c)
{
	struct bytes b = { NULL, 0, 0 };
	bool ok = true;

	if (!c->state)
		return true;
	enum hl_status st = hl_scan_save(c->scan, append, &b);
	if (st == HL_OK)
		ok = slots_save(c, b.p, b.n);
	else if (st != HL_CANCELLED)
		msg_error(c, "--state: %s", hl_status_text(st));
	free(b.p);
	return ok && st == HL_OK;
}

static void checkpoint(void *user, struct hl_scan *scan)
{
	struct keep *k = user;
	struct timespec now;

	(void)scan;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (k->failed || now.tv_sec - k->last.tv_sec < SAVE_SECONDS)
		return;
	k->last = now;
	k->failed = !save(k->c);
}

static enum hl_status load(struct cli *c)
{
	enum hl_status st = HL_OK;
	uint64_t from, to;
	bool failed;
	size_t n;
	void *p = slots_load(c, &n, &failed);

	if (failed)
		return HL_CORRUPT;
	if (p)
		st = hl_scan_load(c->scan, p, n);
	free(p);
	(void)hl_scan_range(c->scan, &from, &to);
	if (st == HL_OK && p && hl_scan_position(c->scan) > from)
		msg_say(c, "taken up at byte %llu of %llu",
		        (unsigned long long)hl_scan_position(c->scan),
		        (unsigned long long)to);
	return st;
}

static enum hl_status pass(struct cli *c)
{
	uint64_t from, to;

	(void)hl_scan_range(c->scan, &from, &to);
	progress_total(c, to - from);
	c->progress.before = hl_scan_position(c->scan) - from;
	enum hl_status st = hl_scan_pass(c->scan);

	/* the state can be kept, and what was found be told, all the same */
	c->stop.finishing = true;
	bool may = st == HL_OK || st == HL_CANCELLED, kept = may && save(c);
	if (may && !kept) /* hours of reading are not thrown away */
		note_loss(c, NULL, HL_NO_OFFSET, "scan state", "it is not "
		          "kept; the next run begins anew, or where an older "
		          "one was");
	progress_clear(c);
	progress_total(c, 0);
	if (st == HL_CANCELLED)
		msg_say(c, "ended at byte %llu of %llu%s",
		        (unsigned long long)hl_scan_position(c->scan),
		        (unsigned long long)to,
		        c->state && kept ? "; the same command goes on from there" :
		                   "");
	return st;
}

static enum hl_status of_volume(struct cli *c, struct hl_scan_opts *o)
{
	uint64_t off, len;

	if (!session_stretch(c, &off, &len))
		return HL_CANCELLED; /* said */
	o->from = off;
	o->to = len < UINT64_MAX - off ? off + len : UINT64_MAX;
	return HL_OK;
}

/* Of scan, not of --lost.  A lost volume is known when all has been read. */
static enum hl_status range(struct cli *c, struct hl_scan_opts *o)
{
	if (c->cmd->bit != CMD_SCAN)
		return HL_OK;
	if (c->o.volume && *c->o.volume != 'L')
		return of_volume(c, o);
	if (c->o.at_offset)
		o->from = c->o.offset;
	return HL_OK;
}

enum hl_status scan_run(struct cli *c)
{
	const struct hl_lost_geom stated = {
		.cluster_size = (uint32_t)c->o.cluster_size,
		.mft_lcn = c->o.mft_lcn,
	};
	struct keep keep = { .c = c };
	struct hl_scan_opts opts = {
		.sector_size = (uint32_t)c->o.sector_size,
		.stated = c->o.has_mft ? &stated : NULL,
		.stated_off = c->o.offset,
		.user = &keep,
		.checkpoint = c->state ? checkpoint : NULL,
	};

	clock_gettime(CLOCK_MONOTONIC, &keep.last);
	enum hl_status st = range(c, &opts);
	if (st == HL_OK)
		st = hl_scan_open(&c->scan, c->image, &opts, &c->ctx);
	if (st == HL_OK)
		st = load(c);
	if (st == HL_OK)
		st = pass(c);
	/* what a time budget left undone is judged as far as it goes */
	bool over = st == HL_CANCELLED && c->stop.timed_out &&
	            !stop_signalled(c);
	if (st == HL_OK || over)
		st = hl_scan_judge(c->scan);
	c->stop.finishing = false;
	return st;
}

void scan_free(struct cli *c)
{
	c->scan_in = NULL;
	hl_scan_close(c->scan);
	c->scan = NULL;
	slots_close(c);
}
