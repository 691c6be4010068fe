/*
 * ewf.c: the source over an EWF set: chunks strung together.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "io/ewf_impl.h"

/* Deflate cannot do better than that. */
#define MAX_RATIO 1040
#define ORDINARY_CHUNK (1u << 20)

enum hl_status hl_ewf_flaw(const struct ewf *e, const char *path,
                           enum hl_status st, const char *fmt, ...)
{
	struct hl_at at = { e->src.ctx, NULL, HL_NO_OFFSET, path };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!e->allow_missing)
		return hl_fail(&at, st, "%s (--allow-missing goes on)", text);
	hl_warn(&at, "%s; what is lost of it reads as zeros", text);
	return HL_OK;
}

/* Sectors that the acquisition could not read are zeros, not content. */
static void mark_errors(const struct ewf *e, uint64_t off, uint64_t len,
                        struct hl_ranges *bad)
{
	uint32_t unit = e->vol.bytes_per_sector;
	size_t lo = 0, hi = e->n_errors;

	while (lo < hi) { /* the first that ends behind off */
		size_t mid = lo + (hi - lo) / 2;
		const struct ewf_bad_sectors *b = &e->error[mid];
		if ((b->first + b->count) * unit <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < e->n_errors && e->error[lo].first * unit < off + len;
	     lo++) {
		const struct ewf_bad_sectors *b = &e->error[lo];
		uint64_t from = max_u64(off, b->first * unit);
		uint64_t to = min_u64(off + len, (b->first + b->count) * unit);
		hl_ranges_add(bad, from, to - from, HL_WHAT_DATA,
		              HL_Q_UNREADABLE);
	}
}

static enum hl_status ewf_check(struct hl_src *src, uint64_t off, void *buf,
                                size_t len, struct hl_ranges *bad)
{
	struct ewf *e = (struct ewf *)src;
	size_t left = len;
	enum hl_status st;

	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	st = hl_ewf_ahead_read(e, off, buf, len, bad);
	if (st != HL_OK && st != HL_END)
		return st;
	if (st == HL_OK)
		left = 0;
	while (left) {
		uint32_t from = (uint32_t)(off % e->chunk_size);
		uint32_t n = (uint32_t)min_u64(e->chunk_size - from, left);
		st = hl_ewf_chunk_read(e, off / e->chunk_size, from, buf, n,
		                       bad);
		if (st != HL_OK)
			return st;
		if (hl_cancelled(src->ctx))
			return HL_CANCELLED;
		off += n;
		buf = (uint8_t *)buf + n;
		left -= n;
	}
	return HL_OK;
}

static enum hl_status ewf_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	const struct ewf *e = (const struct ewf *)src;
	enum hl_status st = ewf_check(src, off, buf, len, bad);

	if (st == HL_OK && e->n_errors)
		mark_errors(e, off, len, bad);
	return st;
}

static enum hl_status ewf_tail(struct hl_src *src, uint8_t *buf, size_t room,
                               size_t *n)
{
	return hl_ewf_tail((struct ewf *)src, buf, room, n);
}

/* Stretches that one table covers, or none. */
static enum hl_status ewf_map(struct hl_src *src, uint64_t off,
                              struct hl_extent *out)
{
	const struct ewf *e = (const struct ewf *)src;
	uint64_t first = 0, end = e->n_chunks;
	bool lost = true;
	size_t i;

	if (hl_ewf_find_table(e, off / e->chunk_size, &i)) {
		first = e->table[i].first;
		end = min_u64(end, first + e->table[i].n);
		lost = e->table[i].bad;
	} else {
		if (i)
			first = e->table[i - 1].first + e->table[i - 1].n;
		if (i < e->n_tables)
			end = min_u64(end, e->table[i].first);
	}
	*out = (struct hl_extent){ .off = first * e->chunk_size };
	out->len = min_u64(end * e->chunk_size, src->size) - out->off;
	if (lost) {
		out->what = HL_WHAT_MISSING;
		out->quality = HL_Q_UNREADABLE;
	}
	return HL_OK;
}

/* WILLNEED is left to the kernel: what is stored lies elsewhere. */
static void ewf_advise(struct hl_src *src, uint64_t off, uint64_t len,
                       enum hl_advice how)
{
	if (how == HL_ADVISE_SEQUENTIAL)
		hl_ewf_ahead_advise((struct ewf *)src, off, len);
}

static enum hl_status ewf_info(const struct hl_src *src,
                               struct hl_image_info *out)
{
	const struct ewf *e = (const struct ewf *)src;

	*out = (struct hl_image_info){
		.path = e->files->seg[0].path,
		.format = e->vol.smart ? "S01" : "E01",
		.size = src->size,
		.sector_size = src->sector_size,
		.segments = e->files->n,
		.chunk_size = e->chunk_size,
		.md5 = e->hashes.has_md5 ? e->md5 : NULL,
		.sha1 = e->hashes.has_sha1 ? e->sha1 : NULL,
		.n_acquisition = e->values.n,
		.acquisition = e->values.pair,
	};
	return HL_OK;
}

static void ewf_close(struct hl_src *src)
{
	struct ewf *e = (struct ewf *)src;

	hl_ewf_ahead_free(e);
	hl_ewf_chunks_free(e);
	hl_ewf_values_free(&e->values, src->ctx);
	for (size_t i = 0; i < e->n_tables; i++)
		hl_free(src->ctx, e->table[i].entries);
	hl_free(src->ctx, e->table);
	hl_free(src->ctx, e->error);
	pthread_mutex_destroy(&e->lock);
	hl_free(src->ctx, e);
}

static const struct hl_src_ops ewf_ops = {
	.read = ewf_read,
	.map = ewf_map,
	.advise = ewf_advise,
	.info = ewf_info,
	.check = ewf_check,
	.tail = ewf_tail,
	.close = ewf_close,
};

static struct hl_at at_first(const struct ewf *e)
{
	return (struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
	                       e->files->seg[0].path };
}

/*
 * What the volume section says must hold together, and with the files: a
 * chunk that all files could not hold deflated is not allocated.
 */
static enum hl_status check_volume(struct ewf *e)
{
	const struct ewf_volume *v = &e->vol;
	uint64_t chunk = (uint64_t)v->sectors_per_chunk * v->bytes_per_sector;
	uint64_t files = 0, size, most = chunk;
	struct hl_at at = at_first(e);

	for (size_t i = 0; i < e->files->n; i++)
		files += min_u64(e->files->seg[i].size, 1ull << 40);
	/* a medium smaller than a chunk does not fill it */
	if (!ckd_mul(&size, v->sectors, (uint64_t)v->bytes_per_sector))
		most = min_u64(most, size);
	if (chunk == 0 || v->bytes_per_sector > 65536 ||
	    chunk > HL_MAX_EWF_CHUNK ||
	    (chunk > ORDINARY_CHUNK && most / MAX_RATIO > files))
		return hl_fail(&at, HL_CORRUPT, "volume section: chunks of %"
		               PRIu32 " sectors of %" PRIu32
		               " bytes are impossible",
		               v->sectors_per_chunk, v->bytes_per_sector);
	if (v->sectors == 0 ||
	    ckd_mul(&size, v->sectors, (uint64_t)v->bytes_per_sector))
		return hl_fail(&at, HL_CORRUPT, "volume section: %" PRIu64
		               " sectors are impossible", v->sectors);
	e->chunk_size = (uint32_t)chunk;
	e->n_chunks = size / chunk + (size % chunk != 0);
	/* an odd tail that fills no sector may have a chunk of its own */
	if (v->chunks != e->n_chunks && v->chunks != e->n_chunks + 1)
		return hl_fail(&at, HL_CORRUPT, "volume section: %" PRIu64
		               " sectors do not fit %" PRIu32 " chunks",
		               v->sectors, v->chunks);
	e->src.size = size;
	if (!e->src.sector_size && v->bytes_per_sector >= 512 &&
	    is_power_of_two(v->bytes_per_sector))
		e->src.sector_size = v->bytes_per_sector;
	return HL_OK;
}

static void say_errors(const struct ewf *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->n_errors; i++)
		n += e->error[i].count;
	if (n)
		hl_say(&(struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
		                        e->src.name },
		       "%" PRIu64 " sectors could not be read when the image "
		       "was made", n);
}

static enum hl_status build(struct ewf *e)
{
	struct hl_at at = at_first(e);
	enum hl_status st = hl_ewf_walk(e);

	if (st == HL_OK && !e->has_volume)
		st = hl_fail(&at, HL_CORRUPT, "no volume section was found");
	if (st == HL_OK)
		st = check_volume(e);
	if (st == HL_OK)
		st = hl_ewf_place_tables(e);
	if (st == HL_OK)
		st = hl_ewf_chunks_init(e);
	if (st == HL_OK)
		st = hl_ewf_ahead_init(e);
	return st;
}

enum hl_status hl_ewf_open(struct hl_src **out, struct hl_files *f,
                           const struct hl_image_opts *opts,
                           const struct hl_ctx *ctx)
{
	struct ewf *e = hl_zalloc(ctx, sizeof(*e));
	enum hl_status st;

	if (!e)
		return HL_NOMEM;
	hl_src_init(&e->src, &ewf_ops, ctx, f->seg[0].path, 0,
	            opts->sector_size);
	e->files = f;
	e->allow_missing = opts->allow_missing;
	if (pthread_mutex_init(&e->lock, NULL) != 0) {
		hl_free(ctx, e);
		return HL_NOMEM;
	}
	st = build(e);
	if (st != HL_OK) {
		ewf_close(&e->src);
		return st;
	}
	hl_hex(e->md5, e->hashes.md5, sizeof(e->hashes.md5));
	hl_hex(e->sha1, e->hashes.sha1, sizeof(e->hashes.sha1));
	say_errors(e);
	*out = &e->src;
	return HL_OK;
}
