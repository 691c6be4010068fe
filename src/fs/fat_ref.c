/*
 * fat_ref.c: FAT entries and their refs.
 *
 * A FAT file has no number.  ref.id is the place of its short entry in the
 * volume, in slots of 32 bytes (0: the root, where the boot sector is), and
 * ref.seq the first cluster of the folder that holds it, so that a long name
 * which begins in another cluster is found again; ref.origin says what of it
 * is deleted.
 */
#include "base/banned.h"
#include "io/note.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "fat/fat_disk.h"
#include "fs/fat_fs.h"

#define ATTRIBUTES 0x37 /* those that FILE_ATTRIBUTE_* has too */

static struct fat_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

void hl_fat_fs_times(const struct hl_fat_entry *e, struct hl_time *created,
                     struct hl_time *modified, struct hl_time *accessed)
{
	const struct fat_slot *f = SPAN_VIEW(span_of(e->raw, FAT_SLOT), 0,
	                                     struct fat_slot);

	*created = hl_time_dos(get16(f->created_date), get16(f->created_time),
	                       f->created_tenths);
	*modified = hl_time_dos(get16(f->modified_date),
	                        get16(f->modified_time), 0);
	*accessed = hl_time_dos_date(get16(f->accessed_date));
}

static enum hl_type type_of(const struct hl_fat_entry *e)
{
	if (e->what == HL_FAT_FOLDER)
		return HL_DIR;
	return e->what == HL_FAT_FILE ? HL_FILE : HL_OTHER;
}

void hl_fat_fs_set_name(struct hl_entry *out, const uint16_t *name,
                        uint16_t n)
{
	out->n_name16 = n;
	for (uint16_t i = 0; i < n; i++)
		out->name16[i] = name[i];
	if (!hl_utf8_from16(out->name, sizeof(out->name), name, n))
		out->flags |= HL_ENTRY_BAD_NAME;
}

static uint16_t origin_of(const struct hl_fat_entry *e)
{
	if (e->orphan)
		return FAT_ORPHAN;
	if (e->in_gone)
		return FAT_IN_GONE;
	return e->deleted ? FAT_DELETED : FAT_LIVE;
}

static unsigned flags_of(const struct hl_fat_entry *e)
{
	unsigned flags = HL_ENTRY_FULL;

	if (e->deleted)
		flags |= HL_ENTRY_DELETED;
	if (e->deleted && (e->size || e->what == HL_FAT_FOLDER))
		flags |= HL_ENTRY_GUESSED;
	if (e->damaged)
		flags |= HL_ENTRY_DAMAGED;
	if (e->bad_name)
		flags |= HL_ENTRY_BAD_NAME;
	return flags;
}

/* A folder of which only the first cluster is known; not another's ref. */
static struct hl_ref unknown(const struct hl_fat_entry *e)
{
	return (struct hl_ref){ .id = FAT_NO_PARENT, .seq = e->folder,
		                .origin = origin_of(e) };
}

void hl_fat_fs_fill(struct hl_entry *out, const struct hl_fs *fs,
                    const struct hl_fat_entry *e, const struct hl_ref *parent)
{
	*out = (struct hl_entry){
		.ref = { .id = e->pos / FAT_SLOT, .seq = e->folder,
		         .origin = origin_of(e) },
		.parent = parent ? *parent : unknown(e),
		.type = type_of(e),
		.flags = flags_of(e),
		.attributes = e->attributes & ATTRIBUTES,
		.size = e->size,
	};
	hl_fat_fs_times(e, &out->created, &out->modified, &out->accessed);
	out->created = hl_time_zoned(fs->ctx, out->created);
	out->modified = hl_time_zoned(fs->ctx, out->modified);
	hl_fat_fs_set_name(out, e->name16, e->n_name);
	if (hl_fat_first_lost(e) && !e->long_name)
		out->flags |= HL_ENTRY_FIRST_LOST;
}

static enum hl_status orphan_of(struct hl_fat *v, const struct hl_ref *ref,
                                struct hl_fat_entry *out)
{
	const struct hl_fat_geom *g = hl_fat_geom(v);
	uint64_t pos = ref->id * FAT_SLOT;

	if (ref->id > UINT64_MAX / FAT_SLOT ||
	    (pos - g->data_off) % g->cluster_size)
		return HL_END;
	if (pos < g->data_off || (pos - g->data_off) / g->cluster_size >=
	                                 g->n_clusters)
		return HL_END;
	return hl_fat_orphan_entry(v, (uint32_t)((pos - g->data_off) /
	                                         g->cluster_size) + 2, out);
}

enum hl_status hl_fat_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                               struct hl_fat_entry *out)
{
	bool gone = ref->origin == FAT_IN_GONE;
	enum hl_status st;

	if (ref->id == 0 || ref->id > UINT64_MAX / FAT_SLOT)
		return HL_END;
	if (ref->origin == FAT_ORPHAN)
		return orphan_of(impl(fs)->vol, ref, out);
	st = hl_fat_entry_at(impl(fs)->vol, ref->id * FAT_SLOT, ref->seq,
	                     gone ? HL_FAT_DIR_GONE : 0, out);
	if (st == HL_OK && ref->origin != FAT_LIVE)
		out->deleted = true; /* behind the end mark it does not say */
	return st;
}

enum hl_status hl_fat_fs_folder(struct hl_fs *fs, const struct hl_ref *ref,
                                uint32_t *first, unsigned *how)
{
	struct hl_fat_entry e;
	enum hl_status st;

	*first = 0;
	*how = 0;
	if (ref->id == 0)
		return HL_OK;
	st = hl_fat_fs_entry(fs, ref, &e);
	if (st != HL_OK)
		return st;
	if (e.what != HL_FAT_FOLDER)
		return HL_END;
	*first = e.cluster;
	if (e.deleted) {
		*how = HL_FAT_DIR_GONE;
		return e.orphan ? HL_OK :
		       hl_fat_gone_folder(impl(fs)->vol, &e, first);
	}
	if (e.cluster)
		return HL_OK;
	struct hl_at at = { fs->ctx, fs->src, e.pos, "FAT folder" };
	hl_warn(&at, "the folder has no cluster; its content is lost");
	return HL_CORRUPT;
}

/* Of "@N-S", which does not say what of it is deleted. */
static enum hl_status origin_at(struct hl_fs *fs, struct hl_ref *ref)
{
	struct hl_fat *v = impl(fs)->vol;
	struct hl_fat_entry e;
	bool is_free;
	enum hl_status st = orphan_of(v, ref, &e);

	ref->origin = FAT_ORPHAN;
	if (st != HL_END || ref->id > UINT64_MAX / FAT_SLOT)
		return st == HL_END ? HL_OK : st;
	st = hl_fat_is_free(v, ref->id * FAT_SLOT, &is_free);
	ref->origin = is_free ? FAT_IN_GONE : FAT_LIVE;
	return st;
}

enum hl_status hl_fat_fs_entry_op(struct hl_fs *fs, const struct hl_ref *ref,
                                  bool by_number, struct hl_entry *out)
{
	struct hl_ref at = *ref;
	struct hl_fat_entry e;
	enum hl_status st = HL_OK;

	if (ref->id == 0)
		return hl_fs_root(fs, out);
	if (by_number)
		st = origin_at(fs, &at);
	if (st == HL_OK)
		st = hl_fat_fs_entry(fs, &at, &e);
	if (st == HL_OK)
		hl_fat_fs_fill(out, fs, &e, NULL);
	return st;
}
