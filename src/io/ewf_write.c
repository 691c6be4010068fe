/*
 * ewf_write.c: see ewf_write.h.
 *
 *	first segment   file header, header2 twice, header, volume
 *	others          file header, data
 *	each            sectors, table, table2, as often as they fill up;
 *	                next, but for the last:
 *	last            (data), digest, hash, error2, done
 *
 * The descriptor of `sectors` tells its size and is written again when that
 * is known; all else is written in order.  Offsets of chunks count from the
 * descriptor, so that they fit into 31 bits in files of any size.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/ewf_disk.h"
#include "io/ewf_sections.h"
#include "io/ewf_write.h"
#include "io/note.h"

/* What EnCase itself never exceeds; others take more. */
#define MAX_ENTRIES 16375
#define BUFFER (1u << 20)
/* next or done, data, digest, hash and an ordinary list of errors */
#define RESERVED (16u << 10)

struct hl_ewf_writer {
	const struct hl_ctx *ctx;
	struct hl_ewf_write_opts o;
	size_t seg;
	uint64_t off, total;   /* in this segment; in those before it */
	uint64_t sectors_off;  /* of the open section */
	bool open, used;       /* used: the segment has a chunk */
	uint32_t n;            /* its entries, and 4 bytes for each */
	uint8_t *entries;
	uint8_t *buf;
	size_t n_buf;
};

/* ---- bytes ------------------------------------------------------------- */

static enum hl_status flush(struct hl_ewf_writer *w)
{
	enum hl_status st = HL_OK;

	if (w->n_buf)
		st = hl_outset_write(w->o.out, w->seg, w->off - w->n_buf,
		                     w->buf, w->n_buf);
	w->n_buf = 0;
	return st;
}

static enum hl_status put(struct hl_ewf_writer *w, const void *p, size_t n)
{
	const uint8_t *from = p;

	while (n) {
		size_t k = (size_t)min_u64(n, BUFFER - w->n_buf);
		memcpy(w->buf + w->n_buf, from, k);
		w->n_buf += k;
		w->off += k;
		from += k;
		n -= k;
		if (w->n_buf == BUFFER) {
			enum hl_status st = flush(w);
			if (st != HL_OK)
				return st;
		}
	}
	return HL_OK;
}

/* next 0: it is the last of its file and points at itself */
static enum hl_status put_descriptor(struct hl_ewf_writer *w,
                                     const char *type, bool last,
                                     uint64_t body)
{
	uint8_t d[EWF_DESCRIPTOR];
	uint64_t size = EWF_DESCRIPTOR + body;

	hl_ewf_put_section(d, type, w->off, last ? 0 : size,
	                   last ? 0 : size);
	return put(w, d, sizeof(d));
}

static enum hl_status put_section(struct hl_ewf_writer *w, const char *type,
                                  const void *p, size_t n)
{
	enum hl_status st = put_descriptor(w, type, false, n);

	return st == HL_OK ? put(w, p, n) : st;
}

/* ---- segments ---------------------------------------------------------- */

static enum hl_status put_volume(struct hl_ewf_writer *w, const char *type)
{
	uint8_t v[EWF_VOLUME];

	hl_ewf_put_volume(v, &w->o.medium);
	return put_section(w, type, v, sizeof(v));
}

static enum hl_status put_headers(struct hl_ewf_writer *w)
{
	enum hl_status st = HL_OK;

	for (int i = 0; i < 3 && st == HL_OK; i++) {
		uint8_t *p;
		size_t n;
		st = hl_ewf_put_header(&p, &n, &w->o.about, i < 2, w->ctx);
		if (st == HL_OK)
			st = put_section(w, i < 2 ? "header2" : "header", p,
			                 n);
		hl_free(w->ctx, p);
	}
	return st;
}

static enum hl_status begin_segment(struct hl_ewf_writer *w)
{
	uint8_t h[EWF_FILE_HEADER];
	enum hl_status st;

	hl_ewf_put_file_header(h, (uint32_t)w->seg + 1);
	st = put(w, h, sizeof(h));
	if (st == HL_OK && w->seg == 0)
		st = put_headers(w);
	return st == HL_OK ? put_volume(w, w->seg ? "data" : "volume") : st;
}

static enum hl_status put_tables(struct hl_ewf_writer *w)
{
	uint8_t head[EWF_TABLE_HEAD];
	size_t n = (size_t)w->n * 4;
	enum hl_status st = HL_OK;

	hl_ewf_put_table_head(head, w->n, w->sectors_off);
	hl_ewf_put_checksum(w->entries, n);
	for (int i = 0; i < 2 && st == HL_OK; i++) {
		st = put_descriptor(w, i ? "table2" : "table", false,
		                    sizeof(head) + n + 4);
		if (st == HL_OK)
			st = put(w, head, sizeof(head));
		if (st == HL_OK)
			st = put(w, w->entries, n + 4);
	}
	return st;
}

static enum hl_status end_sectors(struct hl_ewf_writer *w)
{
	uint64_t size = w->off - w->sectors_off;
	uint8_t d[EWF_DESCRIPTOR];
	enum hl_status st;

	if (!w->open)
		return HL_OK;
	w->open = false;
	hl_ewf_put_section(d, "sectors", w->sectors_off, size, size);
	st = flush(w);
	if (st == HL_OK)
		st = hl_outset_write(w->o.out, w->seg, w->sectors_off, d,
		                     sizeof(d));
	return st == HL_OK ? put_tables(w) : st;
}

static enum hl_status next_segment(struct hl_ewf_writer *w)
{
	enum hl_status st = end_sectors(w);

	if (st == HL_OK)
		st = put_descriptor(w, "next", true, 0);
	if (st == HL_OK)
		st = flush(w);
	w->total += w->off;
	w->off = 0;
	w->used = false;
	w->seg++;
	if (st == HL_OK && w->seg >= UINT16_MAX)
		return hl_fail(&(struct hl_at){ w->ctx, NULL, HL_NO_OFFSET,
		                                "output" }, HL_LIMIT,
		               "more than 65,534 segments: make --split "
		               "larger");
	return st == HL_OK ? begin_segment(w) : st;
}

/* ---- chunks ------------------------------------------------------------ */

static bool is_full(const struct hl_ewf_writer *w, uint32_t n)
{
	uint64_t tables = 2 * (EWF_DESCRIPTOR + EWF_TABLE_HEAD + 4 +
	                       4 * ((uint64_t)w->n + 1));
	uint64_t need = (w->open ? 0 : EWF_DESCRIPTOR) + n + tables + RESERVED;

	return w->off > w->o.split || need > w->o.split - w->off;
}

static enum hl_status begin_sectors(struct hl_ewf_writer *w)
{
	w->sectors_off = w->off;
	w->n = 0;
	w->open = w->used = true;
	return put_descriptor(w, "sectors", false, 0);
}

enum hl_status hl_ewf_writer_chunk(struct hl_ewf_writer *w,
                                   const struct hl_packed *chunk)
{
	enum hl_status st = HL_OK;
	uint32_t entry;

	if (w->open && w->n == MAX_ENTRIES)
		st = end_sectors(w);
	/* a segment has one chunk at least, however small they shall be */
	if (st == HL_OK && w->used && is_full(w, chunk->n))
		st = next_segment(w);
	if (st == HL_OK && !w->open)
		st = begin_sectors(w);
	if (st != HL_OK)
		return st;
	entry = (uint32_t)(w->off - w->sectors_off);
	if (chunk->deflated)
		entry |= EWF_ENTRY_DEFLATED;
	hl_ewf_put32(w->entries + (size_t)w->n++ * 4, entry);
	return put(w, chunk->p, chunk->n);
}

/* ---- the end ----------------------------------------------------------- */

/* Sectors are counted in 32 bits; what lies behind them is not listed. */
static enum hl_status put_errors(struct hl_ewf_writer *w,
                                 const struct hl_ewf_result *r)
{
	const size_t head = sizeof(struct ewf_errors_disk);
	uint64_t sector = w->o.medium.bytes_per_sector;
	uint8_t *p;
	uint32_t n = 0;
	enum hl_status st;

	if (!r->n_lost)
		return HL_OK;
	p = hl_zalloc(w->ctx, head + r->n_lost * 8 + 4);
	if (!p)
		return HL_NOMEM;
	for (size_t i = 0; i < r->n_lost; i++) {
		uint64_t first = r->lost[i].off / sector;
		uint64_t end = (r->lost[i].off + r->lost[i].len + sector - 1) /
		               sector;
		if (first > UINT32_MAX || end - first > UINT32_MAX)
			break;
		hl_ewf_put32(p + head + (size_t)n * 8, (uint32_t)first);
		hl_ewf_put32(p + head + (size_t)n * 8 + 4,
		             (uint32_t)(end - first));
		n++;
	}
	if (n < r->n_lost)
		hl_say(&(struct hl_at){ w->ctx, NULL, HL_NO_OFFSET, "output" },
		       "%zu bad stretches lie beyond what an E01 can list; "
		       "the map has them", r->n_lost - n);
	hl_ewf_put32(p, n);
	hl_ewf_put_checksum(p, head - 4);
	hl_ewf_put_checksum(p + head, (size_t)n * 8);
	st = put_section(w, "error2", p, head + (size_t)n * 8 + 4);
	hl_free(w->ctx, p);
	return st;
}

static enum hl_status put_hashes(struct hl_ewf_writer *w,
                                 const struct hl_ewf_result *r)
{
	uint8_t d[sizeof(struct ewf_digest_disk)] = { 0 };
	uint8_t h[sizeof(struct ewf_hash_disk)] = { 0 };
	enum hl_status st = HL_OK;

	if (r->md5) {
		memcpy(d, r->md5, 16);
		memcpy(h, r->md5, 16);
	}
	if (r->sha1) {
		memcpy(d + 16, r->sha1, 20);
		hl_ewf_put_checksum(d, sizeof(d) - 4);
		st = put_section(w, "digest", d, sizeof(d));
	}
	hl_ewf_put_checksum(h, sizeof(h) - 4);
	if (st == HL_OK && r->md5)
		st = put_section(w, "hash", h, sizeof(h));
	return st;
}

enum hl_status hl_ewf_writer_finish(struct hl_ewf_writer *w,
                                    const struct hl_ewf_result *r)
{
	enum hl_status st = end_sectors(w);

	/* a list so long that it was not reckoned with */
	if (st == HL_OK && w->used && r->n_lost * 8 > RESERVED / 2 &&
	    r->n_lost * 8 + RESERVED > w->o.split - min_u64(w->off, w->o.split))
		st = next_segment(w);
	/* a set of one file has its second copy of the volume here */
	if (st == HL_OK && w->seg == 0)
		st = put_volume(w, "data");
	if (st == HL_OK)
		st = put_errors(w, r);
	if (st == HL_OK)
		st = put_hashes(w, r);
	if (st == HL_OK)
		st = put_descriptor(w, "done", true, 0);
	return st == HL_OK ? flush(w) : st;
}

enum hl_status hl_ewf_writer_new(struct hl_ewf_writer **out,
                                 const struct hl_ewf_write_opts *opts,
                                 const struct hl_ctx *ctx)
{
	struct hl_ewf_writer *w = hl_zalloc(ctx, sizeof(*w));
	enum hl_status st;

	*out = NULL;
	if (!w)
		return HL_NOMEM;
	w->ctx = ctx;
	w->o = *opts;
	w->entries = hl_alloc_array(ctx, MAX_ENTRIES + 1, 4);
	w->buf = hl_alloc(ctx, BUFFER);
	st = w->entries && w->buf ? begin_segment(w) : HL_NOMEM;
	if (st == HL_OK)
		*out = w;
	else
		hl_ewf_writer_free(w);
	return st;
}

uint64_t hl_ewf_writer_bytes(const struct hl_ewf_writer *w)
{
	return w->total + w->off;
}

void hl_ewf_writer_free(struct hl_ewf_writer *w)
{
	if (!w)
		return;
	hl_free(w->ctx, w->entries);
	hl_free(w->ctx, w->buf);
	hl_free(w->ctx, w);
}
