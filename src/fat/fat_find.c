/* fat_find.c: one entry of a folder, by its name or by its place. */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

/* Where the first character is lost, any other may have been it. */
static bool is_called(const struct hl_fat_entry *e, const uint16_t *name,
                      size_t n)
{
	if (hl_fat_same_name(name, n, e->name16, e->n_name) ||
	    hl_fat_same_name(name, n, e->short16, e->n_short))
		return true;
	return hl_fat_first_lost(e) && n > 1 &&
	       hl_fat_same_name(name + 1, n - 1, e->short16 + 1,
	                        (size_t)e->n_short - 1);
}

enum hl_status hl_fat_lookup(struct hl_fat *v, uint32_t folder,
                             unsigned how, const uint16_t *name, size_t n,
                             struct hl_fat_entry *out)
{
	struct hl_fat_dir *d;
	enum hl_status st = hl_fat_dir_open(&d, v, folder, how);
	bool damaged = false;

	if (st != HL_OK)
		return st;
	for (;;) {
		st = hl_fat_dir_next(d, out);
		if (st == HL_CORRUPT)
			damaged = true;
		else if (st != HL_OK || is_called(out, name, n))
			break;
	}
	hl_fat_dir_close(d);
	return st == HL_END && damaged ? HL_CORRUPT : st;
}

static enum hl_status find_in_folder(struct hl_fat *v, uint64_t pos,
                                     uint32_t folder, unsigned how,
                                     struct hl_fat_entry *out)
{
	struct hl_fat_dir *d;
	enum hl_status st = hl_fat_dir_open(&d, v, folder,
	                                    how | HL_FAT_DIR_LABELS |
	                                    HL_FAT_DIR_DELETED |
	                                    HL_FAT_DIR_QUIET);

	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	do
		st = hl_fat_dir_next(d, out);
	while ((st == HL_OK && out->pos != pos) || st == HL_CORRUPT);
	hl_fat_dir_close(d);
	return st;
}

/* Where the folder's bytes around pos begin: its cluster or the root. */
static bool start_of(const struct hl_fat_geom *g, uint64_t pos,
                     uint64_t *start)
{
	uint64_t root_end = g->root_off + (uint64_t)g->root_entries * FAT_SLOT;

	if (g->root_entries && pos >= g->root_off && pos < root_end) {
		*start = g->root_off;
		return true;
	}
	if (pos < g->data_off)
		return false;
	uint64_t cluster = (pos - g->data_off) / g->cluster_size;
	*start = g->data_off + cluster * g->cluster_size;
	return cluster < g->n_clusters;
}

/* From the slots before it; *whole: no piece of its name can be elsewhere. */
static enum hl_status find_in_place(struct hl_fat *v, uint64_t pos,
                                    struct hl_fat_entry *out, bool *whole)
{
	uint8_t slots[(FAT_LONG_SLOTS + 1) * FAT_SLOT];
	struct hl_fat_names names;
	enum hl_fat_slot_is is = HL_FAT_SLOT_PIECE;
	uint64_t start;
	enum hl_status st;

	if (pos % FAT_SLOT || !start_of(&v->geom, pos, &start))
		return HL_END;
	size_t n = (size_t)min_u64(pos - start, sizeof(slots) - FAT_SLOT) +
	           FAT_SLOT;
	st = hl_fat_read_cached(v, pos + FAT_SLOT - n, slots, n);
	if (st == HL_END)
		st = hl_src_read(v->src, pos + FAT_SLOT - n, slots, n, NULL);
	if (st != HL_OK)
		return st == HL_IO || st == HL_RANGE ? HL_END : st;
	memset(&names, 0, sizeof(names));
	*whole = n == sizeof(slots) || start == v->geom.root_off;
	for (size_t i = 0; i < n; i += FAT_SLOT) {
		*whole |= is != HL_FAT_SLOT_PIECE;
		is = hl_fat_slot_feed(&names, v->geom.kind, slots + i, out);
	}
	if (is != HL_FAT_SLOT_ENTRY || out->what == HL_FAT_DOT)
		return HL_END;
	*whole |= out->long_name;
	out->pos = pos;
	hl_fat_short_name(&v->cp, out);
	out->damaged = out->cluster &&
	               !hl_fat_is_cluster(&v->geom, out->cluster);
	return HL_OK;
}

enum hl_status hl_fat_entry_at(struct hl_fat *v, uint64_t pos, uint32_t folder,
                               unsigned how, struct hl_fat_entry *out)
{
	struct hl_fat_entry full;
	bool whole = false;
	enum hl_status st = find_in_place(v, pos, out, &whole);

	if (st != HL_OK)
		return st;
	out->folder = folder;
	out->in_gone = how & HL_FAT_DIR_GONE;
	out->deleted |= out->in_gone;
	if (whole)
		return HL_OK;
	/* its first pieces may lie in the cluster before, wherever that is */
	st = find_in_folder(v, pos, folder, how, &full);
	if (st == HL_OK)
		*out = full;
	return st == HL_END ? HL_OK : st;
}
