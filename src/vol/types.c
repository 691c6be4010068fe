/*
 * types.c: what partition type bytes and GUIDs are called.
 *
 * A flag here says only what kind of thing such a partition should hold; what
 * it does hold is told by its content.
 */
#include "vol/types.h"

#include <string.h>

#include "base/banned.h"
#include "hivelift/vol.h"

static const struct vol_mbr_type mbr_types[] = {
	{ 0x01, "FAT12", 0 },
	{ 0x04, "FAT16 below 32 MiB", 0 },
	{ 0x05, "Extended", 0 },
	{ 0x06, "FAT16", 0 },
	{ 0x07, "NTFS, exFAT or HPFS", 0 },
	{ 0x0b, "FAT32", 0 },
	{ 0x0c, "FAT32 (LBA)", 0 },
	{ 0x0e, "FAT16 (LBA)", 0 },
	{ 0x0f, "Extended (LBA)", 0 },
	{ 0x11, "Hidden FAT12", 0 },
	{ 0x12, "Diagnostics", 0 },
	{ 0x14, "Hidden FAT16 below 32 MiB", 0 },
	{ 0x16, "Hidden FAT16", 0 },
	{ 0x17, "Hidden NTFS, exFAT or HPFS", 0 },
	{ 0x1b, "Hidden FAT32", 0 },
	{ 0x1c, "Hidden FAT32 (LBA)", 0 },
	{ 0x1e, "Hidden FAT16 (LBA)", 0 },
	{ 0x27, "Windows recovery", 0 },
	{ 0x3c, "PartitionMagic", 0 },
	{ 0x41, "PReP boot", HL_PART_RESERVED },
	{ 0x42, "Windows dynamic disk (LDM)", HL_PART_DYNAMIC },
	{ 0x63, "System V", 0 },
	{ 0x80, "Old Minix", 0 },
	{ 0x81, "Minix", 0 },
	{ 0x82, "Linux swap", 0 },
	{ 0x83, "Linux", 0 },
	{ 0x84, "Hibernation", 0 },
	{ 0x85, "Linux extended", 0 },
	{ 0x86, "NTFS volume set", 0 },
	{ 0x87, "NTFS volume set", 0 },
	{ 0x88, "Linux plain text", 0 },
	{ 0x8e, "Linux LVM", 0 },
	{ 0xa0, "Hibernation (Phoenix)", 0 },
	{ 0xa5, "FreeBSD", 0 },
	{ 0xa6, "OpenBSD", 0 },
	{ 0xa8, "Darwin UFS", 0 },
	{ 0xa9, "NetBSD", 0 },
	{ 0xab, "Darwin boot", 0 },
	{ 0xaf, "HFS or HFS+", 0 },
	{ 0xbe, "Solaris boot", 0 },
	{ 0xbf, "Solaris", 0 },
	{ 0xde, "Dell diagnostics", 0 },
	{ 0xe7, "Storage Spaces", HL_PART_SPACES },
	{ 0xee, "GPT protective", 0 },
	{ 0xef, "EFI system", 0 },
	{ 0xfb, "VMware VMFS", 0 },
	{ 0xfc, "VMware swap", 0 },
	{ 0xfd, "Linux RAID", 0 },
};

static const struct vol_gpt_type gpt_types[] = {
	/* Windows and the machine */
	{ "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Basic data", 0 },
	{ "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system", 0 },
	{ "e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved",
	  HL_PART_RESERVED },
	{ "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery", 0 },
	{ "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "LDM metadata",
	  HL_PART_DYNAMIC | HL_PART_RESERVED },
	{ "af9b60a0-1431-4f62-bc68-3311714a69ad", "LDM data",
	  HL_PART_DYNAMIC },
	{ "e75caf8f-f680-4cee-afa3-b001e56efc2d", "Storage Spaces",
	  HL_PART_SPACES },
	{ "558d43c5-a1ac-43c0-aac8-d1472b2923d1", "Storage Replica", 0 },
	{ "21686148-6449-6e6f-744e-656564454649", "BIOS boot",
	  HL_PART_RESERVED },
	{ "024dee41-33e7-11d3-9d69-0008c781f39f", "MBR partition scheme", 0 },
	{ "9e1a2d38-c612-4316-aa26-8b49521e5a8b", "PReP boot",
	  HL_PART_RESERVED },
	{ "d3bfe2de-3daf-11df-ba40-e3a556d89593", "Intel fast flash", 0 },
	{ "37affc90-ef7d-4e96-91c3-2d7ae055b174", "IBM GPFS", 0 },
	{ "bfbfafe7-a34f-448a-9a5b-6213eb736c22", "Lenovo boot", 0 },
	/* Linux */
	{ "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data", 0 },
	{ "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap", 0 },
	{ "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM", 0 },
	{ "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID", 0 },
	{ "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux home", 0 },
	{ "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "Linux server data", 0 },
	{ "44479540-f297-41b2-9af7-d131d5f0458a", "Linux root (x86)", 0 },
	{ "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)", 0 },
	{ "b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root (arm64)", 0 },
	{ "bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux boot", 0 },
	{ "8da63339-0007-60c0-c436-083ac8230908", "Linux reserved",
	  HL_PART_RESERVED },
	{ "ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS", 0 },
	{ "7ffec5c9-2d00-49b7-8941-3ea10a5586b7", "dm-crypt", 0 },
	/* the others */
	{ "48465300-0000-11aa-aa11-00306543ecac", "Apple HFS+", 0 },
	{ "7c3457ef-0000-11aa-aa11-00306543ecac", "Apple APFS", 0 },
	{ "426f6f74-0000-11aa-aa11-00306543ecac", "Apple boot", 0 },
	{ "53746f72-6167-11aa-aa11-00306543ecac", "Apple Core Storage", 0 },
	{ "6a898cc3-1dd2-11b2-99a6-080020736631", "Solaris usr or ZFS", 0 },
	{ "6a945a3b-1dd2-11b2-99a6-080020736631", "Solaris reserved",
	  HL_PART_RESERVED },
	{ "83bd6b9d-7f41-11dc-be0b-001560b84f0f", "FreeBSD boot",
	  HL_PART_RESERVED },
	{ "516e7cb4-6ecf-11d6-8ff8-00022d09712b", "FreeBSD", 0 },
	{ "516e7cb5-6ecf-11d6-8ff8-00022d09712b", "FreeBSD swap", 0 },
	{ "516e7cb6-6ecf-11d6-8ff8-00022d09712b", "FreeBSD UFS", 0 },
	{ "516e7cba-6ecf-11d6-8ff8-00022d09712b", "FreeBSD ZFS", 0 },
	{ "824cc7a0-36a8-11e3-890a-952519ad3f61", "OpenBSD data", 0 },
	{ "aa31e02a-400f-11db-9590-000c2911d1b8", "VMware VMFS", 0 },
	{ "9d275380-40ad-11db-bf97-000c2911d1b8", "VMware vmkcore", 0 },
	{ "9198effc-31c0-11db-8f78-000c2911d1b8", "VMware reserved",
	  HL_PART_RESERVED },
	{ "fe3a2a5d-4f32-41a7-b725-accc3285a309", "ChromeOS kernel", 0 },
	{ "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "ChromeOS root", 0 },
};

const struct vol_mbr_type *hl_vol_mbr_types(size_t *n)
{
	*n = sizeof(mbr_types) / sizeof(mbr_types[0]);
	return mbr_types;
}

const struct vol_gpt_type *hl_vol_gpt_types(size_t *n)
{
	*n = sizeof(gpt_types) / sizeof(gpt_types[0]);
	return gpt_types;
}

const struct vol_mbr_type *hl_vol_mbr_type(uint8_t type)
{
	static const struct vol_mbr_type none = { 0, "unknown", 0 };
	size_t n;
	const struct vol_mbr_type *t = hl_vol_mbr_types(&n);

	for (size_t i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return &none;
}

const struct vol_gpt_type *hl_vol_gpt_type(const char *guid)
{
	static const struct vol_gpt_type none = { "", "unknown", 0 };
	size_t n;
	const struct vol_gpt_type *t = hl_vol_gpt_types(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].guid, guid) == 0)
			return &t[i];
	return &none;
}
