/*
 * ewf_salvage.c: chunks whose table is gone, as in a file that was cut.
 *
 *	sectors |zlib stream|plain, Adler-32|zlib stream| … cut
 *
 * Chunks lie side by side and each proves itself: a deflated one by its end
 * and checksum, a plain one by its checksum.  The first that proves nothing
 * ends the search.  Only with allow_missing.
 */
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_disk.h"
#include "io/ewf_impl.h"
#include "io/inflate.h"

struct salvage {
	const struct ewf *e;
	struct ewf_table *t;
	size_t cap;
	uint32_t chunk; /* bytes */
	uint8_t *raw, *out;
	size_t raw_size;
	z_stream z;
};

static voidpf z_alloc(voidpf ctx, uInt n, uInt size)
{
	return hl_alloc_array(ctx, n, size);
}

static void z_free(voidpf ctx, voidpf p)
{
	hl_free(ctx, p);
}

/* Stored length of the deflated chunk in raw, or 0. */
static size_t deflated_len(struct salvage *s, size_t n, bool at_end)
{
	if (inflateReset(&s->z) != Z_OK)
		return 0;
	s->z.next_in = s->raw;
	s->z.avail_in = (uInt)n;
	s->z.next_out = s->out;
	s->z.avail_out = s->chunk;
	if (inflate(&s->z, Z_FINISH) != Z_STREAM_END)
		return 0;
	/* only the last chunk of the medium is short */
	if (s->z.avail_out && !(at_end && s->z.avail_in == 0))
		return 0;
	return n - s->z.avail_in;
}

static size_t plain_len(const struct salvage *s, size_t n, bool at_end)
{
	size_t len = s->chunk;

	if (at_end && n >= 4 && n - 4 < len)
		len = n - 4;
	if (n < 4 || len > n - 4 || len == 0 ||
	    hl_adler32(span_of(s->raw, len)) != le32_at(s->raw + len))
		return 0;
	return len + 4;
}

static enum hl_status add_entry(struct salvage *s, uint64_t off, bool deflated)
{
	struct ewf_table *t = s->t;
	enum hl_status st = hl_grow(s->e->src.ctx, (void **)&t->entries,
	                            &s->cap, t->n, sizeof(*t->entries),
	                            s->e->vol.chunks);

	if (st == HL_OK)
		t->entries[t->n++] = (uint32_t)off |
		                     (deflated ? EWF_ENTRY_DEFLATED : 0);
	return st;
}

static enum hl_status search(struct salvage *s, uint64_t off, uint64_t end)
{
	enum hl_status st = HL_OK;

	s->t->base = off;
	while (st == HL_OK && off < end &&
	       off - s->t->base <= EWF_ENTRY_OFFSET) {
		size_t n = (size_t)min_u64(s->raw_size, end - off), got, len;
		bool at_end = n == end - off;
		if (hl_cancelled(s->e->src.ctx))
			return HL_CANCELLED;
		if (hl_files_pread(s->e->files, s->t->seg, off, s->raw, n,
		                   &got) != HL_OK || got < n)
			break;
		len = deflated_len(s, n, at_end);
		if (len) {
			st = add_entry(s, off - s->t->base, true);
		} else {
			len = plain_len(s, n, at_end);
			if (!len)
				break;
			st = add_entry(s, off - s->t->base, false);
		}
		off += len;
	}
	s->t->data_end = off;
	return st == HL_LIMIT ? HL_OK : st;
}

enum hl_status hl_ewf_salvage(const struct ewf *e, size_t seg, uint64_t off,
                              uint64_t end, struct ewf_table *t)
{
	const struct hl_ctx *ctx = e->src.ctx;
	uint64_t chunk = (uint64_t)e->vol.sectors_per_chunk *
	                 e->vol.bytes_per_sector;
	struct salvage s = { .e = e, .t = t };
	enum hl_status st = HL_NOMEM;

	*t = (struct ewf_table){ .seg = seg };
	/* a chunk that is larger than its file is none */
	if (!e->has_volume || chunk == 0 || chunk > HL_MAX_EWF_CHUNK ||
	    (chunk > 1u << 20 && chunk / 1040 > e->files->seg[seg].size))
		return HL_OK;
	s.chunk = (uint32_t)chunk;
	s.raw_size = (size_t)chunk + (size_t)chunk / 8 + 1024;
	s.z.zalloc = z_alloc;
	s.z.zfree = z_free;
	s.z.opaque = (voidpf)(uintptr_t)ctx;
	s.raw = hl_alloc(ctx, s.raw_size);
	s.out = hl_alloc(ctx, s.chunk);
	if (s.raw && s.out && inflateInit(&s.z) == Z_OK) {
		st = search(&s, off, end);
		inflateEnd(&s.z);
	}
	t->wide_from = t->n;
	hl_free(ctx, s.raw);
	hl_free(ctx, s.out);
	return st;
}
