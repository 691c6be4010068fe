/*
 * carve_slack.c: what live files do not use of their clusters.
 *
 *	| written | beyond the valid length | behind the end | next cluster
 *	0       valid                     size        end of the cluster
 *
 * Each file's is a row of its own: nothing in it goes on in another file's.
 */
#include "base/ckd.h"
#include "base/mem.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

static bool goes_on(enum hl_status st)
{
	return st != HL_NOMEM && st != HL_CANCELLED && st != HL_IO;
}

/* ---- every stream -------------------------------------------------------- */

static enum hl_status streams_of(const struct hl_volume *v,
                                 const struct hl_entry *e, carve_each *each,
                                 void *user)
{
	struct hl_stream_info info;
	unsigned cursor = 0;
	enum hl_status st;

	while ((st = hl_fs_stream_next(v->fs, &e->ref, &cursor, &info)) ==
	       HL_OK) {
		if (!info.resident && info.allocated)
			st = each(user, v, e, &info);
		if (!goes_on(st))
			break;
	}
	return goes_on(st) ? HL_OK : st;
}

enum hl_status hl_carve_sweep(struct hl_carve *c, const struct hl_volume *v,
                              carve_each *each, void *user)
{
	struct hl_entry *e = hl_alloc(c->ctx, sizeof(*e));
	struct hl_ref last = { .id = HL_NO_OFFSET };
	struct hl_fs_iter *it = NULL;
	enum hl_status st = e ? HL_OK : HL_NOMEM;

	if (st == HL_OK)
		st = hl_fs_sweep(&it, v->fs, HL_LIST_NAMES);
	while (st == HL_OK || st == HL_CORRUPT) {
		st = hl_fs_next(it, e);
		/* each name of a file comes out, one after the other */
		if (st != HL_OK || e->type != HL_FILE ||
		    e->ref.id == last.id)
			continue;
		last = e->ref;
		st = streams_of(v, e, each, user);
	}
	hl_fs_iter_close(it);
	hl_free(c->ctx, e);
	return goes_on(st) ? HL_OK : st;
}

/* ---- one stream's slack -------------------------------------------------- */

/* [from, to) of the stream, where it has bytes on the medium. */
static enum hl_status add(struct carve_stretches *s, struct hl_src *src,
                          uint64_t from, uint64_t to)
{
	struct hl_extent e;
	enum hl_status st = HL_OK;

	to = min_u64(to, hl_src_size(src));
	while (st == HL_OK && from < to &&
	       hl_src_map(src, from, &e) == HL_OK && e.len) {
		uint64_t len = min_u64(e.len, to - from), skip;

		from += len;
		if (e.in != s->row.base || e.what != HL_WHAT_DATA)
			continue;
		/* nothing begins inside a sector */
		skip = (HIVE_SECTOR - e.in_off % HIVE_SECTOR) % HIVE_SECTOR;
		if (len > skip && len - skip >= HIVE_SECTOR)
			st = hl_carve_add(s, e.in_off + skip, len - skip);
	}
	return st;
}

static enum hl_status part(struct carve_stretches *s,
                           const struct hl_volume *v,
                           const struct hl_entry *e, const char *name,
                           enum hl_stream_how how, uint64_t from, uint64_t to)
{
	struct hl_src *src;
	enum hl_status st;

	if (from >= to)
		return HL_OK;
	st = hl_fs_stream(&src, v->fs, &e->ref, name, how);
	if (st != HL_OK)
		return goes_on(st) ? HL_OK : st;
	st = add(s, src, from, to);
	hl_src_close(src);
	return st;
}

struct slack {
	struct hl_carve *c;
	size_t space;
};

static enum hl_status slack(void *user, const struct hl_volume *v,
                            const struct hl_entry *e,
                            const struct hl_stream_info *i)
{
	struct slack *k = user;
	struct carve_stretches s = {
		.c = k->c,
		.row = { .base = v->src, .volume = v, .where = "slack",
		         .space = k->space,
		         .cluster = hl_fs_info(v->fs)->cluster_size },
	};
	enum hl_status st = HL_OK;

	/* units of compressed files have no bytes of their own */
	if (i->compressed || i->encrypted)
		return HL_OK;
	k->space++; /* nothing of it is joined with another file's */
	st = part(&s, v, e, i->name, HL_STREAM_RAW, i->valid, i->size);
	if (st == HL_OK && i->size < i->allocated)
		st = part(&s, v, e, i->name, HL_STREAM_SLACK, i->size,
		          UINT64_MAX);
	return hl_carve_end(&s, st);
}

enum hl_status hl_carve_slack(struct hl_carve *c, const struct hl_volume *v,
                              size_t space)
{
	struct slack k = { c, space };

	return hl_fs_can_sweep(v->fs) ? hl_carve_sweep(c, v, slack, &k)
	                              : HL_OK;
}
