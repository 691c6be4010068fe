/*
 * json_carved.c: a find of carving, in the manifest and in JSON lines.  Keys
 * that a hive has too have the same names.
 */
#include <stdio.h>

#include "lift/json_parts.h"
#include "base/banned.h"

void hl_json_carved_where(struct hl_json *j, const struct hl_carved *p)
{
	hl_json_kv(j, "volume", p->volume ? p->volume->id : NULL);
	hl_json_kn(j, "path");
	hl_json_offset(j, "offset", p->off);
	hl_json_kv(j, "found", hl_carved_text(p->what));
	hl_json_kv(j, "where", p->where);
	hl_json_kv(j, "inside", p->inside);
}

static void base(struct hl_json *j, const struct hl_base_block *b)
{
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

static void log_of(struct hl_json *j, const struct hl_carved *p)
{
	hl_json_ku(j, "entries", p->entries);
	hl_json_ku(j, "first_seq", p->first_seq);
	hl_json_ku(j, "last_seq", p->last_seq);
	hl_json_kv(j, "log_of", p->belongs);
}

void hl_json_carved(struct hl_json *j, const struct hl_carved *p)
{
	const char *state = hl_hive_state_text(p->report.state);
	bool log = p->what >= HL_CARVED_LOG;

	hl_json_kv(j, "kind", log ? NULL : hl_kind_text(p->kind));
	hl_json_kv(j, "state", *state ? state : NULL);
	hl_json_kb(j, "whole", p->whole);
	hl_json_kb(j, "compressed", p->packed);
	hl_json_kb(j, "rejoined", p->joined);
	base(j, &p->base);
	if (log) {
		log_of(j, p);
	} else {
		hl_json_ku(j, "bin_offset", p->bin_off);
		hl_json_ku(j, "bins", p->bins);
	}
	hl_json_key(j, "decided");
	hl_json_array(j);
	for (size_t i = 0; i < p->n_decided; i++)
		hl_json_string(j, p->decided[i]);
	hl_json_array_end(j);
}
