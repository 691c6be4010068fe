/*
 * bfio.c: libbfio's callbacks over a source.
 *
 * A handle is a position.  The whole state of the library's reading is in
 * struct hl_bfio, which its owner can look at when the library has failed:
 * libbfio's own errors tell a backtrace and no reason.
 */
#include "io/bfio.h"

#ifdef HAVE_LIBBFIO

#include <limits.h>
#include <stdio.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/shlib.h"

struct cursor {
	struct hl_bfio *b;
	uint64_t at;
	bool open;
};

static struct cursor *cursor_of(intptr_t *io)
{
	return (struct cursor *)(void *)io;
}

static int bfio_free(intptr_t **io, libbfio_error_t **error)
{
	(void)error;
	if (io && *io) {
		hl_free(cursor_of(*io)->b->ctx, *io);
		*io = NULL;
	}
	return 1;
}

static int bfio_clone(intptr_t **out, intptr_t *io, libbfio_error_t **error)
{
	struct cursor *c = hl_alloc(cursor_of(io)->b->ctx, sizeof(*c));

	(void)error;
	if (!c)
		return -1;
	*c = *cursor_of(io);
	*out = (intptr_t *)(void *)c;
	return 1;
}

static int bfio_open(intptr_t *io, int access_flags, libbfio_error_t **error)
{
	(void)error;
	if (access_flags & LIBBFIO_ACCESS_FLAG_WRITE)
		return -1;
	cursor_of(io)->open = true;
	cursor_of(io)->at = 0;
	return 1;
}

static int bfio_close(intptr_t *io, libbfio_error_t **error)
{
	(void)error;
	cursor_of(io)->open = false;
	return 0;
}

/* false: it has to stop here. */
static bool may_read(struct hl_bfio *b, size_t n)
{
	uint64_t cost;

	if (hl_cancelled(b->ctx))
		b->cancelled = true;
	if (b->cancelled || b->spent)
		return false;
	if (b->budget == UINT64_MAX)
		return true;
	if (ckd_add(&cost, (uint64_t)n, HL_BFIO_COST) || cost > b->budget) {
		b->spent = true;
		return false;
	}
	b->budget -= cost;
	return true;
}

/* What is damaged is an error: the library would take it for zeros. */
static ssize_t bfio_read(intptr_t *io, uint8_t *buf, size_t size,
                         libbfio_error_t **error)
{
	struct cursor *c = cursor_of(io);
	uint64_t end = hl_src_size(c->b->src);
	struct hl_ranges bad;

	(void)error;
	if (size > SSIZE_MAX || !may_read(c->b, size))
		return -1;
	if (c->at >= end)
		return 0;
	size = (size_t)min_u64(size, end - c->at);
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(c->b->src, c->at, buf, size, &bad);
	if (st == HL_CANCELLED)
		c->b->cancelled = true;
	c->b->damaged += bad.bytes;
	if (st != HL_OK || bad.bytes)
		return -1;
	c->at += size;
	return (ssize_t)size;
}

static ssize_t bfio_write(intptr_t *io, const uint8_t *buf, size_t size,
                          libbfio_error_t **error)
{
	(void)io;
	(void)buf;
	(void)size;
	(void)error;
	return -1;
}

static off64_t bfio_seek(intptr_t *io, off64_t off, int whence,
                         libbfio_error_t **error)
{
	struct cursor *c = cursor_of(io);
	uint64_t size = hl_src_size(c->b->src), base = 0;

	(void)error;
	if (whence == SEEK_CUR)
		base = c->at;
	else if (whence == SEEK_END)
		base = size;
	if (off < 0 ? 0 - (uint64_t)off > base :
	    (uint64_t)off > (uint64_t)INT64_MAX - base)
		return -1;
	c->at = base + (uint64_t)off;
	return (off64_t)c->at;
}

static int bfio_exists(intptr_t *io, libbfio_error_t **error)
{
	(void)io;
	(void)error;
	return 1;
}

static int bfio_is_open(intptr_t *io, libbfio_error_t **error)
{
	(void)error;
	return cursor_of(io)->open;
}

static int bfio_size(intptr_t *io, size64_t *size, libbfio_error_t **error)
{
	(void)error;
	*size = hl_src_size(cursor_of(io)->b->src);
	return 1;
}

enum hl_status hl_bfio_open(libbfio_handle_t **out, struct hl_bfio *b)
{
	const uint8_t flags = LIBBFIO_FLAG_IO_HANDLE_MANAGED |
	                      LIBBFIO_FLAG_IO_HANDLE_CLONE_BY_FUNCTION;
	__typeof__(libbfio_handle_initialize) *initialize;
	struct cursor *c;

	*out = NULL;
	if (!hl_shlib_entry(b->lib, "libbfio_handle_initialize", &initialize))
		return HL_UNSUPPORTED;
	c = hl_zalloc(b->ctx, sizeof(*c));
	if (!c)
		return HL_NOMEM;
	c->b = b;
	if (initialize(out, (intptr_t *)(void *)c, bfio_free, bfio_clone,
	               bfio_open, bfio_close, bfio_read, bfio_write, bfio_seek,
	               bfio_exists, bfio_is_open, bfio_size, flags, NULL) == 1)
		return HL_OK;
	hl_free(b->ctx, c);
	return HL_NOMEM;
}

enum hl_status hl_bfio_why(const struct hl_bfio *b)
{
	if (b->cancelled)
		return HL_CANCELLED;
	if (b->spent)
		return HL_LIMIT;
	return b->damaged ? HL_IO : HL_CORRUPT;
}

#else

/* an empty file is no C */
extern int hl_bfio_absent;

#endif
