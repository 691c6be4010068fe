/*
 * lift_item.c: one stream from the image to the output folder, in one pass:
 * digests, judgement and copy come from the same read.
 *
 *	stream -> hl_pass_run -> sink -> output file
 *	       -> digests             -> SHA256SUMS
 *	       -> extents             -> manifest
 */
#include <inttypes.h>
#include <string.h>

#include "base/ckd.h"
#include "lift/dfxml.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

#define ALL_HASHES (1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256)

struct copy {
	struct hl_lift *lift;
	struct hl_src *src;
	struct hl_outfile file;
	const char *path;
	uint64_t total;
	/* the extent the pass is in, and whether it is left out */
	uint64_t ext_end;
	bool hole;
};

/*
 * Holes of the evidence stay holes, and what reads as zeros by definition
 * need not be written either, nor what is missing: one wrong size would fill
 * the examiner's disk.  Zeros that lie on the disk are written.
 */
static enum hl_status next_extent(struct copy *c, uint64_t off)
{
	struct hl_extent e;
	enum hl_status st = hl_src_map(c->src, off, &e);

	if (st == HL_NOMEM)
		return st;
	if (st != HL_OK || e.len == 0) {
		c->ext_end = UINT64_MAX;
		c->hole = false;
		return HL_OK;
	}
	c->ext_end = off + e.len;
	c->hole = !e.in && (e.what == HL_WHAT_SPARSE ||
	                    e.what == HL_WHAT_BEYOND_VALID ||
	                    e.what == HL_WHAT_MISSING);
	return HL_OK;
}

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	struct copy *c = user;
	const char *s = p;

	while (n) {
		enum hl_status st = HL_OK;

		if (off >= c->ext_end || off == 0)
			st = next_extent(c, off);
		size_t part = (size_t)min_u64(n, c->ext_end - off);
		if (st == HL_OK && !c->hole)
			st = hl_outfile_write(&c->file, off, s, part);
		if (st != HL_OK)
			return st;
		off += part;
		s += part;
		n -= part;
	}
	hl_progress(c->lift->ctx, HL_PHASE_OUTPUT, c->path, off, c->total);
	return HL_OK;
}

/* These end the run; anything else is told of this file only. */
static bool ends_all(enum hl_status st)
{
	return st == HL_IO || st == HL_NOMEM || st == HL_CANCELLED ||
	       st == HL_UNSUPPORTED;
}

/* A copy that --max-file-size cuts says nothing of the hive. */
static bool over_limit(const struct hl_lift *lift, const struct hl_item *item)
{
	uint64_t max = lift->ctx->limits.max_file_size;

	return max && item->size > max;
}

static enum hl_status read_all(struct hl_lift *lift, struct hl_item *item,
                               struct hl_src *src)
{
	item->pass.hashes = ALL_HASHES;
	if (item->check && !over_limit(lift, item))
		item->pass.check = item->check;
	if (item->hive && !over_limit(lift, item))
		return hl_hive_pass(item->hive, src, &item->pass, lift->ctx);
	return hl_pass_run(&item->pass, src, item->trail->path.p, lift->ctx);
}

/* The pass over src into a new file. */
static enum hl_status copy_out(struct hl_lift *lift, struct hl_item *item,
                               struct hl_src *src, struct copy *c)
{
	enum hl_status st;

	st = hl_outfile_create(&c->file, lift->dir, item->trail->rel.p);
	if (st != HL_OK)
		return st;
	item->pass.sink = sink;
	item->pass.user = c;
	st = hl_outfile_expect(&c->file, item->written, item->entry->modified);
	if (st == HL_OK)
		st = read_all(lift, item, src);
	if (st != HL_OK) {
		hl_outfile_drop(&c->file);
		return st;
	}
	return hl_outfile_done(&c->file, item->written,
	                       item->entry->modified);
}

static enum hl_status limited(struct hl_lift *lift, struct hl_item *item,
                              struct hl_src **window)
{
	uint64_t max = lift->ctx->limits.max_file_size, end;
	struct hl_at at = { lift->ctx, item->src, max, "output" };

	if (over_limit(lift, item)) {
		hl_warn(&at, "%s: cut at %" PRIu64 " of %" PRIu64
		        " bytes, the limit", item->trail->path.p, max,
		        item->size);
		end = max;
	} else if (item->carved) {
		return HL_OK; /* never longer than what the medium has */
	} else {
		enum hl_status st = hl_pass_end(&end, item->src, item->volume,
		                                item->trail->path.p,
		                                lift->ctx);
		if (st != HL_OK)
			return st;
	}
	if (end == item->size)
		return HL_OK;
	item->written = end;
	return hl_src_window(window, item->src, 0, end, lift->ctx);
}

/* HL_OK with item->src, or without it when it cannot be had. */
static enum hl_status open_stream(struct hl_lift *lift, struct hl_item *item)
{
	enum hl_status st;

	item->size = *item->stream ? 0 : item->entry->size;
	item->src = item->given;
	st = HL_OK;
	if (!item->given)
		st = hl_fs_stream(&item->src, item->volume->fs,
		                  &item->entry->ref, item->stream,
		                  HL_STREAM_CONTENT);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	/* said below, but for a name that was listed and is not there */
	if (st == HL_END && (*item->stream || item->hive))
		hl_warn(&(struct hl_at){ lift->ctx,
		                         hl_fs_source(item->volume->fs),
		                         HL_NO_OFFSET, "output" },
		        "%s: no such stream; not written",
		        item->trail->path.p);
	if (st == HL_OK)
		item->size = item->written = hl_src_size(item->src);
	else
		item->src = NULL;
	return HL_OK;
}

/*
 * $BadClus:$Bad is one hole as large as the volume, by design: hashing
 * terabytes of zeros tells nothing.  It is an entry with its run,
 * and no file; as soon as it maps a bad cluster it is written like any other.
 */
static bool is_bad_list(struct hl_lift *lift, struct hl_item *item)
{
	struct hl_extent e;

	if (strcmp(item->stream, "$Bad") != 0 ||
	    strcmp(item->entry->name, "$BadClus") != 0 || item->size == 0 ||
	    hl_src_map(item->src, 0, &e) != HL_OK || e.in ||
	    e.what != HL_WHAT_SPARSE || e.len < item->size)
		return false;
	hl_say(&(struct hl_at){ lift->ctx, NULL, HL_NO_OFFSET, "output" },
	       "%s: no bad clusters, %" PRIu64 " bytes of nothing; not written",
	       item->trail->path.p, item->size);
	return true;
}

/* What a tool should read of a hive. */
static enum hl_status remember(struct hl_lift *lift, const struct hl_item *item)
{
	const char *s = item->beside ? item->beside : item->output;

	if (!item->hive)
		return HL_OK;
	return hl_buf_set(&lift->written, s ? s : "") ? HL_OK : HL_NOMEM;
}

enum hl_status hl_lift_enter(struct hl_lift *lift, struct hl_item *item)
{
	enum hl_status st = hl_manifest_entry(lift, item);

	if (st == HL_OK)
		st = hl_dfxml_entry(lift, item);
	if (st == HL_OK)
		st = remember(lift, item);
	if (st == HL_OK)
		st = hl_once_note(lift, item);
	if (st != HL_OK || item->same_as)
		return st;
	if (item->output) {
		hl_sums_add(lift, item->pass.hex[HL_SHA256], item->output);
		lift->files++;
		lift->bytes += item->written;
	}
	if (item->beside) {
		hl_sums_add(lift, item->beside_sha256, item->beside);
		lift->files++;
		lift->bytes += hl_src_size(item->replayed);
	}
	return lift->sums.failed;
}

enum hl_status hl_lift_item(struct hl_lift *lift, struct hl_item *item)
{
	struct copy c = { .lift = lift, .path = item->trail->path.p };
	struct hl_outfile beside = { .dir = NULL };
	struct hl_src *window = NULL;
	enum hl_status st;
	bool copy;

	hl_progress(lift->ctx, HL_PHASE_FILE, c.path, lift->files, 0);
	hl_ranges_clear(&item->pass.bad);
	st = open_stream(lift, item);
	copy = st == HL_OK && item->src && !is_bad_list(lift, item);
	if (copy)
		st = limited(lift, item, &window);
	if (copy && st == HL_OK) {
		c.src = item->src;
		c.total = item->written;
		st = copy_out(lift, item, window ? window : item->src, &c);
		if (st == HL_OK)
			item->output = c.file.rel.p;
		else if (!ends_all(st))
			st = HL_OK; /* said; the entry has no output */
	}
	if (st == HL_OK && item->output && item->replayed)
		st = hl_lift_replayed(lift, item, &beside);
	if (st == HL_OK && item->carved)
		hl_carved_written(item);
	if (st == HL_OK && item->output && item->streams)
		hl_streams_say(item->streams);
	if (st == HL_OK)
		st = hl_lift_enter(lift, item);
	item->output = item->beside = NULL;
	if (c.file.dir)
		hl_outfile_free(&c.file);
	if (beside.dir)
		hl_outfile_free(&beside);
	hl_src_close(window);
	if (!item->given)
		hl_src_close(item->src);
	item->src = NULL;
	return st == HL_LIMIT || st == HL_RANGE ? HL_IO : st;
}
