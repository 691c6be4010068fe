/*
 * vss_lib.c: libvshadow reads the same volume through the same source, and
 * what it reads is compared with what our map says.
 *
 * Two readers that nobody wrote together: how the lines of a store's list
 * change one another was found out, not published.  libvshadow is not fast,
 * its handle is one for all threads, and it has been wrong; so it is a
 * witness here and not the reader.
 */
#include <string.h>

#include "base/banned.h"
#include "vss/vss_impl.h"

#ifdef HAVE_LIBVSHADOW

#include <libvshadow.h>
#include <pthread.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/bfio.h"
#include "io/note.h"
#include "io/shlib.h"

#define CHUNK 65536

/* Its calls that are used; the types are those of its own header. */
#define TYPE(name) __typeof__(libvshadow_##name)
struct calls {
	TYPE(volume_initialize) *volume_initialize;
	TYPE(volume_open_file_io_handle) *volume_open_file_io_handle;
	TYPE(volume_get_number_of_stores) *volume_get_number_of_stores;
	TYPE(volume_get_store) *volume_get_store;
	TYPE(volume_close) *volume_close;
	TYPE(volume_free) *volume_free;
	TYPE(store_has_in_volume_data) *store_has_in_volume_data;
	TYPE(store_get_identifier) *store_get_identifier;
	TYPE(store_read_buffer_at_offset) *store_read_buffer_at_offset;
	TYPE(store_free) *store_free;
	TYPE(get_access_flags_read) *get_access_flags_read;
	__typeof__(libbfio_handle_free) *file_free;
};

struct vss_lib {
	const struct hl_ctx *ctx;
	void *lib;
	struct calls call;
	struct hl_bfio b;
	libbfio_handle_t *file;
	libvshadow_volume_t *volume;
	libvshadow_store_t **store; /* one for each of our copies, or NULL */
	size_t n;
	pthread_mutex_t lock;
	uint64_t budget; /* of one call: it reads lists when it needs them */
	uint8_t buf[CHUNK];
};

/*
 * What the lists of all stores can need, and some: libvshadow follows a list
 * that runs in circles for as long as it may read.
 */
static uint64_t budget_of(const struct hl_vss *v)
{
	uint64_t sum = HL_MAX_VSS_LIB_READ;

	for (size_t i = 0; i < v->n; i++)
		sum += 2 * (v->store[i].pub.blocks *
		            sizeof(struct vss_descriptor) +
		            v->store[i].now.n / 8 + v->store[i].before.n / 8);
	return sum;
}

/*
 * Of what is damaged it may make anything: it is not asked.  Nor where the
 * catalogue has stores of other volumes too: it takes the last one's list
 * (libvshadow 20190323 on vss_2_stor of the corpus).
 */
static bool is_sound(const struct hl_vss *v, size_t i)
{
	if (v->foreign)
		return false;
	for (; i < v->n; i++)
		if (v->store[i].broken || v->store[i].pub.unread)
			return false;
	return true;
}

static bool lock_init(struct vss_lib *l)
{
	return pthread_mutex_init(&l->lock, NULL) == 0;
}

#define RESOLVE(name) \
	hl_shlib_entry(l->lib, "libvshadow_" #name, &l->call.name)

static bool load(struct vss_lib *l)
{
	l->lib = hl_shlib_load(HL_SHLIB_VSHADOW);
	return l->lib && RESOLVE(volume_initialize) &&
	       RESOLVE(volume_open_file_io_handle) &&
	       RESOLVE(volume_get_number_of_stores) &&
	       RESOLVE(volume_get_store) && RESOLVE(volume_close) &&
	       RESOLVE(volume_free) && RESOLVE(store_has_in_volume_data) &&
	       RESOLVE(store_get_identifier) &&
	       RESOLVE(store_read_buffer_at_offset) && RESOLVE(store_free) &&
	       RESOLVE(get_access_flags_read) &&
	       hl_shlib_entry(l->lib, "libbfio_handle_free",
	                      &l->call.file_free);
}

static bool open_volume(struct vss_lib *l)
{
	if (l->call.volume_initialize(&l->volume, NULL) != 1)
		return false;
	return l->call.volume_open_file_io_handle(
	               l->volume, l->file, l->call.get_access_flags_read(),
	               NULL) == 1;
}

/* Ours by the GUID of its store: it may count otherwise than we do. */
static void take_store(struct vss_lib *l, const struct hl_vss *v, int k)
{
	libvshadow_store_t *s = NULL;
	uint8_t guid[16];

	if (l->call.volume_get_store(l->volume, k, &s, NULL) != 1)
		return;
	if (l->call.store_has_in_volume_data(s, NULL) == 1 &&
	    l->call.store_get_identifier(s, guid, sizeof(guid), NULL) == 1)
		for (size_t i = 0; i < l->n; i++) {
			if (l->store[i] || v->store[i].pub.elsewhere ||
			    !is_sound(v, i) ||
			    memcmp(v->store[i].guid, guid, sizeof(guid)) != 0)
				continue;
			l->store[i] = s;
			return;
		}
	l->call.store_free(&s, NULL);
}

static bool open_stores(struct vss_lib *l, const struct hl_vss *v)
{
	int n = 0;

	if (l->call.volume_get_number_of_stores(l->volume, &n, NULL) != 1)
		return false;
	for (int k = 0; k < n && k < HL_MAX_VSS_COPIES; k++)
		take_store(l, v, k);
	return true;
}

struct vss_lib *vss_lib_open(struct hl_vss *v)
{
	struct vss_lib *l = hl_zalloc(v->ctx, sizeof(*l));

	if (!l)
		return NULL;
	if (!lock_init(l)) {
		hl_free(v->ctx, l);
		return NULL;
	}
	l->ctx = v->ctx;
	l->n = v->n;
	if (!load(l)) {
		hl_say(&(struct hl_at){ v->ctx, v->live, HL_NO_OFFSET,
		                        "shadow copies" },
		       "libvshadow is not on this system: there is no second "
		       "opinion on what is read of them");
		vss_lib_close(l);
		return NULL;
	}
	l->b = (struct hl_bfio){ .src = v->live, .lib = l->lib,
	                         .ctx = v->ctx, .budget = budget_of(v) };
	l->budget = l->b.budget;
	l->store = hl_zalloc(v->ctx, v->n * sizeof(*l->store));
	if (!l->store || hl_bfio_open(&l->file, &l->b) != HL_OK ||
	    !open_volume(l) || !open_stores(l, v)) {
		vss_lib_close(l);
		return NULL;
	}
	return l;
}

/*
 * Once it has failed on a store it is not asked about that one again: what it
 * had read of the lists by then it takes for all of them.
 */
static bool same(struct vss_lib *l, size_t i, uint64_t off, const uint8_t *p,
                 size_t n)
{
	l->b.budget = l->budget;
	ssize_t got = l->call.store_read_buffer_at_offset(
		l->store[i], l->buf, n, (off64_t)off, NULL);
	if (got >= 0)
		return memcmp(p, l->buf, (size_t)got) == 0;
	l->call.store_free(&l->store[i], NULL);
	l->store[i] = NULL;
	return true;
}

bool vss_lib_agrees(struct vss_lib *l, size_t i, uint64_t off,
                    const uint8_t *p, size_t n)
{
	bool agrees = true;

	pthread_mutex_lock(&l->lock);
	for (size_t at = 0; at < n && agrees && l->store[i]; at += CHUNK)
		agrees = same(l, i, off + at, p + at,
		              (size_t)min_u64(CHUNK, n - at));
	pthread_mutex_unlock(&l->lock);
	return agrees;
}

bool vss_lib_witness(const struct vss_lib *l, size_t i)
{
	return l->store[i];
}

void vss_lib_close(struct vss_lib *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->store && i < l->n; i++)
		if (l->store[i])
			l->call.store_free(&l->store[i], NULL);
	if (l->volume) {
		(void)l->call.volume_close(l->volume, NULL);
		(void)l->call.volume_free(&l->volume, NULL);
	}
	if (l->file)
		(void)l->call.file_free(&l->file, NULL);
	pthread_mutex_destroy(&l->lock);
	hl_shlib_drop(l->lib);
	hl_free(l->ctx, l->store);
	hl_free(l->ctx, l);
}

#else

struct vss_lib *vss_lib_open(struct hl_vss *v)
{
	(void)v;
	return NULL;
}

bool vss_lib_agrees(struct vss_lib *lib, size_t i, uint64_t off,
                    const uint8_t *p, size_t n)
{
	(void)lib;
	(void)i;
	(void)off;
	(void)p;
	(void)n;
	return true;
}

bool vss_lib_witness(const struct vss_lib *lib, size_t i)
{
	(void)lib;
	(void)i;
	return false;
}

void vss_lib_close(struct vss_lib *lib)
{
	(void)lib;
}

#endif
