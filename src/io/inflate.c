/*
 * inflate.c: see inflate.h.  libdeflate wants the whole stream and a place
 * for all of it, which a chunk has; it is two to three times zlib's speed.
 */
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/banned.h"
#include "base/mem.h"
#include "io/inflate.h"

#ifdef HAVE_LIBDEFLATE

struct hl_inflate {
	const struct hl_ctx *ctx;
	struct libdeflate_decompressor *d; /* 11 KiB, by malloc */
};

enum hl_status hl_inflate_new(struct hl_inflate **out,
                              const struct hl_ctx *ctx)
{
	struct hl_inflate *z = hl_zalloc(ctx, sizeof(*z));

	*out = NULL;
	if (!z)
		return HL_NOMEM;
	z->ctx = ctx;
	z->d = libdeflate_alloc_decompressor();
	if (!z->d) {
		hl_free(ctx, z);
		return HL_NOMEM;
	}
	*out = z;
	return HL_OK;
}

void hl_inflate_free(struct hl_inflate *z)
{
	if (!z)
		return;
	libdeflate_free_decompressor(z->d);
	hl_free(z->ctx, z);
}

enum hl_status hl_inflate_zlib(struct hl_inflate *z, struct span in,
                               uint8_t *out, size_t room, size_t *got)
{
	return libdeflate_zlib_decompress(z->d, in.p, in.n, out, room, got) ==
	       LIBDEFLATE_SUCCESS ? HL_OK : HL_CORRUPT;
}

uint32_t hl_adler32(struct span s)
{
	return s.n ? libdeflate_adler32(1, s.p, s.n) : 1;
}

#else

struct hl_inflate {
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

enum hl_status hl_inflate_new(struct hl_inflate **out,
                              const struct hl_ctx *ctx)
{
	struct hl_inflate *z = hl_zalloc(ctx, sizeof(*z));

	*out = NULL;
	if (!z)
		return HL_NOMEM;
	z->ctx = ctx;
	z->z.zalloc = z_alloc;
	z->z.zfree = z_free;
	z->z.opaque = (voidpf)(uintptr_t)ctx;
	if (inflateInit(&z->z) != Z_OK) {
		hl_free(ctx, z);
		return HL_NOMEM;
	}
	*out = z;
	return HL_OK;
}

void hl_inflate_free(struct hl_inflate *z)
{
	if (!z)
		return;
	inflateEnd(&z->z);
	hl_free(z->ctx, z);
}

enum hl_status hl_inflate_zlib(struct hl_inflate *z, struct span in,
                               uint8_t *out, size_t room, size_t *got)
{
	const size_t most = 1u << 30; /* zlib counts in unsigned int */

	if (room > most || inflateReset(&z->z) != Z_OK)
		return HL_CORRUPT;
	z->z.next_in = (Bytef *)(uintptr_t)in.p;
	z->z.avail_in = (uInt)(in.n < most ? in.n : most);
	z->z.next_out = out;
	z->z.avail_out = (uInt)room;
	if (inflate(&z->z, Z_FINISH) != Z_STREAM_END)
		return HL_CORRUPT;
	*got = room - z->z.avail_out;
	return HL_OK;
}

uint32_t hl_adler32(struct span s)
{
	uLong sum = adler32(0, NULL, 0);

	while (s.n) {
		uInt n = s.n > 1u << 30 ? 1u << 30 : (uInt)s.n;
		sum = adler32(sum, s.p, n);
		s = span_of(s.p + n, s.n - n);
	}
	return (uint32_t)sum;
}

#endif
