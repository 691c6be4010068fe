/*
 * recmap_size.c: how large an inferred volume is: as $BadClus or $Bitmap say,
 * else to the last cluster that a record names.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "ntfs/recmap_impl.h"

static void add_fact(struct hl_recmap_cand *c, const struct hl_recmap_fact *f)
{
	uint64_t bytes = f->value;
	uint32_t cs_log2 = c->cs_log2;

	if (f->number == NTFS_REC_BITMAP) {
		/* rounded up to 64 clusters: $BadClus knows better */
		if (c->size_known || bytes > (uint64_t)INT64_MAX / 8 >> cs_log2)
			return;
		bytes = bytes * 8 << cs_log2;
	} else if (f->number != 8) {
		return;
	}
	if (!bytes || bytes > INT64_MAX ||
	    bytes < min_u64(c->end_lcn, INT64_MAX >> cs_log2) << cs_log2)
		return;
	c->size = bytes;
	c->size_known = true;
}

static uint32_t volume_of(const struct hl_recmap_guess *g, uint64_t off)
{
	uint32_t p = hl_recmap_piece_of(g, off);

	return p == RECMAP_NONE ? RECMAP_NONE : g->piece[p].volume;
}

void hl_recmap_sizes(struct hl_recmap *m, struct hl_recmap_guess *g)
{
	size_t i;
	int pass;
	uint32_t v;

	for (i = 0; i < g->n_piece; i++)
		if (g->piece[i].volume < g->n_cand && g->piece[i].votes) {
			struct hl_recmap_cand *c =
				&g->cand[g->piece[i].volume];

			c->end_lcn = max_u64(c->end_lcn, g->piece[i].end_lcn);
		}
	/* record 8 before 6 */
	for (pass = 8; pass >= 6; pass -= 2)
		for (i = 0; i < m->n_fact; i++) {
			v = (int)m->fact[i].number == pass ?
			    volume_of(g, m->fact[i].off) : RECMAP_NONE;
			if (v < g->n_cand)
				add_fact(&g->cand[v], &m->fact[i]);
		}
	for (i = 0; i < g->n_cand; i++) {
		struct hl_recmap_cand *c = &g->cand[i];

		if (!c->size_known && c->end_lcn < (uint64_t)INT64_MAX >> c->cs_log2)
			c->size = c->end_lcn << c->cs_log2;
	}
}
