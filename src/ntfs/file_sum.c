/*
 * file_sum.c: what the attributes of a file say of it, in one struct: its best
 * name, its times, size and kind.  The file is gathered already (file.c).
 */
#include <string.h>

#include "base/banned.h"
#include "ntfs/volume.h"

/* Prefer what Windows shows: any name but the DOS alias. */
static void best_name(const struct hl_ntfs_part *p, struct hl_ntfs_name *best)
{
	struct hl_ntfs_name n;

	if (hl_ntfs_name_decode(p->a.value, &n) != HL_OK)
		return;
	if (!best->n || (best->name_space == NTFS_NS_DOS &&
	                 n.name_space != NTFS_NS_DOS))
		*best = n;
}

static void sum_part(const struct hl_ntfs_part *p, struct hl_ntfs_sum *out)
{
	struct hl_ntfs_reparse rp;

	switch (p->a.type) {
	case NTFS_STANDARD_INFORMATION:
		if (p->a.resident && !out->has_std)
			out->has_std = hl_ntfs_std_decode(p->a.value,
			                                  &out->std) == HL_OK;
		break;
	case NTFS_FILE_NAME:
		if (p->a.resident)
			best_name(p, &out->name);
		break;
	case NTFS_DATA:
		if (p->a.name.n || out->has_data)
			break;
		out->has_data = true;
		out->size = p->a.size;
		out->allocated = p->a.resident ? 0 : p->a.allocated;
		out->data_flags = p->a.flags;
		break;
	case NTFS_INDEX_ROOT: /* the flag in the header may be damaged */
		out->is_dir |= hl_ntfs_is_i30(p->a.name);
		break;
	case NTFS_REPARSE_POINT:
		if (!p->a.resident)
			break;
		/* The tag alone is worth having. */
		if (hl_ntfs_reparse_decode(p->a.value, &rp) == HL_OK || rp.tag)
			out->reparse_tag = rp.tag;
		break;
	default:
		break;
	}
}

void hl_ntfs_file_sum(const struct hl_ntfs_file *f, struct hl_ntfs_sum *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < f->n_part; i++)
		sum_part(&f->part[i], out);
	out->is_dir |= f->head.flags & NTFS_HAS_INDEX;
}
