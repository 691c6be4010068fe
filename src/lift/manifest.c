/*
 * manifest.c: manifest.json, written from top to bottom while the work goes
 * on; nothing of it is kept in memory.
 *
 *	{ tool, version, libraries, command, image, volumes,
 *	  files: [ one a line ], notes, coverage, run }
 *
 * Only `run` may differ between two runs of the same command.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "hivelift/hivelift.h"
#include "lift/json_parts.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static bool sink(void *user, const void *p, size_t n)
{
	struct hl_list *l = user;

	hl_list_add(l, p, n);
	return l->failed == HL_OK;
}

/* ---- the beginning ----------------------------------------------------- */

static void libraries(struct hl_json *j)
{
	const char *s = hl_libraries();
	char line[128];

	hl_json_key(j, "libraries");
	hl_json_array(j);
	while (*s) {
		size_t n = strcspn(s, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, s);
		hl_json_string(j, line);
		s += n + (s[n] == '\n');
	}
	hl_json_array_end(j);
}

static void image(struct hl_json *j, struct hl_disk *disk)
{
	struct hl_src *src = hl_disk_image(disk);
	struct hl_image_info m;

	hl_json_key(j, "image");
	hl_json_object(j);
	if (hl_image_info(src, &m) == HL_OK) {
		hl_json_image(j, &m, hl_disk_table(disk));
	} else {
		hl_json_kv(j, "path", hl_src_name(src));
		hl_json_ku(j, "size", hl_src_size(src));
	}
	hl_json_object_end(j);
}

static void volumes(struct hl_json *j, struct hl_disk *disk)
{
	hl_json_key(j, "volumes");
	hl_json_array(j);
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		hl_json_object(j);
		hl_json_volume(j, hl_disk_volume(disk, i));
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

enum hl_status hl_manifest_open(struct hl_lift *lift, const char *const *argv)
{
	struct hl_json *j = &lift->json;
	enum hl_status st;

	st = hl_list_open(&lift->manifest, lift->dir, "manifest.json.part");
	if (st == HL_OK)
		st = hl_hash_new(&lift->manifest.hash, 1u << HL_SHA256,
		                 lift->ctx);
	if (st != HL_OK)
		return st;
	hl_json_init(j, sink, &lift->manifest, true);
	hl_json_object(j);
	hl_json_kv(j, "tool", "hivelift");
	hl_json_kv(j, "version", hl_version());
	libraries(j);
	hl_json_key(j, "command");
	hl_json_array(j);
	for (size_t i = 0; argv && argv[i]; i++)
		hl_json_string(j, argv[i]);
	hl_json_array_end(j);
	image(j, lift->disk);
	volumes(j, lift->disk);
	hl_json_key(j, "files");
	hl_json_array(j);
	return lift->manifest.failed;
}

/* ---- the end ----------------------------------------------------------- */

/* What belongs to no file: volumes, folders, the image. */
static void other_notes(struct hl_lift *lift)
{
	const struct hl_notelog *log = lift->ctx->log;
	size_t n = log ? hl_notelog_count(log) : 0, k = 0;

	hl_json_key(&lift->json, "notes");
	hl_json_array(&lift->json);
	for (size_t i = 0; i < n; i++) {
		while (k < lift->n_noted && i >= lift->noted[k].to)
			k++;
		if (k < lift->n_noted && i >= lift->noted[k].from)
			continue;
		hl_json_note(&lift->json, hl_notelog_get(log, i));
	}
	hl_json_array_end(&lift->json);
	if (log && hl_notelog_seen(log, HL_INFO) > n)
		hl_json_ku(&lift->json, "notes_not_kept",
		           hl_notelog_seen(log, HL_INFO) - n);
}

static void run(struct hl_json *j, const char *start)
{
	char host[256] = "", zone[64] = "", end[32];
	time_t now = time(NULL);
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	if (localtime_r(&now, &tm))
		strftime(zone, sizeof(zone), "%z %Z", &tm);
	hl_json_key(j, "run");
	hl_json_object(j);
	hl_json_kv(j, "start", start);
	hl_json_kv(j, "end", hl_lift_now(end));
	hl_json_text(j, "host", host);
	hl_json_text(j, "zone", zone);
	hl_json_object_end(j);
}

enum hl_status hl_manifest_close(struct hl_lift *lift,
                                 const struct hl_coverage *cover,
                                 char sha256[HL_HASH_HEX])
{
	struct hl_json *j = &lift->json;

	hl_json_array_end(j); /* files */
	other_notes(lift);
	hl_json_key(j, "coverage");
	if (cover)
		hl_json_coverage(j, cover);
	else
		hl_json_null(j);
	run(j, lift->start);
	hl_json_object_end(j);
	hl_json_newline(j);
	if (!hl_json_flush(j) && lift->manifest.failed == HL_OK)
		lift->manifest.failed = HL_IO;
	hl_hash_final(lift->manifest.hash, HL_SHA256, sha256);
	return hl_list_done(&lift->manifest);
}
