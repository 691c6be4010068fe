/*
 * lost_volume.c: the bytes of a volume whose boot sector is not in its place.
 *
 *	|B'|   bytes of the image from the volume's start on   |
 *	 ^ its copy, wherever that lies
 *
 * So the readers need not know; and what lies at the start now, which may be
 * a later volume's boot sector, is not taken for this one's.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "fs/scan_impl.h"

#define EXFAT_REGION 12 /* sectors that belong together */

static enum hl_status joined(struct hl_src **out, struct hl_src *boot,
                             uint64_t boot_off, uint64_t n,
                             struct hl_src *image, uint64_t off, uint64_t len,
                             const struct hl_ctx *ctx)
{
	const struct hl_extent e[2] = {
		{ .off = 0, .len = n, .in = boot, .in_off = boot_off,
		  .in_len = n },
		{ .off = n, .len = len - n, .in = image, .in_off = off + n,
		  .in_len = len - n },
	};

	return hl_src_extents(out, "lost volume", e, 2, ctx);
}

enum hl_status hl_lost_source(struct hl_src **out, struct hl_src **boot,
                              struct hl_src *image, const struct hl_lost *l,
                              const struct hl_ctx *ctx)
{
	uint64_t len = min_u64(l->size, hl_src_size(image) - l->off);
	uint64_t n = strcmp(l->fs, "exfat") == 0 ?
	             (uint64_t)EXFAT_REGION * l->geom.sector_size : 512;

	*boot = NULL;
	if (l->boot != HL_BOOT_BACKUP || len <= n)
		return hl_src_window(out, image, l->off, len, ctx);
	return joined(out, image, l->boot_off, n, image, l->off, len, ctx);
}
