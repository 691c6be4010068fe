/*
 * runs.c: the runs of a stream, walked down to the image; neighbours that
 * continue each other there are one run.
 */
#include "base/banned.h"
#include "stat.h"

static bool continues(const struct hl_extent *a, const struct hl_extent *b)
{
	return a->what == b->what && a->quality == b->quality &&
	       a->owner == b->owner &&
	       a->in == b->in && a->what != HL_WHAT_COMPRESSED &&
	       (!a->in || a->in_off + a->len == b->in_off);
}

enum hl_status runs_next(struct runs *r, struct hl_extent *out)
{
	struct hl_extent more;

	if (r->at >= r->size)
		return HL_END;
	enum hl_status st = hl_src_locate(r->src, r->at, out);
	if (st != HL_OK)
		return st;
	r->at += out->len;
	while (r->at < r->size &&
	       hl_src_locate(r->src, r->at, &more) == HL_OK &&
	       continues(out, &more)) {
		out->len += more.len;
		out->in_len += more.in_len;
		r->at += more.len;
	}
	return HL_OK;
}

bool runs_open(const struct where *w, const char *stream, struct runs *r)
{
	struct hl_fs *fs = w->volume->fs;
	const struct hl_ref *ref = &w->entry.ref;
	enum hl_status st;

	*r = (struct runs){ .src = NULL };
	/* content first: it knows the valid length; what is encrypted or of
	   a foreign compression has its raw runs still */
	st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_LOOK);
	if (st == HL_UNSUPPORTED)
		st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_RAW);
	if (st != HL_OK)
		return false;
	r->size = hl_src_size(r->src);
	return true;
}
