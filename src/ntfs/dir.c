/*
 * dir.c: a folder's index: opening it, its blocks, and looking up one name
 * down the tree.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "ntfs/dir.h"

static const uint8_t i30[] = { '$', 0, 'I', 0, '3', 0, '0', 0 };

bool hl_ntfs_is_i30(struct span name)
{
	return name.n == sizeof(i30) && !memcmp(name.p, i30, sizeof(i30));
}

struct hl_at hl_ntfs_dir_at(struct hl_ntfs_dir *d)
{
	return hl_ntfs_at(d->nt, d->number, "folder index");
}

void hl_ntfs_dir_close(struct hl_ntfs_dir *d)
{
	size_t i;

	if (!d)
		return;
	hl_ntfs_kids_free(d);
	hl_src_close(d->blocks);
	hl_src_close(d->bitmap);
	for (i = 0; i < HL_MAX_NTFS_DEPTH; i++)
		hl_free(d->nt->ctx, d->buf[i]);
	hl_free(d->nt->ctx, d->seen);
	hl_free(d->nt->ctx, d->used);
	hl_free(d->nt->ctx, d->root_bytes);
	hl_free(d->nt->ctx, d);
}

/* Nothing but what the records of $MFT say is left of the index. */
void hl_ntfs_dir_no_root(struct hl_ntfs_dir *d, const char *why)
{
	struct hl_at at = hl_ntfs_dir_at(d);

	if (!d->deleted)
		hl_warn(&at, "folder %llu: %s", (unsigned long long)d->number,
		        why);
	d->damaged = true;
	d->root.node = (struct hl_ntfs_node){ .children = true };
}

static enum hl_status take_root(struct hl_ntfs_dir *d,
                                const struct hl_ntfs_file *f, size_t i)
{
	struct span v = { NULL, 0 };

	if (i != NTFS_NONE && f->part[i].a.resident)
		v = f->part[i].a.value;
	d->root_bytes = hl_alloc(d->nt->ctx, v.n);
	if (!d->root_bytes)
		return HL_NOMEM;
	if (v.n)
		memcpy(d->root_bytes, v.p, v.n);
	if (!v.p)
		hl_ntfs_dir_no_root(d, "it has no index root");
	else if (hl_ntfs_root_decode(span_of(d->root_bytes, v.n), &d->root) ||
	         d->root.type != NTFS_FILE_NAME)
		hl_ntfs_dir_no_root(d, "the root of its index is broken");
	if (d->root.block_size < NTFS_STRIDE ||
	    d->root.block_size > NTFS_MAX_BLOCK ||
	    !is_power_of_two(d->root.block_size))
		d->root.block_size = d->nt->geom.index_size;
	/* Blocks smaller than a cluster are counted in smaller steps. */
	d->unit = d->nt->geom.cluster_size <= d->root.block_size ?
	          d->nt->geom.cluster_size : 512;
	return HL_OK;
}

/* An attribute that may be absent; what is damaged was said. */
static enum hl_status optional(struct hl_src **out,
                               const struct hl_ntfs_file *f, uint32_t type)
{
	size_t i = hl_ntfs_find(f, type, span_of(i30, sizeof(i30)));
	enum hl_status st;

	*out = NULL;
	if (i == NTFS_NONE)
		return HL_OK;
	st = hl_ntfs_stream(out, f, i, NTFS_CONTENT);
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

bool hl_ntfs_has_index(const struct hl_ntfs_file *f)
{
	size_t i = hl_ntfs_find(f, NTFS_INDEX_ROOT, span_of(i30, sizeof(i30)));

	return i != NTFS_NONE && f->part[i].a.resident;
}

enum hl_status hl_ntfs_dir_open(struct hl_ntfs_dir **out,
                                const struct hl_ntfs_file *f)
{
	size_t i = hl_ntfs_find(f, NTFS_INDEX_ROOT, span_of(i30, sizeof(i30)));
	struct hl_at at = hl_ntfs_at(f->nt, f->ref.number, "folder index");
	struct hl_ntfs_dir *d;
	enum hl_status st;

	*out = NULL;
	if (i == NTFS_NONE && !(f->head.flags & NTFS_HAS_INDEX))
		return HL_END;
	d = hl_zalloc(f->nt->ctx, sizeof(*d));
	if (!d)
		return HL_NOMEM;
	d->nt = f->nt;
	d->number = f->ref.number;
	d->seq = f->ref.seq;
	d->deleted = !(f->head.flags & NTFS_IN_USE);
	st = take_root(d, f, i);
	if (st == HL_OK)
		st = optional(&d->blocks, f, NTFS_INDEX_ALLOCATION);
	if (st == HL_OK)
		st = optional(&d->bitmap, f, NTFS_BITMAP);
	if (st != HL_OK) {
		hl_ntfs_dir_close(d);
		return st;
	}
	/* An index has no holes: it cannot be larger than its volume. */
	if (d->blocks)
		d->n_blocks = min_u64(hl_src_size(d->blocks),
		                      hl_src_size(f->nt->vol)) /
		              d->root.block_size;
	if (d->n_blocks > HL_MAX_NTFS_BLOCKS) {
		hl_warn(&at, "folder %llu: its index is too large; the rest is "
		        "not read", (unsigned long long)d->number);
		d->n_blocks = HL_MAX_NTFS_BLOCKS;
	}
	*out = d;
	return HL_OK;
}

/* ---- blocks -------------------------------------------------------------- */

static struct hl_ntfs_kept *find_kept(struct hl_ntfs_dir *d, uint64_t off)
{
	size_t i;

	for (i = 0; d->nt->kept && i < NTFS_KEPT; i++) {
		struct hl_ntfs_kept *k = &d->nt->kept[i];

		if (k->used && k->dir == d->number && k->off == off)
			return k;
	}
	return NULL;
}

/* Only lookups keep blocks: a walk passes each once.  Nothing is lost when
 * memory is short. */
static void keep_block(struct hl_ntfs_dir *d, uint64_t off, const uint8_t *buf,
                       const struct hl_ntfs_fixup *fix)
{
	struct hl_ntfs *nt = d->nt;
	struct hl_ntfs_kept *k;

	if (d->started || d->root.block_size != NTFS_KEPT_BYTES)
		return;
	if (!nt->kept)
		nt->kept = hl_zalloc(nt->ctx, NTFS_KEPT * sizeof(*k));
	if (!nt->kept)
		return;
	k = &nt->kept[nt->next_kept++ % NTFS_KEPT];
	k->used = true;
	k->dir = d->number;
	k->off = off;
	k->fix = *fix;
	memcpy(k->buf, buf, NTFS_KEPT_BYTES);
}

static enum hl_status read_block(struct hl_ntfs_dir *d, uint64_t off,
                                 uint8_t *buf, struct hl_ntfs_indx *x,
                                 struct hl_ntfs_fixup *fix)
{
	const struct hl_ntfs_kept *k = find_kept(d, off);
	struct hl_ranges bad;
	enum hl_status st;

	if (k && d->root.block_size == NTFS_KEPT_BYTES) {
		HL_COUNT(d->nt->ctx, cache_hits, 1);
		memcpy(buf, k->buf, NTFS_KEPT_BYTES);
		*fix = k->fix;
	} else {
		HL_COUNT(d->nt->ctx, cache_misses, 1);
		hl_ranges_clear(&bad);
		st = hl_src_read(d->blocks, off, buf, d->root.block_size, &bad);
		if (st != HL_OK)
			return st == HL_RANGE ? HL_CORRUPT : st;
		if (bad.bytes)
			return HL_CORRUPT;
		hl_ntfs_fixup(buf, d->root.block_size, fix);
		keep_block(d, off, buf, fix);
	}
	st = hl_ntfs_indx_decode(span_of(buf, d->root.block_size), x);
	return st == HL_END ? HL_CORRUPT : st;
}

enum hl_status hl_ntfs_dir_block(struct hl_ntfs_dir *d, uint64_t vcn,
                                 uint8_t **buf, struct hl_ntfs_node *node,
                                 uint64_t *index)
{
	uint64_t off = 0, n = d->root.block_size;
	struct hl_ntfs_fixup fix = { 0 };
	struct hl_ntfs_indx x;
	struct hl_at at;
	enum hl_status st = HL_CORRUPT;

	if (!*buf)
		*buf = hl_alloc(d->nt->ctx, (size_t)n);
	if (!*buf)
		return HL_NOMEM;
	if (hl_cancelled(d->nt->ctx))
		return HL_CANCELLED;
	if (d->blocks && !ckd_mul(&off, vcn, (uint64_t)d->unit) &&
	    off / n < d->n_blocks && off % n == 0)
		st = read_block(d, off, *buf, &x, &fix);
	at = hl_ntfs_dir_at(d);
	if (d->blocks) {
		at.src = d->blocks;
		at.off = off;
	}
	if (st == HL_OK && (x.vcn != vcn ||
	                    (d->nt->lost && !hl_ntfs_dir_ours(d, off, &x.node))))
		st = HL_CORRUPT;
	if (st == HL_CORRUPT && !d->quiet)
		hl_warn(&at, "folder %llu: block %llu of its index is damaged",
		        (unsigned long long)d->number,
		        (unsigned long long)vcn);
	else if (st == HL_OK && fix.n_torn && !d->quiet)
		hl_warn(&at, "folder %llu: block %llu of its index is torn",
		        (unsigned long long)d->number,
		        (unsigned long long)vcn);
	if (st != HL_OK)
		return st;
	d->damaged |= fix.n_torn > 0;
	*node = x.node;
	*index = off / n;
	return HL_OK;
}

/* ---- one name ------------------------------------------------------------ */

struct search {
	const uint16_t *u;
	size_t n;
	bool exact;
	bool have; /* a name that is equal but for case */
	struct hl_ntfs_link *out;
};

/* Folded order with the units themselves as tie-break, as the tree has it. */
static int order(struct hl_ntfs *nt, const struct search *s,
                 const struct hl_ntfs_name *n)
{
	int d = hl_ntfs_fold_cmp(nt, s->u, s->n, n->u, n->n);

	return d ? d : hl_ntfs_name_cmp(s->u, s->n, n->u, n->n);
}

static bool keep(struct hl_ntfs *nt, struct search *s,
                 const struct hl_ntfs_entry *e, const struct hl_ntfs_name *n)
{
	bool same = !hl_ntfs_name_cmp(s->u, s->n, n->u, n->n);

	if (!same && (s->exact || s->have ||
	              hl_ntfs_fold_cmp(nt, s->u, s->n, n->u, n->n)))
		return false;
	s->have = true;
	s->out->ref = e->ref;
	s->out->name = *n;
	return same;
}

/* A name that may be missing. */
struct bound {
	bool set;
	struct hl_ntfs_name name;
};

/* What the parents say of the names below them, and where to go on. */
struct path {
	struct bound low, high;
	bool down;
	uint64_t child;
};

/* Strictly in order, but for names that differ in case only. */
static bool behind(struct hl_ntfs *nt, const struct bound *a,
                   const struct bound *x)
{
	return a->set && x->set &&
	       hl_ntfs_fold_cmp(nt, a->name.u, a->name.n, x->name.u,
	                        x->name.n) > 0;
}

/*
 * One node.  HL_OK found; HL_END not here: *p says where to go on;
 * HL_CORRUPT the node is not in order or not whole.  All of it is looked at,
 * for in a node out of order the name may lie behind the place to stop.
 */
static enum hl_status search_node(struct hl_ntfs_dir *d,
                                  const struct hl_ntfs_node *node,
                                  struct search *s, struct path *p)
{
	struct bound before = p->low, name = { .set = true };
	struct path next = { .low = p->low, .high = p->high };
	struct hl_ntfs_entry e;
	size_t off = 0;
	bool decided = false;

	while (hl_ntfs_entry_next(node->entries, &off, &e) == HL_OK) {
		if (node->children && !e.has_child)
			return HL_CORRUPT;
		if (!e.last && (hl_ntfs_name_decode(e.key, &name.name) ||
		                behind(d->nt, &before, &name)))
			return HL_CORRUPT;
		if (!e.last && keep(d->nt, s, &e, &name.name))
			return HL_OK;
		if (!decided && (e.last || order(d->nt, s, &name.name) < 0)) {
			decided = true;
			next.down = e.has_child;
			next.child = e.child_vcn;
			next.low = before;
			if (!e.last)
				next.high = name;
		}
		if (e.last) {
			bool out = behind(d->nt, &before, &p->high);

			*p = next;
			return out ? HL_CORRUPT : HL_END;
		}
		before = name;
	}
	return HL_CORRUPT; /* no last entry */
}

static enum hl_status descend(struct hl_ntfs_dir *d, struct search *s)
{
	struct hl_ntfs_node node = d->root.node;
	struct path p = { .down = false };
	uint64_t index;
	int depth;
	enum hl_status st;

	for (depth = 1; depth < HL_MAX_NTFS_DEPTH; depth++) {
		st = search_node(d, &node, s, &p);
		if (st != HL_END)
			return st;
		if (!p.down)
			return s->have ? HL_OK : HL_END;
		st = hl_ntfs_dir_block(d, p.child, &d->buf[0], &node, &index);
		if (st != HL_OK)
			return st;
	}
	return HL_CORRUPT;
}

/* The tree cannot be trusted: every name that can be had. */
static enum hl_status search_all(struct hl_ntfs_dir *d, struct search *s)
{
	struct hl_ntfs_link l;
	enum hl_status st;

	hl_ntfs_dir_rewind(d);
	while ((st = hl_ntfs_dir_next(d, &l)) != HL_END) {
		struct hl_ntfs_entry e = { .ref = l.ref };

		if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			return st;
		if (keep(d->nt, s, &e, &l.name))
			break;
	}
	return s->have ? HL_OK : HL_CORRUPT;
}

enum hl_status hl_ntfs_dir_find(struct hl_ntfs_dir *d, const uint16_t *u,
                                size_t n, bool exact, struct hl_ntfs_link *out)
{
	struct search s = { .u = u, .n = n, .exact = exact, .out = out };
	struct hl_at at = hl_ntfs_dir_at(d);
	enum hl_status st = d->damaged ? HL_CORRUPT : descend(d, &s);

	if (st != HL_CORRUPT && !(st == HL_END && d->damaged))
		return st;
	hl_warn(&at, "folder %llu: its index is damaged or not in order; all "
	             "of it is searched", (unsigned long long)d->number);
	s.have = false;
	return search_all(d, &s);
}
