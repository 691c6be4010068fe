/*
 * ntfs_gone.c: the deleted names of one folder.
 *
 *	dead[]   every name of every unused record, sorted by the folder it
 *	         names; made by one sweep when the first folder asks
 *	slack    names that only the folder's own unused bytes hold
 *
 * A name from the slack that the folder still has, or that a record gave
 * already, is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fs/ntfs_fs.h"

#define LOW48 0xffffffffffffull

struct hl_ntfs_gone_list {
	struct hl_fs *fs;
	struct hl_ntfs *nt;
	struct hl_ntfs_ref dir;
	bool dir_live, exact;
	struct hl_ntfs_dir *index; /* borrowed, or NULL */
	size_t next;               /* in dead[] */
	struct hl_ntfs_slack *slack;
	uint64_t *given; /* keys of names, to give each once */
	size_t n_given, cap_given;
};

static struct hl_ntfs_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

/* ---- names by folder ----------------------------------------------------- */

static int by_parent(const void *va, const void *vb)
{
	const struct hl_ntfs_dead *a = va, *b = vb;
	uint64_t x = a->parent & LOW48, y = b->parent & LOW48;

	if (x != y)
		return x < y ? -1 : 1;
	x = a->record & LOW48;
	y = b->record & LOW48;
	if (x != y)
		return x < y ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

static enum hl_status add_dead(struct hl_fs *fs, const struct hl_entry *e,
                               unsigned nth)
{
	struct hl_ntfs_fs *n = impl(fs);
	enum hl_status st;

	if (!e->parent.id || nth > 0xffff)
		return HL_OK; /* $MFT is no folder: it has no name */
	st = hl_grow(fs->ctx, (void **)&n->dead, &n->cap_dead, n->n_dead,
	             sizeof(*n->dead), HL_MAX_NTFS_DEAD);
	if (st == HL_OK)
		n->dead[n->n_dead++] = (struct hl_ntfs_dead){
			.parent = e->parent.id | (uint64_t)e->parent.seq << 48,
			.record = e->ref.id | (uint64_t)nth << 48,
		};
	return st;
}

static enum hl_status know_dead(struct hl_fs *fs)
{
	struct hl_ntfs_fs *n = impl(fs);
	struct hl_at at = hl_ntfs_fs_at(fs, 0);
	struct hl_entry *e;
	void *iter;
	enum hl_status st;

	if (n->dead_known)
		return HL_OK;
	e = hl_alloc(fs->ctx, sizeof(*e));
	st = e ? hl_ntfs_fs_sweep(&iter, fs, HL_LIST_DELETED | HL_LIST_NO_LIVE)
	       : HL_NOMEM;
	if (st != HL_OK) {
		hl_free(fs->ctx, e);
		return st;
	}
	n->n_dead = 0;
	while (st == HL_OK || st == HL_CORRUPT) {
		st = hl_ntfs_fs_sweep_next(fs, iter, e);
		if (st == HL_OK)
			st = add_dead(fs, e, hl_ntfs_fs_sweep_nth(iter));
	}
	hl_ntfs_fs_sweep_close(fs, iter);
	hl_free(fs->ctx, e);
	if (st == HL_LIMIT)
		hl_warn(&at, "more than %u deleted names; folders do not show "
		        "the rest, a sweep does", HL_MAX_NTFS_DEAD);
	else if (st != HL_END)
		return st;
	if (n->n_dead)
		qsort(n->dead, n->n_dead, sizeof(*n->dead), by_parent);
	n->dead_known = true;
	return HL_OK;
}

static size_t first_of(const struct hl_ntfs_fs *n, uint64_t folder)
{
	size_t lo = 0, hi = n->n_dead;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if ((n->dead[mid].parent & LOW48) < folder)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- names given --------------------------------------------------------- */

/* A name and when its file was created tell a file well enough. */
static uint64_t key_of(const struct hl_ntfs_name *n)
{
	uint64_t h = 0xcbf29ce484222325u ^ n->times.created;

	for (size_t i = 0; i < n->n; i++)
		h = (h ^ n->u[i]) * 0x100000001b3u;
	return h ? h : 1;
}

/* HL_END: it was given before */
static enum hl_status give(struct hl_ntfs_gone_list *l,
                           const struct hl_ntfs_name *n)
{
	uint64_t key = key_of(n);
	enum hl_status st;

	if (l->n_given == HL_MAX_NTFS_SLACK)
		return HL_OK;
	for (size_t i = 0; i < l->n_given; i++)
		if (l->given[i] == key)
			return HL_END;
	st = hl_grow(l->fs->ctx, (void **)&l->given, &l->cap_given,
	             l->n_given, sizeof(*l->given), HL_MAX_NTFS_SLACK);
	if (st == HL_OK)
		l->given[l->n_given++] = key;
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_ntfs_gone_open(struct hl_ntfs_gone_list **out,
                                 struct hl_fs *fs,
                                 const struct hl_ntfs_file *dir,
                                 struct hl_ntfs_dir *index)
{
	struct hl_ntfs_gone_list *l = hl_zalloc(fs->ctx, sizeof(*l));
	struct hl_ntfs_sum sum;
	enum hl_status st;

	*out = NULL;
	if (!l)
		return HL_NOMEM;
	hl_ntfs_file_sum(dir, &sum);
	l->fs = fs;
	l->nt = impl(fs)->nt;
	l->dir = dir->ref;
	l->dir_live = dir->head.flags & NTFS_IN_USE;
	l->exact = sum.std.case_sensitive;
	l->index = index;
	st = hl_ntfs_slack_open(&l->slack, dir, index);
	/* last: the sweep may put another file in the place of dir */
	if (st == HL_OK)
		st = know_dead(fs);
	if (st != HL_OK) {
		hl_ntfs_gone_close(l);
		return st;
	}
	l->next = first_of(impl(fs), l->dir.number);
	*out = l;
	return HL_OK;
}

void hl_ntfs_gone_close(struct hl_ntfs_gone_list *l)
{
	if (!l)
		return;
	hl_ntfs_slack_close(l->slack);
	hl_free(l->fs->ctx, l->given);
	hl_free(l->fs->ctx, l);
}

/* ---- the list ------------------------------------------------------------ */

static bool nth_name(const struct hl_ntfs_file *f, unsigned nth,
                     struct hl_ntfs_name *out)
{
	for (size_t i = 0; i < f->n_part; i++)
		if (f->part[i].a.type == NTFS_FILE_NAME &&
		    f->part[i].a.resident && nth-- == 0)
			return hl_ntfs_name_decode(f->part[i].a.value, out) ==
			       HL_OK;
	return false;
}

/* HL_OK; HL_LIMIT: it is not one after all */
static enum hl_status from_record(struct hl_ntfs_gone_list *l,
                                  const struct hl_ntfs_dead *d,
                                  struct hl_entry *out)
{
	uint16_t seq = (uint16_t)(d->parent >> 48);
	struct hl_ntfs_link link;
	struct hl_ntfs_file *f;
	enum hl_status st;

	if (l->dir_live ? seq != l->dir.seq
	                : !seq || hl_ntfs_seq_after(seq) != l->dir.seq)
		return HL_LIMIT;
	st = hl_ntfs_file_open(&f, l->nt, d->record & LOW48);
	if (st != HL_OK)
		return st == HL_END || st == HL_CORRUPT ? HL_LIMIT : st;
	st = HL_LIMIT;
	if (nth_name(f, (unsigned)(d->record >> 48), &link.name))
		st = give(l, &link.name);
	if (st == HL_OK || st == HL_END) { /* two files may look alike */
		hl_ntfs_entry_fill(l->nt, f, &link, out);
		st = HL_OK;
	}
	hl_ntfs_file_close(f);
	return st;
}

/* Does the folder still have this very name? */
static enum hl_status is_current(struct hl_ntfs_gone_list *l,
                                 const struct hl_ntfs_link *link, bool known,
                                 bool *yes)
{
	struct hl_ntfs_link now;
	enum hl_status st;

	*yes = false;
	if (!l->dir_live || !l->index)
		return HL_OK;
	st = hl_ntfs_dir_find(l->index, link->name.u, link->name.n, true,
	                      &now);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st == HL_OK)
		*yes = known ? now.ref.number == link->ref.number &&
		               now.ref.seq == link->ref.seq
		             : now.name.times.created ==
		               link->name.times.created;
	return HL_OK;
}

/* What its record says, when that still is the file that was meant. */
static enum hl_status fill_slack(struct hl_ntfs_gone_list *l,
                                 const struct hl_ntfs_link *link, bool known,
                                 struct hl_entry *out)
{
	struct hl_ntfs_file *f = NULL;
	enum hl_status st = HL_END;

	if (known)
		st = hl_ntfs_file_open(&f, l->nt, link->ref.number);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st == HL_OK && !f->head.base.number &&
	    hl_ntfs_fits(&f->head, link->ref) != NTFS_FIT_NOT)
		hl_ntfs_entry_fill(l->nt, f, link, out);
	else
		hl_ntfs_entry_index(link, out);
	if (!known) {
		out->flags &= ~(unsigned)HL_ENTRY_RECORD;
		out->ref = (struct hl_ref){ .id = UINT64_MAX, .origin = 1 };
	}
	out->flags |= HL_ENTRY_DELETED | HL_ENTRY_SLACK;
	hl_ntfs_file_close(f);
	return HL_OK;
}

enum hl_status hl_ntfs_gone_next(struct hl_ntfs_gone_list *l,
                                 struct hl_entry *out)
{
	struct hl_ntfs_fs *n = impl(l->fs);
	struct hl_ntfs_link link;
	bool known, current;
	enum hl_status st;

	while (l->next < n->n_dead &&
	       (n->dead[l->next].parent & LOW48) == l->dir.number) {
		st = from_record(l, &n->dead[l->next++], out);
		if (st != HL_LIMIT)
			return st;
	}
	for (;;) {
		st = hl_ntfs_slack_next(l->slack, &link, &known);
		if (st != HL_OK)
			return st;
		if (link.name.name_space == NTFS_NS_DOS)
			continue;
		st = is_current(l, &link, known, &current);
		if (st == HL_OK && current)
			continue;
		if (st == HL_OK)
			st = give(l, &link.name);
		if (st == HL_END)
			continue;
		return st == HL_OK ? fill_slack(l, &link, known, out) : st;
	}
}
