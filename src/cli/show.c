/*
 * show.c: keys and texts that several commands print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "cli.h"

const char *show_size(char buf[SIZE_TEXT], uint64_t bytes)
{
	static const char *const unit[] = {
		"KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	double v = (double)bytes;
	int i = -1;

	while (v >= 1024 && i < 5) {
		v /= 1024;
		i++;
	}
	if (i < 0)
		snprintf(buf, SIZE_TEXT, "%llu B", (unsigned long long)bytes);
	else
		snprintf(buf, SIZE_TEXT, "%.1f %s", v, unit[i]);
	return buf;
}

const char *show_status(const struct cli *c, enum hl_status st)
{
	if (st == HL_NOMEM && c->o.max_memory)
		return "the ceiling of --max-memory is reached";
	return hl_status_text(st);
}

const char *show_type(enum hl_type type)
{
	return type == HL_FILE ? "file" : type == HL_DIR ? "dir" :
	       type == HL_LINK ? "link" : "other";
}

/* As attrib(1) of Windows spells them, one column each. */
const char *show_attributes(char buf[ATTR_TEXT], uint32_t attributes)
{
	static const struct {
		uint32_t bit;
		char letter;
	} names[] = {
		{ 0x0001, 'R' }, { 0x0002, 'H' }, { 0x0004, 'S' },
		{ 0x0020, 'A' }, { 0x0100, 'T' }, { 0x0200, 'P' },
		{ 0x0400, 'L' }, { 0x0800, 'C' }, { 0x1000, 'O' },
		{ 0x2000, 'I' }, { 0x4000, 'E' },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		buf[i] = attributes & names[i].bit ? names[i].letter : '-';
	buf[i] = '\0';
	return buf;
}

void show_text_or_null(struct cli *c, const char *key, const char *s)
{
	hl_json_kv(&c->out.json, key, s && *s ? s : NULL);
}

void show_time_key(struct cli *c, const char *key, struct hl_time t)
{
	char text[HL_TIME_TEXT];

	show_text_or_null(c, key, hl_time_text(text, t));
}

void show_times(struct cli *c, const struct hl_entry *e)
{
	show_time_key(c, "created", e->created);
	show_time_key(c, "modified", e->modified);
	show_time_key(c, "mft_changed", e->mft_changed);
	show_time_key(c, "accessed", e->accessed);
}

void show_record(struct cli *c, const struct hl_entry *e)
{
	struct hl_json *j = &c->out.json;

	if (e->flags & HL_ENTRY_RECORD) {
		hl_json_ku(j, "record", e->ref.id);
		hl_json_ku(j, "sequence", e->ref.seq);
		return;
	}
	hl_json_kn(j, "record");
	hl_json_kn(j, "sequence");
}

/* UTF-16LE in hex of a path whose last name UTF-8 cannot carry. */
char *show_path16(const char *path, const struct hl_entry *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char *parent = malloc(n + 1), *hex = NULL;
	uint16_t *units = malloc((n + HL_NAME_UNITS) * sizeof(*units));
	size_t k = 0;

	if (parent && units) {
		memcpy(parent, path, n);
		parent[n] = '\0';
		k = hl_utf16_from8(units, n, parent);
		hex = k == SIZE_MAX ? NULL : malloc((k + e->n_name16) * 4 + 1);
	}
	if (hex) {
		memcpy(units + k, e->name16, 2u * e->n_name16);
		for (size_t i = 0; i < k + e->n_name16; i++)
			snprintf(hex + 4 * i, 5, "%02x%02x", units[i] & 0xffu,
			         (unsigned)units[i] >> 8);
	}
	free(parent);
	free(units);
	return hex;
}

void show_path(struct cli *c, const char *path, const struct hl_entry *e)
{
	char *hex;

	hl_json_kv(&c->out.json, "path", path);
	if (!(e->flags & HL_ENTRY_BAD_NAME))
		return;
	hex = show_path16(path, e);
	hl_json_kv(&c->out.json, "path_utf16", hex);
	free(hex);
}

static const char *run_state(const struct hl_extent *e)
{
	return hl_quality_text((enum hl_quality)e->quality);
}

void show_run(struct cli *c, const struct hl_extent *e)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_ku(j, "file_offset", e->off);
	hl_json_ku(j, "length", e->len);
	if (e->in)
		hl_json_ku(j, "offset", e->in_off);
	else
		hl_json_kn(j, "offset");
	hl_json_ku(j, "stored_length", e->in ? e->in_len : 0);
	hl_json_kv(j, "what", hl_what_text((enum hl_what)e->what));
	hl_json_kv(j, "state", run_state(e));
	if (e->quality == HL_Q_ALLOCATED_TO && e->owner == HL_NO_OFFSET)
		hl_json_kn(j, "owner");
	else if (e->quality == HL_Q_ALLOCATED_TO)
		hl_json_ku(j, "owner", e->owner);
	hl_json_object_end(j);
}
