/*
 * fat_guess.c: where a deleted file lay.
 *
 * Deleting frees the chain in the FAT; what is left is the entry with the
 * first cluster and the size.  It is guessed as others guess it: from the
 * first cluster on, the ones that are free now, since files are written from
 * low to high around what is there.  Where the first one is in use, nothing
 * is stepped over: the place in the file then tells which bytes are lost.
 */
#include <string.h>

#include "base/banned.h"
#include "fat/fat_impl.h"

const char *hl_fat_guess_text(enum hl_fat_guess guess)
{
	static const char *const text[] = {
		[HL_FAT_BY_FAT] = "by the FAT",
		[HL_FAT_GUESS_FREE] = "contiguous guess, without clusters "
		                      "that are in use now",
		[HL_FAT_GUESS_ALL] = "contiguous guess",
		[HL_FAT_GUESS_CHAIN] = "guess: the chain that begins there "
		                       "now has the right length",
	};
	return text[guess];
}

static enum hl_quality quality_of(enum hl_fat_link kind)
{
	switch (kind) {
	case HL_FAT_FREE:
		return HL_Q_UNALLOCATED_NOW;
	case HL_FAT_NEXT:
	case HL_FAT_LAST:
		return HL_Q_ALLOCATED_TO;
	default:
		return HL_Q_UNKNOWN;
	}
}

enum hl_status hl_fat_guess_add(struct hl_fat *v, struct hl_fat_chain *c,
                                uint32_t cluster, enum hl_quality quality)
{
	return hl_runs_append(&c->runs, v->ctx, cluster, 1, (uint16_t)quality);
}

/* `want` clusters from the first on; free_only: step over the others. */
static enum hl_status in_a_row(struct hl_fat *v, uint32_t first, uint32_t want,
                               bool free_only, struct hl_fat_chain *out)
{
	struct hl_fat_link_info link;
	enum hl_status st = HL_OK;
	uint32_t cluster = first;

	out->guess = free_only ? HL_FAT_GUESS_FREE : HL_FAT_GUESS_ALL;
	for (; st == HL_OK && out->runs.clusters < want; cluster++) {
		if (!hl_fat_is_cluster(&v->geom, cluster)) {
			out->cut = HL_FAT_CUT_END;
			break;
		}
		if ((cluster & 0xFFFF) == 0 && hl_cancelled(v->ctx))
			return HL_CANCELLED;
		st = hl_fat_table_get(v, cluster, 0, false, &link);
		if (st == HL_OK && (!free_only || link.kind == HL_FAT_FREE))
			st = hl_fat_guess_add(v, out, cluster,
			                      quality_of(link.kind));
	}
	return st;
}

/* A file that was renamed or moved left an entry, but kept its chain. */
static enum hl_status as_chain(struct hl_fat *v, uint32_t first, uint32_t want,
                               struct hl_fat_chain *out)
{
	enum hl_status st = hl_fat_chain_walk(v, first,
	                                      HL_FAT_TO_END | (want + 1),
	                                      out);

	if (st != HL_OK)
		return st;
	if (out->cut != HL_FAT_WHOLE || out->runs.clusters != want) {
		hl_fat_chain_free(v, out);
		return HL_END;
	}
	out->guess = HL_FAT_GUESS_CHAIN;
	for (size_t i = 0; i < out->runs.n; i++)
		out->runs.run[i].quality = HL_Q_ALLOCATED_TO;
	return HL_OK;
}

static enum hl_status guess(struct hl_fat *v, uint32_t first, uint32_t want,
                            bool plain, struct hl_fat_chain *out)
{
	struct hl_fat_link_info link;
	enum hl_status st = hl_fat_table_get(v, first, 0, false, &link);

	if (st == HL_OK && !plain && link.kind == HL_FAT_FREE) {
		st = in_a_row(v, first, want, true, out);
		if (st != HL_OK || out->cut == HL_FAT_WHOLE)
			return st;
		hl_fat_chain_free(v, out);
	} else if (st == HL_OK && !plain) {
		st = as_chain(v, first, want, out);
		if (st != HL_END)
			return st;
		st = HL_OK;
	}
	return st == HL_OK ? in_a_row(v, first, want, false, out) : st;
}

enum hl_status hl_fat_guess(struct hl_fat *v, const struct hl_fat_entry *e,
                            bool plain, struct hl_fat_chain *out)
{
	uint32_t size = v->geom.cluster_size;
	uint32_t want = (uint32_t)(((uint64_t)e->size + size - 1) / size);
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	if (e->what == HL_FAT_FOLDER) {
		uint32_t first = e->cluster;
		st = e->orphan ? HL_OK : hl_fat_gone_folder(v, e, &first);
		if (st == HL_OK)
			return hl_fat_gone_chain(v, first, out);
		out->cut = HL_FAT_CUT_FIRST;
		return st == HL_END ? HL_OK : st;
	}
	out->guess = HL_FAT_GUESS_ALL;
	if (want == 0)
		return HL_OK;
	if (!hl_fat_is_cluster(&v->geom, e->cluster)) {
		out->cut = HL_FAT_CUT_FIRST;
		return HL_OK;
	}
	st = guess(v, e->cluster, want, plain, out);
	if (st != HL_OK)
		hl_fat_chain_free(v, out);
	return st;
}

enum hl_status hl_fat_is_free(struct hl_fat *v, uint64_t pos, bool *yes)
{
	const struct hl_fat_geom *g = &v->geom;
	struct hl_fat_link_info link;
	enum hl_status st;

	*yes = false;
	if (pos < g->data_off ||
	    (pos - g->data_off) / g->cluster_size >= g->n_clusters)
		return HL_OK; /* the fixed root */
	st = hl_fat_table_get(v, (uint32_t)((pos - g->data_off) /
	                                    g->cluster_size) + 2, 0, false,
	                      &link);
	*yes = st == HL_OK && link.kind == HL_FAT_FREE;
	return st;
}
