/* info_text.c: the head of `info`: the container and its table, in words. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "info.h"
#include "lift/json_parts.h"
#include "sandbox.h"

void info_fact(struct cli *c, const char *key, const char *value)
{
	char safe[32];
	int n;

	n = (int)esc_width(esc_text(safe, sizeof(safe), key, NULL));
	out_printf(&c->out, "%s%*s  ", safe, n < 18 ? 18 - n : 0, "");
	out_name(&c->out, value);
	out_text(&c->out, "\n");
}

void info_image(struct cli *c, const struct hl_image_info *m)
{
	uint32_t sector = hl_json_sector_size(m, hl_disk_table(c->disk));
	char line[256], size[SIZE_TEXT];

	info_fact(c, "Image", m->path);
	snprintf(line, sizeof(line), "%s, %zu %s", m->format, m->segments,
	         m->segments == 1 ? "file" : "files");
	if (m->chunk_size)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
		         ", chunks of %u bytes", m->chunk_size);
	info_fact(c, "Format", line);
	snprintf(line, sizeof(line), "%llu bytes (%s)",
	         (unsigned long long)m->size, show_size(size, m->size));
	if (sector)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
		         ", sectors of %u bytes", sector);
	info_fact(c, "Size", line);
	if (m->md5) {
		snprintf(line, sizeof(line), "%s (" HL_HASH_STATE ")", m->md5);
		info_fact(c, "MD5", line);
	}
	if (m->sha1) {
		snprintf(line, sizeof(line), "%s (" HL_HASH_STATE ")", m->sha1);
		info_fact(c, "SHA1", line);
	}
	if (m->model)
		info_fact(c, "Model", m->model);
	if (m->serial)
		info_fact(c, "Serial number", m->serial);
	if (m->read_only)
		info_fact(c, "Write protection", "on");
	if (m->live)
		info_fact(c, "Live", "mounted read-write: content may be in motion");
	for (size_t i = 0; i < m->n_acquisition; i++)
		info_fact(c, m->acquisition[i][0], m->acquisition[i][1]);
	info_fact(c, "Sandbox", sandbox_active(c));
}

void info_table(struct cli *c, const struct hl_table_info *t)
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
	info_fact(c, "Partition table", line);
	for (size_t i = 0; (n = hl_notelog_get(c->log, i)); i++)
		if (info_about_table(n)) {
			snprintf(line, sizeof(line), "%s: %s", n->what,
			         n->text);
			info_fact(c, "", line);
		}
}
