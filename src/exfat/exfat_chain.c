/*
 * exfat_chain.c: the clusters of a file: a row of neighbours (most files), or
 * a chain through the FAT.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "exfat/exfat_impl.h"

const char *hl_exfat_cut_text(enum hl_exfat_cut cut)
{
	static const char *const text[] = {
		[HL_EXFAT_WHOLE] = "whole",
		[HL_EXFAT_CUT_SHORT] = "ends before the file does",
		[HL_EXFAT_CUT_FREE] = "leads nowhere",
		[HL_EXFAT_CUT_BAD] = "leads to a cluster marked bad",
		[HL_EXFAT_CUT_WILD] = "leads out of the volume",
		[HL_EXFAT_CUT_UNREADABLE] = "the FAT cannot be read",
		[HL_EXFAT_CUT_LOOP] = "leads back into itself",
		[HL_EXFAT_CUT_FIRST] = "first cluster is not in the volume",
		[HL_EXFAT_CUT_LIMIT] = "longer than a folder may be",
		[HL_EXFAT_CUT_ROW] = "the volume ends before the file does",
	};
	return text[cut];
}

const char *hl_exfat_guess_text(enum hl_exfat_guess guess)
{
	static const char *const text[] = {
		[HL_EXFAT_STATED] = "as its entry says",
		[HL_EXFAT_GUESS_CHAIN] =
			"guess: the chain that the FAT still holds",
		[HL_EXFAT_GUESS_ROW] = "contiguous guess",
	};
	return text[guess];
}

static enum hl_exfat_cut cut_of(enum hl_exfat_link kind, bool to_end)
{
	switch (kind) {
	case HL_EXFAT_LAST:
		return to_end ? HL_EXFAT_WHOLE : HL_EXFAT_CUT_SHORT;
	case HL_EXFAT_NONE:
		return HL_EXFAT_CUT_FREE;
	case HL_EXFAT_DEFECT:
		return HL_EXFAT_CUT_BAD;
	case HL_EXFAT_UNREADABLE:
		return HL_EXFAT_CUT_UNREADABLE;
	default:
		return HL_EXFAT_CUT_WILD;
	}
}

struct follow {
	struct hl_exfat *v;
	struct hl_exfat_chain *c;
	struct hl_exfat_link_info last; /* the one that ended it */
};

static enum hl_status next(void *user, uint32_t cluster, uint32_t *out)
{
	struct follow *f = user;
	enum hl_status st = hl_exfat_table_get(f->v, cluster, &f->last);

	if (st != HL_OK)
		return st;
	f->c->second += f->last.second;
	f->c->cut_at = cluster;
	*out = f->last.value;
	return f->last.kind == HL_EXFAT_NEXT ? HL_OK : HL_END;
}

static enum hl_status follow(struct hl_exfat *v, uint32_t first, uint32_t want,
                             bool to_end, struct hl_exfat_chain *c)
{
	struct follow f = { .v = v, .c = c };
	struct hl_chain_walk w = { v->ctx, next, &f, v->geom.n_clusters };
	enum hl_chain_stop stop;
	enum hl_status st = hl_chain_follow(&w, first, want, &c->runs, &stop);

	if (st != HL_OK)
		return st;
	if (stop == HL_CHAIN_WANT) {
		c->cut = to_end ? HL_EXFAT_CUT_LIMIT : HL_EXFAT_WHOLE;
		c->cut_at = 0;
	} else if (stop == HL_CHAIN_END) {
		c->cut = cut_of(f.last.kind, to_end);
		c->cut_value = f.last.value;
	} else {
		const struct hl_run *r = &c->runs.run[c->runs.n - 1];
		c->cut = HL_EXFAT_CUT_LOOP;
		c->cut_at = r->cluster + (r->n - 1);
		st = hl_exfat_table_get(v, c->cut_at, &f.last);
		c->cut_value = f.last.value;
	}
	if (c->cut == HL_EXFAT_WHOLE)
		c->cut_at = c->cut_value = 0;
	return st;
}

enum hl_status hl_exfat_chain_get(struct hl_exfat *v, uint32_t first,
                                  bool contiguous, uint32_t want, bool to_end,
                                  struct hl_exfat_chain *out)
{
	const struct hl_exfat_geom *g = &v->geom;
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	if (want == 0)
		return HL_OK;
	if (!hl_exfat_is_cluster(g, first)) {
		out->cut = HL_EXFAT_CUT_FIRST;
		out->cut_value = first;
		return HL_OK;
	}
	if (contiguous) {
		uint32_t there = g->n_clusters - (first - 2);
		if (want > there)
			out->cut = HL_EXFAT_CUT_ROW;
		st = hl_runs_append(&out->runs, v->ctx, first,
		                    (uint32_t)min_u64(want, there), HL_Q_OK);
	} else {
		st = follow(v, first, want, to_end, out);
	}
	if (st != HL_OK)
		hl_exfat_chain_free(v, out);
	return st;
}

/* Deleting clears the bits of the bitmap and the in-use bits of the set; the
 * FAT is left as it is until another file needs those entries. */
static enum hl_status of_deleted(struct hl_exfat *v,
                                 const struct hl_exfat_entry *e, uint32_t want,
                                 struct hl_exfat_chain *out)
{
	struct hl_exfat_chain found;
	enum hl_exfat_guess guess = HL_EXFAT_STATED;
	enum hl_status st = hl_exfat_chain_get(v, e->cluster, e->contiguous,
	                                       want, false, &found);

	if (st == HL_OK && !e->contiguous) {
		guess = HL_EXFAT_GUESS_CHAIN;
		if (found.cut != HL_EXFAT_WHOLE &&
		    found.cut != HL_EXFAT_CUT_FIRST) {
			hl_exfat_chain_free(v, &found);
			st = hl_exfat_chain_get(v, e->cluster, true, want,
			                        false, &found);
			guess = HL_EXFAT_GUESS_ROW;
		}
	}
	if (st != HL_OK)
		return st;
	*out = (struct hl_exfat_chain){ .guess = guess, .cut = found.cut };
	st = hl_exfat_judge_runs(v, &found.runs,
	                         e->what == HL_EXFAT_IS_FOLDER, &out->runs);
	hl_exfat_chain_free(v, &found);
	if (st != HL_OK)
		hl_exfat_chain_free(v, out);
	return st;
}

enum hl_status hl_exfat_chain_of(struct hl_exfat *v,
                                 const struct hl_exfat_entry *e,
                                 struct hl_exfat_chain *out)
{
	uint32_t want = hl_exfat_clusters_for(&v->geom, e->size);

	if (e->what == HL_EXFAT_IS_FOLDER)
		want = (uint32_t)min_u64(want, hl_exfat_clusters_for(
			&v->geom, HL_MAX_EXFAT_FOLDER));
	memset(out, 0, sizeof(*out));
	if (e->deleted)
		return of_deleted(v, e, want, out);
	return hl_exfat_chain_get(v, e->cluster, e->contiguous, want, false,
	                          out);
}

void hl_exfat_chain_free(struct hl_exfat *v, struct hl_exfat_chain *chain)
{
	hl_runs_free(&chain->runs, v->ctx);
	memset(chain, 0, sizeof(*chain));
}
