/*
 * json_parts.h: what the program's JSON Lines and the manifest say alike.
 * Each writes keys into the object that is open, unless it says otherwise.
 */
#ifndef HL_JSON_PARTS_H
#define HL_JSON_PARTS_H

#include "base/json.h"
#include "hivelift/lift.h"
#include "lift/runs.h"
#include "hivelift/carve.h"

/* "" and NULL are null. */
void hl_json_text(struct hl_json *j, const char *key, const char *s);
/* HL_NO_OFFSET is null. */
void hl_json_offset(struct hl_json *j, const char *key, uint64_t off);
void hl_json_time(struct hl_json *j, const char *key, struct hl_time t);
/* created, modified, mft_changed, accessed */
void hl_json_times(struct hl_json *j, const struct hl_entry *e);
/* record, sequence (null where the volume has no records), deleted */
void hl_json_record(struct hl_json *j, const struct hl_entry *e);
void hl_json_type(struct hl_json *j, enum hl_type type);
const char *hl_type_text(enum hl_type type);
/*
 * path; and path_utf16, when u is given: the n units of a path that the text
 * does not tell exactly.  HL_OK, HL_NOMEM
 */
enum hl_status hl_json_path(struct hl_json *j, const char *path,
                            const uint16_t *u, size_t n,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The same, from the path's text and the entry of its last name. */
enum hl_status hl_json_path_of(struct hl_json *j, const char *path,
                               const struct hl_entry *last,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;

#define HL_HASH_STATE "stored, not verified"
/* Of the image, else what its table was found with; 0: nothing tells. */
uint32_t hl_json_sector_size(const struct hl_image_info *m,
                             const struct hl_table *table);
/* path, format, size …; table may be NULL */
void hl_json_image(struct hl_json *j, const struct hl_image_info *m,
                   const struct hl_table *table);
/* volume, offset, size, partition_type … */
void hl_json_shadow(struct hl_json *j, const struct hl_shadow *s);
void hl_json_volume(struct hl_json *j, const struct hl_volume *v);
/* json_bde.c: keys of a BitLocker volume: bitlocker, protectors */
void hl_json_bde(struct hl_json *j, const struct hl_bde *bde);
/* The value: {searched, not_searched}. */
void hl_json_coverage(struct hl_json *j, const struct hl_coverage *c);
/* The value: {file_offset, length, offset …}. */
void hl_json_run(struct hl_json *j, const struct hl_run *run);
/* replay: {state, reason, entries, last_seq}, or null when none was due */
/* "restore_point", where there is one */
void hl_json_point(struct hl_json *j, const struct hl_restore_point *p);
void hl_json_replay(struct hl_json *j, const struct hl_replay_report *r);
/* The value: "what: text". */
void hl_json_note(struct hl_json *j, const struct hl_note *note);
/* volume (null in a gap), path (null), offset, found, where */
void hl_json_carved_where(struct hl_json *j, const struct hl_carved *p);
/* kind, state, seq1 … as of a hive; bin_offset, entries …; decided[] */
void hl_json_carved(struct hl_json *j, const struct hl_carved *p);
/*
 * The array: a hive's own notes (report may be NULL), then the log's from
 * `from` on; those that only repeat the report are left out.
 */
void hl_json_notes(struct hl_json *j, const struct hl_hive_report *report,
                   const struct hl_notelog *log, size_t from);

#endif
