/*
 * scan_rivals.c: the later volumes that lie over a lost one, open, so that
 * they can be asked what is theirs.
 *
 * They are opened in silence and in the order of their generations: a lost
 * one that lies over an older one has rivals of its own.  Of two that nothing
 * tells apart, each is asked.
 */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"

static struct hl_volume *of_table(struct hl_scan *s, const char *id)
{
	for (size_t i = 0; i < hl_disk_count(s->disk); i++)
		if (!strcmp(hl_disk_volume(s->disk, i)->id, id))
			return hl_disk_volume(s->disk, i);
	return NULL;
}

static bool is_rival(const struct hl_lost *l, const struct hl_lost *later)
{
	return later != l && l->generation && later->generation &&
	       hl_lost_later(later, l);
}

/* While they are opened those that come next are left out. */
static bool tried(const struct hl_scan *s, size_t i)
{
	return s->rival[i].src || s->rival[i].unread;
}

static struct hl_fs *fs_of(struct hl_scan *s, size_t i)
{
	struct hl_volume *v = s->lost[i].in_table ?
	                      of_table(s, s->lost[i].id) : &s->rival[i];

	return v ? v->fs : NULL;
}

bool hl_fs_blind(const struct hl_volume *v, const struct hl_part *p)
{
	return p && p->len && !v->fs && !v->zeros && !v->expected_empty &&
	       !(p->flags & HL_PART_RESERVED) && strcmp(p->type, "0xee") != 0;
}

/* Has the volume the byte in use? */
static enum hl_status has(struct hl_fs *fs, uint64_t vol_off, uint64_t at,
                          bool *yes)
{
	uint64_t n = 1;
	enum hl_status st = HL_END;

	*yes = false;
	if (at != HL_NO_OFFSET && at >= vol_off && fs->ops->in_use &&
	    at - vol_off < fs->info.size)
		st = fs->ops->in_use(fs, at - vol_off, &n, yes);
	*yes = *yes && st == HL_OK;
	return hl_scan_fatal(st) ? st : HL_OK;
}

/*
 * By their times l came later, sure or not, but what o begins with stands in
 * clusters that l has in use: o was copied there, since then.
 */
static enum hl_status stands(struct hl_scan *s, const struct hl_lost *l,
                             const struct hl_lost *o, bool *yes)
{
	struct hl_fs *fs = s->rival ? s->rival[l - s->lost].fs : NULL;
	bool zero = o->n_ext && !o->ext[0].number;
	enum hl_status st = HL_OK;

	*yes = false;
	if (o == l || !o->generation || !l->generation || !fs ||
	    o->off == l->off || !hl_lost_overlap(l, o))
		return HL_OK;
	if (o->boot != HL_BOOT_NONE)
		st = has(fs, l->off, o->boot_off, yes);
	if (st == HL_OK && !*yes && zero)
		st = has(fs, l->off, o->ext[0].off, yes);
	return st;
}

static bool made_before(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->formatted && a->formatted < b->formatted &&
	       !a->local && !b->local;
}

/* A partition whose content nobody knows: it may have been written over, and
 * when it begins where l does it is rather l itself. */
static bool is_blind(const struct hl_lost *l, const struct hl_volume *v)
{
	const struct hl_lost there = { .off = v->off, .size = v->len };

	return hl_fs_blind(v, v->part) && hl_lost_overlap(l, &there) &&
	       (v->off != l->off || v->fs_name[0]);
}

/* What of l the table of today lies on itself; out NULL: how many. */
static size_t add_own(struct hl_fs_rival *out, const struct hl_table *table,
                      const struct hl_lost *l)
{
	struct hl_lost own = { .off = 0 };
	size_t n = 0;

	for (size_t i = 0; table && hl_table_own(table, i, &own.off,
	                                         &own.size); i++) {
		if (!hl_lost_overlap(l, &own))
			continue;
		if (out)
			out[n] = (struct hl_fs_rival){
				.off = own.off, .size = own.size,
				.table = true };
		n++;
	}
	return n;
}

enum hl_status hl_scan_rivals(struct hl_scan *s, const struct hl_lost *l,
                              struct hl_fs_rival **out, size_t *n)
{
	const struct hl_table *table = hl_disk_table(s->disk);
	size_t n_table = hl_disk_count(s->disk);
	size_t n_own = add_own(NULL, table, l);

	*n = 0;
	*out = hl_alloc_array(s->ctx, s->n_lost + n_table + n_own + 1,
	                      sizeof(**out));
	if (!*out)
		return HL_NOMEM;
	for (size_t i = 0; i < s->n_lost; i++) {
		const struct hl_lost *o = &s->lost[i];
		bool over = is_rival(l, o), stood = false;
		enum hl_status st = HL_OK;

		if (!over || made_before(o, l))
			st = stands(s, l, o, &stood);
		if (st != HL_OK)
			return st;
		if ((over || stood) &&
		    (fs_of(s, i) || (!o->in_table && tried(s, i))))
			(*out)[(*n)++] = (struct hl_fs_rival){
				.fs = fs_of(s, i), .off = o->off,
				.size = o->size,
				.maybe = stood || hl_lost_doubt(l, o),
				.copied = stood || hl_lost_copied(o, l) };
	}
	for (size_t i = 0; i < n_table; i++) {
		const struct hl_volume *v = hl_disk_volume(s->disk, i);

		if (is_blind(l, v))
			(*out)[(*n)++] = (struct hl_fs_rival){
				.off = v->off, .size = v->len, .maybe = true };
	}
	*n += add_own(*out + *n, table, l);
	return HL_OK;
}

/* Or one that may stand in clusters of it. */
static bool has_rival(const struct hl_scan *s, size_t i)
{
	const struct hl_lost *l = &s->lost[i];

	for (size_t k = 0; k < s->n_lost; k++)
		if (k != i && l->generation && s->lost[k].generation &&
		    hl_lost_overlap(&s->lost[k], l))
			return true;
	return false;
}

enum hl_status hl_scan_open_rivals(struct hl_scan *s)
{
	enum hl_status st = HL_OK;

	if (s->rival || !s->n_lost)
		return HL_OK;
	s->rival = hl_alloc_array(s->ctx, s->n_lost, sizeof(*s->rival));
	if (!s->rival)
		return HL_NOMEM;
	memset(s->rival, 0, s->n_lost * sizeof(*s->rival));
	s->n_rival = s->n_lost;
	for (unsigned g = 1; g <= s->generations && st == HL_OK; g++)
		for (size_t i = 0; i < s->n_lost && st == HL_OK; i++) {
			const struct hl_lost *l = &s->lost[i];

			if (l->generation != g || l->in_table ||
			    !has_rival(s, i))
				continue;
			s->rival[i] = (struct hl_volume){
				.off = l->off, .lost = l, .fs_name = "" };
			st = hl_lost_open(&s->rival[i], s->image, s,
			                  &s->quiet);
		}
	return st;
}

void hl_scan_close_rivals(struct hl_scan *s)
{
	for (size_t i = s->n_rival; i-- > 0;) {
		hl_fs_close(s->rival[i].fs);
		hl_volume_lock(&s->rival[i]);
		hl_src_close(s->rival[i].src);
	}
	hl_free(s->ctx, s->rival);
	s->rival = NULL;
	s->n_rival = 0;
}
