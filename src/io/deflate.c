/*
 * deflate.c: see deflate.h.
 *
 * The levels are those that are no larger than what zlib's fastest and best
 * make of the same chunks; libdeflate needs a fraction of their time.
 */
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/banned.h"
#include "base/mem.h"
#include "io/deflate.h"

#ifdef HAVE_LIBDEFLATE

#define FAST 1
#define BEST 9

struct hl_deflate {
	const struct hl_ctx *ctx;
	struct libdeflate_compressor *c;
};

enum hl_status hl_deflate_new(struct hl_deflate **out, bool best,
                              const struct hl_ctx *ctx)
{
	struct hl_deflate *z = hl_zalloc(ctx, sizeof(*z));

	*out = NULL;
	if (!z)
		return HL_NOMEM;
	z->ctx = ctx;
	z->c = libdeflate_alloc_compressor(best ? BEST : FAST);
	if (!z->c) {
		hl_free(ctx, z);
		return HL_NOMEM;
	}
	*out = z;
	return HL_OK;
}

size_t hl_deflate_zlib(struct hl_deflate *z, struct span in, uint8_t *out,
                       size_t room)
{
	return libdeflate_zlib_compress(z->c, in.p, in.n, out, room);
}

void hl_deflate_free(struct hl_deflate *z)
{
	if (!z)
		return;
	libdeflate_free_compressor(z->c);
	hl_free(z->ctx, z);
}

#else

struct hl_deflate {
	const struct hl_ctx *ctx;
	z_stream z;
};

static voidpf z_alloc(voidpf ctx, uInt n, uInt size)
{
	return hl_alloc_array(ctx, n, size);
}

static void z_free(voidpf ctx, voidpf p)
{
	hl_free(ctx, p);
}

enum hl_status hl_deflate_new(struct hl_deflate **out, bool best,
                              const struct hl_ctx *ctx)
{
	struct hl_deflate *z = hl_zalloc(ctx, sizeof(*z));

	*out = NULL;
	if (!z)
		return HL_NOMEM;
	z->ctx = ctx;
	z->z.zalloc = z_alloc;
	z->z.zfree = z_free;
	z->z.opaque = (voidpf)(uintptr_t)ctx;
	if (deflateInit(&z->z, best ? Z_BEST_COMPRESSION : Z_BEST_SPEED) !=
	    Z_OK) {
		hl_free(ctx, z);
		return HL_NOMEM;
	}
	*out = z;
	return HL_OK;
}

size_t hl_deflate_zlib(struct hl_deflate *z, struct span in, uint8_t *out,
                       size_t room)
{
	const size_t most = 1u << 30; /* zlib counts in unsigned int */

	if (in.n > most || room > most || deflateReset(&z->z) != Z_OK)
		return 0;
	z->z.next_in = (Bytef *)(uintptr_t)in.p;
	z->z.avail_in = (uInt)in.n;
	z->z.next_out = out;
	z->z.avail_out = (uInt)room;
	if (deflate(&z->z, Z_FINISH) != Z_STREAM_END)
		return 0;
	return room - z->z.avail_out;
}

void hl_deflate_free(struct hl_deflate *z)
{
	if (!z)
		return;
	deflateEnd(&z->z);
	hl_free(z->ctx, z);
}

#endif
