/* hive_json.c: one hive as a JSON line, for `hives`, `extract`, `exec`. */
#include <stdio.h>

#include "base/banned.h"
#include "base/mem.h"
#include "hives.h"
#include "lift/json_parts.h"

static void json_log(struct cli *c, const struct hl_hive_log *l)
{
	struct hl_json *j = &c->out.json;
	const struct hl_log_info *i = &l->info;

	hl_json_object(j);
	show_path(c, l->path, &l->entry);
	hl_json_kv(j, "format", i->format);
	if (i->header_ok) {
		hl_json_ku(j, "first_seq", i->first_seq);
		hl_json_ku(j, "last_seq", i->last_seq);
	} else {
		hl_json_kn(j, "first_seq");
		hl_json_kn(j, "last_seq");
	}
	hl_json_kb(j, "used", l->used);
	hl_json_object_end(j);
}

static void json_base(struct cli *c, const struct hl_base_block *b)
{
	struct hl_json *j = &c->out.json;
	char version[32];

	if (!b->signature) {
		hl_json_kn(j, "seq1");
		hl_json_kn(j, "seq2");
		hl_json_kn(j, "version");
		hl_json_kn(j, "last_written");
		hl_json_kn(j, "embedded_name");
		return;
	}
	snprintf(version, sizeof(version), "%u.%u", b->major, b->minor);
	hl_json_ku(j, "seq1", b->seq1);
	hl_json_ku(j, "seq2", b->seq2);
	hl_json_kv(j, "version", version);
	hl_json_time(j, "last_written", b->last_written);
	hl_json_kv(j, "embedded_name", b->name);
}

/* "3:/Windows/System32/config/SAM": the first of that content */
static void same_as(struct cli *c, const struct hl_hive *h)
{
	struct hl_json *j = &c->out.json;
	char *text = NULL;

	if (h)
		text = hl_asprintf(&c->ctx, "%s:%s", h->volume->id, h->path);
	hl_json_kv(j, "same_as", text);
	hl_free(&c->ctx, text);
}

void hive_keys(struct cli *c, struct hl_hives *hives, size_t i, size_t mark)
{
	const struct hl_hive *h = hl_hives_get(hives, i);
	struct hl_json *j = &c->out.json;

	hl_json_kv(j, "volume", h->volume->id);
	show_path(c, h->path, &h->entry);
	hl_json_kv(j, "kind", hl_kind_text(h->kind));
	hl_json_kv(j, "user", h->user);
	hl_json_kv(j, "sid", h->sid);
	hl_json_kv(j, "sid_source", h->sid ? h->sid_source : NULL);
	hl_json_ku(j, "size", h->entry.size);
	hl_json_text(j, "sha256", h->sha256);
	hl_json_record(j, &h->entry);
	hl_json_kv(j, "state", hive_state(h));
	json_base(c, &h->report.base);
	same_as(c, hl_hives_same(hives, i));
	hl_json_key(j, "logs");
	hl_json_array(j);
	for (size_t k = 0; k < h->n_logs; k++)
		json_log(c, &h->logs[k]);
	hl_json_array_end(j);
	hl_json_replay(j, &h->replay);
	hl_json_times(j, &h->entry);
	hl_json_point(j, h->point);
	hl_json_notes(j, &h->report, c->log, mark);
}

void hive_json(struct cli *c, struct hl_hives *hives, size_t i, size_t mark)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hive_keys(c, hives, i, mark);
	hl_json_object_end(j);
	hl_json_newline(j);
}
