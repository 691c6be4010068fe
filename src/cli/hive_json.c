/* hive_json.c: one hive as a JSON line, for `hives` and `extract`. */
#include <stdio.h>

#include "base/banned.h"
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

void hive_json(struct cli *c, const struct hl_hive *h, size_t mark)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "volume", h->volume->id);
	show_path(c, h->path, &h->entry);
	hl_json_kv(j, "kind", hl_kind_text(h->kind));
	hl_json_kv(j, "user", h->user);
	hl_json_kv(j, "sid", h->sid);
	hl_json_ku(j, "size", h->entry.size);
	hl_json_text(j, "sha256", h->sha256);
	hl_json_record(j, &h->entry);
	hl_json_kv(j, "state", hive_state(h));
	json_base(c, &h->report.base);
	hl_json_kn(j, "same_as"); /* copies in snapshots: not searched yet */
	hl_json_key(j, "logs");
	hl_json_array(j);
	for (size_t i = 0; i < h->n_logs; i++)
		json_log(c, &h->logs[i]);
	hl_json_array_end(j);
	hl_json_replay(j, &h->replay);
	hl_json_times(j, &h->entry);
	hl_json_notes(j, &h->report, c->log, mark);
	hl_json_object_end(j);
	hl_json_newline(j);
}
