/*
 * wof_disk.h: the reparse point of a file that WOF keeps (WOF_EXTERNAL_INFO
 * and FILE_PROVIDER_EXTERNAL_INFO of Windows' headers).
 */
#ifndef HL_WOF_DISK_H
#define HL_WOF_DISK_H

#include "base/le.h"

struct wof_reparse {
	le32 tag;          /* 00 0x80000017 */
	le16 data_len;     /* 04 bytes from 08 on */
	le16 zero;
	le32 version;      /* 08 1 */
	le32 provider;     /* 0c 1 a WIM archive, 2 the file itself */
};
_Static_assert(sizeof(struct wof_reparse) == 0x10, "WOF reparse point");

struct wof_file_reparse {
	struct wof_reparse head;
	le32 version;      /* 10 1 */
	le32 algorithm;    /* 14 0 XPRESS4K, 1 LZX, 2 XPRESS8K, 3 XPRESS16K */
};
_Static_assert(sizeof(struct wof_file_reparse) == 0x18, "WOF file provider");

#endif
