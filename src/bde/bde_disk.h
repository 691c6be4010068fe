/*
 * bde_disk.h: BitLocker as it lies on a volume.  All little-endian.
 *
 *	sector 0         boot sector; where the metadata is:
 *	                   Vista    38  its first cluster
 *	                   7 on     b0  three offsets, behind a GUID at a0
 *	                   To Go   1b8  three offsets, behind a GUID at 1a8
 *	metadata, 3 x    block header    64 bytes
 *	                 set header      48 bytes
 *	                 entries         one behind the other, some nested
 *	                 validation      size, version, CRC-32 of all before,
 *	                                 and a sealed SHA-256 of the same
 *	backup           the volume's first sectors, encrypted there, since
 *	                 BitLocker's own lie in their place (not on Vista)
 *
 * Sources: the format's description by libbde's author, what dislocker and
 * cryptsetup read, N. Ferguson's paper on the diffuser, and real volumes.
 */
#ifndef HL_BDE_DISK_H
#define HL_BDE_DISK_H

#include "base/le.h"

#define BDE_SIGNATURE "-FVE-FS-"

#define BDE_BOOT_LCN 0x38     /* Vista */
#define BDE_BOOT_GUID 0xa0
#define BDE_BOOT_OFFSETS 0xb0
#define BDE_TO_GO_GUID 0x1a8
#define BDE_TO_GO_OFFSETS 0x1b8

struct bde_block_disk {
	uint8_t signature[8];
	le16 size;      /* 08 bytes; of version 2 in units of 16 */
	le16 version;   /* 0a 1 Vista, 2 later */
	le16 state;     /* 0c */
	le16 next_state; /* 0e */
	le64 encrypted; /* 10 bytes of the volume that are ciphertext */
	le32 convert;   /* 18 bytes behind them that were being converted */
	le32 n_header;  /* 1c sectors of the backup */
	le64 off[3];    /* 20 the three blocks */
	le64 header;    /* 38 the backup; Vista: $MFTMirr's cluster */
};
_Static_assert(sizeof(struct bde_block_disk) == 64, "block header");

struct bde_set_disk {
	le32 size;        /* 00 with this header */
	le32 version;     /* 04 */
	le32 header_size; /* 08 */
	le32 size_copy;   /* 0c */
	uint8_t id[16];   /* 10 */
	le32 nonce;       /* 20 */
	le16 method;      /* 24 */
	le16 method_copy; /* 26 */
	le64 created;     /* 28 FILETIME */
};
_Static_assert(sizeof(struct bde_set_disk) == 48, "set header");

struct bde_entry_disk {
	le16 size;    /* with this header */
	le16 type;    /* what it is for */
	le16 value;   /* how it is made */
	le16 version;
};
_Static_assert(sizeof(struct bde_entry_disk) == 8, "entry header");

struct bde_vmk_disk {
	uint8_t id[16];
	le64 changed;
	le16 unknown;
	le16 protection;
};
_Static_assert(sizeof(struct bde_vmk_disk) == 28, "protector");

struct bde_valid_disk {
	le16 size;
	le16 version;
	le32 crc;
};

enum { /* entry types */
	BDE_FOR_VMK = 2, BDE_FOR_FVEK = 3, BDE_FOR_STARTUP = 6,
	BDE_FOR_LABEL = 7, BDE_FOR_BACKUP = 15,
};
enum { /* values, and where nested ones begin */
	BDE_IS_KEY = 1, BDE_IS_TEXT = 2, BDE_IS_STRETCH = 3,
	BDE_IS_USE = 4, BDE_IS_SEALED = 5, BDE_IS_VMK = 8,
	BDE_IS_EXTERNAL = 9, BDE_IS_RANGE = 15,
};
#define BDE_STRETCH_NESTED 20  /* method, salt of 16 */
#define BDE_EXTERNAL_NESTED 24 /* id, time */
#define BDE_KEY_BYTES 4        /* behind the method */

enum { /* protection */
	BDE_CLEAR = 0, BDE_TPM = 0x100, BDE_STARTUP = 0x200,
	BDE_TPM_STARTUP = 0x400, BDE_TPM_PIN = 0x500, BDE_RECOVERY = 0x800,
	BDE_CERTIFICATE = 0x1000, BDE_PASSWORD = 0x2000,
};

enum { /* methods */
	BDE_CBC_128_DIFFUSER = 0x8000, BDE_CBC_256_DIFFUSER = 0x8001,
	BDE_CBC_128 = 0x8002, BDE_CBC_256 = 0x8003,
	BDE_XTS_128 = 0x8004, BDE_XTS_256 = 0x8005,
};

enum { /* states */
	BDE_DECRYPTED = 1, BDE_CONVERTING = 2, BDE_ON_WRITE = 3,
	BDE_ENCRYPTED = 4, BDE_PAUSED = 5,
};

#endif
