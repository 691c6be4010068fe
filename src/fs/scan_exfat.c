/*
 * scan_exfat.c: what an exFAT boot sector found somewhere proves.
 *
 *	sector 0 |boot region, 12 sectors|its copy, 12 sectors| ... FAT, heap
 *
 * The region's last sector repeats a checksum of the others: with it, a boot
 * sector is never one by chance.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "exfat/exfat.h"
#include "fs/scan_impl.h"

#define REGION 12u       /* sectors; the last one repeats the checksum */
#define ENTRY 32u
#define E_BITMAP 0x81
#define E_UPCASE 0x82
#define E_LABEL 0x83
#define E_FILE 0x85
#define LABEL_UNITS 11

bool hl_exfat_lost_keep(struct span sector)
{
	struct hl_exfat_geom g;
	const char *why;

	return hl_exfat_boot_decode(sector, &g, &why) == HL_OK;
}

struct region {
	bool there; /* the same boot sector */
	bool sound; /* and its checksum holds */
};

static enum hl_status look(struct hl_scan *s, uint64_t off,
                           const struct hl_exfat_geom *g, struct region *out)
{
	uint8_t b[4096];
	uint32_t sum = 0, ss = g->sector_size;
	struct hl_exfat_geom o;
	const char *why;
	enum hl_status st = HL_OK;

	*out = (struct region){ false, false };
	for (unsigned i = 0; i < REGION && st == HL_OK; i++) {
		st = hl_scan_read(s, off + (uint64_t)i * ss, b, ss);
		if (st != HL_OK)
			break;
		if (i == 0)
			out->there = hl_exfat_boot_decode(
				span_of(b, SCAN_SECTOR), &o, &why) == HL_OK &&
				o.size == g->size && o.serial == g->serial &&
				o.heap_off == g->heap_off;
		if (!out->there)
			return HL_OK;
		if (i < REGION - 1)
			sum = hl_exfat_boot_sum(sum, span_of(b, ss), i == 0);
	}
	out->sound = st == HL_OK && le32_at(b) == sum &&
	             le32_at(b + ss - 4) == sum;
	return st == HL_END ? HL_OK : st;
}

static enum hl_status prove_boot(struct hl_scan *s, struct hl_lost *l,
                                 const struct hl_exfat_geom *g)
{
	uint64_t at[2] = { l->off, l->off + REGION *
	                           (uint64_t)g->sector_size };
	struct region r[2];
	enum hl_status st = look(s, at[0], g, &r[0]);

	if (st == HL_OK)
		st = look(s, at[1], g, &r[1]);
	if (st != HL_OK)
		return st;
	l->boot = r[0].there && (r[0].sound || !r[1].sound) ?
	          HL_BOOT_PRIMARY : HL_BOOT_BACKUP;
	l->boot_off = at[l->boot == HL_BOOT_BACKUP];
	if (r[0].there && r[1].there)
		st = hl_lost_say(s, l, 30, "boot sector, and its copy at byte "
		                 "%llu", (unsigned long long)at[1]);
	else
		st = hl_lost_say(s, l, 20, r[0].there ?
		                 "boot sector with sound numbers" :
		                 "copy of the boot sector at byte %llu; the "
		                 "first one is gone",
		                 (unsigned long long)at[1]);
	if (st == HL_OK && (r[0].sound || r[1].sound))
		st = hl_lost_say(s, l, 40, r[0].sound && r[1].sound ?
		                 "the checksums of both boot regions hold" :
		                 "the checksum of %s boot region holds",
		                 r[0].sound ? "the first" : "the second");
	return st;
}

static void take_label(struct hl_lost *l, const uint8_t *e)
{
	size_t n = e[1] <= LABEL_UNITS ? e[1] : 0;

	hl_utf8_from16le(l->label, sizeof(l->label), span_of(e + 2, 2 * n),
	                 false);
}

/* A time, in UTC if its zone is there or given; 0: none. */
static uint64_t ticks(struct hl_scan *s, struct hl_lost *l, const uint8_t *at,
                      uint8_t zone)
{
	struct hl_time t = hl_time_zoned(s->ctx, hl_exfat_time(le32_at(at), 0,
	                                                       zone));

	if (t.kind == HL_TIME_NONE)
		return 0;
	l->local |= t.kind == HL_TIME_LOCAL;
	return t.ticks;
}

/* The format leaves no time; the first file's that was made there comes next. */
static void take_time(struct hl_scan *s, struct hl_lost *l, const uint8_t *e)
{
	uint64_t made = ticks(s, l, e + 8, e[22]);
	uint64_t last = ticks(s, l, e + 12, e[23]);

	l->by_file = true;
	if (made && (!l->formatted || made < l->formatted))
		l->formatted = made;
	l->written = max_u64(l->written, max_u64(made, last));
}

/* Label, bitmap and table of capitals are the root's first entries. */
static enum hl_status prove_root(struct hl_scan *s, struct hl_lost *l,
                                 const struct hl_exfat_geom *g)
{
	uint64_t at = l->off + g->heap_off +
	              (uint64_t)(g->root - 2) * g->cluster_size;
	uint8_t b[SCAN_SECTOR];
	bool map = false, up = false;
	enum hl_status st = hl_scan_read(s, at, b, sizeof(b));

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	for (size_t i = 0; i < sizeof(b) && b[i]; i += ENTRY) {
		map |= b[i] == E_BITMAP;
		up |= b[i] == E_UPCASE;
		if (b[i] == E_LABEL)
			take_label(l, b + i);
		if (b[i] == E_FILE)
			take_time(s, l, b + i);
	}
	if (!map || !up)
		return HL_OK;
	return hl_lost_say(s, l, 30, "the root folder holds the bitmap and "
	                   "the table of capitals");
}

static enum hl_status prove(struct hl_scan *s, struct hl_lost *l,
                            const struct hl_exfat_geom *g, uint64_t start)
{
	*l = (struct hl_lost){
		.off = start, .size = g->size, .fs = "exfat",
		.geom = { .cluster_size = g->cluster_size,
		          .sector_size = g->sector_size,
		          .mft_lcn = HL_NO_OFFSET },
	};
	enum hl_status st = prove_boot(s, l, g);
	return st == HL_OK ? prove_root(s, l, g) : st;
}

enum hl_status hl_exfat_lost_judge(struct hl_scan *s, uint64_t off,
                                   struct span sector)
{
	struct hl_lost first = { .off = HL_NO_OFFSET }, second = first;
	struct hl_exfat_geom g;
	uint64_t region;
	const char *why;

	if (hl_exfat_boot_decode(sector, &g, &why) != HL_OK ||
	    g.size > INT64_MAX - off)
		return HL_OK;
	region = REGION * (uint64_t)g.sector_size;
	enum hl_status st = prove(s, &first, &g, off);
	if (st == HL_OK && region <= off)
		st = prove(s, &second, &g, off - region);
	if (st == HL_OK)
		return hl_scan_choose(s, &first, &second, false);
	hl_lost_clear(s, &first);
	hl_lost_clear(s, &second);
	return st;
}
