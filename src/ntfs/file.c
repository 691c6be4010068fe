/*
 * file.c: a file gathered from its records.
 *
 * Small files are one record.  When it overflows, $ATTRIBUTE_LIST in the base
 * record names extension records; each of those says whose it is.  Everything
 * an extension record holds is taken, so a damaged list costs little; what
 * the list names and nobody holds is said.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

void hl_ntfs_file_close(struct hl_ntfs_file *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->n_held; i++)
		hl_free(f->nt->ctx, f->held[i].p);
	hl_free(f->nt->ctx, f->held);
	hl_free(f->nt->ctx, f->part);
	hl_free(f->nt->ctx, f);
}

static void lost(struct hl_ntfs_file *f, uint64_t record, const char *why)
{
	struct hl_at at = hl_ntfs_at(f->nt, record, "MFT record");

	f->damaged = f->odd = true;
	if (f->nt->booting)
		return;
	/* What is left of a deleted file is no damage of the volume. */
	if (!(f->head.flags & NTFS_IN_USE))
		hl_say(&at, "deleted file %llu: %s (record %llu)",
		       (unsigned long long)f->ref.number, why,
		       (unsigned long long)record);
	else
		hl_warn(&at, "file %llu: %s (record %llu)",
		        (unsigned long long)f->ref.number, why,
		        (unsigned long long)record);
}

/* A ceiling is no damage that a deleted file may have: always a loss. */
static void too_many(struct hl_ntfs_file *f, uint64_t record, const char *what)
{
	struct hl_at at = hl_ntfs_at(f->nt, record, "MFT record");

	f->damaged = f->odd = true;
	hl_warn(&at, "file %llu: %s; the rest is not read (record %llu)",
	        (unsigned long long)f->ref.number, what,
	        (unsigned long long)record);
}

/* Keep a copy of a record; spans of its attributes point there. */
static enum hl_status hold(struct hl_ntfs_file *f,
                           const struct hl_ntfs_rec *rec)
{
	struct hl_ntfs_held *h;
	enum hl_status st = hl_grow(f->nt->ctx, (void **)&f->held, &f->cap_held,
	                            f->n_held, sizeof(*h), HL_MAX_NTFS_RECORDS);

	if (st != HL_OK)
		return st;
	h = &f->held[f->n_held];
	h->number = rec->number;
	h->fix = rec->fix;
	h->n = rec->bytes.n;
	h->n_all = f->nt->geom.record_size;
	h->p = hl_alloc(f->nt->ctx, h->n_all);
	if (!h->p)
		return HL_NOMEM;
	memcpy(h->p, rec->bytes.p, h->n_all);
	f->n_held++;
	return HL_OK;
}

/* The attributes of the record that was held last. */
static enum hl_status take(struct hl_ntfs_file *f, uint32_t off)
{
	unsigned held = (unsigned)f->n_held - 1;
	struct span s = span_of(f->held[held].p, f->held[held].n);
	struct hl_ntfs_attr a;
	enum hl_status st;

	while ((st = hl_ntfs_attr_next(s, &off, &a)) != HL_END) {
		if (st != HL_OK) {
			lost(f, f->held[held].number, "an attribute is broken");
			continue;
		}
		st = hl_grow(f->nt->ctx, (void **)&f->part, &f->cap_part,
		             f->n_part, sizeof(*f->part), HL_MAX_NTFS_PARTS);
		if (st != HL_OK)
			return st;
		f->part[f->n_part] = (struct hl_ntfs_part){
			.a = a, .record = f->held[held].number, .held = held,
			.order = (unsigned)f->n_part,
		};
		f->n_part++;
		if (hl_ntfs_type_name(a.type)[0] == '?')
			lost(f, f->held[held].number,
			     "an attribute has no type that NTFS knows");
	}
	return HL_OK;
}

static bool is_held(const struct hl_ntfs_file *f, uint64_t number)
{
	size_t i;

	/* The list is grouped by record in practice: the last one first. */
	for (i = f->n_held; i-- > 0;)
		if (f->held[i].number == number)
			return true;
	return false;
}

static bool is_ours(const struct hl_ntfs_file *f,
                    const struct hl_ntfs_head *h, struct hl_ntfs_ref ref)
{
	if (h->base.number != f->ref.number)
		return false;
	if (f->head.flags & NTFS_IN_USE)
		return (h->flags & NTFS_IN_USE) &&
		       (!h->base.seq || h->base.seq == f->ref.seq) &&
		       (!ref.seq || ref.seq == h->seq);
	/* Freed together: both went on by one since they named each other. */
	return hl_ntfs_fits(h, ref) == NTFS_FIT_DELETED &&
	       hl_ntfs_fits(&f->head, h->base) == NTFS_FIT_DELETED;
}

enum hl_status hl_ntfs_file_extend(struct hl_ntfs_file *f,
                                   struct hl_ntfs_ref ref)
{
	struct hl_ntfs_rec rec;
	enum hl_status st;

	if (is_held(f, ref.number))
		return HL_OK;
	st = hl_ntfs_record(f->nt, ref.number, &rec);
	if (st == HL_RANGE)
		f->pending = true;
	if (st == HL_RANGE || st == HL_END || st == HL_CORRUPT) {
		f->pending |= f->nt->booting;
		lost(f, ref.number, "an extension record cannot be had");
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	if (!is_ours(f, &rec.head, ref)) {
		f->pending |= f->nt->booting;
		lost(f, ref.number, "an extension record is another file's");
		return HL_OK;
	}
	st = hold(f, &rec);
	return st != HL_OK ? st : take(f, rec.head.attrs_off);
}

static bool same_name(struct span a, struct span b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

/* Ids are unique within one record only, so the record counts too. */
static bool mark_listed(struct hl_ntfs_file *f,
                        const struct hl_ntfs_list_entry *e)
{
	size_t i;

	for (i = 0; i < f->n_part; i++) {
		struct hl_ntfs_part *p = &f->part[i];

		if (p->record == e->ref.number && p->a.type == e->type &&
		    p->a.id == e->id && same_name(p->a.name, e->name)) {
			p->listed = true;
			return true;
		}
	}
	return false;
}

/* Fetch what the list names, then see whether all of it was there. */
static enum hl_status follow(struct hl_ntfs_file *f, struct span list)
{
	struct hl_ntfs_list_entry e;
	enum hl_status st;
	size_t off = 0;

	while ((st = hl_ntfs_list_next(list, &off, &e)) != HL_END) {
		if (st != HL_OK) {
			lost(f, f->ref.number, "$ATTRIBUTE_LIST is broken");
			continue;
		}
		st = hl_ntfs_file_extend(f, e.ref);
		if (st == HL_LIMIT)
			too_many(f, e.ref.number, "it has too many records");
		if (st != HL_OK)
			return st == HL_LIMIT ? HL_OK : st;
	}
	for (off = 0; (st = hl_ntfs_list_next(list, &off, &e)) != HL_END;)
		if (st == HL_OK && is_held(f, e.ref.number) &&
		    !mark_listed(f, &e))
			lost(f, e.ref.number,
			     "a listed attribute is not there");
	return HL_OK;
}

static enum hl_status expand(struct hl_ntfs_file *f)
{
	size_t i, n;
	void *list;
	enum hl_status st;

	for (i = 0; i < f->n_part; i++)
		if (f->part[i].a.type == NTFS_ATTRIBUTE_LIST)
			break;
	if (i == f->n_part) {
		for (i = 0; i < f->n_part; i++)
			f->part[i].listed = true;
		return HL_OK;
	}
	st = hl_ntfs_stream_load(&list, &n, f, i, HL_MAX_NTFS_LIST);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st == HL_LIMIT) {
		too_many(f, f->ref.number, "its $ATTRIBUTE_LIST is too long");
		return HL_OK;
	}
	if (st != HL_OK) {
		lost(f, f->ref.number, "$ATTRIBUTE_LIST cannot be read");
		return HL_OK;
	}
	st = follow(f, span_of(list, n));
	hl_free(f->nt->ctx, list);
	return st;
}

static int by_name(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d)
		return d;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

static int by_place(const void *va, const void *vb)
{
	const struct hl_ntfs_part *a = va, *b = vb;
	int d;

	if (a->a.type != b->a.type)
		return a->a.type < b->a.type ? -1 : 1;
	d = by_name(a->a.name, b->a.name);
	if (d)
		return d;
	if (a->a.lowest_vcn != b->a.lowest_vcn)
		return a->a.lowest_vcn < b->a.lowest_vcn ? -1 : 1;
	if (a->listed != b->listed)
		return a->listed ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void sort(struct hl_ntfs_file *f)
{
	if (f->n_part)
		qsort(f->part, f->n_part, sizeof(*f->part), by_place);
}

/* All records of a file whose base record is held. */
static enum hl_status complete(struct hl_ntfs_file *f)
{
	enum hl_status st = take(f, f->head.attrs_off);

	if (st == HL_OK)
		st = expand(f);
	if (st == HL_OK && !(f->head.flags & NTFS_IN_USE))
		st = hl_ntfs_remains(f);
	sort(f);
	if (st != HL_OK || f->nt->booting || !(f->head.flags & NTFS_IN_USE) ||
	    f->head.base.number || !(f->odd || hl_ntfs_file_has_gap(f)))
		return st;
	st = hl_ntfs_file_regain(f);
	sort(f);
	return st;
}

enum hl_status hl_ntfs_file_open(struct hl_ntfs_file **out, struct hl_ntfs *nt,
                                 uint64_t number)
{
	struct hl_ntfs_rec rec;
	struct hl_ntfs_file *f;
	enum hl_status st;

	*out = NULL;
	st = hl_ntfs_record(nt, number, &rec);
	if (st != HL_OK)
		return st == HL_RANGE ? HL_END : st;
	f = hl_zalloc(nt->ctx, sizeof(*f));
	if (!f)
		return HL_NOMEM;
	f->nt = nt;
	f->head = rec.head;
	f->ref = (struct hl_ntfs_ref){ number, rec.head.seq };
	f->damaged = rec.fix.n_torn > 0;
	st = hold(f, &rec);
	f->odd = f->damaged;
	if (st == HL_OK)
		st = complete(f);
	if (st == HL_LIMIT) {
		too_many(f, number, "it has too many attributes");
		st = HL_OK;
	}
	if (st != HL_OK) {
		hl_ntfs_file_close(f);
		return st;
	}
	*out = f;
	return HL_OK;
}

size_t hl_ntfs_find(const struct hl_ntfs_file *f, uint32_t type,
                    struct span name)
{
	size_t i;

	for (i = 0; i < f->n_part; i++)
		if (f->part[i].a.type == type &&
		    same_name(f->part[i].a.name, name))
			return i;
	return NTFS_NONE;
}

size_t hl_ntfs_part_end(const struct hl_ntfs_file *f, size_t i)
{
	const struct hl_ntfs_attr *first = &f->part[i].a;
	size_t end = i + 1;

	while (!first->resident && end < f->n_part &&
	       !f->part[end].a.resident && f->part[end].a.type == first->type &&
	       same_name(f->part[end].a.name, first->name))
		end++;
	return end;
}
