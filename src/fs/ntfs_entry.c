/*
 * ntfs_entry.c: NTFS files as struct hl_entry, from the record (exact) or
 * from the copy that the folder's index keeps (lazy).
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "fs/ntfs_fs.h"

#define ATTR_DIRECTORY 0x10u
#define ATTR_SPARSE 0x200u
#define ATTR_REPARSE 0x400u
#define ATTR_COMPRESSED 0x800u
#define ATTR_ENCRYPTED 0x4000u
/* $FILE_NAME marks a folder outside of the bits that Windows shows. */
#define ATTR_NAME_DIRECTORY 0x10000000u
#define ATTR_NAME_MASK 0x0fffffffu

static void set_name(struct hl_entry *out, const struct hl_ntfs_name *n)
{
	out->n_name16 = n->n;
	memcpy(out->name16, n->u, n->n * sizeof(n->u[0]));
	if (!hl_utf8_from16(out->name, sizeof(out->name), n->u, n->n))
		out->flags |= HL_ENTRY_BAD_NAME;
	if (n->name_space == NTFS_NS_DOS)
		out->flags |= HL_ENTRY_SHORT_NAME;
	out->parent = (struct hl_ref){ .id = n->parent.number,
	                               .seq = n->parent.seq };
}

static void set_times(struct hl_entry *out, const struct hl_ntfs_times *t)
{
	out->created = hl_time_filetime(t->created);
	out->modified = hl_time_filetime(t->modified);
	out->mft_changed = hl_time_filetime(t->changed);
	out->accessed = hl_time_filetime(t->accessed);
}

static void set_attributes(struct hl_entry *out, uint32_t a)
{
	out->attributes = a;
	if (a & ATTR_SPARSE)
		out->flags |= HL_ENTRY_SPARSE;
	if (a & ATTR_COMPRESSED)
		out->flags |= HL_ENTRY_COMPRESSED;
	if (a & ATTR_ENCRYPTED)
		out->flags |= HL_ENTRY_ENCRYPTED;
}

static void set_type(struct hl_entry *out, bool is_dir)
{
	out->type = is_dir ? HL_DIR : HL_FILE;
	if (is_dir)
		out->attributes |= ATTR_DIRECTORY;
	if (out->reparse_tag == NTFS_TAG_SYMLINK ||
	    out->reparse_tag == NTFS_TAG_MOUNT_POINT)
		out->type = HL_LINK;
}

/* Its record is the one handle that there is. */
static void set_nameless(struct hl_entry *out)
{
	snprintf(out->name, sizeof(out->name), "@%llu",
	         (unsigned long long)out->ref.id);
	out->n_name16 = (uint16_t)hl_utf16_from8(out->name16, HL_NAME_UNITS,
	                                         out->name);
}

void hl_ntfs_entry_index(const struct hl_ntfs_link *link, struct hl_entry *out)
{
	const struct hl_ntfs_name *n = &link->name;

	memset(out, 0, sizeof(*out));
	out->ref = (struct hl_ref){ .id = link->ref.number,
	                            .seq = link->ref.seq };
	out->flags = HL_ENTRY_RECORD;
	set_name(out, n);
	set_times(out, &n->times);
	set_attributes(out, n->attributes & ATTR_NAME_MASK);
	if (n->attributes & ATTR_REPARSE)
		out->reparse_tag = n->reparse_tag;
	set_type(out, n->attributes & ATTR_NAME_DIRECTORY);
	if (out->type == HL_FILE) {
		out->size = n->size;
		out->allocated = n->allocated;
	}
}

void hl_ntfs_entry_fill(struct hl_ntfs *nt, const struct hl_ntfs_file *f,
                        const struct hl_ntfs_link *link, struct hl_entry *out)
{
	struct hl_ntfs_sum sum;

	(void)nt;
	hl_ntfs_file_sum(f, &sum);
	memset(out, 0, sizeof(*out));
	out->ref = (struct hl_ref){ .id = f->ref.number, .seq = f->ref.seq };
	out->flags = HL_ENTRY_RECORD | HL_ENTRY_FULL;
	if (!(f->head.flags & NTFS_IN_USE))
		out->flags |= HL_ENTRY_DELETED;
	if (f->damaged)
		out->flags |= HL_ENTRY_DAMAGED;
	set_name(out, link ? &link->name : &sum.name);
	if (!out->n_name16)
		set_nameless(out);
	set_times(out, sum.has_std ? &sum.std.times : &sum.name.times);
	set_attributes(out, sum.has_std ? sum.std.attributes :
	                    sum.name.attributes & ATTR_NAME_MASK);
	if (sum.data_flags & NTFS_ENCRYPTED)
		out->flags |= HL_ENTRY_ENCRYPTED;
	if (sum.is_dir && sum.has_std && sum.std.case_sensitive)
		out->flags |= HL_ENTRY_CASE_SENSITIVE;
	out->reparse_tag = sum.reparse_tag;
	set_type(out, sum.is_dir);
	out->size = sum.size;
	out->allocated = sum.allocated;
}
