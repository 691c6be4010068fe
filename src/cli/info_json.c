/* info_json.c: the lines of `info --json`. */
#include <string.h>

#include "base/banned.h"
#include "info.h"
#include "lift/json_parts.h"
#include "sandbox.h"

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
	hl_json_image(j, m, hl_disk_table(c->disk));
	hl_json_kv(j, "sandbox", sandbox_active(c));
	hl_json_object_end(j);
	hl_json_newline(j);
}

void info_json_table(struct cli *c, const struct hl_table_info *t)
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
		if (info_about_table(n))
			hl_json_note(j, n);
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}

void info_json_volume(struct cli *c, const struct hl_volume *v)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "volume");
	hl_json_volume(j, v);
	hl_json_object_end(j);
	hl_json_newline(j);
}

void info_json_gap(struct cli *c, uint64_t off, uint64_t len)
{
	struct hl_json *j = &c->out.json;
	const char *fs;
	uint64_t at;

	hl_json_object(j);
	hl_json_kv(j, "type", "gap");
	hl_json_ku(j, "offset", off);
	hl_json_ku(j, "size", len);
	if (hl_scan_peek(c->image, off, len, &at, &fs) == HL_OK) {
		hl_json_kv(j, "boot_sector", fs);
		hl_json_ku(j, "boot_sector_offset", at);
	} else {
		hl_json_kn(j, "boot_sector");
		hl_json_kn(j, "boot_sector_offset");
	}
	hl_json_object_end(j);
	hl_json_newline(j);
}
