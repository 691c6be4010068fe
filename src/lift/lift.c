/*
 * lift.c: the output folder of one run.
 *
 *	prepare the folder
 *	begin   manifest.json.part, SHA256SUMS.part
 *	hive    each hive with its logs          (lift_item.c)
 *	path    files and folders as they were named (lift_path.c)
 *	finish  the two lists get their names; before, nothing looks complete
 */
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "io/note.h"
#include "hivelift/lift.h"
#include "lift/dfxml.h"
#include "lift/lift_impl.h"
#include "lift/runs.h"
#include "base/banned.h"

const char *hl_lift_now(char *buf)
{
	time_t now = time(NULL);
	struct tm tm;

	buf[0] = '\0';
	if (gmtime_r(&now, &tm))
		strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

/* While the folder is still there: an unfinished list goes with it. */
static void free_lists(struct hl_lift *lift)
{
	hl_list_free(&lift->manifest);
	hl_list_free(&lift->sums);
	hl_list_free(&lift->dfxml);
}

static void free_lift(struct hl_lift *lift)
{
	hl_free(lift->ctx, lift->noted);
	hl_once_free(lift);
	hl_buf_free(&lift->written);
	hl_free(lift->ctx, lift);
}

enum hl_status hl_lift_prepare(struct hl_lift **out,
                               const struct hl_lift_opts *opts,
                               const struct hl_ctx *ctx)
{
	struct hl_lift *lift = hl_zalloc(ctx, sizeof(*lift));
	enum hl_status st;

	*out = NULL;
	if (!lift)
		return HL_NOMEM;
	lift->ctx = lift->written.ctx = ctx;
	lift->argv = opts->argv;
	lift->dfxml_wanted = opts->dfxml;
	lift->deleted = opts->deleted;
	lift->no_replay = opts->no_replay;
	lift->once_wanted = !opts->all_copies;
	hl_lift_now(lift->start);
	if (opts->write)
		st = hl_outdir_tar(&lift->dir, opts->write, opts->user, ctx);
	else
		st = hl_outdir_open(&lift->dir, opts->dir, opts->force,
		                    opts->files, ctx);
	if (st != HL_OK) {
		hl_lift_abort(lift);
		return st;
	}
	*out = lift;
	return HL_OK;
}

enum hl_status hl_lift_begin(struct hl_lift *lift, struct hl_disk *disk)
{
	enum hl_status st;

	lift->disk = disk;
	lift->leaf = hl_runs_leaf(hl_disk_image(disk));
	for (size_t i = 0; i < hl_disk_count(disk); i++)
		lift->has_copies |= hl_disk_volume(disk, i)->shadow != NULL;
	st = hl_manifest_open(lift, lift->argv);
	if (st == HL_OK)
		st = hl_sums_open(lift);
	if (st == HL_OK)
		st = hl_dfxml_open(lift, lift->argv);
	if (st != HL_OK)
		hl_lift_abort(lift);
	return st;
}

enum hl_status hl_lift_open(struct hl_lift **out, struct hl_disk *disk,
                            const struct hl_lift_opts *opts,
                            const struct hl_ctx *ctx)
{
	enum hl_status st = hl_lift_prepare(out, opts, ctx);

	if (st == HL_OK)
		st = hl_lift_begin(*out, disk);
	if (st != HL_OK)
		*out = NULL;
	return st;
}

struct hl_outdir *hl_lift_outdir(struct hl_lift *lift)
{
	return lift->dir;
}

void hl_lift_abort(struct hl_lift *lift)
{
	if (!lift)
		return;
	free_lists(lift);
	hl_outdir_abort(lift->dir);
	free_lift(lift);
}

static size_t mark(const struct hl_lift *lift)
{
	return lift->ctx->log ? hl_notelog_count(lift->ctx->log) : 0;
}

/* ---- a hive ------------------------------------------------------------- */

enum hl_status hl_lift_trail(struct hl_trail *t, struct hl_lift *lift,
                             const struct hl_item *item, const char *path)
{
	enum hl_status st = hl_trail_init(t, item->volume, lift->ctx);

	if (st != HL_OK)
		return st;
	if (!(item->entry->flags & HL_ENTRY_DELETED))
		return hl_trail_text(t, path, item->entry);
	st = hl_trail_deleted(t, item->entry);
	if (st == HL_OK)
		st = hl_trail_known(t, path, item->entry, true);
	return st;
}

static enum hl_status lift_one(struct hl_lift *lift, struct hl_item *item,
                               const char *path)
{
	struct hl_trail t;
	enum hl_status st = hl_lift_trail(&t, lift, item, path);

	item->trail = &t;
	item->mark = mark(lift);
	if (st == HL_OK)
		st = hl_lift_item(lift, item);
	item->trail = NULL;
	hl_trail_free(&t);
	return st;
}

/* Its header is for `hives --json` and costs one more small read. */
static enum hl_status look_at_log(struct hl_lift *lift, struct hl_hive *hive,
                                  struct hl_hive_log *log,
                                  struct hl_src *given)
{
	struct hl_src *src = given;
	enum hl_status st = HL_OK;

	if (!given)
		st = hl_fs_stream(&src, hive->volume->fs, &log->entry.ref,
		                  NULL, HL_STREAM_CONTENT);
	if (st == HL_OK)
		st = hl_hive_log_look(log, src, lift->ctx);
	if (!given && src)
		hl_src_close(src);
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static enum hl_status lift_log(struct hl_lift *lift, struct hl_streams *s,
                               size_t i)
{
	struct hl_hive *hive = s->hive;
	struct hl_hive_log *log = &hive->logs[i];
	struct hl_src *given = i < HL_REPLAY_LOGS ? s->log[i] : NULL;
	struct hl_item item = { .volume = hive->volume, .entry = &log->entry,
		                .stream = "", .log = log, .of = hive,
		                .given = given };
	enum hl_status st = lift_one(lift, &item, log->path);

	if (st == HL_OK)
		st = look_at_log(lift, hive, log, given);
	return st;
}

static enum hl_status write_hive(struct hl_lift *lift, struct hl_streams *s)
{
	struct hl_hive *hive = s->hive;
	struct hl_item item = { .volume = hive->volume, .entry = &hive->entry,
		                .stream = "", .hive = hive, .streams = s,
		                .given = s->src, .replayed = s->replayed };
	enum hl_status st = hl_once_begin(lift);

	if (st == HL_OK)
		st = lift_one(lift, &item, hive->path);
	for (size_t i = 0; st == HL_OK && i < hive->n_logs; i++)
		st = lift_log(lift, s, i);
	hl_once_end(lift, st);
	return st;
}

enum hl_status hl_lift_hive(struct hl_lift *lift, struct hl_hive *hive)
{
	struct hl_streams s;
	enum hl_status st = hl_streams_open(&s, hive, !lift->no_replay,
	                                    lift->ctx);

	if (st != HL_NOMEM && st != HL_CANCELLED) {
		st = hl_once_try(lift, &s);
		if (st == HL_END)
			st = write_hive(lift, &s);
	}
	hl_streams_close(&s);
	return st;
}

/* ---- the end ------------------------------------------------------------ */

uint64_t hl_lift_files(const struct hl_lift *lift)
{
	return lift->files;
}

const char *hl_lift_written(const struct hl_lift *lift)
{
	return lift->written.n ? lift->written.p : "";
}

uint64_t hl_lift_bytes(const struct hl_lift *lift)
{
	return lift->bytes;
}

enum hl_status hl_lift_finish(struct hl_lift *lift,
                              const struct hl_coverage *coverage)
{
	char sha256[HL_HASH_HEX];
	enum hl_status st;

	st = hl_dfxml_close(lift);
	if (st == HL_OK)
		st = hl_manifest_close(lift, coverage, sha256);
	if (st == HL_OK) {
		hl_sums_add(lift, sha256, "manifest.json");
		st = hl_list_done(&lift->sums);
	}
	if (st == HL_OK)
		st = hl_outdir_rename(lift->dir, "SHA256SUMS.part",
		                      "SHA256SUMS");
	if (st == HL_OK) /* the last: where it is, all is */
		st = hl_outdir_rename(lift->dir, "manifest.json.part",
		                      "manifest.json");
	if (st == HL_OK)
		st = hl_outdir_finish(lift->dir);
	if (st != HL_OK) {
		hl_lift_abort(lift);
		return st;
	}
	free_lists(lift);
	hl_outdir_close(lift->dir);
	free_lift(lift);
	return HL_OK;
}
