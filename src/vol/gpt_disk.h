/*
 * gpt_disk.h: a GUID partition table as it lies on the disk (UEFI 5.3).
 *
 *	LBA 0      protective MBR
 *	LBA 1      header
 *	LBA 2..    array of entries
 *	  ...      partitions
 *	last-n..   the array's copy
 *	last LBA   the header's copy
 */
#ifndef HL_GPT_DISK_H
#define HL_GPT_DISK_H

#include "base/le.h"

#define GPT_MAGIC "EFI PART"
#define GPT_HEADER_MIN 92

struct gpt_disk_header {
	uint8_t magic[8];    /* 0x00: "EFI PART" */
	le32 revision;       /* 0x08: 0x00010000 */
	le32 header_size;    /* 0x0c: bytes under the checksum, 92..sector */
	le32 header_crc;     /* 0x10: counted with this field as zero */
	le32 reserved;       /* 0x14 */
	le64 my_lba;         /* 0x18: where this header lies */
	le64 alternate_lba;  /* 0x20: where the other one lies */
	le64 first_usable;   /* 0x28: LBA */
	le64 last_usable;    /* 0x30: LBA */
	uint8_t disk_guid[16]; /* 0x38 */
	le64 array_lba;      /* 0x48 */
	le32 n_entries;      /* 0x50: 128 nearly everywhere; 256 exists */
	le32 entry_size;     /* 0x54: 128 times a power of two */
	le32 array_crc;      /* 0x58: over n_entries * entry_size bytes */
};
_Static_assert(sizeof(struct gpt_disk_header) == GPT_HEADER_MIN, "GPT header");

struct gpt_disk_entry {
	uint8_t type[16];    /* 0x00: zero: unused */
	uint8_t guid[16];    /* 0x10 */
	le64 first;          /* 0x20: LBA */
	le64 last;           /* 0x28: LBA, inclusive */
	le64 attributes;     /* 0x30 */
	uint8_t name[72];    /* 0x38: UTF-16LE, ends with NUL if shorter */
};
_Static_assert(sizeof(struct gpt_disk_entry) == 128, "GPT entry");

#endif
