/*
 * stream.c: an attribute's bytes as a source.
 *
 *	0              valid           size      end of the last cluster
 *	|--- from the runs ---|-- zeros --|-- slack --|
 *
 * Plain data is a list of extents over the volume.  Compressed data is that
 * list with a decoder above it (packed.c).  What the run lists do not cover
 * is MISSING and said, never zeros in silence.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

struct build {
	const struct hl_ntfs_file *f;
	struct hl_extent *ext;
	size_t n, cap;
	uint64_t end;   /* bytes mapped so far */
	uint64_t limit; /* bytes wanted */
	uint64_t valid; /* from here zeros ... */
	uint64_t slack; /* ... up to here */
	enum hl_what stored; /* DATA, or ENCRYPTED for ciphertext */
	bool dense; /* no holes by its flags */
	bool outside, gap, overlap, broken, hole;
};

static enum hl_status add(struct build *b, struct hl_extent e)
{
	struct hl_extent *last = b->n ? &b->ext[b->n - 1] : NULL;
	enum hl_status st;

	e.in_len = e.len;
	b->end = e.off + e.len;
	if (last && last->what == e.what && last->in == e.in &&
	    (!e.in || last->in_off + last->len == e.in_off)) {
		last->len += e.len;
		last->in_len = last->len;
		return HL_OK;
	}
	st = hl_grow(b->f->nt->ctx, (void **)&b->ext, &b->cap, b->n, sizeof(e),
	             HL_MAX_NTFS_RUNS);
	if (st == HL_OK)
		b->ext[b->n++] = e;
	return st;
}

/* Add [b->end, to) of one kind, cut where validity begins or ends. */
static enum hl_status emit(struct build *b, uint64_t to, enum hl_what what,
                           uint64_t in_off)
{
	enum hl_status st = HL_OK;

	to = min_u64(to, b->limit);
	while (st == HL_OK && b->end < to) {
		struct hl_extent e = { .off = b->end, .what = what };
		uint64_t stop = to;

		if (b->end < b->valid) {
			stop = min_u64(stop, b->valid);
		} else if (b->end < b->slack) {
			stop = min_u64(stop, b->slack);
			if (what != HL_WHAT_SPARSE)
				e.what = HL_WHAT_BEYOND_VALID;
		}
		e.len = stop - b->end;
		if (e.what == HL_WHAT_DATA) {
			e.in = b->f->nt->vol;
			e.in_off = in_off;
			e.what = b->stored;
		}
		in_off += e.len;
		st = add(b, e);
	}
	return st;
}

/* One run; the part of it that lies outside the volume is missing. */
static enum hl_status add_run(struct build *b, const struct hl_ntfs_run *r)
{
	uint64_t cs = b->f->nt->geom.cluster_size;
	uint64_t max = INT64_MAX / cs, from, to, inside;
	enum hl_status st;

	if (r->vcn >= max)
		return HL_OK;
	from = r->vcn * cs;
	to = r->len > max - r->vcn ? max * cs : from + r->len * cs;
	if (to <= b->end) {
		b->overlap |= from < b->end;
		return HL_OK;
	}
	if (from < b->end)
		b->overlap = true;
	if (r->sparse)
		return emit(b, to, HL_WHAT_SPARSE, 0);
	if (!r->outside)
		return emit(b, to, HL_WHAT_DATA, r->lcn * cs + (b->end - from));
	b->outside = true;
	inside = r->lcn < b->f->nt->geom.n_clusters ?
	         (b->f->nt->geom.n_clusters - r->lcn) * cs : 0;
	if (inside && b->end - from < inside) {
		st = emit(b, from + inside, HL_WHAT_DATA,
		          r->lcn * cs + (b->end - from));
		if (st != HL_OK)
			return st;
	}
	return emit(b, to, HL_WHAT_MISSING, 0);
}

/*
 * The header counts the clusters, too: all the redundancy that a run list
 * has.  So its rest is read even where enough is mapped.
 */
static bool miscounts(struct hl_ntfs_runs *it, const struct hl_ntfs_attr *a)
{
	struct hl_ntfs_run r;
	enum hl_status st;

	while ((st = hl_ntfs_run_next(it, &r)) == HL_OK)
		;
	return st == HL_CORRUPT || it->vcn != a->highest_vcn + 1;
}

/* The piece that one attribute header maps. */
static enum hl_status add_part(struct build *b, const struct hl_ntfs_attr *a)
{
	uint64_t cs = b->f->nt->geom.cluster_size;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run r;
	enum hl_status st;

	if (a->lowest_vcn < INT64_MAX / cs && a->lowest_vcn * cs > b->end) {
		b->gap |= b->end < min_u64(b->valid, b->limit);
		st = emit(b, a->lowest_vcn * cs, HL_WHAT_MISSING, 0);
		if (st != HL_OK)
			return st;
	}
	hl_ntfs_runs_init(&it, a->runs, a->lowest_vcn,
	                  b->f->nt->geom.n_clusters);
	while (b->end < b->limit &&
	       (st = hl_ntfs_run_next(&it, &r)) != HL_END) {
		if (st == HL_CORRUPT) {
			b->broken = true;
			break;
		}
		/* Pieces and gaps count by bytes; a run that begins behind
		 * what is mapped cannot happen within one list. */
		b->hole |= r.sparse && b->dense;
		st = add_run(b, &r);
		if (st != HL_OK)
			return st;
	}
	b->broken |= miscounts(&it, a);
	return HL_OK;
}

static void say(const struct build *b, size_t i)
{
	const struct hl_ntfs_part *p = &b->f->part[i];
	struct hl_at at = hl_ntfs_at(b->f->nt, p->record, "run list");
	unsigned long long n = (unsigned long long)b->f->ref.number;
	const char *type = hl_ntfs_type_name(p->a.type);

	if (b->f->nt->booting)
		return;
	if (b->broken)
		hl_warn(&at, "file %llu: the run list of %s is broken", n,
		        type);
	if (b->hole)
		hl_warn(&at, "file %llu: %s has holes and is not marked "
		             "sparse", n, type);
	if (b->outside)
		hl_warn(&at, "file %llu: runs of %s lie outside the volume", n,
		        type);
	if (b->overlap)
		hl_warn(&at, "file %llu: pieces of %s overlap", n, type);
	if (b->gap)
		hl_warn(&at, "file %llu: %s is not mapped to its end; the rest "
		             "is missing", n, type);
}

/* All pieces of the attribute at part i, up to b->limit. */
static enum hl_status map_parts(struct build *b, size_t i)
{
	size_t k, end = hl_ntfs_part_end(b->f, i);
	enum hl_status st = HL_OK;

	hl_progress(b->f->nt->ctx, HL_PHASE_EXTENTS, "", 0, end - i);
	for (k = i; st == HL_OK && k < end && b->end < b->limit; k++) {
		/* The same piece twice (a stale copy): the listed one won. */
		if (k > i && b->f->part[k].a.lowest_vcn ==
		             b->f->part[k - 1].a.lowest_vcn)
			continue;
		st = add_part(b, &b->f->part[k].a);
	}
	if (st == HL_OK && b->end < b->limit) {
		/* also behind the valid bytes: they have clusters, too */
		b->gap |= b->end < max_u64(b->valid, b->slack);
		st = emit(b, b->limit, HL_WHAT_MISSING, 0);
	}
	say(b, i);
	if (st == HL_LIMIT) {
		struct hl_at at = hl_ntfs_at(b->f->nt, b->f->part[i].record,
		                             "run list");
		hl_fail(&at, st, "file %llu has too many runs",
		        (unsigned long long)b->f->ref.number);
	}
	return st;
}

/* EFS encrypts streams only; on a folder's index the flag is for what will
 * be made in it. */
static bool is_encrypted(const struct hl_ntfs_attr *a)
{
	return a->type == NTFS_DATA && (a->flags & NTFS_ENCRYPTED);
}

/* In $BadClus the good clusters are holes, whatever its flags. */
static bool is_dense(const struct hl_ntfs_file *f, const struct hl_ntfs_attr *a)
{
	return !(a->flags & (NTFS_SPARSE | NTFS_COMPRESSED)) &&
	       f->ref.number != NTFS_REC_BADCLUS;
}

static enum hl_status extents(struct hl_src **out,
                              const struct hl_ntfs_file *f, size_t i,
                              uint64_t limit, uint64_t valid, uint64_t slack)
{
	struct build b = {
		.f = f, .limit = limit, .valid = valid, .slack = slack,
		.stored = is_encrypted(&f->part[i].a) ? HL_WHAT_ENCRYPTED :
		          HL_WHAT_DATA,
		.dense = is_dense(f, &f->part[i].a),
	};
	char name[64];
	enum hl_status st = map_parts(&b, i);

	snprintf(name, sizeof(name), "record %llu %s",
	         (unsigned long long)f->ref.number,
	         hl_ntfs_type_name(f->part[i].a.type));
	if (st == HL_OK)
		st = hl_src_extents(out, name, b.ext, b.n, f->nt->ctx);
	hl_free(f->nt->ctx, b.ext);
	if (st == HL_OK)
		st = hl_ntfs_taken(out, *out, f->nt);
	if (st == HL_OK && !(f->head.flags & NTFS_IN_USE))
		st = hl_ntfs_gone(out, *out, f->nt);
	return st;
}

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return n % unit ? n - n % unit + unit : n;
}

/* Clusters that the pieces claim, in bytes. */
static uint64_t claimed(const struct hl_ntfs_file *f, size_t i)
{
	uint64_t cs = f->nt->geom.cluster_size, end = 0;
	size_t k, stop = hl_ntfs_part_end(f, i);

	for (k = i; k < stop; k++)
		end = max_u64(end, f->part[k].a.highest_vcn + 1);
	return end > INT64_MAX / cs ? INT64_MAX / cs * cs : end * cs;
}

static enum hl_status refuse(const struct hl_ntfs_file *f, size_t i,
                             const char *why)
{
	struct hl_at at = hl_ntfs_at(f->nt, f->part[i].record, "$DATA");

	return hl_fail(&at, HL_UNSUPPORTED, "file %llu: %s",
	               (unsigned long long)f->ref.number, why);
}

static enum hl_status packed(struct hl_src **out, const struct hl_ntfs_file *f,
                             size_t i, uint64_t valid)
{
	const struct hl_ntfs_attr *a = &f->part[i].a;
	uint64_t unit = (uint64_t)f->nt->geom.cluster_size;
	uint64_t whole;
	struct hl_src *raw;
	enum hl_status st;

	if ((a->flags & NTFS_COMPRESSED) != 1)
		return refuse(f, i, "its compression is not known");
	if (a->unit_log2 > 20 || unit << a->unit_log2 > HL_MAX_NTFS_UNIT)
		return refuse(f, i, "its compression unit is too large");
	unit <<= a->unit_log2;
	/* Whole units, but no further than the runs go: a short tail. */
	whole = min_u64(round_up(a->size, unit), max_u64(claimed(f, i),
	                                                 a->size));
	st = extents(&raw, f, i, whole, whole, whole);
	if (st != HL_OK)
		return st;
	return hl_ntfs_packed(out, raw, (uint32_t)unit, a->size, valid,
	                      f->nt->ctx);
}

/* What lies on the disk: all of a compressed or encrypted stream's clusters,
 * else as many bytes as it has. */
static uint64_t raw_size(const struct hl_ntfs_file *f, size_t i, bool is_packed)
{
	const struct hl_ntfs_attr *a = &f->part[i].a;

	if (is_packed)
		return claimed(f, i);
	if (is_encrypted(a)) /* ciphertext comes in sectors */
		return min_u64(round_up(a->size, 512),
		               max_u64(claimed(f, i), a->size));
	return a->size;
}

enum hl_status hl_ntfs_stream(struct hl_src **out,
                              const struct hl_ntfs_file *f, size_t i,
                              enum hl_ntfs_how how)
{
	const struct hl_ntfs_attr *a = &f->part[i].a;
	uint64_t n, size = a->size, valid = min_u64(a->valid, a->size);
	bool is_packed = a->unit_log2 && (a->flags & NTFS_COMPRESSED);
	struct hl_at at = hl_ntfs_at(f->nt, f->part[i].record, "attribute");

	*out = NULL;
	if (how != NTFS_RAW && is_encrypted(a))
		return refuse(f, i, "it is encrypted (EFS); only --raw gives "
		                    "the bytes on the disk");
	if (a->resident)
		return hl_ntfs_resident(out, f, &f->part[i]);
	if (a->lowest_vcn) {
		if (f->nt->booting)
			return HL_CORRUPT;
		return hl_fail(&at, HL_CORRUPT, "file %llu: the first piece of "
		               "%s is gone", (unsigned long long)f->ref.number,
		               hl_ntfs_type_name(a->type));
	}
	if (how == NTFS_RAW) {
		n = raw_size(f, i, is_packed);
		return extents(out, f, i, n, n, n);
	}
	if (is_packed)
		return packed(out, f, i, valid);
	n = size;
	if (how == NTFS_SLACK)
		n = max_u64(size, min_u64(round_up(size,
		                                   f->nt->geom.cluster_size),
		                          claimed(f, i)));
	return extents(out, f, i, n, valid, size);
}

enum hl_status hl_ntfs_stream_load(void **out, size_t *n,
                                   const struct hl_ntfs_file *f, size_t i,
                                   size_t max)
{
	const struct hl_ctx *ctx = f->nt->ctx;
	struct hl_src *s;
	enum hl_status st = hl_ntfs_stream(&s, f, i, NTFS_CONTENT);

	*out = NULL;
	*n = 0;
	if (st != HL_OK)
		return st;
	if (hl_src_size(s) > max) {
		hl_src_close(s);
		return HL_LIMIT;
	}
	*n = (size_t)hl_src_size(s);
	*out = hl_alloc(ctx, *n);
	st = *out ? hl_src_read(s, 0, *out, *n, NULL) : HL_NOMEM;
	hl_src_close(s);
	if (st != HL_OK) {
		hl_free(ctx, *out);
		*out = NULL;
	}
	return st;
}
