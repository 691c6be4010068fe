/*
 * ewf_disk.h: the EWF format (E01, S01) as it lies in segment files.
 *
 *	+--------+---------+--------+---------+-------+--------+------+
 *	| file   | header2 | header | volume  |sectors| table  |table2| …
 *	| header |         |        |         |       |        |      | next
 *	+--------+---------+--------+---------+-------+--------+------+
 *	first segment; the others begin with "data" (a copy of volume), the
 *	last ends with digest, hash and done.
 *
 * Every section begins with a descriptor that points at the next one.
 * Checksums are Adler-32.  EnCase 1 and SMART put the chunks behind the
 * entries of the table and have neither sectors nor table2.
 */
#ifndef HL_EWF_DISK_H
#define HL_EWF_DISK_H

#include "base/le.h"

struct ewf_file_header_disk {
	uint8_t signature[8]; /* 0x00 "EVF" 09 0d 0a ff 00 */
	uint8_t one;          /* 0x08 start of fields, 1 */
	le16 segment;         /* 0x09 from 1 */
	le16 zero;            /* 0x0b end of fields */
};
_Static_assert(sizeof(struct ewf_file_header_disk) == 13, "EWF file header");

struct ewf_section_disk {
	uint8_t type[16];  /* 0x00 ASCII, padded with NULs */
	le64 next;         /* 0x10 from the start of the file; done: itself */
	le64 size;         /* 0x18 with this descriptor; 0 in some writers */
	uint8_t pad[40];   /* 0x20 */
	le32 checksum;     /* 0x48 of the 72 bytes before */
};
_Static_assert(sizeof(struct ewf_section_disk) == 76, "EWF section");

/* volume, disk and data; SMART stops after 94 bytes, see below */
struct ewf_volume_disk {
	uint8_t media_type;      /* 0x00 */
	uint8_t unknown1[3];     /* 0x01 */
	le32 chunks;             /* 0x04 */
	le32 sectors_per_chunk;  /* 0x08 */
	le32 bytes_per_sector;   /* 0x0c */
	le64 sectors;            /* 0x10 */
	le32 cylinders;          /* 0x18 */
	le32 heads;              /* 0x1c */
	le32 track_sectors;      /* 0x20 */
	uint8_t media_flags;     /* 0x24 */
	uint8_t unknown2[3];     /* 0x25 */
	le32 palm_volume_start;  /* 0x28 */
	le32 unknown3;           /* 0x2c */
	le32 smart_logs_start;   /* 0x30 */
	uint8_t compression;     /* 0x34 0 none, 1 fast, 2 best */
	uint8_t unknown4[3];     /* 0x35 */
	le32 error_granularity;  /* 0x38 sectors */
	le32 unknown5;           /* 0x3c */
	uint8_t set_id[16];      /* 0x40 GUID, zeros in old writers */
	uint8_t unknown6[963];   /* 0x50 */
	uint8_t signature[5];    /* 0x413 */
	le32 checksum;           /* 0x418 of the 1048 bytes before */
};
_Static_assert(sizeof(struct ewf_volume_disk) == 1052, "EWF volume");

struct ewf_volume_smart_disk {
	le32 one;                /* 0x00 */
	le32 chunks;             /* 0x04 */
	le32 sectors_per_chunk;  /* 0x08 */
	le32 bytes_per_sector;   /* 0x0c */
	le32 sectors;            /* 0x10 */
	uint8_t unknown[65];     /* 0x14 */
	uint8_t signature[5];    /* 0x55 "SMART" */
	le32 checksum;           /* 0x5a of the 90 bytes before */
};
_Static_assert(sizeof(struct ewf_volume_smart_disk) == 94, "SMART volume");

/* table and table2; le32 entries[n] and, but for SMART, a checksum follow */
struct ewf_table_disk {
	le32 n;           /* 0x00 entries */
	le32 pad1;        /* 0x04 */
	le64 base;        /* 0x08 added to every entry; 0 before EnCase 6 */
	le32 pad2;        /* 0x10 */
	le32 checksum;    /* 0x14 of the 20 bytes before */
};
_Static_assert(sizeof(struct ewf_table_disk) == 24, "EWF table");

/* A table entry: the high bit says deflate, the rest is the offset. */
#define EWF_ENTRY_DEFLATED 0x80000000u
#define EWF_ENTRY_OFFSET   0x7fffffffu

struct ewf_hash_disk {
	uint8_t md5[16];     /* 0x00 */
	uint8_t unknown[16]; /* 0x10 */
	le32 checksum;       /* 0x20 of the 32 bytes before */
};
_Static_assert(sizeof(struct ewf_hash_disk) == 36, "EWF hash");

struct ewf_digest_disk {
	uint8_t md5[16];  /* 0x00 */
	uint8_t sha1[20]; /* 0x10 */
	uint8_t pad[40];  /* 0x24 */
	le32 checksum;    /* 0x4c of the 76 bytes before */
};
_Static_assert(sizeof(struct ewf_digest_disk) == 80, "EWF digest");

/* error2; entries and a checksum follow */
struct ewf_errors_disk {
	le32 n;               /* 0x000 */
	uint8_t pad[512];     /* 0x004 */
	le32 checksum;        /* 0x204 of the 516 bytes before */
};
_Static_assert(sizeof(struct ewf_errors_disk) == 520, "EWF error2");

struct ewf_error_disk {
	le32 first, count; /* sectors */
};
_Static_assert(sizeof(struct ewf_error_disk) == 8, "EWF error2 entry");

#endif
