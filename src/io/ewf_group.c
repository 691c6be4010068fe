/*
 * ewf_group.c: chunks and the tables that find them.
 *
 *	sectors -> table -> table2    a group
 *	table                         EnCase 1 and SMART: chunks inside
 *
 * A bad table is replaced by its second copy; without a good one the chunks
 * that prove themselves are taken, and a hole stands for the rest.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_walk.h"

enum hl_status hl_ewf_add_hole(struct ewf *e)
{
	return hl_ewf_add_table(e, &(struct ewf_table){ .hole = true });
}

/* Entries lost, but their number known: the tables behind keep their place. */
static enum hl_status add_half(struct walk *w)
{
	w->half.bad = w->half.n > 0;
	w->half.hole = !w->half.bad;
	return hl_ewf_add_table(w->e, &w->half);
}

/*
 * The chunks of the last sectors section have no table: take those that
 * prove themselves, and leave a hole unless that was all.
 */
static enum hl_status lose_group(struct walk *w)
{
	struct ewf_table t;
	enum hl_status st = hl_ewf_salvage(w->e, w->seg,
	                                   w->data_off + EWF_DESCRIPTOR,
	                                   w->data_end, &t);

	if (st == HL_OK && t.n) {
		hl_say(&(struct hl_at){ w->e->src.ctx, NULL, HL_NO_OFFSET,
		                        w->path },
		       "%" PRIu32 " chunks from byte %" PRIu64 " on were "
		       "found without a table", t.n, t.base);
		st = hl_ewf_add_table(w->e, &t);
	}
	if (st != HL_OK || !t.n)
		hl_free(w->e->src.ctx, t.entries);
	w->open = false;
	if (st != HL_OK || (t.data_end == w->data_end && w->data_whole))
		return st;
	if (w->half.n <= t.n)
		return hl_ewf_add_hole(w->e);
	w->half.n -= t.n;
	return add_half(w);
}

enum hl_status hl_ewf_give_up(struct walk *w, enum hl_status st)
{
	w->stop = true;
	if (st != HL_OK)
		return st;
	if (w->open && !w->have)
		st = lose_group(w);
	return st == HL_OK ? hl_ewf_add_hole(w->e) : st;
}

/* The group is over: without a good table its chunks are lost. */
enum hl_status hl_ewf_close_group(struct walk *w)
{
	enum hl_status st = HL_OK;

	if (w->tried && !w->have) {
		st = hl_ewf_flaw(w->e, w->path, HL_CORRUPT, "the table at "
		                 "byte %" PRIu64 " %s, and there is no good second one",
		                 w->tried_off, w->why);
		if (st == HL_OK && w->open)
			st = lose_group(w);
		else if (st == HL_OK)
			st = add_half(w);
	} else if (w->open && !w->have) {
		st = hl_ewf_flaw(w->e, w->path, HL_CORRUPT, "the sectors "
		                 "section at byte %" PRIu64 " has no table",
		                 w->data_off);
		if (st == HL_OK)
			st = lose_group(w);
	}
	w->open = w->have = w->tried = false;
	memset(&w->half, 0, sizeof(w->half));
	return st;
}

enum hl_status hl_ewf_on_sectors(struct walk *w)
{
	enum hl_status st = hl_ewf_close_group(w);

	w->data_off = w->off;
	w->data_end = w->end;
	w->data_whole = true;
	w->open = true;
	return st;
}

enum hl_status hl_ewf_try_table(struct walk *w)
{
	struct ewf_body body = { w->seg, w->body, w->end, w->data_end };
	struct ewf_table t = { 0 };
	const char *why;
	enum hl_status st = hl_ewf_table_check(w->e, &body, &t, &why);

	if (st == HL_OK) {
		w->have = true;
		return t.n ? hl_ewf_add_table(w->e, &t) : HL_OK;
	}
	if (st != HL_CORRUPT && st != HL_IO)
		return st;
	if (!w->tried) {
		w->tried_off = w->off;
		w->why = why;
	}
	w->tried = true;
	if (t.n > w->half.n && t.n <= (w->end - w->body) / 4)
		w->half.n = t.n;
	return HL_OK;
}

enum hl_status hl_ewf_on_table(struct walk *w)
{
	enum hl_status st = HL_OK;

	/* a second table after the same sectors, or chunks inside it */
	if (w->have || w->tried)
		st = hl_ewf_close_group(w);
	return st == HL_OK ? hl_ewf_try_table(w) : st;
}

enum hl_status hl_ewf_on_table2(struct walk *w)
{
	enum hl_status st;

	if (w->have) {
		w->have = w->open = false;
		return HL_OK;
	}
	st = hl_ewf_try_table(w);
	if (st == HL_OK && w->have && w->tried)
		hl_warn(&(struct hl_at){ w->e->src.ctx, NULL, HL_NO_OFFSET,
		                         w->path },
		        "the table at byte %" PRIu64 " %s; its second copy "
		        "is used", w->tried_off, w->why);
	if (st == HL_OK && w->have)
		w->open = w->have = w->tried = false;
	return st;
}
