/*
 * ewf_unpack.c: see ewf_unpack.h.
 *
 *	stored deflated   zlib stream with its own Adler-32
 *	stored plain      bytes, Adler-32 of them (4 bytes)
 *
 * No locks and no allocation here: a worker belongs to one thread.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/ewf_disk.h"
#include "io/ewf_unpack.h"

/* Stored bytes of a deflated chunk that does not shrink, with room. */
static size_t most_stored(const struct ewf *e)
{
	return (size_t)e->chunk_size + e->chunk_size / 8 + 1024;
}

void hl_ewf_worker_free(const struct ewf *e, struct ewf_worker *w)
{
	if (!w)
		return;
	hl_inflate_free(w->z);
	hl_free(e->src.ctx, w->raw);
	hl_free(e->src.ctx, w->data);
	hl_free(e->src.ctx, w);
}

struct ewf_worker *hl_ewf_worker_new(const struct ewf *e, size_t raw_size)
{
	const struct hl_ctx *ctx = e->src.ctx;
	struct ewf_worker *w = hl_zalloc(ctx, sizeof(*w));

	if (!w)
		return NULL;
	w->page.table = SIZE_MAX;
	/* the chunk's size is only stated; no file stores more than it has */
	w->raw_size = (size_t)min_u64(max_u64(raw_size, most_stored(e)),
	                              e->biggest);
	w->raw = hl_alloc(ctx, w->raw_size);
	if (!w->raw || hl_inflate_new(&w->z, ctx) != HL_OK) {
		hl_ewf_worker_free(e, w);
		return NULL;
	}
	return w;
}

uint32_t hl_ewf_content_len(const struct ewf *e, uint64_t chunk)
{
	return (uint32_t)min_u64(e->chunk_size,
	                         e->src.size - chunk * e->chunk_size);
}

/* ---- fills ------------------------------------------------------------ */

/* The same stored bytes hold the same content. */
static bool refill(const struct ewf_worker *w, struct span stored,
                   uint8_t *out, uint32_t room, size_t *got)
{
	for (size_t i = 0; i < EWF_FILLS; i++) {
		const struct ewf_fill *f = &w->fill[i];
		if (f->n_stored != stored.n || f->n > room || !f->n ||
		    memcmp(f->stored, stored.p, stored.n) != 0)
			continue;
		if (f->period == 1)
			memset(out, f->unit[0], f->n);
		for (size_t k = 0; f->period > 1 && k < f->n;
		     k += EWF_FILL_UNIT)
			memcpy(out + k, f->unit,
			       min_u64(EWF_FILL_UNIT, f->n - k));
		*got = f->n;
		return true;
	}
	return false;
}

static void remember_fill(struct ewf_worker *w, struct span stored,
                          const uint8_t *out, size_t n)
{
	static const uint16_t periods[] = { 1, 4, 8, 16, EWF_FILL_UNIT };
	struct ewf_fill *f = &w->fill[w->next_fill];

	if (stored.n > EWF_FILL_STORED || n < (size_t)2 * EWF_FILL_UNIT)
		return;
	for (size_t i = 0; i < sizeof(periods) / sizeof(*periods); i++) {
		size_t p = periods[i];
		if (memcmp(out, out + p, n - p) != 0)
			continue;
		f->n_stored = (uint32_t)stored.n;
		f->n = n;
		f->period = p;
		memcpy(f->stored, stored.p, stored.n);
		memcpy(f->unit, out, EWF_FILL_UNIT);
		w->next_fill = (w->next_fill + 1) % EWF_FILLS;
		return;
	}
}

/* ---- one chunk -------------------------------------------------------- */

static bool unpack_deflated(struct ewf_worker *w, struct span stored,
                            uint8_t *out, uint32_t room, uint32_t want,
                            size_t *got)
{
	if (!refill(w, stored, out, room, got)) {
		if (hl_inflate_zlib(w->z, stored, out, room, got) != HL_OK)
			return false;
		remember_fill(w, stored, out, *got);
	}
	return *got >= want;
}

static bool sums_up(struct span stored, size_t n)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)stored;
	(void)n;
	return true;
#else
	return hl_adler32(span_of(stored.p, n)) == le32_at(stored.p + n);
#endif
}

/*
 * The checksum lies behind the chunk.  A medium of odd size has a last chunk
 * that is longer than the sector count says (the tail is in the checksum),
 * and a gap before the next chunk makes `stored` too large.
 */
static bool unpack_plain(struct span stored, uint8_t *out, uint32_t room,
                         uint32_t want, size_t *got)
{
	if (stored.n < 4 || stored.n - 4 < want)
		return false;
	*got = stored.n - 4;
	if (!sums_up(stored, *got)) {
		if (*got == want || !sums_up(stored, want))
			return false;
		*got = want;
	}
	*got = (size_t)min_u64(*got, room);
	memcpy(out, stored.p, *got);
	return true;
}

bool hl_ewf_unpack(struct ewf_worker *w, struct span stored, bool deflated,
                   uint8_t *out, uint32_t room, uint32_t want, size_t *got)
{
	if (deflated)
		return unpack_deflated(w, stored, out, room, want, got);
	return unpack_plain(stored, out, room, want, got);
}

/* ---- several ---------------------------------------------------------- */

struct load {
	struct ewf *e;
	struct ewf_worker *w;
	uint64_t chunk;
	uint32_t n;
	bool own;
	struct ewf_place first, next; /* next: of the chunk behind the piece */
	bool have_next;
};

/* A chunk that cannot be had: zeros, and why. */
static void fail(const struct load *l, enum hl_status st, uint8_t *out,
                 struct ewf_outcome *how)
{
	memset(out, 0, l->e->chunk_size);
	how->quality = st == HL_OK ? HL_Q_BAD_CHECKSUM : HL_Q_UNREADABLE;
	if (st == HL_END)
		how->what = HL_WHAT_MISSING;
}

static enum hl_status locate(struct load *l, struct ewf_place *at)
{
	if (l->have_next) {
		*at = l->next;
		l->have_next = false;
		return HL_OK;
	}
	return hl_ewf_locate(l->e, l->chunk, l->own ? &l->w->page : NULL, at);
}

/* How many chunks from l->chunk on lie in one piece; their bytes in *len. */
static uint32_t gather(struct load *l, uint32_t stored[EWF_BATCH_CHUNKS],
                       bool deflated[EWF_BATCH_CHUNKS], size_t *len)
{
	struct ewf_page *page = l->own ? &l->w->page : NULL;
	uint32_t n = 1;

	stored[0] = l->first.len;
	deflated[0] = l->first.deflated;
	*len = l->first.len;
	while (n < l->n && n < EWF_BATCH_CHUNKS) {
		if (hl_ewf_locate(l->e, l->chunk + n, page, &l->next) != HL_OK)
			break;
		l->have_next = true;
		if (l->next.seg != l->first.seg ||
		    l->next.off != l->first.off + *len ||
		    l->next.len > l->w->raw_size - *len)
			break;
		l->have_next = false;
		stored[n] = l->next.len;
		deflated[n++] = l->next.deflated;
		*len += l->next.len;
	}
	return n;
}

/* What one chunk of a piece got; after an error it is read alone. */
static enum hl_status read_one(const struct load *l, enum hl_status st,
                               size_t at, uint32_t stored, size_t got,
                               size_t *have)
{
	*have = at < got ? (size_t)min_u64(stored, got - at) : 0;
	if (st == HL_OK || *have == stored)
		return HL_OK;
	return hl_files_pread(l->e->files, l->first.seg, l->first.off + at,
	                      l->w->raw + at, stored, have);
}

/* The piece that begins at l->chunk; returns its chunks. */
static uint32_t load_piece(struct load *l, uint8_t *out,
                           struct ewf_outcome *how)
{
	const struct ewf *e = l->e;
	uint32_t stored[EWF_BATCH_CHUNKS], n;
	bool deflated[EWF_BATCH_CHUNKS];
	size_t len, got, have, at = 0, held;
	enum hl_status st, one;

	n = gather(l, stored, deflated, &len);
	st = hl_files_pread(e->files, l->first.seg, l->first.off, l->w->raw,
	                    len, &got);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *to = out + (size_t)i * e->chunk_size;
		one = read_one(l, st, at, stored[i], got, &have);
		how[i] = (struct ewf_outcome){ HL_WHAT_DATA, HL_Q_OK };
		if (!hl_ewf_unpack(l->w, span_of(l->w->raw + at, have),
		                   deflated[i], to, e->chunk_size,
		                   hl_ewf_content_len(e, l->chunk + i), &held))
			fail(l, one, to, &how[i]);
		at += stored[i];
	}
	return n;
}

void hl_ewf_load(struct ewf *e, struct ewf_worker *w, uint64_t chunk,
                 uint32_t n, bool own, uint8_t *out, struct ewf_outcome *how)
{
	struct load l = { .e = e, .w = w, .chunk = chunk, .n = n, .own = own };

	while (l.n) {
		enum hl_status st = locate(&l, &l.first);
		uint32_t done = 1;
		*how = (struct ewf_outcome){ HL_WHAT_DATA, HL_Q_OK };
		if (st == HL_OK)
			done = load_piece(&l, out, how);
		else
			fail(&l, st, out, how);
		l.chunk += done;
		l.n -= done;
		how += done;
		out += (size_t)done * e->chunk_size;
	}
}
