/*
 * cmd_stat.c: everything that is known of one file, and where each of its
 * bytes lies on the image.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"

/*
 * The runs of a stream, walked down to the image; neighbours that continue
 * each other there are one run.
 */
struct runs {
	struct hl_src *src;
	uint64_t at, size;
};

static bool continues(const struct hl_extent *a, const struct hl_extent *b)
{
	return a->what == b->what && a->quality == b->quality &&
	       a->in == b->in && a->what != HL_WHAT_COMPRESSED &&
	       (!a->in || a->in_off + a->len == b->in_off);
}

static enum hl_status next_run(struct runs *r, struct hl_extent *out)
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

static bool open_runs(struct cli *c, const struct where *w, const char *stream,
                      struct runs *r)
{
	struct hl_fs *fs = w->volume->fs;
	const struct hl_ref *ref = &w->entry.ref;
	enum hl_status st;

	*r = (struct runs){ .src = NULL };
	/* content first: it knows the valid length; what is encrypted or of
	   a foreign compression has its raw runs still */
	st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_CONTENT);
	if (st == HL_UNSUPPORTED)
		st = hl_fs_stream(&r->src, fs, ref, stream, HL_STREAM_RAW);
	if (st != HL_OK)
		return false;
	r->size = hl_src_size(r->src);
	(void)c;
	return true;
}

static void json_runs(struct cli *c, const struct where *w,
                      const char *stream)
{
	struct hl_json *j = &c->out.json;
	struct hl_extent e;
	struct runs r;

	hl_json_key(j, "runs");
	hl_json_array(j);
	if (open_runs(c, w, stream, &r))
		while (next_run(&r, &e) == HL_OK && !stop_wanted(c))
			show_run(c, &e);
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

static void as_json(struct cli *c, const struct where *w)
{
	struct hl_json *j = &c->out.json;
	const struct hl_entry *e = &w->entry;
	struct hl_stream_info s;
	char target[4096] = "";
	unsigned cursor = 0;

	hl_json_object(j);
	hl_json_kv(j, "volume", w->volume->id);
	show_path(c, w->path, e);
	hl_json_kv(j, "type", show_type(e->type));
	hl_json_ku(j, "size", e->size);
	hl_json_ku(j, "allocated", e->allocated);
	show_record(c, e);
	hl_json_kb(j, "deleted", (e->flags & HL_ENTRY_DELETED) != 0);
	show_times(c, e);
	hl_json_ku(j, "attributes", e->attributes);
	if (hl_fs_link(w->volume->fs, &e->ref, target, sizeof(target)) != HL_OK)
		*target = '\0';
	show_text_or_null(c, "link_target", target);
	json_facts(c, w);
	hl_json_key(j, "streams");
	hl_json_array(j);
	while (hl_fs_stream_next(w->volume->fs, &e->ref, &cursor, &s) == HL_OK)
		json_stream(c, w, &s);
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static void line(struct cli *c, const char *key, const char *value)
{
	char safe[64];
	int n = (int)esc_width(esc_text(safe, sizeof(safe), key, NULL));

	out_printf(&c->out, "  %s%*s  ", safe, n < 16 ? 16 - n : 0, "");
	out_name(&c->out, value);
	out_text(&c->out, "\n");
}

static void head(struct cli *c, const char *text)
{
	out_text(&c->out, c->colour ? "\x1b[1m" : "");
	out_name(&c->out, text);
	out_text(&c->out, c->colour ? "\x1b[0m\n" : "\n");
}

static void number(struct cli *c, const char *key, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	line(c, key, text);
}

static void time_line(struct cli *c, const char *key, struct hl_time t)
{
	char text[HL_TIME_TEXT];

	if (*hl_time_text(text, zone_time(c, t)))
		line(c, key, text);
}

static void text_summary(struct cli *c, const struct where *w)
{
	const struct hl_entry *e = &w->entry;
	char text[4096], attr[ATTR_TEXT];

	snprintf(text, sizeof(text), "%s:%s", w->volume->id, w->path);
	head(c, text);
	line(c, "type", show_type(e->type));
	number(c, "size", e->size);
	if (e->allocated)
		number(c, "allocated", e->allocated);
	snprintf(text, sizeof(text), "0x%08x %s", e->attributes,
	         show_attributes(attr, e->attributes));
	line(c, "attributes", text);
	if (e->flags & HL_ENTRY_RECORD) {
		snprintf(text, sizeof(text), "%llu-%u",
		         (unsigned long long)e->ref.id, e->ref.seq);
		line(c, "record", text);
	}
	time_line(c, "created", e->created);
	time_line(c, "modified", e->modified);
	time_line(c, "mft_changed", e->mft_changed);
	time_line(c, "accessed", e->accessed);
	if (hl_fs_link(w->volume->fs, &e->ref, text, sizeof(text)) == HL_OK)
		line(c, "link_target", text);
}

static void text_facts(struct cli *c, const struct where *w)
{
	struct hl_fact f;
	char group[sizeof(f.group)] = "";
	unsigned cursor = 0;

	while (hl_fs_fact_next(w->volume->fs, &w->entry.ref, &cursor, &f) ==
	       HL_OK) {
		if (strcmp(group, f.group) != 0) {
			out_text(&c->out, "\n");
			head(c, f.group);
			memcpy(group, f.group, sizeof(group));
		}
		line(c, f.key, f.value);
	}
}

static void text_run(struct table *t, const struct hl_extent *e)
{
	table_cellf(t, "%llu", (unsigned long long)e->off);
	table_cellf(t, "%llu", (unsigned long long)e->len);
	if (e->in)
		table_cellf(t, "%llu", (unsigned long long)e->in_off);
	else
		table_cell(t, NULL);
	table_cellf(t, "%llu", (unsigned long long)(e->in ? e->in_len : 0));
	table_cell(t, hl_what_text((enum hl_what)e->what));
	table_cell(t, hl_quality_text((enum hl_quality)e->quality));
}

static bool text_stream(struct cli *c, const struct where *w,
                        const struct hl_stream_info *s)
{
	struct table t = {
		.head = { "  file offset", "length", "image offset", "stored",
		          "what", "quality" },
		.right = { true, true, true, true },
		.n_columns = 6,
		.bold = -1,
	};
	char title[HL_NAME_BYTES + 160];
	struct hl_extent e;
	struct runs r;
	bool ok = true;

	snprintf(title, sizeof(title),
	         "stream \"%s\": %llu bytes, %llu valid, %llu allocated"
	         "%s%s%s%s", s->name, (unsigned long long)s->size,
	         (unsigned long long)s->valid,
	         (unsigned long long)s->allocated,
	         s->resident ? ", resident" : "",
	         s->compressed ? ", compressed" : "",
	         s->sparse ? ", sparse" : "", s->encrypted ? ", encrypted" : "");
	out_text(&c->out, "\n");
	head(c, title);
	if (open_runs(c, w, s->name, &r))
		while (next_run(&r, &e) == HL_OK && !stop_wanted(c))
			text_run(&t, &e);
	if (t.n_cells)
		ok = table_print(&t, &c->out, false);
	table_free(&t);
	hl_src_close(r.src);
	return ok;
}

static bool as_text(struct cli *c, const struct where *w)
{
	struct hl_stream_info s;
	unsigned cursor = 0;
	bool ok = true;

	text_summary(c, w);
	text_facts(c, w);
	while (ok && hl_fs_stream_next(w->volume->fs, &w->entry.ref, &cursor,
	                               &s) == HL_OK)
		ok = text_stream(c, w, &s);
	return ok;
}

enum outcome cmd_stat(struct cli *c)
{
	struct where w;
	bool ok = true;

	if (!where_find(c, c->o.args[0], &w))
		return FAILED;
	if (c->o.json)
		as_json(c, &w);
	else
		ok = as_text(c, &w);
	where_free(&w);
	return ok && !c->out.err && !stop_signalled() ? DONE : FAILED;
}
