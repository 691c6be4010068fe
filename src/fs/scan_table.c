/*
 * scan_table.c: what the table on the disk has, and what the remains of older
 * tables had: GPT headers that are still sound, MBRs and EBRs.
 *
 * An older table's word is evidence for a volume that begins where it says.
 * A GPT, whose checksum holds, is worth a result of its own.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/scan_impl.h"
#include "io/note.h"
#include "vol/vol_impl.h"

enum hl_status hl_scan_hint(struct hl_scan *s, const struct scan_hint *hint)
{
	enum hl_status st = hl_grow(s->ctx, (void **)&s->hint, &s->cap_hint,
	                            s->n_hint, sizeof(*s->hint),
	                            HL_MAX_SCAN_HINTS);

	if (st == HL_OK)
		s->hint[s->n_hint++] = *hint;
	if (st != HL_LIMIT)
		return st;
	if (!s->hints_full)
		hl_warn(&(struct hl_at){ s->ctx, s->image, HL_NO_OFFSET,
		                         "scan" },
		        "older tables name more than %d partitions; the rest "
		        "is not looked at", HL_MAX_SCAN_HINTS);
	s->hints_full = true;
	return HL_OK;
}

/* ---- GPT ----------------------------------------------------------------- */

static uint64_t said_lba(struct span sector)
{
	return le64_at(sector.p + 0x18);
}

bool hl_gpt_lost_keep(struct span sector)
{
	struct gpt_header h;

	return hl_gpt_parse_header(sector, said_lba(sector), &h) == HL_OK;
}

static enum hl_status gpt_entries(struct hl_scan *s, uint64_t off, uint64_t ss,
                                  const struct gpt_header *h, struct span a)
{
	enum hl_status st = HL_OK;

	for (uint32_t i = 0; i < h->n_entries && st == HL_OK; i++) {
		struct scan_hint hint = { .from = off, .what = "GPT",
		                          .alone = true };
		struct gpt_entry e;

		if (hl_gpt_parse_entry(a, h, i, &e) != HL_OK ||
		    e.first > e.last || e.first == 0 ||
		    ckd_mul(&hint.off, e.first, ss) ||
		    ckd_mul(&hint.len, e.last - e.first + 1, ss))
			continue;
		/* of another disk: a virtual one inside of a file */
		if (hint.off >= hl_src_size(s->image))
			continue;
		st = hl_scan_hint(s, &hint);
	}
	return st;
}

/* It says in which sector it lies, and so how large a sector was; when that
 * makes no sense, its disk did not begin where this one does. */
enum hl_status hl_gpt_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector)
{
	uint64_t lba = said_lba(sector), ss = lba ? off / lba : 0;
	struct gpt_header h;
	uint64_t n, at;

	if (hl_gpt_parse_header(sector, lba, &h) != HL_OK)
		return HL_OK;
	n = (uint64_t)h.n_entries * h.entry_size;
	if (!is_power_of_two(ss) || ss < 512 || ss > 4096 || off % lba ||
	    n > HL_MAX_GPT_ARRAY || ckd_mul(&at, h.array_lba, ss))
		return HL_OK;
	uint8_t *p = hl_alloc(s->ctx, (size_t)n);
	if (!p)
		return HL_NOMEM;
	enum hl_status st = hl_scan_read(s, at, p, (size_t)n);
	if (st == HL_OK && hl_gpt_array_ok(&h, span_of(p, (size_t)n)))
		st = gpt_entries(s, off, ss, &h, span_of(p, (size_t)n));
	hl_free(s->ctx, p);
	return st == HL_END ? HL_OK : st;
}

/* ---- MBR and EBR --------------------------------------------------------- */

static bool is_boot_sector(struct span sector)
{
	return hl_bde_lost_keep(sector) || hl_ntfs_lost_keep(sector) || hl_exfat_lost_keep(sector) ||
	       hl_fat_lost_keep(sector);
}

bool hl_mbr_lost_keep(struct span sector)
{
	struct mbr m;

	return hl_mbr_parse(sector, true, &m) == HL_OK && m.n_used &&
	       m.others && !m.protective && !is_boot_sector(sector);
}

/* An EBR's entry counts from the EBR, an MBR's from the disk: both from the
 * sector that holds it, wherever a whole disk was copied to. */
enum hl_status hl_mbr_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector)
{
	const struct hl_table *t = hl_disk_table(s->disk);
	uint64_t ss = t ? hl_table_info(t)->sector_size : 512;
	enum hl_status st = HL_OK;
	struct mbr m;

	if (hl_mbr_parse(sector, true, &m) != HL_OK)
		return HL_OK;
	for (size_t i = 0; i < 4 && st == HL_OK; i++) {
		struct scan_hint hint = { .from = off, .what = "MBR or EBR",
		                          .len = m.e[i].count * ss };

		if (!m.e[i].type || !m.e[i].count || !m.e[i].start ||
		    hl_mbr_is_extended(m.e[i].type) ||
		    ckd_add(&hint.off, off, m.e[i].start * ss) ||
		    hint.off >= hl_src_size(s->image))
			continue;
		st = hl_scan_hint(s, &hint);
	}
	return st;
}

/* ---- hints --------------------------------------------------------------- */

/* The table of today, or a copy of it, proves nothing of the past. */
static bool in_table(struct hl_scan *s, const struct scan_hint *h)
{
	for (size_t i = 0; i < hl_disk_count(s->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(s->disk, i);

		if (v->part && v->off == h->off &&
		    (!h->len || v->part->stated_len == h->len))
			return true;
	}
	return false;
}

static enum hl_status alone(struct hl_scan *s, const struct scan_hint *h)
{
	struct hl_lost l = { .off = h->off, .size = h->len, .fs = "",
	                     .boot = HL_BOOT_NONE, .boot_off = HL_NO_OFFSET };

	if (!h->alone || hl_scan_same(s, &l))
		return HL_OK;
	enum hl_status st = hl_lost_say(s, &l, SCAN_HINT,
		"a %s at byte %llu names a partition here; no boot sector is "
		"left", h->what, (unsigned long long)h->from);
	if (st == HL_OK)
		return hl_scan_take(s, &l);
	hl_lost_clear(s, &l);
	return st;
}

static enum hl_status hint_one(struct hl_scan *s, const struct scan_hint *h)
{
	bool found = false;
	enum hl_status st = HL_OK;

	if (in_table(s, h))
		return HL_OK;
	for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
		struct hl_lost *l = &s->lost[i];

		if (l->off != h->off || !l->fs[0])
			continue;
		found = true;
		/* the same from a second copy is no second proof */
		if (h->len < l->size || l->hinted)
			continue;
		l->hinted = true;
		st = hl_lost_say(s, l, SCAN_HINT, "%s at byte %llu names a "
		                 "partition that begins here", h->what,
		                 (unsigned long long)h->from);
	}
	return st == HL_OK && !found ? alone(s, h) : st;
}

enum hl_status hl_scan_hints(struct hl_scan *s)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < s->n_hint && st == HL_OK; i++)
		st = hint_one(s, &s->hint[i]);
	return st;
}

/* ---- the table of today -------------------------------------------------- */

/* Is that result what this volume of the table holds? */
static bool is_volume(const struct hl_lost *l, const struct hl_volume *v)
{
	uint64_t size = v->fs ? hl_fs_info(v->fs)->size : v->len;

	/* with a key it has another name; how large it is the table knows */
	if (v->bde && l->off == v->off && !strcmp(l->fs, "bitlocker"))
		return true;

	if (l->off != v->off || !l->fs[0] || strcmp(l->fs, v->fs_name) != 0)
		return false;
	return (l->size > size ? l->size - size : size - l->size) <= 65536;
}

static enum hl_status mark(struct hl_scan *s, struct hl_lost *l,
                           const struct hl_volume *v)
{
	l->in_table = true;
	memcpy(l->id, v->id, sizeof(l->id));
	return hl_lost_say(s, l, 0, v->part ?
	                   "volume %s of the partition table" :
	                   "volume %s, the only one: there is no table", v->id);
}

/* What the table has and no boot sector told of: encrypted, foreign, or its
 * boot sector is gone and a copy elsewhere is used. */
static enum hl_status add(struct hl_scan *s, const struct hl_volume *v)
{
	struct hl_lost l = {
		.off = v->off, .fs = v->fs_name, .boot_off = HL_NO_OFFSET,
		.size = v->fs ? hl_fs_info(v->fs)->size : v->len,
	};

	/* all of the medium as one volume, by a copy that may be another's */
	if (!v->part && v->fs && hl_fs_info(v->fs)->boot_backup)
		return HL_OK;
	if (!v->fs_name[0] || !v->len)
		return HL_OK;
	enum hl_status st = hl_lost_say(s, &l, 50, "its content says: %s",
	                                v->fs_name);
	if (st == HL_OK)
		st = mark(s, &l, v);
	if (st == HL_OK)
		return hl_scan_take(s, &l);
	hl_lost_clear(s, &l);
	return st;
}

enum hl_status hl_scan_table(struct hl_scan *s)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hl_disk_count(s->disk) && st == HL_OK; i++) {
		const struct hl_volume *v = hl_disk_volume(s->disk, i);
		bool found = false;

		for (size_t k = 0; k < s->n_lost && st == HL_OK; k++) {
			struct hl_lost *l = &s->lost[k];

			if (l->in_table || found || !is_volume(l, v))
				continue;
			found = true;
			if (v->fs)
				hl_copy(l->label, sizeof(l->label),
				        hl_fs_info(v->fs)->label);
			st = mark(s, l, v);
		}
		if (st == HL_OK && !found)
			st = add(s, v);
	}
	return st;
}
