/*
 * fuzz_ntfs_record.c: a FILE record or INDX block with all that can lie in
 * it.  The last two bytes of each sector are made right first, so that the
 * fuzzer does not have to find the update sequence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"

static void value(const struct hl_ntfs_attr *a)
{
	struct hl_ntfs_list_entry le;
	struct hl_ntfs_volume_info vi;
	struct hl_ntfs_reparse rp;
	struct hl_ntfs_entry e;
	struct hl_ntfs_root root;
	struct hl_ntfs_name name;
	struct hl_ntfs_std std;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run run;
	size_t off = 0, n = 0;

	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, 1u << 20);
	while (hl_ntfs_run_next(&it, &run) != HL_END)
		if (++n > a->runs.n + 1)
			abort();
	while (hl_ntfs_list_next(a->value, &off, &le) != HL_END)
		if (++n > a->value.n + a->runs.n + 2)
			abort();
	if (hl_ntfs_root_decode(a->value, &root) == HL_OK)
		for (off = n = 0; hl_ntfs_entry_next(root.node.entries, &off,
		                                     &e) != HL_END;)
			if (hl_ntfs_name_decode(e.key, &name) == HL_OK &&
			    ++n > a->value.n)
				abort();
	if (hl_ntfs_std_decode(a->value, &std) == HL_OK &&
	    hl_ntfs_volume_info_decode(a->value, &vi) == HL_OK &&
	    hl_ntfs_reparse_decode(a->value, &rp) == HL_OK &&
	    rp.subst.n > a->value.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_head h;
	struct hl_ntfs_indx x;
	struct hl_ntfs_attr a;
	struct hl_ntfs_entry e;
	size_t off, n = 0;
	uint32_t at;
	uint8_t *p = malloc(size + 1);

	if (!p)
		return 0;
	memcpy(p, data, size);
	hl_ntfs_fixup(p, size, &fix);
	if (hl_ntfs_head_decode(span_of(p, size), &h) == HL_OK)
		for (at = h.attrs_off;
		     hl_ntfs_attr_next(span_of(p, h.used), &at, &a) != HL_END;) {
			value(&a);
			if (++n > size)
				abort();
		}
	if (hl_ntfs_indx_decode(span_of(p, size), &x) == HL_OK)
		for (off = n = 0; hl_ntfs_entry_next(x.node.entries, &off,
		                                     &e) != HL_END;)
			if (++n > size)
				abort();
	free(p);
	return 0;
}
