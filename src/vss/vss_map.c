/*
 * vss_map.c: a copy as a source.
 *
 *	copy 2 of 4   --its store has the block?--------> there
 *	                 copy 3's? copy 4's? -----------> there
 *	                 was it in use at all? no: nobody vouches for it
 *	                 -------------------------------> live volume
 *
 * An overlay counts only in the copy's own store.  A forwarder goes on to the
 * next copy with another block's number.  What a damaged list may have named
 * is the live volume's, of unknown quality.
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "vss/vss_impl.h"

#define SECTOR 512u
#define MAX_JOINED 256 /* blocks in one extent: a look at 4 MiB is enough */

struct copy {
	struct hl_src src;
	struct hl_vss *v;
	size_t i;
	char *name;
	uint64_t unvouched; /* bytes that were read of such blocks */
	uint64_t disputed;  /* bytes that libvshadow reads otherwise */
	uint64_t first;     /* of these */
};

struct spot {
	struct hl_src *in;
	uint64_t at;
	uint16_t what, quality;
	bool sectors; /* the next sector of the block may lie elsewhere */
};

static struct spot live_spot(const struct copy *c, uint64_t block, bool doubt,
                             const struct vss_store *last)
{
	const struct vss_store *own = &c->v->store[c->i];
	const uint64_t *meant = vss_map64_get(&last->table.forwarded, block);
	bool spare = vss_store_spare(own, block);
	struct spot s = { .in = c->v->live, .at = block };

	if (spare && !meant && (own->pub.flags & VSS_COPY_ZEROS)) {
		s.in = NULL;
		s.what = HL_WHAT_MISSING;
		s.quality = HL_Q_UNREADABLE;
	} else if (spare || doubt) {
		s.quality = HL_Q_UNKNOWN;
	}
	return s;
}

/* Where the sector at `within` of a block lies. */
static struct spot find(const struct copy *c, uint64_t block, unsigned within)
{
	const struct hl_vss *v = c->v;
	bool doubt = false, sectors = false;
	struct spot s;

	for (size_t i = c->i; i < v->n; i++) {
		const struct vss_store *st = &v->store[i];
		const struct vss_kept *k = vss_table_find(&st->table, block);

		doubt |= st->broken || st->pub.unread;
		if (k && i == c->i && k->sectors) {
			sectors = true;
			if (k->sectors >> (within / SECTOR) & 1)
				return (struct spot){
					st->area, k->overlay_at + within,
					HL_WHAT_STORED, HL_Q_OK, true };
		}
		if (k && k->kind == VSS_KEPT_DATA)
			return (struct spot){ st->area, k->at + within,
			                      HL_WHAT_STORED, HL_Q_OK,
			                      sectors };
		if (k && k->kind == VSS_KEPT_FORWARD)
			block = k->at;
	}
	s = live_spot(c, block, doubt, &v->store[v->n - 1]);
	s.at += within;
	s.sectors = sectors;
	return s;
}

static bool follows(const struct spot *a, uint64_t len, const struct spot *b)
{
	return a->in == b->in && a->what == b->what &&
	       a->quality == b->quality && (!a->in || a->at + len == b->at);
}

/* The extent around off, as far as somebody who wants so many bytes looks. */
static struct hl_extent map_to(const struct copy *c, uint64_t off,
                               uint64_t wanted)
{
	uint64_t start = off - off % SECTOR, at = start, size = c->src.size;
	struct spot first = find(c, at - at % VSS_BLOCK,
	                         (unsigned)(at % VSS_BLOCK)), s = first;

	for (unsigned n = 0; n < MAX_JOINED; n++) {
		at += s.sectors ? SECTOR : VSS_BLOCK - at % VSS_BLOCK;
		if (at >= size || at - off >= wanted)
			break;
		s = find(c, at - at % VSS_BLOCK, (unsigned)(at % VSS_BLOCK));
		if (!follows(&first, at - start, &s))
			break;
	}
	at = min_u64(at, size);
	return (struct hl_extent){
		.off = start, .len = at - start, .in = first.in,
		.in_off = first.in ? first.at : 0, .in_len = at - start,
		.what = first.what, .quality = first.quality,
	};
}

static enum hl_status copy_map(struct hl_src *src, uint64_t off,
                               struct hl_extent *out)
{
	*out = map_to((const struct copy *)src, off, UINT64_MAX);
	return HL_OK;
}

/* From off on: a short read has no use for how far it goes on like that. */
static struct hl_extent part_at(const struct copy *c, uint64_t off, size_t len)
{
	struct hl_extent e = map_to(c, off, len);
	uint64_t skip = off - e.off;

	e.off = off;
	e.len -= skip;
	e.in_len = e.len;
	e.in_off += e.in ? skip : 0;
	return e;
}

/* Sure bytes only: of the others libvshadow knows no more than we do. */
static void ask_lib(struct copy *c, const struct hl_extent *e, uint64_t off,
                    const uint8_t *p, size_t n, struct hl_ranges *bad)
{
	if (!c->v->lib || e->quality != HL_Q_OK ||
	    vss_lib_agrees(c->v->lib, c->i, off, p, n))
		return;
	if (__atomic_fetch_add(&c->disputed, n, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&c->first, off, __ATOMIC_RELAXED);
	hl_ranges_add(bad, off, n, HL_WHAT_DATA, HL_Q_UNKNOWN);
}

static enum hl_status copy_read(struct hl_src *src, uint64_t off, void *buf,
                                size_t len, struct hl_ranges *bad)
{
	struct copy *c = (struct copy *)src;
	uint8_t *p = buf;

	while (len) {
		const struct hl_extent e = part_at(c, off, len);
		size_t n = (size_t)min_u64(len, e.len);
		uint64_t before = bad->bytes;
		enum hl_status st = HL_OK;

		if (e.in) {
			st = hl_src_read_extent(&e, p, n, bad);
		} else {
			memset(p, 0, n);
			hl_ranges_add(bad, off, n, HL_WHAT_MISSING,
			              HL_Q_UNREADABLE);
		}
		if (st != HL_OK)
			return st;
		if (e.quality == HL_Q_UNKNOWN)
			__atomic_fetch_add(&c->unvouched, n, __ATOMIC_RELAXED);
		if (bad->bytes == before)
			ask_lib(c, &e, off, p, n, bad);
		p += n;
		off += n;
		len -= n;
	}
	return HL_OK;
}

/* Reading emits no notes; what it met is told here. */
static void copy_close(struct hl_src *src)
{
	struct copy *c = (struct copy *)src;
	struct hl_at at = { src->ctx, c->v->live, HL_NO_OFFSET, c->name };

	if (c->disputed)
		hl_warn(&at, "%" PRIu64 " bytes, the first at %" PRIu64 ", are "
		        "not what libvshadow reads there: which is right "
		        "cannot be told", c->disputed, c->first);
	if (c->v->lib && !vss_lib_witness(c->v->lib, c->i))
		hl_say(&at, "libvshadow cannot read all of it: there is no "
		       "second opinion on what was read");
	if (c->unvouched)
		hl_say(&at, "%" PRIu64 " bytes were read that neither a store "
		       "nor the live volume vouches for: they were not in use "
		       "when the copy was made, or a damaged list may have "
		       "named them", c->unvouched);
	hl_free(src->ctx, c->name);
	hl_free(src->ctx, c);
}

static const struct hl_src_ops copy_ops = {
	.read = copy_read,
	.map = copy_map,
	.close = copy_close,
};

enum hl_status vss_copy_source(struct hl_src **out, struct hl_vss *v, size_t i)
{
	struct copy *c = hl_zalloc(v->ctx, sizeof(*c));
	char *name = hl_asprintf(v->ctx, "shadow copy {%s}",
	                         v->store[i].pub.store);

	if (!c || !name) {
		hl_free(v->ctx, c);
		hl_free(v->ctx, name);
		return HL_NOMEM;
	}
	c->v = v;
	c->i = i;
	c->name = name;
	hl_src_init(&c->src, &copy_ops, v->ctx, name, v->store[i].size,
	            hl_src_sector_size(v->live));
	*out = &c->src;
	return HL_OK;
}
