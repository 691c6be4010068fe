/*
 * manifest_entry.c: one file in the manifest, on one line, so that manifests
 * can be compared line by line.
 */
#include <inttypes.h>

#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/json_parts.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static enum hl_status where(struct hl_lift *lift, const struct hl_item *item)
{
	struct hl_json *j = &lift->json;
	const struct hl_trail *t = item->trail;

	if (item->carved) {
		hl_json_carved_where(j, item->carved);
		hl_json_kv(j, "output", item->output);
		return HL_OK;
	}
	uint16_t *u = NULL;
	enum hl_status st;
	size_t n = 0;

	hl_json_kv(j, "volume", item->volume->id);
	if (t->bad_name) {
		u = hl_trail_utf16(t, &n, lift->ctx);
		if (!u)
			return HL_NOMEM;
	}
	st = hl_json_path(j, t->path.n ? t->path.p : "/", u, n, lift->ctx);
	hl_free(lift->ctx, u);
	hl_json_type(j, item->entry->type);
	hl_json_kv(j, "output", item->output);
	if (item->same_as)
		hl_json_kv(j, "same_as", item->same_as);
	return st;
}

static void digest(struct hl_json *j, const char *key, const struct hl_item *i,
                   enum hl_hash_kind kind)
{
	hl_json_kv(j, key,
	           i->output && i->pass.hex[kind][0] ? i->pass.hex[kind]
	                                             : NULL);
}

static void replayed(struct hl_json *j, const struct hl_item *item)
{
	if (!item->beside) {
		hl_json_kn(j, "replayed");
		return;
	}
	hl_json_key(j, "replayed");
	hl_json_object(j);
	hl_json_kv(j, "output", item->beside);
	hl_json_kv(j, "sha256", item->beside_sha256);
	hl_json_object_end(j);
}

static void content(struct hl_json *j, const struct hl_item *item)
{
	hl_json_ku(j, "size", item->size);
	if (item->output && item->written != item->size)
		hl_json_ku(j, "written", item->written);
	digest(j, "md5", item, HL_MD5);
	digest(j, "sha1", item, HL_SHA1);
	digest(j, "sha256", item, HL_SHA256);
	replayed(j, item);
	hl_json_kb(j, "damaged",
	           item->pass.bad.bytes ||
	                   (item->entry->flags & HL_ENTRY_DAMAGED));
}

static void hive(struct hl_json *j, const struct hl_item *item)
{
	const struct hl_hive *h = item->hive ? item->hive : item->of;
	const char *state = "";

	if (item->carved) {
		hl_json_carved(j, item->carved);
		return;
	}
	if (item->hive)
		state = hl_hive_state_text(h->report.state);
	hl_json_kv(j, "kind", h ? hl_kind_text(h->kind) : NULL);
	hl_json_kv(j, "user", h ? h->user : NULL);
	hl_json_kv(j, "state", *state ? state : NULL);
	hl_json_point(j, h ? h->point : NULL);
	if (item->hive)
		hl_json_replay(j, &h->replay);
	if (item->log && h) {
		hl_json_kv(j, "log_of", h->path);
		hl_json_kb(j, "used", item->log->used);
	}
	if (item->link)
		hl_json_kv(j, "link_target", item->link);
}

/* Its bytes in the image; what is behind a broken map is said. */
static enum hl_status runs(struct hl_lift *lift, struct hl_item *item)
{
	struct hl_json *j = &lift->json;
	struct hl_runs r = { .src = item->src, .leaf = lift->leaf,
		             .bad = &item->pass.bad,
		             .end = item->src ? item->written : 0 };
	struct hl_run run;
	enum hl_status st;

	hl_json_key(j, "runs");
	hl_json_array(j);
	while ((st = hl_runs_next(&r, &run)) == HL_OK)
		hl_json_run(j, &run);
	hl_json_array_end(j);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_END)
		hl_warn(&(struct hl_at){ lift->ctx, item->src, r.at, "runs" },
		        "%s: where it lies is not known behind byte %" PRIu64,
		        item->trail->path.p, r.at);
	return HL_OK;
}

/* Its own notes, and the log's since it was begun. */
static enum hl_status notes(struct hl_lift *lift, const struct hl_item *item)
{
	const struct hl_notelog *log = lift->ctx->log;
	size_t to = log ? hl_notelog_count(log) : 0;
	enum hl_status st = HL_OK;

	hl_json_notes(&lift->json, item->hive ? &item->hive->report :
	              item->carved ? &item->carved->report : NULL, log,
	              item->mark);
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
	hl_json_record(j, item->entry);
	hl_json_times(j, item->entry);
	hive(j, item);
	if (st == HL_OK)
		st = runs(lift, item);
	if (st == HL_OK)
		st = notes(lift, item);
	hl_json_object_end(j);
	j->indent = true;
	if (st == HL_OK && lift->manifest.failed != HL_OK)
		st = lift->manifest.failed;
	return st;
}
