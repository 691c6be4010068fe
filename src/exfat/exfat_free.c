/*
 * exfat_free.c: the stretches of clusters that the allocation bitmap calls
 * free.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat_impl.h"

#define PIECE 4096u

/* Looks through one piece of the bitmap from *bit on. */
static enum hl_status piece(struct hl_exfat *v, uint64_t *bit, uint64_t end,
                            bool used, bool *found)
{
	uint64_t base = *bit / 8 * 8;
	uint64_t stop = min_u64(end, base + (uint64_t)PIECE * 8);
	uint8_t buf[PIECE];
	enum hl_status st = hl_src_read(v->bitmap, base / 8, buf,
	                                (size_t)((stop - base + 7) / 8), NULL);

	if (st != HL_OK)
		return st == HL_IO ? HL_END : st;
	for (; *bit < stop && !*found; *bit += !*found)
		*found = (buf[(*bit - base) / 8] >> *bit % 8 & 1) == used;
	return HL_OK;
}

/* The first bit that is `used`, from *bit on; or the end. */
static enum hl_status find(struct hl_exfat *v, uint64_t *bit, uint64_t end,
                           bool used)
{
	enum hl_status st = HL_OK;
	bool found = false;

	while (st == HL_OK && !found && *bit < end)
		st = hl_cancelled(v->ctx) ? HL_CANCELLED :
		     piece(v, bit, end, used, &found);
	return st;
}

enum hl_status hl_exfat_free_next(struct hl_exfat *v, uint32_t *cursor,
                                  uint32_t *first, uint32_t *n)
{
	uint64_t end = v->geom.n_clusters, bit = *cursor, from;
	uint64_t none;
	enum hl_status st;

	*n = 0;
	if (bit >= end)
		return HL_END;
	/* what is asked for is the bitmap; how much is free is not */
	st = hl_exfat_count_free(v, 2, 1, &none);
	if (st == HL_OK)
		st = find(v, &bit, end, false);
	from = bit;
	if (st == HL_OK)
		st = find(v, &bit, end, true);
	if (st == HL_END) { /* it does not tell: of nobody that is known */
		from = *cursor;
		bit = end;
		st = HL_OK;
	}
	*cursor = (uint32_t)bit;
	*first = (uint32_t)from + 2;
	*n = (uint32_t)(bit - from);
	return st != HL_OK ? st : *n ? HL_OK : HL_END;
}
