/*
 * scan_rows.c: what a scan looks for.
 *
 * Tables first, so that what they remember is known when a boot sector is
 * judged.  Only FAT, with it BitLocker To Go, which imitates it, and the MBR
 * have nothing at their start to be told by; for them the 55 aa at the end of the sector is asked.
 */
#include "base/banned.h"
#include "fs/scan_impl.h"

/* Five letters behind a jump of three bytes, the lowest byte first. */
#define NAME(a, b, c, d, e) ((uint64_t)(a) << 24 | (uint64_t)(b) << 32 | \
	(uint64_t)(c) << 40 | (uint64_t)(d) << 48 | (uint64_t)(e) << 56)
#define NAME_MASK 0xffffffffff000000u
#define FVE_FS 0x2d53462d4556462du
#define EFI_PART 0x5452415020494645u

const struct scan_row hl_scan_rows[] = {
	{ "gpt", ~(uint64_t)0, EFI_PART, false, hl_gpt_lost_keep,
	  hl_gpt_lost_judge },
	{ "mbr", 0, 0, true, hl_mbr_lost_keep, hl_mbr_lost_judge },
	{ "bitlocker", NAME_MASK, NAME('-', 'F', 'V', 'E', '-'), false,
	  hl_bde_lost_keep, hl_bde_lost_judge },
	{ "bitlocker-to-go", 0, 0, true, hl_bde_to_go_keep, hl_bde_lost_judge },
	{ "bitlocker-block", ~(uint64_t)0, FVE_FS, false, hl_bde_block_keep,
	  hl_bde_block_judge },
	{ "ntfs", NAME_MASK, NAME('N', 'T', 'F', 'S', ' '), false,
	  hl_ntfs_lost_keep, hl_ntfs_lost_judge },
	{ "exfat", NAME_MASK, NAME('E', 'X', 'F', 'A', 'T'), false,
	  hl_exfat_lost_keep, hl_exfat_lost_judge },
	{ "fat", 0, 0, true, hl_fat_lost_keep, hl_fat_lost_judge },
	{ NULL, 0, 0, false, NULL, NULL },
};
const size_t hl_scan_n_rows = sizeof(hl_scan_rows) / sizeof(hl_scan_rows[0]) -
                              1;
