/*
 * kids.c: the names of a folder when its index does not hold them all.
 *
 * Every file keeps its names in its own record, each with the folder it is
 * in.  What the index still gave is taken first; then come the names that a
 * sweep of $MFT finds for this folder and the index did not give.
 */
#include <stdlib.h>

#include "base/banned.h"
#include "base/mem.h"
#include "ntfs/dir.h"

static uint64_t hash(uint64_t number, const struct hl_ntfs_name *n)
{
	uint64_t h = 0xcbf29ce484222325u ^ number;
	size_t i;

	for (i = 0; i < n->n; i++)
		h = (h ^ n->u[i]) * 0x100000001b3u;
	return h;
}

static int by_value(const void *va, const void *vb)
{
	const uint64_t *a = va, *b = vb;

	return *a < *b ? -1 : *a > *b;
}

void hl_ntfs_kids_free(struct hl_ntfs_dir *d)
{
	struct hl_ntfs_kids *k = d->kids;

	if (!k)
		return;
	hl_ntfs_file_close(k->f);
	hl_free(d->nt->ctx, k->seen);
	hl_free(d->nt->ctx, k);
	d->kids = NULL;
}

/* The walk once more, in silence: what has it given? */
static enum hl_status recount(struct hl_ntfs_dir *d, struct hl_ntfs_kids *k)
{
	struct hl_ntfs_link l;
	enum hl_status st;

	hl_ntfs_dir_rewind(d);
	d->quiet = true;
	while ((st = hl_ntfs_dir_next(d, &l)) == HL_OK || st == HL_CORRUPT) {
		if (st == HL_CORRUPT)
			continue;
		st = hl_grow(d->nt->ctx, (void **)&k->seen, &k->cap_seen,
		             k->n_seen, sizeof(*k->seen), HL_MAX_NTFS_SWEPT);
		if (st != HL_OK)
			break;
		k->seen[k->n_seen++] = hash(l.ref.number, &l.name);
	}
	d->quiet = false;
	if (k->n_seen)
		qsort(k->seen, k->n_seen, sizeof(*k->seen), by_value);
	return st == HL_END ? HL_OK : st;
}

static enum hl_status start(struct hl_ntfs_dir *d)
{
	struct hl_ntfs_kids *k = hl_zalloc(d->nt->ctx, sizeof(*k));
	enum hl_status st;

	if (!k)
		return HL_NOMEM;
	st = hl_ntfs_sweep(d->nt, &k->sw);
	if (st == HL_OK)
		st = recount(d, k);
	d->kids = k;
	if (st != HL_OK) {
		hl_ntfs_kids_free(d);
		return st;
	}
	k->at = hl_ntfs_pair_first(k->sw->name, k->sw->n_name,
	                           hl_ntfs_pair_key(d->number, d->seq));
	return HL_OK;
}

static bool was_given(const struct hl_ntfs_kids *k, uint64_t h)
{
	return k->n_seen && bsearch(&h, k->seen, k->n_seen, sizeof(h),
	                            by_value);
}

/* The file behind a pair; HL_END: it is not that one any more. */
static enum hl_status open_kid(struct hl_ntfs_file **out, struct hl_ntfs *nt,
                               const struct hl_ntfs_pair *p)
{
	uint16_t seq = p->ref & 0xffff;
	enum hl_status st = hl_ntfs_file_open(out, nt, p->ref >> 16);

	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	if (((*out)->head.flags & NTFS_IN_USE) &&
	    (!seq || seq == (*out)->ref.seq))
		return HL_OK;
	hl_ntfs_file_close(*out);
	*out = NULL;
	return HL_END;
}

/* From part *i on, the next name of a file in that folder. */
static bool next_name(const struct hl_ntfs_file *f, size_t *i,
                      uint64_t number, uint16_t seq, struct hl_ntfs_name *n)
{
	while (*i < f->n_part) {
		const struct hl_ntfs_attr *a = &f->part[(*i)++].a;

		if (a->type == NTFS_FILE_NAME && a->resident &&
		    hl_ntfs_name_decode(a->value, n) == HL_OK &&
		    n->parent.number == number && n->parent.seq == seq)
			return true;
	}
	return false;
}

/* The next file of the folder into k->f.  HL_OK, HL_END, … */
static enum hl_status next_file(struct hl_ntfs_dir *d, struct hl_ntfs_kids *k)
{
	uint64_t key = hl_ntfs_pair_key(d->number, d->seq);
	const struct hl_ntfs_pair *p = k->sw->name;
	enum hl_status st;

	hl_ntfs_file_close(k->f);
	k->f = NULL;
	k->part = 0;
	for (;;) {
		size_t at = k->at++;

		if (at >= k->sw->n_name || p[at].key != key)
			return HL_END;
		if (at && p[at - 1].key == key && p[at - 1].ref == p[at].ref)
			continue;
		if (p[at].ref >> 16 == d->number)
			continue; /* the root is in itself */
		st = open_kid(&k->f, d->nt, &p[at]);
		if (st != HL_END)
			return st;
	}
}

enum hl_status hl_ntfs_kids_next(struct hl_ntfs_dir *d,
                                 struct hl_ntfs_link *out)
{
	struct hl_ntfs_kids *k;
	struct hl_at at = hl_ntfs_dir_at(d);
	enum hl_status st = d->kids ? HL_OK : start(d);

	k = d->kids;
	while (st == HL_OK) {
		while (k->f && next_name(k->f, &k->part, d->number, d->seq,
		                         &out->name)) {
			out->ref = k->f->ref;
			if (was_given(k, hash(out->ref.number, &out->name)))
				continue;
			if (!k->n_found++)
				hl_warn(&at, "folder %llu: its index is "
				        "damaged; names are taken from the "
				        "records of $MFT",
				        (unsigned long long)d->number);
			return HL_OK;
		}
		st = next_file(d, k);
	}
	return st;
}

enum hl_status hl_ntfs_kid_find(struct hl_ntfs *nt, struct hl_ntfs_ref folder,
                                const struct hl_ntfs_name *name,
                                struct hl_ntfs_link *out)
{
	uint64_t key = hl_ntfs_pair_key(folder.number, folder.seq);
	const struct hl_ntfs_sweep *sw;
	struct hl_ntfs_file *f;
	enum hl_status st = hl_ntfs_sweep(nt, &sw);
	bool found;
	size_t at, i;

	if (st != HL_OK)
		return st;
	for (at = hl_ntfs_pair_first(sw->name, sw->n_name, key);
	     at < sw->n_name && sw->name[at].key == key; at++) {
		st = open_kid(&f, nt, &sw->name[at]);
		if (st == HL_END)
			continue;
		if (st != HL_OK)
			return st;
		out->ref = f->ref;
		found = false;
		for (i = 0; !found && next_name(f, &i, folder.number,
		                                folder.seq, &out->name);)
			found = !hl_ntfs_name_cmp(out->name.u, out->name.n,
			                          name->u, name->n);
		hl_ntfs_file_close(f);
		if (found)
			return HL_OK;
	}
	return HL_END;
}

enum hl_status hl_ntfs_dir_open_lost(struct hl_ntfs_dir **out,
                                     struct hl_ntfs *nt,
                                     struct hl_ntfs_ref ref)
{
	uint64_t key = hl_ntfs_pair_key(ref.number, ref.seq);
	const struct hl_ntfs_sweep *sw;
	struct hl_ntfs_dir *d;
	enum hl_status st = hl_ntfs_sweep(nt, &sw);
	size_t i;

	*out = NULL;
	if (st != HL_OK)
		return st;
	i = hl_ntfs_pair_first(sw->name, sw->n_name, key);
	if (i == sw->n_name || sw->name[i].key != key)
		return HL_END;
	d = hl_zalloc(nt->ctx, sizeof(*d));
	if (!d)
		return HL_NOMEM;
	d->nt = nt;
	d->number = ref.number;
	d->seq = ref.seq;
	hl_ntfs_dir_no_root(d, "its record is lost");
	*out = d;
	return HL_OK;
}

void hl_ntfs_dir_doubt(struct hl_ntfs_dir *d)
{
	d->damaged = true;
}

enum hl_ntfs_named hl_ntfs_file_named(const struct hl_ntfs_file *f,
                                      uint64_t folder,
                                      const struct hl_ntfs_name *name)
{
	enum hl_ntfs_named best = NTFS_NAMED_SO; /* no name: nothing to say */
	struct hl_ntfs_name n;
	size_t i;

	for (i = 0; i < f->n_part; i++) {
		const struct hl_ntfs_attr *a = &f->part[i].a;

		if (a->type != NTFS_FILE_NAME || !a->resident ||
		    hl_ntfs_name_decode(a->value, &n) != HL_OK)
			continue;
		if (best == NTFS_NAMED_SO)
			best = NTFS_NAMED_NOT;
		if (n.parent.number != folder)
			continue;
		if (!hl_ntfs_name_cmp(n.u, n.n, name->u, name->n))
			return NTFS_NAMED_SO;
		best = NTFS_NAMED_OTHERWISE;
	}
	return best;
}
