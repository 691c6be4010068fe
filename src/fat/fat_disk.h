/*
 * fat_disk.h: FAT12, FAT16 and FAT32 as they lie on the medium.
 *
 *	boot sector | reserved | FAT 1 | FAT 2 | fixed root | clusters 2, 3, …
 *	            (backup boot)                (FAT12/16)
 *
 * A folder is an array of 32-byte slots; a long name stands in slots of its
 * own, last piece first, before the short entry it belongs to.
 */
#ifndef HL_FAT_DISK_H
#define HL_FAT_DISK_H

#include "base/le.h"

#define FAT_SLOT 32u
#define FAT_LONG_UNITS 13 /* UTF-16 units in one long-name slot */
#define FAT_LONG_SLOTS 20 /* 255 units need no more */

/* Boot sector: what all three have, then one of the two tails. */
struct fat_bpb {
	uint8_t jump[3];       /* 0x00  EB xx 90 or E9 xx xx; may lie */
	uint8_t oem[8];        /* 0x03 */
	le16 sector_size;      /* 0x0B  512, 1024, 2048, 4096 */
	uint8_t cluster_sectors; /* 0x0D  power of two */
	le16 reserved;         /* 0x0E  sectors before the first FAT, > 0 */
	uint8_t n_fats;        /* 0x10 */
	le16 root_entries;     /* 0x11  slots of the fixed root; FAT32: 0 */
	le16 sectors16;        /* 0x13  0: see sectors32 */
	uint8_t media;         /* 0x15  F0, F8 … FF; also byte 0 of the FAT */
	le16 fat_sectors16;    /* 0x16  0: FAT32 */
	le16 track_sectors;    /* 0x18  geometry: not needed, often zero */
	le16 heads;            /* 0x1A */
	le32 hidden;           /* 0x1C  sectors before the volume; may lie */
	le32 sectors32;        /* 0x20 */
};
_Static_assert(sizeof(struct fat_bpb) == 0x24, "BPB");

/* FAT12 and FAT16: at 0x24; FAT32: at 0x40. */
struct fat_ext {
	uint8_t drive;         /* +0 */
	uint8_t state;         /* +1  bit 0: dirty; bit 1: test the surface */
	uint8_t signature;     /* +2  0x29: all below; 0x28: serial only */
	le32 serial;           /* +3 */
	uint8_t label[11];     /* +7  code page, "NO NAME    " for none */
	uint8_t type[8];       /* +18 "FAT16   "; never to be trusted */
};
_Static_assert(sizeof(struct fat_ext) == 26, "extended BPB");
#define FAT_EXT_OFF 0x24

struct fat_bpb32 {             /* at 0x24 */
	le32 fat_sectors32;    /* 0x24 */
	le16 ext_flags;        /* 0x28  bit 7: one FAT only, number in 0-3 */
	le16 version;          /* 0x2A  0 */
	le32 root_cluster;     /* 0x2C */
	le16 info_sector;      /* 0x30 */
	le16 backup_sector;    /* 0x32  6 by custom */
	uint8_t reserved[12];  /* 0x34 */
};
_Static_assert(sizeof(struct fat_bpb32) == 28, "FAT32 BPB");
#define FAT_EXT32_OFF 0x40
#define FAT_BOOT_MARK_OFF 510 /* 55 AA, whatever the sector size */
#define FAT_BOOT_BYTES 512

/* One slot of a folder. */
struct fat_slot {
	uint8_t name[11];      /* 0x00  code page, both parts end in blanks;
	                                 [0]: 00 end, E5 deleted, 05 = E5 */
	uint8_t attributes;    /* 0x0B */
	uint8_t nt_case;       /* 0x0C  08 base, 10 extension in lower case */
	uint8_t created_tenths; /* 0x0D 10 ms, 0 … 199 */
	le16 created_time;     /* 0x0E */
	le16 created_date;     /* 0x10 */
	le16 accessed_date;    /* 0x12 */
	le16 cluster_high;     /* 0x14  FAT32; elsewhere it is others' */
	le16 modified_time;    /* 0x16 */
	le16 modified_date;    /* 0x18 */
	le16 cluster_low;      /* 0x1A */
	le32 size;             /* 0x1C  0 for folders */
};
_Static_assert(sizeof(struct fat_slot) == FAT_SLOT, "slot");

/* The same slot when (attributes & 3F) == 0F. */
struct fat_long {
	uint8_t order;         /* 0x00  1 … 20, the last | 40; E5 deleted */
	le16 name1[5];         /* 0x01 */
	uint8_t attributes;    /* 0x0B  0F */
	uint8_t type;          /* 0x0C  0 */
	uint8_t sum;           /* 0x0D  checksum of the short name */
	le16 name2[6];         /* 0x0E */
	le16 cluster;          /* 0x1A  0 */
	le16 name3[2];         /* 0x1C */
};
_Static_assert(sizeof(struct fat_long) == FAT_SLOT, "long-name slot");

#define FAT_ATTR_LABEL 0x08
#define FAT_ATTR_DIR 0x10
#define FAT_ATTR_LONG 0x0F
#define FAT_ATTR_MASK 0x3F
#define FAT_CASE_BASE 0x08
#define FAT_CASE_EXT 0x10

#endif
