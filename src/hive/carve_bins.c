/*
 * carve_bins.c: base blocks, bins and cells as carving meets them: anywhere,
 * with nothing around them that could be trusted.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "hive/carve.h"

enum hl_carve_base hl_carve_base(struct span s, struct hl_base_block *out)
{
	const struct hive_base_disk *d = SPAN_VIEW(s, 0, struct hive_base_disk);

	if (!d || hl_base_block_decode(s.p, s.n, out) != HL_OK)
		return CARVE_BASE_NONE;
	if (out->major != 1 || out->minor > 6 || out->type > 6 ||
	    get32(d->format) != 1 || out->bins_size < HIVE_PAGE ||
	    out->bins_size % HIVE_PAGE)
		return CARVE_BASE_NONE;
	return out->checksum_ok ? CARVE_BASE_SURE : CARVE_BASE_WEAK;
}

/*
 * The size is stored negative while the cell is in use; 0x80000000 has no
 * positive and is none.  Every version aligns to 8 at least.
 */
bool hl_carve_cell(const uint8_t *p, uint64_t room, uint32_t *size,
                   bool *used)
{
	uint32_t raw = le32_at(p);

	*used = raw >> 31;
	*size = *used ? 0u - raw : raw;
	return *size >= 8 && *size % 8 == 0 && *size <= room;
}

bool hl_carve_bin(struct span s, struct hive_bin *out)
{
	const size_t head = sizeof(struct hive_bin_disk);
	const uint8_t *cell = span_view(s, head, 4);
	uint32_t size;
	bool used;

	if (hl_hive_bin_decode(s, out) != HL_OK)
		return false;
	if (out->offset % HIVE_PAGE || out->size < HIVE_PAGE ||
	    out->size % HIVE_PAGE || out->size > HL_MAX_CARVE_BIN ||
	    out->size > UINT32_MAX - out->offset)
		return false;
	return !cell || hl_carve_cell(cell, out->size - head, &size, &used);
}
