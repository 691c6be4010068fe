/*
 * carve_belongs.c: which hive a log was written for, among the live ones and
 * those that were carved.
 *
 *	a header   its embedded name is the hive's, and its entries do not come
 *	           before the hive's own number
 *	none       its first entry has the number that the hive waits for, and
 *	           the same size of bins; of one hive only
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "hive/replay.h"
#include "base/text.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

struct known {
	struct hl_base_block base;
	char *name;
};
struct hives {
	const struct hl_ctx *ctx;
	struct known *k;
	size_t n, cap;
};

static enum hl_status add(struct hives *h, const struct hl_base_block *b,
                          char *name)
{
	enum hl_status st = name ? hl_grow(h->ctx, (void **)&h->k, &h->cap,
	                                   h->n, sizeof(*h->k), HL_MAX_HIVES)
	                         : HL_NOMEM;

	if (st == HL_OK)
		h->k[h->n++] = (struct known){ *b, name };
	else
		hl_free(h->ctx, name);
	return st;
}

static enum hl_status add_live(struct hives *h, const struct hl_hive *hive)
{
	uint8_t p[HIVE_BASE_USED] = { 0 };
	struct hl_base_block b;
	struct hl_ranges bad;
	struct hl_src *src;
	enum hl_status st = hl_fs_stream(&src, hive->volume->fs,
	                                 &hive->entry.ref, NULL,
	                                 HL_STREAM_LOOK);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	hl_ranges_clear(&bad);
	if (hl_src_size(src) >= sizeof(p))
		st = hl_src_read(src, 0, p, sizeof(p), &bad);
	hl_src_close(src);
	if (st == HL_OK && hl_base_block_decode(p, sizeof(p), &b) == HL_OK)
		st = add(h, &b, hl_asprintf(h->ctx, "%s:%s", hive->volume->id,
		                            hive->path));
	return st;
}

static enum hl_status gather(struct hives *h, struct hl_carve *c)
{
	static const struct hl_hive_query every;
	struct hl_hives *live;
	enum hl_status st = hl_hives_find(&live, c->disk, &every, c->ctx);

	for (size_t i = 0; st == HL_OK && i < hl_hives_count(live); i++)
		st = add_live(h, hl_hives_get(live, i));
	hl_hives_free(live);
	for (size_t i = 0; st == HL_OK && i < c->n; i++) {
		const struct hl_carved *p = &c->find[i]->pub;

		if (p->base.signature && (p->what == HL_CARVED_HIVE ||
		                          p->what == HL_CARVED_BASE))
			st = add(h, &p->base,
			         hl_asprintf(c->ctx, "carved at %llu",
			                     (unsigned long long)p->off));
	}
	return st;
}

static bool is_log(const struct hl_carved *p)
{
	return p->what == HL_CARVED_LOG || p->what == HL_CARVED_ENTRIES ||
	       p->what == HL_CARVED_OLD_LOG;
}

static bool fits(const struct hl_carved *p, const struct hl_base_block *b)
{
	if (p->what == HL_CARVED_ENTRIES)
		return p->entries && p->bins_size == b->bins_size &&
		       (p->first_seq == b->seq1 || p->first_seq == b->seq2);
	return *b->name && hl_casecmp(p->base.name, b->name) == 0 &&
	       !seq_before(p->base.seq1, b->seq2);
}

static enum hl_status ask(struct hives *h, struct hl_carve *c,
                          struct carve_find *f)
{
	const struct known *one = NULL;
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		if (fits(&f->pub, &h->k[i].base) && !n++)
			one = &h->k[i];
	if (!n || (n > 1 && f->pub.what == HL_CARVED_ENTRIES))
		return HL_OK;
	f->pub.belongs = hl_strdup(c->ctx, one->name);
	if (!f->pub.belongs)
		return HL_NOMEM;
	if (f->pub.what == HL_CARVED_ENTRIES)
		hl_carve_say(c, f, "number and size fit one hive only: %s",
		             one->name);
	else
		hl_carve_say(c, f, "its name is that of %zu hive%s, the first: "
		             "%s", n, n == 1 ? "" : "s", one->name);
	return HL_OK;
}

enum hl_status hl_carve_belongs(struct hl_carve *c)
{
	struct hives h = { .ctx = c->ctx };
	enum hl_status st = HL_OK;
	bool any = false;

	for (size_t i = 0; i < c->n; i++)
		any |= is_log(&c->find[i]->pub);
	if (!any)
		return HL_OK;
	st = gather(&h, c);
	for (size_t i = 0; st == HL_OK && i < c->n; i++)
		if (is_log(&c->find[i]->pub))
			st = ask(&h, c, c->find[i]);
	for (size_t i = 0; i < h.n; i++)
		hl_free(c->ctx, h.k[i].name);
	hl_free(c->ctx, h.k);
	return st == HL_LIMIT ? HL_OK : st;
}
