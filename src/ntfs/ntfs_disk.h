/*
 * ntfs_disk.h: NTFS as it lies on the disk, little-endian, no padding.
 *
 * Only the decoding files include this; no pointer to one of these structs
 * leaves them.  Offsets in hex from the start of the structure.
 */
#ifndef HL_NTFS_DISK_H
#define HL_NTFS_DISK_H

#include "base/le.h"

struct ntfs_boot {
	uint8_t jump[3];          /* 00 */
	uint8_t oem[8];           /* 03 "NTFS    " */
	le16 sector_size;         /* 0b bytes: 256 to 4096 */
	uint8_t cluster_sectors;  /* 0d; above 0x80: 2^(256 - value) */
	uint8_t zero1[7];         /* 0e reserved sectors, FATs, ... */
	uint8_t media;            /* 15 0xf8 */
	uint8_t zero2[18];        /* 16 geometry, hidden sectors, unused */
	le64 total_sectors;       /* 28 without the backup boot sector */
	le64 mft_lcn;             /* 30 */
	le64 mirror_lcn;          /* 38 */
	uint8_t record_clusters;  /* 40 signed; negative: 2^-value bytes */
	uint8_t zero3[3];         /* 41 */
	uint8_t index_clusters;   /* 44 the same for index blocks */
	uint8_t zero4[3];         /* 45 */
	le64 serial;              /* 48 */
	le32 checksum;            /* 50 not maintained */
	uint8_t code[426];        /* 54 */
	le16 magic;               /* 1fe 0xaa55, missing on some */
};
_Static_assert(sizeof(struct ntfs_boot) == 512, "boot sector");

/* What FILE records and INDX blocks begin with. */
struct ntfs_block {
	uint8_t magic[4];  /* 00 "FILE", "INDX", "BAAD" when chkdsk gave up */
	le16 usa_off;      /* 04 update sequence: value, then saved words */
	le16 usa_count;    /* 06 words, one more than protected sectors */
	le64 lsn;          /* 08 */
};

struct ntfs_record {
	struct ntfs_block block; /* 00 */
	le16 sequence;     /* 10 */
	le16 links;        /* 12 */
	le16 attrs_off;    /* 14 */
	le16 flags;        /* 16 1 in use, 2 has an index */
	le32 used;         /* 18 bytes */
	le32 allocated;    /* 1c bytes */
	le64 base;         /* 20 reference; 0: this is the base record */
	le16 next_id;      /* 28 */
	/* here (2a) the update sequence of NTFS before XP, and of ntfs3 */
};
_Static_assert(sizeof(struct ntfs_record) == 0x2a, "old record header");

struct ntfs_record_xp {
	struct ntfs_record old; /* 00 */
	uint8_t pad[2];    /* 2a */
	le32 number;       /* 2c low 32 bits of its own number */
	/* 30: the update sequence since XP */
};
_Static_assert(sizeof(struct ntfs_record_xp) == 0x30, "record header");

struct ntfs_attr_head {
	le32 type;         /* 00 0xffffffff ends the list, alone */
	le32 len;          /* 04 bytes, multiple of 8 */
	uint8_t nonresident; /* 08 */
	uint8_t name_units;  /* 09 */
	le16 name_off;     /* 0a */
	le16 flags;        /* 0c 1 compressed, 4000 encrypted, 8000 sparse */
	le16 id;           /* 0e unique within this record only */
};

struct ntfs_resident {
	struct ntfs_attr_head head; /* 00 */
	le32 value_len;    /* 10 */
	le16 value_off;    /* 14 */
	uint8_t indexed;   /* 16 */
	uint8_t pad;       /* 17 */
};
_Static_assert(sizeof(struct ntfs_resident) == 0x18, "resident header");

struct ntfs_nonresident {
	struct ntfs_attr_head head; /* 00 */
	le64 lowest_vcn;   /* 10 */
	le64 highest_vcn;  /* 18 inclusive; -1 when there is none */
	le16 runs_off;     /* 20 */
	uint8_t unit_log2; /* 22 clusters of a compression unit, 0: none */
	uint8_t pad[5];    /* 23 */
	le64 allocated;    /* 28 this and the next two: first piece only */
	le64 size;         /* 30 */
	le64 valid;        /* 38 bytes that were ever written */
	/* 40: le64 total of clusters, when compressed or sparse */
};
_Static_assert(sizeof(struct ntfs_nonresident) == 0x40, "non-resident");

struct ntfs_list_entry {
	le32 type;          /* 00 */
	le16 len;           /* 04 */
	uint8_t name_units; /* 06 */
	uint8_t name_off;   /* 07 */
	le64 lowest_vcn;    /* 08 */
	le64 ref;           /* 10 record that holds it */
	le16 id;            /* 18 */
};
_Static_assert(sizeof(struct ntfs_list_entry) == 0x1a, "list entry");

struct ntfs_std_info {
	le64 created, modified, changed, accessed; /* 00 08 10 18 */
	le32 attributes;    /* 20 */
	le32 max_versions;  /* 24 */
	le32 version;       /* 28 */
	le32 class_id;      /* 2c */
	/* 30, since NTFS 3.0: owner, security id, quota, usn */
};
struct ntfs_std_info3 {
	struct ntfs_std_info old;
	le32 owner;         /* 30 */
	le32 security_id;   /* 34 */
	le64 quota;         /* 38 */
	le64 usn;           /* 40 */
};
_Static_assert(sizeof(struct ntfs_std_info3) == 0x48, "$STANDARD_INFORMATION");

struct ntfs_file_name {
	le64 parent;        /* 00 reference */
	le64 created, modified, changed, accessed; /* 08 10 18 20 */
	le64 allocated;     /* 28 */
	le64 size;          /* 30 */
	le32 attributes;    /* 38 */
	le32 reparse_tag;   /* 3c or the size of extended attributes */
	uint8_t units;      /* 40 */
	uint8_t name_space; /* 41 0 POSIX, 1 Win32, 2 DOS, 3 both */
};
_Static_assert(sizeof(struct ntfs_file_name) == 0x42, "$FILE_NAME");

struct ntfs_node_head {
	le32 entries_off;   /* 00 from here */
	le32 used;          /* 04 from here to the end of the entries */
	le32 allocated;     /* 08 */
	uint8_t flags;      /* 0c 1: has children */
	uint8_t pad[3];
};
struct ntfs_index_root {
	le32 type;          /* 00 of the indexed attribute */
	le32 collation;     /* 04 1: file name */
	le32 block_size;    /* 08 bytes */
	uint8_t block_clusters; /* 0c */
	uint8_t pad[3];
	struct ntfs_node_head node; /* 10 */
};
_Static_assert(sizeof(struct ntfs_index_root) == 0x20, "$INDEX_ROOT");

struct ntfs_index_block {
	struct ntfs_block block; /* 00 */
	le64 vcn;           /* 10 of this block */
	struct ntfs_node_head node; /* 18 */
};
_Static_assert(sizeof(struct ntfs_index_block) == 0x28, "INDX");

struct ntfs_index_entry {
	le64 ref;           /* 00 file */
	le16 len;           /* 08 */
	le16 key_len;       /* 0a */
	le16 flags;         /* 0c 1: child VCN in the last 8 bytes, 2: last */
	le16 pad;
	/* 10: key */
};
_Static_assert(sizeof(struct ntfs_index_entry) == 0x10, "index entry");

struct ntfs_volume_info {
	le64 zero;
	uint8_t major, minor; /* 08 09 */
	le16 flags;           /* 0a 1: dirty */
};
_Static_assert(sizeof(struct ntfs_volume_info) == 0x0c, "volume info");

struct ntfs_reparse {
	le32 tag;           /* 00 */
	le16 data_len;      /* 04 */
	le16 zero;
	/* 08: data; links: offsets and lengths below, bytes into the path
	 * buffer, which begins after them (symlinks: after 32 bits of flags) */
};
struct ntfs_link_data {
	le16 subst_off, subst_len, print_off, print_len;
};

#endif
