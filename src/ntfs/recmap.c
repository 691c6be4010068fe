/*
 * recmap.c: one record or index block of a medium, taken for what it proves.
 *
 * A signature alone is not believed: the sizes in the header have to fit, and
 * every sector has to end with the update sequence's value.  A cluster's size
 * follows from any stream that is not resident: its allocated bytes divided
 * by its clusters.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/recmap_impl.h"

#define MIN_CLUSTER 512u
#define MAX_CLUSTER (2u << 20)

enum hl_status hl_recmap_new(struct hl_recmap **out, const struct hl_ctx *ctx)
{
	struct hl_recmap *m = hl_zalloc(ctx, sizeof(*m));

	*out = NULL;
	if (!m)
		return HL_NOMEM;
	m->ctx = ctx;
	m->buf = hl_alloc(ctx, NTFS_MAX_BLOCK);
	if (!m->buf) {
		hl_free(ctx, m);
		return HL_NOMEM;
	}
	*out = m;
	return HL_OK;
}

void hl_recmap_free(struct hl_recmap *m)
{
	if (!m)
		return;
	hl_recmap_guess_free(m->ctx, m->result);
	hl_free(m->ctx, m->stretch);
	hl_free(m->ctx, m->block);
	hl_free(m->ctx, m->irun);
	hl_free(m->ctx, m->mrun);
	hl_free(m->ctx, m->anchor);
	hl_free(m->ctx, m->fact);
	hl_free(m->ctx, m->buf);
	hl_free(m->ctx, m);
}

/* ---- a record ------------------------------------------------------------ */

struct seen {
	uint64_t off, number, end_lcn;
	uint64_t named;  /* the number of a system file, by its name */
	unsigned rs_log2, cs_log2;
	struct hl_ntfs_head head;
	struct span bytes;
	bool old;      /* header before XP: no number in it, nor is it named */
	bool is_mft;   /* is called $MFT, in the root folder */
	uint64_t created;
};

/* Bytes of a cluster, by one attribute; 0: it does not tell. */
static unsigned cluster_of(const struct hl_ntfs_attr *a)
{
	uint64_t n = a->highest_vcn + 1;

	if (a->resident || a->lowest_vcn || !n || n > INT64_MAX ||
	    a->flags & (NTFS_COMPRESSED | NTFS_SPARSE) || a->allocated % n)
		return 0;
	return hl_recmap_log2(a->allocated / n, MIN_CLUSTER, MAX_CLUSTER);
}

static bool is_named(const struct hl_ntfs_name *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->n && name[i]; i++)
		if (n->u[i] != (uint8_t)name[i])
			return false;
	return i == n->n && !name[i];
}

static uint64_t runs_end(const struct hl_ntfs_attr *a)
{
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	uint64_t end = 0;

	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, INT64_MAX);
	while (hl_ntfs_run_next(&it, &r) == HL_OK)
		if (!r.sparse && !r.outside)
			end = max_u64(end, r.lcn + r.len);
	return end;
}

/* What lies in the root under such a name has always had that number. */
static void number_of(struct seen *s, const struct hl_ntfs_name *name)
{
	static const char *const names[] = {
		"$MFT", "$MFTMirr", "$LogFile", "$Volume", "$AttrDef", ".",
		"$Bitmap", "$Boot", "$BadClus", "$Secure", "$UpCase",
		"$Extend",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_named(name, names[i]))
			s->named = i;
	if (is_named(name, "$Quota")) /* of NT 4 */
		s->named = 9;
}

/* mkntfs and ntfs-3g leave $MFT's own times at zero, not those of its name. */
static void note_name(struct seen *s, const struct hl_ntfs_name *name)
{
	if (name->parent.number == NTFS_REC_ROOT) {
		s->is_mft |= is_named(name, "$MFT");
		number_of(s, name);
	}
	if (!s->created)
		s->created = name->times.created;
}

/* First look: what all attributes say together. */
static void survey(struct seen *s)
{
	uint32_t off = s->head.attrs_off;
	struct hl_ntfs_attr a;
	struct hl_ntfs_name name;
	struct hl_ntfs_std std;
	unsigned one;
	enum hl_status st;

	while ((st = hl_ntfs_attr_next(s->bytes, &off, &a)) != HL_END) {
		if (st != HL_OK)
			continue;
		/* several pieces state too many bytes: the least is right */
		one = cluster_of(&a);
		if (one && (!s->cs_log2 || one < s->cs_log2))
			s->cs_log2 = one;
		if (!a.resident)
			s->end_lcn = max_u64(s->end_lcn, runs_end(&a));
		else if (a.type == NTFS_STANDARD_INFORMATION &&
		         hl_ntfs_std_decode(a.value, &std) == HL_OK)
			s->created = std.times.created;
		else if (a.type == NTFS_FILE_NAME &&
		         hl_ntfs_name_decode(a.value, &name) == HL_OK)
			note_name(s, &name);
	}
}

static bool is_i30(struct span name)
{
	return name.n == 8 && !memcmp(name.p, "$\0I\0003\0000\0", 8);
}

static enum hl_status keep_mft_runs(struct hl_recmap *m, const struct seen *s,
                                    const struct hl_ntfs_attr *a,
                                    struct hl_recmap_anchor *anchor)
{
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	enum hl_status st = HL_OK;

	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, INT64_MAX);
	while (st == HL_OK && hl_ntfs_run_next(&it, &r) == HL_OK) {
		if (r.sparse || r.outside)
			continue;
		if (!anchor->clusters)
			anchor->lcn = r.lcn;
		anchor->clusters += r.len;
		st = hl_recmap_keep_mrun(m, (struct hl_recmap_mrun){
			.off = s->off, .vcn = r.vcn, .lcn = r.lcn,
			.len = r.len });
	}
	return st;
}

/* Record 0, or one that says it belongs to it. */
static enum hl_status take_mft(struct hl_recmap *m, const struct seen *s,
                               const struct hl_ntfs_attr *a)
{
	struct hl_recmap_anchor anchor = {
		.off = s->off, .size = a->size, .valid = a->valid,
		.created = s->created, .rs_log2 = (uint16_t)s->rs_log2,
		.cs_log2 = (uint16_t)s->cs_log2,
	};
	enum hl_status st = keep_mft_runs(m, s, a, &anchor);

	if (st != HL_OK || s->head.base.number || s->head.base.seq ||
	    a->lowest_vcn || !anchor.clusters)
		return st;
	return hl_recmap_keep_anchor(m, anchor);
}

static enum hl_status take_index(struct hl_recmap *m, const struct seen *s,
                                 const struct hl_ntfs_attr *a)
{
	struct hl_ntfs_ref own = s->head.base;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	enum hl_status st = HL_OK;

	if (s->old && !own.number && !own.seq)
		return HL_OK;
	if (!own.number && !own.seq)
		own = (struct hl_ntfs_ref){ s->number, s->head.seq };
	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn, INT64_MAX);
	while (st == HL_OK && hl_ntfs_run_next(&it, &r) == HL_OK)
		if (!r.sparse && !r.outside && r.vcn + r.len < UINT32_MAX)
			st = hl_recmap_keep_irun(m, (struct hl_recmap_irun){
				.folder = own.number << 16 | own.seq,
				.lcn = r.lcn, .off = s->off,
				.vcn = (uint32_t)r.vcn, .len = (uint32_t)r.len,
				.cs_log2 = s->cs_log2 });
	return st;
}

/* System records that tell about the whole volume. */
static enum hl_status take_fact(struct hl_recmap *m, const struct seen *s,
                                const struct hl_ntfs_attr *a)
{
	struct hl_recmap_fact f = { s->off, s->number, a->size };
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;

	if (a->type != NTFS_DATA || a->resident || s->head.base.number)
		return HL_OK;
	if (s->number == 1 && !a->name.n) {
		hl_ntfs_runs_init(&it, a->runs, 0, INT64_MAX);
		if (hl_ntfs_run_next(&it, &r) != HL_OK || r.sparse)
			return HL_OK;
		f.value = r.lcn;
		return hl_recmap_keep_fact(m, f);
	}
	if ((s->number == NTFS_REC_BITMAP && !a->name.n) ||
	    (s->number == 8 && a->name.n == 8))
		return hl_recmap_keep_fact(m, f);
	return HL_OK;
}

static enum hl_status take_attrs(struct hl_recmap *m, const struct seen *s)
{
	uint32_t off = s->head.attrs_off;
	bool of_mft = s->head.base.seq && !s->head.base.number;
	struct hl_ntfs_attr a;
	enum hl_status st = HL_OK, got;

	if (!(s->head.flags & NTFS_IN_USE))
		return HL_OK;
	while (st == HL_OK &&
	       (got = hl_ntfs_attr_next(s->bytes, &off, &a)) != HL_END) {
		if (got != HL_OK || a.resident)
			continue;
		if (a.type == NTFS_DATA && !a.name.n &&
		    ((s->is_mft && !s->number) || of_mft))
			st = take_mft(m, s, &a);
		else if (a.type == NTFS_INDEX_ALLOCATION &&
		         is_i30(a.name))
			st = take_index(m, s, &a);
		else if (s->number < 16)
			st = take_fact(m, s, &a);
	}
	return st;
}

static enum hl_status record(struct hl_recmap *m, uint64_t off, size_t n)
{
	struct seen s = { .off = off, .named = RECMAP_OLD };
	struct hl_ntfs_fixup fix;
	enum hl_status st;

	s.rs_log2 = hl_recmap_log2(n, 1024, 4096);
	hl_ntfs_fixup(m->buf, n, &fix);
	if (!s.rs_log2 || !fix.header_ok || fix.n_torn ||
	    hl_ntfs_head_decode(span_of(m->buf, n), &s.head) != HL_OK ||
	    s.head.allocated != n)
		return HL_OK;
	s.bytes = span_of(m->buf, s.head.used);
	s.number = s.head.number;
	s.old = !s.head.has_number;
	survey(&s);
	if (s.old && s.named < RECMAP_OLD) {
		s.number = s.named;
		s.old = false;
	} else if (s.old) {
		s.number = hl_recmap_old_number(off, s.rs_log2);
	}
	st = hl_recmap_keep_record(m, off, s.number, s.rs_log2, s.cs_log2,
	                           s.head.flags & NTFS_IN_USE ? s.end_lcn : 0);
	return st == HL_OK ? take_attrs(m, &s) : st;
}

/* ---- an index block ------------------------------------------------------ */

/* All names of a folder's block say in which folder they are. */
static bool folder_of(const struct hl_ntfs_indx *x, uint64_t *folder)
{
	struct hl_ntfs_entry e;
	struct hl_ntfs_name name;
	size_t at = 0;
	unsigned n = 0;
	uint64_t one;

	while (n < 4 && hl_ntfs_entry_next(x->node.entries, &at, &e) == HL_OK &&
	       !e.last) {
		if (hl_ntfs_name_decode(e.key, &name) != HL_OK)
			return false;
		one = name.parent.number << 16 | name.parent.seq;
		if (n++ && one != *folder)
			return false;
		*folder = one;
	}
	return n > 0;
}

static enum hl_status block(struct hl_recmap *m, uint64_t off, size_t n)
{
	struct hl_recmap_block b = { .off = off, .size = (uint32_t)n };
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_indx x;

	hl_ntfs_fixup(m->buf, n, &fix);
	if (!fix.header_ok || fix.n_torn ||
	    hl_ntfs_indx_decode(span_of(m->buf, n), &x) != HL_OK ||
	    x.vcn > UINT32_MAX || !folder_of(&x, &b.folder))
		return HL_OK;
	b.vcn = (uint32_t)x.vcn;
	return hl_recmap_keep_block(m, b);
}

enum hl_status hl_recmap_feed(struct hl_recmap *m, uint64_t off,
                              struct span bytes)
{
	bool is_record;
	size_t n;

	if (bytes.n < NTFS_STRIDE || off > INT64_MAX)
		return HL_OK;
	is_record = !memcmp(bytes.p, "FILE", 4);
	if (!is_record && memcmp(bytes.p, "INDX", 4))
		return HL_OK;
	n = le16_at(bytes.p + 6);
	n = n ? (n - 1) * NTFS_STRIDE : 0;
	if (!n || n > bytes.n || n > NTFS_MAX_BLOCK)
		return HL_OK;
	memcpy(m->buf, bytes.p, n);
	return is_record ? record(m, off, n) : block(m, off, n);
}

enum hl_status hl_recmap_add(struct hl_recmap *m, uint64_t off,
                             uint64_t number, uint32_t record_size,
                             uint32_t cluster_size)
{
	unsigned rs = hl_recmap_log2(record_size, 1024, 4096);
	unsigned cs = hl_recmap_log2(cluster_size, MIN_CLUSTER, MAX_CLUSTER);

	if (!rs || off > INT64_MAX || number > UINT32_MAX)
		return HL_OK;
	return hl_recmap_keep_record(m, off, number, rs, cs, 0);
}
