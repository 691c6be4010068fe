/* exfat_find.c: one entry set of a folder, by its name or by its place. */
#include "base/banned.h"
#include "base/ckd.h"
#include "exfat/exfat_impl.h"

enum hl_status hl_exfat_lookup(struct hl_exfat *v,
                               const struct hl_exfat_entry *folder,
                               const uint16_t *name, size_t n,
                               struct hl_exfat_entry *out)
{
	struct hl_exfat_dir *d;
	const uint16_t *table;
	bool damaged = false;
	enum hl_status st = hl_exfat_upcase(v, &table);

	if (st == HL_OK)
		st = hl_exfat_dir_open(&d, v, folder, folder &&
		                       folder->deleted ? HL_EXFAT_DIR_GONE : 0);
	if (st != HL_OK)
		return st;
	for (;;) {
		st = hl_exfat_dir_next(d, out);
		if (st == HL_CORRUPT)
			damaged = true;
		else if (st != HL_OK || hl_exfat_same_name(table, name, n,
		                                           out->name16,
		                                           out->n_name))
			break;
	}
	hl_exfat_dir_close(d);
	return st == HL_END && damaged ? HL_CORRUPT : st;
}

/*
 * A set begins at its place and goes on in the same cluster, in the next one
 * of the row, or where the FAT leads: a folder that begins with that cluster.
 */
enum hl_status hl_exfat_entry_at(struct hl_exfat *v, uint64_t pos, bool in_row,
                                 bool gone, struct hl_exfat_entry *out)
{
	const struct hl_exfat_geom *g = &v->geom;
	struct hl_exfat_entry folder = { .contiguous = in_row };
	struct hl_exfat_dir *d;
	enum hl_status st;

	if (pos < g->heap_off || pos % EXFAT_ENTRY)
		return HL_END;
	uint64_t cluster = (pos - g->heap_off) / g->cluster_size;
	if (cluster >= g->n_clusters)
		return HL_END;
	folder.cluster = (uint32_t)cluster + 2;
	folder.size = (uint64_t)g->cluster_size +
	              (size_t)EXFAT_SET_MAX * EXFAT_ENTRY;
	st = hl_exfat_dir_open(&d, v, &folder, HL_EXFAT_DIR_DELETED |
	                       HL_EXFAT_DIR_QUIET |
	                       (gone ? HL_EXFAT_DIR_GONE : 0));
	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	st = hl_exfat_dir_take(d, (pos - g->heap_off) % g->cluster_size /
	                       EXFAT_ENTRY, out);
	hl_exfat_dir_close(d);
	return st;
}
