/*
 * vdisk.c: a virtual disk as a source: a leaf, like an E01.
 *
 * What it maps to are offsets of the disk, not of the file: those that its
 * sectors have for whoever reads the manifest, whatever it was kept in.
 *
 * Blocks that were read are kept, since to find one may cost some reads of
 * tables; a lock guards them, and the one cluster that a reader has unpacked.
 * A block that cannot be read is read again sector by sector, so that damage
 * costs only itself.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "io/vdisk.h"

#define BLOCK (64u << 10)
#define SLOTS 64 /* 4 MiB of blocks kept */
#define DIRECT (256u << 10) /* so much at once is not kept */
#define SECTOR 512
#define FACTS 5

struct slot {
	uint64_t block; /* + 1; 0: empty */
	uint8_t *p;
};

struct vdisk {
	struct hl_src src;
	struct hl_files *files;
	const struct vdisk_reader *ops;
	void *disk;
	struct vdisk_head head;
	pthread_mutex_t lock; /* of disk and the slots */
	struct slot slot[SLOTS];
	const char *fact[FACTS][2];
	size_t n_facts;
	char *chain;
};

enum hl_status hl_vdisk_head(struct hl_src *file, enum files_kind kind,
                             struct vdisk_head *out, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, hl_src_name(file) };

	memset(out, 0, sizeof(*out));
	switch (kind) {
	case FILES_VHD:
		return hl_vhd_head(file, out, &at);
	case FILES_VHDX:
		return hl_vhdx_head(file, out, &at);
	case FILES_VMDK:
		return hl_vmdk_head(file, out, &at);
	case FILES_QCOW:
		return hl_qcow_head(file, out, &at);
	default:
		return HL_UNSUPPORTED;
	}
}

/* ---- reading ------------------------------------------------------------- */

static void read_sectors(struct vdisk *v, uint64_t off, uint8_t *buf,
                         size_t len, struct hl_ranges *bad)
{
	while (len) {
		size_t n = (size_t)min_u64(SECTOR - off % SECTOR, len);
		if (!v->ops->read(v->disk, off, buf, n)) {
			memset(buf, 0, n);
			hl_ranges_add(bad, off, n, HL_WHAT_DATA,
			              HL_Q_UNREADABLE);
		}
		off += n;
		buf += n;
		len -= n;
	}
}

static void read_whole(struct vdisk *v, uint64_t off, uint8_t *buf, size_t len,
                     struct hl_ranges *bad)
{
	while (len) {
		size_t n = (size_t)min_u64(BLOCK - off % BLOCK, len);
		if (!v->ops->read(v->disk, off, buf, n))
			read_sectors(v, off, buf, n, bad);
		off += n;
		buf += n;
		len -= n;
	}
}

/* The block from memory, read first when it is not there; NULL: it cannot be
 * read as a whole, or there is no room for it. */
static const uint8_t *cached(struct vdisk *v, uint64_t block)
{
	struct slot *s = &v->slot[block % SLOTS];
	uint64_t off = block * BLOCK;

	if (s->block == block + 1)
		return s->p;
	if (!s->p)
		s->p = hl_alloc(v->src.ctx, BLOCK);
	if (!s->p)
		return NULL;
	s->block = 0;
	if (!v->ops->read(v->disk, off, s->p,
	                  (size_t)min_u64(BLOCK, v->src.size - off)))
		return NULL;
	s->block = block + 1;
	return s->p;
}

static void read_small(struct vdisk *v, uint64_t off, uint8_t *buf, size_t len,
                       struct hl_ranges *bad)
{
	while (len) {
		size_t at = (size_t)(off % BLOCK);
		size_t n = (size_t)min_u64(BLOCK - at, len);
		const uint8_t *p = cached(v, off / BLOCK);
		if (p)
			memcpy(buf, p + at, n);
		else
			read_sectors(v, off, buf, n, bad);
		off += n;
		buf += n;
		len -= n;
	}
}

static enum hl_status vdisk_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct vdisk *v = (struct vdisk *)src;

	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	while (len) {
		size_t n = (size_t)min_u64(len, 1u << 20);
		if (hl_cancelled(src->ctx))
			return HL_CANCELLED;
		/* others may have their turn in between */
		pthread_mutex_lock(&v->lock);
		if (n >= DIRECT)
			read_whole(v, off, buf, n, bad);
		else
			read_small(v, off, buf, n, bad);
		pthread_mutex_unlock(&v->lock);
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return HL_OK;
}

static enum hl_status vdisk_info(const struct hl_src *src,
                                 struct hl_image_info *out)
{
	const struct vdisk *v = (const struct vdisk *)src;

	*out = (struct hl_image_info){
		.path = v->files->seg[0].path,
		.format = v->head.format,
		.size = src->size,
		.sector_size = src->sector_size,
		.segments = v->files->n,
		.n_acquisition = v->n_facts,
		.acquisition = (const char *const (*)[2])v->fact,
	};
	return HL_OK;
}

static void vdisk_close(struct hl_src *src)
{
	struct vdisk *v = (struct vdisk *)src;

	if (v->disk)
		v->ops->close(v->disk, src->ctx);
	for (size_t i = 0; i < SLOTS; i++)
		hl_free(src->ctx, v->slot[i].p);
	pthread_mutex_destroy(&v->lock);
	hl_free(src->ctx, v->chain);
	hl_free(src->ctx, v);
}

static const struct hl_src_ops vdisk_src_ops = {
	.read = vdisk_read,
	.info = vdisk_info,
	.close = vdisk_close,
};

/* ---- opening ------------------------------------------------------------- */

static void fact(struct vdisk *v, const char *key, const char *value)
{
	if (!value || !*value || v->n_facts == FACTS)
		return;
	v->fact[v->n_facts][0] = key;
	v->fact[v->n_facts++][1] = value;
}

/* "base.vhd, older.vhd": what it is made from, the nearest first. */
static enum hl_status name_parents(struct vdisk *v, uint32_t level)
{
	const struct hl_files *f = v->files;
	size_t i;

	while (hl_vdisk_files(f, ++level, &i)) {
		char *old = v->chain;
		v->chain = hl_asprintf(v->src.ctx, "%s%s%s", old ? old : "",
		                       old ? ", " : "",
		                       hl_path_base(f->seg[i].path));
		hl_free(v->src.ctx, old);
		if (!v->chain)
			return HL_NOMEM;
	}
	fact(v, "creator", v->head.creator);
	fact(v, "identifier", v->head.id);
	fact(v, "parent identifier", v->head.parent_id);
	fact(v, "parents", v->chain);
	return HL_OK;
}

static const struct vdisk_reader *reader_of(enum files_kind kind)
{
	switch (kind) {
	case FILES_VHD:
	case FILES_VHDX:
		return &hl_vdisk_blocks;
	case FILES_VMDK:
		return &hl_vdisk_grains;
	default:
		return &hl_vdisk_clusters;
	}
}

static enum hl_status open_disk(struct vdisk *v, uint32_t level,
                                   const struct hl_image_opts *opts)
{
	struct vdisk_job job = {
		.files = v->files, .level = level, .opts = opts,
		.ctx = v->src.ctx, .head = &v->head,
		.at = { v->src.ctx, NULL, HL_NO_OFFSET, v->src.name },
	};
	enum hl_status st = v->ops->open(&v->disk, &job, &v->src.size);

	if (st != HL_OK)
		return st;
	if (v->src.size > INT64_MAX)
		return hl_fail(&job.at, HL_CORRUPT, "is of %llu bytes, which "
		               "cannot be", (unsigned long long)v->src.size);
	if (v->head.snapshots)
		hl_say(&job.at, "holds %lu snapshots, older states of the "
		       "disk, which are not read",
		       (unsigned long)v->head.snapshots);
	if (v->head.flaw)
		hl_warn(&job.at, "%s", v->head.flaw);
	return name_parents(v, level);
}

static enum hl_status open_source(struct hl_src **out, struct hl_files *f,
                                  uint32_t level, enum files_kind kind,
                                  const struct vdisk_head *head,
                                  const struct hl_image_opts *opts,
                                  const struct hl_ctx *ctx)
{
	struct vdisk *v = hl_zalloc(ctx, sizeof(*v));
	size_t i = 0;
	enum hl_status st;

	if (!v)
		return HL_NOMEM;
	(void)hl_vdisk_files(f, level, &i);
	hl_src_init(&v->src, &vdisk_src_ops, ctx, f->seg[i].path, 0,
	            opts->sector_size ? opts->sector_size : head->sector_size);
	v->files = f;
	v->ops = reader_of(kind);
	v->head = *head;
	if (v->head.creator)
		v->head.creator = v->head.text;
	if (pthread_mutex_init(&v->lock, NULL) != 0) {
		hl_free(ctx, v);
		return HL_NOMEM;
	}
	st = open_disk(v, level, opts);
	if (st == HL_OK)
		*out = &v->src;
	else
		vdisk_close(&v->src);
	return st;
}

enum hl_status hl_vdisk_level(struct hl_src **out, struct hl_files *f,
                              uint32_t level,
                              const struct hl_image_opts *opts,
                              const struct hl_ctx *ctx)
{
	struct hl_src *file;
	struct vdisk_head *head;
	enum files_kind kind = f->kind;
	const char *other;
	size_t i = 0;
	enum hl_status st;

	*out = NULL;
	(void)hl_vdisk_files(f, level, &i);
	st = hl_vdisk_file(&file, f, i);
	if (st != HL_OK)
		return st;
	if (level)
		kind = hl_vdisk_kind(file, &other);
	if (st == HL_OK && kind == FILES_RAW) {
		file->size -= hl_vhd_fixed(file);
		*out = file;
		return HL_OK;
	}
	head = hl_zalloc(ctx, sizeof(*head));
	if (st == HL_OK)
		st = head ? hl_vdisk_head(file, kind, head, ctx) : HL_NOMEM;
	hl_src_close(file);
	if (st == HL_OK)
		st = open_source(out, f, level, kind, head, opts, ctx);
	hl_free(ctx, head);
	return st;
}

enum hl_status hl_vdisk_open(struct hl_src **out, struct hl_files *f,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx)
{
	return hl_vdisk_level(out, f, 0, opts, ctx);
}
