/* scan_peek.c: is a gap worth a scan?  Few sectors tell most of it. */
#include "base/banned.h"
#include "fs/scan_impl.h"

#define MIB (UINT64_C(1) << 20)
#define XP_FIRST (63 * UINT64_C(512)) /* the first partition before Vista */

enum hl_status hl_scan_peek(struct hl_src *image, uint64_t off, uint64_t len,
                            uint64_t *at, const char **fs)
{
	const uint64_t place[] = {
		off, off / MIB * MIB + MIB, off ? off : XP_FIRST,
		len >= SCAN_SECTOR ? off + len - SCAN_SECTOR : off,
	};
	static const struct {
		const char *name;
		bool (*keep)(struct span sector);
	} kinds[] = {
		{ "bitlocker", hl_bde_lost_keep },
		{ "ntfs", hl_ntfs_lost_keep },
		{ "exfat", hl_exfat_lost_keep },
		{ "fat", hl_fat_lost_keep },
	};

	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		uint8_t b[SCAN_SECTOR];
		enum hl_status st;

		if (len < SCAN_SECTOR || place[i] - off > len - SCAN_SECTOR)
			continue;
		st = hl_src_read(image, place[i], b, sizeof(b), NULL);
		if (hl_scan_fatal(st))
			return st;
		for (size_t k = 0; st == HL_OK && k < sizeof(kinds) / sizeof(kinds[0]);
		     k++) {
			if (!kinds[k].keep(span_of(b, sizeof(b))))
				continue;
			*at = place[i];
			*fs = kinds[k].name;
			return HL_OK;
		}
	}
	return HL_END;
}
