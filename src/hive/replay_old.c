/*
 * replay_old.c: old-format logs (NT 3.1 to Windows 8): which one, its bitmap
 * and its sectors.
 *
 *	512      516                     roundup(516 + bins / 4096, 512)
 *	| "DIRT" | bit for each sector … | sector of the 1st bit | 2nd | …
 *
 * Only one log is ever applied, and all of it or nothing.  The one whose time
 * is the hive's; where none is, the later of two sound logs, when it is newer
 * than the hive too: so does Windows 8.  A single log that is newer than the
 * hive is refused, as the specification and the kernel have it, although some
 * tools take it.
 *
 * With a bad base block only the first bin tells a time, that of the write
 * before the last; then it is the newest log that is not older.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "io/note.h"
#include "hive/replay.h"

#define BITMAP (HIVE_SECTOR + 4u)

/* ---- the sectors of a log ------------------------------------------------ */

struct sectors {
	struct replay *r;
	struct replay_log *log;
	bool paint;
	uint64_t set, held;
	uint64_t at; /* of the next sector in the log */
};

static enum hl_status one_sector(struct sectors *s, uint64_t bit)
{
	struct replay *r = s->r;
	uint8_t p[HIVE_SECTOR];
	bool sound;

	s->set++;
	if (s->at > s->log->size || s->log->size - s->at < HIVE_SECTOR)
		return HL_OK;
	uint64_t at = s->at;
	s->at += HIVE_SECTOR;
	enum hl_status st = hl_replay_read(s->log->src, at, p, sizeof(p),
	                                   &sound);
	if (st != HL_OK || !sound)
		return st;
	s->held++;
	if (!s->paint)
		return HL_OK;
	return hl_overlay_paint(r->overlay, bit * HIVE_SECTOR, HIVE_SECTOR,
	                        s->log->index, at);
}

static enum hl_status one_byte(struct sectors *s, uint64_t i, uint8_t bits)
{
	for (unsigned k = 0; k < 8; k++) {
		if (!(bits >> k & 1))
			continue;
		enum hl_status st = one_sector(s, i * 8 + k);
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

/* The bitmap's size comes from the log's own header, as Windows has it. */
enum hl_status hl_replay_sectors(struct replay *r, struct replay_log *log,
                                 bool paint, uint64_t *set, uint64_t *held)
{
	uint64_t n = log->base.bins_size / HIVE_PAGE, have;
	struct sectors s = { .r = r, .log = log, .paint = paint };

	s.at = (BITMAP + n + HIVE_SECTOR - 1) / HIVE_SECTOR * HIVE_SECTOR;
	have = log->size > BITMAP ? min_u64(n, log->size - BITMAP) : 0;
	for (uint64_t i = 0; i < have; ) {
		size_t part = (size_t)min_u64(have - i, REPLAY_BUF);
		bool sound;
		if (hl_cancelled(r->ctx))
			return HL_CANCELLED;
		enum hl_status st = hl_replay_read(log->src, BITMAP + i,
		                                   r->buf, part, &sound);
		if (st == HL_OK && !sound)
			s.set++; /* and never held: the log is not whole */
		for (size_t k = 0; st == HL_OK && k < part; k++)
			st = one_byte(&s, i + k, r->buf[k]);
		if (st != HL_OK)
			return st;
		i += part;
	}
	if (have < n)
		s.set++;
	*set = s.set;
	*held = s.held;
	return HL_OK;
}

/* ---- which log --------------------------------------------------------- */

/* The hive's time; with a bad base block that of its first bin. */
static enum hl_status hive_time(struct replay *r, uint64_t *out)
{
	uint8_t p[sizeof(struct hive_bin_disk)];
	bool sound;

	*out = r->base.last_written.ticks;
	if (r->base_ok || hl_src_size(r->hive) < HIVE_BASE_SIZE + sizeof(p))
		return HL_OK;
	enum hl_status st = hl_replay_read(r->hive, HIVE_BASE_SIZE, p,
	                                   sizeof(p), &sound);
	if (st == HL_OK)
		*out = le64_at(p + 20);
	return st;
}

static uint64_t written(const struct replay_log *log)
{
	return log->base.last_written.ticks;
}

/* The newest of the format; *second: of several. */
static struct replay_log *newest_log(struct replay *r, bool *second)
{
	struct replay_log *newest = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct replay_log *log = &r->log[i];
		if (log->use != REPLAY_OLD)
			continue;
		if (!newest || written(log) > written(newest)) {
			newest = log;
			*second = n > 0;
		}
		n++;
	}
	return newest;
}

static struct replay_log *choose(struct replay *r, uint64_t time)
{
	bool second = false;
	struct replay_log *newest = newest_log(r, &second);

	for (size_t i = 0; r->base_ok && i < r->n; i++)
		if (r->log[i].use == REPLAY_OLD &&
		    written(&r->log[i]) == time)
			return &r->log[i];
	if (!newest || written(newest) < time)
		return NULL;
	if (!r->base_ok)
		return newest;
	if (!second)
		return NULL;
	hl_replay_note(r, "%s is newer than the hive and than the log before "
	               "it: the one that Windows 8 applies", newest->name);
	return newest;
}

static void refuse_times(struct replay *r, uint64_t time)
{
	for (size_t i = 0; i < r->n; i++) {
		struct replay_log *log = &r->log[i];
		if (log->use == REPLAY_OLD)
			hl_replay_reason(r, false, "%s does not belong to this "
			                 "state: it is %s than the hive",
			                 log->name, written(log) > time ?
			                 "newer" : "older");
	}
}

static enum hl_status apply(struct replay *r, struct replay_log *log)
{
	struct hl_replay_report *rep = r->report;
	uint64_t set, held;
	enum hl_status st = hl_replay_sectors(r, log, false, &set, &held);

	if (st != HL_OK)
		return st;
	if (held != set) {
		hl_replay_reason(r, true, "%s is not whole: %" PRIu64 " of %"
		                 PRIu64 " sectors are there", log->name, held,
		                 set);
		return HL_END;
	}
	if (!set) {
		hl_replay_reason(r, false, "%s marks no sector as changed",
		                 log->name);
		return HL_END;
	}
	st = hl_replay_sectors(r, log, true, &set, &held);
	if (st != HL_OK)
		return st;
	rep->entries = 1;
	rep->used[log->index] = true;
	rep->first_seq = rep->last_seq = log->base.seq1;
	rep->bins_size = log->base.bins_size;
	rep->format = "DIRT";
	r->flags = r->base_ok ? r->base.flags : log->base.flags;
	r->seq = r->base_ok ? r->base.seq1 : log->base.seq1;
	if (!r->base_ok) {
		memcpy(r->head, log->head, sizeof(r->head));
		rep->rebuilt = true;
		hl_replay_note(r, "the base block is made from the header of "
		               "%s", log->name);
	}
	return HL_OK;
}

enum hl_status hl_replay_old(struct replay *r)
{
	struct replay_log *log;
	uint64_t time;
	enum hl_status st = hive_time(r, &time);

	if (st != HL_OK)
		return st;
	log = choose(r, time);
	if (log)
		return apply(r, log);
	refuse_times(r, time);
	return HL_END;
}
