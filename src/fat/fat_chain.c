/*
 * fat_chain.c: a chain of clusters as a list of runs, and why it ends; the
 * walk itself, loops and all, is base/chain.c.
 */
#include <string.h>

#include "base/banned.h"
#include "fat/fat_impl.h"

const char *hl_fat_cut_text(enum hl_fat_cut cut)
{
	static const char *const text[] = {
		[HL_FAT_WHOLE] = "whole",
		[HL_FAT_CUT_SHORT] = "ends before the file does",
		[HL_FAT_CUT_FREE] = "leads to a cluster marked free",
		[HL_FAT_CUT_BAD] = "leads to a cluster marked bad",
		[HL_FAT_CUT_WILD] = "leads out of the volume",
		[HL_FAT_CUT_UNREADABLE] = "the FAT cannot be read",
		[HL_FAT_CUT_LOOP] = "leads back into itself",
		[HL_FAT_CUT_FIRST] = "first cluster is not in the volume",
		[HL_FAT_CUT_LIMIT] = "longer than a folder may be",
		[HL_FAT_CUT_END] = "the volume ends before the file does",
	};
	return text[cut];
}

static enum hl_fat_cut cut_of(enum hl_fat_link kind, bool to_end)
{
	switch (kind) {
	case HL_FAT_FREE:
		return HL_FAT_CUT_FREE;
	case HL_FAT_BAD:
		return HL_FAT_CUT_BAD;
	case HL_FAT_LAST:
		return to_end ? HL_FAT_WHOLE : HL_FAT_CUT_SHORT;
	case HL_FAT_UNREADABLE:
		return HL_FAT_CUT_UNREADABLE;
	default:
		return HL_FAT_CUT_WILD;
	}
}

struct follow {
	struct hl_fat *v;
	struct hl_fat_chain *c;
	unsigned prefer;
	bool more;                    /* the end would be too early */
	struct hl_fat_link_info last; /* the one that ended it */
};

static enum hl_status next(void *user, uint32_t cluster, uint32_t *out)
{
	struct follow *f = user;
	enum hl_status st = hl_fat_table_get(f->v, cluster, f->prefer, f->more,
	                                     &f->last);

	if (st != HL_OK)
		return st;
	f->c->second += f->last.second;
	f->c->differ += f->last.differ;
	f->c->cut_at = cluster;
	*out = f->last.value;
	return f->last.kind == HL_FAT_NEXT ? HL_OK : HL_END;
}

/* Name the link that leads back. */
static enum hl_status end_loop(struct follow *f)
{
	struct hl_fat_chain *c = f->c;
	const struct hl_run *last = &c->runs.run[c->runs.n - 1];
	enum hl_status st;

	c->cut = HL_FAT_CUT_LOOP;
	c->cut_at = last->cluster + last->n - 1;
	st = hl_fat_table_get(f->v, c->cut_at, f->prefer, f->more, &f->last);
	c->cut_value = f->last.value;
	return st;
}

static enum hl_status walk(struct hl_fat *v, uint32_t first, uint32_t want,
                           unsigned prefer, struct hl_fat_chain *c)
{
	bool to_end = want & HL_FAT_TO_END;
	struct follow f = { .v = v, .c = c, .prefer = prefer, .more = !to_end };
	struct hl_chain_walk w = { v->ctx, next, &f, v->geom.n_clusters };
	enum hl_chain_stop stop;
	enum hl_status st;

	if (!hl_fat_is_cluster(&v->geom, first)) {
		c->cut = HL_FAT_CUT_FIRST;
		c->cut_value = first;
		return HL_OK;
	}
	st = hl_chain_follow(&w, first, want & ~HL_FAT_TO_END, &c->runs, &stop);
	if (st != HL_OK)
		return st;
	if (stop == HL_CHAIN_LOOP)
		return end_loop(&f);
	if (stop == HL_CHAIN_END) {
		c->cut = cut_of(f.last.kind, to_end);
		c->cut_value = f.last.value;
		return HL_OK;
	}
	c->cut_at = 0;
	if (to_end)
		c->cut = HL_FAT_CUT_LIMIT;
	return HL_OK;
}

static void clear(struct hl_fat *v, struct hl_fat_chain *c)
{
	hl_runs_free(&c->runs, v->ctx);
	memset(c, 0, sizeof(*c));
}

/* Does the chain end where the file does?  More clusters than a file needs
 * are odd, and no damage by themselves. */
static enum hl_status ends(struct hl_fat *v, const struct hl_fat_chain *c,
                           unsigned prefer, bool *yes)
{
	const struct hl_run *last = c->runs.n ? &c->runs.run[c->runs.n - 1]
	                                      : NULL;
	struct hl_fat_link_info link;
	enum hl_status st;

	*yes = false;
	if (!last || c->cut != HL_FAT_WHOLE)
		return HL_OK;
	st = hl_fat_table_get(v, last->cluster + last->n - 1, prefer, false,
	                      &link);
	*yes = st == HL_OK && link.kind == HL_FAT_LAST;
	return st;
}

/* The copies disagree: is the chain of the second one the better one? */
static enum hl_status compare(struct hl_fat *v,
                              const struct hl_fat_chain *one,
                              const struct hl_fat_chain *two, bool *better)
{
	bool one_ends = false, two_ends = false;
	enum hl_status st = ends(v, one, 0, &one_ends);

	if (st == HL_OK)
		st = ends(v, two, 1, &two_ends);
	*better = st == HL_OK && two->cut == HL_FAT_WHOLE &&
	          (one->cut != HL_FAT_WHOLE || (two_ends && !one_ends));
	return st;
}

enum hl_status hl_fat_chain_walk(struct hl_fat *v, uint32_t first,
                                 uint32_t want, struct hl_fat_chain *out)
{
	struct hl_fat_chain other;
	bool better = false;
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	if (want == 0)
		return HL_OK;
	st = walk(v, first, want, 0, out);
	if (st == HL_OK && out->differ) {
		/* garbage that looks like cluster numbers: ask the copy */
		memset(&other, 0, sizeof(other));
		st = walk(v, first, want, 1, &other);
		if (st == HL_OK)
			st = compare(v, out, &other, &better);
		if (better) {
			clear(v, out);
			*out = other;
			out->second += out->differ;
			out->differ = 0;
		} else {
			if (other.cut == HL_FAT_WHOLE &&
			    other.runs.clusters > out->runs.clusters)
				out->further = other.runs.clusters -
				               out->runs.clusters;
			clear(v, &other);
		}
	}
	if (st != HL_OK)
		clear(v, out);
	return st;
}

void hl_fat_chain_free(struct hl_fat *v, struct hl_fat_chain *chain)
{
	clear(v, chain);
}
