/*
 * scan.c: every record of $MFT in its order, in large reads.
 *
 * The caches of mft.c are left alone: a sweep passes each record once, and a
 * source that is read in several threads has to be able to start one.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "ntfs/volume.h"

#define PIECE (1u << 20) /* bytes; a multiple of every record size */

struct hl_ntfs_scan {
	struct hl_ntfs *nt;
	uint64_t next, n; /* records */
	uint64_t first;   /* in buf */
	size_t n_buf;
	struct hl_ranges bad;
	uint8_t *buf;
};

enum hl_status hl_ntfs_scan_open(struct hl_ntfs_scan **out,
                                  struct hl_ntfs *nt)
{
	struct hl_ntfs_scan *s = hl_zalloc(nt->ctx, sizeof(*s));

	*out = NULL;
	if (!s)
		return HL_NOMEM;
	s->nt = nt;
	s->n = hl_ntfs_record_count(nt);
	s->buf = hl_alloc(nt->ctx, PIECE);
	if (!s->buf) {
		hl_free(nt->ctx, s);
		return HL_NOMEM;
	}
	hl_src_advise(nt->mft, 0, hl_src_size(nt->mft),
	              HL_ADVISE_SEQUENTIAL);
	*out = s;
	return HL_OK;
}

void hl_ntfs_scan_close(struct hl_ntfs_scan *s)
{
	if (!s)
		return;
	hl_free(s->nt->ctx, s->buf);
	hl_free(s->nt->ctx, s);
}

/*
 * Steps over what no medium holds, so that a $MFT that claims to be endless
 * ends.  HL_OK: *n records lie here; HL_CORRUPT: some are missing, and
 * s->next is behind them; HL_END
 */
static enum hl_status next_mapped(struct hl_ntfs_scan *s, uint64_t *n)
{
	uint32_t size = s->nt->geom.record_size;
	struct hl_extent e;

	for (; s->next < s->n; s->next += *n) {
		if (hl_src_locate(s->nt->mft, s->next * size, &e) != HL_OK)
			return HL_END;
		*n = min_u64(e.len / size + (e.len % size != 0),
		             s->n - s->next);
		if (e.what == HL_WHAT_DATA)
			return HL_OK;
		if (e.what == HL_WHAT_MISSING) {
			s->next += *n;
			return HL_CORRUPT;
		}
	}
	return HL_END;
}

static enum hl_status fill(struct hl_ntfs_scan *s, uint64_t *number)
{
	uint32_t size = s->nt->geom.record_size;
	uint64_t n;
	enum hl_status st;

	*number = s->next;
	if (s->n_buf && s->next - s->first < s->n_buf)
		return HL_OK;
	s->n_buf = 0;
	st = next_mapped(s, &n);
	if (st != HL_OK)
		return st;
	*number = s->first = s->next;
	hl_ranges_clear(&s->bad);
	n = min_u64(PIECE / size, n);
	st = hl_src_read(s->nt->mft, s->first * size, s->buf,
	                 (size_t)n * size, &s->bad);
	if (st == HL_OK)
		s->n_buf = (size_t)n;
	return st == HL_RANGE ? HL_END : st;
}

static bool unreadable(const struct hl_ntfs_scan *s, uint64_t off,
                       uint64_t len)
{
	for (size_t i = 0; i < s->bad.n; i++)
		if (s->bad.r[i].off < off + len &&
		    s->bad.r[i].off + s->bad.r[i].len > off)
			return true;
	return false;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return p[0] == 0 && !memcmp(p, p + 1, n - 1);
}

/* HL_END: never used */
static enum hl_status decode(struct hl_ntfs_scan *s, uint8_t *p,
                             struct hl_ntfs_rec *rec)
{
	uint32_t size = s->nt->geom.record_size;

	if (unreadable(s, rec->number * size, size))
		return HL_CORRUPT;
	if (all_zero(p, size))
		return HL_END;
	hl_ntfs_fixup(p, size, &rec->fix);
	enum hl_status st = hl_ntfs_head_decode(span_of(p, size), &rec->head);
	if (st != HL_OK || rec->head.magic != NTFS_MAGIC_FILE ||
	    rec->fix.n_torn ||
	    hl_ntfs_is_others(s->nt, rec))
		return HL_CORRUPT;
	rec->bytes = span_of(p, rec->head.used);
	return HL_OK;
}

enum hl_status hl_ntfs_scan_next(struct hl_ntfs_scan *s,
                                  struct hl_ntfs_rec *rec)
{
	enum hl_status st = HL_END;

	while (st == HL_END) {
		memset(rec, 0, sizeof(*rec));
		if (s->next >= s->n)
			return HL_END;
		if (s->next % 256 == 0 && hl_cancelled(s->nt->ctx))
			return HL_CANCELLED;
		st = fill(s, &rec->number);
		if (st != HL_OK)
			return st;
		s->next++;
		st = decode(s, s->buf + (size_t)(rec->number - s->first) *
		            s->nt->geom.record_size, rec);
	}
	return st;
}
