/*
 * lost.c: a volume is opened by its cluster size and a cluster of its $MFT.
 *
 *	record 0 at mft_lcn     as any other volume, its size by $BadClus
 *	something else there    $MFT out of stretches: those given, or those
 *	                        that a pass over the volume binds to this start
 *	                        and cluster size; last by their numbers alone
 *
 * Stretches that only share a signature with this volume, those of a later
 * one above all, are left to that one (recmap.h).
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "ntfs/lost.h"
#include "ntfs/volume.h"

#define NO_LCN (UINT64_MAX >> 24) /* behind the end of every volume */

struct lost {
	const struct hl_ctx *ctx;
	struct hl_src *vol;
	const struct hl_ntfs_lost *how;
	struct hl_ntfs_geom g;
	uint8_t rec[4096];
};

/* ---- geometry ------------------------------------------------------------ */

/* A record after its fixup.  HL_OK, HL_END (none, or torn) */
static enum hl_status read_record(struct lost *l, uint64_t off, size_t n,
                                  struct hl_ntfs_head *h)
{
	struct hl_ntfs_fixup fix;
	struct hl_ranges bad;
	enum hl_status st;

	hl_ranges_clear(&bad);
	st = hl_src_read(l->vol, off, l->rec, n, &bad);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK || bad.bytes || memcmp(l->rec, "FILE", 4))
		return HL_END;
	hl_ntfs_fixup(l->rec, n, &fix);
	return !fix.header_ok || fix.n_torn ||
	       hl_ntfs_head_decode(span_of(l->rec, n), h) ? HL_END : HL_OK;
}

static uint32_t some_record_size(struct lost *l, uint64_t off)
{
	uint8_t b[0x20];
	uint32_t n;

	if (hl_src_read(l->vol, off, b, sizeof(b), NULL) != HL_OK ||
	    memcmp(b, "FILE", 4))
		return 1024;
	n = le32_at(b + 0x1c);
	return is_power_of_two(n) && n >= 1024 && n <= sizeof(l->rec) ? n
	                                                              : 1024;
}

/* The $DATA of the record in l->rec, and its first run. */
static bool first_run(const struct lost *l, const struct hl_ntfs_head *h,
                      struct hl_ntfs_attr *a, uint64_t *lcn)
{
	uint32_t off = h->attrs_off;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	enum hl_status st;

	while ((st = hl_ntfs_attr_next(span_of(l->rec, h->used), &off, a)) !=
	       HL_END) {
		if (st != HL_OK || a->type != NTFS_DATA || a->resident ||
		    a->lowest_vcn)
			continue;
		hl_ntfs_runs_init(&it, a->runs, 0, l->g.n_clusters);
		if (hl_ntfs_run_next(&it, &r) != HL_OK || r.sparse)
			return false;
		*lcn = r.lcn;
		return true;
	}
	return false;
}

/*
 * Does record 0 lie where it should, and is it this volume's?  A later one's
 * may lie at the same byte and count other clusters.  *mirror_lcn: as record
 * 1 says.
 */
static enum hl_status zero_there(struct lost *l, uint64_t *mirror_lcn)
{
	uint64_t at = l->g.mft_lcn * l->g.cluster_size, lcn, n_vcn;
	size_t n = l->g.record_size;
	struct hl_ntfs_head h;
	struct hl_ntfs_attr a;
	enum hl_status st;

	*mirror_lcn = NO_LCN;
	st = read_record(l, at, n, &h);
	if (st != HL_OK)
		return st;
	if (h.base.number || h.base.seq || (h.has_number && h.number) ||
	    !first_run(l, &h, &a, &lcn) || lcn != l->g.mft_lcn)
		return HL_END;
	/* of several pieces the first states the bytes of all */
	n_vcn = a.highest_vcn + 1;
	if (!n_vcn || a.allocated / n_vcn < l->g.cluster_size)
		return HL_END;
	st = read_record(l, at + n, n, &h);
	if (st == HL_OK && first_run(l, &h, &a, &lcn))
		*mirror_lcn = lcn;
	return st == HL_END ? HL_OK : st;
}

static bool set_geom(struct lost *l)
{
	const struct hl_ntfs_lost *how = l->how;
	uint64_t size = hl_src_size(l->vol);
	uint32_t cs = how->cluster_size;

	if (!is_power_of_two(cs) || cs < 512 || cs > 2u << 20 || size < cs ||
	    (how->record_size && (!is_power_of_two(how->record_size) ||
	     how->record_size < 1024 || how->record_size > sizeof(l->rec))) ||
	    (how->has_mft && how->mft_lcn >= size / cs))
		return false;
	l->g = (struct hl_ntfs_geom){
		.sector_size = 512, .cluster_size = cs, .index_size = 4096,
		.record_size = how->record_size,
		.n_clusters = size / cs, .total_sectors = size / 512,
		.mft_lcn = how->has_mft ? how->mft_lcn : NO_LCN,
		.mirror_lcn = NO_LCN,
	};
	if (!l->g.record_size)
		l->g.record_size = how->has_mft ?
			some_record_size(l, how->mft_lcn * cs) : 1024;
	return true;
}

/* How large it is, by its own system files; in silence. */
static void refine(struct hl_ntfs *nt)
{
	static const uint8_t bad[] = { '$', 0, 'B', 0, 'a', 0, 'd', 0 };
	struct hl_ntfs_file *f;
	uint64_t n = 0;
	size_t i;

	nt->booting = true;
	if (hl_ntfs_file_open(&f, nt, 8) == HL_OK) {
		i = hl_ntfs_find(f, NTFS_DATA, span_of(bad, sizeof(bad)));
		if (i != NTFS_NONE)
			n = f->part[i].a.size / nt->geom.cluster_size;
		hl_ntfs_file_close(f);
	}
	if (!n && hl_ntfs_file_open(&f, nt, NTFS_REC_BITMAP) == HL_OK) {
		i = hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0));
		if (i != NTFS_NONE && f->part[i].a.size < INT64_MAX / 8)
			n = f->part[i].a.size * 8;
		hl_ntfs_file_close(f);
	}
	nt->booting = false;
	hl_ntfs_cache_clear(nt);
	if (!n || n >= nt->geom.n_clusters)
		return;
	nt->geom.n_clusters = n;
	nt->geom.total_sectors = n * (nt->geom.cluster_size / 512);
}

/* ---- out of stretches ---------------------------------------------------- */

static enum hl_status from_extents(struct lost *l,
                                   const struct hl_recmap_extent *ext,
                                   size_t n, uint64_t base, struct hl_src **mft)
{
	uint64_t rs = l->g.record_size, size = hl_src_size(l->vol), end = 0;
	struct hl_extent *e = hl_alloc_array(l->ctx, 2 * n, sizeof(*e));
	size_t i, k = 0;
	enum hl_status st;

	if (!e)
		return HL_NOMEM;
	for (i = 0; i < n; i++) {
		uint64_t at = ext[i].number * rs, in = ext[i].off - base, len;

		/* not to be believed: they come from a scan, or a state */
		if (ext[i].number > UINT32_MAX || ext[i].off < base ||
		    in >= size || at < end)
			continue;
		len = min_u64(ext[i].n, (size - in) / rs) * rs;
		if (!len)
			continue;
		if (at > end)
			e[k++] = (struct hl_extent){
				.off = end, .len = at - end,
				.what = HL_WHAT_MISSING,
				.quality = HL_Q_UNREADABLE };
		e[k++] = (struct hl_extent){ .off = at, .len = len,
			                     .in = l->vol, .in_off = in,
			                     .in_len = len };
		end = at + len;
	}
	st = k ? hl_src_extents(mft, "$MFT", e, k, l->ctx) : HL_END;
	hl_free(l->ctx, e);
	return st;
}

/* Does the stretch hold the cluster that the user named? */
static bool names(const struct lost *l, const struct hl_recmap_volume *v)
{
	uint64_t cs = l->g.cluster_size, at = l->g.mft_lcn * cs;
	size_t i;

	if (!l->how->has_mft || v->mft_lcn == l->g.mft_lcn)
		return true;
	for (i = 0; i < v->n_ext; i++)
		if (v->ext[i].off < at + cs &&
		    at < v->ext[i].off + v->ext[i].n * v->record_size)
			return true;
	return false;
}

static const struct hl_recmap_volume *
choose(const struct lost *l, const struct hl_recmap_volume *v, size_t n)
{
	const struct hl_recmap_volume *any = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (v[i].start || v[i].cluster_size != l->g.cluster_size)
			continue;
		/* one that begins with record 0 was not there: not asked for */
		if (names(l, &v[i]) && !(v[i].has_zero && l->how->has_mft &&
		                         v[i].mft_lcn != l->g.mft_lcn))
			return &v[i];
		if (!any && !v[i].has_zero)
			any = &v[i];
	}
	return any;
}

static enum hl_status by_pass(struct lost *l, struct hl_src **mft)
{
	const struct hl_recmap_volume *v, *one = NULL;
	struct hl_recmap *m;
	size_t n = 0;
	enum hl_status st = hl_recmap_new(&m, l->ctx);

	if (st != HL_OK)
		return st;
	st = hl_recmap_scan(m, l->vol, "looking for $MFT");
	if (st == HL_OK)
		st = hl_recmap_infer(m, &v, &n);
	if (st == HL_OK)
		one = choose(l, v, n);
	if (one) {
		l->g.record_size = one->record_size;
		st = from_extents(l, one->ext, one->n_ext, 0, mft);
	} else if (st == HL_OK) {
		st = HL_END;
	}
	hl_recmap_free(m);
	return st == HL_END && l->how->has_mft ?
	       hl_ntfs_stitch(mft, l->vol, &l->g, l->ctx) : st;
}

static enum hl_status stitched(struct hl_ntfs **out, struct lost *l)
{
	struct hl_at at = { l->ctx, l->vol, HL_NO_OFFSET, "$MFT" };
	struct hl_src *mft = NULL;
	enum hl_status st = l->how->n_ext ?
		from_extents(l, l->how->ext, l->how->n_ext, l->how->vol_off,
		             &mft) : by_pass(l, &mft);

	if (st != HL_OK)
		return st;
	l->g.mft_lcn = NO_LCN; /* record 0 is not there, or another's */
	st = hl_ntfs_open(out, l->vol, &l->g, mft, l->ctx);
	if (st != HL_OK) {
		hl_src_close(mft);
		return st;
	}
	(*out)->own_mft = true;
	(*out)->stitched = true;
	hl_warn(&at, "nothing describes $MFT any more; %llu of %llu records, "
	        "found by where they lie, are used; the others, and folders "
	        "among them, are gone",
	        (unsigned long long)hl_ntfs_mapped_count(*out),
	        (unsigned long long)hl_ntfs_record_count(*out));
	return HL_OK;
}

enum hl_status hl_ntfs_open_lost(struct hl_ntfs **out, struct hl_src *vol,
                                 const struct hl_ntfs_lost *how,
                                 const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, vol, 0, "NTFS boot sector" };
	struct lost *l = hl_zalloc(ctx, sizeof(*l));
	enum hl_status st = HL_END;

	*out = NULL;
	if (!l)
		return HL_NOMEM;
	l->ctx = ctx;
	l->vol = vol;
	l->how = how;
	if (!set_geom(l)) {
		hl_free(ctx, l);
		return hl_fail(&at, HL_CORRUPT, "what is given in its place "
		               "is impossible");
	}
	if (how->has_mft && (!how->n_ext || !how->ext[0].number))
		st = zero_there(l, &l->g.mirror_lcn);
	if (st == HL_OK) {
		st = hl_ntfs_open(out, vol, &l->g, NULL, ctx);
		if (st == HL_OK && !how->has_boot)
			hl_warn(&at, "it is gone; the volume is opened by its "
			        "cluster size and where its $MFT lies");
	}
	if (how->no_search && !how->n_ext) {
		st = st == HL_CORRUPT ? HL_END : st;
	} else if (st == HL_END || st == HL_CORRUPT) {
		l->g.mirror_lcn = NO_LCN;
		st = stitched(out, l);
	}
	if (st == HL_OK) {
		(*out)->lost = true;
		refine(*out);
	}
	hl_free(ctx, l);
	return st;
}
