/*
 * recmap_save.c: the state of a pass, to be taken up again.
 *
 *	"HLRECMP2" | counts | stretches | blocks | iruns | mruns | anchors |
 *	facts | checksum
 *
 * All in words of 64 bits, little-endian.  The file lies on the user's own
 * disk, but it can be cut or edited, so nothing in it is believed that the
 * tables would not have taken from a medium.
 */
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define MAGIC "HLRECMP2"
#define TABLES 6
#define COUNTS (TABLES + 4) /* and records, dropped, sample, thinned */
#define MAX_WORDS 7

/* Elements to words and back; an element that cannot be is refused. */
struct table {
	size_t words, size, max;
	void (*pack)(const void *e, uint64_t *w);
	bool (*unpack)(void *e, const uint64_t *w);
};

static uint64_t two(uint32_t lo, uint32_t hi)
{
	return lo | (uint64_t)hi << 32;
}

static bool rs_ok(uint64_t v)
{
	return v >= 10 && v <= 12;
}

static bool cs_ok(uint64_t v)
{
	return !v || (v >= 9 && v <= 21);
}

static void pack_stretch(const void *e, uint64_t *w)
{
	const struct hl_recmap_stretch *s = e;

	w[0] = s->off;
	w[1] = s->number;
	w[2] = two(s->n, s->present);
	w[3] = s->end_lcn;
	w[4] = s->votes | (uint64_t)s->rs_log2 << 16 |
	       (uint64_t)s->cs_log2 << 24;
}

static bool unpack_stretch(void *e, const uint64_t *w)
{
	struct hl_recmap_stretch *s = e;

	*s = (struct hl_recmap_stretch){
		.off = w[0], .number = w[1], .n = (uint32_t)w[2],
		.present = (uint32_t)(w[2] >> 32), .end_lcn = w[3],
		.volume = RECMAP_NONE, .votes = (uint16_t)w[4],
		.rs_log2 = (uint8_t)(w[4] >> 16),
		.cs_log2 = (uint8_t)(w[4] >> 24),
	};
	return s->off <= INT64_MAX && s->n && rs_ok(s->rs_log2) &&
	       (s->number <= UINT32_MAX || s->number ==
	        hl_recmap_old_number(s->off, s->rs_log2)) &&
	       s->present && s->present <= s->n &&
	       cs_ok(s->cs_log2);
}

static void pack_block(const void *e, uint64_t *w)
{
	const struct hl_recmap_block *b = e;

	w[0] = b->off;
	w[1] = b->folder;
	w[2] = two(b->vcn, b->size);
}

static bool unpack_block(void *e, const uint64_t *w)
{
	*(struct hl_recmap_block *)e = (struct hl_recmap_block){
		.off = w[0], .folder = w[1], .vcn = (uint32_t)w[2],
		.size = (uint32_t)(w[2] >> 32) };
	return w[0] <= INT64_MAX;
}

static void pack_irun(const void *e, uint64_t *w)
{
	const struct hl_recmap_irun *r = e;

	w[0] = r->folder;
	w[1] = r->lcn;
	w[2] = r->off;
	w[3] = two(r->vcn, r->len);
	w[4] = r->cs_log2;
}

static bool unpack_irun(void *e, const uint64_t *w)
{
	*(struct hl_recmap_irun *)e = (struct hl_recmap_irun){
		.folder = w[0], .lcn = w[1], .off = w[2],
		.vcn = (uint32_t)w[3], .len = (uint32_t)(w[3] >> 32),
		.cs_log2 = (uint32_t)w[4] };
	return w[2] <= INT64_MAX && cs_ok(w[4]);
}

static void pack_mrun(const void *e, uint64_t *w)
{
	const struct hl_recmap_mrun *r = e;

	w[0] = r->off;
	w[1] = r->vcn;
	w[2] = r->lcn;
	w[3] = r->len;
}

static bool unpack_mrun(void *e, const uint64_t *w)
{
	*(struct hl_recmap_mrun *)e = (struct hl_recmap_mrun){
		w[0], w[1], w[2], w[3] };
	return w[0] <= INT64_MAX;
}

static void pack_anchor(const void *e, uint64_t *w)
{
	const struct hl_recmap_anchor *a = e;

	w[0] = a->off;
	w[1] = a->size;
	w[2] = a->valid;
	w[3] = a->created;
	w[4] = a->lcn;
	w[5] = a->clusters;
	w[6] = two(a->rs_log2, a->cs_log2);
}

static bool unpack_anchor(void *e, const uint64_t *w)
{
	*(struct hl_recmap_anchor *)e = (struct hl_recmap_anchor){
		.off = w[0], .size = w[1], .valid = w[2], .created = w[3],
		.lcn = w[4], .clusters = w[5], .rs_log2 = (uint16_t)w[6],
		.cs_log2 = (uint16_t)(w[6] >> 32) };
	return w[0] <= INT64_MAX && w[1] <= INT64_MAX && w[2] <= INT64_MAX &&
	       rs_ok(w[6] & UINT32_MAX) && cs_ok(w[6] >> 32);
}

static void pack_fact(const void *e, uint64_t *w)
{
	const struct hl_recmap_fact *f = e;

	w[0] = f->off;
	w[1] = f->number;
	w[2] = f->value;
}

static bool unpack_fact(void *e, const uint64_t *w)
{
	*(struct hl_recmap_fact *)e = (struct hl_recmap_fact){
		w[0], w[1], w[2] };
	return w[0] <= INT64_MAX;
}

static const struct table table[TABLES] = {
	{ 5, sizeof(struct hl_recmap_stretch), HL_MAX_RECMAP_STRETCHES,
	  pack_stretch, unpack_stretch },
	{ 3, sizeof(struct hl_recmap_block), HL_MAX_RECMAP_INDEX, pack_block,
	  unpack_block },
	{ 5, sizeof(struct hl_recmap_irun), HL_MAX_RECMAP_INDEX, pack_irun,
	  unpack_irun },
	{ 4, sizeof(struct hl_recmap_mrun), HL_MAX_RECMAP_MFT_RUNS, pack_mrun,
	  unpack_mrun },
	{ 7, sizeof(struct hl_recmap_anchor), HL_MAX_RECMAP_ANCHORS,
	  pack_anchor, unpack_anchor },
	{ 3, sizeof(struct hl_recmap_fact), (size_t)HL_MAX_RECMAP_ANCHORS * 4,
	  pack_fact, unpack_fact },
};

/* ---- writing ------------------------------------------------------------- */

struct out {
	int (*write)(void *user, const void *p, size_t n);
	void *user;
	uint64_t sum;
	size_t n;
	bool failed;
	uint8_t buf[4096];
};

static void flush(struct out *o)
{
	if (!o->failed && o->n && o->write(o->user, o->buf, o->n))
		o->failed = true;
	o->n = 0;
}

static void put_byte(struct out *o, uint8_t b)
{
	o->sum = (o->sum ^ b) * 0x100000001b3u;
	if (o->n == sizeof(o->buf))
		flush(o);
	o->buf[o->n++] = b;
}

static void put(struct out *o, uint64_t v)
{
	int i;

	for (i = 0; i < 8; i++)
		put_byte(o, (uint8_t)(v >> 8 * i));
}

enum hl_status hl_recmap_save(const struct hl_recmap *m,
                              int (*write)(void *user, const void *p,
                                           size_t n), void *user)
{
	const void *const array[TABLES] = { m->stretch, m->block, m->irun,
		m->mrun, m->anchor, m->fact };
	const size_t n[TABLES] = { m->n_stretch, m->n_block, m->n_irun,
		m->n_mrun, m->n_anchor, m->n_fact };
	struct out o = { .write = write, .user = user,
	                 .sum = 0xcbf29ce484222325u };
	uint64_t w[MAX_WORDS];
	size_t t, i, k;

	for (i = 0; i < 8; i++)
		put_byte(&o, (uint8_t)MAGIC[i]);
	for (t = 0; t < TABLES; t++)
		put(&o, n[t]);
	put(&o, m->n_records);
	put(&o, m->dropped);
	put(&o, m->sample);
	put(&o, m->thinned);
	for (t = 0; t < TABLES; t++)
		for (i = 0; i < n[t] && !o.failed; i++) {
			table[t].pack((const uint8_t *)array[t] +
			              i * table[t].size, w);
			for (k = 0; k < table[t].words; k++)
				put(&o, w[k]);
		}
	put(&o, o.sum);
	flush(&o);
	return o.failed ? HL_IO : HL_OK;
}

/* ---- reading ------------------------------------------------------------- */

static bool sum_fits(struct span s)
{
	uint64_t sum = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i + 8 < s.n; i++)
		sum = (sum ^ s.p[i]) * 0x100000001b3u;
	return sum == le64_at(s.p + s.n - 8);
}

/* The bytes that so many elements need; checked against what is there. */
static bool counts_fit(struct span s, const uint64_t *n)
{
	uint64_t need = 8 + 8 * COUNTS + 8;
	size_t t;

	for (t = 0; t < TABLES; t++) {
		if (n[t] > table[t].max)
			return false;
		need += n[t] * table[t].words * 8;
	}
	return need == s.n;
}

static enum hl_status load_table(const struct hl_ctx *ctx,
                                 const struct table *t, const uint8_t **p,
                                 uint64_t n, void **array, size_t *n_out,
                                 size_t *cap)
{
	uint64_t w[MAX_WORDS];
	size_t i, k;

	if (!n)
		return HL_OK;
	*array = hl_alloc_array(ctx, (size_t)n, t->size);
	if (!*array)
		return HL_NOMEM;
	*cap = (size_t)n;
	for (i = 0; i < n; i++) {
		for (k = 0; k < t->words; k++, *p += 8)
			w[k] = le64_at(*p);
		if (!t->unpack((uint8_t *)*array + i * t->size, w))
			return HL_CORRUPT;
		*n_out = i + 1;
	}
	return HL_OK;
}

static enum hl_status load(struct hl_recmap *m, struct span s)
{
	void *array[TABLES] = { NULL };
	size_t n_out[TABLES] = { 0 }, cap[TABLES] = { 0 }, t;
	uint64_t n[COUNTS];
	const uint8_t *p = s.p + 8;
	enum hl_status st = HL_OK;

	for (t = 0; t < COUNTS; t++, p += 8)
		n[t] = le64_at(p);
	if (!counts_fit(s, n) || n[TABLES + 2] > 63 ||
	    n[TABLES + 3] > UINT32_MAX)
		return HL_CORRUPT;
	for (t = 0; st == HL_OK && t < TABLES; t++)
		st = load_table(m->ctx, &table[t], &p, n[t], &array[t],
		                &n_out[t], &cap[t]);
	m->stretch = array[0];
	m->block = array[1];
	m->irun = array[2];
	m->mrun = array[3];
	m->anchor = array[4];
	m->fact = array[5];
	m->n_stretch = n_out[0];
	m->n_block = n_out[1];
	m->n_irun = n_out[2];
	m->n_mrun = n_out[3];
	m->n_anchor = n_out[4];
	m->n_fact = n_out[5];
	m->cap_stretch = cap[0];
	m->cap_block = cap[1];
	m->cap_irun = cap[2];
	m->cap_mrun = cap[3];
	m->cap_anchor = cap[4];
	m->cap_fact = cap[5];
	m->last = m->n_stretch ? m->n_stretch - 1 : 0;
	m->n_records = n[TABLES];
	m->dropped = n[TABLES + 1];
	m->sample = (uint32_t)n[TABLES + 2];
	m->thinned = (uint32_t)n[TABLES + 3];
	return st;
}

enum hl_status hl_recmap_load(struct hl_recmap **out, struct span state,
                              const struct hl_ctx *ctx)
{
	enum hl_status st;

	*out = NULL;
	if (state.n < 8 + 8 * COUNTS + 8 || memcmp(state.p, MAGIC, 8) ||
	    !sum_fits(state))
		return HL_CORRUPT;
	st = hl_recmap_new(out, ctx);
	if (st == HL_OK)
		st = load(*out, state);
	if (st != HL_OK) {
		hl_recmap_free(*out);
		*out = NULL;
	}
	return st;
}
