/* ls_lines.c: an entry as JSON and as a line of a Sleuth Kit bodyfile. */
#include "base/banned.h"
#include "fs/walk.h"
#include "lift/json_parts.h"
#include "ls.h"

#define TICKS 10000000u
#define EPOCH 11644473600 /* seconds from 1601 to 1970 */

static void json_streams(struct listing *l, const struct hl_entry *e)
{
	struct hl_json *j = &l->c->out.json;
	struct hl_stream_info s;
	unsigned cursor = 0;

	hl_json_key(j, "streams");
	hl_json_array(j);
	while (hl_fs_stream_next(l->v->fs, &e->ref, &cursor, &s) == HL_OK) {
		if (!*s.name)
			continue;
		hl_json_object(j);
		hl_json_kv(j, "name", s.name);
		hl_json_ku(j, "size", s.size);
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

static void json_target(struct listing *l, const struct hl_entry *e)
{
	char target[4096] = "";

	if (e->type == HL_LINK && hl_fs_link(l->v->fs, &e->ref, target,
	                                     sizeof(target)) != HL_OK)
		*target = '\0';
	hl_json_text(&l->c->out.json, "link_target", target);
}

static void json_path(struct listing *l, const struct hl_entry *e)
{
	size_t n;
	const uint16_t *units;

	if (!l->w) {
		show_path(l->c, l->path, e);
		return;
	}
	units = hl_walk_path16(l->w, &n);
	show_path_units(l->c, l->path, units, n);
}

void ls_json(struct listing *l, const struct hl_entry *e)
{
	struct hl_json *j = &l->c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "volume", l->v->id);
	json_path(l, e);
	hl_json_type(j, e->type);
	hl_json_ku(j, "size", e->size);
	hl_json_record(j, e);
	if (e->flags & HL_ENTRY_SLACK)
		hl_json_kb(j, "slack", true);
	hl_json_times(j, e);
	hl_json_ku(j, "attributes", e->attributes);
	json_streams(l, e);
	json_target(l, e);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static long long seconds(struct hl_time t)
{
	if (t.kind == HL_TIME_NONE)
		return 0;
	return (long long)(t.ticks / TICKS) - (long long)EPOCH;
}

static void body_name(struct cli *c, const char *s)
{
	while (*s) {
		char one[ESC_MAX];

		esc_step(one, &s, "|"); /* the separator */
		out_text(&c->out, one);
	}
}

static void body_line(struct listing *l, const struct hl_entry *e,
                      const char *stream, uint64_t size)
{
	struct out *o = &l->c->out;
	char type = (char)(e->type == HL_DIR ? 'd' :
	                   e->type == HL_LINK ? 'l' : 'r');

	out_text(o, "0|");
	body_name(l->c, l->path);
	if (*stream) {
		out_text(o, ":");
		body_name(l->c, stream);
	}
	if (e->flags & HL_ENTRY_DELETED)
		out_text(o, " (deleted)");
	out_printf(o, "|%llu|%c/%crwxrwxrwx|0|0|%llu|%lld|%lld|%lld|%lld\n",
	           (unsigned long long)e->ref.id, type, type,
	           (unsigned long long)size, seconds(e->accessed),
	           seconds(e->modified), seconds(e->mft_changed),
	           seconds(e->created));
}

void ls_body(struct listing *l, const struct hl_entry *e)
{
	struct hl_stream_info s;
	unsigned cursor = 0;

	body_line(l, e, "", e->size);
	while (hl_fs_stream_next(l->v->fs, &e->ref, &cursor, &s) == HL_OK)
		if (*s.name)
			body_line(l, e, s.name, s.size);
}
