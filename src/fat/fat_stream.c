/*
 * fat_stream.c: a file as a source: its chain turned into extents of the
 * volume.  What the chain or the medium does not have is MISSING.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/text.h"
#include "fat/fat_impl.h"

/* Whose it is now would take a walk over the whole volume. */
static uint64_t owner_of(uint16_t quality)
{
	return quality == HL_Q_ALLOCATED_TO ? HL_NO_OFFSET : 0;
}

/* Put [off, off+len) of the volume behind what is there; past the end of the
 * medium there is nothing. */
static size_t add(struct hl_extent *ext, size_t n, struct hl_src *in,
                  uint64_t in_off, uint64_t len, uint16_t quality)
{
	uint64_t off = n ? ext[n - 1].off + ext[n - 1].len : 0;
	uint64_t size = in ? hl_src_size(in) : 0, have = 0;

	if (in && in_off < size)
		have = min_u64(len, size - in_off);
	if (have)
		ext[n++] = (struct hl_extent){ .off = off,
		                               .len = have,
		                               .in = in,
		                               .in_off = in_off,
		                               .in_len = have,
		                               .quality = quality,
		                               .owner = owner_of(quality) };
	if (have < len)
		ext[n++] = (struct hl_extent){ .off = off + have,
		                               .len = len - have,
		                               .what = HL_WHAT_MISSING,
		                               .quality = HL_Q_UNREADABLE };
	return n;
}

enum hl_status hl_fat_chain_src(struct hl_src **out, struct hl_fat *v,
                                const struct hl_fat_chain *chain,
                                uint64_t size, const char *name)
{
	const struct hl_fat_geom *g = &v->geom;
	uint64_t left = size;
	size_t n = 0;

	*out = NULL;
	/* each run, its part past the medium, and the missing rest */
	struct hl_extent *ext = hl_alloc_array(v->ctx, 2 * chain->runs.n + 1,
	                                       sizeof(*ext));
	if (!ext)
		return HL_NOMEM;
	for (size_t i = 0; i < chain->runs.n && left; i++) {
		const struct hl_run *r = &chain->runs.run[i];
		uint64_t len = min_u64(left, (uint64_t)r->n * g->cluster_size);
		n = add(ext, n, v->src, hl_fat_cluster_off(g, r->cluster), len,
		        r->quality);
		left -= len;
	}
	if (left)
		n = add(ext, n, NULL, 0, left, HL_Q_OK);
	enum hl_status st = hl_src_extents(out, name, ext, n, v->ctx);
	hl_free(v->ctx, ext);
	return st;
}

static uint32_t in_use(const struct hl_fat_chain *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->runs.n; i++)
		if (c->runs.run[i].quality == HL_Q_ALLOCATED_TO)
			n += c->runs.run[i].n;
	return n;
}

/* A guess is worth knowing; bytes that are nowhere or another's are lost. */
static void tell_guess(struct hl_fat *v, const struct hl_fat_entry *e,
                       const char *name, const struct hl_fat_chain *c,
                       uint32_t want)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "deleted FAT file" };

	if (want)
		hl_say(&at, "%s: its chain is gone; %s", name,
		       hl_fat_guess_text(c->guess));
	if (c->runs.clusters < want)
		hl_warn(&at, "%s: %u of %u clusters are missing: %s", name,
		        want - c->runs.clusters, want, hl_fat_cut_text(c->cut));
	if (in_use(c))
		hl_warn(&at, "%s: %u of %u clusters are in use again", name,
		        in_use(c), want);
	if (e->high_lost && v->geom.n_clusters > 0xFFFF && want)
		hl_say(&at, "%s: the upper half of its first cluster is 0, "
		       "which Windows does when it deletes; %u may be another "
		       "file's", name, e->cluster);
}

static void tell(struct hl_fat *v, const struct hl_fat_entry *e,
                 const char *name, const struct hl_fat_chain *c, uint32_t want)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "FAT chain" };

	if (c->cut == HL_FAT_CUT_FIRST)
		hl_warn(&at, "%s: first cluster %u is not in the volume; all "
		        "%u bytes are missing", name, e->cluster, e->size);
	else if (c->cut != HL_FAT_WHOLE)
		hl_warn(&at, "%s: cut after %u of %u clusters: %s (FAT[%u] is "
		        "%u); the rest is missing", name, c->runs.clusters, want,
		        hl_fat_cut_text(c->cut), c->cut_at, c->cut_value);
	if (c->second)
		hl_warn(&at, "%s: %u entries are bad in the first FAT; the "
		        "second is used", name, c->second);
	if (c->differ)
		hl_say(&at, "%s: FAT copies disagree on %u clusters; the "
		       "first is used", name, c->differ);
}

/* Does the medium end before the file does? */
static void tell_cut_medium(struct hl_fat *v, const struct hl_fat_entry *e,
                            const char *name, const struct hl_fat_chain *c)
{
	struct hl_at at = { v->ctx, v->src, e->pos, "FAT chain" };
	uint64_t size = hl_src_size(v->src);

	if (v->geom.size <= size)
		return;
	for (size_t i = 0; i < c->runs.n; i++) {
		uint32_t end = c->runs.run[i].cluster + c->runs.run[i].n;
		if (hl_fat_cluster_off(&v->geom, end) <= size)
			continue;
		hl_warn(&at, "%s: clusters lie behind the end of the medium "
		        "and are missing", name);
		return;
	}
}

static uint32_t clusters_for(const struct hl_fat_geom *g, uint32_t size)
{
	return (uint32_t)(((uint64_t)size + g->cluster_size - 1) /
	                  g->cluster_size);
}

static uint64_t stream_size(const struct hl_fat_geom *g,
                            const struct hl_fat_entry *e, enum hl_fat_how how,
                            uint32_t clusters)
{
	if (how == HL_FAT_CONTENT || how == HL_FAT_LOOK)
		return e->size;
	if (how == HL_FAT_SLACK)
		return (uint64_t)clusters_for(g, e->size) * g->cluster_size;
	return (uint64_t)clusters * g->cluster_size;
}

enum hl_status hl_fat_stream(struct hl_src **out, struct hl_fat *v,
                             const struct hl_fat_entry *e, enum hl_fat_how how)
{
	const struct hl_fat_geom *g = &v->geom;
	uint32_t want = clusters_for(g, e->size);
	char name[HL_FAT_NAME8];
	struct hl_fat_chain c;
	enum hl_status st;

	*out = NULL;
	hl_utf8_from16(name, sizeof(name), e->name16, e->n_name);
	if (how == HL_FAT_CHAIN)
		want = e->cluster || e->size ? HL_FAT_ALL : 0;
	hl_progress(v->ctx, HL_PHASE_EXTENTS, name, 0,
	            clusters_for(g, e->size));
	if (e->deleted)
		st = hl_fat_guess(v, e, how == HL_FAT_CHAIN, &c);
	else
		st = hl_fat_chain_walk(v, e->cluster, want, &c);
	if (st != HL_OK)
		return st;
	if (e->deleted && how != HL_FAT_LOOK)
		tell_guess(v, e, name, &c, clusters_for(g, e->size));
	else if (!e->deleted)
		tell(v, e, name, &c, clusters_for(g, e->size));
	if (how != HL_FAT_LOOK || !e->deleted)
		tell_cut_medium(v, e, name, &c);
	st = hl_fat_chain_src(out, v, &c, stream_size(g, e, how, c.runs.clusters),
	                      name);
	hl_fat_chain_free(v, &c);
	return st;
}
