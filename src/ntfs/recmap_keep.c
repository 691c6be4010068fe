/*
 * recmap_keep.c: the tables of a recmap and their bounds.
 *
 * Stretches: when there are too many, short ones are thinned, half of them at
 * a time, for one record in a million places proves nothing.  Index blocks
 * and their run lists: when there are too many of either, every second folder
 * is left out of both, so that what stays can still be compared.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define BRIDGE 256u /* records never used that stay within a stretch */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9u;
	return x ^ x >> 32;
}

/* ---- stretches ----------------------------------------------------------- */

/* The place of record `number` when it belongs behind this stretch. */
static bool follows(const struct hl_recmap_stretch *s, uint64_t off,
                    uint64_t number, unsigned rs_log2, unsigned cs_log2)
{
	uint64_t step;

	if (s->rs_log2 != rs_log2 || number < s->number + s->n ||
	    (s->cs_log2 && cs_log2 && s->cs_log2 != cs_log2))
		return false;
	step = number - s->number;
	return step - s->n <= BRIDGE && step < UINT32_MAX &&
	       off > s->off && off - s->off == step << rs_log2;
}

/* A record that the stretch ends with, or holds, was fed before. */
static bool holds(const struct hl_recmap_stretch *s, uint64_t off,
                  uint64_t number)
{
	return off >= s->off && number >= s->number &&
	       number - s->number < s->n &&
	       off - s->off == (number - s->number) << s->rs_log2;
}

static void grow_stretch(struct hl_recmap_stretch *s, uint64_t number,
                         unsigned cs_log2, uint64_t end_lcn)
{
	s->n = (uint32_t)(number - s->number) + 1;
	s->present++;
	s->end_lcn = max_u64(s->end_lcn, end_lcn);
	if (!cs_log2)
		return;
	s->cs_log2 = (uint8_t)cs_log2;
	if (s->votes < UINT16_MAX)
		s->votes++;
}

/* Half of those with the fewest records; more when that is not enough. */
static void thin(struct hl_recmap *m)
{
	size_t want = m->n_stretch / 4 * 3, i, n;
	uint32_t most = 1;

	while (m->n_stretch > want) {
		for (i = n = 0; i < m->n_stretch; i++) {
			struct hl_recmap_stretch *s = &m->stretch[i];

			if (s->present <= most &&
			    mix(s->off + m->thinned) & 1)
				m->dropped += s->present;
			else
				m->stretch[n++] = *s;
		}
		m->n_stretch = n;
		m->thinned++;
		if (m->thinned % 4 == 0 && most < UINT32_MAX / 4)
			most *= 4;
	}
	m->last = m->n_stretch ? m->n_stretch - 1 : 0;
}

enum hl_status hl_recmap_keep_record(struct hl_recmap *m, uint64_t off,
                                     uint64_t number, unsigned rs_log2,
                                     unsigned cs_log2, uint64_t end_lcn)
{
	size_t back;
	enum hl_status st;

	m->n_records++;
	/* The one before, or one of a few: two may lie between each other. */
	for (back = 0; back < 4 && back < m->n_stretch; back++) {
		size_t i = back ? m->n_stretch - back : m->last;
		struct hl_recmap_stretch *s = &m->stretch[i];

		if (holds(s, off, number)) {
			m->n_records--;
			return HL_OK;
		}
		if (!follows(s, off, number, rs_log2, cs_log2))
			continue;
		grow_stretch(s, number, cs_log2, end_lcn);
		m->last = i;
		return HL_OK;
	}
	if (m->n_stretch == HL_MAX_RECMAP_STRETCHES)
		thin(m);
	st = hl_grow(m->ctx, (void **)&m->stretch, &m->cap_stretch,
	             m->n_stretch, sizeof(*m->stretch),
	             HL_MAX_RECMAP_STRETCHES);
	if (st != HL_OK)
		return st;
	m->last = m->n_stretch++;
	m->stretch[m->last] = (struct hl_recmap_stretch){
		.off = off, .number = number, .n = 1, .present = 1,
		.end_lcn = end_lcn, .volume = RECMAP_NONE,
		.votes = cs_log2 != 0, .rs_log2 = (uint8_t)rs_log2,
		.cs_log2 = (uint8_t)cs_log2,
	};
	return HL_OK;
}

/* ---- what is sampled by folder ------------------------------------------- */

static bool sampled(const struct hl_recmap *m, uint64_t folder)
{
	return !(mix(folder) & ((UINT64_C(1) << m->sample) - 1));
}

static void sample_more(struct hl_recmap *m)
{
	size_t i, n;

	m->sample++;
	for (i = n = 0; i < m->n_block; i++)
		if (sampled(m, m->block[i].folder))
			m->block[n++] = m->block[i];
	m->n_block = n;
	for (i = n = 0; i < m->n_irun; i++)
		if (sampled(m, m->irun[i].folder))
			m->irun[n++] = m->irun[i];
	m->n_irun = n;
}

/* One folder alone can fill a table: what then comes is left out. */
static bool room(struct hl_recmap *m, uint64_t folder, const size_t *n)
{
	while (*n == HL_MAX_RECMAP_INDEX && m->sample < 32)
		sample_more(m);
	return *n < HL_MAX_RECMAP_INDEX && sampled(m, folder);
}

enum hl_status hl_recmap_keep_block(struct hl_recmap *m,
                                    struct hl_recmap_block b)
{
	enum hl_status st;

	if (!room(m, b.folder, &m->n_block))
		return HL_OK;
	st = hl_grow(m->ctx, (void **)&m->block, &m->cap_block, m->n_block,
	             sizeof(b), HL_MAX_RECMAP_INDEX);
	if (st == HL_OK)
		m->block[m->n_block++] = b;
	return st;
}

enum hl_status hl_recmap_keep_irun(struct hl_recmap *m,
                                   struct hl_recmap_irun r)
{
	enum hl_status st;

	if (!room(m, r.folder, &m->n_irun))
		return HL_OK;
	st = hl_grow(m->ctx, (void **)&m->irun, &m->cap_irun, m->n_irun,
	             sizeof(r), HL_MAX_RECMAP_INDEX);
	if (st == HL_OK)
		m->irun[m->n_irun++] = r;
	return st;
}

/* ---- what is rare -------------------------------------------------------- */

static enum hl_status ok(enum hl_status st)
{
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_recmap_keep_mrun(struct hl_recmap *m,
                                   struct hl_recmap_mrun r)
{
	enum hl_status st = hl_grow(m->ctx, (void **)&m->mrun, &m->cap_mrun,
	                            m->n_mrun, sizeof(r),
	                            HL_MAX_RECMAP_MFT_RUNS);

	if (st == HL_OK)
		m->mrun[m->n_mrun++] = r;
	return ok(st);
}

enum hl_status hl_recmap_keep_anchor(struct hl_recmap *m,
                                     struct hl_recmap_anchor a)
{
	enum hl_status st = hl_grow(m->ctx, (void **)&m->anchor,
	                            &m->cap_anchor, m->n_anchor, sizeof(a),
	                            HL_MAX_RECMAP_ANCHORS);

	if (st == HL_OK)
		m->anchor[m->n_anchor++] = a;
	return ok(st);
}

enum hl_status hl_recmap_keep_fact(struct hl_recmap *m,
                                   struct hl_recmap_fact f)
{
	enum hl_status st = hl_grow(m->ctx, (void **)&m->fact, &m->cap_fact,
	                            m->n_fact, sizeof(f),
	                            (size_t)HL_MAX_RECMAP_ANCHORS * 4);

	if (st == HL_OK)
		m->fact[m->n_fact++] = f;
	return ok(st);
}
