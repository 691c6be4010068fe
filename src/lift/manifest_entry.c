/*
 * manifest_entry.c: one file in the manifest, on one line, so that manifests
 * can be compared line by line.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static const char *type_text(enum hl_type type)
{
	switch (type) {
	case HL_FILE:
		return "file";
	case HL_DIR:
		return "dir";
	case HL_LINK:
		return "link";
	default:
		return "other";
	}
}

static void time_key(struct hl_json *j, const char *key, struct hl_time t)
{
	char text[HL_TIME_TEXT];

	hl_time_text(text, t);
	hl_json_kv(j, key, *text ? text : NULL);
}

static enum hl_status where(struct hl_lift *lift, const struct hl_item *item)
{
	struct hl_json *j = &lift->json;
	const struct hl_trail *t = item->trail;

	hl_json_kv(j, "volume", item->volume->id);
	hl_json_kv(j, "path", t->path.n ? t->path.p : "/");
	if (t->bad_name) {
		char *hex = hl_trail_utf16(t, lift->ctx);
		if (!hex)
			return HL_NOMEM;
		hl_json_kv(j, "path_utf16", hex);
		hl_free(lift->ctx, hex);
	}
	hl_json_kv(j, "type", type_text(item->entry->type));
	hl_json_kv(j, "output", item->output);
	return HL_OK;
}

static void digest(struct hl_json *j, const char *key, const struct hl_item *i,
                   enum hl_hash_kind kind)
{
	hl_json_kv(j, key,
	           i->output && i->pass.hex[kind][0] ? i->pass.hex[kind]
	                                             : NULL);
}

static void content(struct hl_json *j, const struct hl_item *item)
{
	hl_json_ku(j, "size", item->size);
	if (item->output && item->written != item->size)
		hl_json_ku(j, "written", item->written);
	digest(j, "md5", item, HL_MD5);
	digest(j, "sha1", item, HL_SHA1);
	digest(j, "sha256", item, HL_SHA256);
	hl_json_kn(j, "replayed");
	hl_json_kb(j, "damaged",
	           item->pass.bad.bytes ||
	                   (item->entry->flags & HL_ENTRY_DAMAGED));
}

static void record(struct hl_json *j, const struct hl_entry *e)
{
	if (e->flags & HL_ENTRY_RECORD) {
		hl_json_ku(j, "record", e->ref.id);
		hl_json_ku(j, "sequence", e->ref.seq);
	} else {
		hl_json_kn(j, "record");
		hl_json_kn(j, "sequence");
	}
	hl_json_kb(j, "deleted", e->flags & HL_ENTRY_DELETED);
	time_key(j, "created", e->created);
	time_key(j, "modified", e->modified);
	time_key(j, "mft_changed", e->mft_changed);
	time_key(j, "accessed", e->accessed);
}

static void hive(struct hl_json *j, const struct hl_item *item)
{
	const struct hl_hive *h = item->hive ? item->hive : item->of;
	const char *state = "";

	if (item->hive)
		state = hl_hive_state_text(h->report.state);
	hl_json_kv(j, "kind", h ? hl_kind_text(h->kind) : NULL);
	hl_json_kv(j, "user", h ? h->user : NULL);
	hl_json_kv(j, "state", *state ? state : NULL);
	if (item->log)
		hl_json_kv(j, "log_of", h->path);
	if (item->link)
		hl_json_kv(j, "link_target", item->link);
}

void hl_manifest_note(struct hl_json *j, const struct hl_note *note)
{
	char text[512];
	size_t n = hl_copy(text, sizeof(text), note->what);

	if (n < sizeof(text) - 2)
		n += hl_copy(text + n, sizeof(text) - n, n ? ": " : "");
	if (n < sizeof(text))
		hl_copy(text + n, sizeof(text) - n, note->text);
	hl_json_string(j, text);
}

/* Its own notes, and the log's since it was begun. */
static enum hl_status notes(struct hl_lift *lift, const struct hl_item *item)
{
	const struct hl_notelog *log = lift->ctx->log;
	size_t to = log ? hl_notelog_count(log) : 0;
	struct hl_json *j = &lift->json;
	enum hl_status st = HL_OK;

	hl_json_key(j, "notes");
	hl_json_array(j);
	for (size_t i = 0; item->hive && i < item->hive->report.n_notes; i++)
		hl_json_string(j, item->hive->report.notes[i]);
	for (size_t i = item->mark; i < to; i++)
		hl_manifest_note(j, hl_notelog_get(log, i));
	hl_json_array_end(j);
	if (to > item->mark)
		st = hl_grow(lift->ctx, (void **)&lift->noted,
		             &lift->cap_noted, lift->n_noted,
		             sizeof(*lift->noted), HL_MAX_NOTES);
	if (st == HL_OK && to > item->mark)
		lift->noted[lift->n_noted++] =
			(struct hl_noted){ item->mark, to };
	return st;
}

enum hl_status hl_manifest_entry(struct hl_lift *lift, struct hl_item *item)
{
	struct hl_json *j = &lift->json;
	enum hl_status st;

	hl_json_object(j);
	j->indent = false;
	st = where(lift, item);
	content(j, item);
	record(j, item->entry);
	hive(j, item);
	if (st == HL_OK)
		st = hl_manifest_runs(lift, item);
	if (st == HL_OK)
		st = notes(lift, item);
	hl_json_object_end(j);
	j->indent = true;
	if (st == HL_OK && lift->manifest.failed != HL_OK)
		st = lift->manifest.failed;
	return st;
}
