/*
 * fat_folders.c: from a FAT folder to the entry that names it.
 *
 * An entry knows the first cluster of its folder, and that folder's ".." the
 * one above, where the entry that names it has to be searched.  A sweep has
 * met it already and remembers it.
 */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fat/fat_disk.h"
#include "fs/fat_fs.h"

#define FIRST_ROOM 64

static struct fat_folder *place(const struct fat_folders *f, uint32_t first)
{
	size_t i = (uint32_t)(first * UINT32_C(2654435761)) & (f->room - 1);

	while (f->slot[i].first && f->slot[i].first != first)
		i = (i + 1) & (f->room - 1);
	return &f->slot[i];
}

static enum hl_status enlarge(const struct hl_ctx *ctx, struct fat_folders *f)
{
	struct fat_folders more = { .n = f->n };

	more.room = f->room ? f->room * 2 : FIRST_ROOM;
	more.slot = hl_zalloc(ctx, more.room * sizeof(*more.slot));
	if (!more.slot)
		return HL_NOMEM;
	for (size_t i = 0; i < f->room; i++)
		if (f->slot[i].first)
			*place(&more, f->slot[i].first) = f->slot[i];
	hl_free(ctx, f->slot);
	*f = more;
	return HL_OK;
}

enum hl_status hl_fat_folders_put(const struct hl_ctx *ctx,
                                  struct fat_folders *f, uint32_t first,
                                  const struct hl_ref *ref)
{
	if (first == 0 || f->n >= HL_MAX_FOLDERS)
		return HL_OK;
	if (f->n >= f->room / 2) {
		enum hl_status st = enlarge(ctx, f);
		if (st != HL_OK)
			return st;
	}
	struct fat_folder *at = place(f, first);
	f->n += at->first == 0;
	*at = (struct fat_folder){ first, *ref };
	return HL_OK;
}

const struct hl_ref *hl_fat_folders_get(const struct fat_folders *f,
                                        uint32_t first)
{
	const struct fat_folder *at;

	if (!f->room || first == 0)
		return NULL;
	at = place(f, first);
	return at->first ? &at->ref : NULL;
}

/* The entry in `above` of the folder that begins at `first`. */
static enum hl_status search(struct hl_fat *v, uint32_t first, uint32_t above,
                             unsigned how, struct hl_fat_entry *out)
{
	struct hl_fat_dir *d;
	bool found = false;
	enum hl_status st = hl_fat_dir_open(&d, v, above,
	                                    how | HL_FAT_DIR_QUIET);

	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	do {
		uint32_t c;
		st = hl_fat_dir_next(d, out);
		if (st != HL_OK || out->what != HL_FAT_FOLDER)
			continue;
		if (!out->deleted) {
			found = out->cluster == first;
			continue;
		}
		if ((out->cluster ^ first) & 0xFFFF)
			continue;
		st = hl_fat_gone_folder(v, out, &c);
		found = st == HL_OK && c == first;
		if (st == HL_END)
			st = HL_OK;
	} while ((st == HL_OK || st == HL_CORRUPT) && !found);
	hl_fat_dir_close(d);
	return found ? HL_OK : st;
}

/* By "..": live names first, then deleted ones, then a deleted folder's. */
static enum hl_status look_up(struct hl_fs *fs, uint32_t first,
                              struct hl_fat_entry *out)
{
	static const unsigned how[] = { 0, HL_FAT_DIR_DELETED,
	                                HL_FAT_DIR_GONE };
	struct hl_fat *v = ((struct fat_fs *)fs->impl)->vol;
	uint32_t above;
	enum hl_status st = hl_fat_dots(v, first, &above);

	if (st != HL_OK)
		return st;
	st = HL_END;
	for (size_t i = 0; i < 3 && st == HL_END; i++)
		if (above || how[i] != HL_FAT_DIR_GONE)
			st = search(v, first, above, how[i], out);
	return st == HL_END ? hl_fat_orphan_entry(v, first, out) : st;
}

static enum hl_status folder_entry(struct hl_fs *fs, uint32_t first,
                                   struct hl_fat_entry *out)
{
	const struct fat_fs *f = fs->impl;
	const struct hl_ref *ref = hl_fat_folders_get(&f->folders, first);

	return ref ? hl_fat_fs_entry(fs, ref, out) : look_up(fs, first, out);
}

enum hl_status hl_fat_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                struct hl_entry *out)
{
	struct hl_fat_entry folder;
	enum hl_status st;

	/* a lost folder says what was above it, but not that it still is */
	if (e->ref.id == 0 || e->ref.origin == FAT_ORPHAN)
		return HL_END;
	if (e->ref.seq == 0)
		return hl_fs_root(fs, out);
	if (e->parent.id != FAT_NO_PARENT && e->parent.id != 0)
		st = hl_fat_fs_entry(fs, &e->parent, &folder);
	else
		st = folder_entry(fs, e->ref.seq, &folder);
	if (st == HL_OK)
		hl_fat_fs_fill(out, fs, &folder, NULL);
	return st;
}
