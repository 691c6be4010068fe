/*
 * ebr.c: logical partitions, the chain inside an extended partition.
 *
 *	extended partition, "base"
 *	|EBR| gap |== logical ==| ... |EBR| gap |== logical ==|
 *	   |                           ^
 *	   +- next: counted from base -+   (a logical: from its own EBR)
 *
 * Usually an EBR has one logical partition and one link, but all four slots
 * may be used (and are by hand-made tables, which Windows and Linux read), so
 * every link is put on a list and every EBR is read once.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/mbr_disk.h"
#include "vol/vol_impl.h"

struct chain {
	struct hl_table *t;
	uint64_t base, count; /* the outermost extended partition, sectors */
	uint64_t *lba;        /* EBRs met; the first `done` have been read */
	size_t n, done, cap;
};

static struct hl_at at(const struct chain *c, uint64_t lba)
{
	return (struct hl_at){ c->t->ctx, c->t->src,
	                       lba * c->t->info.sector_size, "EBR" };
}

/* Put an EBR on the list unless it is there: a loop ends by itself. */
static enum hl_status meet(struct chain *c, uint64_t lba, uint64_t from)
{
	struct hl_at place = at(c, from);

	for (size_t i = 0; i < c->n; i++) {
		if (c->lba[i] != lba)
			continue;
		hl_warn(&place, "its link leads back to sector %llu: a loop",
		        (unsigned long long)lba);
		c->t->info.ok = false;
		return HL_OK;
	}
	enum hl_status st = hl_grow(c->t->ctx, (void **)&c->lba, &c->cap, c->n,
	                            sizeof(*c->lba), HL_MAX_EBRS);
	if (st == HL_LIMIT) {
		hl_warn(&place, "more than %d extended boot records",
		        HL_MAX_EBRS);
		c->t->info.ok = false;
		return HL_OK;
	}
	if (st == HL_OK)
		c->lba[c->n++] = lba;
	return st;
}

static bool inside(const struct chain *c, uint64_t lba, uint64_t count)
{
	return lba >= c->base && count <= c->count &&
	       lba - c->base <= c->count - count;
}

static enum hl_status slot(struct chain *c, uint64_t ebr, size_t i,
                           const struct mbr_entry *e)
{
	bool link = hl_mbr_is_extended(e->type);
	uint64_t lba = (link ? c->base : ebr) + e->start;
	struct hl_at place = at(c, ebr);

	if (e->type == 0 || e->count == 0)
		return HL_OK;
	if (!inside(c, lba, link ? 1 : e->count)) {
		/* slots 2 and 3 hold rubbish on some disks (Linux skips it) */
		if (i >= 2) {
			hl_say(&place, "slot %zu leads out of the extended "
			       "partition; not used", i);
			return HL_OK;
		}
		c->t->info.ok = false;
		hl_say(&place, "slot %zu leads out of the extended partition",
		       i);
	}
	if (link)
		return meet(c, lba, ebr);
	if (e->start == 0) {
		hl_warn(&place, "slot %zu begins at the EBR itself; not used",
		        i);
		c->t->info.ok = false;
		return HL_OK;
	}
	return hl_mbr_add(c->t, e, ebr, HL_PART_LOGICAL);
}

static bool all_zero(const uint8_t *p, size_t n)
{
	while (n && *p == 0)
		p++, n--;
	return n == 0;
}

static enum hl_status read_one(struct chain *c, uint64_t lba)
{
	uint8_t b[512];
	struct mbr mbr;
	struct hl_at place = at(c, lba);
	enum hl_status st = hl_vol_read(c->t->src, lba,
	                                c->t->info.sector_size, b, sizeof(b));

	if (st == HL_END) {
		hl_warn(&place, "cannot be read; logical partitions from "
		        "here on are not seen");
		c->t->info.ok = false;
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	if (lba == c->base && all_zero(b, sizeof(b))) {
		hl_say(&place, "the extended partition is empty (zeros)");
		return HL_OK;
	}
	enum hl_status kind = hl_mbr_parse(span_of(b, sizeof(b)), true, &mbr);
	if (kind == HL_END) {
		hl_warn(&place, "no extended boot record here; logical "
		        "partitions from here on are not seen");
		c->t->info.ok = false;
		return HL_OK;
	}
	if (kind == HL_CORRUPT) {
		/* the chain leads here: that vouches for it */
		hl_warn(&place, "damaged; what makes sense in it is used");
		c->t->info.ok = false;
	}
	st = hl_vol_area(c->t, lba, 1);
	for (size_t i = 0; i < 4 && st == HL_OK; i++)
		st = slot(c, lba, i, &mbr.e[i]);
	return st;
}

enum hl_status hl_ebr_fill(struct hl_table *t, uint32_t start, uint32_t count)
{
	struct chain c = { .t = t, .base = start, .count = count };
	enum hl_status st = meet(&c, start, 0);

	while (st == HL_OK && c.done < c.n) {
		if (hl_cancelled(t->ctx))
			st = HL_CANCELLED;
		else
			st = read_one(&c, c.lba[c.done++]);
	}
	hl_free(t->ctx, c.lba);
	return st;
}
