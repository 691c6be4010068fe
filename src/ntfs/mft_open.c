/*
 * mft_open.c: $MFT itself.
 *
 * $MFT describes itself: record 0 says where $MFT lies, and when it is in
 * many pieces, records further on say where the rest is.  So it is opened in
 * passes: what is mapped so far gives records that map more.
 *
 * A run list can be wrong without being broken.  So the first records of each
 * extent are asked for their numbers, and where they are not what they should
 * be, the copy of record 0 in $MFTMirr may know better.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "ntfs/volume.h"

static void set_mft(struct hl_ntfs *nt, struct hl_src *mft)
{
	hl_src_close(nt->mft);
	nt->mft = mft;
	hl_ntfs_cache_clear(nt);
}

/* Only what the boot sector points to: record 0. */
static enum hl_status first_mft(struct hl_ntfs *nt)
{
	struct hl_extent e = {
		.len = nt->geom.record_size,
		.in = nt->vol,
		.in_off = nt->geom.mft_lcn * nt->geom.cluster_size,
		.in_len = nt->geom.record_size,
	};
	struct hl_src *mft;
	enum hl_status st = hl_src_extents(&mft, "$MFT", &e, 1, nt->ctx);

	if (st == HL_OK)
		set_mft(nt, mft);
	return st;
}

/* One pass: gather record 0 with what is mapped, map what it says.
 * *pieces counts the parts of $DATA; *more: some are still out of reach. */
static enum hl_status pass(struct hl_ntfs *nt, size_t *pieces, bool *more)
{
	struct hl_ntfs_file *f;
	struct hl_src *mft;
	size_t i;
	enum hl_status st = hl_ntfs_file_open(&f, nt, NTFS_REC_MFT);

	if (st != HL_OK)
		return st == HL_END ? HL_CORRUPT : st;
	i = hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0));
	if (i == NTFS_NONE || f->part[i].a.resident ||
	    !(f->head.flags & NTFS_IN_USE) || f->head.base.number) {
		hl_ntfs_file_close(f);
		return HL_CORRUPT;
	}
	*pieces = hl_ntfs_part_end(f, i) - i;
	*more = f->pending;
	st = hl_ntfs_stream(&mft, f, i, NTFS_CONTENT);
	hl_ntfs_file_close(f);
	if (st == HL_OK && hl_src_size(mft) < nt->geom.record_size) {
		hl_src_close(mft);
		st = HL_CORRUPT;
	}
	if (st == HL_OK)
		set_mft(nt, mft);
	return st;
}

static enum hl_status passes(struct hl_ntfs *nt)
{
	size_t pieces = 0, before;
	bool more = true;
	enum hl_status st = first_mft(nt);
	int n;

	for (n = 0; st == HL_OK && more && n < HL_MAX_NTFS_MFT_PASSES; n++) {
		before = pieces;
		st = pass(nt, &pieces, &more);
		if (pieces <= before)
			break; /* no progress: the rest stays unreached */
	}
	return st;
}

/* ---- is it $MFT? --------------------------------------------------------- */

struct verdict {
	enum hl_status st;
	unsigned wrong; /* extents that hold something else, or nothing */
	unsigned right;
	bool odd;       /* nothing wrong, but not as $MFT mostly is */
	uint64_t bytes; /* in extents that were looked at */
};

enum place { UNTOLD, RIGHT, WRONG };

/* What lies where a record should?  What cannot be read tells nothing, nor
 * does a record that was never used. */
static enum place place_of(struct hl_ntfs *nt, uint64_t number)
{
	static const uint8_t zeros[0x30];
	uint8_t b[0x30];
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	if (hl_src_read(nt->mft, number * nt->geom.record_size, b, sizeof(b),
	                &bad) != HL_OK || bad.bytes ||
	    !memcmp(b, zeros, sizeof(b)) || !memcmp(b, "BAAD", 4))
		return UNTOLD;
	/* the number only where the header is that of XP and later */
	return !memcmp(b, "FILE", 4) && (le16_at(b + 4) < 0x30 ||
	       le32_at(b + 0x2c) == (uint32_t)number) ? RIGHT : WRONG;
}

/* One good record is enough: destroyed ones must not condemn an extent. */
static enum place look_at(struct hl_ntfs *nt, const struct hl_extent *e)
{
	uint64_t rs = nt->geom.record_size, i;
	uint64_t first = e->off / rs + (e->off % rs != 0);
	uint64_t end = (e->off + e->len) / rs;
	enum place all = UNTOLD, one;

	if (!e->off)
		return e->in_off == nt->geom.mft_lcn * nt->geom.cluster_size ?
		       RIGHT : WRONG;
	/* the first ones, then further and further apart */
	for (i = 0; first < end && i < end - first; i = i < 4 ? i + 1 : 2 * i) {
		one = place_of(nt, first + i);
		if (one == RIGHT)
			return RIGHT;
		if (one == WRONG)
			all = WRONG;
	}
	return all;
}

static void look(struct hl_ntfs *nt, struct verdict *v)
{
	struct hl_extent e;
	uint64_t off = 0;
	enum place p;
	unsigned i;

	for (i = 0; i < HL_MAX_NTFS_MFT_CHECKS &&
	     hl_src_map(nt->mft, off, &e) == HL_OK; i++, off += e.len) {
		if (e.what == HL_WHAT_MISSING)
			p = WRONG;
		else
			p = e.what == HL_WHAT_DATA ? look_at(nt, &e) : UNTOLD;
		v->wrong += p == WRONG;
		v->right += p == RIGHT;
		v->odd |= p == UNTOLD;
		if (e.what == HL_WHAT_DATA)
			v->bytes += e.len;
	}
}

static struct verdict attempt(struct hl_ntfs *nt, bool mirror)
{
	struct verdict v = { .st = HL_OK };

	nt->mirror_first = mirror;
	v.st = passes(nt);
	if (v.st == HL_OK)
		look(nt, &v);
	return v;
}

static bool better(const struct verdict *a, const struct verdict *b)
{
	if (a->st != HL_OK || b->st != HL_OK)
		return a->st == HL_OK && b->st != HL_OK;
	if (a->wrong != b->wrong)
		return a->wrong < b->wrong;
	return a->right != b->right ? a->right > b->right :
	       a->bytes > b->bytes;
}

static bool fatal(const struct verdict *v)
{
	return v->st != HL_OK && v->st != HL_CORRUPT;
}

enum hl_status hl_ntfs_mft_open(struct hl_ntfs *nt)
{
	struct verdict v, copy;
	size_t pieces;
	bool more;

	nt->own_mft = true;
	nt->booting = true;
	v = attempt(nt, false);
	if (!fatal(&v) && (v.st != HL_OK || v.wrong || v.odd)) {
		copy = attempt(nt, true);
		if (fatal(&copy) || better(&copy, &v))
			v = copy;
		else
			v = attempt(nt, false);
	}
	nt->booting = false;
	hl_ntfs_cache_clear(nt);
	/* The last word, aloud: damage, the mirror, what is out of reach. */
	if (v.st == HL_OK)
		v.st = pass(nt, &pieces, &more);
	return v.st == HL_OK && v.wrong ? HL_CORRUPT : v.st;
}
