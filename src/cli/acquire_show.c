/* acquire_show.c: what came of a copy, as text and as one JSON object. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acquire.h"
#include "lift/json_parts.h"
#include "base/banned.h"

static const char *format_of(const struct acquire_target *t)
{
	if (t->o.device >= 0)
		return "device";
	if (t->o.format == HL_ACQUIRE_EWF)
		return "E01";
	return t->o.split ? "split raw" : "raw";
}

static void stamp(char dst[32], int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	*dst = '\0';
	if (gmtime_r(&t, &tm))
		strftime(dst, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- text --------------------------------------------------------------- */

static void text_source(struct cli *c, const struct acquire_result *r)
{
	const struct hl_acquire_opts *o = &r->t->o;
	const struct hl_acquired *a = r->a;
	struct hl_image_info info;
	char size[SIZE_TEXT];

	if (hl_image_info(c->image, &info) != HL_OK)
		return;
	out_text(&c->out, "source   ");
	out_name(&c->out, info.path);
	out_printf(&c->out, " (%s)\n", info.format);
	if (info.model) {
		out_text(&c->out, "model    ");
		out_name(&c->out, info.model);
		out_text(&c->out, "\n");
	}
	if (info.serial) {
		out_text(&c->out, "serial   ");
		out_name(&c->out, info.serial);
		out_text(&c->out, "\n");
	}
	if (o->len)
		out_printf(&c->out, "part     bytes %llu to %llu%s%s\n",
		           (unsigned long long)o->from,
		           (unsigned long long)o->from + o->len,
		           c->o.volume ? ", volume " : "",
		           c->o.volume ? c->o.volume : "");
	out_printf(&c->out, "size     %llu bytes (%s)",
	           (unsigned long long)a->size, show_size(size, a->size));
	if (a->sector_size)
		out_printf(&c->out, ", sectors of %lu",
		           (unsigned long)a->sector_size);
	out_text(&c->out, "\n");
}

static void text_output(struct cli *c, const struct acquire_result *r)
{
	char size[SIZE_TEXT];

	out_text(&c->out, "output   ");
	out_name(&c->out, r->t->first);
	out_printf(&c->out, " (%s", format_of(r->t));
	if (r->a->files > 1)
		out_printf(&c->out, ", %zu files", r->a->files);
	out_printf(&c->out, ", %s)\n", show_size(size, r->a->written));
	if (r->a->map) {
		out_text(&c->out, "map      ");
		out_name(&c->out, c->o.output);
		out_text(&c->out, ".map\n");
	}
}

static void text_bad(struct cli *c, const struct hl_acquired *a)
{
	for (size_t i = 0; i < a->n_bad; i++)
		out_printf(&c->out, "bad      offset %llu, %llu bytes: zeros\n",
		           (unsigned long long)a->bad[i].off,
		           (unsigned long long)a->bad[i].len);
	if (a->n_bad)
		out_printf(&c->out, "bad      %llu bytes in %zu %s\n",
		           (unsigned long long)a->bad_bytes, a->n_bad,
		           a->n_bad == 1 ? "stretch" : "stretches");
	else
		out_text(&c->out, "bad      none\n");
}

void acquire_text(struct cli *c, const struct acquire_result *r)
{
	const struct hl_acquired *a = r->a;
	char start[32], end[32], rate[SIZE_TEXT];
	double s = r->seconds > 0.001 ? r->seconds : 0.001;

	text_source(c, r);
	text_output(c, r);
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		if (*a->hash[k])
			out_printf(&c->out, "%-8s %s\n", hl_verify_name(k),
			           a->hash[k]);
	text_bad(c, a);
	stamp(start, r->start);
	stamp(end, r->end);
	out_printf(&c->out, "time     %s to %s, %.1f s, %s/s\n", start, end,
	           r->seconds, show_size(rate, (uint64_t)((double)a->size /
	                                                  s)));
	if (c->o.read_back)
		out_printf(&c->out, "verified %s\n", r->verified ?
		           "read back, every digest is the same" :
		           "NO: see above");
}

/* ---- JSON --------------------------------------------------------------- */

static void json_source(struct cli *c, const struct acquire_result *r)
{
	const struct hl_acquired *a = r->a;
	struct hl_json *j = &c->out.json;
	struct hl_image_info info;

	hl_json_key(j, "source");
	hl_json_object(j);
	if (hl_image_info(c->image, &info) == HL_OK) {
		hl_json_kv(j, "path", info.path);
		hl_json_kv(j, "format", info.format);
		hl_json_kv(j, "model", info.model);
		hl_json_kv(j, "serial", info.serial);
		hl_json_kb(j, "live", info.live);
	}
	hl_json_kv(j, "volume", c->o.volume);
	hl_json_ku(j, "offset", r->t->o.from);
	hl_json_ku(j, "size", a->size);
	hl_json_ku(j, "sector_size", a->sector_size);
	hl_json_object_end(j);
}

static void json_bad(struct hl_json *j, const struct hl_acquired *a)
{
	hl_json_ku(j, "bad_bytes", a->bad_bytes);
	hl_json_key(j, "bad");
	hl_json_array(j);
	for (size_t i = 0; i < a->n_bad; i++) {
		hl_json_object(j);
		hl_json_ku(j, "offset", a->bad[i].off);
		hl_json_ku(j, "length", a->bad[i].len);
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

static void json_hashes(struct hl_json *j, const struct hl_acquired *a)
{
	static const char *const keys[] = { "md5", "sha1", "sha256" };

	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		hl_json_text(j, keys[k], a->hash[k]);
}

void acquire_json(struct cli *c, const struct acquire_result *r)
{
	struct hl_json *j = &c->out.json;
	char start[32], end[32], map[4200];

	snprintf(map, sizeof(map), "%s.map", c->o.output);
	stamp(start, r->start);
	stamp(end, r->end);
	hl_json_object(j);
	hl_json_kv(j, "type", "acquire");
	json_source(c, r);
	hl_json_kv(j, "output", r->t->first);
	hl_json_kv(j, "format", format_of(r->t));
	hl_json_ku(j, "files", r->a->files);
	hl_json_ku(j, "written", r->a->written);
	hl_json_kv(j, "map", r->a->map ? map : NULL);
	json_hashes(j, r->a);
	json_bad(j, r->a);
	hl_json_ku(j, "resumed", r->a->resumed);
	if (c->o.read_back)
		hl_json_kb(j, "verified", r->verified);
	else
		hl_json_kn(j, "verified");
	hl_json_kv(j, "start", start);
	hl_json_kv(j, "end", end);
	hl_json_object_end(j);
	hl_json_newline(j);
}
