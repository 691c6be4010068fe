/*
 * known.c: names what is seen and not read.
 *
 * The order is significant; the first row that fits wins.
 *   1. Boot sectors that imitate another format: BitLocker To Go has a valid
 *      FAT32 BPB (made so that old Windows shows something), so its rows come
 *      before every driver.
 *   2. Long magics at fixed places.
 *   3. Magics of two bytes (ext: 53 ef, HFS: BD): together with a second
 *      field, and last, since a random sector holds them now and then.
 *      EROFS before these: its inode count has been taken for another's magic.
 */
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/span.h"
#include "fs/fs_impl.h"

struct row {
	struct hl_known known;
	uint32_t off;        /* of the magic */
	uint8_t n;           /* its bytes */
	const char *magic;
	bool (*also)(struct span s); /* a second look, or NULL */
};

/* {4967d63b-2e29-4ad8-8399-f6a339e3d001}: a BitLocker volume's header */
#define BDE_GUID "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a" \
                 "\x83\x99\xf6\xa3\x39\xe3\xd0\x01"

static bool ext_fits(struct span s)
{
	const uint8_t *sb = span_view(s, 1024, 128);

	/* block size 1 to 64 KiB, revision 0 or 1, inodes per group set */
	return sb && le32_at(sb + 0x18) <= 6 && le32_at(sb + 0x4c) <= 1 &&
	       le32_at(sb + 0x28) > 0;
}

static bool hfs_fits(struct span s)
{
	const uint8_t *h = span_view(s, 1024, 64);

	/* allocation block size: not zero, a multiple of 512, big-endian */
	return h && h[0x17] == 0 && (h[0x16] & 1) == 0 &&
	       (h[0x14] | h[0x15] | h[0x16]) != 0;
}

static bool hfsplus_fits(struct span s)
{
	const uint8_t *h = span_view(s, 1024, 64);

	return h && h[2] == 0 && (h[3] == 4 || h[3] == 5); /* version */
}

static bool apm_fits(struct span s)
{
	const uint8_t *m = span_view(s, 512, 4); /* the map's first entry */

	return m && memcmp(m, "PM\0\0", 4) == 0;
}

/* The sixteen-bit sums of a Sun label cancel out. */
static bool sun_fits(struct span s)
{
	const uint8_t *b = span_view(s, 0, 512);
	unsigned sum = 0;

	for (size_t i = 0; b && i < 512; i += 2)
		sum ^= le16_at(b + i);
	return b && sum == 0;
}

#define UNREAD(name, text) { name, text ": not read", false, false, false }
#define BOOT(name, text) { name, text, true, false, false }
#define LOCKED(name, text) { name, text, true, false, true }
#define FOREIGN(name, text) { name, text, false, true, false }

static const struct row rows[] = {
	/* 1: told by the boot sector */
	{ LOCKED("bitlocker", "BitLocker: encrypted"), 3, 8, "-FVE-FS-", NULL },
	{ LOCKED("bitlocker", "BitLocker To Go: encrypted"), 424, 16,
	  BDE_GUID, NULL },
	{ BOOT("refs", "ReFS: not read"), 3, 8, "ReFS\0\0\0\0", NULL },

	/* 2: long magics */
	{ UNREAD("luks", "LUKS (encrypted)"), 0, 6, "LUKS\xba\xbe", NULL },
	{ UNREAD("storage-spaces", "Storage Spaces member"), 0, 8, "SPACEDB ",
	  NULL },
	{ UNREAD("storage-spaces", "Storage Spaces member"), 4096, 8,
	  "SPACEDB ", NULL },
	{ UNREAD("ldm", "dynamic disk (LDM)"), 0, 8, "PRIVHEAD", NULL },
	{ UNREAD("ldm", "dynamic disk (LDM)"), 3072, 8, "PRIVHEAD", NULL },
	{ UNREAD("apfs", "APFS"), 32, 4, "NXSB", NULL },
	{ UNREAD("xfs", "XFS"), 0, 4, "XFSB", NULL },
	{ UNREAD("btrfs", "btrfs"), 0x10040, 8, "_BHRfS_M", NULL },
	{ UNREAD("reiserfs", "ReiserFS"), 0x10034, 8, "ReIsErFs", NULL },
	{ UNREAD("reiserfs", "ReiserFS"), 0x10034, 9, "ReIsEr2Fs", NULL },
	{ UNREAD("lvm2", "Linux LVM"), 512, 8, "LABELONE", NULL },
	{ UNREAD("lvm2", "Linux LVM"), 0, 8, "LABELONE", NULL },
	{ UNREAD("f2fs", "F2FS"), 1024, 4, "\x10\x20\xf5\xf2", NULL },
	{ UNREAD("erofs", "EROFS"), 1024, 4, "\xe2\xe1\xf5\xe0", NULL },
	{ UNREAD("squashfs", "SquashFS"), 0, 4, "hsqs", NULL },
	{ UNREAD("swap", "Linux swap"), 4086, 10, "SWAPSPACE2", NULL },
	{ UNREAD("swap", "Linux swap"), 65526, 10, "SWAPSPACE2", NULL },
	{ UNREAD("linux-raid", "Linux RAID member"), 4096, 4,
	  "\xfc\x4e\x2b\xa9", NULL },
	{ UNREAD("linux-raid", "Linux RAID member"), 0, 4,
	  "\xfc\x4e\x2b\xa9", NULL },
	{ UNREAD("hpfs", "HPFS"), 8192, 8, "\x49\xe8\x95\xf9\xc5\xe9\x53\xfa",
	  NULL },
	{ UNREAD("udf", "UDF"), 0x8001, 5, "BEA01", NULL },
	{ UNREAD("iso9660", "ISO 9660"), 0x8001, 5, "CD001", NULL },
	{ UNREAD("ufs", "UFS"), 0x255c, 4, "\x54\x19\x01\x00", NULL },
	{ UNREAD("ufs", "UFS2"), 0x1055c, 4, "\x19\x01\x54\x19", NULL },
	{ UNREAD("ufs", "UFS2"), 0x255c, 4, "\x19\x01\x54\x19", NULL },

	/* other schemes of partitions */
	{ UNREAD("apm", "an Apple partition map"), 0, 2, "ER", apm_fits },
	{ UNREAD("sgi", "an SGI disk label"), 0, 4, "\x0b\xe5\xa9\x41",
	  NULL },
	{ UNREAD("bsd", "a BSD disk label"), 512, 4, "\x57\x45\x56\x82",
	  NULL },
	{ UNREAD("sun", "a Sun disk label"), 508, 2, "\xda\xbe", sun_fits },

	/* what somebody took for a disk image */
	{ FOREIGN("vhdx", "a VHDX container"), 0, 8, "vhdxfile", NULL },
	{ FOREIGN("vhd", "a dynamic VHD container"), 0, 8, "conectix", NULL },
	{ FOREIGN("qcow", "a QCOW container"), 0, 4, "QFI\xfb", NULL },
	{ FOREIGN("vmdk", "a VMDK container"), 0, 4, "KDMV", NULL },
	{ FOREIGN("vmdk", "a VMDK descriptor"), 0, 21,
	  "# Disk DescriptorFile", NULL },
	{ FOREIGN("vdi", "a VDI container"), 64, 4, "\x7f\x10\xda\xbe", NULL },
	{ FOREIGN("aff", "an AFF container"), 0, 5, "AFF10", NULL },
	{ FOREIGN("ewf2", "an Ex01 container"), 0, 8,
	  "EVF2\x0d\x0a\x81\x00", NULL },
	{ FOREIGN("lvf", "an L01 container of files"), 0, 8,
	  "LVF\x09\x0d\x0a\xff\x00", NULL },
	{ FOREIGN("hive", "a registry hive"), 0, 4, "regf", NULL },
	{ FOREIGN("gzip", "a gzip file"), 0, 3, "\x1f\x8b\x08", NULL },
	{ FOREIGN("xz", "an xz file"), 0, 6, "\xfd" "7zXZ\0", NULL },
	{ FOREIGN("zip", "a zip file"), 0, 4, "PK\3\4", NULL },
	{ FOREIGN("7z", "a 7z file"), 0, 6, "7z\xbc\xaf\x27\x1c", NULL },

	/* 3: two bytes, each with a second look */
	{ UNREAD("hfs+", "HFS+"), 1024, 2, "H+", hfsplus_fits },
	{ UNREAD("hfs+", "HFSX"), 1024, 2, "HX", hfsplus_fits },
	{ UNREAD("ext", "ext2, ext3 or ext4"), 1080, 2, "\x53\xef", ext_fits },
	{ UNREAD("hfs", "HFS"), 1024, 2, "BD", hfs_fits },
};

/* Which ext it is: by the features that only the later ones have. */
static const struct hl_known *ext_kind(struct span s, const struct hl_known *k)
{
	static const struct hl_known ext[3] = {
		UNREAD("ext2", "ext2"),
		UNREAD("ext3", "ext3"),
		UNREAD("ext4", "ext4"),
	};
	const uint8_t *sb = span_view(s, 1024, 128);

	if (!sb)
		return k;
	uint32_t compat = le32_at(sb + 0x5c), incompat = le32_at(sb + 0x60);
	uint32_t ro = le32_at(sb + 0x64);
	/* extents, 64bit, flex_bg; huge_file and later */
	if ((incompat & 0x2c0) || (ro & ~7u))
		return &ext[2];
	return compat & 4 ? &ext[1] : &ext[0]; /* has_journal */
}

const struct hl_known *hl_known_find(const void *p, size_t n, bool boot_only)
{
	struct span s = span_of(p, n);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const void *m = span_view(s, r->off, r->n);

		if ((boot_only && !r->known.boot) || !m ||
		    memcmp(m, r->magic, r->n) != 0 || (r->also && !r->also(s)))
			continue;
		if (strcmp(r->known.fs_name, "ext") == 0)
			return ext_kind(s, &r->known);
		return &r->known;
	}
	return NULL;
}
