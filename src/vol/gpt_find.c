/*
 * gpt_find.c: finds the copy of a GPT that can be believed.
 *
 *	1. the primary, when header and array have the right checksums
 *	2. else a backup that is sound: where the primary says, in the last
 *	   sector, or in the last but one (behind it a VHD's footer)
 *	3. else the entries of any header that makes sense, one by one
 *	4. else, behind a protective MBR, an array in its usual place
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "vol/types.h"
#include "vol/vol_impl.h"

#define GPT_COPIES 4 /* primary, and three places of a backup */

struct copy {
	uint64_t lba;
	struct gpt_header h;
	enum hl_status header; /* as hl_gpt_parse_header has it */
	bool array_ok;
};

struct finder {
	struct hl_table *t;
	uint32_t ss;
	uint64_t n_lba; /* sectors of the image */
	uint8_t *array; /* of the copy loaded last */
	size_t n_array;
};

static enum hl_status load_header(struct finder *f, uint64_t lba,
                                  struct copy *c)
{
	uint8_t b[4096];

	memset(c, 0, sizeof(*c));
	c->lba = lba;
	enum hl_status st = hl_vol_read(f->t->src, lba, f->ss, b, f->ss);
	if (st == HL_OK)
		c->header = hl_gpt_parse_header(span_of(b, f->ss), lba, &c->h);
	else
		c->header = HL_END;
	return st == HL_END ? HL_OK : st;
}

/* f->array holds what could be read; HL_END: nothing. */
static enum hl_status load_array(struct finder *f, struct copy *c)
{
	struct hl_src *src = f->t->src;
	uint64_t n = (uint64_t)c->h.n_entries * c->h.entry_size;
	struct hl_ranges bad;

	hl_free(f->t->ctx, f->array);
	f->array = NULL;
	f->n_array = 0;
	if (!hl_gpt_sane(&c->h) || c->h.array_lba >= f->n_lba)
		return HL_END;
	n = min_u64(n, hl_src_size(src) - c->h.array_lba * f->ss);
	f->array = hl_alloc(f->t->ctx, (size_t)n);
	if (!f->array)
		return HL_NOMEM;
	hl_ranges_clear(&bad); /* what cannot be read is zero: unused */
	enum hl_status st = hl_src_read(src, c->h.array_lba * f->ss, f->array,
	                                (size_t)n, &bad);
	if (st != HL_OK)
		return st;
	f->n_array = (size_t)n;
	c->array_ok = hl_gpt_array_ok(&c->h, span_of(f->array, f->n_array)) &&
	              n == (uint64_t)c->h.n_entries * c->h.entry_size;
	return HL_OK;
}

static enum hl_status load(struct finder *f, uint64_t lba, struct copy *c)
{
	enum hl_status st = load_header(f, lba, c);

	if (st == HL_OK && c->header != HL_END)
		st = load_array(f, c);
	return st == HL_END ? HL_OK : st;
}

static bool sound(const struct copy *c)
{
	return c->header == HL_OK && c->array_ok;
}

static const char *fault(const struct copy *c)
{
	if (c->header == HL_END)
		return "is not there";
	if (c->header == HL_CORRUPT)
		return "has a wrong checksum or place";
	if (c->header == HL_UNSUPPORTED)
		return "holds impossible numbers";
	return c->array_ok ? "is sound" : "has an array with a wrong checksum";
}

/* ---- the table out of a copy ----------------------------------------- */

static enum hl_status areas(struct finder *f, const struct copy *c)
{
	uint64_t bytes = (uint64_t)c->h.n_entries * c->h.entry_size;
	uint64_t n = bytes / f->ss + (bytes % f->ss != 0);
	uint64_t other = c->lba == 1 ? c->h.alternate_lba : c->lba;
	uint64_t array = c->lba == 1 ? c->h.array_lba : 2;
	enum hl_status st = hl_vol_area(f->t, 0, 2);

	if (st == HL_OK)
		st = hl_vol_area(f->t, array, n);
	if (st == HL_OK && other > n && other < f->n_lba)
		st = hl_vol_area(f->t, other - n, n + 1);
	return st;
}

/* Is that entry to be used?  strict: nothing vouches for it. */
static bool believe(struct finder *f, const struct copy *c, uint32_t i,
                    const struct gpt_entry *e, bool strict)
{
	struct hl_at place = { f->t->ctx, f->t->src,
	                       c->h.array_lba * f->ss +
	                       (uint64_t)i * c->h.entry_size, "GPT entry" };
	bool fits = e->first < f->n_lba && e->last < f->n_lba;

	if (e->first > e->last || e->first == 0 || (strict && !fits)) {
		hl_warn(&place, "entry %u: sectors %llu to %llu make no "
		        "sense; not used", i + 1,
		        (unsigned long long)e->first,
		        (unsigned long long)e->last);
		f->t->info.ok = false;
		return false;
	}
	if (!strict &&
	    (e->first < c->h.first_usable || e->last > c->h.last_usable)) {
		hl_say(&place, "entry %u lies outside the usable sectors",
		       i + 1);
		f->t->info.ok = false;
	}
	return true;
}

static enum hl_status add(struct finder *f, const struct gpt_entry *e)
{
	const struct vol_gpt_type *type = hl_vol_gpt_type(e->type);
	struct hl_part part = { .type_name = type->name,
	                        .flags = type->flags };

	memcpy(part.type, e->type, sizeof(part.type));
	memcpy(part.guid, e->guid, sizeof(part.guid));
	memcpy(part.name, e->name, sizeof(part.name));
	return hl_vol_add(f->t, &part, e->first, e->last - e->first + 1);
}

static enum hl_status fill(struct finder *f, const struct copy *c, bool strict)
{
	struct hl_table_info *info = &f->t->info;
	struct gpt_entry e;
	enum hl_status st = areas(f, c);

	info->scheme = "gpt";
	info->sector_size = f->ss;
	info->offset = c->lba * f->ss;
	hl_guid_text(info->disk_id, c->h.disk_guid);
	for (uint32_t i = 0; i < c->h.n_entries && st == HL_OK; i++) {
		if (hl_gpt_parse_entry(span_of(f->array, f->n_array), &c->h, i,
		                       &e) != HL_OK)
			continue;
		if (believe(f, c, i, &e, strict))
			st = add(f, &e);
	}
	return st;
}

/* ---- the four efforts ------------------------------------------------ */

/* Nothing is lost when the second copy is bad, but it is told. */
static enum hl_status check_backup(struct finder *f, const struct copy *p)
{
	struct hl_at place = { f->t->ctx, f->t->src, HL_NO_OFFSET,
	                       "GPT backup" };
	struct copy b;

	if (p->h.alternate_lba >= f->n_lba) {
		f->t->info.ok = false;
		hl_say(&place, "it should be in sector %llu, behind the end "
		       "of the image", (unsigned long long)p->h.alternate_lba);
		return HL_OK;
	}
	enum hl_status st = load(f, p->h.alternate_lba, &b);
	if (st != HL_OK)
		return st;
	place.off = b.lba * f->ss;
	if (!sound(&b))
		hl_say(&place, "it %s; the primary is sound", fault(&b));
	else if (b.h.array_crc != p->h.array_crc)
		hl_say(&place, "it lists other partitions than the primary");
	else
		return HL_OK;
	f->t->info.ok = false;
	return HL_OK;
}

static enum hl_status by_primary(struct finder *f, struct copy *c)
{
	if (!sound(&c[0]))
		return HL_END;
	f->t->info.ok = true;
	enum hl_status st = load(f, 1, &c[0]);
	if (st == HL_OK)
		st = fill(f, &c[0], false);
	return st == HL_OK ? check_backup(f, &c[0]) : st;
}

static enum hl_status by_backup(struct finder *f, struct copy *c)
{
	struct hl_at place = { f->t->ctx, f->t->src, f->ss, "GPT header" };

	for (size_t i = 1; i < GPT_COPIES; i++) {
		if (!sound(&c[i]))
			continue;
		enum hl_status st = load(f, c[i].lba, &c[i]);
		if (st != HL_OK)
			return st;
		hl_warn(&place, "the primary %s; the backup in sector %llu is "
		        "used", fault(&c[0]), (unsigned long long)c[i].lba);
		f->t->info.used_backup = true;
		return fill(f, &c[i], false);
	}
	return HL_END;
}

/* Entries that would be used, when only sense can vouch for them. */
static size_t n_sensible(const struct finder *f, const struct copy *c)
{
	struct gpt_entry e;
	size_t n = 0;

	for (uint32_t i = 0; i < c->h.n_entries; i++)
		n += hl_gpt_parse_entry(span_of(f->array, f->n_array), &c->h,
		                        i, &e) == HL_OK &&
		     e.first > 0 && e.first <= e.last && e.last < f->n_lba;
	return n;
}

static enum hl_status salvage(struct finder *f, struct copy *c, bool guessed)
{
	struct hl_at place = { f->t->ctx, f->t->src, c->lba * f->ss,
	                       "GPT header" };
	enum hl_status st = load_array(f, c);

	if (st != HL_OK)
		return st;
	if (n_sensible(f, c) == 0)
		return HL_END;
	hl_warn(&place, "no sound copy of the table is left (this one %s); "
	        "its entries that make sense are used",
	        guessed ? "has no header" : fault(c));
	f->t->info.used_backup = c->lba != 1;
	return fill(f, c, true);
}

static enum hl_status by_salvage(struct finder *f, struct copy *c, bool guess)
{
	struct copy usual = { .lba = 1, .header = HL_END,
	                      .h = { .array_lba = 2, .n_entries = 128,
	                             .entry_size = 128, .alternate_lba =
	                             f->n_lba - 1 } };

	for (size_t i = 0; i < GPT_COPIES; i++) {
		if (c[i].header == HL_END)
			continue;
		enum hl_status st = salvage(f, &c[i], false);
		if (st != HL_END)
			return st;
	}
	return guess ? salvage(f, &usual, true) : HL_END;
}

static enum hl_status gather(struct finder *f, struct copy *c)
{
	enum hl_status st = load(f, 1, &c[0]);
	uint64_t where[GPT_COPIES] = { 0, c[0].h.alternate_lba, f->n_lba - 1,
	                               f->n_lba - 2 };

	for (size_t i = 1; i < GPT_COPIES && st == HL_OK; i++) {
		if (where[i] > 1 && where[i] < f->n_lba) {
			st = load(f, where[i], &c[i]);
		} else {
			memset(&c[i], 0, sizeof(c[i]));
			c[i].header = HL_END;
		}
	}
	return st;
}

enum hl_status hl_gpt_fill(struct hl_table *t, uint32_t ss,
                           enum gpt_effort effort, bool guess)
{
	struct finder f = { .t = t, .ss = ss,
	                    .n_lba = hl_src_size(t->src) / ss };
	struct copy c[GPT_COPIES];
	enum hl_status st = HL_END;

	if (f.n_lba < 3)
		return HL_END;
	if (effort == GPT_PRIMARY)
		st = load(&f, 1, &c[0]);
	else
		st = gather(&f, c);
	if (st == HL_OK && effort == GPT_PRIMARY)
		st = by_primary(&f, c);
	else if (st == HL_OK && effort == GPT_BACKUP)
		st = by_backup(&f, c);
	else if (st == HL_OK)
		st = by_salvage(&f, c, guess);
	hl_free(t->ctx, f.array);
	return st;
}

bool hl_gpt_seen(struct hl_src *src, uint32_t ss)
{
	uint8_t b[4096];
	struct gpt_header h;

	return hl_vol_read(src, 1, ss, b, ss) == HL_OK &&
	       hl_gpt_parse_header(span_of(b, ss), 1, &h) == HL_OK;
}
