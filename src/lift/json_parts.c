/* json_parts.c: see json_parts.h. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/walk_path.h"
#include "lift/json_parts.h"
#include "base/banned.h"

void hl_json_text(struct hl_json *j, const char *key, const char *s)
{
	hl_json_kv(j, key, s && *s ? s : NULL);
}

void hl_json_offset(struct hl_json *j, const char *key, uint64_t off)
{
	if (off == HL_NO_OFFSET)
		hl_json_kn(j, key);
	else
		hl_json_ku(j, key, off);
}

static void nonzero(struct hl_json *j, const char *key, uint64_t v)
{
	hl_json_offset(j, key, v ? v : HL_NO_OFFSET);
}

void hl_json_time(struct hl_json *j, const char *key, struct hl_time t)
{
	char text[HL_TIME_TEXT];

	hl_json_text(j, key, hl_time_text(text, t));
}

void hl_json_times(struct hl_json *j, const struct hl_entry *e)
{
	hl_json_time(j, "created", e->created);
	hl_json_time(j, "modified", e->modified);
	hl_json_time(j, "mft_changed", e->mft_changed);
	hl_json_time(j, "accessed", e->accessed);
}

void hl_json_record(struct hl_json *j, const struct hl_entry *e)
{
	if (e->flags & HL_ENTRY_RECORD) {
		hl_json_ku(j, "record", e->ref.id);
		hl_json_ku(j, "sequence", e->ref.seq);
	} else {
		hl_json_kn(j, "record");
		hl_json_kn(j, "sequence");
	}
	hl_json_kb(j, "deleted", e->flags & HL_ENTRY_DELETED);
}

const char *hl_type_text(enum hl_type type)
{
	return type == HL_FILE ? "file" : type == HL_DIR ? "dir" :
	       type == HL_LINK ? "link" : "other";
}

void hl_json_type(struct hl_json *j, enum hl_type type)
{
	hl_json_kv(j, "type", hl_type_text(type));
}

enum hl_status hl_json_path(struct hl_json *j, const char *path,
                            const uint16_t *u, size_t n,
                            const struct hl_ctx *ctx)
{
	char *hex;

	hl_json_kv(j, "path", path);
	if (!u)
		return HL_OK;
	hex = hl_alloc(ctx, 4 * n + 1);
	if (!hex)
		return HL_NOMEM;
	hl_hex16(hex, u, n);
	hl_json_kv(j, "path_utf16", hex);
	hl_free(ctx, hex);
	return HL_OK;
}

enum hl_status hl_json_path_of(struct hl_json *j, const char *path,
                               const struct hl_entry *last,
                               const struct hl_ctx *ctx)
{
	uint16_t *u = NULL;
	size_t n = 0;

	if (last->flags & HL_ENTRY_BAD_NAME) {
		u = hl_alloc_array(ctx, strlen(path) + HL_NAME_UNITS,
		                   sizeof(*u));
		if (!u)
			return HL_NOMEM;
		n = hl_path_units(u, path, last);
	}
	enum hl_status st = hl_json_path(j, path, n == SIZE_MAX ? NULL : u, n,
	                                 ctx);
	hl_free(ctx, u);
	return st;
}

/* ---- the disk ------------------------------------------------------------ */

uint32_t hl_json_sector_size(const struct hl_image_info *m,
                             const struct hl_table *table)
{
	if (!m->sector_size && table)
		return hl_table_info(table)->sector_size;
	return m->sector_size;
}

void hl_json_image(struct hl_json *j, const struct hl_image_info *m,
                   const struct hl_table *table)
{
	hl_json_kv(j, "path", m->path);
	hl_json_kv(j, "format", m->format);
	hl_json_ku(j, "size", m->size);
	nonzero(j, "sector_size", hl_json_sector_size(m, table));
	hl_json_ku(j, "segments", m->segments);
	nonzero(j, "chunk_size", m->chunk_size);
	hl_json_kv(j, "md5", m->md5);
	hl_json_kv(j, "sha1", m->sha1);
	hl_json_kv(j, "hash_state", m->md5 || m->sha1 ? HL_HASH_STATE : NULL);
	hl_json_key(j, "acquisition");
	hl_json_object(j);
	for (size_t i = 0; i < m->n_acquisition; i++)
		hl_json_kv(j, m->acquisition[i][0], m->acquisition[i][1]);
	hl_json_object_end(j);
	hl_json_kb(j, "live", m->live);
}

static void state(struct hl_json *j, const struct hl_fs_info *f)
{
	hl_json_key(j, "state");
	hl_json_array(j);
	if (f && f->dirty)
		hl_json_string(j, "dirty");
	if (f && f->hibernated)
		hl_json_string(j, "hibernated");
	hl_json_array_end(j);
}

void hl_json_volume(struct hl_json *j, const struct hl_volume *v)
{
	const struct hl_fs_info *f = v->fs ? hl_fs_info(v->fs) : NULL;

	hl_json_kv(j, "volume", v->id);
	hl_json_ku(j, "offset", v->off);
	hl_json_ku(j, "size", v->len);
	hl_json_text(j, "partition_type", v->part ? v->part->type : NULL);
	hl_json_text(j, "name", v->part ? v->part->name : NULL);
	hl_json_text(j, "fs", v->fs_name);
	hl_json_text(j, "label", f ? f->label : NULL);
	hl_json_text(j, "serial", f ? f->serial : NULL);
	if (f && *f->guid)
		hl_json_kv(j, "guid", f->guid);
	hl_json_offset(j, "cluster_size", f ? f->cluster_size : HL_NO_OFFSET);
	hl_json_kv(j, "boot",
	           !f ? NULL : f->boot_backup ? "backup" : "primary");
	state(j, f);
	hl_json_kv(j, "unread", v->unread);
	if (v->bde)
		hl_json_bde(j, v->bde);
	if (v->shadow)
		hl_json_shadow(j, v->shadow);
}

void hl_json_shadow(struct hl_json *j, const struct hl_shadow *s)
{
	hl_json_key(j, "shadow_copy");
	hl_json_object(j);
	hl_json_time(j, "created", s->created);
	hl_json_text(j, "id", s->id);
	hl_json_text(j, "set", s->set);
	hl_json_text(j, "store", s->store);
	if (s->has_attributes)
		hl_json_ku(j, "attributes", s->attributes);
	else
		hl_json_kn(j, "attributes");
	hl_json_ku(j, "sequence", s->sequence);
	hl_json_ku(j, "blocks", s->blocks);
	hl_json_kb(j, "offline", s->offline);
	hl_json_kb(j, "elsewhere", s->elsewhere);
	hl_json_kv(j, "remark", s->remark);
	hl_json_object_end(j);
}

/* ---- coverage ------------------------------------------------------------ */

static void searched(struct hl_json *j, const struct hl_volume *v)
{
	hl_json_object(j);
	hl_json_kv(j, "volume", v->id);
	hl_json_kv(j, "fs", v->fs_name);
	hl_json_ku(j, "offset", v->off);
	hl_json_ku(j, "size", v->len);
	hl_json_object_end(j);
}

static void unsearched(struct hl_json *j, const struct hl_unsearched *u)
{
	hl_json_object(j);
	hl_json_kv(j, "what", u->what);
	hl_json_kv(j, "volume", u->volume);
	hl_json_offset(j, "offset", u->off);
	hl_json_offset(j, "size", u->len);
	if (u->count)
		hl_json_ku(j, "count", u->count);
	hl_json_kv(j, "reason", u->reason);
	hl_json_kb(j, "loss", u->loss);
	hl_json_object_end(j);
}

void hl_json_coverage(struct hl_json *j, const struct hl_coverage *c)
{
	hl_json_object(j);
	hl_json_key(j, "searched");
	hl_json_array(j);
	for (size_t i = 0; i < c->n_searched; i++)
		searched(j, c->searched[i]);
	hl_json_array_end(j);
	hl_json_key(j, "not_searched");
	hl_json_array(j);
	for (size_t i = 0; i < c->n_unsearched; i++)
		unsearched(j, &c->unsearched[i]);
	hl_json_array_end(j);
	if (c->carved)
		hl_json_ku(j, "carved_bytes", c->carved);
	hl_json_object_end(j);
}

/* ---- one file ------------------------------------------------------------ */

void hl_json_run(struct hl_json *j, const struct hl_run *r)
{
	hl_json_object(j);
	hl_json_ku(j, "file_offset", r->off);
	hl_json_ku(j, "length", r->len);
	hl_json_offset(j, "offset", r->in_off);
	hl_json_ku(j, "stored_length", r->in_len);
	hl_json_kv(j, "what", hl_what_text((enum hl_what)r->what));
	hl_json_kv(j, "state", hl_quality_text((enum hl_quality)r->quality));
	if (r->image)
		hl_json_kv(j, "image", r->image);
	if (r->what == HL_WHAT_STORED)
		hl_json_kv(j, "from", "store");
	if (r->quality == HL_Q_ALLOCATED_TO)
		hl_json_offset(j, "owner", r->owner);
	hl_json_object_end(j);
}

void hl_json_point(struct hl_json *j, const struct hl_restore_point *p)
{
	if (!p)
		return;
	hl_json_key(j, "restore_point");
	hl_json_object(j);
	hl_json_ku(j, "number", p->number);
	hl_json_text(j, "name", p->name);
	hl_json_time(j, "created", p->created);
	hl_json_object_end(j);
}

void hl_json_replay(struct hl_json *j, const struct hl_replay_report *r)
{
	if (r->state == HL_REPLAY_NONE || r->state == HL_REPLAY_CLEAN) {
		hl_json_kn(j, "replay");
		return;
	}
	hl_json_key(j, "replay");
	hl_json_object(j);
	hl_json_kv(j, "state", hl_replay_state_text(r->state));
	hl_json_text(j, "reason", r->reason);
	hl_json_ku(j, "entries", r->entries);
	hl_json_offset(j, "last_seq",
	               r->entries ? r->last_seq : HL_NO_OFFSET);
	hl_json_object_end(j);
}

void hl_json_note(struct hl_json *j, const struct hl_note *note)
{
	char text[HL_MAX_NOTE_TEXT + 512];

	snprintf(text, sizeof(text), "%s%s%s", note->what,
	         *note->what ? ": " : "", note->text);
	hl_json_string(j, text);
}

static bool in_report(const struct hl_hive_report *r, const char *text)
{
	for (size_t i = 0; r && i < r->n_notes; i++)
		if (strstr(text, r->notes[i]))
			return true;
	return false;
}

void hl_json_notes(struct hl_json *j, const struct hl_hive_report *report,
                   const struct hl_notelog *log, size_t from)
{
	size_t n = log ? hl_notelog_count(log) : 0;

	hl_json_key(j, "notes");
	hl_json_array(j);
	for (size_t i = 0; report && i < report->n_notes; i++)
		hl_json_string(j, report->notes[i]);
	for (size_t i = from; i < n; i++) {
		const struct hl_note *note = hl_notelog_get(log, i);

		if (!in_report(report, note->text))
			hl_json_note(j, note);
	}
	hl_json_array_end(j);
}
