/*
 * ldm_disk.h: the database of Windows dynamic disks (Logical Disk Manager),
 * as it lies on the disk.  All numbers are big-endian.
 *
 *	sector 6 (MBR only)     private header, a copy
 *	database + 0            (on an MBR disk its last MiB, on a GPT disk a
 *	                         partition of its own)
 *	         + 1, 2, 2045, 2046   table of contents, up to four copies
 *	         + config             VMDB, then records (VBLK) of 128 bytes
 *	         + 1856, 2047         private header, two copies
 *
 * A private header and a table of contents carry the sum of their 512 bytes.
 * Sources: the documentation of linux-ntfs (ldm), the Linux kernel's
 * block/partitions/ldm, and real disks.
 */
#ifndef HL_LDM_DISK_H
#define HL_LDM_DISK_H

#define LDM_SECTOR 512
#define LDM_PRIVHEAD_MBR 6 /* sector of the disk */
#define LDM_DB_SECTORS 2048
#define LDM_PRIVHEAD_1 1856 /* sectors of the database */
#define LDM_PRIVHEAD_2 2047

/* Private header. */
#define LDM_PRIVHEAD "PRIVHEAD"
#define LDM_SUM 0x08        /* 32 bits, of this and of a TOCBLOCK */
#define LDM_PH_MAJOR 0x0c   /* 16 */
#define LDM_PH_MINOR 0x0e   /* 16 */
#define LDM_PH_DISK 0x30    /* GUID as text, 64 */
#define LDM_PH_GROUP 0xb0   /* GUID as text, 64 */
#define LDM_PH_NAME 0xf0    /* of the group, 32 */
#define LDM_PH_DATA 0x11b   /* 64: first sector of the volumes' room */
#define LDM_PH_DATA_N 0x123 /* 64 */
#define LDM_PH_DB 0x12b     /* 64: first sector of the database */
#define LDM_PH_DB_N 0x133   /* 64 */

/* Table of contents: two entries, "config" and "log". */
#define LDM_TOCBLOCK "TOCBLOCK"
#define LDM_TOC_ENTRY 0x24
#define LDM_TOC_ENTRY_N 0x22
#define LDM_TOC_START 0x0a  /* 64, in an entry: sectors of the database */
#define LDM_TOC_LEN 0x12    /* 64 */

/* Head of the records. */
#define LDM_VMDB "VMDB"
#define LDM_VM_LAST 0x04    /* 32: number of the last record */
#define LDM_VM_SIZE 0x08    /* 32: of a record, bytes */
#define LDM_VM_OFF 0x0c     /* 32: of the first one, bytes */
#define LDM_VM_STATUS 0x10  /* 16: 1 consistent */
#define LDM_VM_COMMITTED 0x75 /* 64: grows with every change */

/* One record block; an object may take several of one group. */
#define LDM_VBLK "VBLK"
#define LDM_VB_GROUP 0x08   /* 32 */
#define LDM_VB_INDEX 0x0c   /* 16: of this block in its group */
#define LDM_VB_COUNT 0x0e   /* 16: blocks of the group; 0 unused */
#define LDM_VB_DATA 0x10

/* An object, when its blocks are joined. */
#define LDM_OB_FLAGS 0x02   /* 8 */
#define LDM_OB_TYPE 0x03    /* 8: kind, and revision in the high half */
#define LDM_OB_LEN 0x04     /* 32: bytes behind this head */
#define LDM_OB_DATA 0x08

enum {
	LDM_KIND_VOLUME = 1, LDM_KIND_COMPONENT = 2, LDM_KIND_PARTITION = 3,
	LDM_KIND_DISK = 4, LDM_KIND_GROUP = 5,
};
/* Which optional fields follow. */
#define LDM_PART_INDEX 0x08
#define LDM_COMP_STRIPE 0x10
#define LDM_VOLUME_ID1 0x08
#define LDM_VOLUME_ID2 0x20
#define LDM_VOLUME_SIZE2 0x80
#define LDM_VOLUME_DRIVE 0x02
/* Layout of a component. */
#define LDM_LAYOUT_STRIPE 1
#define LDM_LAYOUT_SPAN 2
#define LDM_LAYOUT_RAID5 3

#endif
