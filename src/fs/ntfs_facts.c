/*
 * ntfs_facts.c: what `stat` shows of an NTFS file: the record, every
 * attribute, every name.  Built once for a file and handed out one by one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "fs/ntfs_fs.h"
#include "ntfs/wof.h"

struct facts {
	struct hl_ntfs_fs *n;
	const struct hl_ctx *ctx;
	char group[64];
	enum hl_status st; /* the first failure; then nothing is added */
};

static struct hl_fact *next_fact(struct facts *w, const char *key)
{
	struct hl_fact *f;

	if (w->st == HL_OK)
		w->st = hl_grow(w->ctx, (void **)&w->n->facts, &w->n->cap_facts,
		                w->n->n_facts, sizeof(*f), HL_MAX_NTFS_FACTS);
	if (w->st != HL_OK)
		return NULL;
	f = &w->n->facts[w->n->n_facts++];
	memset(f, 0, sizeof(*f));
	hl_copy(f->group, sizeof(f->group), w->group);
	hl_copy(f->key, sizeof(f->key), key);
	return f;
}

static void num(struct facts *w, const char *key, uint64_t v)
{
	struct hl_fact *f = next_fact(w, key);

	if (!f)
		return;
	f->is_number = true;
	snprintf(f->value, sizeof(f->value), "%llu", (unsigned long long)v);
}

static void text(struct facts *w, const char *key, const char *v)
{
	struct hl_fact *f = next_fact(w, key);

	if (f)
		hl_copy(f->value, sizeof(f->value), v);
}

static void hex(struct facts *w, const char *key, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%llx", (unsigned long long)v);
	text(w, key, buf);
}

static void ref_fact(struct facts *w, const char *key, struct hl_ntfs_ref r)
{
	char buf[40];

	snprintf(buf, sizeof(buf), "%llu-%u", (unsigned long long)r.number,
	         r.seq);
	text(w, key, buf);
}

static void times(struct facts *w, const struct hl_ntfs_times *t)
{
	char buf[HL_TIME_TEXT];

	text(w, "created", hl_time_text(buf, hl_time_filetime(t->created)));
	text(w, "modified", hl_time_text(buf, hl_time_filetime(t->modified)));
	text(w, "mft_changed", hl_time_text(buf, hl_time_filetime(t->changed)));
	text(w, "accessed", hl_time_text(buf, hl_time_filetime(t->accessed)));
}

static void group(struct facts *w, const char *fmt, ...) HL_PRINTF(2, 3);
static void group(struct facts *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->group, sizeof(w->group), fmt, ap);
	va_end(ap);
}

static void torn(struct facts *w, const struct hl_ntfs_held *h)
{
	char buf[512] = "";
	size_t at = 0;
	unsigned i;

	for (i = 0; i < h->fix.n_sectors && at + 8 < sizeof(buf); i++)
		if (hl_ntfs_torn(&h->fix, i))
			at += (size_t)snprintf(buf + at, sizeof(buf) - at,
			                       "%s%u", at ? " " : "", i);
	text(w, "torn_sectors", buf);
}

static void record(struct facts *w, const struct hl_ntfs_file *f)
{
	const struct hl_ntfs_head *h = &f->head;
	size_t i;

	group(w, "record");
	num(w, "number", f->ref.number);
	num(w, "sequence", h->seq);
	hex(w, "flags", h->flags);
	text(w, "in_use", h->flags & NTFS_IN_USE ? "yes" : "no");
	num(w, "links", h->links);
	if (h->base.number || h->base.seq)
		ref_fact(w, "base", h->base);
	num(w, "lsn", h->lsn);
	num(w, "bytes_used", h->used);
	num(w, "bytes_allocated", h->allocated);
	torn(w, &f->held[0]);
	for (i = 1; i < f->n_held; i++)
		num(w, "extension", f->held[i].number);
}

static void name(struct facts *w, struct span value)
{
	static const char *const space[] = { "POSIX", "Win32", "DOS",
	                                     "Win32 and DOS" };
	struct hl_ntfs_name n;
	char buf[HL_NAME_BYTES];

	if (hl_ntfs_name_decode(value, &n) != HL_OK) {
		text(w, "damage", "the name is broken");
		return;
	}
	hl_utf8_from16(buf, sizeof(buf), n.u, n.n);
	text(w, "name", buf);
	text(w, "name_space", space[n.name_space]);
	ref_fact(w, "parent", n.parent);
	times(w, &n.times);
	hex(w, "attributes", n.attributes);
	num(w, "size", n.size);
	num(w, "allocated", n.allocated);
}

static void standard(struct facts *w, struct span value)
{
	struct hl_ntfs_std s;

	if (hl_ntfs_std_decode(value, &s) != HL_OK)
		return;
	times(w, &s.times);
	hex(w, "attributes", s.attributes);
	if (s.has_v3) {
		num(w, "owner_id", s.owner);
		num(w, "security_id", s.security_id);
		num(w, "usn", s.usn);
	}
}

static void wof(struct facts *w, struct span value)
{
	struct hl_ntfs_wof how;
	enum hl_status st = hl_ntfs_wof_decode(value, &how);

	if (!how.ours)
		return;
	if (st == HL_CORRUPT)
		text(w, "damage", "the reparse data is broken");
	num(w, "wof_provider", how.provider);
	if (how.provider != 2 || st == HL_CORRUPT)
		return;
	num(w, "wof_algorithm", how.algorithm);
	text(w, "wof_compression", how.name ? how.name : "unknown");
}

static void reparse(struct facts *w, struct span value)
{
	struct hl_ntfs_reparse r;
	char buf[1024];

	if (hl_ntfs_reparse_decode(value, &r) != HL_OK)
		text(w, "damage", "the reparse data is broken");
	hex(w, "tag", r.tag);
	wof(w, value);
	if (!r.is_link)
		return;
	hl_utf8_from16le(buf, sizeof(buf), r.subst, false);
	text(w, "target", buf);
	hl_utf8_from16le(buf, sizeof(buf), r.print, false);
	text(w, "print_name", buf);
}

static void object_id(struct facts *w, struct span value)
{
	char buf[HL_GUID_TEXT];

	if (value.n < 16)
		return;
	hl_guid_text(buf, value.p);
	text(w, "object_id", buf);
}

static void nonresident(struct facts *w, const struct hl_ntfs_attr *a)
{
	num(w, "lowest_vcn", a->lowest_vcn);
	num(w, "highest_vcn", a->highest_vcn);
	if (a->lowest_vcn)
		return;
	num(w, "allocated", a->allocated);
	num(w, "size", a->size);
	num(w, "valid", a->valid);
	if (a->unit_log2)
		num(w, "compression_unit", 1ull << (a->unit_log2 & 63));
}

static void runs(struct facts *w, struct hl_fs *fs,
                 const struct hl_ntfs_attr *a)
{
	const struct hl_ntfs_geom *g = hl_ntfs_geom(w->n->nt);
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	char buf[160];
	uint64_t image;
	enum hl_status st;

	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, g->n_clusters);
	while ((st = hl_ntfs_run_next(&it, &r)) == HL_OK && w->st == HL_OK) {
		image = r.sparse || r.outside ? HL_NO_OFFSET :
		        hl_src_image_offset(fs->src, r.lcn * g->cluster_size);
		if (r.sparse)
			snprintf(buf, sizeof(buf), "vcn %llu, %llu clusters, "
			         "sparse", (unsigned long long)r.vcn,
			         (unsigned long long)r.len);
		else if (image == HL_NO_OFFSET)
			snprintf(buf, sizeof(buf), "vcn %llu, %llu clusters, "
			         "lcn %llu, outside the volume",
			         (unsigned long long)r.vcn,
			         (unsigned long long)r.len,
			         (unsigned long long)r.lcn);
		else
			snprintf(buf, sizeof(buf), "vcn %llu, %llu clusters, "
			         "lcn %llu, image offset %llu",
			         (unsigned long long)r.vcn,
			         (unsigned long long)r.len,
			         (unsigned long long)r.lcn,
			         (unsigned long long)image);
		text(w, "run", buf);
	}
	if (st == HL_CORRUPT)
		text(w, "damage", "the run list is broken");
}

static void attribute(struct facts *w, struct hl_fs *fs,
                      const struct hl_ntfs_part *p)
{
	const struct hl_ntfs_attr *a = &p->a;
	char buf[HL_NAME_BYTES];

	group(w, "attribute 0x%x %s", (unsigned)a->type,
	      hl_ntfs_type_name(a->type));
	num(w, "id", a->id);
	num(w, "record", p->record);
	if (a->name.n) {
		hl_utf8_from16le(buf, sizeof(buf), a->name, false);
		text(w, "attribute_name", buf);
	}
	text(w, "resident", a->resident ? "yes" : "no");
	hex(w, "attribute_flags", a->flags);
	if (!a->resident) {
		nonresident(w, a);
		runs(w, fs, a);
		return;
	}
	num(w, "length", a->value.n);
	if (a->type == NTFS_STANDARD_INFORMATION)
		standard(w, a->value);
	else if (a->type == NTFS_FILE_NAME)
		name(w, a->value);
	else if (a->type == NTFS_REPARSE_POINT)
		reparse(w, a->value);
	else if (a->type == NTFS_OBJECT_ID)
		object_id(w, a->value);
}

static enum hl_status build(struct hl_fs *fs, const struct hl_ref *ref)
{
	struct facts w = { .n = fs->impl, .ctx = fs->ctx };
	struct hl_ntfs_file *f;
	size_t i;
	enum hl_status st = hl_ntfs_fs_file(fs, ref, false, &f);

	w.n->n_facts = 0;
	if (st != HL_OK)
		return st;
	record(&w, f);
	for (i = 0; i < f->n_part && w.st == HL_OK; i++)
		attribute(&w, fs, &f->part[i]);
	w.n->facts_of = *ref;
	if (w.st != HL_LIMIT)
		return w.st;
	hl_warn(&(struct hl_at){ fs->ctx, fs->src, HL_NO_OFFSET, "stat" },
	        "file %llu: more than %d facts; the rest is not shown",
	        (unsigned long long)ref->id, HL_MAX_NTFS_FACTS);
	return HL_OK;
}

enum hl_status hl_ntfs_fs_fact(struct hl_fs *fs, const struct hl_ref *ref,
                               unsigned *cursor, struct hl_fact *out)
{
	struct hl_ntfs_fs *n = fs->impl;
	enum hl_status st;

	if (!*cursor || !n->n_facts || n->facts_of.id != ref->id ||
	    n->facts_of.seq != ref->seq) {
		st = build(fs, ref);
		if (st != HL_OK)
			return st;
	}
	if (*cursor >= n->n_facts)
		return HL_END;
	*out = n->facts[(*cursor)++];
	return HL_OK;
}
