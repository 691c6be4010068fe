/*
 * fat_gone.c: deleted folders.
 *
 * The chain is freed, but a folder's own first two entries stay:
 *
 *	entry   "\xE5OO     " folder, first cluster N, in folder P
 *	cluster N   "."  first cluster N       that is this folder
 *	            ".." first cluster P       and that is where it was
 *
 * Both have to fit.  A folder that was moved says another "..", and one that
 * was renamed has a live entry beside the deleted one; those are entered
 * through their live names only.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

/* The first slots of a cluster; HL_END: they cannot be read. */
static enum hl_status read_slots(struct hl_fat *v, uint32_t cluster,
                                 uint8_t *buf, size_t n)
{
	uint64_t pos = hl_fat_cluster_off(&v->geom, cluster);
	enum hl_status st = hl_fat_read_cached(v, pos, buf, n);

	if (st == HL_END)
		st = hl_src_read(v->src, pos, buf, n, NULL);
	return st == HL_IO || st == HL_RANGE ? HL_END : st;
}

static uint32_t cluster_of(const struct hl_fat_geom *g, const uint8_t *slot)
{
	const struct fat_slot *f = SPAN_VIEW(span_of(slot, FAT_SLOT), 0,
	                                     struct fat_slot);
	uint32_t c = get16(f->cluster_low);

	return g->kind == HL_FAT32 ? c | (uint32_t)get16(f->cluster_high) << 16
	                           : c;
}

static bool is_dot(const uint8_t *slot, const char name[11])
{
	return memcmp(slot, name, 11) == 0 && (slot[11] & FAT_ATTR_DIR) &&
	       !(slot[11] & FAT_ATTR_LABEL);
}

enum hl_status hl_fat_dots(struct hl_fat *v, uint32_t cluster, uint32_t *above)
{
	const struct hl_fat_geom *g = &v->geom;
	uint8_t b[2 * FAT_SLOT];
	enum hl_status st;

	if (!hl_fat_is_cluster(g, cluster))
		return HL_END;
	st = read_slots(v, cluster, b, sizeof(b));
	if (st != HL_OK)
		return st;
	if (!is_dot(b, ".          ") || cluster_of(g, b) != cluster ||
	    !is_dot(b + FAT_SLOT, "..         "))
		return HL_END;
	*above = cluster_of(g, b + FAT_SLOT);
	if (*above == cluster)
		return HL_END;
	if (g->kind == HL_FAT32 && *above == g->root_cluster)
		*above = 0; /* some say so, instead of 0 */
	return *above == 0 || hl_fat_is_cluster(g, *above) ? HL_OK : HL_END;
}

/*
 * Is it a live folder's now?  ".." says that it would have to be in the same
 * folder: renamed there.
 */
static enum hl_status has_owner(struct hl_fat *v, const struct hl_fat_entry *e,
                                uint32_t first, bool *yes)
{
	struct hl_fat_link_info link;
	struct hl_fat_entry other;
	struct hl_fat_dir *d;
	enum hl_status st = hl_fat_table_get(v, first, 0, false, &link);

	*yes = false;
	if (st != HL_OK || e->in_gone ||
	    (link.kind != HL_FAT_NEXT && link.kind != HL_FAT_LAST))
		return st;
	st = hl_fat_dir_open(&d, v, e->folder, HL_FAT_DIR_QUIET);
	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_OK : st;
	do {
		st = hl_fat_dir_next(d, &other);
		*yes = st == HL_OK && other.what == HL_FAT_FOLDER &&
		       other.cluster == first;
	} while ((st == HL_OK || st == HL_CORRUPT) && !*yes);
	hl_fat_dir_close(d);
	return st == HL_END ? HL_OK : st;
}

/* One more try for a lost upper half; there are 4,096 for one folder. */
static bool may_look(struct hl_fat *v, const struct hl_fat_entry *e)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "deleted FAT folder" };

	if (v->high_looks > HL_MAX_FAT_LOOKS)
		return false;
	if (v->high_looks++ < HL_MAX_FAT_LOOKS)
		return true;
	hl_warn(&at, "too many first clusters without an upper half; from "
	        "here on they are taken as they are");
	return false;
}

enum hl_status hl_fat_gone_folder(struct hl_fat *v,
                                  const struct hl_fat_entry *e,
                                  uint32_t *first)
{
	uint32_t c = e->cluster, above;

	/* with its upper half cleared all that end alike are asked */
	for (;; c += 0x10000) {
		bool owned = false;
		enum hl_status st = hl_fat_dots(v, c, &above);

		if (st == HL_OK && above == e->folder)
			st = has_owner(v, e, c, &owned);
		else if (st == HL_OK)
			st = HL_END;
		*first = c;
		if (st != HL_END)
			return st == HL_OK && owned ? HL_END : st;
		if (!e->high_lost || c + 0x10000 < c ||
		    c + 0x10000 > v->geom.n_clusters + 1 || !may_look(v, e))
			return HL_END;
		if (hl_cancelled(v->ctx))
			return HL_CANCELLED;
	}
}

/* What a cluster holds when a folder goes on in it, or does not. */
enum part { NOT_IT, ANOTHER, IT_ENDS, IT_GOES_ON };

static enum hl_status part_of(struct hl_fat *v, uint32_t cluster, bool first,
                              enum part *part)
{
	const struct hl_fat_geom *g = &v->geom;
	uint8_t *b = hl_alloc(v->ctx, g->cluster_size);
	enum hl_status st;

	*part = NOT_IT;
	if (!b)
		return HL_NOMEM;
	st = read_slots(v, cluster, b, g->cluster_size);
	enum part is = IT_GOES_ON;
	for (size_t i = first ? 2 * FAT_SLOT : 0;
	     st == HL_OK && i < g->cluster_size && is == IT_GOES_ON;
	     i += FAT_SLOT) {
		if (b[i] == 0)
			is = i || first ? IT_ENDS : NOT_IT;
		else if (!first && (b[i + 11] & FAT_ATTR_MASK) !=
		                           FAT_ATTR_LONG &&
		         !hl_fat_slot_plausible(g, b + i))
			is = NOT_IT;
	}
	hl_free(v->ctx, b);
	if (st == HL_OK)
		*part = is;
	return st == HL_END ? HL_OK : st;
}

/* The same of the next free cluster. */
static enum hl_status next_part(struct hl_fat *v, uint32_t cluster,
                                enum part *part)
{
	struct hl_fat_link_info link;
	uint32_t above;
	enum hl_status st = hl_fat_table_get(v, cluster, 0, false, &link);

	*part = ANOTHER;
	if (st != HL_OK || link.kind != HL_FAT_FREE)
		return st;
	st = hl_fat_dots(v, cluster, &above);
	return st == HL_END ? part_of(v, cluster, false, part) : st;
}

/*
 * As a file is guessed, but where another folder begins is stepped over, too,
 * and each further cluster has to look like more of this one.
 */
static enum hl_status go_on(struct hl_fat *v, uint32_t first,
                            struct hl_fat_chain *out)
{
	uint32_t most = HL_MAX_FAT_SLOTS / (v->geom.cluster_size / FAT_SLOT);
	enum hl_status st = hl_fat_guess_add(v, out, first,
	                                     HL_Q_UNALLOCATED_NOW);
	enum part part = NOT_IT;

	out->guess = HL_FAT_GUESS_FREE;
	if (st == HL_OK)
		st = part_of(v, first, true, &part);
	for (uint32_t c = first + 1; st == HL_OK &&
	     (part == IT_GOES_ON || part == ANOTHER) &&
	     out->runs.clusters < most && hl_fat_is_cluster(&v->geom, c); c++) {
		if ((c & 0xFFFF) == 0 && hl_cancelled(v->ctx))
			return HL_CANCELLED;
		st = next_part(v, c, &part);
		if (st == HL_OK && (part == IT_GOES_ON || part == IT_ENDS))
			st = hl_fat_guess_add(v, out, c, HL_Q_UNALLOCATED_NOW);
	}
	if (st == HL_OK && out->runs.clusters >= most && part == IT_GOES_ON)
		hl_warn(&(struct hl_at){ v->ctx, v->src, HL_NO_OFFSET,
		                         "FAT folder" },
		        "the deleted folder at cluster %u is longer than %u "
		        "entries; the rest is not read", first,
		        HL_MAX_FAT_SLOTS);
	return st;
}

enum hl_status hl_fat_gone_chain(struct hl_fat *v, uint32_t first,
                                 struct hl_fat_chain *out)
{
	uint32_t most = HL_MAX_FAT_SLOTS / (v->geom.cluster_size / FAT_SLOT);
	struct hl_fat_link_info link;
	enum hl_status st = hl_fat_table_get(v, first, 0, false, &link);

	memset(out, 0, sizeof(*out));
	if (st != HL_OK)
		return st;
	if (link.kind == HL_FAT_NEXT || link.kind == HL_FAT_LAST) {
		st = hl_fat_chain_walk(v, first, HL_FAT_TO_END | (most + 1),
		                       out);
		out->guess = HL_FAT_GUESS_CHAIN;
		for (size_t i = 0; i < out->runs.n; i++)
			out->runs.run[i].quality = HL_Q_ALLOCATED_TO;
		return st;
	}
	st = go_on(v, first, out);
	if (st != HL_OK)
		hl_fat_chain_free(v, out);
	return st;
}
