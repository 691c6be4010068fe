/*
 * vdisk_grains.c: VMDK: extents one behind the other, flat or sparse.
 *
 *	descriptor   -> extent: flat | sparse | zeros
 *	sparse       directory -> tables -> grains, in sectors, 32 bits
 *	  compressed grains: | first sector | bytes | zlib |
 *	  written as a stream: the header that holds is at the end
 *
 * Our own, as vdisk_clusters.c is: libvmdk 20200926 opens no set with an
 * extent of zeros or one that was cut.
 */
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/vdisk_tables.h"

#define SECTOR UINT64_C(512)
#define AT_END UINT64_MAX  /* of the directory: see the footer */
#define FOOTER_BACK 1024
#define FLAG_COMPRESSED (1u << 16)
#define FLAG_COPY 2        /* directory and tables are there twice */
#define GRAIN_ZEROS 1      /* no grain lies in sector 1 */
#define PACKED_HEAD 12

struct extent {
	uint64_t start, len; /* in the disk, bytes */
	struct hl_src *file; /* NULL: of zeros, or missing */
	bool zeros, sparse, packed;
	uint64_t off;        /* flat: where it begins in the file */
	uint64_t grain;      /* bytes */
	uint32_t per_table;
	uint8_t *directory;
	size_t n;
};

struct grains {
	struct hl_src *below;
	struct extent *extent;
	size_t n, cap;
	uint64_t largest;    /* compressed grain */
	uint8_t *packed, *plain;
	uint64_t plain_at;   /* of the disk, + 1; 0: none */
};

/* ---- reading ------------------------------------------------------------- */

static bool read_below(const struct grains *g, uint64_t off, uint8_t *buf,
                       size_t len)
{
	uint64_t size = g->below ? hl_src_size(g->below) : 0;
	size_t n = off < size ? (size_t)min_u64(len, size - off) : 0;

	memset(buf + n, 0, len - n);
	return !n || hl_src_read(g->below, off, buf, n, NULL) == HL_OK;
}

/* The sector of a grain, 0 when there is none; false: damaged. */
static bool sector_of(const struct extent *e, uint64_t grain, uint32_t *out)
{
	uint64_t i = grain / e->per_table, k = grain % e->per_table;
	uint32_t table;
	uint8_t b[4];

	*out = 0;
	if (i >= e->n)
		return false;
	table = le32_at(e->directory + 4 * i);
	if (!table)
		return true;
	if (hl_src_read(e->file, table * SECTOR + 4 * k, b, 4, NULL) != HL_OK)
		return false;
	*out = le32_at(b);
	return true;
}

/* The last grain may be one of fewer bytes. */
static bool unpack(struct grains *g, const struct extent *e, uint64_t grain,
                   uint64_t at)
{
	uint8_t head[PACKED_HEAD];
	uLongf n = (uLongf)e->grain;
	uint64_t begin = grain * e->grain;
	uint32_t size;

	if (hl_src_read(e->file, at, head, sizeof(head), NULL) != HL_OK ||
	    le64_at(head) != begin / SECTOR)
		return false;
	size = le32_at(head + 8);
	if (size > 2 * e->grain ||
	    hl_src_read(e->file, at + PACKED_HEAD, g->packed, size, NULL) !=
	    HL_OK)
		return false;
	memset(g->plain, 0, (size_t)e->grain);
	return uncompress(g->plain, &n, g->packed, size) == Z_OK &&
	       n >= min_u64(e->grain, e->len - begin);
}

static bool read_packed(struct grains *g, const struct extent *e, uint64_t in,
                        uint32_t sector, uint8_t *buf, size_t len)
{
	uint64_t grain = in / e->grain;
	uint64_t key = e->start + grain * e->grain + 1;

	if (g->plain_at != key) {
		g->plain_at = 0;
		if (!unpack(g, e, grain, sector * SECTOR))
			return false;
		g->plain_at = key;
	}
	memcpy(buf, g->plain + in % e->grain, len);
	return true;
}

/* Inside one grain. */
static bool read_grain(struct grains *g, const struct extent *e, uint64_t in,
                       uint8_t *buf, size_t len)
{
	uint32_t sector;

	if (!sector_of(e, in / e->grain, &sector))
		return false;
	if (!sector)
		return read_below(g, e->start + in, buf, len);
	if (sector == GRAIN_ZEROS) {
		memset(buf, 0, len);
		return true;
	}
	if (e->packed)
		return read_packed(g, e, in, sector, buf, len);
	return hl_src_read(e->file, sector * SECTOR + in % e->grain, buf, len,
	                   NULL) == HL_OK;
}

static bool read_extent(struct grains *g, const struct extent *e, uint64_t in,
                        uint8_t *buf, size_t len)
{
	if (e->zeros) {
		memset(buf, 0, len);
		return true;
	}
	if (!e->file)
		return false;
	if (!e->sparse)
		return hl_src_read(e->file, e->off + in, buf, len, NULL) ==
		       HL_OK;
	while (len) {
		size_t n = (size_t)min_u64(e->grain - in % e->grain, len);
		if (!read_grain(g, e, in, buf, n))
			return false;
		in += n;
		buf += n;
		len -= n;
	}
	return true;
}

static const struct extent *extent_at(const struct grains *g, uint64_t off)
{
	size_t lo = 0, hi = g->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (g->extent[mid].start <= off)
			lo = mid;
		else
			hi = mid;
	}
	return &g->extent[lo];
}

static bool grains_read(void *disk, uint64_t off, void *buf, size_t len)
{
	struct grains *g = disk;

	while (len) {
		const struct extent *e = extent_at(g, off);
		uint64_t in = off - e->start;
		size_t n = (size_t)min_u64(e->len - in, len);
		if (!read_extent(g, e, in, buf, n))
			return false;
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return true;
}

static void grains_close(void *disk, const struct hl_ctx *ctx)
{
	struct grains *g = disk;

	for (size_t i = 0; i < g->n; i++) {
		hl_src_close(g->extent[i].file);
		hl_free(ctx, g->extent[i].directory);
	}
	hl_src_close(g->below);
	hl_free(ctx, g->extent);
	hl_free(ctx, g->packed);
	hl_free(ctx, g->plain);
	hl_free(ctx, g);
}

/* ---- opening ------------------------------------------------------------- */

static enum hl_status load_directory(struct extent *e, uint64_t sector,
                                     uint64_t copy, const struct hl_at *at)
{
	uint64_t table = e->grain * e->per_table;
	struct vmdk_tables t = {
		.file = e->file, .sector = sector, .copy_sector = copy,
		.n = e->len / table + (e->len % table != 0),
		.per_table = e->per_table,
	};

	e->n = (size_t)t.n;
	return hl_vmdk_directory(&e->directory, &t, at);
}

static enum hl_status open_sparse(struct extent *e, const struct hl_at *at)
{
	uint8_t h[VMDK_HEADER];
	uint64_t size = hl_src_size(e->file), directory, copy;
	enum hl_status st = hl_vmdk_sparse(e->file, h, at);

	if (st != HL_OK)
		return st;
	e->sparse = true;
	if (!memcmp(h, "COWD", 4)) {
		e->grain = le32_at(h + 16) * SECTOR;
		e->per_table = 4096;
		return load_directory(e, le32_at(h + 20), 0, at);
	}
	if (le64_at(h + 56) == AT_END && size > FOOTER_BACK &&
	    (hl_src_read(e->file, size - FOOTER_BACK, h, VMDK_HEADER,
	                 NULL) != HL_OK || memcmp(h, "KDMV", 4) != 0))
		return hl_fail(at, HL_CORRUPT, "is a VMDK without the end that "
		               "says where its grains are");
	directory = le64_at(h + 56);
	copy = le32_at(h + 8) & FLAG_COPY ? le64_at(h + 48) : 0;
	e->packed = le32_at(h + 8) & FLAG_COMPRESSED;
	e->grain = le64_at(h + 20) * SECTOR;
	e->per_table = le32_at(h + 44);
	st = hl_vmdk_header(h, size, at);
	return st == HL_OK ? load_directory(e, directory, copy, at) : st;
}

/* The file of extent i; of one that is missing nothing can be read. */
static enum hl_status extent_file(struct extent *e, size_t i,
                                  const struct vdisk_job *job)
{
	const struct hl_files *f = job->files;
	size_t first = 0, n = hl_vdisk_files(f, job->level, &first);

	for (size_t k = first; k < first + n; k++)
		if (f->seg[k].number == VDISK_NUMBER(job->level, i + 1))
			return hl_vdisk_file(&e->file, f, k);
	/* inside the file that describes it */
	return n == 1 && i == 0 && job->head->lone
	       ? hl_vdisk_file(&e->file, f, first) : HL_OK;
}

static enum hl_status add_extent(struct grains *g, uint64_t *size,
                                 const struct vmdk_extent *x,
                                 const struct vdisk_job *job)
{
	struct hl_at at = job->at;
	struct extent *e;
	enum hl_status st = hl_grow(job->ctx, (void **)&g->extent, &g->cap,
	                            g->n, sizeof(*e), HL_MAX_VDISK_EXTENTS);

	if (st != HL_OK)
		return st;
	e = &g->extent[g->n];
	*e = (struct extent){ .start = *size, .zeros = !strcmp(x->type,
	                                                       "ZERO") };
	if (ckd_mul(&e->len, x->sectors, SECTOR) || !e->len ||
	    ckd_add(size, *size, e->len) ||
	    ckd_mul(&e->off, x->off, SECTOR))
		return hl_fail(&at, HL_CORRUPT, "has an extent of %llu sectors",
		               (unsigned long long)x->sectors);
	g->n++;
	if (e->zeros)
		return HL_OK;
	st = extent_file(e, g->n - 1, job);
	if (st != HL_OK || !e->file)
		return st;
	at.what = hl_src_name(e->file);
	if (!strcmp(x->type, "FLAT") || !strcmp(x->type, "VMFS"))
		return HL_OK;
	if (strcmp(x->type, "SPARSE") != 0 && strcmp(x->type, "VMFSSPARSE") != 0)
		return hl_fail(&at, HL_UNSUPPORTED, "is an extent of type %s, "
		               "which is not read", x->type);
	st = open_sparse(e, &at);
	if (e->packed)
		g->largest = max_u64(g->largest, e->grain);
	return st;
}

static enum hl_status add_all(struct grains *g, const struct vdisk_job *job,
                              uint64_t *size)
{
	struct hl_src *file;
	struct vmdk_extent x;
	char *text;
	size_t seg = 0;
	enum hl_status st;

	(void)hl_vdisk_files(job->files, job->level, &seg);
	st = hl_vdisk_file(&file, job->files, seg);
	if (st != HL_OK)
		return st;
	st = hl_vmdk_text(&text, file, &job->at);
	hl_src_close(file);
	if (st != HL_OK)
		return st;
	for (const char *p = text; st == HL_OK && hl_vmdk_extent(&p, &x);)
		st = add_extent(g, size, &x, job);
	hl_free(job->ctx, text);
	if (st == HL_OK && !g->n)
		return hl_fail(&job->at, HL_CORRUPT, "describes no extent");
	return st;
}

static enum hl_status grains_open(void **disk, const struct vdisk_job *job,
                                  uint64_t *size)
{
	struct grains *g = hl_zalloc(job->ctx, sizeof(*g));
	enum hl_status st;

	if (!g)
		return HL_NOMEM;
	*size = 0;
	st = add_all(g, job, size);
	if (st == HL_OK && g->largest) {
		g->packed = hl_alloc(job->ctx, 2 * (size_t)g->largest);
		g->plain = hl_alloc(job->ctx, (size_t)g->largest);
		if (!g->packed || !g->plain)
			st = HL_NOMEM;
	}
	if (st == HL_OK && job->head->has_parent)
		st = hl_vdisk_level(&g->below, job->files, job->level + 1,
		                    job->opts, job->ctx);
	if (st == HL_OK)
		*disk = g;
	else
		grains_close(g, job->ctx);
	return st;
}

const struct vdisk_reader hl_vdisk_grains = {
	grains_open, grains_read, grains_close,
};
