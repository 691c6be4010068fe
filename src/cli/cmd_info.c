/*
 * cmd_info.c: what the image is; every partition, every gap, and what is on
 * them, also what cannot be read.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"

#define STORED "stored, not verified"

static bool about_table(const struct hl_note *n)
{
	static const char *const starts[] = {
		"GPT", "MBR", "EBR", "partition", "protective", "hybrid",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (!strncmp(n->what, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static void json_image(struct cli *c, const struct hl_image_info *m)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "image");
	hl_json_kv(j, "path", m->path);
	hl_json_kv(j, "format", m->format);
	hl_json_ku(j, "size", m->size);
	hl_json_ku(j, "sector_size", m->sector_size);
	hl_json_ku(j, "segments", m->segments);
	if (m->chunk_size)
		hl_json_ku(j, "chunk_size", m->chunk_size);
	else
		hl_json_kn(j, "chunk_size");
	hl_json_kv(j, "md5", m->md5);
	hl_json_kv(j, "sha1", m->sha1);
	hl_json_kv(j, "hash_state", m->md5 || m->sha1 ? STORED : NULL);
	hl_json_key(j, "acquisition");
	hl_json_object(j);
	for (size_t i = 0; i < m->n_acquisition; i++)
		hl_json_kv(j, m->acquisition[i][0], m->acquisition[i][1]);
	hl_json_object_end(j);
	hl_json_kb(j, "live", m->live);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static void json_table(struct cli *c, const struct hl_table_info *t)
{
	struct hl_json *j = &c->out.json;
	const struct hl_note *n;

	hl_json_object(j);
	hl_json_kv(j, "type", "table");
	hl_json_kv(j, "scheme", t->scheme);
	hl_json_ku(j, "offset", t->offset);
	hl_json_kb(j, "ok", t->ok);
	hl_json_kv(j, "used", t->used_backup ? "backup" : "primary");
	hl_json_key(j, "notes");
	hl_json_array(j);
	for (size_t i = 0; (n = hl_notelog_get(c->log, i)); i++)
		if (about_table(n))
			hl_json_string(j, n->text);
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

static void json_volume(struct cli *c, const struct hl_volume *v)
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

static void json_gap(struct cli *c, uint64_t off, uint64_t len)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "gap");
	hl_json_ku(j, "offset", off);
	hl_json_ku(j, "size", len);
	hl_json_object_end(j);
	hl_json_newline(j);
}

/* A line of facts about the image: "Size        310.0 MiB …" */
static void fact(struct cli *c, const char *key, const char *value)
{
	char safe[32];
	int n;

	n = (int)esc_width(esc_text(safe, sizeof(safe), key, NULL));
	out_printf(&c->out, "%s%*s  ", safe, n < 18 ? 18 - n : 0, "");
	out_name(&c->out, value);
	out_text(&c->out, "\n");
}

static void text_image(struct cli *c, const struct hl_image_info *m)
{
	char line[256], size[SIZE_TEXT];

	fact(c, "Image", m->path);
	snprintf(line, sizeof(line), "%s, %zu %s", m->format, m->segments,
	         m->segments == 1 ? "file" : "files");
	if (m->chunk_size)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
		         ", chunks of %u bytes", m->chunk_size);
	fact(c, "Format", line);
	snprintf(line, sizeof(line), "%llu bytes (%s), sectors of %u bytes",
	         (unsigned long long)m->size, show_size(size, m->size),
	         m->sector_size ? m->sector_size : 512);
	fact(c, "Size", line);
	if (m->md5) {
		snprintf(line, sizeof(line), "%s (" STORED ")", m->md5);
		fact(c, "MD5", line);
	}
	if (m->sha1) {
		snprintf(line, sizeof(line), "%s (" STORED ")", m->sha1);
		fact(c, "SHA1", line);
	}
	if (m->model)
		fact(c, "Model", m->model);
	if (m->serial)
		fact(c, "Serial number", m->serial);
	if (m->read_only)
		fact(c, "Write protection", "on");
	if (m->live)
		fact(c, "Live", "mounted read-write: content may be in motion");
	for (size_t i = 0; i < m->n_acquisition; i++)
		fact(c, m->acquisition[i][0], m->acquisition[i][1]);
}

static void text_table(struct cli *c, const struct hl_table_info *t)
{
	char line[256];
	const struct hl_note *n;

	snprintf(line, sizeof(line), "%s at offset %llu, %s%s%s%s%s",
	         !strcmp(t->scheme, "gpt") ? "GPT" : "MBR",
	         (unsigned long long)t->offset,
	         t->ok ? "every check passed" : "checks failed",
	         t->used_backup ? ", the backup was used" : "",
	         t->hybrid ? ", hybrid MBR" : "",
	         *t->disk_id ? ", disk " : "", t->disk_id);
	fact(c, "Partition table", line);
	for (size_t i = 0; (n = hl_notelog_get(c->log, i)); i++)
		if (about_table(n))
			fact(c, "", n->text);
}

static const char *state_text(const struct hl_volume *v, const char **colour)
{
	const struct hl_fs_info *f = v->fs ? hl_fs_info(v->fs) : NULL;

	*colour = "33";
	if (!f) {
		*colour = v->expected_empty ? NULL : "31";
		return v->expected_empty ? "no file system" : "NOT READ";
	}
	if (f->boot_backup)
		return "backup boot sector used";
	if (f->dirty || f->hibernated)
		return !f->hibernated ? "dirty" :
		       f->dirty ? "dirty, hibernated" : "hibernated";
	*colour = NULL;
	return "ok";
}

static void row_volume(struct table *t, const struct hl_volume *v)
{
	const struct hl_fs_info *f = v->fs ? hl_fs_info(v->fs) : NULL;
	const struct hl_part *p = v->part;
	const char *colour, *state = state_text(v, &colour);
	char size[SIZE_TEXT];

	table_cell(t, v->id);
	table_cellf(t, "%llu", (unsigned long long)v->off);
	table_cell(t, show_size(size, v->len));
	table_cell(t, !p ? NULL : *p->type_name ? p->type_name : p->type);
	table_cell(t, v->fs_name);
	table_cell(t, f && *f->label ? f->label : NULL);
	table_cell(t, f && *f->serial ? f->serial : NULL);
	if (f)
		table_cellf(t, "%u", f->cluster_size);
	else
		table_cell(t, NULL);
	table_cell(t, state);
	table_colour(t, colour);
}

static void row_gap(struct table *t, uint64_t off, uint64_t len)
{
	char size[SIZE_TEXT];

	table_cell(t, NULL);
	table_cellf(t, "%llu", (unsigned long long)off);
	table_cell(t, show_size(size, len));
	table_cell(t, "gap");
	for (int i = 0; i < 5; i++)
		table_cell(t, NULL);
	table_colour(t, NULL);
}

/* Volumes and gaps in the order of their start. */
static void regions(struct cli *c, struct table *t)
{
	size_t n = hl_disk_count(c->disk), i = 0, g = 0;
	uint64_t off, len;
	bool gap = hl_disk_gap(c->disk, g, &off, &len) == HL_OK;

	while (i < n || gap) {
		struct hl_volume *v = i < n ? hl_disk_volume(c->disk, i) : NULL;

		if (gap && (!v || off <= v->off)) {
			if (t)
				row_gap(t, off, len);
			else
				json_gap(c, off, len);
			gap = hl_disk_gap(c->disk, ++g, &off, &len) == HL_OK;
			continue;
		}
		if (t)
			row_volume(t, v);
		else
			json_volume(c, v);
		i++;
	}
}

static void text_unread(struct cli *c, const struct hl_coverage *cover)
{
	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (v->fs || !v->unread)
			continue;
		out_printf(&c->out, "volume %s is not read: ", v->id);
		out_name(&c->out, v->unread);
		out_text(&c->out, "\n");
	}
	for (size_t i = 0; i < cover->n_unsearched; i++) {
		const struct hl_unsearched *u = &cover->unsearched[i];

		if (u->count)
			out_printf(&c->out, "volume %s: %llu %s seen, not "
			           "read\n", u->volume ? u->volume : "?",
			           (unsigned long long)u->count, u->what);
	}
}

static enum outcome as_text(struct cli *c, const struct hl_image_info *m,
                            const struct hl_table *table,
                            const struct hl_coverage *cover)
{
	struct table t = {
		.head = { "volume", "offset", "size", "partition", "fs",
		          "label", "serial", "cluster", "state" },
		.right = { true, true, true, [7] = true },
		.n_columns = 9,
		.bold = 8,
	};

	text_image(c, m);
	if (table)
		text_table(c, hl_table_info(table));
	else
		fact(c, "Partition table", "none");
	out_text(&c->out, "\n");
	regions(c, &t);
	bool ok = table_print(&t, &c->out, c->colour);
	if (ok && cover)
		text_unread(c, cover);
	table_free(&t);
	return ok ? DONE : FAILED;
}

enum outcome cmd_info(struct cli *c)
{
	struct hl_image_info m;
	struct hl_coverage cover;
	const struct hl_table *table = hl_disk_table(c->disk);
	enum outcome outcome = DONE;

	if (hl_image_info(c->image, &m) != HL_OK ||
	    hl_coverage_build(&cover, c->disk, &c->ctx) != HL_OK) {
		msg_error(c, "cannot be described");
		return FAILED;
	}
	c->loss |= cover.loss;
	if (c->o.json) {
		json_image(c, &m);
		if (table)
			json_table(c, hl_table_info(table));
		regions(c, NULL);
		coverage_json(c, &cover);
	} else {
		outcome = as_text(c, &m, table, &cover);
	}
	hl_coverage_free(&cover, &c->ctx);
	return outcome;
}
