/*
 * raw.c: plain bytes: one file, a split set, or a device.
 *
 *	image   |--------- piece 0 --------|-- piece 1 (missing) --|-- 2 --|
 *	file     disk.001                   disk.002 is not there   disk.003
 *
 * A missing segment is as long as the others; a short one is followed by a
 * missing piece up to their length.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "io/files.h"
#include "io/src_impl.h"
#include "io/vdisk.h"

/* What a disk can fail to read, when the device does not say. */
#define SECTOR 512
#define NO_SEGMENT SIZE_MAX


struct piece {
	uint64_t start, len;
	size_t seg; /* or NO_SEGMENT */
};

struct raw {
	struct hl_src src;
	struct hl_files *files;
	bool allow_missing, vhd;
	struct piece *piece;
	size_t n, cap;
};

/* ---- reading ---------------------------------------------------------- */

static struct piece *piece_at(const struct raw *r, uint64_t off)
{
	size_t lo = 0, hi = r->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->piece[mid].start <= off)
			lo = mid;
		else
			hi = mid;
	}
	return &r->piece[lo];
}

struct job {
	struct raw *r;
	const struct piece *p;
	uint64_t off; /* in the image */
	uint8_t *buf;
	struct hl_ranges *bad;
};

static void lost(const struct job *j, size_t at, size_t len)
{
	memset(j->buf + at, 0, len);
	hl_ranges_add(j->bad, j->off + at, len, HL_WHAT_DATA,
	              HL_Q_UNREADABLE);
}

/* How far from off to the next multiple of unit. */
static size_t to_boundary(uint64_t off, size_t unit, size_t left)
{
	return (size_t)min_u64(unit - off % unit, left);
}

/*
 * The stretch [at, at + len) failed as a whole: sector by sector, so that
 * a bad sector costs itself only.  Aligned to sectors of the medium.
 */
static void read_sectors(const struct job *j, size_t at, size_t len)
{
	size_t unit = j->r->src.sector_size ? j->r->src.sector_size : SECTOR;

	while (len) {
		uint64_t off = j->off + at - j->p->start;
		size_t n = to_boundary(off, unit, len), got;
		if ((hl_files_pread(j->r->files, j->p->seg, off, j->buf + at,
		                    n, &got) != HL_OK || got < n) &&
		    !hl_dev_read_sector(j->r->files, off, j->buf + at, n))
			lost(j, at, n);
		at += n;
		len -= n;
	}
}

/* After an error: in shrinking steps until only the bad sectors are left. */
static enum hl_status read_hard(const struct job *j, size_t at, size_t len)
{
	const size_t step = 64 << 10;

	while (len) {
		uint64_t off = j->off + at - j->p->start;
		size_t n = to_boundary(off, step, len), got;
		if (hl_cancelled(j->r->src.ctx))
			return HL_CANCELLED;
		if (hl_files_pread(j->r->files, j->p->seg, off, j->buf + at,
		                   n, &got) != HL_OK || got < n)
			read_sectors(j, at, n);
		at += n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status read_piece(const struct job *j, size_t len)
{
	size_t got;

	if (j->p->seg == NO_SEGMENT) {
		memset(j->buf, 0, len);
		hl_ranges_add(j->bad, j->off, len, HL_WHAT_MISSING,
		              HL_Q_UNREADABLE);
		return HL_OK;
	}
	if (hl_files_pread(j->r->files, j->p->seg, j->off - j->p->start,
	                   j->buf, len, &got) != HL_OK)
		return read_hard(j, 0, len);
	if (got < len) /* cut since it was opened */
		lost(j, got, len - got);
	return HL_OK;
}

static enum hl_status raw_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	struct raw *r = (struct raw *)src;

	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	while (len) {
		struct job j = { r, piece_at(r, off), off, buf, bad };
		uint64_t left = j.p->len - (off - j.p->start);
		size_t n = (size_t)min_u64(len, left);
		enum hl_status st = read_piece(&j, n);
		if (st != HL_OK)
			return st;
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status raw_map(struct hl_src *src, uint64_t off,
                              struct hl_extent *out)
{
	const struct piece *p = piece_at((struct raw *)src, off);

	*out = (struct hl_extent){ .off = p->start, .len = p->len };
	if (p->seg == NO_SEGMENT) {
		out->what = HL_WHAT_MISSING;
		out->quality = HL_Q_UNREADABLE;
	}
	return HL_OK;
}

static uint64_t raw_hole(struct hl_src *src, uint64_t off)
{
	const struct raw *r = (const struct raw *)src;
	const struct piece *p = piece_at(r, off);
	uint64_t at = off - p->start;

	return p->seg == NO_SEGMENT ? 0 :
	       min_u64(p->len - at, hl_files_hole(r->files, p->seg, at));
}

static void raw_advise(struct hl_src *src, uint64_t off, uint64_t len,
                       enum hl_advice how)
{
#ifdef POSIX_FADV_NORMAL /* not on macOS */
	static const int advice[] = {
		[HL_ADVISE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[HL_ADVISE_RANDOM] = POSIX_FADV_RANDOM,
		[HL_ADVISE_WILLNEED] = POSIX_FADV_WILLNEED,
	};
	const struct raw *r = (const struct raw *)src;
	const struct piece *p = piece_at(r, off);
	int fd = p->seg == NO_SEGMENT ? -1 : r->files->seg[p->seg].fd;

	if (fd >= 0)
		(void)posix_fadvise(fd, (off_t)(off - p->start),
		                    (off_t)min_u64(len, p->len), advice[how]);
#else
	(void)src;
	(void)off;
	(void)len;
	(void)how;
#endif
}

static enum hl_status raw_info(const struct hl_src *src,
                               struct hl_image_info *out)
{
	const struct raw *r = (const struct raw *)src;
	const struct hl_files *f = r->files;

	*out = (struct hl_image_info){
		.path = f->seg[0].path,
		.format = f->kind == FILES_DEVICE ? "device"
		        : r->vhd ? "VHD fixed"
		        : f->name.scheme != SEG_NONE ? "split raw" : "raw",
		.size = src->size,
		.sector_size = src->sector_size,
		.segments = f->n,
		.live = f->dev.live,
		.read_only = f->dev.read_only,
		.model = f->dev.model,
		.serial = f->dev.serial,
	};
	return HL_OK;
}

static void raw_close(struct hl_src *src)
{
	struct raw *r = (struct raw *)src;

	hl_free(src->ctx, r->piece);
	hl_free(src->ctx, r);
}

static const struct hl_src_ops raw_ops = {
	.read = raw_read,
	.map = raw_map,
	.advise = raw_advise,
	.hole = raw_hole,
	.info = raw_info,
	.close = raw_close,
};

/* ---- opening ---------------------------------------------------------- */

static enum hl_status add_piece(struct raw *r, uint64_t len, size_t seg)
{
	enum hl_status st;

	if (!len)
		return HL_OK;
	st = hl_grow(r->src.ctx, (void **)&r->piece, &r->cap, r->n,
	             sizeof(*r->piece), (size_t)2 * HL_MAX_SEGMENTS);
	if (st != HL_OK)
		return st;
	r->piece[r->n++] = (struct piece){ r->src.size, len, seg };
	if (ckd_add(&r->src.size, r->src.size, len))
		return HL_RANGE;
	return HL_OK;
}

/* Damage of the set: a loss when it may be, else the end. */
static enum hl_status flaw(const struct raw *r, const char *path,
                           const char *text)
{
	struct hl_at at = { r->src.ctx, NULL, HL_NO_OFFSET, path };

	if (!r->allow_missing)
		return hl_fail(&at, HL_IO, "%s (--allow-missing goes on)",
		               text);
	hl_warn(&at, "%s; its bytes read as zeros", text);
	return HL_OK;
}

static enum hl_status add_missing(struct raw *r, uint64_t from, uint64_t to,
                                  uint64_t size)
{
	char *path = hl_alloc(r->src.ctx, HL_MAX_PATH);
	enum hl_status st = path ? HL_OK : HL_NOMEM;

	for (uint64_t k = from; k < to && st == HL_OK; k++) {
		if (!hl_files_name(r->files, k, path, HL_MAX_PATH))
			hl_copy(path, HL_MAX_PATH, r->files->seg[0].path);
		st = flaw(r, path, "this segment of the set is missing");
		if (st == HL_OK)
			st = add_piece(r, size, NO_SEGMENT);
	}
	hl_free(r->src.ctx, path);
	return st;
}

/* All but the last are as long as the longest of them. */
static uint64_t full_size(const struct hl_files *f)
{
	uint64_t size = 0;

	for (size_t i = 0; i + 1 < f->n || i == 0; i++)
		size = max_u64(size, f->seg[i].size);
	return size;
}

static enum hl_status add_segment(struct raw *r, size_t i, uint64_t full)
{
	const struct seg_file *s = &r->files->seg[i];
	bool last = i + 1 == r->files->n;
	char text[160];
	enum hl_status st;

	if (s->size > full || (s->size < full && !last)) {
		snprintf(text, sizeof(text), "has %" PRIu64 " bytes where the "
		         "segments of this set have %" PRIu64, s->size, full);
		st = flaw(r, s->path, text);
		if (st != HL_OK)
			return st;
	}
	st = add_piece(r, s->size, i);
	if (st == HL_OK && s->size < full && !last)
		st = add_piece(r, full - s->size, NO_SEGMENT);
	return st;
}

static enum hl_status add_all(struct raw *r)
{
	const struct hl_files *f = r->files;
	uint64_t full = full_size(f);
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < f->n && st == HL_OK; i++) {
		if (i && f->seg[i].number > f->seg[i - 1].number + 1)
			st = add_missing(r, f->seg[i - 1].number + 1,
			                 f->seg[i].number, full);
		if (st == HL_OK)
			st = add_segment(r, i, full);
	}
	return st;
}

/* A fixed VHD is a raw image and a footer; the footer is not the disk's. */
static void drop_vhd_footer(struct raw *r)
{
	struct hl_src *file;
	size_t n;

	if (r->files->kind == FILES_DEVICE || r->files->n != 1 ||
	    hl_vdisk_file(&file, r->files, 0) != HL_OK)
		return;
	n = hl_vhd_fixed(file);
	hl_src_close(file);
	if (!n)
		return;
	r->vhd = true;
	r->src.size -= n;
	r->piece[0].len -= n;
	hl_say(&(struct hl_at){ r->src.ctx, NULL, HL_NO_OFFSET, r->src.name },
	       "is a fixed VHD: read as raw, without its %zu-byte footer", n);
}

static void say_lone(const struct raw *r)
{
	if (r->files->name.scheme != SEG_NONE && r->files->n == 1)
		hl_say(&(struct hl_at){ r->src.ctx, NULL, HL_NO_OFFSET,
		                        r->src.name },
		       "only this segment of a split set was found; whether "
		       "others are missing cannot be known");
}

enum hl_status hl_raw_open(struct hl_src **out, struct hl_files *f,
                           const struct hl_image_opts *opts,
                           const struct hl_ctx *ctx)
{
	struct raw *r = hl_zalloc(ctx, sizeof(*r));
	enum hl_status st;

	if (!r)
		return HL_NOMEM;
	hl_src_init(&r->src, &raw_ops, ctx, f->seg[0].path, 0,
	            opts->sector_size ? opts->sector_size
	                              : f->dev.sector_size);
	r->files = f;
	r->allow_missing = opts->allow_missing;
	st = add_all(r);
	if (st != HL_OK) {
		raw_close(&r->src);
		return st;
	}
	drop_vhd_footer(r);
	say_lone(r);
	if (f->dev.live)
		hl_say(&(struct hl_at){ ctx, NULL, HL_NO_OFFSET, r->src.name },
		       "is mounted read-write at %s: its content may be in "
		       "motion", f->dev.mounted_at ? f->dev.mounted_at : "?");
	*out = &r->src;
	return HL_OK;
}
