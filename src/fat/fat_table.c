/*
 * fat_table.c: the file allocation table and its copies, read piece by piece.
 *
 * Nothing is read before it is asked for; both copies are read where one is,
 * and compared entry by entry.  A copy that cannot be read, or whose entry
 * makes no sense, gives way to the other one.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "fat/fat_impl.h"

static uint32_t entries_per_piece(enum hl_fat_kind kind)
{
	return kind == HL_FAT32 ? HL_FAT_PIECE / 4 : HL_FAT_PIECE / 2;
}

static size_t piece_bytes(enum hl_fat_kind kind)
{
	return kind == HL_FAT12 ? HL_FAT_PIECE / 2 / 2 * 3 : HL_FAT_PIECE;
}

static enum hl_status load(struct hl_fat *v, unsigned copy, uint64_t number,
                           struct hl_fat_piece *p)
{
	const struct hl_fat_geom *g = &v->geom;
	size_t room = piece_bytes(g->kind);
	uint64_t off = number * room;
	unsigned fat = copy ? !g->active : g->active;
	enum hl_status st;

	p->tag = 0;
	p->n = off < g->fat_len ? (size_t)min_u64(room, g->fat_len - off) : 0;
	hl_ranges_clear(&p->bad);
	off += g->fat_off + fat * g->fat_len;
	st = hl_src_read(v->src, off, p->data, p->n, &p->bad);
	for (size_t i = 0; i < p->bad.n; i++)
		p->bad.r[i].off -= off;
	if (st == HL_RANGE) { /* the volume is cut: what is there, counts */
		uint64_t size = hl_src_size(v->src);
		uint64_t have = off < size ? size - off : 0;
		p->n = (size_t)min_u64(p->n, have);
		st = HL_OK;
	}
	if (st == HL_OK)
		p->tag = number + 1;
	return st;
}

static bool is_damaged(const struct hl_fat_piece *p, uint64_t off)
{
	for (size_t i = 0; i < p->bad.n; i++)
		if (off + 4 > p->bad.r[i].off &&
		    off < p->bad.r[i].off + p->bad.r[i].len)
			return true;
	return false;
}

/* One copy's entry and what it means. */
static enum hl_status get_one(struct hl_fat *v, unsigned copy, uint32_t cluster,
                              struct hl_fat_link_info *out)
{
	const struct hl_fat_geom *g = &v->geom;
	uint32_t per = entries_per_piece(g->kind), i = cluster % per;
	uint64_t number = cluster / per;
	struct hl_fat_piece *p = &v->pieces[(size_t)copy * HL_FAT_PIECES +
	                                    number % HL_FAT_PIECES];

	memset(out, 0, sizeof(*out));
	if (p->tag != number + 1) {
		enum hl_status st = load(v, copy, number, p);
		if (st != HL_OK)
			return st;
	}
	if (is_damaged(p, (uint64_t)i * g->kind / 8) ||
	    !hl_fat_entry(g->kind, span_of(p->data, p->n), i, &out->value))
		out->kind = HL_FAT_UNREADABLE;
	else
		out->kind = hl_fat_link_kind(g, out->value);
	return HL_OK;
}

static bool is_good(enum hl_fat_link kind)
{
	return kind == HL_FAT_NEXT || kind == HL_FAT_LAST;
}

enum hl_status hl_fat_table_get(struct hl_fat *v, uint32_t cluster,
                                unsigned prefer, bool more,
                                struct hl_fat_link_info *out)
{
	struct hl_fat_link_info other;
	enum hl_status st = get_one(v, prefer, cluster, out);

	if (st != HL_OK || v->geom.n_fats < 2 || !v->geom.mirrored)
		return st;
	st = get_one(v, !prefer, cluster, &other);
	if (st != HL_OK || (other.kind == out->kind &&
	                    other.value == out->value))
		return st;
	if (!is_good(other.kind))
		return HL_OK;
	if (!is_good(out->kind) ||
	    (more && out->kind == HL_FAT_LAST && other.kind == HL_FAT_NEXT)) {
		*out = other;
		out->second = true;
	} else {
		/* two marks of the end are the same thing */
		out->differ = out->kind != HL_FAT_LAST ||
		              other.kind != HL_FAT_LAST;
	}
	return HL_OK;
}

/* Zeros among the entries of one piece; false when any of it is damaged. */
static bool count_zeros(const struct hl_fat_geom *g,
                        const struct hl_fat_piece *p, uint32_t from,
                        uint32_t to, uint64_t *n)
{
	uint32_t value;

	if (p->bad.n || p->bad.overflow)
		return false;
	for (uint32_t i = from; i < to; i++) {
		if (!hl_fat_entry(g->kind, span_of(p->data, p->n), i, &value))
			return false;
		*n += value == 0;
	}
	return true;
}

enum hl_status hl_fat_free_bytes(struct hl_fat *v, uint64_t *bytes)
{
	const struct hl_fat_geom *g = &v->geom;
	uint32_t per = entries_per_piece(g->kind), end = g->n_clusters + 2;
	struct hl_fat_piece *p = hl_alloc(v->ctx, sizeof(*p));
	enum hl_status st = p ? HL_OK : HL_NOMEM;
	uint64_t n = 0;

	for (uint32_t c = 2; c < end && st == HL_OK;) {
		uint32_t base = c / per * per;
		uint32_t to = (uint32_t)min_u64(per, end - base);
		if (hl_cancelled(v->ctx))
			st = HL_CANCELLED;
		else
			st = load(v, 0, c / per, p);
		if (st == HL_OK && !count_zeros(g, p, c - base, to, &n))
			st = HL_END;
		c = base + to;
	}
	*bytes = n * g->cluster_size;
	hl_free(v->ctx, p);
	return st;
}
