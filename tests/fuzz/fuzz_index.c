/*
 * fuzz_index.c: a block of $INDEX_ALLOCATION ("$I30") with its update
 * sequence, and the same bytes as an $INDEX_ROOT: every entry, its key as a
 * name, and that name's order against itself.
 */
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void names(struct span entries)
{
	struct hl_ntfs_entry e;
	struct hl_ntfs_name name;
	enum hl_status st;
	size_t off = 0, n = 0;

	while ((st = hl_ntfs_entry_next(entries, &off, &e)) != HL_END) {
		if (off > entries.n || ++n > entries.n)
			abort();
		if (st != HL_OK || hl_ntfs_name_decode(e.key, &name) != HL_OK)
			continue;
		if (name.n > NTFS_NAME_UNITS || name.n * 2u > e.key.n ||
		    hl_ntfs_name_fold_cmp(NULL, name.u, name.n, name.u,
		                          name.n) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_indx block;
	struct hl_ntfs_root root;
	uint8_t *p = malloc(size ? size : 1);

	if (!p)
		return 0;
	if (size)
		memcpy(p, data, size);
	if (hl_ntfs_root_decode(span_of(p, size), &root) == HL_OK)
		names(root.node.entries);
	hl_ntfs_fixup(p, size, &fix);
	if (fix.n_torn > fix.n_sectors)
		abort();
	if (hl_ntfs_indx_decode(span_of(p, size), &block) == HL_OK)
		names(block.node.entries);
	free(p);
	return 0;
}
