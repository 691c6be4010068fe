/*
 * scan_fat.c: what a FAT boot sector found somewhere proves.
 *
 *	|boot| ..6: copy.. |FAT 1|FAT 2|root| clusters      (copy: FAT32 only)
 *
 * Its own fields prove little: boot sectors without a volume are in every
 * program that formats one.  What counts is that a FAT begins where it says,
 * with the same media byte, and that the root holds what a folder holds.
 */
#include <string.h>

#include "base/lint.h"
#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "fat/fat.h"
#include "fs/scan_impl.h"

#define SLOT 32u

bool hl_fat_lost_keep(struct span sector)
{
	struct hl_fat_geom g;
	const char *why;

	/* BitLocker To Go: a FAT32 with a word to the reader, around it */
	return hl_fat_boot_decode(sector, &g, &why) == HL_OK &&
	       !hl_bde_lost_keep(sector);
}

/* Media byte and ones: how every FAT begins. */
static bool fat_begins(struct hl_scan *s, uint64_t off,
                       const struct hl_fat_geom *g, enum hl_status *st)
{
	uint8_t b[8];

	*st = hl_scan_read(s, off, b, sizeof(b));
	if (*st != HL_OK || b[0] != g->media || b[1] != 0xff)
		return false;
	if (g->kind == HL_FAT12)
		return b[2] == 0xff;
	if (g->kind == HL_FAT16)
		return b[3] >= 0x3f; /* dirty bits */
	return b[2] == 0xff && (b[3] & 0x0f) == 0x0f;
}

static enum hl_status prove_fats(struct hl_scan *s, struct hl_lost *l,
                                 const struct hl_fat_geom *g)
{
	uint64_t at = l->off + g->fat_off;
	enum hl_status st, st2 = HL_OK;
	bool one = fat_begins(s, at, g, &st), two = false;

	if (g->n_fats > 1 && !hl_scan_fatal(st))
		two = fat_begins(s, at + g->fat_len, g, &st2);
	if (hl_scan_fatal(st) || hl_scan_fatal(st2))
		return hl_scan_fatal(st) ? st : st2;
	if (one && two)
		return hl_lost_say(s, l, 40, "both FATs begin with the media "
		                   "byte %02x", g->media);
	if (one || two)
		return hl_lost_say(s, l, 25, "%s begins with the media byte "
		                   "%02x", g->n_fats == 1 ? "the FAT" : one ?
		                   "the first FAT" : "the second FAT",
		                   g->media);
	return HL_OK;
}

/* The label's time is that of the format; without it the first file's that was
 * made there comes next.  The zone is not known: hours do not matter. */
static void take_time(struct hl_scan *s, struct hl_lost *l,
                      const uint8_t *slot, bool label)
{
	struct hl_time t = hl_time_zoned(s->ctx, label ?
		hl_time_dos(le16_at(slot + 24), le16_at(slot + 22), 0) :
		hl_time_dos(le16_at(slot + 16), le16_at(slot + 14), 0));
	struct hl_time last = hl_time_zoned(s->ctx,
		hl_time_dos(le16_at(slot + 24), le16_at(slot + 22), 0));

	if (last.kind != HL_TIME_NONE)
		l->written = max_u64(l->written, last.ticks);
	if (t.kind == HL_TIME_NONE)
		return;
	l->local |= t.kind == HL_TIME_LOCAL;
	l->written = max_u64(l->written, t.ticks);
	if (label || !l->formatted || (l->by_file && t.ticks < l->formatted)) {
		l->formatted = t.ticks;
		l->by_file = !label;
	}
}

static void take_label(struct hl_lost *l, const uint8_t *slot)
{
	size_t n = 11;

	while (n && slot[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		l->label[i] = (char)(slot[i] < 0x80 && slot[i] >= 0x20 ?
		                     slot[i] : '_');
	l->label[n] = '\0';
}

static enum hl_status prove_root(struct hl_scan *s, struct hl_lost *l,
                                 const struct hl_fat_geom *g)
{
	uint64_t at = l->off + (g->kind == HL_FAT32 ?
	                        g->data_off + (g->root_cluster - 2) *
	                        (uint64_t)g->cluster_size :
	                        g->root_off);
	unsigned good = 0, bad = 0;
	uint8_t b[SCAN_SECTOR];
	enum hl_status st = hl_scan_read(s, at, b, sizeof(b));

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	for (size_t i = 0; i < sizeof(b) && b[i]; i += SLOT) {
		bool label = b[i] != 0xe5 && (b[i + 11] & 0x3f) == 0x08;

		if (label)
			take_label(l, b + i);
		if (b[i] != 0xe5 && (b[i + 11] & 0x3f) != 0x0f)
			take_time(s, l, b + i, label);
		if (label || (b[i + 11] & 0x3f) == 0x0f ||
		    hl_fat_slot_plausible(g, b + i))
			good++;
		else
			bad++;
	}
	if (bad)
		return HL_OK;
	if (good)
		return hl_lost_say(s, l, 30, "the root folder's first %u "
		                   "entries make sense", good);
	return hl_lost_say(s, l, 5, "the root folder is empty");
}

/* FAT32 keeps a second boot sector; HL_BOOT_PRIMARY needs the first one.
 * gcc's analyzer takes the answer of the decoder for that of at[]. */
LINT_NOT("-Wanalyzer-use-of-uninitialized-value")
static enum hl_status prove_boot(struct hl_scan *s, struct hl_lost *l,
                                 const struct hl_fat_geom *g)
{
	uint64_t at[2] = { l->off, l->off + g->backup_off };
	bool there[2] = { false, false };

	for (int i = 0; i < (g->backup_off ? 2 : 1); i++) {
		uint8_t b[SCAN_SECTOR];
		struct hl_fat_geom o;
		const char *why;
		enum hl_status st = hl_scan_read(s, at[i], b, sizeof(b));

		if (hl_scan_fatal(st))
			return st;
		there[i] = st == HL_OK && hl_fat_boot_decode(
				span_of(b, sizeof(b)), &o, &why) == HL_OK &&
			o.size == g->size && o.serial == g->serial &&
			o.fat_off == g->fat_off && o.kind == g->kind;
	}
	l->boot = there[0] ? HL_BOOT_PRIMARY : HL_BOOT_BACKUP;
	l->boot_off = at[there[0] ? 0 : 1];
	if (there[0] && there[1])
		return hl_lost_say(s, l, 30, "boot sector, and its copy at "
		                   "byte %llu", (unsigned long long)at[1]);
	return hl_lost_say(s, l, 15, there[0] ?
	                   "boot sector with sound numbers" :
	                   "copy of the boot sector at byte %llu; the first "
	                   "one is gone", (unsigned long long)at[1]);
}
LINT_AGAIN

static enum hl_status prove(struct hl_scan *s, struct hl_lost *l,
                            const struct hl_fat_geom *g, uint64_t start)
{
	*l = (struct hl_lost){
		.off = start, .size = g->size,
		.fs = g->kind == HL_FAT32 ? "fat32" :
		      g->kind == HL_FAT16 ? "fat16" : "fat12",
		.geom = { .cluster_size = g->cluster_size,
		          .sector_size = g->sector_size,
		          .mft_lcn = HL_NO_OFFSET },
	};
	enum hl_status st = prove_boot(s, l, g);
	if (st == HL_OK)
		st = prove_fats(s, l, g);
	return st == HL_OK ? prove_root(s, l, g) : st;
}

enum hl_status hl_fat_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector)
{
	struct hl_lost first = { .off = HL_NO_OFFSET }, second = first;
	struct hl_fat_geom g;
	const char *why;

	if (hl_fat_boot_decode(sector, &g, &why) != HL_OK ||
	    g.size > INT64_MAX - off)
		return HL_OK;
	enum hl_status st = prove(s, &first, &g, off);
	if (st == HL_OK && g.backup_off && g.backup_off <= off)
		st = prove(s, &second, &g, off - g.backup_off);
	if (st == HL_OK)
		return hl_scan_choose(s, &first, &second, false);
	hl_lost_clear(s, &first);
	hl_lost_clear(s, &second);
	return st;
}
