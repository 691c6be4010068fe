/*
 * exfat_disk.h: exFAT as it lies on the medium.
 *
 *	sector 0-11  boot region      12-23  its backup
 *	FAT | (second FAT, TexFAT) | cluster heap: clusters 2, 3, …
 *
 * A folder is an array of 32-byte entries.  The high bit of the first byte
 * says that an entry is in use; a zero byte ends the folder.  A file is a set:
 *
 *	85 file | C0 stream | C1 name C1 name … | E0, E1 vendors' entries
 *
 * Allocation bitmap, table of capitals, label and GUID are entries of the
 * root.
 */
#ifndef HL_EXFAT_DISK_H
#define HL_EXFAT_DISK_H

#include "base/le.h"

#define EXFAT_BOOT_BYTES 512u
#define EXFAT_BOOT_SECTORS 11u /* under the checksum; the 12th repeats it */
#define EXFAT_REGION_SECTORS 12u

struct exfat_boot {
	uint8_t jump[3];       /* 0x00  EB 76 90 */
	uint8_t name[8];       /* 0x03  "EXFAT   " */
	uint8_t zero[53];      /* 0x0B  where FAT has its BPB; all zero */
	le64 partition_off;    /* 0x40  sectors; may lie, 0: unknown */
	le64 sectors;          /* 0x48  of the volume */
	le32 fat_off;          /* 0x50  sectors, of the first FAT */
	le32 fat_sectors;      /* 0x54  of each FAT */
	le32 heap_off;         /* 0x58  sectors, of cluster 2 */
	le32 n_clusters;       /* 0x5C */
	le32 root;             /* 0x60  first cluster of the root */
	le32 serial;           /* 0x64 */
	le16 revision;         /* 0x68  0x0100 */
	le16 flags;            /* 0x6A  not under the checksum */
	uint8_t sector_log2;   /* 0x6C  9 to 12 */
	uint8_t cluster_log2;  /* 0x6D  in sectors; both together up to 25 */
	uint8_t n_fats;        /* 0x6E  1; 2: TexFAT */
	uint8_t drive;         /* 0x6F */
	uint8_t percent;       /* 0x70  in use; not under the checksum */
	uint8_t reserved[7];   /* 0x71 */
	uint8_t code[390];     /* 0x78 */
	uint8_t mark[2];       /* 0x1FE 55 AA */
};
_Static_assert(sizeof(struct exfat_boot) == EXFAT_BOOT_BYTES, "boot sector");

#define EXFAT_FLAG_SECOND 0x0001 /* second FAT and bitmap are the active ones */
#define EXFAT_FLAG_DIRTY 0x0002
#define EXFAT_FLAG_FAILING 0x0004 /* the medium gave read errors */

#define EXFAT_FAT_BAD 0xFFFFFFF7u
#define EXFAT_FAT_LAST 0xFFFFFFF8u /* and above; FFFFFFFF is what is written */

/* ---- folder entries ------------------------------------------------------ */

#define EXFAT_ENTRY 32u
#define EXFAT_NAME_UNITS 15u   /* in one C1 entry */
#define EXFAT_MAX_UNITS 255u
#define EXFAT_SET_MAX 256u     /* 1 + what a count of one byte can say */
#define EXFAT_SPECIAL_UNITS 11 /* of a label */

#define EXFAT_IN_USE 0x80u
#define EXFAT_SECONDARY 0x40u
#define EXFAT_BENIGN 0x20u

/* Types with the in-use bit set. */
#define EXFAT_BITMAP 0x81u
#define EXFAT_UPCASE 0x82u
#define EXFAT_LABEL 0x83u
#define EXFAT_FILE 0x85u
#define EXFAT_GUID 0xA0u
#define EXFAT_TEXFAT 0xA1u  /* padding of TexFAT */
#define EXFAT_ACL_CE 0xA2u  /* Windows CE's table of access control */
#define EXFAT_STREAM 0xC0u
#define EXFAT_NAME 0xC1u

struct exfat_file {            /* 85 */
	uint8_t type;
	uint8_t n_secondary;   /* 0x01  entries that follow in the set */
	le16 sum;              /* 0x02  over the whole set, without itself */
	le16 attributes;       /* 0x04 */
	le16 reserved1;        /* 0x06  bit 15: encrypted (seen, Windows 10) */
	le32 created;          /* 0x08  DOS time below, date above */
	le32 modified;         /* 0x0C */
	le32 accessed;         /* 0x10 */
	uint8_t created_10ms;  /* 0x14  0 to 199 */
	uint8_t modified_10ms; /* 0x15 */
	uint8_t created_utc;   /* 0x16  bit 7: valid; quarters of an hour */
	uint8_t modified_utc;  /* 0x17 */
	uint8_t accessed_utc;  /* 0x18 */
	uint8_t reserved2[7];
};
_Static_assert(sizeof(struct exfat_file) == EXFAT_ENTRY, "file entry");
#define EXFAT_ATTR_FOLDER 0x10u
#define EXFAT_RESERVED_EFS 0x8000u

struct exfat_stream {          /* C0 */
	uint8_t type;
	uint8_t flags;         /* 0x01  bit 0: has clusters; bit 1: no chain */
	uint8_t reserved1;
	uint8_t n_name;        /* 0x03  units */
	le16 hash;             /* 0x04  of the name in capitals */
	uint8_t reserved2[2];
	le64 valid;            /* 0x08  bytes; from here on it reads as zeros */
	uint8_t reserved3[4];
	le32 cluster;          /* 0x14 */
	le64 size;             /* 0x18  bytes */
};
_Static_assert(sizeof(struct exfat_stream) == EXFAT_ENTRY, "stream entry");
#define EXFAT_HAS_CLUSTERS 1u
#define EXFAT_NO_CHAIN 2u

struct exfat_name {            /* C1 */
	uint8_t type, flags;
	le16 unit[EXFAT_NAME_UNITS];
};
_Static_assert(sizeof(struct exfat_name) == EXFAT_ENTRY, "name entry");

struct exfat_table {           /* 81 and 82: where a table of the volume is */
	uint8_t type;
	uint8_t flags;         /* 0x01  81: bit 0: the second bitmap */
	uint8_t reserved1[2];
	le32 sum;              /* 0x04  82: checksum of the table */
	uint8_t reserved2[12];
	le32 cluster;          /* 0x14 */
	le64 size;             /* 0x18 */
};
_Static_assert(sizeof(struct exfat_table) == EXFAT_ENTRY, "table entry");

struct exfat_label {           /* 83 */
	uint8_t type;
	uint8_t n;             /* 0x01  units */
	le16 unit[EXFAT_SPECIAL_UNITS];
	uint8_t reserved[8];
};
_Static_assert(sizeof(struct exfat_label) == EXFAT_ENTRY, "label entry");

struct exfat_guid {            /* A0 */
	uint8_t type;
	uint8_t n_secondary;   /* 0x01  0 */
	le16 sum;              /* 0x02  as of a set of one */
	le16 flags;
	uint8_t guid[16];      /* 0x06 */
	uint8_t reserved[10];
};
_Static_assert(sizeof(struct exfat_guid) == EXFAT_ENTRY, "GUID entry");

#endif
