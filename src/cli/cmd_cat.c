/*
 * cmd_cat.c: one file or stream to stdout, in pieces.  Damaged parts are
 * zeros, and each is said with its place.
 */
#include <stdlib.h>

#include "base/banned.h"
#include "cli.h"

#define PIECE (1u << 20)
#define FIRST (128u << 10)

/* A damaged stretch may run over many pieces; it is said once. */
struct damage {
	struct hl_range r;
	bool open;
};

static void say(struct cli *c, struct hl_src *src, const char *name,
                struct damage *d)
{
	if (!d->open)
		return;
	note_loss(c, src, d->r.off, name,
	          "%llu bytes at offset %llu are %s; zeros written",
	          (unsigned long long)d->r.len, (unsigned long long)d->r.off,
	          d->r.what == HL_WHAT_MISSING ? "missing"
	          : hl_quality_text((enum hl_quality)d->r.quality));
	d->open = false;
}

static void damaged(struct cli *c, struct hl_src *src, const char *name,
                    struct damage *d, const struct hl_ranges *bad)
{
	for (size_t i = 0; i < bad->n; i++) {
		const struct hl_range *r = &bad->r[i];

		if (d->open && d->r.off + d->r.len == r->off &&
		    d->r.what == r->what && d->r.quality == r->quality) {
			d->r.len += r->len;
			continue;
		}
		say(c, src, name, d);
		d->r = *r;
		d->open = true;
	}
}

static enum outcome copy(struct cli *c, struct hl_src *src, const char *name,
                         uint8_t *buf)
{
	uint64_t size = hl_src_size(src), limit = c->o.max_file_size;
	struct damage d = { .open = false };
	struct hl_ranges bad;

	if (limit && limit < size) {
		note_loss(c, NULL, HL_NO_OFFSET, name, "%llu of %llu bytes: "
		          "--max-file-size reached", (unsigned long long)limit,
		          (unsigned long long)size);
		size = limit;
	}
	progress_total(c, size);
	hl_src_advise(src, 0, size, HL_ADVISE_SEQUENTIAL);
	/* a small file is not worth a page for each page of it */
	for (uint64_t off = 0; off < size && !stop_wanted(c);) {
		size_t room = off < PIECE ? FIRST : PIECE;
		size_t n = size - off < room ? (size_t)(size - off) : room;
		enum hl_status st;

		hl_ranges_clear(&bad);
		st = hl_src_read(src, off, buf, n, &bad);
		if (st != HL_OK) {
			msg_error(c, "%s: %s", name, show_status(c, st));
			return FAILED;
		}
		damaged(c, src, name, &d, &bad);
		if (!out_write(&c->out, buf, n))
			break;
		off += n;
		progress_step(c, name, off);
	}
	say(c, src, name, &d);
	return c->out.err || stop_signalled(c) ? FAILED : DONE;
}

static enum outcome cat(struct cli *c, const struct where *w)
{
	enum hl_stream_how how = c->o.raw ? HL_STREAM_RAW :
	                         c->o.slack ? HL_STREAM_SLACK :
	                         HL_STREAM_CONTENT;
	size_t said = hl_notelog_seen(c->log, HL_FAILED);
	struct hl_src *src;
	enum hl_status st;
	enum outcome outcome = FAILED;

	if (w->entry.type == HL_DIR && !*w->stream) {
		msg_error(c, "%s: is a folder", w->path);
		return FAILED;
	}
	st = hl_fs_stream(&src, w->volume->fs, &w->entry.ref, w->stream, how);
	if (st != HL_OK && hl_notelog_seen(c->log, HL_FAILED) > said)
		return FAILED; /* and why, in better words than ours */
	if (st != HL_OK) {
		msg_error(c, "%s%s%s: %s", w->path, *w->stream ? ":" : "",
		          w->stream, st == HL_END ? "no such stream" :
		          show_status(c, st));
		return FAILED;
	}
	uint8_t *buf = malloc(PIECE);
	if (buf)
		outcome = copy(c, src, w->path, buf);
	else
		msg_error(c, "%s", show_status(c, HL_NOMEM));
	free(buf);
	hl_src_close(src);
	return outcome;
}

enum outcome cmd_cat(struct cli *c)
{
	struct where w;
	enum outcome outcome;

	if (!where_find(c, c->o.args[0], &w))
		return FAILED;
	stats_phase(c, PHASE_READ);
	outcome = cat(c, &w);
	where_free(&w);
	return outcome;
}
