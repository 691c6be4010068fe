/*
 * scan_ntfs.c: what an NTFS boot sector found somewhere proves.
 *
 *	start                                            start + sectors
 *	 |boot| ... |$MFT: 0 1 2 3 ...| ... |$MFTMirr| ... |boot|
 *
 * It counts the sectors before its copy, so it is either the first one or the
 * second one of a volume; both are tried, and what lies where that volume's
 * $MFT, mirror and other boot sector should be decides.  The $MFT of a later
 * volume often lies at the same place: $Bitmap in it tells the size of its
 * own volume.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/scan_impl.h"
#include "ntfs/ntfs.h"

#define FIRST_RECORDS 64 /* looked at when record 0 is gone */
#define SYSTEM_RECORDS 16 /* read at once: all that a format makes */

struct proof {
	struct hl_scan *s;
	struct hl_lost *l;
	const struct hl_ntfs_geom *g;
	bool sizeless; /* no boot sector tells how large it is */
	bool zero;  /* record 0 is that of this volume's $MFT */
	bool other; /* the $MFT there is another volume's */
	uint64_t other_made; /* when */
};

bool hl_ntfs_lost_keep(struct span sector)
{
	struct hl_ntfs_geom g;

	return hl_ntfs_boot_decode(sector, &g) == HL_OK;
}

/* ---- records ------------------------------------------------------------- */

/* One record of what was read, after its fixup; false: none. */
static bool record(uint8_t *p, const struct hl_ntfs_geom *g, unsigned i,
                   struct hl_ntfs_head *h, struct span *bytes)
{
	uint8_t *at = p + (size_t)i * g->record_size;
	struct hl_ntfs_fixup fix;

	if (memcmp(at, "FILE", 4) != 0)
		return false;
	hl_ntfs_fixup(at, g->record_size, &fix);
	*bytes = span_of(at, g->record_size);
	if (fix.n_torn || hl_ntfs_head_decode(*bytes, h) != HL_OK ||
	    (h->has_number && h->number != i))
		return false;
	if (h->used < bytes->n)
		bytes->n = h->used;
	return true;
}

static bool attribute(struct span bytes, const struct hl_ntfs_head *h,
                      uint32_t type, size_t name_bytes,
                      struct hl_ntfs_attr *out)
{
	uint32_t off = h->attrs_off;
	enum hl_status st;

	while ((st = hl_ntfs_attr_next(bytes, &off, out)) != HL_END)
		if (st == HL_OK && out->type == type &&
		    out->name.n == name_bytes)
			return true;
	return false;
}

/* Does record 0 call itself $MFT, and where does that begin? */
static bool names_mft(const struct proof *p, struct span bytes,
                      const struct hl_ntfs_head *h, uint64_t *lcn)
{
	static const uint16_t mft[] = { '$', 'M', 'F', 'T' };
	struct hl_ntfs_attr a;
	struct hl_ntfs_name name;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;

	if (!(h->flags & NTFS_IN_USE) ||
	    !attribute(bytes, h, NTFS_FILE_NAME, 0, &a) || !a.resident ||
	    hl_ntfs_name_decode(a.value, &name) != HL_OK || name.n != 4 ||
	    memcmp(name.u, mft, sizeof(mft)) != 0 ||
	    !attribute(bytes, h, NTFS_DATA, 0, &a) || a.resident)
		return false;
	hl_ntfs_runs_init(&it, a.runs, 0, p->g->n_clusters);
	if (hl_ntfs_run_next(&it, &r) != HL_OK || r.sparse)
		return false;
	*lcn = r.lcn;
	return true;
}

static bool is_mft(const struct proof *p, struct span bytes,
                   const struct hl_ntfs_head *h)
{
	uint64_t lcn;

	return names_mft(p, bytes, h, &lcn) && lcn == p->g->mft_lcn;
}

/* When its volume was formatted; 0: it does not say.  The name's time stays
 * as it was then; ntfs-3g clears the other one. */
static uint64_t made(struct span bytes, const struct hl_ntfs_head *h)
{
	struct hl_ntfs_attr a;
	struct hl_ntfs_name name;
	struct hl_ntfs_std std;

	if (attribute(bytes, h, NTFS_FILE_NAME, 0, &a) && a.resident &&
	    hl_ntfs_name_decode(a.value, &name) == HL_OK &&
	    name.times.created)
		return name.times.created;
	if (attribute(bytes, h, NTFS_STANDARD_INFORMATION, 0, &a) &&
	    a.resident && hl_ntfs_std_decode(a.value, &std) == HL_OK)
		return std.times.created;
	return 0;
}

/* When the root folder was last changed; 0: it does not say. */
static uint64_t root_changed(const struct proof *p, uint8_t *b)
{
	struct hl_ntfs_head h;
	struct hl_ntfs_attr a;
	struct hl_ntfs_std std;
	struct span bytes;

	if (record(b, p->g, NTFS_REC_ROOT, &h, &bytes) &&
	    attribute(bytes, &h, NTFS_STANDARD_INFORMATION, 0, &a) &&
	    a.resident && hl_ntfs_std_decode(a.value, &std) == HL_OK)
		return std.times.modified;
	return 0;
}

/* A bit for each cluster, whole words.  HL_END: it does not tell. */
static enum hl_status size_fits(const struct proof *p, uint8_t *b, bool *fits)
{
	uint64_t want = (p->g->n_clusters + 63) / 64 * 8;
	struct hl_ntfs_head h;
	struct hl_ntfs_attr a;
	struct span bytes;

	if (!record(b, p->g, NTFS_REC_BITMAP, &h, &bytes) ||
	    !attribute(bytes, &h, NTFS_DATA, 0, &a) || a.resident ||
	    a.lowest_vcn)
		return HL_END;
	/* some round to more than a word */
	*fits = a.size + 8 >= want && a.size <= want + 4096;
	return HL_OK;
}

static void take_label(struct proof *p, uint8_t *b)
{
	struct hl_ntfs_head h;
	struct hl_ntfs_attr a;
	struct span bytes;

	if (record(b, p->g, NTFS_REC_VOLUME, &h, &bytes) &&
	    attribute(bytes, &h, NTFS_VOLUME_NAME, 0, &a) && a.resident)
		hl_utf8_from16le(p->l->label, sizeof(p->l->label), a.value,
		                 false);
}

/* ---- $MFT, its mirror, the boot sectors ---------------------------------- */

static enum hl_status count_records(struct proof *p, uint64_t at)
{
	uint32_t rs = p->g->record_size;
	unsigned n = 0;

	for (unsigned i = 0; i < FIRST_RECORDS; i++) {
		uint8_t b[0x30];
		enum hl_status st = hl_scan_read(p->s, at + (uint64_t)i * rs,
		                                 b, sizeof(b));
		if (hl_scan_fatal(st))
			return st;
		n += st == HL_OK && memcmp(b, "FILE", 4) == 0 &&
		     b[4] >= 0x30 && b[0x2c] == i && !b[0x2d] && !b[0x2e];
	}
	if (!n)
		return HL_OK;
	return hl_lost_say(p->s, p->l, n > 8 ? 25 : 15, "%u of the first %d "
	                   "records of $MFT lie at cluster %llu, record 0 is "
	                   "gone", n, FIRST_RECORDS,
	                   (unsigned long long)p->g->mft_lcn);
}

static enum hl_status judge_mft(struct proof *p, uint8_t *b, uint64_t at)
{
	unsigned long long lcn = p->g->mft_lcn;
	struct hl_ntfs_head h;
	struct span bytes;
	bool fits = true;
	uint64_t at_lcn;

	if (!record(b, p->g, 0, &h, &bytes) ||
	    !names_mft(p, bytes, &h, &at_lcn))
		return count_records(p, at);
	if (at_lcn != p->g->mft_lcn ||
	    (!p->sizeless && size_fits(p, b, &fits) == HL_OK && !fits)) {
		p->other = true;
		p->other_made = made(bytes, &h);
		p->l->other_mft = true;
		return hl_lost_say(p->s, p->l, 0, "the $MFT at cluster %llu "
		                   "is that of a volume of another size%s", lcn,
		                   fits ? " of clusters" : "");
	}
	p->zero = true;
	p->l->formatted = made(bytes, &h);
	p->l->written = root_changed(p, b);
	take_label(p, b);
	return hl_lost_say(p->s, p->l, 40, "$MFT lies at cluster %llu as "
	                   "stated, and its record 0 says so", lcn);
}

static enum hl_status prove_mft(struct proof *p)
{
	size_t n = (size_t)SYSTEM_RECORDS * p->g->record_size;
	uint64_t at = p->l->off + p->g->mft_lcn * p->g->cluster_size;
	uint8_t *b = hl_zalloc(p->s->ctx, n);

	if (!b)
		return HL_NOMEM;
	enum hl_status st = hl_scan_read(p->s, at, b, n);
	st = st == HL_OK || st == HL_END ? judge_mft(p, b, at) : st;
	hl_free(p->s->ctx, b);
	return st;
}

/* Where $MFT is a later volume's, the mirror may be, too, unless it was made
 * at another time. */
static enum hl_status prove_mirror(struct proof *p)
{
	uint64_t at = p->l->off + p->g->mirror_lcn * p->g->cluster_size;
	struct hl_ntfs_head h;
	struct span bytes;
	enum hl_status st;
	uint8_t *b;

	if (p->g->mirror_lcn >= p->g->n_clusters ||
	    p->g->mirror_lcn == p->g->mft_lcn)
		return HL_OK;
	b = hl_alloc(p->s->ctx, p->g->record_size);
	if (!b)
		return HL_NOMEM;
	st = hl_scan_read(p->s, at, b, p->g->record_size);
	if (st == HL_OK && record(b, p->g, 0, &h, &bytes) &&
	    is_mft(p, bytes, &h) &&
	    !(p->other && made(bytes, &h) == p->other_made)) {
		if (!p->zero)
			p->l->formatted = made(bytes, &h);
		st = hl_lost_say(p->s, p->l, 20, "$MFTMirr lies at cluster "
		                 "%llu and agrees",
		                 (unsigned long long)p->g->mirror_lcn);
	}
	hl_free(p->s->ctx, b);
	return st == HL_END ? HL_OK : st;
}

/* Is there the same boot sector? */
static enum hl_status same_boot(struct proof *p, uint64_t off, bool *yes)
{
	struct hl_ntfs_geom g;
	uint8_t b[SCAN_SECTOR];
	enum hl_status st = hl_scan_read(p->s, off, b, sizeof(b));

	*yes = st == HL_OK &&
	       hl_ntfs_boot_decode(span_of(b, sizeof(b)), &g) == HL_OK &&
	       g.serial == p->g->serial && g.mft_lcn == p->g->mft_lcn &&
	       g.total_sectors == p->g->total_sectors &&
	       g.cluster_size == p->g->cluster_size;
	return st == HL_END ? HL_OK : st;
}

static enum hl_status prove_boot(struct proof *p)
{
	uint64_t behind = p->l->off + p->g->total_sectors * p->g->sector_size;
	bool first, second;
	enum hl_status st = same_boot(p, p->l->off, &first);

	if (st == HL_OK)
		st = same_boot(p, behind, &second);
	if (st != HL_OK)
		return st;
	p->l->boot = first ? HL_BOOT_PRIMARY : HL_BOOT_BACKUP;
	p->l->boot_off = first ? p->l->off : behind;
	if (first && second)
		return hl_lost_say(p->s, p->l, 40, "boot sector, and its copy "
		                   "at byte %llu at the volume's end",
		                   (unsigned long long)behind);
	return hl_lost_say(p->s, p->l, 20, first ?
	                   "boot sector with sound numbers" :
	                   "copy of the boot sector at byte %llu, the end of "
	                   "the volume; the first one is gone",
	                   (unsigned long long)behind);
}

/* Everything about the volume that would begin at start. */
static enum hl_status prove(struct hl_scan *s, struct hl_lost *l,
                            const struct hl_ntfs_geom *g, uint64_t start)
{
	struct proof p = { .s = s, .l = l, .g = g };

	*l = (struct hl_lost){
		.off = start, .fs = "ntfs",
		.size = (g->total_sectors + 1) * g->sector_size,
		.geom = { g->cluster_size, g->sector_size, g->record_size,
		          g->index_size, g->mft_lcn },
	};
	enum hl_status st = prove_boot(&p);
	if (st == HL_OK)
		st = prove_mft(&p);
	return st == HL_OK ? prove_mirror(&p) : st;
}

static bool whole_mib(uint64_t off)
{
	return off % (1u << 20) == 0;
}

/*
 * Nothing but this one sector is left.  A copy is the last sector of its
 * partition, and partitions begin and end at whole MiB since Windows Vista;
 * where the volume would have begun there may be a later one's boot sector.
 */
static enum hl_status is_copy(struct hl_scan *s, uint64_t off,
                              const struct hl_ntfs_geom *g, bool *yes)
{
	uint64_t before = g->total_sectors * g->sector_size;
	uint8_t b[SCAN_SECTOR];
	enum hl_status st = hl_scan_read(s, off - before, b, sizeof(b));

	*yes = before > hl_src_size(s->image) - off ||
	       (!whole_mib(off) && whole_mib(off + g->sector_size)) ||
	       (st == HL_OK && !whole_mib(off) &&
	        (hl_ntfs_lost_keep(span_of(b, sizeof(b))) ||
	         hl_fat_lost_keep(span_of(b, sizeof(b))) ||
	         hl_exfat_lost_keep(span_of(b, sizeof(b)))));
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_ntfs_lost_judge(struct hl_scan *s, uint64_t off,
                                  struct span sector)
{
	struct hl_lost first = { .off = HL_NO_OFFSET }, second = first;
	struct hl_ntfs_geom g;
	enum hl_status st = HL_OK;
	uint64_t before;
	bool copy = false;

	if (hl_ntfs_boot_decode(sector, &g) != HL_OK ||
	    g.total_sectors >= INT64_MAX / g.sector_size)
		return HL_OK;
	before = g.total_sectors * g.sector_size;
	if (before > INT64_MAX - off)
		return HL_OK;
	st = prove(s, &first, &g, off);
	if (st == HL_OK && before <= off)
		st = prove(s, &second, &g, off - before);
	if (st == HL_OK && second.off != HL_NO_OFFSET &&
	    second.score == first.score)
		st = is_copy(s, off, &g, &copy);
	if (st == HL_OK && !copy && second.off != HL_NO_OFFSET &&
	    second.score == first.score)
		st = hl_lost_say(s, &first, 0, "or the copy behind a volume "
		                 "that began at byte %llu",
		                 (unsigned long long)(off - before));
	if (st == HL_OK)
		return hl_scan_choose(s, &first, &second, copy);
	hl_lost_clear(s, &first);
	hl_lost_clear(s, &second);
	return st;
}

/* ---- without a boot sector ----------------------------------------------- */

/* Of a record, as its head says; the usual one where there is none. */
static enum hl_status record_size(struct hl_scan *s, uint64_t at, uint32_t *n)
{
	uint8_t b[0x30];
	enum hl_status st = hl_scan_read(s, at, b, sizeof(b));

	*n = st == HL_OK && !memcmp(b, "FILE", 4) && le32_at(b + 0x1c) == 4096 ?
	     4096 : 1024;
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_ntfs_lost_stated(struct hl_scan *s, struct hl_lost *l,
                                   bool *there)
{
	uint64_t rest = hl_src_size(s->image) - l->off;
	struct hl_ntfs_geom g = {
		.cluster_size = l->geom.cluster_size,
		.mft_lcn = l->geom.mft_lcn,
		.n_clusters = rest / l->geom.cluster_size,
	};
	struct proof p = { .s = s, .l = l, .g = &g, .sizeless = true };
	unsigned score = l->score;

	l->size = rest;
	enum hl_status st = record_size(s, l->off + g.mft_lcn * g.cluster_size,
	                                &g.record_size);
	l->geom.record_size = g.record_size;
	if (st == HL_OK)
		st = prove_mft(&p);
	*there = l->score > score;
	if (st == HL_OK && !*there)
		st = hl_lost_say(s, l, 0, "nothing of an $MFT lies at that "
		                 "cluster");
	return st == HL_OK ? hl_lost_say(s, l, 0, "its size is not known: "
	                                 "all up to the end") : st;
}
