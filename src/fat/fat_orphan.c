/*
 * fat_orphan.c: folders that no entry leads to, because it was overwritten or
 * because the folder above is lost, too.
 *
 * Every folder but the root begins with "." and "..", and "." holds the
 * number of the very cluster it stands in: 28 bytes that nothing else has by
 * chance.  Looked at are clusters that are free, and those in use that no
 * other cluster leads to: the first ones of chains.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

struct scan {
	struct hl_fat *v;
	const uint8_t *known;
	uint8_t *inner; /* bitmap: another cluster leads there */
	struct hl_fat_orphan *found;
	size_t n, cap;
	uint32_t looks;
};

static bool has_bit(const uint8_t *map, uint32_t i)
{
	return map[i / 8] >> i % 8 & 1;
}

static bool stop(const struct scan *s, uint32_t cluster)
{
	return (cluster & 0xFFF) == 0 && hl_cancelled(s->v->ctx);
}

static enum hl_status map_chains(struct scan *s)
{
	uint32_t end = hl_fat_clusters_there(s->v) + 2;
	struct hl_fat_link_info link;

	s->inner = hl_zalloc(s->v->ctx, end / 8 + 1);
	if (!s->inner)
		return HL_NOMEM;
	for (uint32_t c = 2; c < end; c++) {
		if (stop(s, c))
			return HL_CANCELLED;
		enum hl_status st = hl_fat_table_get(s->v, c, 0, false, &link);
		if (st != HL_OK)
			return st;
		if (link.kind == HL_FAT_NEXT && link.value < end)
			s->inner[link.value / 8] |= 1u << link.value % 8;
	}
	return HL_OK;
}

static enum hl_status limit(struct scan *s, uint32_t cluster, const char *why)
{
	struct hl_at at = { s->v->ctx, s->v->src,
	                    hl_fat_cluster_off(&s->v->geom, cluster),
	                    "lost FAT folders" };

	hl_warn(&at, "%s; not looked for behind cluster %u", why, cluster);
	return HL_LIMIT;
}

/* Is that cluster on the medium at all? */
static bool is_there(const struct hl_fat *v, uint32_t cluster)
{
	return hl_fat_is_cluster(&v->geom, cluster) &&
	       hl_fat_cluster_off(&v->geom, cluster) < hl_src_size(v->src);
}

static enum hl_status look(struct scan *s, uint32_t cluster)
{
	uint32_t above;
	enum hl_status st;

	if (s->looks++ == HL_MAX_FAT_LOOKS)
		return limit(s, cluster, "too many free clusters");
	st = hl_fat_dots(s->v, cluster, &above);
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	if (s->n == HL_MAX_FAT_ORPHANS)
		return limit(s, cluster, "too many of them");
	st = hl_grow(s->v->ctx, (void **)&s->found, &s->cap, s->n,
	             sizeof(*s->found), HL_MAX_FAT_ORPHANS);
	if (st != HL_OK)
		return HL_NOMEM;
	s->found[s->n++] = (struct hl_fat_orphan){ cluster, above };
	return HL_OK;
}

static enum hl_status scan(struct scan *s)
{
	struct hl_fat_link_info link;
	enum hl_status st = map_chains(s);

	for (uint32_t c = 2; st == HL_OK && is_there(s->v, c); c++) {
		if (stop(s, c))
			return HL_CANCELLED;
		if (has_bit(s->known, c) || has_bit(s->inner, c))
			continue;
		st = hl_fat_table_get(s->v, c, 0, false, &link);
		if (st == HL_OK && link.kind != HL_FAT_BAD)
			st = look(s, c);
	}
	return st;
}

enum hl_status hl_fat_orphans(struct hl_fat *v, const uint8_t *known,
                              struct hl_fat_orphan **out, size_t *n)
{
	struct scan s = { .v = v, .known = known };
	enum hl_status st = scan(&s);

	hl_free(v->ctx, s.inner);
	*out = s.found;
	*n = s.n;
	if (st != HL_OK && st != HL_LIMIT) {
		hl_free(v->ctx, s.found);
		*out = NULL;
		*n = 0;
	}
	return st;
}

enum hl_status hl_fat_orphan_entry(struct hl_fat *v, uint32_t cluster,
                                   struct hl_fat_entry *out)
{
	char name[24];
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	st = hl_fat_dots(v, cluster, &out->folder);
	if (st != HL_OK)
		return st;
	out->pos = hl_fat_cluster_off(&v->geom, cluster);
	st = hl_fat_read_cached(v, out->pos, out->raw, sizeof(out->raw));
	if (st == HL_END)
		st = hl_src_read(v->src, out->pos, out->raw, sizeof(out->raw),
		                 NULL);
	if (st != HL_OK)
		return st == HL_IO || st == HL_RANGE ? HL_END : st;
	out->what = HL_FAT_FOLDER;
	out->deleted = out->in_gone = out->orphan = true;
	out->attributes = out->raw[11];
	out->cluster = cluster;
	snprintf(name, sizeof(name), "cluster-%u", cluster);
	out->n_name = (uint16_t)hl_utf16_from8(out->name16, 255, name);
	return HL_OK;
}
