/*
 * fat_free.c: the stretches of clusters that the FAT calls free.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "fat/fat_impl.h"

/* A cluster whose entry cannot be read is of nobody that could be named. */
static enum hl_status is_free(struct hl_fat *v, uint32_t cluster, bool *yes)
{
	struct hl_fat_link_info info;
	enum hl_status st = hl_fat_table_get(v, cluster, 0, false, &info);

	*yes = st == HL_OK && (info.kind == HL_FAT_FREE ||
	                       info.kind == HL_FAT_UNREADABLE);
	return st;
}

enum hl_status hl_fat_free_next(struct hl_fat *v, uint32_t *cursor,
                                uint32_t *first, uint32_t *n)
{
	uint64_t end = (uint64_t)v->geom.n_clusters + 2;
	uint64_t c = *cursor < 2 ? 2 : *cursor;
	bool yes = false;

	for (*n = 0; c < end; c++) {
		enum hl_status st;

		if (c % 65536 == 0 && hl_cancelled(v->ctx))
			return HL_CANCELLED;
		st = is_free(v, (uint32_t)c, &yes);
		if (st != HL_OK)
			return st;
		if (yes && !(*n)++)
			*first = (uint32_t)c;
		if (!yes && *n)
			break;
	}
	*cursor = (uint32_t)min_u64(c, UINT32_MAX);
	return *n ? HL_OK : HL_END;
}
