/*
 * exfat_dir.c: a folder read entry by entry: a row of clusters or a chain.
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
#include "exfat/exfat_impl.h"

struct hl_exfat_dir {
	struct hl_exfat *v;
	unsigned how;
	bool root, in_row, ended;
	bool behind;       /* the end mark was met, and we go on */
	bool hole;         /* the last entry was not readable */
	struct hl_exfat_chain chain;
	uint64_t n, i;     /* entries of the folder; the next one */
	uint64_t said_at;  /* where the first of the following was */
	uint32_t strays;   /* entries that belong to no set */
	uint32_t unknown;  /* of a kind that must be known */
	uint8_t unknown_type;
	uint8_t set[EXFAT_SET_MAX * EXFAT_ENTRY];
};

static uint64_t pos_of(const struct hl_exfat_dir *d, uint64_t i)
{
	const struct hl_exfat_geom *g = &d->v->geom;
	uint64_t off = i * EXFAT_ENTRY;
	uint32_t at = (uint32_t)(off / g->cluster_size);
	const struct hl_run *r = hl_runs_find(&d->chain.runs, at);

	if (!r)
		return HL_NO_OFFSET;
	return hl_exfat_cluster_off(g, r->cluster + (at - r->at)) +
	       off % g->cluster_size;
}

static struct hl_at here(const struct hl_exfat_dir *d, uint64_t i)
{
	return (struct hl_at){ d->v->ctx, d->v->src, pos_of(d, i),
	                       "exFAT folder" };
}

static bool quiet(const struct hl_exfat_dir *d)
{
	return d->how & (HL_EXFAT_DIR_QUIET | HL_EXFAT_DIR_GONE);
}

static bool gone(const struct hl_exfat_dir *d)
{
	return d->how & HL_EXFAT_DIR_GONE;
}

static bool wants_dead(const struct hl_exfat_dir *d)
{
	return d->how & (HL_EXFAT_DIR_DELETED | HL_EXFAT_DIR_GONE);
}

/* Entry i; HL_END: behind the folder or not to be read. */
static enum hl_status get(struct hl_exfat_dir *d, uint64_t i,
                          const uint8_t **p)
{
	if (i >= d->n)
		return HL_END;
	return hl_exfat_unit(d->v, pos_of(d, i), p);
}

/* The entry at d->i and the secondary ones that follow it, into d->set. */
static enum hl_status gather(struct hl_exfat_dir *d, const uint8_t *first,
                             unsigned *n)
{
	enum hl_status st = HL_OK;
	const uint8_t *p = first;

	for (*n = 0; *n < EXFAT_SET_MAX; ++*n) {
		if (*n > 0) {
			st = get(d, d->i + *n, &p);
			if (st != HL_OK || !(p[0] & EXFAT_SECONDARY))
				break;
		}
		memcpy(d->set + (size_t)*n * EXFAT_ENTRY, p, EXFAT_ENTRY);
	}
	return st == HL_END ? HL_OK : st;
}

static void tell_set(struct hl_exfat_dir *d, const struct hl_exfat_entry *e)
{
	struct hl_at at = here(d, d->i);
	char name[EXFAT_MAX_UNITS * 3 + 1], what[128];
	unsigned loss = e->faults & ~(unsigned)HL_EXFAT_BAD_HASH;

	if (quiet(d) || e->deleted || !e->faults)
		return;
	hl_utf8_from16(name, sizeof(name), e->name16, e->n_name);
	if (loss)
		hl_warn(&at, "%s: its entry set is damaged: %s", name,
		        hl_exfat_fault_text(what, loss));
	else
		hl_say(&at, "%s: the hash of its name is wrong", name);
}

static enum hl_status check_hash(struct hl_exfat_dir *d,
                                 struct hl_exfat_entry *e)
{
	const uint16_t *table;
	enum hl_status st;

	if (quiet(d) || (e->faults & (HL_EXFAT_BAD_SUM | HL_EXFAT_BAD_NAME)))
		return HL_OK;
	st = hl_exfat_upcase(d->v, &table);
	if (st == HL_OK && table &&
	    hl_exfat_name_hash(table, e->name16, e->n_name) != e->hash)
		e->faults |= HL_EXFAT_BAD_HASH;
	return st;
}

/* Something that is no set; it may still be content of one. */
static void stray(struct hl_exfat_dir *d, uint32_t *count)
{
	if (d->behind || gone(d))
		return;
	if (!d->strays && !d->unknown)
		d->said_at = d->i;
	++*count;
}

/* HL_OK: an entry for the caller; HL_END: none, go on. */
static enum hl_status take_set(struct hl_exfat_dir *d, const uint8_t *p,
                               struct hl_exfat_entry *out)
{
	bool dead = d->behind || gone(d) || !(p[0] & EXFAT_IN_USE);
	unsigned n, used = 1;
	enum hl_status st;

	if (dead && !wants_dead(d)) {
		d->i++;
		return HL_END;
	}
	st = gather(d, p, &n);
	if (st != HL_OK)
		return st;
	st = hl_exfat_set_decode(span_of(d->set, (size_t)n * EXFAT_ENTRY), &d->v->geom,
	                         out, &used);
	if (st == HL_OK) {
		out->pos = pos_of(d, d->i);
		out->in_row = d->in_row;
		out->deleted |= dead;
		out->in_gone = gone(d);
		/* what lies in clusters of nobody has to prove itself */
		if (gone(d) && (out->faults & HL_EXFAT_BAD_SUM))
			st = HL_END;
		else
			st = check_hash(d, out);
		tell_set(d, out);
	} else if (!dead) {
		stray(d, &d->strays);
	}
	d->i += used;
	return st;
}

static bool is_special(uint8_t type)
{
	return type == EXFAT_BITMAP || type == EXFAT_UPCASE ||
	       type == EXFAT_LABEL;
}

/* A primary entry that is no file.  HL_OK: for the caller; HL_END: go on. */
static enum hl_status take_other(struct hl_exfat_dir *d, const uint8_t *p,
                                 struct hl_exfat_entry *out)
{
	bool known = p[0] & EXFAT_BENIGN || (d->root && is_special(p[0]));
	bool give = d->root && known && !d->behind &&
	            (d->how & HL_EXFAT_DIR_SPECIAL);

	if (!known) {
		if (!d->unknown)
			d->unknown_type = p[0];
		stray(d, &d->unknown);
	}
	if (give) {
		memset(out, 0, sizeof(*out));
		out->what = HL_EXFAT_IS_SPECIAL;
		out->pos = pos_of(d, d->i);
		out->n_set = 1;
		memcpy(out->raw, p, sizeof(out->raw));
	}
	d->i++;
	return give ? HL_OK : HL_END;
}

static void tell_cut(struct hl_exfat_dir *d)
{
	const struct hl_exfat_chain *c = &d->chain;
	struct hl_at at = here(d, d->n ? d->n - 1 : 0);
	uint32_t first = c->runs.n ? c->runs.run[0].cluster : 0;

	if (c->cut == HL_EXFAT_CUT_LIMIT)
		hl_warn(&at, "the folder is longer than %u bytes; the rest is "
		        "not read", HL_MAX_EXFAT_FOLDER);
	else if (c->cut_at)
		hl_warn(&at, "the folder's chain from cluster %u is cut after "
		        "%u clusters: %s (FAT[%u] is %u)", first,
		        c->runs.clusters, hl_exfat_cut_text(c->cut), c->cut_at,
		        c->cut_value);
	else
		hl_warn(&at, "the folder from cluster %u is cut after %u "
		        "clusters: %s", first, c->runs.clusters,
		        hl_exfat_cut_text(c->cut));
}

/* The end was reached; HL_CORRUPT once when something is missing (said). */
static enum hl_status finish(struct hl_exfat_dir *d, bool marked)
{
	struct hl_at at = here(d, d->said_at);
	bool cut = d->chain.cut != HL_EXFAT_WHOLE && !marked && !gone(d);

	d->ended = true;
	if (!quiet(d)) {
		if (d->strays)
			hl_warn(&at, "%u entries belong to no file; what they "
			        "describe is not listed", d->strays);
		if (d->unknown)
			hl_warn(&at, "%u entries of unknown kinds (the first: "
			        "0x%02x) are skipped", d->unknown,
			        d->unknown_type);
		if (cut)
			tell_cut(d);
	}
	return cut || d->strays || d->unknown ? HL_CORRUPT : HL_END;
}

/* An entry that cannot be read.  HL_CORRUPT: a new hole (said). */
static enum hl_status step_over(struct hl_exfat_dir *d)
{
	struct hl_at at = here(d, d->i);
	bool new_hole = !d->hole;

	d->hole = true;
	if (new_hole && !quiet(d))
		hl_warn(&at, "the folder cannot be read at its byte %llu; the "
		        "entries there are lost",
		        (unsigned long long)d->i * EXFAT_ENTRY);
	d->i++;
	return new_hole ? HL_CORRUPT : HL_END;
}

/* HL_OK: an entry for the caller; HL_END: none, go on. */
static enum hl_status take(struct hl_exfat_dir *d, struct hl_exfat_entry *out)
{
	const uint8_t *p;
	enum hl_status st = get(d, d->i, &p);

	if (st == HL_END)
		return step_over(d);
	if (st != HL_OK)
		return st;
	d->hole = false;
	if ((p[0] | EXFAT_IN_USE) == EXFAT_FILE)
		return take_set(d, p, out);
	if (p[0] == 0)
		d->behind = true;
	if (!(p[0] & EXFAT_IN_USE)) {
		d->i++;
		return HL_END;
	}
	if (!(p[0] & EXFAT_SECONDARY))
		return take_other(d, p, out);
	stray(d, &d->strays);
	d->i++;
	return HL_END;
}

enum hl_status hl_exfat_dir_next(struct hl_exfat_dir *d,
                                 struct hl_exfat_entry *out)
{
	while (!d->ended) {
		if (d->i >= d->n)
			return finish(d, d->behind);
		if ((d->i & 0xFFF) == 0 && hl_cancelled(d->v->ctx))
			return HL_CANCELLED;
		enum hl_status st = take(d, out);
		if (st != HL_END)
			return st;
		if (d->behind && !wants_dead(d))
			return finish(d, true);
	}
	return HL_END;
}

enum hl_status hl_exfat_dir_take(struct hl_exfat_dir *d, uint64_t i,
                                 struct hl_exfat_entry *out)
{
	const uint8_t *p;
	enum hl_status st = get(d, i, &p);

	if (st != HL_OK || (p[0] | EXFAT_IN_USE) != EXFAT_FILE)
		return st == HL_OK ? HL_END : st;
	d->i = i;
	return take_set(d, p, out);
}

/* Was this folder's damage told before?  Remembers it from now on. */
static bool was_told(struct hl_exfat *v, uint32_t first)
{
	uint32_t *slot = &v->said[first % HL_EXFAT_SAID];
	bool told = *slot == first;

	*slot = first;
	return told;
}

static enum hl_status open_clusters(struct hl_exfat_dir *d,
                                    const struct hl_exfat_entry *folder)
{
	const struct hl_exfat_geom *g = &d->v->geom;
	uint32_t most = hl_exfat_clusters_for(g, HL_MAX_EXFAT_FOLDER);
	uint32_t want = most, first = g->root;
	bool over = false;
	enum hl_status st;

	if (folder) {
		first = folder->cluster;
		want = hl_exfat_clusters_for(g, folder->size);
		over = want > most;
		want = (uint32_t)min_u64(want, most);
	}
	if (folder && folder->deleted)
		st = hl_exfat_chain_of(d->v, folder, &d->chain);
	else
		st = hl_exfat_chain_get(d->v, first, folder &&
		                        folder->contiguous, want, !folder,
		                        &d->chain);
	if (st != HL_OK)
		return st;
	d->in_row |= d->chain.guess == HL_EXFAT_GUESS_ROW;
	if (gone(d) && !d->chain.runs.n)
		return HL_OK; /* nothing is left of it, which is no loss */
	if (over && d->chain.cut == HL_EXFAT_WHOLE)
		d->chain.cut = HL_EXFAT_CUT_LIMIT;
	struct hl_at at = { d->v->ctx, d->v->src, HL_NO_OFFSET,
	                    "exFAT folder" };
	if (d->chain.cut == HL_EXFAT_CUT_FIRST || !d->chain.runs.n) {
		if (!quiet(d))
			hl_warn(&at, "the folder's first cluster %u is not in "
			        "the volume; its content is lost", first);
		return HL_CORRUPT;
	}
	if (d->chain.second && !quiet(d))
		hl_warn(&at, "%u entries of the folder's chain from cluster "
		        "%u are bad in the active FAT; the other is used",
		        d->chain.second, first);
	d->n = (uint64_t)d->chain.runs.clusters * g->cluster_size /
	       EXFAT_ENTRY;
	return HL_OK;
}

enum hl_status hl_exfat_dir_open(struct hl_exfat_dir **out, struct hl_exfat *v,
                                 const struct hl_exfat_entry *folder,
                                 unsigned how)
{
	struct hl_exfat_dir *d = hl_zalloc(v->ctx, sizeof(*d));
	uint32_t first = folder ? folder->cluster : v->geom.root;
	enum hl_status st;

	*out = NULL;
	if (!d)
		return HL_NOMEM;
	d->v = v;
	d->how = how;
	d->root = first == v->geom.root;
	d->in_row = folder && folder->contiguous;
	if (!quiet(d) && first && was_told(v, first))
		d->how |= HL_EXFAT_DIR_QUIET;
	st = open_clusters(d, folder);
	if (st != HL_OK) {
		hl_exfat_dir_close(d);
		return st;
	}
	*out = d;
	return HL_OK;
}

void hl_exfat_dir_close(struct hl_exfat_dir *d)
{
	if (!d)
		return;
	hl_exfat_chain_free(d->v, &d->chain);
	hl_free(d->v->ctx, d);
}
