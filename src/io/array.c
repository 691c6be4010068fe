/*
 * array.c: several sources as one: stripes, RAID-5, mirrors.
 *
 *	stripe of 3        RAID-5 of 3, left-symmetric     mirror of 2
 *	0  1  2            0  1  p                         0  0
 *	3  4  5            3  p  2                         1  1
 *	6  7  8            p  4  5                         2  2
 *
 * Offsets are calculated, so that a large array costs no memory.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/src_impl.h"

#define REBUILD_STEP 65536 /* bytes of each column at a time */

struct array {
	struct hl_src src;
	struct hl_array a;
	size_t n_missing;
	char *name;
	uint64_t mended; /* bytes out of a mirror's other copies */
};

/* Where a byte lies: its column, its offset there, bytes up to the next. */
struct place {
	size_t column;
	uint64_t off, len;
};

static struct place place_of(const struct hl_array *a, uint64_t off)
{
	uint64_t n_data = a->kind == HL_ARRAY_RAID5 ? a->n - 1 : a->n;
	uint64_t chunk = off / a->chunk, within = off % a->chunk;
	uint64_t row = chunk / n_data, i = chunk % n_data;

	if (a->kind == HL_ARRAY_RAID5)
		i = (a->n - 1 - row % a->n + 1 + i) % a->n;
	return (struct place){ (size_t)i, row * a->chunk + within,
	                       a->chunk - within };
}

/* ---- mirrors --------------------------------------------------------- */

static enum hl_status mirror_map(const struct array *m, uint64_t off,
                                 struct hl_extent *out)
{
	struct hl_extent below;
	size_t best = 0;

	for (size_t i = 0; i < m->a.n; i++) {
		if (!m->a.column[i])
			continue;
		best = i;
		if (hl_src_map(m->a.column[i], off, &below) == HL_OK &&
		    below.what != HL_WHAT_MISSING)
			break;
	}
	uint64_t end = hl_src_size(m->a.column[best]);
	end = off < end ? min_u64(end, m->src.size) : m->src.size;
	*out = (struct hl_extent){ .off = off, .len = end - off,
	                           .in = m->a.column[best], .in_off = off };
	return HL_OK;
}

/* One damaged stretch out of the copies behind `first`; HL_END: none is whole. */
static enum hl_status mend(struct array *m, size_t first, uint64_t off,
                           uint8_t *p, size_t n)
{
	for (size_t i = first + 1; i < m->a.n; i++) {
		if (!m->a.column[i])
			continue;
		enum hl_status st = hl_src_read(m->a.column[i], off, p, n, NULL);
		if (st == HL_OK) {
			__atomic_fetch_add(&m->mended, (uint64_t)n,
			                   __ATOMIC_RELAXED);
			return HL_OK;
		}
		if (st == HL_NOMEM || st == HL_CANCELLED)
			return st;
	}
	return HL_END;
}

/* What no copy has whole keeps what the first one gave. */
static enum hl_status mend_all(struct array *m, size_t first, uint64_t off,
                               uint8_t *p, const struct hl_ranges *hurt,
                               struct hl_ranges *bad)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hurt->n && st == HL_OK; i++) {
		const struct hl_range *r = &hurt->r[i];
		uint8_t *at = p + (r->off - off);

		st = mend(m, first, r->off, at, (size_t)r->len);
		if (st != HL_END)
			continue;
		hl_ranges_add(bad, r->off, r->len, (enum hl_what)r->what,
		              (enum hl_quality)r->quality);
		struct hl_ranges again;
		hl_ranges_clear(&again);
		st = hl_src_read(m->a.column[first], r->off, at,
		                 (size_t)r->len, &again);
		st = st == HL_RANGE ? HL_OK : st;
	}
	return st;
}

static enum hl_status mirror_read(struct array *m, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad)
{
	struct hl_extent e = { .off = off, .in_off = off };
	struct hl_ranges hurt;
	size_t first = 0;

	while (!m->a.column[first])
		first++; /* there is one: hl_src_array has seen to it */
	e.in = m->a.column[first];
	hl_ranges_clear(&hurt);
	enum hl_status st = hl_src_read_extent(&e, buf, len, &hurt);
	if (st != HL_OK || !hurt.bytes)
		return st;
	return mend_all(m, first, off, buf, &hurt, bad);
}

/* ---- stripes and RAID-5 ------------------------------------------------ */

static bool can_rebuild(const struct array *m)
{
	return m->a.kind == HL_ARRAY_RAID5 && m->n_missing == 1;
}

static enum hl_status stripe_map(const struct array *m, uint64_t off,
                                 struct hl_extent *out)
{
	struct place at = place_of(&m->a, off);

	*out = (struct hl_extent){ .off = off, .len = at.len,
	                           .in = m->a.column[at.column],
	                           .in_off = at.off };
	if (out->in)
		return HL_OK;
	out->in_off = 0;
	out->what = can_rebuild(m) ? HL_WHAT_REBUILT : HL_WHAT_MISSING;
	out->quality = can_rebuild(m) ? HL_Q_OK : HL_Q_UNREADABLE;
	return HL_OK;
}

/* The sum of all other columns, at most REBUILD_STEP bytes. */
static enum hl_status rebuild_step(const struct array *m,
                                   const struct hl_extent *where, uint8_t *p,
                                   size_t n, uint8_t *tmp,
                                   struct hl_ranges *bad)
{
	enum hl_status st = HL_OK;

	memset(p, 0, n);
	for (size_t i = 0; i < m->a.n && st == HL_OK; i++) {
		struct hl_extent e = *where;

		e.in = m->a.column[i];
		if (!e.in)
			continue;
		st = hl_src_read_extent(&e, tmp, n, bad);
		for (size_t k = 0; k < n; k++)
			p[k] ^= tmp[k];
	}
	return st;
}

static enum hl_status rebuild(const struct array *m, uint64_t off,
                              const struct place *at, uint8_t *p, size_t len,
                              struct hl_ranges *bad)
{
	struct hl_extent where = { .off = off, .in_off = at->off };
	uint8_t *tmp = hl_alloc(m->src.ctx, min_u64(len, REBUILD_STEP));
	enum hl_status st = tmp ? HL_OK : HL_NOMEM;

	while (len && st == HL_OK) {
		size_t n = (size_t)min_u64(len, REBUILD_STEP);

		st = rebuild_step(m, &where, p, n, tmp, bad);
		where.off += n;
		where.in_off += n;
		p += n;
		len -= n;
	}
	hl_free(m->src.ctx, tmp);
	return st;
}

static enum hl_status read_piece(const struct array *m, uint64_t off,
                                 const struct place *at, uint8_t *p, size_t n,
                                 struct hl_ranges *bad)
{
	struct hl_extent e = { .off = off, .in = m->a.column[at->column],
	                       .in_off = at->off };

	if (e.in)
		return hl_src_read_extent(&e, p, n, bad);
	if (can_rebuild(m))
		return rebuild(m, off, at, p, n, bad);
	memset(p, 0, n);
	hl_ranges_add(bad, off, n, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	return HL_OK;
}

static enum hl_status array_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct array *m = (struct array *)src;
	enum hl_status st = HL_OK;
	uint8_t *p = buf;

	if (m->a.kind == HL_ARRAY_MIRROR)
		return mirror_read(m, off, buf, len, bad);
	while (len && st == HL_OK) {
		struct place at = place_of(&m->a, off);
		size_t n = (size_t)min_u64(len, at.len);

		st = read_piece(m, off, &at, p, n, bad);
		p += n;
		off += n;
		len -= n;
	}
	return st;
}

static enum hl_status array_map(struct hl_src *src, uint64_t off,
                                struct hl_extent *out)
{
	const struct array *m = (const struct array *)src;

	return m->a.kind == HL_ARRAY_MIRROR ? mirror_map(m, off, out)
	                                    : stripe_map(m, off, out);
}

/* ---- making one -------------------------------------------------------- */

static void array_close(struct hl_src *src)
{
	struct array *m = (struct array *)src;

	if (m->mended)
		hl_warn(&(struct hl_at){ src->ctx, NULL, HL_NO_OFFSET,
		                         "mirror" },
		        "%s: %llu bytes could not be read from one copy and "
		        "come from another", m->name,
		        (unsigned long long)m->mended);
	hl_free(src->ctx, m->name);
	hl_free(src->ctx, m);
}

/* That of the first disk there is, with what it is part of. */
static enum hl_status array_info(const struct hl_src *src,
                                 struct hl_image_info *out)
{
	static const char *const names[] = {
		[HL_ARRAY_STRIPE] = "striped array",
		[HL_ARRAY_RAID5] = "RAID-5 array",
		[HL_ARRAY_MIRROR] = "mirrored array",
	};
	const struct array *m = (const struct array *)src;
	struct hl_image_info other;
	size_t i = 0;

	while (!m->a.column[i])
		i++;
	enum hl_status st = hl_image_info(m->a.column[i], out);
	while (st == HL_OK && ++i < m->a.n)
		if (m->a.column[i] &&
		    hl_image_info(m->a.column[i], &other) == HL_OK)
			out->segments += other.segments;
	out->format = names[m->a.kind];
	out->size = src->size;
	out->md5 = out->sha1 = NULL;
	return st;
}

static const struct hl_src_ops array_ops = {
	.read = array_read,
	.map = array_map,
	.info = array_info,
	.close = array_close,
};

/* The size of the smallest column there is; 0: none is there. */
static uint64_t column_size(const struct hl_array *a)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < a->n; i++)
		if (a->column[i])
			least = min_u64(least, hl_src_size(a->column[i]));
	return least == UINT64_MAX ? 0 : least;
}

/* What one copy of a mirror lacks another one may have. */
static uint64_t largest(const struct hl_array *a)
{
	uint64_t most = 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->column[i])
			most = max_u64(most, hl_src_size(a->column[i]));
	return most;
}

static uint64_t natural_size(const struct hl_array *a)
{
	uint64_t column = column_size(a), all;

	if (a->kind == HL_ARRAY_MIRROR)
		return largest(a);
	column -= column % a->chunk;
	if (ckd_mul(&all, column, (uint64_t)(a->n - (a->kind == HL_ARRAY_RAID5))))
		return 0;
	return all;
}

static bool usable(const struct hl_array *a)
{
	if (a->n == 0 || a->n > HL_ARRAY_COLUMNS || column_size(a) == 0)
		return false;
	if (a->kind == HL_ARRAY_MIRROR)
		return true;
	return a->chunk >= 512 && a->chunk <= (64u << 20) &&
	       is_power_of_two(a->chunk) &&
	       (a->kind != HL_ARRAY_RAID5 || a->n >= 3);
}

static uint32_t first_sector_size(const struct hl_array *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->column[i] && hl_src_sector_size(a->column[i]))
			return hl_src_sector_size(a->column[i]);
	return 0;
}

enum hl_status hl_src_array(struct hl_src **out, const char *name,
                            const struct hl_array *array,
                            const struct hl_ctx *ctx)
{
	*out = NULL;
	if (!usable(array) || (!array->size && !natural_size(array)))
		return HL_USAGE;
	struct array *m = hl_zalloc(ctx, sizeof(*m));
	if (!m)
		return HL_NOMEM;
	m->a = *array;
	for (size_t i = 0; i < array->n; i++)
		m->n_missing += !array->column[i];
	m->name = hl_strdup(ctx, name);
	if (!m->name) {
		hl_free(ctx, m);
		return HL_NOMEM;
	}
	hl_src_init(&m->src, &array_ops, ctx, m->name,
	            array->size ? array->size : natural_size(array),
	            first_sector_size(array));
	*out = &m->src;
	return HL_OK;
}
