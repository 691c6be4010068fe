/*
 * scan_range.c: a scan of a part of the image, and of what the caller says
 * lies there.
 *
 *	0     from                           to              size
 *	|      |===== sectors looked at =====|                |
 *	   ^...... what they lead to is proved wherever it lies .....^
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "fs/scan_impl.h"
#include "io/note.h"

void hl_scan_set_range(struct hl_scan *s)
{
	uint64_t size = hl_src_size(s->image), from = s->opts.from;
	uint64_t to = s->opts.to ? min_u64(s->opts.to, size) : size;
	uint64_t rest = to % SCAN_SECTOR ? SCAN_SECTOR - to % SCAN_SECTOR : 0;

	s->to = to + min_u64(rest, size - to);
	s->from = min_u64(from - from % SCAN_SECTOR, s->to);
	s->at = s->from;
	if (s->opts.stated) {
		s->stated = *s->opts.stated;
		s->opts.stated = &s->stated;
	}
}

bool hl_scan_range(const struct hl_scan *scan, uint64_t *from, uint64_t *to)
{
	*from = scan->from;
	*to = scan->to;
	return scan->from || scan->to < hl_src_size(scan->image);
}

bool hl_scan_touches(const struct hl_scan *scan, size_t i)
{
	const struct hl_lost *l = hl_scan_get(scan, i);
	uint64_t n = l && l->size ? l->size : 1;

	return l && l->off < scan->to &&
	       (l->off >= scan->from || scan->from - l->off < n);
}

/* ---- a volume's place ---------------------------------------------------- */

static enum hl_status stretch(struct hl_disk *d, const char *id,
                              uint64_t *off, uint64_t *len)
{
	for (size_t i = 0; i < hl_disk_count(d); i++) {
		const struct hl_volume *v = hl_disk_volume(d, i);

		if (strcmp(v->id, id) != 0)
			continue;
		*off = v->off;
		*len = v->part ? v->part->stated_len : v->len;
		return v->in ? HL_UNSUPPORTED : v->len ? HL_OK : HL_END;
	}
	return HL_END;
}

enum hl_status hl_scan_find_volume(struct hl_src *image, uint32_t sector_size,
                                   const char *id, uint64_t *off,
                                   uint64_t *len, const struct hl_ctx *ctx)
{
	const struct hl_disk_opts opts = {
		.sector_size = sector_size, .plain = true, .volume = id,
	};
	struct hl_ctx quiet = *ctx;
	struct hl_bde_keys keys;
	struct hl_disk *d;

	quiet.note = NULL;
	quiet.log = NULL;
	if (ctx->bde_keys) {
		keys = *ctx->bde_keys;
		keys.ask = NULL;
		quiet.bde_keys = &keys;
	}
	enum hl_status st = hl_disk_open(&d, image, &opts, &quiet);
	if (hl_scan_fatal(st))
		return st;
	st = d ? stretch(d, id, off, len) : HL_END;
	hl_disk_close(d);
	return st;
}

/* ---- what the caller states ---------------------------------------------- */

static enum hl_status compare(struct hl_scan *s, struct hl_lost *l, bool there)
{
	const struct hl_lost_geom *g = &s->stated;
	bool same = l->geom.cluster_size == g->cluster_size &&
	            l->geom.mft_lcn == g->mft_lcn;

	if (same)
		return hl_lost_say(s, l, 0, "stated by hand, and found: "
		                   "clusters of %u bytes, $MFT at cluster "
		                   "%" PRIu64, g->cluster_size, g->mft_lcn);
	return hl_lost_say(s, l, 0, "stated by hand otherwise: clusters of %u "
	                   "bytes, $MFT at cluster %" PRIu64 ", where %s",
	                   g->cluster_size, g->mft_lcn, there ?
	                   "one lies, too" : "nothing of one lies");
}

/* Of those that begin there, what is said of the statement. */
static enum hl_status tell(struct hl_scan *s, bool there, bool *same,
                           bool *other)
{
	enum hl_status st = HL_OK;

	*same = *other = false;
	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
		struct hl_lost *l = &s->lost[i];

		if (l->off != s->opts.stated_off || strcmp(l->fs, "ntfs") != 0)
			continue;
		if (l->geom.cluster_size == s->stated.cluster_size &&
		    l->geom.mft_lcn == s->stated.mft_lcn)
			*same = true;
		else if (l->score >= SCAN_BELIEVED)
			*other = true;
		st = compare(s, l, there);
	}
	return st;
}

/*
 * The caller's word is enough where nothing speaks against it; where another
 * volume is found at that byte, its $MFT has to be there.
 */
enum hl_status hl_scan_stated(struct hl_scan *s)
{
	struct hl_lost l = {
		.off = s->opts.stated_off, .fs = "ntfs",
		.boot = HL_BOOT_NONE, .boot_off = HL_NO_OFFSET,
		.geom = s->stated,
	};
	bool there = false, same, other;

	if (!s->opts.stated || l.off >= hl_src_size(s->image))
		return HL_OK;
	enum hl_status st = hl_lost_say(s, &l, SCAN_BELIEVED,
		"stated by hand: clusters of %u bytes, $MFT at cluster "
		"%" PRIu64, l.geom.cluster_size, l.geom.mft_lcn);
	if (st == HL_OK)
		st = hl_ntfs_lost_stated(s, &l, &there);
	if (st == HL_OK)
		st = tell(s, there, &same, &other);
	if (st == HL_OK && !same && (there || !other))
		return hl_scan_take(s, &l);
	hl_lost_clear(s, &l);
	return st;
}
