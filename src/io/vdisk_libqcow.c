/*
 * vdisk_libqcow.c: QCOW through libqcow.
 *
 * A backing file may be of any kind, and libqcow takes only its own.  So what
 * is below is given to it as a QCOW2 that is made up: a header and tables in
 * memory, and behind them the backing disk as it is.
 *
 *	| header | first table | second tables | the disk, cluster by cluster |
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/vdisk_part.h"

#ifdef HAVE_LIBQCOW

#include <libqcow.h>

/* The largest there is, so that 1 TiB needs 4 MiB of tables. */
#define BITS 21
#define CLUSTER (UINT64_C(1) << BITS)
#define PER_TABLE (CLUSTER / 8)
#define COPIED (UINT64_C(1) << 63)
/* 64 TiB, 256 MiB of tables; a backing file is cut there and said. */
#define MAX_CLUSTERS (UINT64_C(1) << 25)

struct qcow {
	struct vdisk_part part, below_part;
	libqcow_file_t *h, *below_h;
	struct hl_src *below;  /* the backing disk */
	struct hl_src *tables; /* in memory */
	struct hl_src *made;   /* both, as a QCOW2 */
};

static void qcow_close(void *lib, const struct hl_ctx *ctx)
{
	struct qcow *q = lib;

	if (q->h)
		libqcow_file_free(&q->h, NULL);
	if (q->below_h)
		libqcow_file_free(&q->below_h, NULL);
	vdisk_part_end(&q->part);
	vdisk_part_end(&q->below_part); /* closes made */
	hl_src_close(q->tables);
	hl_src_close(q->below);
	hl_free(ctx, q);
}

static enum hl_status refused(const struct vdisk_job *job,
                              const struct hl_bfio *b)
{
	enum hl_status st = hl_bfio_why(b);

	if (st == HL_CANCELLED)
		return st;
	return hl_fail(&job->at, st, "libqcow %s cannot open it%s",
	               libqcow_get_version(),
	               st == HL_IO ? ": a part of it cannot be read" : "");
}

static enum hl_status open_file(libqcow_file_t **h, struct vdisk_part *p,
                                const struct vdisk_job *job)
{
	if (libqcow_file_initialize(h, NULL) != 1)
		return HL_NOMEM;
	if (libqcow_file_open_file_io_handle(*h, p->io, LIBQCOW_OPEN_READ,
	                                     NULL) != 1)
		return refused(job, &p->b);
	p->b.budget = UINT64_MAX;
	return HL_OK;
}

/* ---- a backing disk as a QCOW2 ------------------------------------------- */

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)(v >> 32));
	put32(p + 4, (uint32_t)v);
}

/* `size` bytes, of which the first `n` clusters are there. */
static void fill_tables(uint8_t *t, uint64_t size, uint64_t n, uint64_t n_l2)
{
	uint64_t l2 = 2 * CLUSTER, data = l2 + n_l2 * CLUSTER;

	memcpy(t, "QFI\xfb", 4);
	put32(t + 4, 2);
	put32(t + 20, BITS);
	put64(t + 24, size);
	put32(t + 36, (uint32_t)n_l2);
	put64(t + 40, CLUSTER);
	for (uint64_t i = 0; i < n_l2; i++)
		put64(t + CLUSTER + 8 * i, (l2 + i * CLUSTER) | COPIED);
	for (uint64_t i = 0; i < n; i++)
		put64(t + l2 + 8 * i, (data + i * CLUSTER) | COPIED);
}

static uint64_t up(uint64_t a, uint64_t unit)
{
	return a / unit + (a % unit != 0);
}

/* The tables and the disk one behind the other; its end filled with zeros. */
static enum hl_status join(struct qcow *q, uint64_t head, uint64_t used,
                           uint64_t n, const struct vdisk_job *job)
{
	uint64_t pad = n * CLUSTER - used;
	struct hl_extent e[3] = {
		{ .len = head, .in = q->tables, .in_len = head },
		{ .off = head, .len = used, .in = q->below, .in_len = used },
		{ .off = head + used, .len = pad, .what = HL_WHAT_SPARSE },
	};

	return hl_src_extents(&q->made, "backing file", e, pad ? 3 : 2,
	                      job->ctx);
}

static enum hl_status make_up(struct qcow *q, uint64_t size,
                              const struct vdisk_job *job)
{
	uint64_t used = min_u64(hl_src_size(q->below), size);
	uint64_t n = up(used, CLUSTER), n_l2 = up(up(size, CLUSTER), PER_TABLE);
	uint64_t head = (2 + n_l2) * CLUSTER;
	enum hl_status st;

	if (up(size, CLUSTER) > MAX_CLUSTERS || !used)
		return hl_fail(&job->at, HL_UNSUPPORTED, "is too large, or its "
		               "backing file empty");
	uint8_t *t = hl_zalloc(job->ctx, (size_t)head);
	if (!t)
		return HL_NOMEM;
	fill_tables(t, size, n, n_l2);
	st = hl_src_mem(&q->tables, t, (size_t)head, true, job->ctx);
	hl_free(job->ctx, t);
	return st == HL_OK ? join(q, head, used, n, job) : st;
}

static enum hl_status open_below(struct qcow *q, uint64_t size,
                                 const struct vdisk_job *job)
{
	enum hl_status st = hl_vdisk_level(&q->below, job->files,
	                                   job->level + 1, job->opts, job->ctx);

	if (st == HL_OK)
		st = make_up(q, size, job);
	if (st == HL_OK)
		st = vdisk_part(&q->below_part, q->made, job->ctx);
	if (st == HL_OK)
		st = open_file(&q->below_h, &q->below_part, job);
	if (st == HL_OK &&
	    libqcow_file_set_parent_file(q->h, q->below_h, NULL) != 1)
		st = refused(job, &q->part.b);
	return st;
}

static enum hl_status qcow_open(void **lib, const struct vdisk_job *job,
                                uint64_t *size)
{
	struct qcow *q = hl_zalloc(job->ctx, sizeof(*q));
	struct hl_src *file;
	size64_t media = 0;
	size_t seg = 0;
	enum hl_status st;

	if (!q)
		return HL_NOMEM;
	(void)hl_vdisk_files(job->files, job->level, &seg);
	st = hl_vdisk_file(&file, job->files, seg);
	if (st == HL_OK)
		st = vdisk_part(&q->part, file, job->ctx);
	if (st == HL_OK)
		st = open_file(&q->h, &q->part, job);
	if (st == HL_OK &&
	    libqcow_file_get_media_size(q->h, &media, NULL) != 1)
		st = refused(job, &q->part.b);
	if (st == HL_OK && job->head->has_parent)
		st = open_below(q, media, job);
	*size = media;
	if (st == HL_OK)
		*lib = q;
	else
		qcow_close(q, job->ctx);
	return st;
}

static bool qcow_read(void *lib, uint64_t off, void *buf, size_t len)
{
	struct qcow *q = lib;

	return libqcow_file_read_buffer_at_offset(q->h, buf, len,
	                                          (off64_t)off, NULL) ==
	       (ssize_t)len;
}

const struct vdisk_lib hl_vdisk_qcow = { qcow_open, qcow_read, qcow_close };

#else

static enum hl_status qcow_open(void **lib, const struct vdisk_job *job,
                                uint64_t *size)
{
	(void)lib;
	(void)size;
	return hl_vdisk_left_out(job, "libqcow");
}

const struct vdisk_lib hl_vdisk_qcow = { .open = qcow_open };

#endif
