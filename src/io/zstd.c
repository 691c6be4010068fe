/*
 * zstd.c: see zstd.h.  Whole frames, whose end is looked for first: as a
 * stream a frame may ask for a window of 128 MiB.
 */
#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif

#include "base/banned.h"
#include "base/mem.h"
#include "io/zstd.h"

#ifdef HAVE_LIBZSTD

struct hl_zstd {
	const struct hl_ctx *ctx;
	ZSTD_DCtx *d;
};

bool hl_zstd_has(void)
{
	return true;
}

enum hl_status hl_zstd_new(struct hl_zstd **out, const struct hl_ctx *ctx)
{
	struct hl_zstd *z = hl_zalloc(ctx, sizeof(*z));

	*out = NULL;
	if (!z)
		return HL_NOMEM;
	z->ctx = ctx;
	z->d = ZSTD_createDCtx();
	if (!z->d) {
		hl_free(ctx, z);
		return HL_NOMEM;
	}
	*out = z;
	return HL_OK;
}

bool hl_zstd_fill(struct hl_zstd *z, struct span in, uint8_t *out, size_t want)
{
	while (want) {
		size_t n = ZSTD_findFrameCompressedSize(in.p, in.n), got;
		if (ZSTD_isError(n) || !n)
			return false;
		got = ZSTD_decompressDCtx(z->d, out, want, in.p, n);
		if (ZSTD_isError(got))
			return false;
		out += got;
		want -= got;
		in = span_of(in.p + n, in.n - n);
	}
	return true;
}

void hl_zstd_free(struct hl_zstd *z)
{
	if (!z)
		return;
	ZSTD_freeDCtx(z->d);
	hl_free(z->ctx, z);
}

#else

bool hl_zstd_has(void)
{
	return false;
}

enum hl_status hl_zstd_new(struct hl_zstd **out, const struct hl_ctx *ctx)
{
	(void)ctx;
	*out = NULL;
	return HL_UNSUPPORTED;
}

bool hl_zstd_fill(struct hl_zstd *z, struct span in, uint8_t *out, size_t want)
{
	(void)z;
	(void)in;
	(void)out;
	(void)want;
	return false;
}

void hl_zstd_free(struct hl_zstd *z)
{
	(void)z;
}

#endif
