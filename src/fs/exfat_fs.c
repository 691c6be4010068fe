/*
 * exfat_fs.c: exFAT as a file system like any other.
 *
 * A file has no number.  ref.id is the place of its entry set in the volume,
 * in entries of 32 bytes (0: the root, where the boot sector is); ref.seq is
 * 1 when the folder that holds it is a row of clusters without a chain, so
 * that a set which goes on in the next cluster is found whole; ref.origin
 * tells whether that folder is deleted.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "exfat/exfat_disk.h"
#include "fs/exfat_fs.h"

#define ATTRIBUTES 0x37u /* those that the format has */
#define ATTR_ENCRYPTED 0x4000u

static struct exfat_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

void hl_exfat_fs_times(const struct hl_exfat_entry *e,
                       struct hl_exfat_times *out)
{
	const struct exfat_file *f = SPAN_VIEW(span_of(e->raw, sizeof(e->raw)),
	                                       0, struct exfat_file);

	out->created = hl_exfat_time(get32(f->created), f->created_10ms,
	                             f->created_utc);
	out->modified = hl_exfat_time(get32(f->modified), f->modified_10ms,
	                              f->modified_utc);
	out->accessed = hl_exfat_time(get32(f->accessed), 0, f->accessed_utc);
}

/* A NUL inside a name would end it in C: it is shown like what UTF-8 cannot
 * carry, and name16 has it as it is. */
static void set_name(struct hl_entry *out, const uint16_t *name, uint16_t n)
{
	uint16_t shown[HL_NAME_UNITS];

	out->n_name16 = n;
	for (uint16_t i = 0; i < n; i++) {
		out->name16[i] = name[i];
		shown[i] = name[i] ? name[i] : 0xFFFD;
		if (!name[i])
			out->flags |= HL_ENTRY_BAD_NAME;
	}
	if (!hl_utf8_from16(out->name, sizeof(out->name), shown, n))
		out->flags |= HL_ENTRY_BAD_NAME;
}

static unsigned flags_of(const struct hl_exfat_entry *e)
{
	unsigned flags = HL_ENTRY_FULL;

	if (e->deleted)
		flags |= HL_ENTRY_DELETED;
	if (e->deleted && e->size && !e->contiguous)
		flags |= HL_ENTRY_GUESSED;
	if (e->faults & ~(unsigned)HL_EXFAT_BAD_HASH)
		flags |= HL_ENTRY_DAMAGED;
	if (e->encrypted)
		flags |= HL_ENTRY_ENCRYPTED;
	return flags;
}

static enum exfat_origin origin_of(const struct hl_exfat_entry *e)
{
	if (e->in_gone)
		return EXFAT_IN_GONE;
	return e->deleted ? EXFAT_DELETED : EXFAT_LIVE;
}

void hl_exfat_fs_fill(struct hl_entry *out, const struct hl_fs *fs,
                      const struct hl_exfat_entry *e,
                      const struct hl_ref *parent)
{
	const struct hl_ref none = { .id = EXFAT_NO_PARENT };
	bool folder = e->what == HL_EXFAT_IS_FOLDER;
	struct hl_exfat_times t;

	hl_exfat_fs_times(e, &t);
	*out = (struct hl_entry){
		.ref = { .id = e->pos / HL_EXFAT_SLOT, .seq = e->in_row,
		         .origin = origin_of(e) },
		.parent = parent ? *parent : none,
		.type = folder ? HL_DIR : HL_FILE,
		.flags = flags_of(e),
		.attributes = (e->attributes & ATTRIBUTES) |
		              (e->encrypted ? ATTR_ENCRYPTED : 0),
		.size = folder ? 0 : e->size,
		.created = hl_time_zoned(fs->ctx, t.created),
		.modified = hl_time_zoned(fs->ctx, t.modified),
		.accessed = hl_time_zoned(fs->ctx, t.accessed),
	};
	set_name(out, e->name16, e->n_name);
}

enum hl_status hl_exfat_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                                 struct hl_exfat_entry *out)
{
	enum hl_status st;

	if (ref->id == 0 || ref->id > UINT64_MAX / HL_EXFAT_SLOT)
		return HL_END;
	st = hl_exfat_entry_at(impl(fs)->vol, ref->id * HL_EXFAT_SLOT,
	                       ref->seq & 1, ref->origin == EXFAT_IN_GONE,
	                       out);
	if (st == HL_OK && ref->origin != EXFAT_LIVE)
		out->deleted = true; /* behind the end mark it does not say */
	return st;
}

/* The folder that a ref names; *dir is NULL for the root. */
static enum hl_status folder_of(struct hl_fs *fs, const struct hl_ref *ref,
                                struct hl_exfat_entry *room,
                                const struct hl_exfat_entry **dir)
{
	enum hl_status st;

	*dir = NULL;
	if (ref->id == 0)
		return HL_OK;
	st = hl_exfat_fs_entry(fs, ref, room);
	*dir = room;
	return st == HL_OK && room->what != HL_EXFAT_IS_FOLDER ? HL_END : st;
}

static enum hl_status probe(const void *p, size_t n)
{
	return hl_exfat_boot_named(span_of(p, n)) ? HL_OK : HL_END;
}

static void fill_info(struct hl_fs *fs, const struct hl_exfat *v)
{
	const struct hl_exfat_geom *g = hl_exfat_geom(v);
	const uint8_t *guid = hl_exfat_guid(v);
	struct hl_fs_info *info = &fs->info;
	size_t n;
	const uint16_t *label = hl_exfat_label(v, &n);

	info->name = "exfat";
	hl_utf8_from16(info->label, sizeof(info->label), label, n);
	snprintf(info->serial, sizeof(info->serial), "%04X-%04X",
	         (unsigned)(g->serial >> 16), (unsigned)(g->serial & 0xFFFF));
	if (guid)
		hl_guid_text(info->guid, guid);
	info->cluster_size = g->cluster_size;
	info->sector_size = g->sector_size;
	info->size = g->size;
	info->boot_backup = hl_exfat_boot_backup(v);
	info->dirty = g->dirty;
	info->unallocated = HL_NO_OFFSET;
}

static enum hl_status fs_open(struct hl_fs *fs, bool rescue)
{
	struct exfat_fs *f = hl_zalloc(fs->ctx, sizeof(*f));
	enum hl_status st;

	if (!f)
		return HL_NOMEM;
	st = hl_exfat_open(&f->vol, fs->src, rescue, fs->ctx);
	if (st != HL_OK) {
		hl_free(fs->ctx, f);
		return st;
	}
	fs->impl = f;
	fill_info(fs, f->vol);
	return HL_OK;
}

static void fs_close(struct hl_fs *fs)
{
	struct exfat_fs *f = impl(fs);

	if (!f)
		return;
	hl_exfat_chain_free(f->vol, &f->chain);
	hl_free(fs->ctx, f->folders.slot);
	hl_exfat_close(f->vol);
	hl_free(fs->ctx, f);
	fs->impl = NULL;
}

static enum hl_status root(struct hl_fs *fs, struct hl_entry *out)
{
	(void)fs;
	*out = (struct hl_entry){ .type = HL_DIR,
	                          .flags = HL_ENTRY_FULL,
	                          .attributes = EXFAT_ATTR_FOLDER };
	return HL_OK;
}

/* For the way up. */
static enum hl_status remember(struct hl_fs *fs, const struct hl_entry *e)
{
	if (e->type != HL_DIR)
		return HL_OK;
	return hl_exfat_folders_put(fs->ctx, &impl(fs)->folders, &e->ref,
	                            &e->parent);
}

static enum hl_status lookup(struct hl_fs *fs, const struct hl_ref *dir,
                             const char *name, struct hl_entry *out)
{
	uint16_t name16[HL_NAME_UNITS];
	size_t n = hl_utf16_from8(name16, HL_NAME_UNITS, name);
	struct hl_exfat_entry e, room;
	const struct hl_exfat_entry *folder;
	enum hl_status st;

	if (n == SIZE_MAX || n == 0)
		return HL_END;
	st = folder_of(fs, dir, &room, &folder);
	if (st == HL_OK)
		st = hl_exfat_lookup(impl(fs)->vol, folder, name16, n, &e);
	if (st != HL_OK)
		return st;
	hl_exfat_fs_fill(out, fs, &e, dir);
	return remember(fs, out);
}

static enum hl_status entry(struct hl_fs *fs, const struct hl_ref *ref,
                            bool by_number, struct hl_entry *out)
{
	struct hl_ref by_id = { .id = ref->id };
	struct hl_exfat_entry e;
	enum hl_status st;

	if (ref->id == 0)
		return root(fs, out);
	st = hl_exfat_fs_entry(fs, by_number ? &by_id : ref, &e);
	if (st == HL_OK)
		hl_exfat_fs_fill(out, fs, &e, NULL);
	return st;
}

enum hl_status hl_exfat_fs_iter_open(struct hl_fs *fs, struct exfat_iter *it,
                                     const struct hl_ref *ref, unsigned how)
{
	const struct hl_exfat_entry *folder;
	unsigned dir_how = how & HL_LIST_DELETED ? HL_EXFAT_DIR_DELETED : 0;
	enum hl_status st = folder_of(fs, ref, &it->last, &folder);

	it->dir = NULL;
	it->folder = *ref;
	it->how = how;
	if (st != HL_OK)
		return st;
	if (folder && folder->deleted)
		dir_how |= HL_EXFAT_DIR_GONE;
	return hl_exfat_dir_open(&it->dir, impl(fs)->vol, folder, dir_how);
}

enum hl_status hl_exfat_fs_iter_next(struct hl_fs *fs, struct exfat_iter *it,
                                     struct hl_entry *out)
{
	enum hl_status st;

	do {
		st = hl_exfat_dir_next(it->dir, &it->last);
		if (st != HL_OK)
			return st;
	} while ((it->how & HL_LIST_NO_LIVE) && !it->last.deleted);
	hl_exfat_fs_fill(out, fs, &it->last, &it->folder);
	return remember(fs, out);
}

static enum hl_status list(void **out, struct hl_fs *fs,
                           const struct hl_ref *dir, unsigned how)
{
	struct exfat_iter *it = hl_zalloc(fs->ctx, sizeof(*it));
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	if (it)
		st = hl_exfat_fs_iter_open(fs, it, dir, how);
	if (st == HL_OK)
		*out = it;
	else
		hl_free(fs->ctx, it);
	return st;
}

static enum hl_status next(struct hl_fs *fs, void *iter, struct hl_entry *out)
{
	return hl_exfat_fs_iter_next(fs, iter, out);
}

static void list_close(struct hl_fs *fs, void *iter)
{
	struct exfat_iter *it = iter;

	if (!it)
		return;
	hl_exfat_dir_close(it->dir);
	hl_free(fs->ctx, it);
}

static enum hl_status stream(struct hl_src **out, struct hl_fs *fs,
                             const struct hl_ref *ref, const char *name,
                             enum hl_stream_how how)
{
	struct hl_at at = { fs->ctx, fs->src, ref->id * HL_EXFAT_SLOT,
	                    "exFAT file" };
	struct hl_exfat_entry e;
	enum hl_status st;

	*out = NULL;
	if (name && *name)
		return HL_END;
	st = hl_exfat_fs_entry(fs, ref, &e);
	if (st != HL_OK)
		return st;
	if (how == HL_STREAM_RAW)
		return hl_exfat_stream(out, impl(fs)->vol, &e, HL_EXFAT_RAW);
	if (e.what == HL_EXFAT_IS_FOLDER)
		return HL_END;
	if (e.encrypted)
		return hl_fail(&at, HL_UNSUPPORTED, "it is encrypted (EFS); "
		               "only --raw gives the bytes on the disk");
	return hl_exfat_stream(out, impl(fs)->vol, &e,
	                       how == HL_STREAM_SLACK ? HL_EXFAT_SLACK
	                                              : HL_EXFAT_CONTENT);
}

static enum hl_status stream_next(struct hl_fs *fs, const struct hl_ref *ref,
                                  unsigned *cursor, struct hl_stream_info *out)
{
	struct exfat_fs *f = impl(fs);
	struct hl_exfat_entry e;
	struct hl_exfat_chain c;
	enum hl_status st;

	if ((*cursor)++ > 0)
		return HL_END;
	st = hl_exfat_fs_entry(fs, ref, &e);
	if (st != HL_OK || e.what == HL_EXFAT_IS_FOLDER)
		return st == HL_OK ? HL_END : st;
	st = hl_exfat_chain_of(f->vol, &e, &c);
	if (st != HL_OK)
		return st;
	*out = (struct hl_stream_info){
		.size = e.size,
		.valid = e.valid,
		.allocated = (uint64_t)c.runs.clusters *
		             hl_exfat_geom(f->vol)->cluster_size,
		.encrypted = e.encrypted,
	};
	hl_exfat_chain_free(f->vol, &c);
	return HL_OK;
}

static enum hl_status unallocated(struct hl_fs *fs, uint64_t *bytes)
{
	return hl_exfat_free_bytes(impl(fs)->vol, bytes);
}

const struct hl_fs_ops hl_fs_exfat = {
	.probe = probe,
	.open = fs_open,
	.close = fs_close,
	.root = root,
	.lookup = lookup,
	.entry = entry,
	.list = list,
	.next = next,
	.list_close = list_close,
	.sweep = hl_exfat_fs_sweep,
	.sweep_next = hl_exfat_fs_sweep_next,
	.sweep_close = hl_exfat_fs_sweep_close,
	.parent = hl_exfat_fs_parent,
	.stream = stream,
	.stream_next = stream_next,
	.fact_next = hl_exfat_fs_fact_next,
	.unallocated = unallocated,
	.in_use = hl_exfat_fs_in_use,
};
