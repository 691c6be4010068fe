/*
 * vss_disk.h: shadow copies as Windows (volsnap.sys) lays them out.
 *
 *	volume
 *	+0x1e00  volume header --> catalogue --> (next) --> 0
 *	                            | entry 2: a copy: time, size, flags
 *	                            | entry 3: its store, by the same GUID
 *	                            v
 *	          store: header, block list -> (next), bitmap -> (next), data
 *
 * Everything lies in blocks of 16 KiB that begin with the same header; all
 * offsets count from the start of the volume the block lies on.  A store may
 * lie on another volume than what it keeps: then entry 2 is in the catalogue
 * of the one, entry 3 in that of the other.
 */
#ifndef HL_VSS_DISK_H
#define HL_VSS_DISK_H

#include "base/le.h"

#define VSS_HEADER_OFF 0x1e00
#define VSS_BLOCK 0x4000u
#define VSS_HEAD 0x80u /* of each block */

enum vss_type {
	VSS_VOLUME = 1, VSS_CATALOGUE, VSS_LIST, VSS_STORE, VSS_RANGES,
	VSS_BITMAP,
};

struct vss_head {
	uint8_t guid[16];  /* 0x00 */
	le32 version;      /* 0x10: 1, Windows 8: 2 */
	le32 type;         /* 0x14 */
	le64 relative;     /* 0x18: offset in its own file */
	le64 current;      /* 0x20: of this block */
	le64 next;         /* 0x28: 0 in the last */
	le64 info_size;    /* 0x30: in a store's header */
};

struct vss_volume_head {
	uint8_t guid[16];  /* 0x00 */
	le32 version;      /* 0x10 */
	le32 type;         /* 0x14: 1 */
	le64 current;      /* 0x18: 0x1e00 */
	le64 unknown[2];   /* 0x20 */
	le64 catalogue;    /* 0x30: 0: there is none */
	le64 max_size;     /* 0x38 */
	uint8_t volume[16];  /* 0x40 */
	uint8_t storage[16]; /* 0x50: the volume that keeps the stores */
};

#define VSS_ENTRY 0x80u
#define VSS_ENTRY_FREE 1
#define VSS_ENTRY_COPY 2
#define VSS_ENTRY_STORE 3

struct vss_copy_entry {
	le32 type;         /* 0x00: 2 */
	le32 priority;     /* 0x04: its low byte */
	le64 volume_size;  /* 0x08 */
	uint8_t store[16]; /* 0x10 */
	le64 sequence;     /* 0x20: place in the stack, 1 is the oldest */
	le64 flags;        /* 0x28 */
	le64 created;      /* 0x30 */
};
#define VSS_COPY_OFFLINE 0x100
#define VSS_COPY_ZEROS 0x400 /* blocks not in use then read as zeros */

struct vss_store_entry {
	le64 type;         /* 0x00: 3 */
	le64 list;         /* 0x08 */
	uint8_t store[16]; /* 0x10 */
	le64 header;       /* 0x20 */
	le64 ranges;       /* 0x28 */
	le64 bitmap;       /* 0x30 */
	le64 file;         /* 0x38: reference of the store's file */
	le64 allocated;    /* 0x40 */
	le64 previous;     /* 0x48: bitmap of the copy before, or 0 */
};

struct vss_store_info { /* behind a store's header */
	uint8_t unknown[16]; /* 0x00 */
	uint8_t copy[16];    /* 0x10 */
	uint8_t set[16];     /* 0x20 */
	le32 context;        /* 0x30 */
	le32 provider;       /* 0x34 */
	le32 attributes;     /* 0x38 */
};

struct vss_descriptor {
	le64 original;     /* 0x00: which block of the volume */
	le64 relative;     /* 0x08: forwarder: that block of the next copy */
	le64 data;         /* 0x10: where its bytes were put */
	le32 flags;        /* 0x18 */
	le32 sectors;      /* 0x1c: overlay: a bit for each 512 bytes */
};
#define VSS_FORWARDER 1u
#define VSS_OVERLAY 2u
#define VSS_UNUSED 4u
#define VSS_FLAGS_KNOWN 0xffu

#endif
