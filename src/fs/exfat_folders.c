/*
 * exfat_folders.c: from an exFAT folder to the one above it.
 *
 * Nothing on the disk leads upwards ("." and ".." are not stored), so every
 * folder that is met on the way down is remembered.
 */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fs/exfat_fs.h"

#define FIRST_ROOM 64

static struct exfat_folder *place(const struct exfat_folders *f, uint64_t id)
{
	size_t i = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 20) &
	           (f->room - 1);

	while (f->slot[i].ref.id && f->slot[i].ref.id != id)
		i = (i + 1) & (f->room - 1);
	return &f->slot[i];
}

static enum hl_status enlarge(const struct hl_ctx *ctx, struct exfat_folders *f)
{
	struct exfat_folders more = { .n = f->n };

	more.room = f->room ? f->room * 2 : FIRST_ROOM;
	more.slot = hl_zalloc(ctx, more.room * sizeof(*more.slot));
	if (!more.slot)
		return HL_NOMEM;
	for (size_t i = 0; i < f->room; i++)
		if (f->slot[i].ref.id)
			*place(&more, f->slot[i].ref.id) = f->slot[i];
	hl_free(ctx, f->slot);
	*f = more;
	return HL_OK;
}

enum hl_status hl_exfat_folders_put(const struct hl_ctx *ctx,
                                    struct exfat_folders *f,
                                    const struct hl_ref *ref,
                                    const struct hl_ref *above)
{
	if (ref->id == 0 || above->id == EXFAT_NO_PARENT ||
	    f->n >= HL_MAX_FOLDERS)
		return HL_OK;
	if (f->n >= f->room / 2) {
		enum hl_status st = enlarge(ctx, f);
		if (st != HL_OK)
			return st;
	}
	struct exfat_folder *at = place(f, ref->id);
	f->n += at->ref.id == 0;
	*at = (struct exfat_folder){ *ref, *above };
	return HL_OK;
}

static struct hl_ref above(const struct exfat_folders *f, uint64_t id)
{
	const struct exfat_folder *at = f->room ? place(f, id) : NULL;

	if (at && at->ref.id)
		return at->parent;
	return (struct hl_ref){ .id = EXFAT_NO_PARENT };
}

enum hl_status hl_exfat_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                  struct hl_entry *out)
{
	const struct exfat_folders *f = &((struct exfat_fs *)fs->impl)->folders;
	struct hl_exfat_entry folder;
	struct hl_ref up = e->parent;
	enum hl_status st;

	if (e->ref.id == 0)
		return HL_END;
	if (up.id == EXFAT_NO_PARENT)
		up = above(f, e->ref.id);
	if (up.id == EXFAT_NO_PARENT)
		return HL_END;
	if (up.id == 0)
		return hl_fs_root(fs, out);
	st = hl_exfat_fs_entry(fs, &up, &folder);
	if (st == HL_OK && folder.what != HL_EXFAT_IS_FOLDER)
		return HL_END;
	if (st == HL_OK) {
		const struct hl_ref two_up = above(f, up.id);
		hl_exfat_fs_fill(out, fs, &folder, &two_up);
	}
	return st;
}
