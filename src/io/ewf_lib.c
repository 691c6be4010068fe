/*
 * ewf_lib.c: images through libewf: what ewf_walk.c does not decode (Ex01,
 * where libewf is new enough), and the cross-check of what it does.
 *
 * A libewf handle is not thread-safe, so one lock guards it.  Its legacy
 * versions (Debian has 20140813) name the positioned read differently and
 * refuse Ex01.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/files.h"
#include "io/shlib.h"
#include "io/src_impl.h"

#ifdef HAVE_LIBEWF

#include <libewf.h>
#include <pthread.h>

#if LIBEWF_VERSION >= 20160319
/* Files that libewf keeps open at once. */
#define MAX_OPEN 64
#endif

/* Its calls that are used; the types are those of its own header. */
/* a declaration: NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define CALL(name) __typeof__(libewf_##name) *name
struct calls {
	CALL(get_version);
	CALL(get_access_flags_read);
	CALL(handle_initialize);
	CALL(handle_open);
	CALL(handle_close);
	CALL(handle_free);
	CALL(handle_get_media_size);
	CALL(handle_get_bytes_per_sector);
	CALL(handle_get_chunk_size);
	CALL(handle_get_number_of_checksum_errors);
	CALL(handle_get_checksum_error);
#if LIBEWF_VERSION < 20160319
	CALL(handle_read_random);
#else
	CALL(handle_read_buffer_at_offset);
	CALL(handle_set_maximum_number_of_open_handles);
#endif
};

struct lib {
	struct hl_src src;
	void *lib;
	struct calls call;
	struct hl_files *files;
	libewf_handle_t *h;
	size64_t chunk;
	pthread_mutex_t lock;
};

#define RESOLVE(name) hl_shlib_entry(l->lib, "libewf_" #name, &l->call.name)

static bool load(struct lib *l)
{
	l->lib = hl_shlib_load(HL_SHLIB_EWF);
	return l->lib && RESOLVE(get_version) &&
	       RESOLVE(get_access_flags_read) && RESOLVE(handle_initialize) &&
	       RESOLVE(handle_open) && RESOLVE(handle_close) &&
	       RESOLVE(handle_free) && RESOLVE(handle_get_media_size) &&
	       RESOLVE(handle_get_bytes_per_sector) &&
	       RESOLVE(handle_get_chunk_size) &&
	       RESOLVE(handle_get_number_of_checksum_errors) &&
	       RESOLVE(handle_get_checksum_error) &&
#if LIBEWF_VERSION < 20160319
	       RESOLVE(handle_read_random);
#else
	       RESOLVE(handle_read_buffer_at_offset) &&
	       RESOLVE(handle_set_maximum_number_of_open_handles);
#endif
}

static ssize_t read_at(struct lib *l, void *buf, size_t len, uint64_t off)
{
#if LIBEWF_VERSION < 20160319
	return l->call.handle_read_random(l->h, buf, len, (off64_t)off, NULL);
#else
	return l->call.handle_read_buffer_at_offset(l->h, buf, len,
	                                            (off64_t)off, NULL);
#endif
}

/* Chunks that libewf found bad are zeros; it remembers which. */
static void add_checksum_errors(struct lib *l, uint64_t off, uint64_t len,
                                struct hl_ranges *bad)
{
	uint32_t n = 0, unit = l->src.sector_size;
	uint64_t first, count;

	if (l->call.handle_get_number_of_checksum_errors(l->h, &n, NULL) != 1)
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (l->call.handle_get_checksum_error(l->h, i, &first, &count,
		                                      NULL) != 1 ||
		    first > l->src.size / unit)
			continue;
		uint64_t from = max_u64(off, first * unit);
		uint64_t to = min_u64(off + len,
		                      min_u64(first + count,
		                              l->src.size / unit) * unit);
		if (from < to)
			hl_ranges_add(bad, from, to - from, HL_WHAT_DATA,
			              HL_Q_BAD_CHECKSUM);
	}
}

static enum hl_status lib_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	struct lib *l = (struct lib *)src;
	uint64_t start = off;
	size_t left = len;

	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	pthread_mutex_lock(&l->lock);
	while (left) {
		/* one chunk at a time: a bad one costs only itself */
		size_t n = (size_t)min_u64(l->chunk - off % l->chunk, left);
		ssize_t got = read_at(l, buf, n, off);
		size_t good = got > 0 ? (size_t)got : 0;
		if (good < n) {
			memset((uint8_t *)buf + good, 0, n - good);
			hl_ranges_add(bad, off + good, n - good, HL_WHAT_DATA,
			              HL_Q_UNREADABLE);
		}
		off += n;
		buf = (uint8_t *)buf + n;
		left -= n;
	}
	add_checksum_errors(l, start, len, bad);
	pthread_mutex_unlock(&l->lock);
	return HL_OK;
}

static enum hl_status lib_info(const struct hl_src *src,
                               struct hl_image_info *out)
{
	const struct lib *l = (const struct lib *)src;

	*out = (struct hl_image_info){
		.path = l->files->seg[0].path,
		.format = l->files->kind == FILES_EWF2 ? "Ex01" : "E01",
		.size = src->size,
		.sector_size = src->sector_size,
		.segments = l->files->n,
		.chunk_size = (uint32_t)l->chunk,
	};
	return HL_OK;
}

static void lib_close(struct hl_src *src)
{
	struct lib *l = (struct lib *)src;

	if (l->h) {
		(void)l->call.handle_close(l->h, NULL);
		(void)l->call.handle_free(&l->h, NULL);
	}
	hl_shlib_drop(l->lib);
	pthread_mutex_destroy(&l->lock);
	hl_free(src->ctx, l);
}

static const struct hl_src_ops lib_ops = {
	.read = lib_read,
	.info = lib_info,
	.close = lib_close,
};

static bool open_handle(struct lib *l, char **names)
{
	size64_t size = 0, chunk = 0;
	uint32_t sector = 0;

	if (l->call.handle_initialize(&l->h, NULL) != 1)
		return false;
#if LIBEWF_VERSION >= 20160319
	/* legacy versions cannot open any set after this call */
	(void)l->call.handle_set_maximum_number_of_open_handles(
		l->h, MAX_OPEN, NULL);
#endif
	if (l->call.handle_open(l->h, names, (int)l->files->n,
	                        l->call.get_access_flags_read(), NULL) != 1 ||
	    l->call.handle_get_media_size(l->h, &size, NULL) != 1 ||
	    l->call.handle_get_bytes_per_sector(l->h, &sector, NULL) != 1)
		return false;
#if LIBEWF_VERSION < 20160319
	size32_t chunk32 = 0;
	if (l->call.handle_get_chunk_size(l->h, &chunk32, NULL) != 1)
		return false;
	chunk = chunk32;
#else
	if (l->call.handle_get_chunk_size(l->h, (void *)&chunk, NULL) != 1)
		return false;
#endif
	l->src.size = size;
	l->chunk = chunk;
	if (!l->src.sector_size)
		l->src.sector_size = sector;
	return sector > 0 && chunk > 0;
}

static enum hl_status try_open(struct lib *l)
{
	const struct hl_files *f = l->files;
	struct hl_at at = { l->src.ctx, NULL, HL_NO_OFFSET, f->seg[0].path };
	enum hl_status st = f->kind == FILES_EWF2 ?
	                    hl_ewf2_check(f, l->src.ctx) : HL_OK;
	char **names;
	bool ok;

	if (st != HL_OK)
		return st;
	if (!load(l))
		return hl_fail(&at, HL_UNSUPPORTED, "is an Ex01 image; there "
		               "is no libewf here to read it");
	names = hl_alloc_array(l->src.ctx, f->n, sizeof(*names));
	if (!names)
		return HL_NOMEM;
	for (size_t i = 0; i < f->n; i++)
		names[i] = f->seg[i].path;
	ok = open_handle(l, names);
	hl_free(l->src.ctx, names);
	if (ok)
		return HL_OK;
	if (f->kind == FILES_EWF2)
		return hl_fail(&at, HL_UNSUPPORTED, "is an Ex01 image; "
		               "libewf %s cannot read it",
		               l->call.get_version());
	return hl_fail(&at, HL_CORRUPT, "libewf %s cannot open it",
	               l->call.get_version());
}

enum hl_status hl_libewf_open(struct hl_src **out, struct hl_files *f,
                              const struct hl_image_opts *opts,
                              const struct hl_ctx *ctx)
{
	struct lib *l = hl_zalloc(ctx, sizeof(*l));
	enum hl_status st;

	if (!l)
		return HL_NOMEM;
	hl_src_init(&l->src, &lib_ops, ctx, f->seg[0].path, 0,
	            opts->sector_size);
	l->files = f;
	if (pthread_mutex_init(&l->lock, NULL) != 0) {
		hl_free(ctx, l);
		return HL_NOMEM;
	}
	st = try_open(l);
	if (st == HL_OK)
		*out = &l->src;
	else
		lib_close(&l->src);
	return st;
}

#else

enum hl_status hl_libewf_open(struct hl_src **out, struct hl_files *f,
                              const struct hl_image_opts *opts,
                              const struct hl_ctx *ctx)
{
	(void)out;
	(void)opts;
	return hl_fail(&(struct hl_at){ ctx, NULL, HL_NO_OFFSET,
	                                f->seg[0].path },
	               HL_UNSUPPORTED, "is an Ex01 image; this build has no "
	               "libewf to read it");
}

#endif
