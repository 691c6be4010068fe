/*
 * values.c: the values of the attributes that describe a file: names, times,
 * the attribute list, links, the volume.
 */
#include "base/banned.h"
#include "ntfs/ntfs.h"
#include "ntfs/ntfs_disk.h"

#include <string.h>

enum hl_status hl_ntfs_list_next(struct span list, size_t *off,
                                 struct hl_ntfs_list_entry *out)
{
	const struct ntfs_list_entry *e;
	struct span s;

	memset(out, 0, sizeof(*out));
	if (*off >= list.n)
		return HL_END;
	e = SPAN_VIEW(list, *off, struct ntfs_list_entry);
	if (!e || get16(e->len) < sizeof(*e) || get16(e->len) % 8 ||
	    !span_sub(list, *off, get16(e->len), &s)) {
		*off = list.n;
		return HL_CORRUPT;
	}
	*off += get16(e->len);
	out->type = get32(e->type);
	out->id = get16(e->id);
	out->lowest_vcn = get64(e->lowest_vcn);
	out->ref = hl_ntfs_ref_of(get64(e->ref));
	if (e->name_units &&
	    !span_sub(s, e->name_off, (uint64_t)e->name_units * 2, &out->name))
		return HL_CORRUPT;
	return HL_OK;
}

static struct hl_ntfs_times times_of(le64 a, le64 b, le64 c, le64 d)
{
	return (struct hl_ntfs_times){
		.created = get64(a), .modified = get64(b),
		.changed = get64(c), .accessed = get64(d),
	};
}

enum hl_status hl_ntfs_std_decode(struct span s, struct hl_ntfs_std *out)
{
	const struct ntfs_std_info *i = SPAN_VIEW(s, 0, struct ntfs_std_info);
	const struct ntfs_std_info3 *v3;

	memset(out, 0, sizeof(*out));
	if (!i)
		return HL_CORRUPT;
	out->times = times_of(i->created, i->modified, i->changed, i->accessed);
	out->attributes = get32(i->attributes);
	/* The two version fields were never used for versions. */
	out->case_sensitive = !get32(i->max_versions) && get32(i->version) == 1;
	out->class_id = get32(i->class_id);
	v3 = SPAN_VIEW(s, 0, struct ntfs_std_info3);
	if (v3) {
		out->has_v3 = true;
		out->owner = get32(v3->owner);
		out->security_id = get32(v3->security_id);
		out->usn = get64(v3->usn);
	}
	return HL_OK;
}

enum hl_status hl_ntfs_name_decode(struct span s, struct hl_ntfs_name *out)
{
	const struct ntfs_file_name *f = SPAN_VIEW(s, 0, struct ntfs_file_name);
	struct span units;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (!f || !f->units ||
	    !span_sub(s, sizeof(*f), (uint64_t)f->units * 2, &units))
		return HL_CORRUPT;
	out->parent = hl_ntfs_ref_of(get64(f->parent));
	out->times = times_of(f->created, f->modified, f->changed, f->accessed);
	out->allocated = get64(f->allocated);
	out->size = get64(f->size);
	out->attributes = get32(f->attributes);
	out->reparse_tag = get32(f->reparse_tag);
	out->name_space = f->name_space;
	out->n = f->units;
	for (i = 0; i < out->n; i++)
		out->u[i] = le16_at(units.p + 2 * i);
	return f->name_space > NTFS_NS_BOTH ? HL_CORRUPT : HL_OK;
}

enum hl_status hl_ntfs_reparse_decode(struct span s,
                                      struct hl_ntfs_reparse *out)
{
	const struct ntfs_reparse *r = SPAN_VIEW(s, 0, struct ntfs_reparse);
	const struct ntfs_link_data *l;
	struct span data, path;

	memset(out, 0, sizeof(*out));
	if (!r)
		return HL_CORRUPT;
	out->tag = get32(r->tag);
	out->is_link = out->tag == NTFS_TAG_SYMLINK ||
	               out->tag == NTFS_TAG_MOUNT_POINT;
	if (!out->is_link)
		return HL_OK;
	if (!span_sub(s, sizeof(*r), get16(r->data_len), &data))
		return HL_CORRUPT;
	l = SPAN_VIEW(data, 0, struct ntfs_link_data);
	if (!l || !span_from(data, sizeof(*l) +
	                     (out->tag == NTFS_TAG_SYMLINK ? 4 : 0), &path))
		return HL_CORRUPT;
	if (!span_sub(path, get16(l->subst_off), get16(l->subst_len),
	              &out->subst) ||
	    !span_sub(path, get16(l->print_off), get16(l->print_len),
	              &out->print))
		return HL_CORRUPT;
	return HL_OK;
}

enum hl_status hl_ntfs_volume_info_decode(struct span s,
                                          struct hl_ntfs_volume_info *out)
{
	const struct ntfs_volume_info *v;

	memset(out, 0, sizeof(*out));
	v = SPAN_VIEW(s, 0, struct ntfs_volume_info);
	if (!v)
		return HL_CORRUPT;
	out->major = v->major;
	out->minor = v->minor;
	out->flags = get16(v->flags);
	return HL_OK;
}
