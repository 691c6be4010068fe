/* scan_show.c: what a scan found, for people and as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "scan.h"

static const char *boot_text(enum hl_lost_boot boot)
{
	static const char *const text[] = {
		[HL_BOOT_NONE] = "none", [HL_BOOT_PRIMARY] = "primary",
		[HL_BOOT_BACKUP] = "backup",
	};

	return text[boot];
}

/* Would its offset lead to a later volume, or to none?  One begins there, too,
 * or has its $MFT where this one had it, or there is nothing to begin with. */
static bool hidden(struct cli *c, const struct hl_lost *l)
{
	for (size_t i = 0; i < hl_scan_count(c->scan); i++) {
		const struct hl_lost *o = hl_scan_get(c->scan, i);

		if (o != l && o->off == l->off && o->generation &&
		    o->generation < l->generation)
			return true;
	}
	return l->other_mft || (l->bde_off && l->boot == HL_BOOT_NONE);
}

/* With its numbers when no reader could find a boot sector at that place. */
const char *scan_how(struct cli *c, char buf[SCAN_HOW],
                     const struct hl_lost *l)
{
	uint64_t from, to;
	int n;

	if (l->believed && hidden(c, l)) {
		/* of a part its number is not what a scan of all gives it */
		bool part = hl_scan_range(c->scan, &from, &to);

		snprintf(buf, SCAN_HOW, "--%s%s", part ? "lost" : "volume ",
		         part ? "" : l->id);
		return buf;
	}
	n = snprintf(buf, SCAN_HOW, "--offset %llu",
	             (unsigned long long)l->off);
	if (l->boot != HL_BOOT_PRIMARY && !strcmp(l->fs, "ntfs") &&
	    l->geom.cluster_size && l->geom.mft_lcn != HL_NO_OFFSET)
		snprintf(buf + n, SCAN_HOW - (size_t)n,
		         " --cluster-size %u --mft %llu",
		         l->geom.cluster_size,
		         (unsigned long long)l->geom.mft_lcn);
	return buf;
}

/* ---- JSON ---------------------------------------------------------------- */

static void geometry(struct hl_json *j, const struct hl_lost *l)
{
	if (l->geom.cluster_size)
		hl_json_ku(j, "cluster_size", l->geom.cluster_size);
	else
		hl_json_kn(j, "cluster_size");
	if (l->geom.cluster_size && l->geom.mft_lcn != HL_NO_OFFSET)
		hl_json_ku(j, "mft_lcn", l->geom.mft_lcn);
	else
		hl_json_kn(j, "mft_lcn");
}

static void one(struct cli *c, const struct hl_lost *l)
{
	struct hl_json *j = &c->out.json;
	char how[SCAN_HOW], time[HL_TIME_TEXT];
	const struct hl_time when = { l->formatted, l->local ? HL_TIME_LOCAL :
	                                                       HL_TIME_UTC };

	hl_json_object(j);
	hl_json_ku(j, "offset", l->off);
	hl_json_ku(j, "size", l->size);
	hl_json_kv(j, "fs", l->fs);
	hl_json_kv(j, "label", *l->label ? l->label : NULL);
	hl_json_ku(j, "score", l->score);
	hl_json_kb(j, "believed", l->believed);
	hl_json_kb(j, "in_table", l->in_table);
	hl_json_kv(j, "volume", *l->id ? l->id : NULL);
	hl_json_kv(j, "boot", boot_text(l->boot));
	if (l->generation)
		hl_json_ku(j, "generation", l->generation);
	else
		hl_json_kn(j, "generation");
	geometry(j, l);
	hl_json_kv(j, "formatted", l->formatted ? hl_time_text(time, when) :
	                                          NULL);
	hl_json_kv(j, "inside", l->inside);
	hl_json_kv(j, "options", *l->fs ? scan_how(c, how, l) : NULL);
	hl_json_key(j, "evidence");
	hl_json_array(j);
	for (size_t i = 0; i < l->n_evidence; i++)
		hl_json_string(j, l->evidence[i]);
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static bool overlap(const struct hl_lost *a, const struct hl_lost *b)
{
	return a->off < b->off ? b->off - a->off < a->size :
	       a->off == b->off || a->off - b->off < b->size;
}

/* With --generation only what could have been there at that time. */
bool scan_shown(struct cli *c, size_t i)
{
	const struct hl_lost *l = hl_scan_get(c->scan, i);

	return hl_scan_touches(c->scan, i) &&
	       (!c->scan_in || overlap(l, c->scan_in)) &&
	       (!c->o.generation ||
	        hl_scan_in_generation(c->scan, i, (unsigned)c->o.generation));
}

void scan_json(struct cli *c)
{
	for (size_t i = 0; i < hl_scan_count(c->scan); i++)
		if (scan_shown(c, i))
			one(c, hl_scan_get(c->scan, i));
}

/* ---- text ---------------------------------------------------------------- */

static const char *state_text(const struct hl_lost *l)
{
	return l->in_table ? "in the table" : l->inside ? "inside a file" :
	       l->believed ? "lost" : "not believed";
}

static void row(struct table *t, const struct hl_lost *l)
{
	char size[SIZE_TEXT];

	table_cell(t, l->id);
	table_cellf(t, "%llu", (unsigned long long)l->off);
	table_cell(t, show_size(size, l->size));
	table_cell(t, l->fs);
	table_cell(t, l->label);
	table_cellf(t, "%u", l->score);
	table_cell(t, l->boot == HL_BOOT_NONE ? NULL : boot_text(l->boot));
	if (l->generation)
		table_cellf(t, "%u", l->generation);
	else
		table_cell(t, NULL);
	table_cell(t, state_text(l));
	table_colour(t, l->in_table ? NULL : l->believed ? "33" : "2");
}

static void reasons(struct cli *c, const struct hl_lost *l)
{
	char how[SCAN_HOW];

	out_text(&c->out, "\n");
	if (*l->id)
		out_printf(&c->out, "%s%s, ", l->in_table ? "volume " : "",
		           l->id);
	out_printf(&c->out, "byte %llu: ", (unsigned long long)l->off);
	if (l->believed && !l->in_table)
		out_printf(&c->out, "hivelift ls %s IMAGE", scan_how(c, how, l));
	else
		out_text(&c->out, state_text(l));
	out_text(&c->out, "\n");
	for (size_t i = 0; i < l->n_evidence; i++) {
		out_text(&c->out, "    ");
		out_name(&c->out, l->evidence[i]);
		out_text(&c->out, "\n");
	}
}

bool scan_table(struct cli *c)
{
	struct table t = {
		.head = { "volume", "offset", "size", "fs", "label", "score",
		          "boot", "generation", "state" },
		.right = { true, true, true, [5] = true, [7] = true },
		.n_columns = 9,
		.bold = 8,
	};
	size_t n = hl_scan_count(c->scan);

	for (size_t i = 0; i < n; i++)
		if (scan_shown(c, i))
			row(&t, hl_scan_get(c->scan, i));
	bool ok = table_print(&t, &c->out, c->colour);
	table_free(&t);
	for (size_t i = 0; i < n && ok; i++)
		if (scan_shown(c, i) && (!hl_scan_get(c->scan, i)->in_table ||
		                    c->o.verbose))
			reasons(c, hl_scan_get(c->scan, i));
	return ok;
}
