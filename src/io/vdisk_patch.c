/*
 * vdisk_patch.c: a VHDX with its log's changes over it.
 *
 *	file     |aaaaaaaaaaaaaaaaaaaaaaaaaa|
 *	changes      |1111|  |22|              in the order they were written
 *	                 |333333|
 *	view     |aaa|111|333333|2|aaaaaaaaa|000|
 *
 * Nothing is written.  The changes are merged pairwise, older below newer, so
 * that many of them cost no more than sorting does.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/vdisk_log.h"

static uint64_t end_of(const struct vhdx_patch *p)
{
	return p->off + p->len;
}

/* The part of a patch from `from` up to `to`. */
static struct vhdx_patch part(const struct vhdx_patch *p, uint64_t from,
                              uint64_t to)
{
	struct vhdx_patch q = { from, to - from, p->from };

	if (q.from != HL_NO_OFFSET)
		q.from += from - p->off;
	return q;
}

struct list {
	const struct vhdx_patch *p; /* ascending, apart */
	size_t n;
};

/* Both as one; where they overlap, the newer.  Returns how many. */
static size_t over(struct list old, struct list new, struct vhdx_patch *out)
{
	uint64_t pos = 0;
	size_t i = 0, k = 0, n = 0;

	while (i < old.n || k < new.n) {
		uint64_t from = i < old.n ? max_u64(old.p[i].off, pos)
		                          : UINT64_MAX;
		if (i < old.n && end_of(&old.p[i]) <= pos) {
			i++;
		} else if (k < new.n && new.p[k].off <= from) {
			out[n++] = new.p[k];
			pos = end_of(&new.p[k++]);
		} else {
			uint64_t to = end_of(&old.p[i]);
			if (k < new.n)
				to = min_u64(to, new.p[k].off);
			out[n++] = part(&old.p[i], from, to);
			pos = to;
		}
	}
	return n;
}

/* Room for what `width` patches become: each cuts one other in two. */
static size_t room(size_t width)
{
	return 2 * width;
}

/*
 * Merge neighbours until one list is left, from one buffer into the other.
 * List i of those that `width` patches made begins at i * room(width).
 */
static struct list flatten(struct vhdx_patch *a, struct vhdx_patch *b,
                           size_t *count, size_t n)
{
	size_t lists = n;

	for (size_t width = 1; lists > 1; width *= 2) {
		size_t from = room(width), to = room(2 * width);
		for (size_t i = 0; i < lists; i += 2) {
			struct list old = { a + i * from, count[i] };
			struct list new = { NULL, 0 };
			if (i + 1 < lists)
				new = (struct list){ a + (i + 1) * from,
				                     count[i + 1] };
			count[i / 2] = over(old, new, b + i / 2 * to);
		}
		struct vhdx_patch *swap = a;
		a = b;
		b = swap;
		lists = (lists + 1) / 2;
	}
	return (struct list){ a, n ? count[0] : 0 };
}

struct sink {
	struct hl_extent *e;
	size_t n;
	uint64_t end;
	struct hl_src *file, *log;
};

static void add(struct sink *s, struct hl_src *in, uint64_t in_off,
                uint64_t to)
{
	uint64_t len = to - s->end;

	if (!len)
		return;
	s->e[s->n++] = (struct hl_extent){
		.off = s->end, .len = len, .in = in, .in_off = in_off,
		.in_len = in ? len : 0,
		.what = in ? HL_WHAT_DATA : HL_WHAT_SPARSE,
	};
	s->end = to;
}

/* Up to there as the file is, which may end before. */
static void unchanged(struct sink *s, uint64_t to)
{
	uint64_t size = hl_src_size(s->file);

	if (s->end < size)
		add(s, s->file, s->end, min_u64(to, size));
	add(s, NULL, 0, to);
}

static enum hl_status view(struct hl_src **out, struct sink *s,
                           struct list l, uint64_t size,
                           const struct hl_ctx *ctx)
{
	/* before, between and behind the patches: file, and nothing */
	s->e = hl_alloc_array(ctx, 3 * l.n + 2, sizeof(*s->e));
	if (!s->e)
		return HL_NOMEM;
	for (size_t i = 0; i < l.n; i++) {
		const struct vhdx_patch *p = &l.p[i];
		bool zeros = p->from == HL_NO_OFFSET;
		unchanged(s, p->off);
		add(s, zeros ? NULL : s->log, zeros ? 0 : p->from, end_of(p));
	}
	unchanged(s, max_u64(max_u64(size, s->end), hl_src_size(s->file)));
	enum hl_status st = hl_src_extents(out, hl_src_name(s->file), s->e,
	                                   s->n, ctx);
	hl_free(ctx, s->e);
	return st;
}

enum hl_status hl_vhdx_patched(struct hl_src **out, struct hl_src *file,
                               struct hl_src *log,
                               const struct vhdx_patch *patch, size_t n,
                               uint64_t size, const struct hl_ctx *ctx)
{
	struct sink s = { .file = file, .log = log };
	size_t top = 1;
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	while (top < n)
		top *= 2;
	struct vhdx_patch *a = hl_alloc_array(ctx, room(top), sizeof(*a));
	struct vhdx_patch *b = hl_alloc_array(ctx, room(top), sizeof(*b));
	size_t *count = hl_alloc_array(ctx, top, sizeof(*count));
	if (a && b && count) {
		for (size_t i = 0; i < n; i++) {
			a[i * room(1)] = patch[i];
			count[i] = 1;
		}
		st = view(out, &s, flatten(a, b, count, n), size, ctx);
	}
	hl_free(ctx, a);
	hl_free(ctx, b);
	hl_free(ctx, count);
	return st;
}
