/*
 * cmd_info.c: what the image is; every partition, every gap, and what is on
 * them, also what cannot be read.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "info.h"

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
				info_json_gap(c, off, len);
			gap = hl_disk_gap(c->disk, ++g, &off, &len) == HL_OK;
			continue;
		}
		if (!v) /* never: i < n here */
			break;
		if (v->skipped)
			; /* not asked for */
		else if (t)
			row_volume(t, v);
		else
			info_json_volume(c, v);
		i++;
	}
}

static void text_unread(struct cli *c, const struct hl_coverage *cover)
{
	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (v->fs || !v->unread || v->expected_empty || v->skipped)
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

/* What a scan would find at first sight. */
static void text_hints(struct cli *c)
{
	uint64_t off, len, at;
	const char *fs;

	for (size_t i = 0;
	     hl_disk_gap(c->disk, i, &off, &len) == HL_OK; i++)
		if (hl_scan_peek(c->image, off, len, &at, &fs) == HL_OK)
			out_printf(&c->out, "space that no partition covers "
			           "holds a boot sector (%s) at byte %llu: "
			           "see hivelift scan\n", fs,
			           (unsigned long long)at);
}

static void text_shadows(struct cli *c)
{
	char t[HL_TIME_TEXT];

	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);
		const struct hl_shadow *s = v->shadow;

		if (!s)
			continue;
		out_printf(&c->out, "volume %s: shadow copy of %s%s%s%s%s\n",
		           v->id, *hl_time_text(t, s->created) ? t :
		           "an unknown time", *s->id ? ", {" : "", s->id,
		           *s->id ? "}" : "", s->elsewhere ?
		           ", its store on another volume" : "");
	}
}

static void text_guids(struct cli *c)
{
	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (v->fs && *hl_fs_info(v->fs)->guid)
			out_printf(&c->out, "volume %s: GUID %s\n", v->id,
			           hl_fs_info(v->fs)->guid);
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

	info_image(c, m);
	if (table)
		info_table(c, hl_table_info(table));
	else
		info_fact(c, "Partition table", "none");
	out_text(&c->out, "\n");
	regions(c, &t);
	bool ok = table_print(&t, &c->out, c->colour);
	if (ok)
		text_guids(c);
	if (ok)
		info_bde(c);
	if (ok)
		text_shadows(c);
	if (ok)
		text_hints(c);
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
		info_json_image(c, &m);
		if (table)
			info_json_table(c, hl_table_info(table));
		regions(c, NULL);
		coverage_json(c, &cover);
	} else {
		outcome = as_text(c, &m, table, &cover);
	}
	hl_coverage_free(&cover, &c->ctx);
	return outcome;
}
