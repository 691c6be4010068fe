/*
 * remains.c: what is left of deleted files, and when it still fits together.
 *
 * Deletion clears a record's in-use flag and raises its sequence number by
 * one (0 is skipped, and a 0 stays 0).  So whoever meant the file names the
 * number before, and whoever means a file that came later does not.
 *
 *	| header | attributes .. ffffffff |  slack: older attributes  |
 *	                                  ^ used                      ^ size
 *
 * From the slack of an unused record are taken, at offsets of 8:
 *
 *	$FILE_NAME   when the record has none, and its creation time is that
 *	             of $STANDARD_INFORMATION
 *	$DATA        (unnamed, not resident, from its first cluster on, its
 *	             runs inside the volume and as long as it says) when the
 *	             record has none, and $FILE_NAME states its allocated size
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

uint16_t hl_ntfs_seq_after(uint16_t seq)
{
	if (seq == 0)
		return 0;
	return seq == 0xffff ? 1 : (uint16_t)(seq + 1);
}

enum hl_ntfs_fit hl_ntfs_fits(const struct hl_ntfs_head *h,
                              struct hl_ntfs_ref ref)
{
	if (h->flags & NTFS_IN_USE)
		return !ref.seq || ref.seq == h->seq ? NTFS_FIT_LIVE
		                                     : NTFS_FIT_NOT;
	return ref.seq && h->seq == hl_ntfs_seq_after(ref.seq) ?
	       NTFS_FIT_DELETED : NTFS_FIT_NOT;
}

static bool has(const struct hl_ntfs_file *f, uint32_t type)
{
	for (size_t i = 0; i < f->n_part; i++)
		if (f->part[i].a.type == type && !f->part[i].a.name.n)
			return true;
	return false;
}

static bool name_fits(const struct hl_ntfs_attr *a,
                      const struct hl_ntfs_sum *sum)
{
	struct hl_ntfs_name n;

	return a->resident && a->indexed && !a->name.n && sum->has_std &&
	       hl_ntfs_name_decode(a->value, &n) == HL_OK &&
	       n.times.created == sum->std.times.created;
}

/* Its runs are whole, inside the volume, and as many as it says. */
static bool runs_fit(const struct hl_ntfs *nt, const struct hl_ntfs_attr *a)
{
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	uint64_t end = 0;
	enum hl_status st;

	hl_ntfs_runs_init(&it, a->runs, 0, nt->geom.n_clusters);
	while ((st = hl_ntfs_run_next(&it, &r)) == HL_OK) {
		if (r.outside)
			return false;
		end = r.vcn + r.len;
	}
	return st == HL_END && end && end == a->highest_vcn + 1 &&
	       end <= INT64_MAX / nt->geom.cluster_size;
}

static bool data_fits(const struct hl_ntfs *nt, const struct hl_ntfs_attr *a,
                      const struct hl_ntfs_sum *sum)
{
	return !a->resident && !a->name.n && !a->lowest_vcn &&
	       a->allocated && sum->name.n &&
	       a->allocated == sum->name.allocated &&
	       a->size <= a->allocated && a->valid <= a->size &&
	       runs_fit(nt, a);
}

static enum hl_status take(struct hl_ntfs_file *f,
                           const struct hl_ntfs_attr *a)
{
	enum hl_status st = hl_grow(f->nt->ctx, (void **)&f->part,
	                            &f->cap_part, f->n_part, sizeof(*f->part),
	                            HL_MAX_NTFS_PARTS);

	if (st != HL_OK)
		return st;
	f->part[f->n_part] = (struct hl_ntfs_part){
		.a = *a, .record = f->ref.number,
		.order = (unsigned)f->n_part, .listed = true,
	};
	f->n_part++;
	struct hl_at at = hl_ntfs_at(f->nt, f->ref.number, "MFT record");
	if (!f->nt->booting)
		hl_say(&at, "deleted file %llu: its %s was found in the "
		       "record's slack", (unsigned long long)f->ref.number,
		       hl_ntfs_type_name(a->type));
	return HL_OK;
}

/* A name first: it may be what vouches for the data. */
static enum hl_status look_for(struct hl_ntfs_file *f, uint32_t type)
{
	const struct hl_ntfs_held *h = &f->held[0];
	struct span all = span_of(h->p, h->n_all);
	struct hl_ntfs_sum sum;
	struct hl_ntfs_attr a;

	if (has(f, type))
		return HL_OK;
	hl_ntfs_file_sum(f, &sum);
	for (size_t at = (h->n + 7) / 8 * 8; at + 24 <= all.n; at += 8) {
		uint32_t off = (uint32_t)at;

		if (hl_ntfs_attr_next(all, &off, &a) != HL_OK ||
		    a.type != type)
			continue;
		if (type == NTFS_FILE_NAME ? name_fits(&a, &sum)
		                           : data_fits(f->nt, &a, &sum))
			return take(f, &a);
	}
	return HL_OK;
}

enum hl_status hl_ntfs_remains(struct hl_ntfs_file *f)
{
	enum hl_status st = HL_OK;

	/* A torn or cut record's slack says nothing. */
	if (f->held[0].fix.n_torn || !f->n_part || f->head.base.number)
		return HL_OK;
	st = look_for(f, NTFS_FILE_NAME);
	if (st == HL_OK && !(f->head.flags & NTFS_HAS_INDEX))
		st = look_for(f, NTFS_DATA);
	if (st != HL_LIMIT)
		return st;
	struct hl_at at = hl_ntfs_at(f->nt, f->ref.number, "MFT record");
	hl_warn(&at, "deleted file %llu: too many attributes; its record's "
	        "slack is not read", (unsigned long long)f->ref.number);
	return HL_OK;
}
