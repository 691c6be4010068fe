/*
 * vol.c: reads a partition table: which scheme, which sector size, and then
 * its partitions.  Their order and the gaps: gaps.c.
 *
 * Who wins, when several things could be read:
 *	protective MBR + GPT       the GPT
 *	hybrid MBR + GPT           the GPT, and it is said
 *	no MBR (wiped) + GPT       the GPT
 *	ordinary MBR + old GPT     the MBR (a GPT needs its protective entry)
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/vol_impl.h"

#define N_SECTOR_SIZES 5

enum hl_status hl_vol_read(struct hl_src *src, uint64_t lba, uint32_t ss,
                           void *buf, size_t len)
{
	uint64_t off;

	if (ckd_mul(&off, lba, (uint64_t)ss) || off > hl_src_size(src) ||
	    len > hl_src_size(src) - off)
		return HL_END;
	enum hl_status st = hl_src_read(src, off, buf, len, NULL);
	return st == HL_IO || st == HL_RANGE ? HL_END : st;
}

enum hl_status hl_vol_area(struct hl_table *t, uint64_t lba, uint64_t n_lba)
{
	enum hl_status st = hl_grow(t->ctx, (void **)&t->area, &t->cap_area,
	                            t->n_area, sizeof(*t->area),
	                            HL_MAX_EBRS + 16);
	uint64_t ss = t->info.sector_size;

	if (st == HL_OK)
		t->area[t->n_area++] = (struct vol_area){ lba * ss,
		                                          n_lba * ss };
	return st;
}

/* ---- partitions ------------------------------------------------------ */

/* Cut to the image what the table claims, and say so. */
static void cut(struct hl_table *t, struct hl_part *part)
{
	uint64_t size = hl_src_size(t->src);
	struct hl_at place = { t->ctx, t->src, HL_NO_OFFSET, "partition" };

	part->len = part->stated_len;
	if (part->off >= size) {
		part->flags |= HL_PART_OUTSIDE;
		part->len = 0;
		if (part->off == HL_NO_OFFSET)
			hl_warn(&place, "one of type %s begins past 2^64 "
			        "bytes, behind the end of the image",
			        part->type);
		else
			hl_warn(&place, "one of type %s begins at byte %llu, "
			        "behind the end of the image", part->type,
			        (unsigned long long)part->off);
	} else if (part->len > size - part->off) {
		part->flags |= HL_PART_CUT;
		part->len = size - part->off;
		place.off = part->off;
		hl_warn(&place, "the image ends %llu bytes before it does",
		        (unsigned long long)(part->stated_len - part->len));
	}
	if (part->flags & (HL_PART_OUTSIDE | HL_PART_CUT))
		t->info.ok = false;
}

enum hl_status hl_vol_add(struct hl_table *t, struct hl_part *part,
                          uint64_t first_lba, uint64_t n_lba)
{
	uint64_t ss = t->info.sector_size;
	enum hl_status st = hl_grow(t->ctx, (void **)&t->part, &t->cap, t->n,
	                            sizeof(*t->part), HL_MAX_PARTS);

	if (st == HL_LIMIT) {
		hl_warn(&(struct hl_at){ t->ctx, t->src, HL_NO_OFFSET,
		                         "partition table" },
		        "more than %d partitions; the rest is not read",
		        HL_MAX_PARTS);
		t->info.ok = false;
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	if (ckd_mul(&part->off, first_lba, ss))
		part->off = HL_NO_OFFSET;
	if (ckd_mul(&part->stated_len, n_lba, ss))
		part->stated_len = UINT64_MAX;
	cut(t, part);
	t->part[t->n++] = *part;
	return HL_OK;
}

/* ---- which scheme, which sector size --------------------------------- */

static size_t sector_sizes(uint32_t out[N_SECTOR_SIZES], struct hl_src *src,
                           uint32_t asked)
{
	static const uint32_t usual[] = { 512, 4096, 1024, 2048 };
	uint32_t stated = hl_src_sector_size(src);
	size_t n = 0;

	if (asked) {
		out[n++] = asked;
		return n;
	}
	if (is_power_of_two(stated) && stated >= 512 && stated <= 4096)
		out[n++] = stated;
	for (size_t i = 0; i < 4; i++)
		if (!n || usual[i] != out[0])
			out[n++] = usual[i];
	return n;
}

static enum hl_status try_gpt(struct hl_table *t, const uint32_t *ss, size_t n,
                              const struct mbr *mbr)
{
	for (int effort = GPT_PRIMARY; effort <= GPT_SALVAGE; effort++) {
		for (size_t i = 0; i < n; i++) {
			t->info.sector_size = ss[i];
			enum hl_status st =
				hl_gpt_fill(t, ss[i], (enum gpt_effort)effort,
				            mbr && mbr->protective);
			if (st != HL_END)
				return st;
		}
	}
	return HL_END;
}

static void remark_gpt(struct hl_table *t, const struct mbr *mbr)
{
	struct hl_at place = { t->ctx, t->src, 0, "MBR" };

	t->info.hybrid = mbr && mbr->protective && mbr->others;
	if (t->info.hybrid)
		hl_say(&place, "a hybrid: it lists partitions beside the GPT; "
		       "the GPT is used");
	if (!mbr || !mbr->protective) {
		t->info.ok = false;
		hl_say(&place, "no protective MBR stands before the GPT");
	}
}

/* The size under which most entries lead to something. */
static enum hl_status best_size(struct hl_table *t, const uint32_t *ss,
                                size_t n, const struct mbr *mbr,
                                unsigned *best)
{
	unsigned score;

	*best = 0;
	t->info.sector_size = ss[0];
	for (size_t i = 0; i < n; i++) {
		enum hl_status st = hl_mbr_score(t->src, mbr, ss[i], &score);
		if (st != HL_OK)
			return st;
		if (score > *best) {
			*best = score;
			t->info.sector_size = ss[i];
		}
	}
	return HL_OK;
}

/* kind: what hl_mbr_parse said of it */
static enum hl_status try_mbr(struct hl_table *t, const uint32_t *ss, size_t n,
                              const struct mbr *mbr, enum hl_status kind)
{
	struct hl_at place = { t->ctx, t->src, 0, "MBR" };
	unsigned best;
	enum hl_status st = best_size(t, ss, n, mbr, &best);

	if (st != HL_OK)
		return st;
	if (kind == HL_CORRUPT && best == 0)
		return HL_END;
	if (!mbr->protective && hl_gpt_seen(t->src, t->info.sector_size))
		hl_say(&place, "an ordinary one, though a GPT lies behind it; "
		       "the GPT is not used");
	st = hl_mbr_fill(t, mbr);
	if (kind == HL_CORRUPT) {
		t->info.ok = false;
		hl_warn(&place, "damaged; what makes sense in it is used");
	}
	if (mbr->protective) {
		t->info.ok = false;
		hl_warn(&place, "it announces a GPT, and no copy of one can "
		        "be read");
	}
	return st;
}

static enum hl_status read_table(struct hl_table *t, uint32_t sector_size)
{
	uint32_t ss[N_SECTOR_SIZES];
	size_t n = sector_sizes(ss, t->src, sector_size);
	uint8_t b[512];
	struct mbr mbr;
	enum hl_status kind = HL_END;
	enum hl_status st = hl_vol_read(t->src, 0, 512, b, sizeof(b));

	if (st == HL_OK)
		kind = hl_mbr_parse(span_of(b, sizeof(b)), false, &mbr);
	else if (st != HL_END)
		return st;
	else if (hl_src_size(t->src) >= sizeof(b))
		hl_warn(&(struct hl_at){ t->ctx, t->src, 0, "MBR" },
		        "the first sector cannot be read");
	if (kind != HL_END && mbr.others && !mbr.protective) {
		st = try_mbr(t, ss, n, &mbr, kind);
		if (st != HL_END)
			return st;
		kind = HL_END; /* damaged, and nothing vouches for it */
	}
	st = try_gpt(t, ss, n, kind == HL_END ? NULL : &mbr);
	if (st == HL_OK)
		remark_gpt(t, kind == HL_END ? NULL : &mbr);
	if (st != HL_END || kind == HL_END)
		return st;
	return try_mbr(t, ss, n, &mbr, HL_OK);
}

static bool usable_size(uint32_t ss)
{
	return ss == 0 || (is_power_of_two(ss) && ss >= 512 && ss <= 4096);
}

enum hl_status hl_table_open(struct hl_table **out, struct hl_src *image,
                             uint32_t sector_size, const struct hl_ctx *ctx)
{
	*out = NULL;
	if (!usable_size(sector_size))
		return HL_USAGE;
	struct hl_table *t = hl_zalloc(ctx, sizeof(*t));
	if (!t)
		return HL_NOMEM;
	t->ctx = ctx;
	t->src = image;
	enum hl_status st = read_table(t, sector_size);
	if (st == HL_OK)
		st = hl_vol_finish(t);
	if (st != HL_OK) {
		hl_table_close(t);
		return st;
	}
	*out = t;
	return HL_OK;
}

void hl_table_close(struct hl_table *table)
{
	if (!table)
		return;
	hl_free(table->ctx, table->part);
	hl_free(table->ctx, table->area);
	hl_free(table->ctx, table);
}

const struct hl_table_info *hl_table_info(const struct hl_table *table)
{
	return &table->info;
}

size_t hl_table_count(const struct hl_table *table)
{
	return table->n;
}

const struct hl_part *hl_table_part(const struct hl_table *table, size_t i)
{
	return i < table->n ? &table->part[i] : NULL;
}

bool hl_table_own(const struct hl_table *table, size_t i, uint64_t *off,
                  uint64_t *len)
{
	if (i >= table->n_area)
		return false;
	*off = table->area[i].off;
	*len = table->area[i].len;
	return true;
}
