/*
 * ntfs_sweep.c: every name of every file by record number, and from a name
 * to the folder it means.
 *
 * Most files are one record: their attributes are looked at where the sweep
 * read them, in an array that is used again.  Only what lies in several
 * records is put together like any other file.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fs/ntfs_fs.h"

/* Below are system files; those without a name are kept free for later. */
#define FIRST_USER_RECORD 24
#define FIRST_SPARE_RECORD 16

struct sweep {
	struct hl_ntfs *nt;
	struct hl_ntfs_scan *records;
	unsigned how;
	struct hl_ntfs_file here; /* of one record: parts are ours */
	struct hl_ntfs_held held;
	struct hl_ntfs_file *whole; /* of several, or NULL */
	const struct hl_ntfs_file *f; /* the one at hand, or NULL */
	size_t next; /* part */
	unsigned nth, last; /* names so far; the one that was given */
	bool dos;    /* it has DOS names only: they count */
	bool any;
};

enum hl_status hl_ntfs_fs_sweep(void **iter, struct hl_fs *fs, unsigned how)
{
	struct hl_ntfs_fs *n = fs->impl;
	struct sweep *s = hl_zalloc(fs->ctx, sizeof(*s));
	enum hl_status st;

	*iter = NULL;
	if (!s)
		return HL_NOMEM;
	s->nt = n->nt;
	s->how = how;
	st = hl_ntfs_scan_open(&s->records, n->nt);
	if (st != HL_OK) {
		hl_free(fs->ctx, s);
		return st;
	}
	*iter = s;
	return HL_OK;
}

void hl_ntfs_fs_sweep_close(struct hl_fs *fs, void *iter)
{
	struct sweep *s = iter;

	if (!s)
		return;
	hl_ntfs_file_close(s->whole);
	hl_ntfs_scan_close(s->records);
	hl_free(fs->ctx, s->here.part);
	hl_free(fs->ctx, s);
}

unsigned hl_ntfs_fs_sweep_nth(const void *iter)
{
	return ((const struct sweep *)iter)->last;
}

/* The record's attributes; *whole: this is not all of the file. */
static enum hl_status parts_of(struct sweep *s, struct hl_fs *fs,
                               const struct hl_ntfs_rec *rec, bool *whole)
{
	struct hl_ntfs_file *f = &s->here;
	uint32_t off = rec->head.attrs_off;
	struct hl_ntfs_attr a;
	bool named = false;
	enum hl_status st;

	s->held = (struct hl_ntfs_held){ .number = rec->number };
	f->nt = s->nt;
	f->ref = (struct hl_ntfs_ref){ rec->number, rec->head.seq };
	f->head = rec->head;
	f->held = &s->held;
	f->n_held = 1;
	f->n_part = 0;
	*whole = false;
	while ((st = hl_ntfs_attr_next(rec->bytes, &off, &a)) != HL_END) {
		if (st != HL_OK || a.type == NTFS_ATTRIBUTE_LIST) {
			*whole = true; /* with its records, or its damage */
			return HL_OK;
		}
		named |= a.type == NTFS_FILE_NAME;
		st = hl_grow(fs->ctx, (void **)&f->part, &f->cap_part,
		             f->n_part, sizeof(*f->part), HL_MAX_NTFS_PARTS);
		if (st != HL_OK)
			return st;
		f->part[f->n_part++] = (struct hl_ntfs_part){
			.a = a, .record = rec->number, .listed = true,
		};
	}
	/* A deleted file's slack may help. */
	*whole = !named && !(f->head.flags & NTFS_IN_USE) && f->n_part;
	return HL_OK;
}

static bool only_dos(const struct hl_ntfs_file *f)
{
	struct hl_ntfs_sum sum;

	hl_ntfs_file_sum(f, &sum);
	return sum.name.n && sum.name.name_space == NTFS_NS_DOS;
}

static bool wanted(const struct sweep *s, const struct hl_ntfs_head *h,
                   uint64_t number)
{
	bool live = h->flags & NTFS_IN_USE;

	if (h->base.number || h->base.seq || number == NTFS_REC_ROOT)
		return false;
	return live ? !(s->how & HL_LIST_NO_LIVE)
	            : (s->how & HL_LIST_DELETED) != 0;
}

/* HL_OK: s->f is the next file; HL_LIMIT: this record is none */
static enum hl_status next_file(struct sweep *s, struct hl_fs *fs)
{
	struct hl_ntfs_rec rec;
	bool whole = false;
	uint64_t number;
	enum hl_status st = hl_ntfs_scan_next(s->records, &rec);

	hl_ntfs_file_close(s->whole);
	s->whole = NULL;
	s->f = NULL;
	number = rec.number;
	if (st == HL_CORRUPT) { /* aloud, and with the mirror's help */
		st = hl_ntfs_record(s->nt, number, &rec);
		whole = true;
	}
	if (st == HL_RANGE || (st == HL_END && whole))
		return HL_LIMIT;
	if (st != HL_OK)
		return st;
	if (!wanted(s, &rec.head, number))
		return HL_LIMIT;
	if (!whole)
		st = parts_of(s, fs, &rec, &whole);
	if (st == HL_OK && whole)
		st = hl_ntfs_file_open(&s->whole, s->nt, number);
	if (st != HL_OK)
		return st == HL_END ? HL_LIMIT : st;
	s->f = whole ? s->whole : &s->here;
	s->next = 0;
	s->nth = 0;
	s->any = false;
	s->dos = only_dos(s->f);
	return HL_OK;
}

/* The next name of the file at hand; HL_END: no more. */
static enum hl_status next_name(struct sweep *s, struct hl_ntfs_link *l)
{
	while (s->next < s->f->n_part) {
		const struct hl_ntfs_attr *a = &s->f->part[s->next++].a;

		if (a->type != NTFS_FILE_NAME || !a->resident)
			continue;
		s->last = s->nth++;
		if (hl_ntfs_name_decode(a->value, &l->name) != HL_OK)
			continue;
		if (l->name.name_space == NTFS_NS_DOS && !s->dos &&
		    !(s->how & HL_LIST_SHORT))
			continue;
		s->any = true;
		return HL_OK;
	}
	return HL_END;
}

/* A file without any name is still a file, unless it never was one. */
static bool nameless(const struct sweep *s)
{
	if (s->any || !s->f->n_part)
		return false;
	return s->f->ref.number >=
	       (s->f->head.flags & NTFS_IN_USE ? FIRST_USER_RECORD
	                                       : FIRST_SPARE_RECORD);
}

enum hl_status hl_ntfs_fs_sweep_next(struct hl_fs *fs, void *iter,
                                     struct hl_entry *out)
{
	struct sweep *s = iter;
	struct hl_ntfs_link link;
	enum hl_status st = HL_LIMIT;

	for (;;) {
		if (s->f && next_name(s, &link) == HL_OK) {
			hl_ntfs_entry_fill(s->nt, s->f, &link, out);
			return HL_OK;
		}
		if (s->f && nameless(s)) {
			s->any = true;
			hl_ntfs_entry_fill(s->nt, s->f, NULL, out);
			return HL_OK;
		}
		do {
			st = next_file(s, fs);
		} while (st == HL_LIMIT);
		if (st != HL_OK)
			return st;
	}
}

/* ---- upwards ------------------------------------------------------------- */

enum hl_status hl_ntfs_fs_parent(struct hl_fs *fs, const struct hl_entry *e,
                                 struct hl_entry *out)
{
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	struct hl_ntfs_ref ref = { e->parent.id, (uint16_t)e->parent.seq };
	struct hl_ntfs_rec rec;
	struct hl_ntfs_file *f;
	enum hl_status st;

	if (e->ref.id == NTFS_REC_ROOT)
		return HL_END;
	st = hl_ntfs_record(nt, ref.number, &rec);
	if (st == HL_RANGE || st == HL_CORRUPT || st == HL_END) {
		/* the one folder that is known without its record */
		if (ref.number != NTFS_REC_ROOT || ref.seq != NTFS_REC_ROOT)
			return HL_END;
		hl_ntfs_fs_lost_root(fs, out);
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	if (rec.head.base.number || !(rec.head.flags & NTFS_HAS_INDEX) ||
	    hl_ntfs_fits(&rec.head, ref) == NTFS_FIT_NOT)
		return HL_END;
	st = hl_ntfs_file_open(&f, nt, ref.number);
	if (st != HL_OK)
		return st == HL_CORRUPT ? HL_END : st;
	hl_ntfs_entry_fill(nt, f, NULL, out);
	hl_ntfs_file_close(f);
	return HL_OK;
}
