/* info_json.c: the lines of `info --json`. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "info.h"

bool info_about_table(const struct hl_note *n)
{
	static const char *const starts[] = {
		"GPT", "MBR", "EBR", "partition", "protective", "hybrid",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (!strncmp(n->what, starts[i], strlen(starts[i])))
			return true;
	return false;
}

void info_json_image(struct cli *c, const struct hl_image_info *m)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "image");
	hl_json_kv(j, "path", m->path);
	hl_json_kv(j, "format", m->format);
	hl_json_ku(j, "size", m->size);
	if (info_sector_size(c, m))
		hl_json_ku(j, "sector_size", info_sector_size(c, m));
	else
		hl_json_kn(j, "sector_size");
	hl_json_ku(j, "segments", m->segments);
	if (m->chunk_size)
		hl_json_ku(j, "chunk_size", m->chunk_size);
	else
		hl_json_kn(j, "chunk_size");
	hl_json_kv(j, "md5", m->md5);
	hl_json_kv(j, "sha1", m->sha1);
	hl_json_kv(j, "hash_state", m->md5 || m->sha1 ? INFO_STORED : NULL);
	hl_json_key(j, "acquisition");
	hl_json_object(j);
	for (size_t i = 0; i < m->n_acquisition; i++)
		hl_json_kv(j, m->acquisition[i][0], m->acquisition[i][1]);
	hl_json_object_end(j);
	hl_json_kb(j, "live", m->live);
	hl_json_object_end(j);
	hl_json_newline(j);
}

void info_json_table(struct cli *c, const struct hl_table_info *t)
{
	struct hl_json *j = &c->out.json;
	const struct hl_note *n;
	char line[1024];

	hl_json_object(j);
	hl_json_kv(j, "type", "table");
	hl_json_kv(j, "scheme", t->scheme);
	hl_json_ku(j, "offset", t->offset);
	hl_json_kb(j, "ok", t->ok);
	hl_json_kv(j, "used", t->used_backup ? "backup" : "primary");
	hl_json_key(j, "notes");
	hl_json_array(j);
	for (size_t i = 0; (n = hl_notelog_get(c->log, i)); i++)
		if (info_about_table(n)) {
			snprintf(line, sizeof(line), "%s: %s", n->what,
			         n->text);
			hl_json_string(j, line);
		}
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static void json_states(struct hl_json *j, const struct hl_fs_info *f)
{
	hl_json_key(j, "state");
	hl_json_array(j);
	if (f && f->dirty)
		hl_json_string(j, "dirty");
	if (f && f->hibernated)
		hl_json_string(j, "hibernated");
	hl_json_array_end(j);
}

void info_json_volume(struct cli *c, const struct hl_volume *v)
{
	const struct hl_fs_info *f = v->fs ? hl_fs_info(v->fs) : NULL;
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "volume");
	hl_json_kv(j, "volume", v->id);
	hl_json_ku(j, "offset", v->off);
	hl_json_ku(j, "size", v->len);
	show_text_or_null(c, "partition_type", v->part ? v->part->type : NULL);
	show_text_or_null(c, "name", v->part ? v->part->name : NULL);
	show_text_or_null(c, "fs", v->fs_name);
	show_text_or_null(c, "label", f ? f->label : NULL);
	show_text_or_null(c, "serial", f ? f->serial : NULL);
	if (f && *f->guid)
		hl_json_kv(j, "guid", f->guid);
	if (f)
		hl_json_ku(j, "cluster_size", f->cluster_size);
	else
		hl_json_kn(j, "cluster_size");
	hl_json_kv(j, "boot", !f ? NULL :
	           f->boot_backup ? "backup" : "primary");
	json_states(j, f);
	hl_json_kv(j, "unread", v->unread);
	hl_json_object_end(j);
	hl_json_newline(j);
}

void info_json_gap(struct cli *c, uint64_t off, uint64_t len)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "gap");
	hl_json_ku(j, "offset", off);
	hl_json_ku(j, "size", len);
	hl_json_object_end(j);
	hl_json_newline(j);
}
