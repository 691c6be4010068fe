/*
 * regain.c: a file's records when its $ATTRIBUTE_LIST does not lead to all of
 * them.  Every extension record says whose it is, so a sweep of $MFT finds
 * those that the list has lost.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "ntfs/volume.h"

/* Do the pieces of the stream at part i leave anything out? */
static bool has_gap(const struct hl_ntfs_file *f, size_t i)
{
	const struct hl_ntfs_attr *first = &f->part[i].a;
	uint64_t cs = f->nt->geom.cluster_size, next = 0;
	size_t k, end = hl_ntfs_part_end(f, i);

	for (k = i; k < end; k++) {
		if (f->part[k].a.lowest_vcn > next)
			return true;
		next = max_u64(next, f->part[k].a.highest_vcn + 1);
	}
	return next < first->size / cs + (first->size % cs != 0);
}

bool hl_ntfs_file_has_gap(const struct hl_ntfs_file *f)
{
	size_t i;

	for (i = 0; i < f->n_part; i = hl_ntfs_part_end(f, i))
		if (!f->part[i].a.resident && has_gap(f, i))
			return true;
	return false;
}

enum hl_status hl_ntfs_file_regain(struct hl_ntfs_file *f)
{
	uint64_t key = hl_ntfs_pair_key(f->ref.number, 0);
	const struct hl_ntfs_sweep *sw;
	struct hl_at at = hl_ntfs_at(f->nt, f->ref.number, "MFT record");
	size_t i, before = f->n_held;
	enum hl_status st = hl_ntfs_sweep(f->nt, &sw);

	if (st != HL_OK)
		return st;
	for (i = hl_ntfs_pair_first(sw->ext, sw->n_ext, key);
	     st == HL_OK && i < sw->n_ext &&
	     sw->ext[i].key >> 16 == f->ref.number; i++) {
		uint16_t seq = sw->ext[i].key & 0xffff;

		if (!seq || seq == f->ref.seq)
			st = hl_ntfs_file_extend(f, (struct hl_ntfs_ref){
				.number = sw->ext[i].ref >> 16,
				.seq = (uint16_t)sw->ext[i].ref });
	}
	if (f->n_held > before) {
		f->damaged = true;
		hl_warn(&at, "file %llu: its attribute list is damaged; %llu "
		        "more records were found by what they say of "
		        "themselves", (unsigned long long)f->ref.number,
		        (unsigned long long)(f->n_held - before));
	}
	if (st != HL_LIMIT)
		return st;
	hl_warn(&at, "file %llu: too many records say that they are its own; "
	        "the rest is not read", (unsigned long long)f->ref.number);
	return HL_OK;
}
