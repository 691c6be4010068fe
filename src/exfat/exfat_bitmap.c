/*
 * exfat_bitmap.c: the allocation bitmap: a bit for each cluster, the first of
 * cluster 2, set when it is in use.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat_impl.h"

#define PIECE 4096u /* bytes of it that are looked at in one go */

/* HL_END: there is none to be had. */
static enum hl_status open_bitmap(struct hl_exfat *v)
{
	const struct hl_exfat_place *p = &v->bitmap_at[v->geom.active];
	struct hl_at at = { v->ctx, v->src, HL_NO_OFFSET,
	                    "exFAT allocation bitmap" };
	uint64_t need = ((uint64_t)v->geom.n_clusters + 7) / 8;
	struct hl_exfat_chain c;
	enum hl_status st;

	if (v->bitmap_tried)
		return v->bitmap ? HL_OK : HL_END;
	v->bitmap_tried = true;
	if (!p->cluster)
		return HL_END;
	st = hl_exfat_chain_get(v, p->cluster, false,
	                        hl_exfat_clusters_for(&v->geom, need), false,
	                        &c);
	if (st != HL_OK)
		return st;
	if (c.cut != HL_EXFAT_WHOLE)
		hl_warn(&at, "its chain is cut: %s; what is free is not known",
		        hl_exfat_cut_text(c.cut));
	else
		st = hl_exfat_chain_src(&v->bitmap, v, &c.runs, need, need,
		                        need, "allocation bitmap");
	hl_exfat_chain_free(v, &c);
	return st == HL_OK && !v->bitmap ? HL_END : st;
}

static unsigned ones(uint8_t b)
{
	unsigned n = 0;

	for (; b; b &= (uint8_t)(b - 1))
		n++;
	return n;
}

/* Bits [from, to) of the buffer that are set. */
static uint64_t count_ones(uint8_t *buf, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	buf[from / 8] &= (uint8_t)(0xFFu << from % 8);
	if (to % 8)
		buf[to / 8] &= (uint8_t)((1u << to % 8) - 1);
	for (uint64_t i = from / 8; i < (to + 7) / 8; i++)
		n += ones(buf[i]);
	return n;
}

enum hl_status hl_exfat_count_free(struct hl_exfat *v, uint32_t first,
                                   uint32_t n, uint64_t *free)
{
	uint64_t bit = first - 2u, end = bit + n;
	enum hl_status st = open_bitmap(v);
	uint8_t buf[PIECE];

	*free = 0;
	if (st != HL_OK)
		return st;
	if (!hl_exfat_is_cluster(&v->geom, first) || end > v->geom.n_clusters)
		return HL_END;
	while (bit < end) {
		uint64_t base = bit / 8 * 8;
		uint64_t stop = min_u64(end, base + sizeof(buf) * 8);
		if (hl_cancelled(v->ctx))
			return HL_CANCELLED;
		st = hl_src_read(v->bitmap, base / 8, buf,
		                 (size_t)((stop - base + 7) / 8), NULL);
		if (st != HL_OK)
			return st == HL_IO ? HL_END : st;
		*free += stop - bit - count_ones(buf, bit - base, stop - base);
		bit = stop;
	}
	return HL_OK;
}

enum hl_status hl_exfat_free_bytes(struct hl_exfat *v, uint64_t *bytes)
{
	enum hl_status st = hl_exfat_count_free(v, 2, v->geom.n_clusters,
	                                        bytes);

	*bytes *= v->geom.cluster_size;
	return st;
}

/* One run, bit by bit.  HL_END: free_only met one that is in use, or the
 * bitmap does not tell from here on. */
static enum hl_status judge(struct hl_exfat *v, const struct hl_run *r,
                            bool free_only, struct hl_runs *out, uint32_t *done)
{
	uint8_t buf[PIECE];

	for (*done = 0; *done < r->n;) {
		uint64_t bit = r->cluster - 2u + (uint64_t)*done;
		uint64_t base = bit / 8 * 8, stop = bit - *done + r->n;
		stop = min_u64(stop, base + sizeof(buf) * 8);
		enum hl_status st = hl_src_read(
			v->bitmap, base / 8, buf,
			(size_t)((stop - base + 7) / 8), NULL);
		if (st != HL_OK)
			return st == HL_IO ? HL_END : st;
		for (; st == HL_OK && bit < stop; bit++, ++*done) {
			bool used = buf[(bit - base) / 8] >> bit % 8 & 1;
			if (used && free_only)
				return HL_END;
			st = hl_runs_append(out, v->ctx, (uint32_t)bit + 2, 1,
			                    used ? HL_Q_ALLOCATED_TO
			                         : HL_Q_UNALLOCATED_NOW);
		}
		if (st == HL_OK && hl_cancelled(v->ctx))
			st = HL_CANCELLED;
		if (st != HL_OK)
			return st;
	}
	return HL_OK;
}

enum hl_status hl_exfat_judge_runs(struct hl_exfat *v,
                                   const struct hl_runs *runs, bool free_only,
                                   struct hl_runs *out)
{
	enum hl_status st = open_bitmap(v);
	bool known = st == HL_OK;

	if (st == HL_END)
		st = HL_OK;
	for (size_t i = 0; i < runs->n && st == HL_OK; i++) {
		const struct hl_run *r = &runs->run[i];
		uint32_t done = 0;
		if (known)
			st = judge(v, r, free_only, out, &done);
		if (st == HL_END && free_only)
			return HL_OK;
		if (st == HL_END) {
			known = false;
			st = HL_OK;
		}
		if (st == HL_OK && done < r->n)
			st = hl_runs_append(out, v->ctx, r->cluster + done,
			                    r->n - done, HL_Q_UNKNOWN);
	}
	return st;
}
