/*
 * signature.c: containers told by their first bytes.
 *
 * A raw disk begins with boot code, a table or a boot sector, none of which
 * starts with any of these.
 */
#include <string.h>

#include "base/banned.h"
#include "base/span.h"
#include "io/files.h"

struct signature {
	uint32_t off;
	uint8_t n;
	const char *bytes;
	enum files_kind kind;
	const char *other;
};

#define OTHER(o, s, t) { o, sizeof(s) - 1, s, FILES_OTHER, t }

static const struct signature signatures[] = {
	{ 0, 8, "EVF\x09\x0d\x0a\xff\x00", FILES_EWF, NULL },
	{ 0, 8, "EVF2\x0d\x0a\x81\x00", FILES_EWF2, NULL },
	OTHER(0, "LVF\x09\x0d\x0a\xff\x00", "L01 (logical evidence) images"),
	OTHER(0, "LEF2\x0d\x0a\x81\x00", "Lx01 (logical evidence) images"),
	OTHER(0, "AFF10\r\n", "AFF images"),
	OTHER(0, "ADSEGMENTEDFILE", "AD1 images"),
	{ 0, 8, "conectix", FILES_VHD, NULL },
	{ 0, 8, "vhdxfile", FILES_VHDX, NULL },
	{ 0, 4, "QFI\xfb", FILES_QCOW, NULL },
	{ 0, 4, "KDMV", FILES_VMDK, NULL },
	{ 0, 4, "COWD", FILES_VMDK, NULL },
	{ 0, 21, "# Disk DescriptorFile", FILES_VMDK, NULL },
	OTHER(0x40, "\x7f\x10\xda\xbe", "VDI images"),
	OTHER(0, "QED\0", "QED images"),
	OTHER(0, "WithoutFreeSpace", "Parallels images"),
	OTHER(0, "WithouFreSpacExt", "Parallels images"),
	OTHER(0, "PK\x03\x04", "ZIP archives and AFF4 images"),
	OTHER(0, "\x1f\x8b\x08", "gzip files"),
	OTHER(0, "\xfd" "7zXZ\x00", "xz files"),
	OTHER(0, "BZh", "bzip2 files"),
	OTHER(0, "7z\xbc\xaf\x27\x1c", "7-Zip archives"),
	OTHER(0, "\x28\xb5\x2f\xfd", "zstd files"),
};

enum files_kind hl_signature(const void *head, size_t n, const char **other)
{
	struct span s = span_of(head, n);

	*other = NULL;
	for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++) {
		const struct signature *t = &signatures[i];
		const void *p = span_view(s, t->off, t->n);
		if (p && memcmp(p, t->bytes, t->n) == 0) {
			*other = t->other;
			return t->kind;
		}
	}
	return FILES_RAW;
}
