/*
 * ntfs_orphans.c: files whose folder's record is gone, below a folder that
 * does not exist.
 *
 *	/            lists "$Orphan" after its own names
 *	/$Orphan     every file that names a folder of which no record is left
 *
 * Only of volumes whose $MFT was put together: elsewhere such a folder is
 * damage of one record, and kids.c finds what was in it.
 */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/ntfs_fs.h"
#include "ntfs/sweep.h"

#define ORPHANS (UINT64_C(1) << 48) /* no record has this number */
#define NAME "$Orphan"

static struct hl_ntfs_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

bool hl_ntfs_is_orphans(const struct hl_ref *ref)
{
	return ref->id == ORPHANS;
}

void hl_ntfs_orphans_entry(struct hl_fs *fs, struct hl_entry *out)
{
	struct hl_ref root = { .id = NTFS_REC_ROOT, .seq = NTFS_REC_ROOT };
	struct hl_entry e;

	if (fs->ops->root(fs, &e) == HL_OK)
		root = e.ref;
	*out = (struct hl_entry){
		.ref = { .id = ORPHANS }, .parent = root, .type = HL_DIR,
		.flags = HL_ENTRY_FULL,
	};
	out->n_name16 = (uint16_t)hl_utf16_from8(out->name16, HL_NAME_UNITS,
	                                         NAME);
	hl_copy(out->name, sizeof(out->name), NAME);
}

/* Is there a folder that this name's parent reference means? */
static enum hl_status has_folder(struct hl_fs *fs, uint64_t key, bool *yes)
{
	struct hl_ntfs_rec rec;
	enum hl_status st;

	*yes = true;
	if (key >> 16 == NTFS_REC_ROOT)
		return HL_OK;
	st = hl_ntfs_record(impl(fs)->nt, key >> 16, &rec);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	*yes = st == HL_OK && (rec.head.flags & NTFS_IN_USE) &&
	       !rec.head.base.number && rec.head.seq == (key & 0xffff);
	return HL_OK;
}

static enum hl_status gather(struct hl_fs *fs, const struct hl_ntfs_sweep *sw)
{
	struct hl_ntfs_fs *n = impl(fs);
	uint64_t last = UINT64_MAX;
	bool yes = false;
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < sw->n_name; i++) {
		const struct hl_ntfs_pair *p = &sw->name[i];

		if (p->key != last)
			st = has_folder(fs, p->key, &yes);
		last = p->key;
		if (st != HL_OK || yes ||
		    (i && sw->name[i - 1].key == p->key &&
		     sw->name[i - 1].ref == p->ref))
			continue;
		st = hl_grow(fs->ctx, (void **)&n->orphan, &n->cap_orphan,
		             n->n_orphan, sizeof(*n->orphan),
		             HL_MAX_NTFS_SWEPT);
		if (st == HL_OK)
			n->orphan[n->n_orphan++] = *p;
	}
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_ntfs_orphans_know(struct hl_fs *fs, bool *any)
{
	struct hl_ntfs_fs *n = impl(fs);
	const struct hl_ntfs_sweep *sw;
	enum hl_status st = HL_OK;

	if (fs->info.stitched && !n->orphans_known) {
		st = hl_ntfs_sweep(n->nt, &sw);
		if (st == HL_OK) {
			n->n_orphan = 0;
			hl_ntfs_bulk(n->nt, true);
			hl_ntfs_quiet(n->nt, true);
			st = gather(fs, sw);
			hl_ntfs_quiet(n->nt, false);
			hl_ntfs_bulk(n->nt, false);
		}
		n->orphans_known = st == HL_OK;
	}
	*any = n->n_orphan > 0;
	return st;
}

enum hl_status hl_ntfs_orphans_next(struct hl_fs *fs, size_t *at,
                                    struct hl_entry *out)
{
	struct hl_ntfs_fs *n = impl(fs);
	struct hl_ntfs_file *f;
	bool any, live;
	enum hl_status st = hl_ntfs_orphans_know(fs, &any);

	while (st == HL_OK && *at < n->n_orphan) {
		const struct hl_ntfs_pair *p = &n->orphan[(*at)++];

		st = hl_ntfs_file_open(&f, n->nt, p->ref >> 16);
		if (st == HL_END || st == HL_CORRUPT) {
			st = HL_OK;
			continue;
		}
		if (st != HL_OK)
			return st;
		live = (f->head.flags & NTFS_IN_USE) &&
		       f->ref.seq == (p->ref & 0xffff);
		hl_ntfs_entry_fill(n->nt, f, NULL, out);
		hl_ntfs_file_close(f);
		/* another of its names may be in a folder that is there */
		if (live && out->parent.id == p->key >> 16 &&
		    out->parent.seq == (p->key & 0xffff))
			return HL_OK;
	}
	return st == HL_OK ? HL_END : st;
}

enum hl_status hl_ntfs_orphans_find(struct hl_fs *fs, const uint16_t *u,
                                    size_t n, struct hl_entry *out)
{
	size_t at = 0;
	enum hl_status st;

	while ((st = hl_ntfs_orphans_next(fs, &at, out)) == HL_OK)
		if (!hl_ntfs_fold_cmp(impl(fs)->nt, u, n, out->name16,
		                      out->n_name16))
			break;
	return st;
}

/* In the root, where no file of that name is. */
enum hl_status hl_ntfs_orphans_named(struct hl_fs *fs,
                                     const struct hl_ref *dir,
                                     const char *name, struct hl_entry *out)
{
	bool any;
	enum hl_status st;

	if (dir->id != NTFS_REC_ROOT || hl_casecmp(name, NAME))
		return HL_END;
	st = hl_ntfs_orphans_know(fs, &any);
	if (st == HL_OK && any)
		hl_ntfs_orphans_entry(fs, out);
	return st == HL_OK && !any ? HL_END : st;
}
