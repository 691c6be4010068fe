/*
 * fat_dir.c: a folder read slot by slot, fixed root or chain of clusters.
 *
 * What cannot be read is not the end: zeros that stand for unreadable bytes
 * would look like the end mark, so they are stepped over.  Notes of one
 * folder are told once, however often it is asked.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

struct hl_fat_dir {
	struct hl_fat *v;
	unsigned how;
	uint32_t folder;  /* as in hl_fat_entry */
	bool fixed, ended, labelled;
	bool behind;      /* the end mark was met, and we go on */
	struct hl_fat_chain chain;
	size_t run;       /* that holds `off` */
	uint64_t size, off; /* bytes of the folder; where the piece ends */
	uint64_t pos;     /* of the piece in the volume */
	size_t n, i;      /* bytes in the piece; the next slot */
	uint32_t garbage;
	bool hole;        /* the last piece was not readable as a whole */
	struct hl_ranges bad;
	struct hl_fat_names names;
	uint8_t piece[HL_FAT_BLOCK];
};

static struct hl_at here(struct hl_fat_dir *d)
{
	return (struct hl_at){ d->v->ctx, d->v->src, d->pos + d->i,
	                       "FAT folder" };
}

static enum hl_status read_piece(struct hl_fat_dir *d)
{
	enum hl_status st = hl_fat_read_cached(d->v, d->pos, d->piece, d->n);

	hl_ranges_clear(&d->bad);
	if (st != HL_END)
		return st;
	st = hl_src_read(d->v->src, d->pos, d->piece, d->n, &d->bad);
	if (st == HL_RANGE) {
		uint64_t size = hl_src_size(d->v->src);
		uint64_t from = max_u64(size, d->pos);
		hl_ranges_add(&d->bad, from, d->pos + d->n - from,
		              HL_WHAT_MISSING, HL_Q_UNREADABLE);
		st = HL_OK;
	}
	return st;
}

/* Where the folder's byte `off` lies; pieces never cross a cluster. */
static void place(struct hl_fat_dir *d)
{
	const struct hl_fat_geom *g = &d->v->geom;
	uint32_t step = (uint32_t)min_u64(g->cluster_size, HL_FAT_BLOCK);

	d->n = (size_t)min_u64(d->fixed ? HL_FAT_BLOCK : step,
	                       d->size - d->off);
	if (d->fixed) {
		d->pos = g->root_off + d->off;
		return;
	}
	uint32_t at = (uint32_t)(d->off / g->cluster_size);
	while (at - d->chain.runs.run[d->run].at >= d->chain.runs.run[d->run].n)
		d->run++;
	const struct hl_run *r = &d->chain.runs.run[d->run];
	d->pos = hl_fat_cluster_off(g, r->cluster + (at - r->at)) +
	         d->off % g->cluster_size;
}

/*
 * Every folder but the root begins with its own name.  One that does not is
 * another file's cluster, or another folder's: what is in it is listed all the
 * same, for some makers of images leave it out.
 */
static void check_dot(struct hl_fat_dir *d)
{
	struct hl_at at = here(d);

	if (!d->folder || d->off != d->n || d->bad.n ||
	    (d->how & (HL_FAT_DIR_QUIET | HL_FAT_DIR_GONE)))
		return;
	switch (hl_fat_own_dot(&d->v->geom, d->piece, d->folder)) {
	case HL_FAT_DOT_RIGHT:
		break;
	case HL_FAT_DOT_ZERO:
		hl_say(&at, "the folder's entry \".\" names no cluster");
		break;
	case HL_FAT_DOT_OTHER:
		hl_warn(&at, "the folder at cluster %u begins with the entry "
		        "\".\" of another one; what it lists may not be its "
		        "own", d->folder);
		break;
	case HL_FAT_DOT_NONE:
		hl_warn(&at, "the folder at cluster %u does not begin with "
		        "its entry \".\"; what it lists may not be its own",
		        d->folder);
		break;
	}
}

/* HL_OK a new piece; HL_END; HL_CORRUPT a new piece with holes (said). */
static enum hl_status next_piece(struct hl_fat_dir *d)
{
	enum hl_status st;

	if (d->off >= d->size)
		return HL_END;
	if (hl_cancelled(d->v->ctx))
		return HL_CANCELLED;
	place(d);
	st = read_piece(d);
	if (st != HL_OK)
		return st;
	d->off += d->n;
	d->i = 0;
	check_dot(d);
	bool goes_on = d->hole; /* one hole is told once */
	d->hole = d->bad.n > 0;
	if (!d->hole || goes_on)
		return HL_OK;
	if (!(d->how & HL_FAT_DIR_QUIET)) {
		struct hl_at at = here(d);
		hl_warn(&at, "the folder cannot be read at its byte %llu; the "
		        "entries there are lost",
		        (unsigned long long)(d->off - d->n));
	}
	return HL_CORRUPT;
}

static bool is_lost(const struct hl_fat_dir *d)
{
	uint64_t pos = d->pos + d->i;

	for (size_t i = 0; i < d->bad.n; i++)
		if (pos + FAT_SLOT > d->bad.r[i].off &&
		    pos < d->bad.r[i].off + d->bad.r[i].len)
			return true;
	return false;
}

static void judge(const struct hl_fat_geom *g, struct hl_fat_entry *e)
{
	uint64_t room = (uint64_t)g->n_clusters * g->cluster_size;

	if (e->what == HL_FAT_DOT)
		return;
	e->damaged = (e->cluster && !hl_fat_is_cluster(g, e->cluster)) ||
	             (e->size && !e->cluster) || e->size > room ||
	             (e->what == HL_FAT_FOLDER && !e->cluster);
}

/* Bytes that are no entry at all: a folder's cluster with other content, or
 * a deleted piece of a long name that lost its attributes, too. */
static bool is_garbage(const struct hl_fat_geom *g,
                       const struct hl_fat_entry *e)
{
	bool control = false;

	for (int i = 0; i < 11; i++)
		control |= e->raw[i] < 0x20 && !(i == 0 && e->raw[0] == 0x05);
	return control && (e->deleted || (e->attributes & 0xC0) ||
	                   (e->cluster && !hl_fat_is_cluster(g, e->cluster)));
}

static void tell_label(struct hl_fat_dir *d, const struct hl_fat_entry *e)
{
	struct hl_at at = here(d);
	char name[HL_FAT_NAME8];

	if (d->how & HL_FAT_DIR_QUIET)
		return;
	hl_utf8_from16(name, sizeof(name), e->short16, e->n_short);
	if (d->folder || e->cluster || e->size)
		hl_say(&at, "volume label entry \"%s\" %s%u bytes from "
		       "cluster %u; not listed as a file", name,
		       d->folder ? "in a subfolder: " : "holds content: ",
		       e->size, e->cluster);
	else if (d->labelled)
		hl_say(&at, "another volume label \"%s\"", name);
	d->labelled = true;
}

/* Is the entry for the caller? */
static bool is_wanted(struct hl_fat_dir *d, struct hl_fat_entry *e)
{
	const struct hl_fat_geom *g = &d->v->geom;

	if (e->what == HL_FAT_DOT)
		return false;
	bool guessed = d->behind || (d->how & HL_FAT_DIR_GONE);

	if (guessed ? !hl_fat_slot_plausible(g, e->raw) : is_garbage(g, e)) {
		d->garbage += !guessed && !e->deleted;
		return false;
	}
	hl_fat_short_name(&d->v->cp, e);
	e->folder = d->folder;
	e->in_gone = d->how & HL_FAT_DIR_GONE;
	e->pos = d->pos + d->i;
	judge(g, e);
	e->deleted |= guessed;
	if (!e->deleted && e->what == HL_FAT_LABEL)
		tell_label(d, e);
	return (!e->deleted || (d->how & HL_FAT_DIR_DELETED)) &&
	       (e->what != HL_FAT_LABEL || (d->how & HL_FAT_DIR_LABELS));
}

static void tell_cut(struct hl_fat_dir *d)
{
	const struct hl_fat_chain *c = &d->chain;
	struct hl_at at = here(d);

	if (c->cut == HL_FAT_CUT_LIMIT)
		hl_warn(&at, "the folder is longer than %u entries; the rest "
		        "is not read", HL_MAX_FAT_SLOTS);
	else
		hl_warn(&at, "the folder's chain from cluster %u is cut after "
		        "%u clusters: %s (FAT[%u] is %u)",
		        c->runs.n ? c->runs.run[0].cluster : 0, c->runs.clusters,
		        hl_fat_cut_text(c->cut), c->cut_at, c->cut_value);
}

/* The end was reached; HL_CORRUPT once when something is missing (said). */
static enum hl_status finish(struct hl_fat_dir *d, bool marked)
{
	bool quiet = d->how & HL_FAT_DIR_QUIET, lost = d->garbage > 0;
	struct hl_at at = here(d);

	d->ended = true;
	hl_fat_names_cut(&d->names);
	if (d->names.orphans && !quiet)
		hl_say(&at, "%u long-name pieces belong to no entry",
		       d->names.orphans);
	if (d->how & HL_FAT_DIR_GONE) {
		/* what is not there any more is no loss, what we leave is */
		if (d->chain.cut == HL_FAT_CUT_LIMIT)
			tell_cut(d);
		return HL_END;
	}
	if (d->garbage && !quiet)
		hl_warn(&at, "%u slots hold no entries but something else",
		        d->garbage);
	/* behind the end mark nothing is needed any more, unless it is what
	 * was deleted: that is looked for as far as a folder goes */
	if (d->chain.cut == HL_FAT_CUT_LIMIT && (d->how & HL_FAT_DIR_DELETED))
		marked = false;
	if (d->chain.cut != HL_FAT_WHOLE && !marked) {
		lost = true;
		if (!quiet)
			tell_cut(d);
	}
	return lost ? HL_CORRUPT : HL_END;
}

enum hl_status hl_fat_dir_next(struct hl_fat_dir *d, struct hl_fat_entry *out)
{
	while (!d->ended) {
		if (d->i >= d->n) {
			enum hl_status st = next_piece(d);
			if (st == HL_END)
				return finish(d, d->behind);
			if (st != HL_OK)
				return st;
		}
		if (is_lost(d)) {
			hl_fat_names_cut(&d->names);
			d->i += FAT_SLOT;
			continue;
		}
		enum hl_fat_slot_is is =
			hl_fat_slot_feed(&d->names, d->v->geom.kind,
		                         d->piece + d->i, out);
		if (is == HL_FAT_SLOT_END) {
			if (!(d->how & HL_FAT_DIR_DELETED))
				return finish(d, true);
			d->behind = true;
		}
		bool give = is == HL_FAT_SLOT_ENTRY && is_wanted(d, out);
		d->i += FAT_SLOT;
		if (give)
			return HL_OK;
	}
	return HL_END;
}

/* Was this folder's damage told before?  Remembers it from now on. */
static bool was_told(struct hl_fat *v, uint32_t folder)
{
	uint32_t *slot = &v->said[folder % HL_FAT_SAID];
	bool told = *slot == folder + 1;

	*slot = folder + 1;
	return told;
}

static enum hl_status open_gone(struct hl_fat_dir *d, uint32_t first)
{
	const uint64_t most = (uint64_t)HL_MAX_FAT_SLOTS * FAT_SLOT;

	if (!hl_fat_is_cluster(&d->v->geom, first))
		return HL_OK; /* empty */
	enum hl_status st = hl_fat_gone_chain(d->v, first, &d->chain);
	d->size = min_u64(most, (uint64_t)d->chain.runs.clusters *
	                        d->v->geom.cluster_size);
	return st;
}

static enum hl_status open_chain(struct hl_fat_dir *d, uint32_t first)
{
	const struct hl_fat_geom *g = &d->v->geom;
	const uint32_t most = HL_MAX_FAT_SLOTS * FAT_SLOT;
	uint32_t ceiling = (most + g->cluster_size - 1) / g->cluster_size;
	enum hl_status st = hl_fat_chain_walk(d->v, first,
	                                      HL_FAT_TO_END | (ceiling + 1),
	                                      &d->chain);
	if (st != HL_OK)
		return st;
	struct hl_at at = { d->v->ctx, d->v->src, HL_NO_OFFSET, "FAT folder" };
	bool quiet = d->how & HL_FAT_DIR_QUIET;
	if (d->chain.cut == HL_FAT_CUT_FIRST) {
		if (!quiet)
			hl_warn(&at, "the folder's first cluster %u is not "
			        "in the volume", first);
		return HL_CORRUPT;
	}
	if (d->chain.second && !quiet)
		hl_warn(&at, "%u entries of the folder's chain from cluster "
		        "%u are bad in the first FAT; the second is used",
		        d->chain.second, first);
	if (d->chain.differ && d->chain.further && !quiet)
		hl_warn(&at, "FAT copies disagree on %u clusters of the folder "
		        "at cluster %u; the first is used, and names in %u "
		        "clusters of the second are not shown",
		        d->chain.differ, first, d->chain.further);
	else if (d->chain.differ && !quiet)
		hl_say(&at, "FAT copies disagree on %u clusters of the folder "
		       "at cluster %u; the first is used", d->chain.differ,
		       first);
	d->size = min_u64((uint64_t)d->chain.runs.clusters * g->cluster_size, most);
	return HL_OK;
}

enum hl_status hl_fat_dir_open(struct hl_fat_dir **out, struct hl_fat *v,
                               uint32_t first, unsigned how)
{
	const struct hl_fat_geom *g = &v->geom;
	struct hl_fat_dir *d = hl_zalloc(v->ctx, sizeof(*d));
	enum hl_status st = HL_OK;

	*out = NULL;
	if (!d)
		return HL_NOMEM;
	d->v = v;
	d->how = how;
	if (g->kind == HL_FAT32 && first == 0)
		first = g->root_cluster;
	if (g->kind != HL_FAT32 || first != g->root_cluster)
		d->folder = first;
	if (!(how & HL_FAT_DIR_QUIET) && was_told(v, d->folder))
		d->how |= HL_FAT_DIR_QUIET;
	if (how & HL_FAT_DIR_GONE) {
		d->how |= HL_FAT_DIR_DELETED | HL_FAT_DIR_QUIET;
		st = open_gone(d, first);
	} else if (first == 0) {
		d->fixed = true;
		d->size = (uint64_t)g->root_entries * FAT_SLOT;
	} else {
		st = open_chain(d, first);
	}
	if (st != HL_OK) {
		hl_fat_dir_close(d);
		return st;
	}
	*out = d;
	return HL_OK;
}

void hl_fat_dir_close(struct hl_fat_dir *d)
{
	if (!d)
		return;
	hl_fat_chain_free(d->v, &d->chain);
	hl_free(d->v->ctx, d);
}
