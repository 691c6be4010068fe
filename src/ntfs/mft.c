/*
 * mft.c: records by number: cached, mended from $MFTMirr, judged.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

uint64_t hl_ntfs_record_count(const struct hl_ntfs *nt)
{
	return hl_src_size(nt->mft) / nt->geom.record_size;
}

void hl_ntfs_bulk(struct hl_ntfs *nt, bool on)
{
	nt->bulk += on ? 1 : -1;
}

void hl_ntfs_quiet(struct hl_ntfs *nt, bool on)
{
	nt->quiet = on;
	if (!on)
		hl_ntfs_cache_clear(nt); /* what is cached was not said */
}

void hl_ntfs_cache_clear(struct hl_ntfs *nt)
{
	size_t i;

	for (i = 0; i < NTFS_CACHE; i++)
		nt->slot[i].used = false;
	for (i = 0; i < NTFS_WINDOWS; i++)
		nt->window[i].used = false;
}

/* True the first time; one broken record must not fill the note log. */
static bool first_time(struct hl_ntfs *nt, uint64_t number)
{
	size_t i;

	if (nt->booting || nt->quiet)
		return false;
	for (i = 0; i < NTFS_SAID; i++)
		if (nt->said[i] == number + 1)
			return false;
	nt->said[nt->next_said++ % NTFS_SAID] = number + 1;
	return true;
}

/*
 * Windows pay for themselves: one of which half is used gives back what it
 * cost.  Where the records of a folder lie scattered they are read alone, and
 * now and then a window is tried again.
 */
static const uint8_t *served(struct hl_ntfs *nt, const struct hl_ntfs_window *w,
                             uint64_t off)
{
	nt->window_credit += (uint64_t)2 * nt->geom.record_size;
	nt->window_credit = min_u64(nt->window_credit, NTFS_WINDOW_CREDIT);
	return w->buf + (off - w->off);
}

static bool worth_a_window(struct hl_ntfs *nt)
{
	nt->window_credit += nt->geom.record_size / 4;
	if (nt->window_credit < NTFS_WINDOW_BYTES)
		return false;
	nt->window_credit -= NTFS_WINDOW_BYTES;
	return true;
}

/* A window of $MFT that holds the record, or NULL: read it alone. */
static const uint8_t *from_window(struct hl_ntfs *nt, uint64_t off)
{
	struct hl_ntfs_window *w;
	struct hl_ranges bad;
	size_t i;

	for (i = 0; i < NTFS_WINDOWS; i++) {
		w = &nt->window[i];
		if (w->used && off >= w->off && off - w->off < w->n)
			return served(nt, w, off);
	}
	if (!worth_a_window(nt))
		return NULL;
	w = &nt->window[nt->next_window++ % NTFS_WINDOWS];
	w->used = false;
	if (!w->buf)
		w->buf = hl_alloc(nt->ctx, NTFS_WINDOW_BYTES);
	if (!w->buf)
		return NULL;
	w->off = off - off % NTFS_WINDOW_BYTES;
	w->n = (size_t)min_u64(NTFS_WINDOW_BYTES,
	                       hl_src_size(nt->mft) - w->off);
	hl_ranges_clear(&bad);
	if (hl_src_read(nt->mft, w->off, w->buf, w->n, &bad) || bad.bytes)
		return NULL;
	w->used = true;
	return served(nt, w, off);
}

static enum hl_status fetch(struct hl_ntfs *nt, uint64_t off, uint8_t *buf,
                            bool *unreadable)
{
	struct hl_ranges bad;
	const uint8_t *p = nt->bulk > 0 ? from_window(nt, off) : NULL;
	enum hl_status st;

	*unreadable = false;
	if (p) {
		memcpy(buf, p, nt->geom.record_size);
		return HL_OK;
	}
	hl_ranges_clear(&bad);
	st = hl_src_read(nt->mft, off, buf, nt->geom.record_size, &bad);
	*unreadable = bad.bytes > 0;
	return st;
}

/* Decode what lies in s->buf; says nothing. */
static enum hl_status judge(struct hl_ntfs *nt, struct hl_ntfs_slot *s)
{
	size_t n = nt->geom.record_size;
	enum hl_status st;

	hl_ntfs_fixup(s->buf, n, &s->rec.fix);
	st = hl_ntfs_head_decode(span_of(s->buf, n), &s->rec.head);
	s->rec.bytes = span_of(s->buf, st ? n : s->rec.head.used);
	if (s->rec.head.magic == NTFS_MAGIC_FILE)
		return st;
	if (s->buf[0] == 0 && !memcmp(s->buf, s->buf + 1, n - 1))
		return HL_END;
	return HL_CORRUPT;
}

/* $MFTMirr holds the first four records (or a cluster full) once more. */
static bool try_mirror(struct hl_ntfs *nt, struct hl_ntfs_slot *s)
{
	struct hl_ranges bad;
	uint64_t off;

	if (s->rec.number >= 4 || nt->geom.mirror_lcn >= nt->geom.n_clusters)
		return false;
	off = nt->geom.mirror_lcn * nt->geom.cluster_size +
	      s->rec.number * nt->geom.record_size;
	hl_ranges_clear(&bad);
	if (hl_src_read(nt->vol, off, s->buf, nt->geom.record_size, &bad) ||
	    bad.bytes || judge(nt, s) || s->rec.fix.n_torn)
		return false;
	s->rec.mirror = true;
	return true;
}

/* Where a later volume was made the records of its $MFT may lie in this one's:
 * they are whole, and of other numbers but by chance. */
bool hl_ntfs_is_others(const struct hl_ntfs *nt, const struct hl_ntfs_rec *rec)
{
	return nt->lost && rec->head.has_number &&
	       rec->head.number != (uint32_t)rec->number;
}

static void say(struct hl_ntfs *nt, const struct hl_ntfs_slot *s,
                bool unreadable)
{
	const struct hl_ntfs_rec *r = &s->rec;
	struct hl_at at = hl_ntfs_at(nt, r->number, "MFT record");
	unsigned long long n = (unsigned long long)r->number;

	if (r->mirror && nt->mirror_first)
		hl_warn(&at, "record %llu does not describe $MFT as it is; "
		        "its copy in $MFTMirr is used", n);
	else if (r->mirror)
		hl_warn(&at, "record %llu is damaged; its copy in $MFTMirr "
		             "is used", n);
	else if (unreadable)
		hl_warn(&at, "record %llu cannot be read", n);
	else if (s->st == HL_CORRUPT && hl_ntfs_is_others(nt, r))
		hl_warn(&at, "record %llu is overwritten by another volume's "
		        "record %llu", n, (unsigned long long)r->head.number);
	else if (s->st == HL_CORRUPT && r->head.magic == NTFS_MAGIC_BAAD)
		hl_warn(&at, "record %llu is marked BAAD", n);
	else if (s->st == HL_CORRUPT && r->head.magic != NTFS_MAGIC_FILE)
		hl_warn(&at, "record %llu has no FILE signature", n);
	else if (s->st == HL_CORRUPT)
		hl_warn(&at, "record %llu: the header is broken", n);
	else if (!r->fix.header_ok)
		hl_warn(&at, "record %llu: the update sequence is broken", n);
	else
		hl_warn(&at, "record %llu: %u of %u sectors are torn", n,
		        r->fix.n_torn, r->fix.n_sectors);
}

/* Of a $MFT that was put together, what is not there was said as a whole. */
static bool never_had(struct hl_ntfs *nt, uint64_t off)
{
	struct hl_extent e;

	return nt->stitched && hl_src_map(nt->mft, off, &e) == HL_OK &&
	       e.what == HL_WHAT_MISSING;
}

static enum hl_status load(struct hl_ntfs *nt, uint64_t number,
                           struct hl_ntfs_slot *s)
{
	bool unreadable, odd;
	enum hl_status st;

	s->used = false;
	s->rec.number = number;
	s->rec.mirror = false;
	st = fetch(nt, number * nt->geom.record_size, s->buf, &unreadable);
	if (st != HL_OK)
		return st;
	if (unreadable && never_had(nt, number * nt->geom.record_size)) {
		s->st = HL_END;
		s->used = true;
		return HL_OK;
	}
	s->st = unreadable ? HL_CORRUPT : judge(nt, s);
	if (s->st == HL_OK && hl_ntfs_is_others(nt, &s->rec))
		s->st = HL_CORRUPT;
	odd = s->st == HL_CORRUPT || (s->st == HL_OK && s->rec.fix.n_torn) ||
	      (s->st == HL_END && number < 4) ||
	      (number == 0 && nt->mirror_first);
	if (odd && number < 4) {
		if (try_mirror(nt, s)) {
			s->st = HL_OK;
		} else { /* as it was, for what it is worth */
			st = fetch(nt, number * nt->geom.record_size, s->buf,
			           &unreadable);
			if (st != HL_OK)
				return st;
			s->st = unreadable ? HL_CORRUPT : judge(nt, s);
		}
	}
	if (odd && s->st != HL_END && first_time(nt, number))
		say(nt, s, unreadable);
	s->used = true;
	return HL_OK;
}

enum hl_status hl_ntfs_record(struct hl_ntfs *nt, uint64_t number,
                              struct hl_ntfs_rec *rec)
{
	struct hl_ntfs_slot *s = &nt->slot[number % NTFS_CACHE];
	enum hl_status st;

	memset(rec, 0, sizeof(*rec));
	if (hl_cancelled(nt->ctx))
		return HL_CANCELLED;
	if (number >= hl_ntfs_record_count(nt))
		return HL_RANGE;
	if (!s->used || s->rec.number != number) {
		HL_COUNT(nt->ctx, cache_misses, 1);
		st = load(nt, number, s);
		if (st != HL_OK)
			return st;
	} else {
		HL_COUNT(nt->ctx, cache_hits, 1);
	}
	*rec = s->rec;
	return s->st;
}
