/*
 * fat_free.c: which clusters the FAT calls free.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "fat/fat_impl.h"

#define ASK 65536u /* what one question may answer */

enum kind { FREE, USED, UNKNOWN };

static enum hl_status kind_of(struct hl_fat *v, uint64_t cluster,
                              enum kind *out)
{
	struct hl_fat_link_info info;
	enum hl_status st = hl_fat_table_get(v, (uint32_t)cluster, 0, false,
	                                     &info);

	*out = USED;
	if (st == HL_OK && info.kind == HL_FAT_UNREADABLE)
		*out = UNKNOWN;
	else if (st == HL_OK && info.kind == HL_FAT_FREE)
		*out = FREE;
	return st;
}

enum hl_status hl_fat_in_use(struct hl_fat *v, uint32_t cluster, uint32_t *n,
                             bool *used)
{
	uint64_t end = min_u64((uint64_t)v->geom.n_clusters + 2,
	                       (uint64_t)cluster + ASK);
	uint64_t c = cluster + 1ull;
	enum kind first, next;
	enum hl_status st = kind_of(v, cluster, &first);

	for (; st == HL_OK && c < end; c++) {
		st = kind_of(v, c, &next);
		if (st == HL_OK && next != first)
			break;
	}
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	*n = (uint32_t)(c - cluster);
	*used = first == USED;
	return first == UNKNOWN ? HL_END : HL_OK;
}
