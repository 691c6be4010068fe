/*
 * show.c: keys and texts that several commands print.
 */
#include <stdio.h>

#include "base/banned.h"
#include "cli.h"
#include "lift/json_parts.h"

const char *show_size(char buf[SIZE_TEXT], uint64_t bytes)
{
	static const char *const unit[] = {
		"KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	double v = (double)bytes;
	int i = -1;

	/* what would be rounded to 1024.0 is 1.0 of the next */
	while (v >= (i < 0 ? 1024 : 1023.95) && i < 5) {
		v /= 1024;
		i++;
	}
	if (i < 0)
		snprintf(buf, SIZE_TEXT, "%llu B", (unsigned long long)bytes);
	else
		snprintf(buf, SIZE_TEXT, "%.1f %s", v, unit[i]);
	return buf;
}

const char *show_status(struct cli *c, enum hl_status st)
{
	if (memory_reached(c, st))
		return "the ceiling of --max-memory is reached";
	return hl_status_text(st);
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
		buf[i] = (char)(attributes & names[i].bit ? names[i].letter :
		                                            '-');
	buf[i] = '\0';
	return buf;
}

static void check(struct cli *c, enum hl_status st)
{
	if (st != HL_OK)
		note_loss(c, NULL, HL_NO_OFFSET, "path_utf16", "%s",
		          show_status(c, st));
}

void show_path_units(struct cli *c, const char *path, const uint16_t *path16,
                     size_t n16)
{
	check(c, hl_json_path(&c->out.json, path, path16, n16, &c->ctx));
}

void show_path(struct cli *c, const char *path, const struct hl_entry *e)
{
	check(c, hl_json_path_of(&c->out.json, path, e, &c->ctx));
}
