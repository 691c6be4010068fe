/*
 * replay_new.c: new-format logs (Windows 8.1 and later): which, in which
 * order, how far.
 *
 *	base block sound    logs that begin before its second sequence number
 *	                    are stale; the others in the order of their number,
 *	                    the next only where the one before it ended
 *	base block bad      the newest log alone, and its header
 *
 * The first entry applied may lie after the hive's own number: Windows brings
 * a hive up to date in parts without touching its base block.
 */
#include <inttypes.h>

#include "base/banned.h"
#include "hive/replay.h"

/* An entry that stands where the next one should, and is not it. */
static enum hl_status other_entry(struct replay *r, struct replay_log *log,
                                  uint64_t off, const struct hive_log_entry *e,
                                  uint32_t want)
{
	const char *why;
	enum hl_status st;

	if (!seq_before(want, e->seq))
		return HL_END; /* of an earlier round: the ordinary end */
	st = hl_replay_entry_verify(r, log, off, e, &why);
	if (st == HL_OK) {
		hl_replay_reason(r, true, "%s: entry %" PRIu32 " stands where "
		                 "%" PRIu32 " should be", log->name, e->seq,
		                 want);
		return HL_END;
	}
	return st == HL_CORRUPT ? HL_END : st;
}

/*
 * The next entry, verified.  HL_OK; HL_END: the log ends, or is broken from
 * here on, which is the reason then.
 */
static enum hl_status next_entry(struct replay *r, struct replay_log *log,
                                 uint64_t off, uint32_t want,
                                 struct hive_log_entry *e)
{
	const char *why = "its size cannot be";
	enum hl_status st = hl_replay_entry_head(r, log, off, e);

	if (st == HL_END || st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (e->seq != want)
		return st == HL_OK ? other_entry(r, log, off, e, want) :
		                     HL_END;
	if (st == HL_OK)
		st = hl_replay_entry_verify(r, log, off, e, &why);
	if (st != HL_CORRUPT)
		return st;
	hl_replay_reason(r, true, "%s: entry %" PRIu32 " is broken: %s",
	                 log->name, want, why);
	return HL_END;
}

/* All live entries of one log.  HL_OK, also when there is none. */
static enum hl_status apply(struct replay *r, struct replay_log *log)
{
	struct hl_replay_report *rep = r->report;
	uint32_t want = log->base.seq1;
	uint64_t off = HIVE_SECTOR;
	struct hive_log_entry e;
	enum hl_status st;

	while ((st = next_entry(r, log, off, want, &e)) == HL_OK) {
		st = hl_replay_entry_paint(r, log, off, &e);
		if (st != HL_OK)
			return st;
		if (!rep->entries)
			rep->first_seq = want;
		rep->entries++;
		rep->used[log->index] = true;
		rep->last_seq = want++; /* wraps at 2^32, as it should */
		rep->bins_size = e.bins_size;
		r->flags = e.flags;
		off += e.size; /* 512 or more: it ends */
	}
	return st == HL_END ? HL_OK : st;
}

/* In the order of their numbers; few, so that the plain way will do. */
static size_t in_order(struct replay *r, struct replay_log **list)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct replay_log *log = &r->log[i];
		size_t at = n;
		if (log->use != REPLAY_NEW)
			continue;
		while (at && seq_before(log->base.seq1,
		                        list[at - 1]->base.seq1)) {
			list[at] = list[at - 1];
			at--;
		}
		list[at] = log;
		n++;
	}
	return n;
}

/* Where the second and later logs have to begin. */
static bool continues(struct replay *r, const struct replay_log *log)
{
	uint32_t want = r->report->last_seq + 1, seq = log->base.seq1;

	if (seq == want)
		return true;
	if (seq_before(want, seq))
		hl_replay_reason(r, true, "%s begins at %" PRIu32
		                 ": entries from %" PRIu32 " on are missing",
		                 log->name, seq, want);
	else
		hl_replay_note(r, "%s begins at %" PRIu32 ", before the last "
		               "entry applied; not used", log->name, seq);
	return false;
}

static bool stale(struct replay *r, const struct replay_log *log)
{
	if (!seq_before(log->base.seq1, r->base.seq2))
		return false;
	hl_replay_note(r, "%s is stale: it begins at %" PRIu32
	               ", the hive stands at %" PRIu32, log->name,
	               log->base.seq1, r->base.seq2);
	return true;
}

static void say_gap(struct replay *r)
{
	uint32_t first = r->report->first_seq;

	if (r->base_ok && seq_before(r->base.seq2, first))
		hl_replay_note(r, "the first entry is %" PRIu32 ", the hive "
		               "stands at %" PRIu32 ": brought up to date in "
		               "part before", first, r->base.seq2);
}

static enum hl_status apply_in_order(struct replay *r,
                                     struct replay_log **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool more = r->report->entries > 0;
		if (more ? !continues(r, list[i]) : stale(r, list[i]))
			continue;
		enum hl_status st = apply(r, list[i]);
		if (st != HL_OK)
			return st;
		if (!r->report->entries && r->report->reason[0])
			break; /* the first entry is broken: none fits on it */
		if (!r->report->used[list[i]->index])
			hl_replay_note(r, "%s holds no live entry",
			               list[i]->name);
	}
	return HL_OK;
}

/* Its header becomes the hive's. */
static enum hl_status apply_newest(struct replay *r, struct replay_log *log)
{
	enum hl_status st = apply(r, log);

	if (st != HL_OK || !r->report->entries)
		return st;
	memcpy(r->head, log->head, sizeof(r->head));
	r->report->rebuilt = true;
	hl_replay_note(r, "the base block is made from the header of %s",
	               log->name);
	return HL_OK;
}

enum hl_status hl_replay_new(struct replay *r)
{
	struct replay_log *list[HL_REPLAY_LOGS];
	size_t n = in_order(r, list);
	enum hl_status st;

	if (!n)
		return HL_END;
	r->report->bins_size = 0;
	if (r->base_ok)
		st = apply_in_order(r, list, n);
	else
		st = apply_newest(r, list[n - 1]);
	if (st != HL_OK)
		return st;
	if (!r->report->entries)
		return HL_END;
	say_gap(r);
	r->report->format = "HvLE";
	r->seq = r->report->last_seq;
	return HL_OK;
}
