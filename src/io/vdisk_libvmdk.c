/*
 * vdisk_libvmdk.c: VMDK through libvmdk.
 *
 * It asks for the extents in the order of the descriptor, all of them.  One
 * that is missing is a file of that size that cannot be read; so a sparse one,
 * whose header is needed, cannot be done without.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/vdisk_part.h"

#ifdef HAVE_LIBVMDK

#include <libvmdk.h>

#define SECTOR 512

struct level {
	libvmdk_handle_t *h;
	libbfio_pool_t *pool;
	struct vdisk_part head;
	struct vdisk_part *part; /* the pool frees their handles */
	size_t n;
};

struct vmdk {
	size_t n;
	struct level level[];
};

static void vmdk_close(void *lib, const struct hl_ctx *ctx)
{
	struct vmdk *v = lib;

	for (size_t i = 0; i < v->n; i++) {
		struct level *l = &v->level[i];
		if (l->h)
			libvmdk_handle_free(&l->h, NULL);
		if (l->pool)
			libbfio_pool_free(&l->pool, NULL);
		for (size_t k = 0; k < l->n; k++)
			vdisk_part_end(&l->part[k]);
		hl_free(ctx, l->part);
		vdisk_part_end(&l->head);
	}
	hl_free(ctx, v);
}

static enum hl_status refused(const struct vdisk_job *job,
                              const struct level *l)
{
	enum hl_status st = hl_bfio_why(&l->head.b);
	struct hl_at at = job->at;

	for (size_t k = 0; k < l->n && st == HL_CORRUPT; k++)
		st = hl_bfio_why(&l->part[k].b);
	at.what = hl_src_name(l->head.src);
	if (st == HL_CANCELLED)
		return st;
	return hl_fail(&at, st, "libvmdk %s cannot open it%s",
	               libvmdk_get_version(),
	               st == HL_IO ? ": a part of it cannot be read" : "");
}

/* The file of extent i; of one that is not there nothing can be read. */
static enum hl_status extent_file(struct hl_src **out,
                                  const struct vdisk_job *job, uint32_t level,
                                  uint32_t i, const struct vmdk_extent *e)
{
	struct hl_extent gone = { .len = e->sectors * SECTOR,
	                          .what = HL_WHAT_MISSING,
	                          .quality = HL_Q_UNREADABLE };

	const struct hl_files *f = job->files;
	size_t first = 0, n = hl_vdisk_files(f, level, &first);

	for (size_t k = first; k < first + n; k++)
		if (f->seg[k].number == VDISK_NUMBER(level, i + 1))
			return hl_vdisk_file(out, f, k);
	if (!*e->name) /* of zeros: needs no file */
		gone = (struct hl_extent){ .len = gone.len,
		                           .what = HL_WHAT_SPARSE };
	if (!gone.len || gone.len / SECTOR != e->sectors)
		return hl_src_mem(out, "", 0, false, job->ctx);
	return hl_src_extents(out, *e->name ? e->name : "zeros", &gone, 1,
	                      job->ctx);
}

static enum hl_status add_extent(struct level *l, const struct vdisk_job *job,
                                 uint32_t level, const struct vmdk_extent *e)
{
	struct vdisk_part *p = &l->part[l->n];
	struct hl_at at = job->at;
	struct hl_src *file;
	size_t first = 0;
	int entry;
	enum hl_status st;

	if (hl_vdisk_files(job->files, level, &first) == 1 && l->n == 0 &&
	    hl_vmdk_inside(l->head.src))
		st = hl_vdisk_file(&file, job->files, first);
	else
		st = extent_file(&file, job, level, (uint32_t)l->n, e);
	if (st != HL_OK)
		return st;
	l->n++;
	at.what = hl_src_name(file);
	st = vdisk_part(p, file, job->ctx);
	if (st == HL_OK && strstr(e->type, "SPARSE"))
		st = hl_vmdk_sparse(file, &at);
	if (st != HL_OK)
		return st;
	if (libbfio_pool_append_handle(l->pool, &entry, p->io,
	                               LIBBFIO_OPEN_READ, NULL) != 1)
		return HL_NOMEM;
	p->io = NULL;
	return HL_OK;
}

static enum hl_status add_extents(struct level *l, const struct vdisk_job *job,
                                  uint32_t level)
{
	struct hl_at at = job->at;
	struct vmdk_extent e;
	size_t n = 0;
	char *text;
	enum hl_status st = hl_vmdk_text(&text, l->head.src, &at);

	if (st != HL_OK)
		return st;
	for (const char *p = text; hl_vmdk_extent(&p, &e);)
		n++;
	l->part = hl_zalloc(job->ctx, (n + 1) * sizeof(*l->part));
	if (n > HL_MAX_VDISK_EXTENTS || !l->part ||
	    libbfio_pool_initialize(&l->pool, 0, 0, NULL) != 1)
		st = HL_NOMEM;
	for (const char *p = text; st == HL_OK && hl_vmdk_extent(&p, &e);)
		st = add_extent(l, job, level, &e);
	hl_free(job->ctx, text);
	return st;
}

static enum hl_status open_level(struct vmdk *v, const struct vdisk_job *job)
{
	uint32_t level = job->level + (uint32_t)v->n;
	struct level *l = &v->level[v->n];
	struct hl_src *file;
	size_t seg = 0;
	enum hl_status st;

	(void)hl_vdisk_files(job->files, level, &seg);
	st = hl_vdisk_file(&file, job->files, seg);
	if (st != HL_OK)
		return st;
	v->n++;
	st = vdisk_part(&l->head, file, job->ctx);
	if (st == HL_OK)
		st = add_extents(l, job, level);
	if (st != HL_OK)
		return st;
	if (libvmdk_handle_initialize(&l->h, NULL) != 1)
		return HL_NOMEM;
	if (libvmdk_handle_open_file_io_handle(l->h, l->head.io,
	                                       LIBVMDK_OPEN_READ, NULL) != 1 ||
	    libvmdk_handle_open_extent_data_files_file_io_pool(l->h, l->pool,
	                                                       NULL) != 1)
		return refused(job, l);
	for (size_t k = 0; k < l->n; k++)
		l->part[k].b.budget = UINT64_MAX;
	return HL_OK;
}

static enum hl_status vmdk_open(void **lib, const struct vdisk_job *job,
                                uint64_t *size)
{
	size64_t media = 0;
	size_t n = 0, seg;
	enum hl_status st = HL_OK;

	while (hl_vdisk_files(job->files, job->level + (uint32_t)n, &seg))
		n++;
	struct vmdk *v = hl_zalloc(job->ctx,
	                           sizeof(*v) + n * sizeof(*v->level));
	if (!v)
		return HL_NOMEM;
	while (st == HL_OK && v->n < n)
		st = open_level(v, job);
	for (size_t i = 0; st == HL_OK && i + 1 < n; i++)
		if (libvmdk_handle_set_parent_handle(v->level[i].h,
		                                     v->level[i + 1].h,
		                                     NULL) != 1)
			st = refused(job, &v->level[i + 1]);
	if (st == HL_OK &&
	    libvmdk_handle_get_media_size(v->level[0].h, &media, NULL) != 1)
		st = refused(job, &v->level[0]);
	*size = media;
	if (st == HL_OK)
		*lib = v;
	else
		vmdk_close(v, job->ctx);
	return st;
}

static bool vmdk_read(void *lib, uint64_t off, void *buf, size_t len)
{
	struct vmdk *v = lib;

	return libvmdk_handle_read_buffer_at_offset(v->level[0].h, buf, len,
	                                            (off64_t)off, NULL) ==
	       (ssize_t)len;
}

const struct vdisk_lib hl_vdisk_vmdk = { vmdk_open, vmdk_read, vmdk_close };

#else

static enum hl_status vmdk_open(void **lib, const struct vdisk_job *job,
                                uint64_t *size)
{
	(void)lib;
	(void)size;
	return hl_vdisk_left_out(job, "libvmdk");
}

const struct vdisk_lib hl_vdisk_vmdk = { .open = vmdk_open };

#endif
