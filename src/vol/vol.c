/*
 * vol.c: reads a partition table: which scheme, which sector size, and then
 * partitions and gaps in the order of their start.
 *
 *	|MBR|  gap  |=== 1 ===|gap|=== 2 ===|   gap   |GPT backup|
 *	 area        partitions                        area
 *
 * Who wins, when several things could be read:
 *	protective MBR + GPT       the GPT
 *	hybrid MBR + GPT           the GPT, and it is said
 *	no MBR (wiped) + GPT       the GPT
 *	ordinary MBR + old GPT     the MBR (a GPT needs its protective entry)
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/note.h"
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

/* ---- partitions ----------------------------------------------------------------- */

/* Cut to the image what the table claims, and say so. */
static void cut(struct hl_table *t, struct hl_part *part)
{
	uint64_t size = hl_src_size(t->src);
	struct hl_at place = { t->ctx, t->src, HL_NO_OFFSET, "partition" };

	part->len = part->stated_len;
	if (part->off >= size) {
		part->flags |= HL_PART_OUTSIDE;
		part->len = 0;
		hl_warn(&place, "one of type %s begins at byte %llu, behind "
		        "the end of the image", part->type,
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

static int by_start(const void *a, const void *b)
{
	const struct hl_part *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	if (x->stated_len != y->stated_len) /* the larger one first */
		return x->stated_len > y->stated_len ? -1 : 1;
	return memcmp(x->guid, y->guid, sizeof(x->guid));
}

static int area_by_start(const void *a, const void *b)
{
	const struct vol_area *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

/* The one that reaches furthest so far is what the next may overlap. */
static void find_overlaps(struct hl_table *t)
{
	size_t far = 0;

	for (size_t i = 1; i < t->n; i++) {
		struct hl_part *p = &t->part[i], *q = &t->part[far];

		if (p->len && q->len && p->off - q->off < q->len) {
			p->flags |= HL_PART_OVERLAPS;
			q->flags |= HL_PART_OVERLAPS;
			t->info.ok = false;
			hl_say(&(struct hl_at){ t->ctx, t->src, p->off,
			                        "partition" },
			       "it overlaps the one at byte %llu",
			       (unsigned long long)q->off);
		}
		if (p->off + p->len > q->off + q->len)
			far = i;
	}
}

/* ---- gaps ------------------------------------------------------------------------- */

struct gaps {
	struct hl_table *t;
	struct hl_part *out;
	size_t n, cap;
	uint64_t end; /* everything before it is covered or listed */
};

static enum hl_status push(struct gaps *g, const struct hl_part *part)
{
	enum hl_status st = hl_grow(g->t->ctx, (void **)&g->out, &g->cap, g->n,
	                            sizeof(*g->out),
	                            2 * (HL_MAX_PARTS + HL_MAX_EBRS + 32));

	if (st == HL_OK)
		g->out[g->n++] = *part;
	return st;
}

/*
 * Something covers [off, off+len).  The end is a running maximum: a small
 * partition inside a large one must not make the large one's rest a gap.
 */
static enum hl_status cover(struct gaps *g, uint64_t off, uint64_t len)
{
	struct hl_part gap = { .flags = HL_PART_GAP, .type_name = "gap" };
	enum hl_status st = HL_OK;

	if (off > g->end) {
		gap.off = g->end;
		gap.len = gap.stated_len = off - g->end;
		st = push(g, &gap);
	}
	g->end = max_u64(g->end, off + len);
	return st;
}

static enum hl_status merge_gaps(struct gaps *g, uint64_t size)
{
	struct hl_table *t = g->t;
	size_t i = 0, a = 0;
	enum hl_status st = HL_OK;

	while (st == HL_OK && (i < t->n || a < t->n_area)) {
		if (i == t->n ||
		    (a < t->n_area && t->area[a].off <= t->part[i].off)) {
			const struct vol_area *v = &t->area[a++];

			if (v->off < size)
				st = cover(g, v->off,
				           min_u64(v->len, size - v->off));
			continue;
		}
		const struct hl_part *p = &t->part[i++];
		if (p->len)
			st = cover(g, p->off, p->len);
		else
			st = cover(g, min_u64(p->off, size), 0);
		if (st == HL_OK)
			st = push(g, p);
	}
	return st == HL_OK ? cover(g, size, 0) : st;
}

static enum hl_status finish(struct hl_table *t)
{
	struct gaps g = { .t = t };

	if (t->n)
		qsort(t->part, t->n, sizeof(*t->part), by_start);
	if (t->n_area)
		qsort(t->area, t->n_area, sizeof(*t->area), area_by_start);
	find_overlaps(t);
	enum hl_status st = merge_gaps(&g, hl_src_size(t->src));
	hl_free(t->ctx, t->part);
	t->part = g.out;
	t->n = g.n;
	t->cap = g.cap;
	return st;
}

/* ---- which scheme, which sector size ---------------------------------------------- */

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

static enum hl_status try_mbr(struct hl_table *t, const uint32_t *ss, size_t n,
                              const struct mbr *mbr)
{
	struct hl_at place = { t->ctx, t->src, 0, "MBR" };
	unsigned score, best = 0;

	t->info.sector_size = ss[0];
	for (size_t i = 0; i < n; i++) {
		enum hl_status st = hl_mbr_score(t->src, mbr, ss[i], &score);
		if (st != HL_OK)
			return st;
		if (score > best) {
			best = score;
			t->info.sector_size = ss[i];
		}
	}
	if (!mbr->protective && hl_gpt_seen(t->src, t->info.sector_size))
		hl_say(&place, "an ordinary one, though a GPT lies behind it; "
		       "the GPT is not used");
	enum hl_status st = hl_mbr_fill(t, mbr);
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
	bool have = false;
	enum hl_status st = hl_vol_read(t->src, 0, 512, b, sizeof(b));

	if (st == HL_OK)
		have = hl_mbr_parse(span_of(b, sizeof(b)), false, &mbr) ==
		       HL_OK;
	else if (st != HL_END)
		return st;
	if (have && mbr.others && !mbr.protective)
		return try_mbr(t, ss, n, &mbr);
	st = try_gpt(t, ss, n, have ? &mbr : NULL);
	if (st == HL_OK)
		remark_gpt(t, have ? &mbr : NULL);
	if (st != HL_END || !have)
		return st;
	return try_mbr(t, ss, n, &mbr);
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
		st = finish(t);
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
