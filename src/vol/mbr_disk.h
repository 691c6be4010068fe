/*
 * mbr_disk.h: an MBR or EBR sector as it lies on the disk.
 *
 *	0x000  boot code (and on Windows the disk signature at 0x1b8)
 *	0x1be  four entries of 16 bytes
 *	0x1fe  55 aa
 *
 * The tables stand at these offsets whatever the sector size is.
 */
#ifndef HL_MBR_DISK_H
#define HL_MBR_DISK_H

#include "base/le.h"

struct mbr_disk_entry {
	uint8_t status;     /* 0x0: 0x80 active, 0x00 not; nothing else */
	uint8_t chs[3];     /* 0x1: of no use since 1996 */
	uint8_t type;       /* 0x4: a claim, not a fact; 0: unused */
	uint8_t chs_end[3]; /* 0x5 */
	le32 start;         /* 0x8: sectors; in an EBR relative to it (logical)
	                       or to the extended partition (next EBR) */
	le32 count;         /* 0xc: sectors */
};
_Static_assert(sizeof(struct mbr_disk_entry) == 16, "MBR entry");

struct mbr_disk {
	uint8_t code[0x1b8];
	le32 signature;      /* 0x1b8: Windows disk signature */
	uint8_t reserved[2]; /* 0x1bc: 5a 5a when copy-protected */
	struct mbr_disk_entry entry[4]; /* 0x1be */
	uint8_t magic[2];    /* 0x1fe: 55 aa */
};
_Static_assert(sizeof(struct mbr_disk) == 512, "MBR sector");

#endif
