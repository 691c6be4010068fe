/*
 * hive_disk.h: the structures of a hive file as they lie on a disk.
 *
 *	0                     4096                           4096 + bins_size
 *	+---------------------+--------------+---------------+- - - - - -
 *	| base block "regf"   | bin "hbin"   | bin "hbin" …  | preallocated,
 *	| 512 used            | 32 + cells   | 32 + cells    | zero or remnant
 *	+---------------------+--------------+---------------+- - - - - -
 *
 * Cell offsets count from the first bin.  A cell begins with its size, stored
 * negative while it is in use.
 * Source: the regf specification by Maxim Suhanov.
 */
#ifndef HL_HIVE_DISK_H
#define HL_HIVE_DISK_H

#include <stddef.h>

#include "base/le.h"

#define HIVE_BASE_SIZE 4096u  /* the base block in the file */
#define HIVE_BASE_USED 512u   /* what the checksum and a log header cover */
#define HIVE_PAGE 4096u       /* bins are whole pages */
#define HIVE_SECTOR 512u      /* log entries and dirty bits */

struct hive_base_disk {
	uint8_t signature[4]; /* 0x00 "regf" */
	le32 seq1;            /* 0x04 raised before a write */
	le32 seq2;            /* 0x08 set to seq1 after it */
	le64 written;         /* 0x0C FILETIME; stale since Windows 8.1 */
	le32 major;           /* 0x14 1 */
	le32 minor;           /* 0x18 1 (NT 3.1) … 6 */
	le32 type;            /* 0x1C 0 hive; 1, 2 old log; 6 new log */
	le32 format;          /* 0x20 1: direct memory load */
	le32 root_cell;       /* 0x24 from the first bin */
	le32 bins_size;       /* 0x28 bytes, whole pages */
	le32 clustering;      /* 0x2C 1: sectors of 512 bytes */
	uint8_t name[64];     /* 0x30 UTF-16LE, the tail of the path */
	uint8_t guids[32];    /* 0x70 resource and log manager */
	le32 flags;           /* 0x90 */
	uint8_t rest[360];    /* 0x94 */
	le32 checksum;        /* 0x1FC XOR of the 127 dwords before it */
};
_Static_assert(sizeof(struct hive_base_disk) == HIVE_BASE_USED, "base block");
_Static_assert(offsetof(struct hive_base_disk, flags) == 0x90, "base flags");

struct hive_bin_disk {
	uint8_t signature[4]; /* 0x00 "hbin" */
	le32 offset;          /* 0x04 of this bin, from the first one */
	le32 size;            /* 0x08 bytes, whole pages, header included */
	uint8_t rest[20];     /* 0x0C time stamp in the first bin */
};
_Static_assert(sizeof(struct hive_bin_disk) == 32, "bin header");

/* A key, after the size of its cell. */
struct hive_nk_disk {
	uint8_t signature[2]; /* 0x00 "nk" */
	le16 flags;           /* 0x02 */
	le64 written;         /* 0x04 FILETIME */
	le32 access;          /* 0x0C */
	le32 parent;          /* 0x10 cell */
	uint8_t lists[52];    /* 0x14 subkeys, values, security, class */
	le16 name_len;        /* 0x48 bytes */
	le16 class_len;       /* 0x4A bytes */
	/* the name follows */
};
_Static_assert(sizeof(struct hive_nk_disk) == 0x4C, "key node");
#define HIVE_NK_LATIN1 0x0020 /* one byte a character, not UTF-16LE */

/* One entry of a new-format log; the first stands at 512. */
struct hive_entry_disk {
	uint8_t signature[4]; /* 0x00 "HvLE" */
	le32 size;            /* 0x04 bytes, multiple of 512 */
	le32 flags;           /* 0x08 */
	le32 seq;             /* 0x0C one more than the entry before */
	le32 bins_size;       /* 0x10 bytes, after this entry */
	le32 pages;           /* 0x14 count */
	le64 hash1;           /* 0x18 over 0x28 … size */
	le64 hash2;           /* 0x20 over the 32 bytes before it */
};
_Static_assert(sizeof(struct hive_entry_disk) == 0x28, "log entry");

#endif
