/* stat_json.c: the one object of `stat --json`. */
#include <string.h>

#include "base/banned.h"
#include "lift/json_parts.h"
#include "stat.h"

/* Its content cannot be had, and to ask for it would be a failure. */
static bool is_encrypted(struct hl_fs *fs, const struct hl_ref *ref,
                         const char *stream)
{
	struct hl_stream_info info;
	unsigned cursor = 0;

	while (hl_fs_stream_next(fs, ref, &cursor, &info) == HL_OK)
		if (!strcmp(info.name, stream ? stream : ""))
			return info.encrypted;
	return false;
}

bool stat_runs(struct cli *c, const struct where *w, const char *stream,
               struct hl_runs *r)
{
	struct hl_fs *fs = w->volume->fs;
	const struct hl_ref *ref = &w->entry.ref;
	enum hl_status st;

	*r = (struct hl_runs){ .leaf = hl_runs_leaf(c->image) };
	/* content first: it knows the valid length; what is encrypted or of
	   a foreign compression has its raw runs still */
	st = HL_UNSUPPORTED;
	if (!is_encrypted(fs, ref, stream))
		st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_LOOK);
	if (st == HL_UNSUPPORTED)
		st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_RAW);
	if (st != HL_OK)
		return false;
	r->end = hl_src_size(r->src);
	return true;
}

static void json_runs(struct cli *c, const struct where *w,
                      const char *stream)
{
	struct hl_json *j = &c->out.json;
	struct hl_run run;
	struct hl_runs r;

	hl_json_key(j, "runs");
	hl_json_array(j);
	if (stat_runs(c, w, stream, &r))
		while (hl_runs_next(&r, &run) == HL_OK && !stop_wanted(c))
			hl_json_run(j, &run);
	hl_src_close(r.src);
	hl_json_array_end(j);
}

static void json_stream(struct cli *c, const struct where *w,
                        const struct hl_stream_info *s)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "name", s->name);
	hl_json_ku(j, "size", s->size);
	hl_json_ku(j, "valid", s->valid);
	hl_json_ku(j, "allocated", s->allocated);
	hl_json_kb(j, "resident", s->resident);
	hl_json_kb(j, "compressed", s->compressed);
	hl_json_kb(j, "sparse", s->sparse);
	hl_json_kb(j, "encrypted", s->encrypted);
	json_runs(c, w, s->name);
	hl_json_object_end(j);
}

static void json_facts(struct cli *c, const struct where *w)
{
	struct hl_json *j = &c->out.json;
	struct hl_fact f;
	unsigned cursor = 0;

	hl_json_key(j, "facts");
	hl_json_array(j);
	while (hl_fs_fact_next(w->volume->fs, &w->entry.ref, &cursor, &f) ==
	       HL_OK) {
		hl_json_object(j);
		hl_json_kv(j, "group", f.group);
		hl_json_kv(j, "key", f.key);
		hl_json_kv(j, "value", f.value);
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

void stat_json(struct cli *c, const struct where *w)
{
	struct hl_json *j = &c->out.json;
	const struct hl_entry *e = &w->entry;
	struct hl_stream_info s;
	char target[4096] = "";
	unsigned cursor = 0;

	hl_json_object(j);
	hl_json_kv(j, "volume", w->volume->id);
	show_path(c, w->path, e);
	hl_json_type(j, e->type);
	hl_json_ku(j, "size", e->size);
	hl_json_ku(j, "allocated", e->allocated);
	hl_json_record(j, e);
	hl_json_times(j, e);
	hl_json_ku(j, "attributes", e->attributes);
	if (hl_fs_link(w->volume->fs, &e->ref, target, sizeof(target)) != HL_OK)
		*target = '\0';
	hl_json_text(j, "link_target", target);
	json_facts(c, w);
	hl_json_key(j, "streams");
	hl_json_array(j);
	while (hl_fs_stream_next(w->volume->fs, &e->ref, &cursor, &s) == HL_OK)
		json_stream(c, w, &s);
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}
