/*
 * carve_row.c: stretches that no file owns, as one row of bytes.
 *
 *	volume  | used | free A | used | free B | free C | used |
 *	row            | free A | free B | free C |
 *
 * What was cut at the end of one stretch goes on at the beginning of the
 * next: that is where a file goes on that was written when the space was as
 * free as it is now.  Whether it does is asked, not assumed.
 */
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/carve_impl.h"
#include "base/banned.h"

static enum hl_status scan(struct carve_stretches *s)
{
	enum hl_status st = hl_src_extents(&s->row.src, s->row.where, s->ext,
	                                   s->n, s->c->ctx);

	if (st != HL_OK)
		return st;
	st = hl_carve_scan(s->c, &s->row);
	hl_src_close(s->row.src);
	s->row.src = NULL;
	s->n = 0;
	return st;
}

enum hl_status hl_carve_add(struct carve_stretches *s, uint64_t off,
                            uint64_t len)
{
	uint64_t size = hl_src_size(s->row.base), at = 0;
	struct hl_extent *last = s->n ? &s->ext[s->n - 1] : NULL;
	enum hl_status st;

	/* what the medium does not have is not searched */
	if (off >= size)
		return HL_OK;
	len = min_u64(len, size - off);
	if (last && last->in_off + last->len == off) {
		last->len += len;
		last->in_len = last->len;
		return HL_OK;
	}
	if (s->n == HL_MAX_CARVE_ROW) {
		st = scan(s);
		if (st != HL_OK)
			return st;
		last = NULL;
	}
	st = hl_grow(s->c->ctx, (void **)&s->ext, &s->cap, s->n,
	             sizeof(*s->ext), HL_MAX_CARVE_ROW);
	if (st != HL_OK)
		return st;
	if (s->n)
		at = s->ext[s->n - 1].off + s->ext[s->n - 1].len;
	if (len)
		s->ext[s->n++] = (struct hl_extent){
			.off = at, .len = len, .in = s->row.base,
			.in_off = off, .in_len = len,
		};
	return HL_OK;
}

enum hl_status hl_carve_end(struct carve_stretches *s, enum hl_status st)
{
	if (st == HL_OK && s->n)
		st = scan(s);
	hl_free(s->c->ctx, s->ext);
	s->ext = NULL;
	return st;
}

/* Behind the file system its partition may go on. */
static enum hl_status add_tail(struct carve_stretches *s,
                               const struct hl_volume *v)
{
	uint64_t fs = hl_fs_info(v->fs)->size, size = hl_src_size(v->src);

	return fs && fs < size ? hl_carve_add(s, fs, size - fs) : HL_OK;
}

enum hl_status hl_carve_free_space(struct hl_carve *c,
                                   const struct hl_volume *v, size_t space)
{
	struct carve_stretches s = {
		.c = c,
		.row = { .base = v->src, .volume = v, .space = space,
		         .where = "unallocated",
		         .cluster = hl_fs_info(v->fs)->cluster_size },
	};
	uint64_t cursor = 0, off, len;
	enum hl_status st;

	while ((st = hl_fs_free_next(v->fs, &cursor, &off, &len)) == HL_OK) {
		st = hl_carve_add(&s, off, len);
		if (st != HL_OK)
			break;
	}
	if (st == HL_END || st == HL_UNSUPPORTED)
		st = add_tail(&s, v);
	return hl_carve_end(&s, st);
}

enum hl_status hl_carve_stretch(struct hl_carve *c, const char *where,
                                const struct hl_volume *v, uint64_t off,
                                uint64_t len, size_t space)
{
	struct carve_stretches s = {
		.c = c,
		.row = { .base = v ? v->src : hl_disk_image(c->disk),
		         .volume = v, .where = where, .space = space },
	};

	return hl_carve_end(&s, hl_carve_add(&s, off, len));
}
