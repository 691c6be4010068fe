/*
 * drivers.c: the file systems that are read, one row each.
 *
 * The order matters only where two probes may both say yes: NTFS and exFAT
 * check their names, FAT has nothing but a plausible BPB, so FAT is last.
 * Second copies are tried in the opposite order (see fs.c).
 */
#include "base/banned.h"
#include "fs/fs_impl.h"

static const struct hl_fs_driver drivers[] = {
	{ "ntfs", &hl_fs_ntfs },
	{ "exfat", &hl_fs_exfat },
	{ "fat", &hl_fs_fat },
	{ NULL, NULL },
};

enum hl_status hl_fs_identify(struct hl_fs_found *out, struct hl_src *vol,
                              bool rescue, const struct hl_ctx *ctx)
{
	return hl_fs_identify_with(out, vol, rescue, drivers, ctx);
}

enum hl_status hl_fs_peek(struct hl_fs_found *out, uint64_t *size,
                          struct hl_src *vol, bool rescue,
                          const struct hl_ctx *ctx)
{
	struct hl_ctx quiet = *ctx;

	quiet.note = NULL;
	quiet.log = NULL;
	enum hl_status st = hl_fs_identify(out, vol, rescue, &quiet);
	*size = out->fs ? hl_fs_info(out->fs)->size : 0;
	hl_fs_close(out->fs);
	out->fs = NULL;
	return st;
}

bool hl_fs_probes(const void *p, size_t n)
{
	for (size_t i = 0; drivers[i].ops; i++)
		if (drivers[i].ops->probe(p, n) == HL_OK)
			return true;
	return false;
}

enum hl_status hl_fs_open(struct hl_fs **out, struct hl_src *vol,
                          const struct hl_ctx *ctx)
{
	struct hl_fs_found found;
	enum hl_status st = hl_fs_identify(&found, vol, true, ctx);

	*out = found.fs;
	return st == HL_END && found.damaged ? HL_CORRUPT : st;
}
