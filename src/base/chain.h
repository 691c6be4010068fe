/*
 * chain.h: clusters of a file as a list of runs, and a walk along the links
 * that say which cluster follows which, wherever those lead.
 */
#ifndef HL_CHAIN_H
#define HL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hivelift/ctx.h"

struct hl_run {
	uint32_t at;      /* cluster of the file */
	uint32_t cluster; /* cluster of the volume */
	uint32_t n;
	uint16_t quality; /* enum hl_quality; OK but of a deleted file */
};
struct hl_runs {
	struct hl_run *run;
	size_t n, cap;
	uint32_t clusters; /* sum */
};

/* HL_OK, HL_NOMEM, HL_LIMIT (more clusters than 32 bits count) */
enum hl_status hl_runs_append(struct hl_runs *r, const struct hl_ctx *ctx,
                              uint32_t cluster, uint32_t n,
                              uint16_t quality) HL_MUST_CHECK;
/* Keep the first so many clusters. */
void hl_runs_cut(struct hl_runs *r, uint32_t clusters);
/* Is any cluster in the list twice?  HL_OK, HL_NOMEM */
enum hl_status hl_runs_repeat(const struct hl_runs *r, const struct hl_ctx *ctx,
                              bool *yes) HL_MUST_CHECK;
/* The run that holds the file's cluster `at`; NULL: none. */
const struct hl_run *hl_runs_find(const struct hl_runs *r, uint32_t at);
void hl_runs_free(struct hl_runs *r, const struct hl_ctx *ctx);

/* What a walk was ended by. */
enum hl_chain_stop {
	HL_CHAIN_WANT, /* as many clusters as were asked for */
	HL_CHAIN_END,  /* `next` said HL_END at the last cluster */
	HL_CHAIN_LOOP, /* the last cluster leads back into the list */
};
struct hl_chain_walk {
	const struct hl_ctx *ctx;
	/* HL_OK: *next is a cluster of the volume; HL_END: none follows;
	 * anything else ends the walk */
	enum hl_status (*next)(void *user, uint32_t cluster, uint32_t *next);
	void *user;
	uint32_t n_clusters; /* of the volume: the measure of all budgets */
};
/*
 * From `first`, which is a cluster of the volume, for `want` clusters (not
 * 0).  A list that holds a cluster twice is cut where it comes again.
 *   HL_OK, HL_NOMEM, or what `next` said
 */
enum hl_status hl_chain_follow(const struct hl_chain_walk *w, uint32_t first,
                               uint32_t want, struct hl_runs *out,
                               enum hl_chain_stop *stop) HL_MUST_CHECK;

#endif
