/*
 * exfat_stream.c: a file as a source.
 *
 *	0               valid           size      end of the last cluster
 *	|--- clusters ---|--- zeros ---|--- slack ---|
 *
 * What the chain or the medium does not have is MISSING.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/text.h"
#include "exfat/exfat_impl.h"

struct build {
	struct hl_exfat *v;
	struct hl_extent *ext;
	size_t n;
	uint64_t end;          /* bytes mapped so far */
	uint64_t valid, zeros; /* [valid, zeros) reads as zeros */
	uint16_t quality;      /* of the run that is mapped */
};

static void put(struct build *b, uint64_t len, enum hl_what what,
                uint64_t in_off)
{
	struct hl_extent e = { .off = b->end, .len = len, .what = what };

	if (len == 0)
		return;
	if (what == HL_WHAT_DATA) {
		e.in = b->v->src;
		e.in_off = in_off;
		e.in_len = len;
		e.quality = b->quality;
		/* whose it is now would take a walk over the whole volume */
		if (b->quality == HL_Q_ALLOCATED_TO)
			e.owner = HL_NO_OFFSET;
	} else if (what == HL_WHAT_MISSING) {
		e.quality = HL_Q_UNREADABLE;
	}
	b->end += len;
	if (b->n && what != HL_WHAT_DATA && b->ext[b->n - 1].what == what)
		b->ext[b->n - 1].len += len;
	else
		b->ext[b->n++] = e;
}

/* The next len bytes of one kind (valid or slack) lie at in_off, or nowhere;
 * past the end of the medium there is nothing. */
static void put_real(struct build *b, uint64_t len, uint64_t in_off)
{
	uint64_t size = hl_src_size(b->v->src), have = 0;

	if (in_off < size)
		have = min_u64(len, size - in_off);
	put(b, have, HL_WHAT_DATA, in_off);
	put(b, len - have, HL_WHAT_MISSING, 0);
}

/* The next len bytes; in_off HL_NO_OFFSET: they are nowhere. */
static void add(struct build *b, uint64_t len, uint64_t in_off)
{
	while (len) {
		bool zeros = b->end >= b->valid && b->end < b->zeros;
		uint64_t stop = b->end < b->valid ? b->valid :
		                zeros ? b->zeros : b->end + len;
		uint64_t n = min_u64(len, stop - b->end);

		if (zeros)
			put(b, n, HL_WHAT_BEYOND_VALID, 0);
		else if (in_off == HL_NO_OFFSET)
			put(b, n, HL_WHAT_MISSING, 0);
		else
			put_real(b, n, in_off);
		if (in_off != HL_NO_OFFSET)
			in_off += n;
		len -= n;
	}
}

enum hl_status hl_exfat_chain_src(struct hl_src **out, struct hl_exfat *v,
                                  const struct hl_runs *runs, uint64_t valid,
                                  uint64_t zeros, uint64_t size,
                                  const char *name)
{
	const struct hl_exfat_geom *g = &v->geom;
	struct build b = { .v = v, .valid = valid, .zeros = zeros };
	uint64_t left = size;

	*out = NULL;
	/* each run and its part past the medium; two cuts, the missing rest */
	b.ext = hl_alloc_array(v->ctx, 2 * runs->n + 6, sizeof(*b.ext));
	if (!b.ext)
		return HL_NOMEM;
	for (size_t i = 0; i < runs->n && left; i++) {
		const struct hl_run *r = &runs->run[i];
		uint64_t len = min_u64(left, (uint64_t)r->n * g->cluster_size);
		b.quality = r->quality;
		add(&b, len, hl_exfat_cluster_off(g, r->cluster));
		left -= len;
	}
	add(&b, left, HL_NO_OFFSET);
	enum hl_status st = hl_src_extents(out, name, b.ext, b.n, v->ctx);
	hl_free(v->ctx, b.ext);
	return st;
}

/* A guess is worth knowing, not a loss; but bytes that are nowhere are. */
static void tell_gone(struct hl_exfat *v, const struct hl_exfat_entry *e,
                      const char *name, const struct hl_exfat_chain *c)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "deleted exFAT file" };
	uint32_t want = hl_exfat_clusters_for(&v->geom, e->size);

	if (c->runs.clusters < want)
		hl_warn(&at, "%s: %u of %u clusters are missing: %s", name,
		        want - c->runs.clusters, want,
		        hl_exfat_cut_text(c->cut));
	else if (want && c->guess != HL_EXFAT_STATED)
		hl_say(&at, "%s: %s", name, hl_exfat_guess_text(c->guess));
}

static void tell(struct hl_exfat *v, const struct hl_exfat_entry *e,
                 const char *name, const struct hl_exfat_chain *c)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "exFAT chain" };
	unsigned want = hl_exfat_clusters_for(&v->geom, e->size);

	if (c->cut == HL_EXFAT_CUT_FIRST)
		hl_warn(&at, "%s: first cluster %u is not in the volume; all "
		        "%llu bytes are missing", name, e->cluster,
		        (unsigned long long)e->size);
	else if (c->cut != HL_EXFAT_WHOLE && c->cut_at)
		hl_warn(&at, "%s: cut after %u of %u clusters: %s (FAT[%u] is "
		        "%u); the rest is missing", name, c->runs.clusters,
		        want, hl_exfat_cut_text(c->cut), c->cut_at,
		        c->cut_value);
	else if (c->cut != HL_EXFAT_WHOLE)
		hl_warn(&at, "%s: cut after %u of %u clusters: %s; the rest "
		        "is missing", name, c->runs.clusters, want,
		        hl_exfat_cut_text(c->cut));
	if (c->second)
		hl_warn(&at, "%s: %u entries are bad in the active FAT; the "
		        "other is used", name, c->second);
	if (e->faults & HL_EXFAT_BAD_VALID)
		hl_warn(&at, "%s: its valid length is above its size", name);
}

/* Does the medium end before the file's valid bytes do? */
static void tell_cut_medium(struct hl_exfat *v, const struct hl_exfat_entry *e,
                            const char *name, const struct hl_exfat_chain *c)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "exFAT chain" };
	uint32_t valid = hl_exfat_clusters_for(&v->geom, e->valid);
	uint64_t size = hl_src_size(v->src);

	if (v->geom.size <= size)
		return;
	for (size_t i = 0; i < c->runs.n; i++) {
		const struct hl_run *r = &c->runs.run[i];
		uint32_t n;
		if (r->at >= valid)
			return;
		n = (uint32_t)min_u64(r->n, valid - r->at);
		if (hl_exfat_cluster_off(&v->geom, r->cluster + (n - 1)) +
		    v->geom.cluster_size <= size)
			continue;
		hl_warn(&at, "%s: clusters lie behind the end of the medium "
		        "and are missing", name);
		return;
	}
}

/* A size that no file of this volume can have is not believed. */
static uint64_t believed(struct hl_exfat *v, const struct hl_exfat_entry *e,
                         const char *name)
{
	uint64_t room = (uint64_t)v->geom.n_clusters * v->geom.cluster_size;
	struct hl_at at = { v->ctx, v->src, e->pos, "exFAT chain" };

	if (e->size <= room)
		return e->size;
	hl_warn(&at, "%s: %llu bytes are more than the volume holds; only its "
	        "first %llu are read", name, (unsigned long long)e->size,
	        (unsigned long long)room);
	return room;
}

enum hl_status hl_exfat_stream(struct hl_src **out, struct hl_exfat *v,
                               const struct hl_exfat_entry *e,
                               enum hl_exfat_how how)
{
	const struct hl_exfat_geom *g = &v->geom;
	char name[EXFAT_MAX_UNITS * 3 + 1];
	struct hl_exfat_chain c;
	uint64_t size, end;
	enum hl_status st;

	*out = NULL;
	hl_utf8_from16(name, sizeof(name), e->name16, e->n_name);
	hl_progress(v->ctx, HL_PHASE_EXTENTS, name, 0,
	            hl_exfat_clusters_for(g, e->size));
	st = hl_exfat_chain_of(v, e, &c);
	if (st != HL_OK)
		return st;
	size = end = believed(v, e, name);
	if (e->deleted)
		tell_gone(v, e, name, &c);
	else
		tell(v, e, name, &c);
	tell_cut_medium(v, e, name, &c);
	if (how == HL_EXFAT_SLACK)
		end = (uint64_t)hl_exfat_clusters_for(g, size) *
		      g->cluster_size;
	st = hl_exfat_chain_src(out, v, &c.runs,
	                        how == HL_EXFAT_RAW ? size
	                        : min_u64(e->valid, size),
	                        size, end, name);
	hl_exfat_chain_free(v, &c);
	return st;
}
