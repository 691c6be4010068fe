/*
 * verify_dir.c: an output folder against its lists, and against the image it
 * was lifted from.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "lift/json_parts.h"
#include "sandbox.h"
#include "verify.h"

struct sum {
	unsigned long long files, wrong, extra, compared;
};

bool verify_dir_open(struct cli *c)
{
	c->folder_fd = open(c->o.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->folder_fd < 0) {
		msg_error(c, "%s: %s", c->o.folder, strerror(errno));
		return false;
	}
	return sandbox_read(c, c->o.folder);
}

static void json_found(struct cli *c, const struct hl_found *f)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "file");
	hl_json_kv(j, "output", f->path);
	hl_json_kv(j, "state", hl_found_text(f->state));
	hl_json_text(j, "why", f->why);
	hl_json_kv(j, "now", f->other);
	hl_json_ku(j, "size", f->size);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static void show(struct cli *c, const struct hl_found *f)
{
	struct out *o = &c->out;

	if (c->o.json) {
		json_found(c, f);
		return;
	}
	if (f->state == HL_FOUND_OK)
		return;
	out_printf(o, "%-8s ", hl_found_text(f->state));
	out_name(o, f->path);
	if (f->other) {
		out_text(o, " is now ");
		out_name(o, f->other);
	}
	out_printf(o, "%s%s\n", f->why[0] ? ": " : "", f->why);
}

static void count(struct sum *n, const struct hl_found *f)
{
	bool of_image = f->state == HL_FOUND_IMAGE ||
	                f->state == HL_FOUND_NOT_IN_IMAGE;

	n->extra += f->state == HL_FOUND_EXTRA;
	n->files += f->state != HL_FOUND_EXTRA && !of_image;
	n->wrong += f->state != HL_FOUND_EXTRA && f->state != HL_FOUND_OK;
}

static void finish(struct cli *c, const struct sum *n)
{
	char text[200], image[60] = "";

	/* lists, replayed hives and what was carved are no files of it */
	if (c->image)
		snprintf(image, sizeof(image), ", %llu of them against the "
		         "image too", n->compared);
	if (n->wrong || n->extra)
		snprintf(text, sizeof(text), "%llu files%s: %llu findings, "
		         "%llu files in no list", n->files, image, n->wrong,
		         n->extra);
	else
		snprintf(text, sizeof(text), "%llu files%s: all as listed",
		         n->files, image);
	if (n->wrong || n->extra)
		note_loss(c, NULL, HL_NO_OFFSET, "verify", "%s", text);
	if (c->image && !n->compared && n->files > 1) /* one: the manifest */
		note_loss(c, NULL, HL_NO_OFFSET, "verify", "not one file could "
		          "be compared with the image");
	if (!c->o.json) {
		out_printf(&c->out, "verdict  %s\n", text);
		return;
	}
	struct hl_json *j = &c->out.json;
	hl_json_object(j);
	hl_json_kv(j, "type", "verify");
	hl_json_kv(j, "path", c->o.folder);
	hl_json_kv(j, "state", n->wrong || n->extra ? "mismatch" : "match");
	hl_json_kv(j, "verdict", text);
	hl_json_ku(j, "files", n->files);
	if (c->image)
		hl_json_ku(j, "compared", n->compared);
	else
		hl_json_kn(j, "compared");
	hl_json_ku(j, "wrong", n->wrong);
	hl_json_ku(j, "extra", n->extra);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static enum hl_status all(struct cli *c, struct hl_verify_dir *d,
                          struct sum *n)
{
	struct hl_found f;
	uint64_t done = 0;
	enum hl_status st;

	while ((st = hl_verify_dir_next(d, &f)) == HL_OK) {
		done += f.size;
		progress_step(c, f.path, done);
		count(n, &f);
		show(c, &f);
	}
	return st == HL_END ? HL_OK : st;
}

enum outcome verify_dir(struct cli *c)
{
	struct hl_verify_dir *d = NULL;
	struct sum n = { 0 };
	enum hl_status st;

	if (c->image && !verify_disk(c))
		return FAILED;
	progress_total(c, 0);
	st = hl_verify_dir_open(&d, c->folder_fd, c->disk, &c->ctx);
	if (st == HL_OK)
		st = all(c, d, &n);
	n.compared = d ? hl_verify_dir_compared(d) : 0;
	hl_verify_dir_close(d);
	close(c->folder_fd);
	progress_clear(c);
	if (st == HL_OK) {
		finish(c, &n);
		return DONE;
	}
	if (!hl_notelog_seen(c->log, HL_FAILED))
		msg_error(c, "%s: %s", c->o.folder,
		          st == HL_END ? "its lists cannot be read"
		                       : show_status(c, st));
	return FAILED;
}
