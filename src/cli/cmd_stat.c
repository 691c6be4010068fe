/*
 * cmd_stat.c: everything that is known of one file, and where each of its
 * bytes lies on the image.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "lift/json_parts.h"
#include "stat.h"

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

	if (*hl_time_text(text, t))
		line(c, key, text);
}

static void text_summary(struct cli *c, const struct where *w)
{
	const struct hl_entry *e = &w->entry;
	char text[4096], attr[ATTR_TEXT];

	snprintf(text, sizeof(text), "%s:%s", w->volume->id, w->path);
	head(c, text);
	line(c, "type", hl_type_text(e->type));
	if (e->flags & HL_ENTRY_DELETED)
		line(c, "deleted", e->flags & HL_ENTRY_RECORD ?
		     "yes, its record is unused" : "yes");
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

static void text_run(struct table *t, const struct hl_run *e)
{
	table_cellf(t, "%llu", (unsigned long long)e->off);
	table_cellf(t, "%llu", (unsigned long long)e->len);
	if (e->in_off != HL_NO_OFFSET)
		table_cellf(t, "%llu", (unsigned long long)e->in_off);
	else
		table_cell(t, NULL);
	table_cellf(t, "%llu", (unsigned long long)e->in_len);
	table_cell(t, hl_what_text((enum hl_what)e->what));
	if (e->quality == HL_Q_ALLOCATED_TO && e->owner != HL_NO_OFFSET)
		table_cellf(t, "allocated-to %llu",
		            (unsigned long long)e->owner);
	else
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
	struct hl_run run;
	struct hl_runs r;
	bool ok = true;

	snprintf(title, sizeof(title),
	         "%s%s: %llu bytes, %llu valid, %llu allocated%s%s%s%s",
	         *s->name ? "stream " : "content", s->name,
	         (unsigned long long)s->size,
	         (unsigned long long)s->valid,
	         (unsigned long long)s->allocated,
	         s->resident ? ", resident" : "",
	         s->compressed ? ", compressed" : "",
	         s->sparse ? ", sparse" : "", s->encrypted ? ", encrypted" : "");
	out_text(&c->out, "\n");
	head(c, title);
	if (stat_runs(c, w, s->name, &r))
		while (hl_runs_next(&r, &run) == HL_OK && !stop_wanted(c))
			text_run(&t, &run);
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
		stat_json(c, &w);
	else
		ok = as_text(c, &w);
	where_free(&w);
	return ok && !c->out.err && !stop_signalled(c) ? DONE : FAILED;
}
