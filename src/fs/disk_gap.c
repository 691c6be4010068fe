/*
 * disk_gap.c: what no volume of a disk covers.
 *
 *	table    |-- 1 --|.....gap.....|-- 2 --|..gap..|
 *	lost         |------- L1 ----|
 *	told                         |.|       |.......|
 *
 * A lost volume that is read covers what the table leaves open.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "fs/disk_impl.h"

/* Before and behind the one volume of a disk without a table; all of it when
 * there is none but what a scan found. */
static enum hl_status bare_gap(struct hl_disk *d, size_t i, uint64_t *off,
                               uint64_t *len)
{
	uint64_t size = hl_src_size(d->image);
	uint64_t begin = d->n ? d->volume[0].off : 0;
	uint64_t end = d->n ? begin + d->volume[0].len : 0;

	if (d->n && d->volume[0].rest)
		end = begin;

	if (begin > 0 && i-- == 0) {
		*off = 0;
		*len = begin;
		return HL_OK;
	}
	if (end < size && i == 0) {
		*off = end;
		*len = size - end;
		return HL_OK;
	}
	return HL_END;
}

static enum hl_status table_gap(struct hl_disk *d, size_t i, uint64_t *off,
                                uint64_t *len)
{
	for (size_t k = 0; k < hl_table_count(d->table); k++) {
		const struct hl_part *p = hl_table_part(d->table, k);

		if (!(p->flags & HL_PART_GAP) || i-- != 0)
			continue;
		*off = p->off;
		*len = p->len;
		return HL_OK;
	}
	return HL_END;
}

/* Is off in a lost volume that is read?  *to: where that changes. */
static bool covered(const struct hl_disk *d, uint64_t off, uint64_t *to)
{
	uint64_t end = UINT64_MAX;

	for (size_t i = 0; i < d->n; i++) {
		const struct hl_volume *v = &d->volume[i];

		if (!v->lost || !v->fs || d->at_offset)
			continue;
		if (off >= v->off && off - v->off < v->len) {
			*to = v->off + v->len;
			return true;
		}
		if (v->off > off)
			end = min_u64(end, v->off);
	}
	*to = end;
	return false;
}

enum hl_status hl_disk_gap(struct hl_disk *disk, size_t i, uint64_t *off,
                           uint64_t *len)
{
	uint64_t at, n, to;

	for (size_t k = 0;; k++) {
		enum hl_status st = disk->table ?
			table_gap(disk, k, &at, &n) : bare_gap(disk, k, &at, &n);

		if (st != HL_OK)
			return st;
		for (uint64_t end = at + n; at < end; at = to) {
			bool lost = covered(disk, at, &to);

			to = min_u64(to, end);
			if (lost || i-- != 0)
				continue;
			*off = at;
			*len = to - at;
			return HL_OK;
		}
	}
}
