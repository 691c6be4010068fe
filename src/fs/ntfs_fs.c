/*
 * ntfs_fs.c: NTFS behind the one view of every file system.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "fs/ntfs_fs.h"

static struct hl_ntfs_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

struct hl_at hl_ntfs_fs_at(struct hl_fs *fs, uint64_t number)
{
	uint32_t n = hl_ntfs_geom(impl(fs)->nt)->record_size;
	uint64_t off = number < UINT64_MAX / n ? number * n : HL_NO_OFFSET;

	return (struct hl_at){ fs->ctx, hl_ntfs_mft(impl(fs)->nt), off,
	                       "MFT record" };
}

static enum hl_status probe(const void *p, size_t n)
{
	struct hl_ntfs_geom g;

	return hl_ntfs_boot_decode(span_of(p, n), &g) == HL_OK ? HL_OK : HL_END;
}

static void close_impl(struct hl_fs *fs)
{
	struct hl_ntfs_fs *n = fs->impl;

	if (!n)
		return;
	hl_ntfs_file_close(n->last);
	hl_ntfs_close(n->nt);
	hl_free(fs->ctx, n->facts);
	hl_free(fs->ctx, n->dead);
	hl_free(fs->ctx, n->orphan);
	hl_free(fs->ctx, n);
	fs->impl = NULL;
}

enum hl_status hl_ntfs_fs_info(struct hl_fs *fs)
{
	const struct hl_ntfs_geom *g = hl_ntfs_geom(impl(fs)->nt);
	struct hl_fs_info *i = &fs->info;
	struct hl_ntfs_state s;
	enum hl_status st = hl_ntfs_state(impl(fs)->nt, &s);

	if (st != HL_OK)
		return st;
	i->name = "ntfs";
	hl_utf8_from16(i->label, sizeof(i->label), s.label, s.n_label);
	snprintf(i->serial, sizeof(i->serial), "%016llX",
	         (unsigned long long)g->serial);
	i->cluster_size = g->cluster_size;
	i->sector_size = g->sector_size;
	i->size = g->total_sectors * g->sector_size;
	i->dirty = s.dirty;
	i->hibernated = s.hibernated;
	i->has_records = true;
	i->stitched = hl_ntfs_is_stitched(impl(fs)->nt);
	i->shadow_copies = s.shadow_copies;
	i->unallocated = HL_NO_OFFSET; /* only when asked: reads $Bitmap */
	return HL_OK;
}

static enum hl_status open_impl(struct hl_fs *fs, bool rescue)
{
	struct hl_ntfs_fs *n = hl_zalloc(fs->ctx, sizeof(*n));
	enum hl_status st;

	if (!n)
		return HL_NOMEM;
	fs->impl = n;
	if (rescue)
		st = hl_ntfs_open_rescue(&n->nt, fs->src,
		                         &fs->info.boot_backup, fs->ctx);
	else
		st = hl_ntfs_open(&n->nt, fs->src, NULL, NULL, fs->ctx);
	if (st == HL_OK)
		st = hl_ntfs_fs_info(fs);
	if (st != HL_OK)
		close_impl(fs);
	return st;
}

/* ---- files --------------------------------------------------------------- */

enum hl_status hl_ntfs_fs_file(struct hl_fs *fs, const struct hl_ref *ref,
                               bool by_number, struct hl_ntfs_file **out)
{
	struct hl_ntfs_fs *n = impl(fs);
	enum hl_status st;

	*out = NULL;
	if (!n->last || n->last->ref.number != ref->id) {
		hl_ntfs_file_close(n->last);
		n->last = NULL;
		st = hl_ntfs_file_open(&n->last, n->nt, ref->id);
		if (st != HL_OK)
			return st;
	}
	if (!by_number && n->last->ref.seq != ref->seq) {
		struct hl_at at = hl_ntfs_fs_at(fs, ref->id);

		hl_say(&at, "record %llu has sequence %u, not %u: it is "
		       "another file now", (unsigned long long)ref->id,
		       n->last->ref.seq, ref->seq);
		return HL_END;
	}
	*out = n->last;
	return HL_OK;
}

static enum hl_status entry(struct hl_fs *fs, const struct hl_ref *ref,
                            bool by_number, struct hl_entry *out)
{
	struct hl_ntfs_file *f;
	enum hl_status st;

	if (hl_ntfs_is_orphans(ref) && fs->info.stitched) {
		hl_ntfs_orphans_entry(fs, out);
		return HL_OK;
	}
	st = hl_ntfs_fs_file(fs, ref, by_number, &f);
	if (st == HL_OK)
		hl_ntfs_entry_fill(impl(fs)->nt, f, NULL, out);
	return st;
}

static enum hl_status root(struct hl_fs *fs, struct hl_entry *out)
{
	struct hl_ref ref = { .id = NTFS_REC_ROOT };
	enum hl_status st = entry(fs, &ref, true, out);

	if (st != HL_END && st != HL_CORRUPT)
		return st;
	hl_ntfs_fs_lost_root(fs, out);
	return HL_OK;
}

/* ---- folders ------------------------------------------------------------- */

static bool is_gone(const struct hl_ntfs_file *f)
{
	return f && !(f->head.flags & NTFS_IN_USE);
}

/* One name of a deleted folder, among those that are left of it. */
static enum hl_status gone_lookup(struct hl_fs *fs,
                                  const struct hl_ntfs_file *dir,
                                  const uint16_t *u, size_t n,
                                  struct hl_entry *out)
{
	struct hl_ntfs_gone_list *l;
	enum hl_status st = hl_ntfs_gone_open(&l, fs, dir, NULL);

	if (st != HL_OK)
		return st;
	while ((st = hl_ntfs_gone_next(l, out)) == HL_OK)
		if (!hl_ntfs_fold_cmp(impl(fs)->nt, u, n, out->name16,
		                      out->n_name16))
			break;
	hl_ntfs_gone_close(l);
	return st;
}

static enum hl_status lookup(struct hl_fs *fs, const struct hl_ref *dir,
                             const char *name, struct hl_entry *out)
{
	uint16_t u[HL_NAME_UNITS];
	size_t n = hl_utf16_from8(u, HL_NAME_UNITS, name);
	struct hl_ntfs_link l;
	struct hl_ntfs_file *f;
	struct hl_ntfs_dir *d;
	bool exact, wrong;
	enum hl_status st;

	if (n == SIZE_MAX || !n)
		return HL_END;
	if (hl_ntfs_is_orphans(dir))
		return hl_ntfs_orphans_find(fs, u, n, out);
	st = hl_ntfs_fs_dir(fs, dir, &d, &exact, &f);
	if (st == HL_OK && is_gone(f)) {
		hl_ntfs_dir_close(d); /* its own names are deleted, too */
		return gone_lookup(fs, f, u, n, out);
	}
	if ((st == HL_END || st == HL_CORRUPT) && fs->info.stitched &&
	    hl_ntfs_orphans_named(fs, dir, name, out) == HL_OK)
		return HL_OK;
	if (st != HL_OK)
		return st;
	st = hl_ntfs_dir_find(d, u, n, exact, &l);
	hl_ntfs_dir_close(d);
	if (st == HL_OK)
		return hl_ntfs_fs_follow(fs, dir, &l, out, &wrong);
	/* nothing is found whole where a root is lost */
	if ((st == HL_END || st == HL_CORRUPT) && fs->info.stitched &&
	    hl_ntfs_orphans_named(fs, dir, name, out) == HL_OK)
		return HL_OK;
	return st;
}

struct list {
	struct hl_ntfs_dir *dir;
	struct hl_ntfs_gone_list *gone; /* or NULL: none wanted */
	bool live; /* names of the index are still to come */
	bool bulk;
	bool orphans; /* of the root: their folder, too */
	size_t orphan; /* of that folder: the next one */
	struct hl_ref ref;
	unsigned how;
};

static enum hl_status list(void **iter, struct hl_fs *fs,
                           const struct hl_ref *dir, unsigned how)
{
	struct list *l = hl_zalloc(fs->ctx, sizeof(*l));
	struct hl_ntfs_file *f;
	bool exact;
	enum hl_status st;

	*iter = NULL;
	if (!l)
		return HL_NOMEM;
	l->how = how;
	l->ref = *dir;
	*iter = l;
	if (hl_ntfs_is_orphans(dir))
		return HL_OK;
	*iter = NULL;
	if (dir->id == NTFS_REC_ROOT && !(how & HL_LIST_NO_LIVE))
		l->orphans = fs->info.stitched;
	st = hl_ntfs_fs_dir(fs, dir, &l->dir, &exact, &f);
	if ((st == HL_END || st == HL_CORRUPT) && l->orphans) {
		*iter = l; /* nothing names the root any more */
		return HL_OK;
	}
	if (st == HL_OK) {
		l->live = !is_gone(f) && !(how & HL_LIST_NO_LIVE);
		if (f && ((how & HL_LIST_DELETED) || is_gone(f)))
			st = hl_ntfs_gone_open(&l->gone, fs, f, l->dir);
	}
	if (st != HL_OK) {
		hl_ntfs_dir_close(l->dir);
		hl_free(fs->ctx, l);
		return st;
	}
	l->bulk = how & HL_LIST_FULL;
	if (l->bulk)
		hl_ntfs_bulk(impl(fs)->nt, true);
	*iter = l;
	return HL_OK;
}

static enum hl_status give(struct hl_fs *fs, struct list *l,
                           const struct hl_ntfs_link *link,
                           struct hl_entry *out)
{
	bool wrong;
	enum hl_status st;

	if (!(l->how & HL_LIST_FULL)) {
		hl_ntfs_entry_index(link, out);
		return HL_OK;
	}
	st = hl_ntfs_fs_follow(fs, &l->ref, link, out, &wrong);
	/* Which of two names is right nobody knows: both come. */
	if (st == HL_OK && wrong)
		hl_ntfs_dir_doubt(l->dir);
	return st;
}

/*
 * The short name of a file whose long one comes, too.  A damaged mark must
 * not hide a file, so it has to look like one.
 */
static bool is_short(const struct hl_ntfs_name *n)
{
	size_t i;

	if (n->name_space != NTFS_NS_DOS || n->n > 12)
		return false;
	for (i = 0; i < n->n; i++)
		if (n->u[i] == ' ' || (n->u[i] >= 'a' && n->u[i] <= 'z'))
			return false;
	return true;
}

static enum hl_status list_next(struct hl_fs *fs, void *iter,
                                struct hl_entry *out)
{
	struct list *l = iter;
	struct hl_ntfs_link link;
	bool any;
	enum hl_status st;

	if (hl_ntfs_is_orphans(&l->ref))
		return hl_ntfs_orphans_next(fs, &l->orphan, out);
	while (l->live) {
		st = hl_ntfs_dir_next(l->dir, &link);
		if (st == HL_END)
			l->live = false;
		else if (st != HL_OK)
			return st;
		else if (!is_short(&link.name) || (l->how & HL_LIST_SHORT))
			return give(fs, l, &link, out);
	}
	if (l->orphans) {
		l->orphans = false;
		st = hl_ntfs_orphans_know(fs, &any);
		if (st != HL_OK)
			return st;
		if (any) {
			hl_ntfs_orphans_entry(fs, out);
			return HL_OK;
		}
	}
	return l->gone ? hl_ntfs_gone_next(l->gone, out) : HL_END;
}

static void list_close(struct hl_fs *fs, void *iter)
{
	struct list *l = iter;

	if (!l)
		return;
	if (l->bulk)
		hl_ntfs_bulk(impl(fs)->nt, false);
	hl_ntfs_gone_close(l->gone);
	hl_ntfs_dir_close(l->dir);
	hl_free(fs->ctx, l);
}

static enum hl_status unallocated(struct hl_fs *fs, uint64_t *bytes)
{
	return hl_ntfs_unallocated(impl(fs)->nt, bytes);
}

const struct hl_fs_ops hl_fs_ntfs = {
	.probe = probe,
	.open = open_impl,
	.close = close_impl,
	.root = root,
	.lookup = lookup,
	.entry = entry,
	.list = list,
	.next = list_next,
	.list_close = list_close,
	.sweep = hl_ntfs_fs_sweep,
	.sweep_next = hl_ntfs_fs_sweep_next,
	.sweep_close = hl_ntfs_fs_sweep_close,
	.parent = hl_ntfs_fs_parent,
	.stream = hl_ntfs_fs_stream,
	.stream_next = hl_ntfs_fs_stream_next,
	.link = hl_ntfs_fs_link,
	.fact_next = hl_ntfs_fs_fact,
	.unallocated = unallocated,
	.holder = hl_ntfs_fs_holder,
	.in_use = hl_ntfs_fs_in_use,
};
