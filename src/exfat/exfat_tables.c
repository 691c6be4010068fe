/*
 * exfat_tables.c: what the root says of the volume itself: label, GUID, and
 * where the allocation bitmap and the table of capitals are.  Those two are
 * read when they are first needed.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "exfat/exfat_impl.h"

static struct hl_at at_entry(struct hl_exfat *v, uint64_t pos, const char *what)
{
	return (struct hl_at){ v->ctx, v->src, pos, what };
}

/* ---- entries of the root ------------------------------------------------ */

static void take_label(struct hl_exfat *v, const struct hl_exfat_entry *e)
{
	struct span s = span_of(e->raw, sizeof(e->raw));
	const struct exfat_label *l = SPAN_VIEW(s, 0, struct exfat_label);
	struct hl_at at = at_entry(v, e->pos, "exFAT label");

	if (l->n > EXFAT_SPECIAL_UNITS)
		hl_warn(&at, "it says that it has %u characters; 11 fit", l->n);
	v->n_label = (size_t)min_u64(l->n, EXFAT_SPECIAL_UNITS);
	for (size_t i = 0; i < v->n_label; i++)
		v->label[i] = get16(l->unit[i]);
}

static void take_guid(struct hl_exfat *v, const struct hl_exfat_entry *e)
{
	struct span s = span_of(e->raw, sizeof(e->raw));
	const struct exfat_guid *g = SPAN_VIEW(s, 0, struct exfat_guid);
	struct hl_at at = at_entry(v, e->pos, "exFAT volume GUID");

	if (hl_exfat_set_sum(s, true) != get16(g->sum)) {
		hl_warn(&at, "its checksum is wrong; it is not used");
		return;
	}
	memcpy(v->guid, g->guid, sizeof(v->guid));
	v->has_guid = true;
}

static void take_place(struct hl_exfat_place *p, const struct hl_exfat_entry *e)
{
	struct span s = span_of(e->raw, sizeof(e->raw));
	const struct exfat_table *t = SPAN_VIEW(s, 0, struct exfat_table);

	if (p->cluster)
		return; /* the first one counts */
	p->cluster = get32(t->cluster);
	p->sum = get32(t->sum);
	p->size = get64(t->size);
}

static void take_special(struct hl_exfat *v, const struct hl_exfat_entry *e)
{
	switch (e->raw[0]) {
	case EXFAT_BITMAP:
		take_place(&v->bitmap_at[e->raw[1] & 1], e);
		break;
	case EXFAT_UPCASE:
		take_place(&v->upcase_at, e);
		break;
	case EXFAT_LABEL:
		if (!v->n_label)
			take_label(v, e);
		break;
	case EXFAT_GUID:
		if (!v->has_guid)
			take_guid(v, e);
		break;
	default:
		break;
	}
}

/* The bitmap has to have a bit for each cluster. */
static void check_bitmap(struct hl_exfat *v)
{
	const struct hl_exfat_geom *g = &v->geom;
	struct hl_exfat_place *p = &v->bitmap_at[g->active];
	struct hl_at at = at_entry(v, HL_NO_OFFSET, "exFAT allocation bitmap");
	uint64_t need = ((uint64_t)g->n_clusters + 7) / 8;

	if (!p->cluster)
		hl_warn(&at, "the root does not say where it is");
	else if (!hl_exfat_is_cluster(g, p->cluster))
		hl_warn(&at, "its first cluster %u is not in the volume",
		        p->cluster);
	else if (p->size < need)
		hl_warn(&at, "it has %llu bytes, but %llu are needed",
		        (unsigned long long)p->size, (unsigned long long)need);
	else
		return;
	p->cluster = 0;
}

enum hl_status hl_exfat_specials(struct hl_exfat *v)
{
	struct hl_exfat_entry e;
	struct hl_exfat_dir *d;
	enum hl_status st = hl_exfat_dir_open(&d, v, NULL,
	                                      HL_EXFAT_DIR_SPECIAL |
	                                      HL_EXFAT_DIR_QUIET);

	if (st == HL_OK) {
		while ((st = hl_exfat_dir_next(d, &e)) == HL_OK ||
		       st == HL_CORRUPT)
			if (st == HL_OK && e.what == HL_EXFAT_IS_SPECIAL)
				take_special(v, &e);
		hl_exfat_dir_close(d);
	}
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	check_bitmap(v);
	return HL_OK;
}

/* ---- the table of capitals --------------------------------------------- */

/* *why: NULL when the table is good. */
static enum hl_status load_upcase(struct hl_exfat *v, uint8_t *buf,
                                  const char **why)
{
	const struct hl_exfat_place *p = &v->upcase_at;
	struct hl_exfat_chain c;
	struct hl_src *s = NULL;
	enum hl_status st = hl_exfat_chain_get(
		v, p->cluster, false, hl_exfat_clusters_for(&v->geom, p->size),
		false, &c);

	*why = "its clusters are damaged";
	if (st != HL_OK)
		return st;
	if (c.cut == HL_EXFAT_WHOLE)
		st = hl_exfat_chain_src(&s, v, &c.runs, p->size, p->size,
		                        p->size, "table of capitals");
	if (st == HL_OK && s)
		st = hl_src_read(s, 0, buf, (size_t)p->size, NULL);
	hl_src_close(s);
	hl_exfat_chain_free(v, &c);
	if (st != HL_OK || c.cut != HL_EXFAT_WHOLE || !s)
		return st == HL_IO ? HL_OK : st;
	struct span bytes = span_of(buf, (size_t)p->size);
	*why = NULL;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	if (hl_exfat_upcase_sum(0, bytes) != p->sum)
		*why = "its checksum is wrong";
#endif
	if (!*why && hl_exfat_upcase_decode(bytes, v->upcase) != HL_OK)
		*why = "it is longer than there are characters";
	return HL_OK;
}

static enum hl_status try_upcase(struct hl_exfat *v, const char **why)
{
	const struct hl_exfat_place *p = &v->upcase_at;
	enum hl_status st = HL_NOMEM;

	if (!p->cluster || !p->size || p->size > HL_MAX_EXFAT_UPCASE) {
		*why = !p->cluster ? "the root does not say where it is"
		                   : "its size is impossible";
		return HL_OK;
	}
	uint8_t *buf = hl_alloc(v->ctx, (size_t)p->size);
	v->upcase = hl_alloc_array(v->ctx, HL_EXFAT_UNITS, sizeof(*v->upcase));
	if (buf && v->upcase)
		st = load_upcase(v, buf, why);
	hl_free(v->ctx, buf);
	return st;
}

enum hl_status hl_exfat_upcase(struct hl_exfat *v, const uint16_t **out)
{
	struct hl_at at = at_entry(v, HL_NO_OFFSET, "exFAT table of capitals");
	const char *why = NULL;
	enum hl_status st = HL_OK;

	if (!v->upcase_tried) {
		st = try_upcase(v, &why);
		v->upcase_tried = st == HL_OK;
		if (st != HL_OK || why) {
			hl_free(v->ctx, v->upcase);
			v->upcase = NULL;
		}
		if (why)
			hl_warn(&at, "%s; the built-in rule is used", why);
	}
	*out = v->upcase;
	return st;
}
