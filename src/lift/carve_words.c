/*
 * carve_words.c: do the parts of a hive speak of each other?
 *
 *	hive  | ...... part one ...... | ...... part two ...... |
 *	                            split                     end
 *
 * Keys name their parents, lists their keys, keys their security.  Two parts
 * that were put together have to speak of each other across the split; bins
 * that lie in a row are believed unless they are strangers: of what they say
 * of those before them, and these of them, more than a fifth is wrong.  Pages
 * of a dirty hive may be of two states, so that some of it may be.
 */
#include <string.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/carve_talk.h"
#include "base/banned.h"

#define BLOCK 16u /* bins that are walked forwards before it goes back */
#define EACH 32u  /* words for or against one bin: more make it no surer */

/* ---- across a split ------------------------------------------------------ */

struct sides {
	uint64_t split;
	struct carve_words *w;
};

static bool enough(const struct carve_words *w)
{
	return w->good + w->bad >= HL_MAX_CARVE_WORDS;
}

static bool crosses(struct carve_talk *t, uint64_t from, uint64_t to)
{
	const struct sides *s = t->user;

	return (from < s->split) != (to < s->split) && !enough(s->w);
}

static void count(struct carve_talk *t, uint64_t from, uint64_t to, bool right)
{
	struct sides *s = t->user;

	(void)from;
	(void)to;
	if (right)
		s->w->good++;
	else
		s->w->bad++;
}

/* From the split outwards on both sides: neighbours say the most. */
static void walk_all(struct carve_talk *t, const struct sides *s)
{
	size_t mid = hl_carve_bin_of(t, s->split);

	for (size_t i = mid; i < t->n && !enough(s->w); i++)
		hl_carve_walk(t, i);
	/* backwards in blocks, so that the window is read forwards */
	for (size_t end = mid; end > 0 && !enough(s->w); ) {
		size_t i = end > BLOCK ? end - BLOCK : 0;

		for (size_t k = i; k < end; k++)
			hl_carve_walk(t, k);
		end = i;
	}
}

enum hl_status hl_carve_words(struct hl_src *src, uint64_t bins_at,
                              uint64_t bin_off, uint64_t split, uint64_t end,
                              const struct hl_ctx *ctx,
                              struct carve_words *out)
{
	struct sides s = { split, out };
	struct carve_talk t = { .wanted = crosses, .word = count,
		                .user = &s };
	enum hl_status st;

	*out = (struct carve_words){ 0, 0 };
	st = hl_carve_talk_open(&t, src, bins_at, bin_off, end, ctx);
	if (st == HL_OK && t.n)
		walk_all(&t, &s);
	return hl_carve_talk_close(&t, st);
}

/* ---- strangers in a row -------------------------------------------------- */

struct said {
	uint8_t good, bad;
	bool broken; /* its cells do not chain: what it says is not heard */
};

static struct said *later(struct carve_talk *t, uint64_t from, uint64_t to,
                          bool *heard)
{
	struct said *said = t->user;
	size_t a = hl_carve_bin_of(t, from), b = hl_carve_bin_of(t, to);

	*heard = a != b && !said[a].broken && !said[b].broken;
	return &said[a > b ? a : b];
}

static bool between(struct carve_talk *t, uint64_t from, uint64_t to)
{
	bool heard;
	const struct said *s = later(t, from, to, &heard);

	return heard && s->good + s->bad < EACH;
}

static void note(struct carve_talk *t, uint64_t from, uint64_t to, bool right)
{
	bool heard;
	struct said *s = later(t, from, to, &heard);

	s->good += right;
	s->bad += !right;
}

static void find_broken(struct carve_talk *t, struct said *said)
{
	for (size_t i = 0; i < t->n; i++) {
		uint64_t end = i + 1 < t->n ? t->bin[i + 1] : t->end;
		uint32_t size = (uint32_t)(end - t->bin[i]);

		said[i].broken = hl_carve_cells(&t->near, t->bins_at +
		                                (t->bin[i] - t->first),
		                                size) != size;
	}
}

static uint64_t first_stranger(const struct carve_talk *t,
                               const struct said *said)
{
	for (size_t i = 1; i < t->n; i++)
		if (said[i].bad >= 2 && 4u * said[i].bad > said[i].good)
			return t->bin[i];
	return UINT64_MAX;
}

enum hl_status hl_carve_stranger(struct hl_src *src, uint64_t bins_at,
                                 uint64_t bin_off, uint64_t end,
                                 const struct hl_ctx *ctx, uint64_t *at)
{
	struct carve_talk t = { .wanted = between, .word = note };
	struct said *said = NULL;
	enum hl_status st;

	*at = UINT64_MAX;
	st = hl_carve_talk_open(&t, src, bins_at, bin_off, end, ctx);
	if (st == HL_OK && t.n > 1) {
		said = hl_zalloc(ctx, t.n * sizeof(*said));
		st = said ? HL_OK : HL_NOMEM;
	}
	if (st == HL_OK && said) {
		t.user = said;
		find_broken(&t, said);
		for (size_t i = 0; i < t.n; i++)
			hl_carve_walk(&t, i);
	}
	if (said)
		*at = first_stranger(&t, said);
	hl_free(ctx, said);
	return hl_carve_talk_close(&t, st);
}
