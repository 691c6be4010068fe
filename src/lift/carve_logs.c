/*
 * carve_logs.c: what is left of transaction logs.  An entry is believed when
 * both of its hashes are right; entries that follow one another make one find.
 */
#include <inttypes.h>

#include "base/ckd.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

#define MARK 0x454c7648u /* "HvLE" */

/* Entries from off on, each behind the last. */
static enum hl_status entries(struct carve_scan *s, uint64_t off,
                              struct hl_carved *log, uint64_t *end)
{
	struct hive_log_entry e;
	enum hl_status st = HL_OK;
	const uint8_t *p;

	*end = off;
	while ((p = hl_carve_peek(&s->in, *end, HIVE_SECTOR)) &&
	       le32_at(p) == MARK && log->entries < UINT32_MAX) {
		st = hl_carve_entry(s->row->src, *end, s->c->ctx, &e);
		if (st != HL_OK)
			break;
		if (!log->entries++)
			log->first_seq = e.seq;
		log->last_seq = e.seq;
		log->bins_size = e.bins_size;
		*end += e.size; /* at least 512, and inside */
	}
	return st == HL_END ? HL_OK : st;
}

static enum hl_status keep(struct carve_scan *s, struct carve_find *f,
                           uint64_t off, uint64_t len, uint64_t *skip)
{
	enum hl_status st = hl_carve_pieces(s->c, f, s->row, off, len);

	if (st != HL_OK) {
		hl_carve_drop(s->c, f);
		return st == HL_LIMIT ? HL_OK : st;
	}
	*skip = len;
	return hl_carve_keep(s->c, f);
}

enum hl_status hl_carve_take_log(struct carve_scan *s, uint64_t off,
                                 const struct hl_base_block *head,
                                 uint64_t *skip)
{
	uint64_t from = head ? off + HIVE_SECTOR : off, end;
	struct hl_carved log = { .entries = 0 };
	struct carve_find *f;
	enum hl_status st = entries(s, from, &log, &end);

	if (st != HL_OK || (!log.entries && !head))
		return st;
	f = hl_carve_new(s->c, s->row, head ? HL_CARVED_LOG :
	                 HL_CARVED_ENTRIES);
	if (!f)
		return s->c->full ? HL_OK : HL_NOMEM;
	f->pub.entries = log.entries;
	f->pub.first_seq = log.first_seq;
	f->pub.last_seq = log.last_seq;
	f->pub.bins_size = log.bins_size;
	if (head)
		f->pub.base = *head;
	if (head)
		hl_carve_say(s->c, f, "header of a log: signature, fields and "
		             "checksum right");
	hl_carve_say(s->c, f, "%" PRIu32 " log entr%s, both hashes of each "
	             "right", log.entries, log.entries == 1 ? "y" : "ies");
	return keep(s, f, off, max_u64(end, from) - off, skip);
}

enum hl_status hl_carve_take_old(struct carve_scan *s, uint64_t off,
                                 const struct hl_base_block *head,
                                 uint64_t *skip)
{
	struct carve_find *f;
	uint64_t size;
	enum hl_status st = hl_carve_dirt(s->row->src, off, s->c->ctx, &size);

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	f = hl_carve_new(s->c, s->row, HL_CARVED_OLD_LOG);
	if (!f)
		return s->c->full ? HL_OK : HL_NOMEM;
	f->pub.base = *head;
	f->pub.bins_size = head->bins_size;
	f->pub.first_seq = f->pub.last_seq = head->seq1;
	f->pub.entries = 1;
	hl_carve_say(s->c, f, "log of the old format: header's checksum "
	             "right, as long as its bitmap of sectors says");
	return keep(s, f, off, min_u64(size, s->in.size - off), skip);
}
