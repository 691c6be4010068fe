/*
 * vdisk_clusters.c: QCOW 1, 2 and 3: clusters, found by two tables.
 *
 *	first table   -> second tables -> clusters
 *	entry of a second table, 2 and 3:
 *	  63 in use once   62 compressed   55..9 offset   0 zeros
 *	compressed, of clusters of 2^n bytes:
 *	  61..70-n sectors that it reaches into, less one   69-n..0 offset
 *	version 1: 63 compressed, 62..63-n bytes, the rest the offset
 *
 * Our own, because libqcow 20201213 gives bytes of the backing file for those
 * of the image where one read goes over the end of a cluster.
 */
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/be.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/vdisk.h"
#include "io/zstd.h"

#define OFFSET UINT64_C(0x00fffffffffffe00)
#define COMPRESSED_1 (UINT64_C(1) << 63)
#define COMPRESSED_2 (UINT64_C(1) << 62)
#define ZEROS 1
#define SECTOR 512u

struct qcow {
	struct hl_src *file;
	struct hl_src *below; /* the backing disk, or NULL */
	bool old;             /* version 1 */
	uint32_t bits, l2_bits;
	uint8_t *l1;
	size_t n_l1;
	struct hl_zstd *zstd;    /* NULL: zlib */
	uint8_t *packed, *plain; /* for one compressed cluster */
	uint64_t plain_at;       /* which is in plain, + 1; 0: none */
};

static uint64_t cluster_size(const struct qcow *q)
{
	return UINT64_C(1) << q->bits;
}

/* The entry for that cluster, 0 when there is none; false: damaged. */
static bool entry_of(const struct qcow *q, uint64_t off, uint64_t *entry)
{
	uint64_t i = off >> (q->bits + q->l2_bits);
	uint64_t k = off >> q->bits & ((UINT64_C(1) << q->l2_bits) - 1);
	uint8_t b[8];
	uint64_t table;

	*entry = 0;
	if (i >= q->n_l1)
		return false;
	table = be64_at(q->l1 + 8 * i);
	if (!q->old)
		table &= OFFSET;
	if (!table)
		return true;
	if (table > INT64_MAX ||
	    hl_src_read(q->file, table + 8 * k, b, 8, NULL) != HL_OK)
		return false;
	*entry = be64_at(b);
	return true;
}

/* Where the stored bytes of a compressed cluster lie. */
static void packed_at(const struct qcow *q, uint64_t entry, uint64_t *off,
                      uint64_t *len)
{
	uint32_t x = q->old ? 63 - q->bits : 62 - (q->bits - 8);

	*off = entry & ((UINT64_C(1) << x) - 1);
	if (q->old) {
		*len = entry >> x & (cluster_size(q) - 1);
		return;
	}
	*len = ((entry >> x & ((UINT64_C(1) << (62 - x)) - 1)) + 1) * SECTOR -
	       *off % SECTOR;
}

/* A whole cluster comes out, or it is damaged; raw deflate, or zstd. */
static bool unpack(const struct qcow *q, size_t n)
{
	z_stream z = { .next_in = q->packed, .avail_in = (uInt)n,
	               .next_out = q->plain,
	               .avail_out = (uInt)cluster_size(q) };
	int rc;

	if (q->zstd)
		return hl_zstd_fill(q->zstd, span_of(q->packed, n), q->plain,
		                    (size_t)cluster_size(q));
	if (inflateInit2(&z, -15) != Z_OK)
		return false;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return z.avail_out == 0 && (rc == Z_STREAM_END || rc == Z_BUF_ERROR ||
	                            rc == Z_OK);
}

static bool read_packed(struct qcow *q, uint64_t entry, uint64_t off,
                        uint8_t *buf, size_t len)
{
	uint64_t cluster = off >> q->bits, at, n;
	uint64_t size = hl_src_size(q->file);

	if (q->plain_at != cluster + 1) {
		packed_at(q, entry, &at, &n);
		q->plain_at = 0;
		if (at >= size || n > 2 * cluster_size(q))
			return false;
		/* it reaches into its last sector, which may not be whole */
		n = min_u64(n, size - at);
		if (hl_src_read(q->file, at, q->packed, (size_t)n, NULL) !=
		    HL_OK || !unpack(q, (size_t)n))
			return false;
		q->plain_at = cluster + 1;
	}
	memcpy(buf, q->plain + (off & (cluster_size(q) - 1)), len);
	return true;
}

static bool read_below(const struct qcow *q, uint64_t off, uint8_t *buf,
                       size_t len)
{
	uint64_t size = q->below ? hl_src_size(q->below) : 0;
	size_t n = off < size ? (size_t)min_u64(len, size - off) : 0;

	memset(buf + n, 0, len - n);
	return !n || hl_src_read(q->below, off, buf, n, NULL) == HL_OK;
}

/* Inside one cluster. */
static bool read_cluster(struct qcow *q, uint64_t off, uint8_t *buf,
                         size_t len)
{
	uint64_t entry, at;

	if (!entry_of(q, off, &entry))
		return false;
	if (entry & (q->old ? COMPRESSED_1 : COMPRESSED_2))
		return read_packed(q, entry, off, buf, len);
	if (!q->old && entry & ZEROS) {
		memset(buf, 0, len);
		return true;
	}
	at = q->old ? entry : entry & OFFSET;
	if (!at)
		return read_below(q, off, buf, len);
	return at <= INT64_MAX &&
	       hl_src_read(q->file, at + (off & (cluster_size(q) - 1)), buf,
	                   len, NULL) == HL_OK;
}

static bool clusters_read(void *disk, uint64_t off, void *buf, size_t len)
{
	struct qcow *q = disk;
	uint64_t size = cluster_size(q);

	while (len) {
		size_t n = (size_t)min_u64(size - off % size, len);
		if (!read_cluster(q, off, buf, n))
			return false;
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return true;
}

static void clusters_close(void *disk, const struct hl_ctx *ctx)
{
	struct qcow *q = disk;

	hl_src_close(q->below);
	hl_src_close(q->file);
	hl_zstd_free(q->zstd);
	hl_free(ctx, q->l1);
	hl_free(ctx, q->packed);
	hl_free(ctx, q->plain);
	hl_free(ctx, q);
}

/* Sizes were checked when the header was decoded. */
static enum hl_status load(struct qcow *q, const struct vdisk_job *job)
{
	const struct vdisk_head *h = job->head;
	size_t cluster = (size_t)h->block;

	q->old = h->old;
	while (UINT64_C(1) << q->bits < h->block)
		q->bits++;
	q->l2_bits = h->l2_bits;
	q->n_l1 = (size_t)(h->table_len / 8);
	q->l1 = hl_alloc_array(job->ctx, q->n_l1, 8);
	q->packed = hl_alloc(job->ctx, 2 * cluster);
	q->plain = hl_alloc(job->ctx, cluster);
	if (!q->l1 || !q->packed || !q->plain)
		return HL_NOMEM;
	if (h->zstd && hl_zstd_new(&q->zstd, job->ctx) != HL_OK)
		return HL_NOMEM;
	if (q->n_l1 && hl_src_read(q->file, h->table_off, q->l1, q->n_l1 * 8,
	                           NULL) != HL_OK)
		return hl_fail(&job->at, HL_CORRUPT,
		               "its first table cannot be read");
	return HL_OK;
}

static enum hl_status clusters_open(void **disk, const struct vdisk_job *job,
                                    uint64_t *size)
{
	struct qcow *q = hl_zalloc(job->ctx, sizeof(*q));
	size_t seg = 0;
	enum hl_status st;

	if (!q)
		return HL_NOMEM;
	(void)hl_vdisk_files(job->files, job->level, &seg);
	st = hl_vdisk_file(&q->file, job->files, seg);
	if (st == HL_OK)
		st = load(q, job);
	if (st == HL_OK && job->head->parent_raw) {
		(void)hl_vdisk_files(job->files, job->level + 1, &seg);
		st = hl_vdisk_file(&q->below, job->files, seg);
	} else if (st == HL_OK && job->head->has_parent) {
		st = hl_vdisk_level(&q->below, job->files, job->level + 1,
		                    job->opts, job->ctx);
	}
	*size = job->head->size;
	if (st == HL_OK)
		*disk = q;
	else
		clusters_close(q, job->ctx);
	return st;
}

const struct vdisk_reader hl_vdisk_clusters = {
	clusters_open, clusters_read, clusters_close,
};
