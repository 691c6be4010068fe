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
	       hl_lost_overlap(l, later) &&
	       (later->generation < l->generation || hl_lost_doubt(l, later));
}

static struct hl_fs *fs_of(struct hl_scan *s, size_t i)
{
	struct hl_volume *v = s->lost[i].in_table ?
	                      of_table(s, s->lost[i].id) : &s->rival[i];

	return v ? v->fs : NULL;
}

enum hl_status hl_scan_rivals(struct hl_scan *s, const struct hl_lost *l,
                              struct hl_fs_rival **out, size_t *n)
{
	*n = 0;
	*out = hl_alloc_array(s->ctx, s->n_lost + 1, sizeof(**out));
	if (!*out)
		return HL_NOMEM;
	for (size_t i = 0; i < s->n_lost; i++)
		if (is_rival(l, &s->lost[i]) && fs_of(s, i))
			(*out)[(*n)++] = (struct hl_fs_rival){
				fs_of(s, i), s->lost[i].off,
				hl_lost_doubt(l, &s->lost[i]) };
	return HL_OK;
}

static bool has_older(const struct hl_scan *s, size_t i)
{
	for (size_t k = 0; k < s->n_lost; k++)
		if (is_rival(&s->lost[k], &s->lost[i]))
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
			    !has_older(s, i))
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
