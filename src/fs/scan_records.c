/*
 * scan_records.c: volumes that the records of NTFS tell of.
 *
 * One that a boot sector tells of, too, is the same result: what its records
 * prove is added to it.
 */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/scan_impl.h"

#define MATCH_POINTS 20 /* for a volume that has a boot sector */
#define SLACK 65536     /* sizes are rounded to clusters, or more */

static bool near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= SLACK;
}

/* Several may begin at one place: the old and the new one. */
static bool is_same(const struct hl_lost *l, const struct hl_recmap_volume *v)
{
	if (l->off != v->start || strcmp(l->fs, "ntfs") != 0 ||
	    l->geom.cluster_size != v->cluster_size)
		return false;
	/* its $MFT may go on where the later one's ends, and then the last
	 * cluster that its records name is not known */
	if (v->older && !v->has_zero && l->boot == HL_BOOT_BACKUP)
		return true;
	if (v->size_known)
		return near(l->size, v->size);
	return v->has_zero ? l->geom.mft_lcn == v->mft_lcn :
	                     l->size >= v->size;
}

/* Where two have their $MFT at one place their records lie in turns, and what
 * they tell of a size may be the later one's: the older takes what is left. */
static bool is_older(const struct hl_lost *l, const struct hl_recmap_volume *v)
{
	return l->other_mft && l->off == v->start &&
	       l->geom.cluster_size == v->cluster_size;
}

static struct hl_lost *find(struct hl_scan *s,
                            const struct hl_recmap_volume *v)
{
	for (size_t i = 0; i < s->n_lost; i++)
		/* formatted twice the same way: one boot sector, two $MFTs */
		if (!s->lost[i].ext && is_same(&s->lost[i], v))
			return &s->lost[i];
	for (size_t i = 0; i < s->n_lost; i++)
		if (!s->lost[i].ext && is_older(&s->lost[i], v))
			return &s->lost[i];
	return NULL;
}

/* The better one of two keeps its own. */
static enum hl_status take_ext(struct hl_scan *s, struct hl_lost *l,
                               const struct hl_recmap_volume *v)
{
	if (l->ext || !v->n_ext)
		return HL_OK;
	l->ext = hl_alloc_array(s->ctx, v->n_ext, sizeof(*l->ext));
	if (!l->ext)
		return HL_NOMEM;
	memcpy(l->ext, v->ext, v->n_ext * sizeof(*l->ext));
	l->n_ext = v->n_ext;
	return HL_OK;
}

static enum hl_status say_all(struct hl_scan *s, struct hl_lost *l,
                              const struct hl_recmap_volume *v,
                              unsigned points)
{
	enum hl_status st = take_ext(s, l, v);

	for (size_t i = 0; i < v->n_evidence && st == HL_OK; i++)
		st = hl_lost_say(s, l, i ? 0 : points, "%s", v->evidence[i]);
	return st;
}

/*
 * Records of which nothing tells where they belong but that they lie among a
 * volume's: its log, its mirror and copies in files have such.  Evidence for
 * nothing, and no volume.
 */
static enum hl_status stray(struct hl_scan *s, const struct hl_recmap_volume *v,
                            bool *told)
{
	struct hl_lost *best = NULL;

	*told = false;
	for (size_t i = 0; i < s->n_lost && !v->size; i++) {
		struct hl_lost *l = &s->lost[i];

		if (l->off == v->start && !strcmp(l->fs, "ntfs") &&
		    l->geom.cluster_size == v->cluster_size &&
		    (!best || l->score > best->score))
			best = l;
	}
	if (!best)
		return HL_OK;
	*told = true;
	return hl_lost_say(s, best, 0, "%llu records more lie there and "
	                   "belong nowhere: copies, or older ones",
	                   (unsigned long long)v->records);
}

static enum hl_status add(struct hl_scan *s, const struct hl_recmap_volume *v)
{
	struct hl_lost l = {
		.off = v->start, .size = v->size, .fs = "ntfs",
		.boot = HL_BOOT_NONE, .boot_off = HL_NO_OFFSET,
		.older = v->older, .same_mft = v->same_mft,
		.geom = { v->cluster_size, 512, v->record_size, 0,
		          v->mft_lcn },
	};
	bool told;
	enum hl_status st = stray(s, v, &told);

	if (st != HL_OK || told || v->start >= hl_src_size(s->image) ||
	    !v->cluster_size)
		return st;
	st = say_all(s, &l, v, v->score);
	if (st == HL_OK)
		st = hl_lost_say(s, &l, 0, v->size_known ?
		                 "no boot sector is left" :
		                 "no boot sector is left; its size is not "
		                 "known, it has %llu bytes at least",
		                 (unsigned long long)v->size);
	if (st == HL_OK)
		return hl_scan_take(s, &l);
	hl_lost_clear(s, &l);
	return st;
}

static enum hl_status add_those(struct hl_scan *s,
                                const struct hl_recmap_volume *v, size_t n,
                                bool older)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < n && st == HL_OK; i++) {
		if (v[i].older != older)
			continue;
		struct hl_lost *l = find(s, &v[i]);

		st = l ? say_all(s, l, &v[i], MATCH_POINTS) : add(s, &v[i]);
	}
	return st;
}

enum hl_status hl_scan_records(struct hl_scan *s)
{
	const struct hl_recmap_volume *v;
	size_t n;
	enum hl_status st = hl_recmap_infer(s->map, &v, &n);

	/* the newer ones first: the boot sector in its place is theirs */
	if (st == HL_OK)
		st = add_those(s, v, n, false);
	return st == HL_OK ? add_those(s, v, n, true) : st;
}
