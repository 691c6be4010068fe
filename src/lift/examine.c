/*
 * examine.c: the state of one hive and of its logs, and what is said of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "lift/hashed.h"
#include "lift/pass.h"
#include "lift/streams.h"

void hl_hive_say(const struct hl_hive *hive, struct hl_src *src,
                 const struct hl_ctx *ctx)
{
	const struct hl_hive_report *r = &hive->report;
	struct hl_at at = { ctx, src, HL_NO_OFFSET, hive->path };
	bool loss = r->state == HL_HIVE_DAMAGED ||
	            r->state == HL_HIVE_NOT_A_HIVE;

	if (hl_src_size(src))
		at.off = 0;
	for (size_t i = 0; i < r->n_notes; i++) {
		if (loss)
			hl_warn(&at, "%s: %s", hl_hive_state_text(r->state),
			        r->notes[i]);
		else
			hl_say(&at, "%s: %s", hl_hive_state_text(r->state),
			       r->notes[i]);
	}
}

/* A hive with unreadable parts is not clean, whatever zeros look like. */
static void count_bad(struct hl_hive *hive, const struct hl_pass *pass)
{
	struct hl_hive_report *r = &hive->report;

	hive->bad_bytes = pass->bad.bytes;
	if (!hive->bad_bytes)
		return;
	hive->entry.flags |= HL_ENTRY_DAMAGED;
	if (r->state == HL_HIVE_CLEAN)
		r->state = HL_HIVE_DAMAGED;
	if (r->n_notes < HL_HIVE_NOTES)
		snprintf(r->notes[r->n_notes++], HL_HIVE_NOTE_BYTES,
		         "%" PRIu64 " bytes could not be read",
		         hive->bad_bytes);
}

enum hl_status hl_hive_pass(struct hl_hive *hive, struct hl_src *src,
                            struct hl_pass *pass, const struct hl_ctx *ctx)
{
	struct hl_hive_check *check;
	enum hl_status st = hl_hive_check_new(&check, ctx);

	if (st != HL_OK)
		return st;
	pass->check = check;
	st = hl_pass_run(pass, src, hive->path, ctx);
	pass->check = NULL;
	if (st == HL_OK) {
		hl_hive_check_finish(check, &hive->report);
		hl_copy(hive->sha256, sizeof(hive->sha256),
		        pass->hex[HL_SHA256]);
		count_bad(hive, pass);
		hl_hive_say(hive, src, ctx);
	}
	hl_hive_check_free(check);
	return st;
}

/* What the logs did not mend is told, and is damage. */
static void take_state(struct hl_hive *hive, struct hl_src *src,
                       const struct hl_hive_report *r, uint64_t bad,
                       const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, src, HL_NO_OFFSET, hive->path };

	hive->report.state = HL_HIVE_REPLAYED;
	if (r->state == HL_HIVE_CLEAN && !bad)
		return;
	hive->report.state = HL_HIVE_DAMAGED;
	for (size_t i = 0; i < r->n_notes; i++)
		hl_warn(&at, "after replay: %s", r->notes[i]);
}

enum hl_status hl_hive_pass_replayed(struct hl_hive *hive, struct hl_src *src,
                                     struct hl_pass *pass,
                                     const struct hl_ctx *ctx)
{
	struct hl_hive_check *check;
	struct hl_hive_report r;
	enum hl_status st = hl_hive_check_new(&check, ctx);

	if (st != HL_OK)
		return st;
	pass->check = check;
	st = hl_pass_run(pass, src, hive->path, ctx);
	pass->check = NULL;
	if (st == HL_OK) {
		hl_hive_check_finish(check, &r);
		take_state(hive, src, &r, pass->bad.bytes, ctx);
	}
	hl_hive_check_free(check);
	return st;
}

/* ---- logs -------------------------------------------------------------- */

/* Headers only: what lies between is read by who copies the log. */
static enum hl_status read_header(struct hl_hive_log *log, struct hl_src *src,
                                  uint64_t off, void *buf, size_t n,
                                  const struct hl_ctx *ctx)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(src, off, buf, n, &bad);
	if (bad.bytes)
		hl_warn(&(struct hl_at){ ctx, src, off, log->path },
		        "%" PRIu64 " bytes of the log's headers cannot be "
		        "read", bad.bytes);
	return st;
}

static enum hl_status walk_entries(struct hl_hive_log *log,
                                   struct hl_src *src,
                                   const struct hl_ctx *ctx)
{
	struct hl_log_info *info = &log->info;
	uint8_t buf[sizeof(struct hive_entry_disk)];
	uint64_t off = HIVE_SECTOR, size = hl_src_size(src);
	uint32_t want = info->first_seq;
	struct hive_log_entry e;

	while (size - off >= sizeof(buf)) {
		enum hl_status st = read_header(log, src, off, buf,
		                                sizeof(buf), ctx);
		if (st != HL_OK)
			return st;
		if (hl_hive_entry_decode(span_of(buf, sizeof(buf)), size - off,
		                         &e) != HL_OK || e.seq != want)
			break;
		info->last_seq = want++;
		off += e.size; /* at least 512, and inside: it ends */
	}
	return HL_OK;
}

enum hl_status hl_hive_log_look(struct hl_hive_log *log, struct hl_src *src,
                                const struct hl_ctx *ctx)
{
	uint8_t head[HIVE_BASE_USED + 16] = { 0 };
	uint64_t size = hl_src_size(src);
	size_t n = size < sizeof(head) ? (size_t)size : sizeof(head);

	if (hl_cancelled(ctx))
		return HL_CANCELLED;
	if (n) {
		enum hl_status st = read_header(log, src, 0, head, n, ctx);
		if (st != HL_OK)
			return st;
	}
	hl_hive_log_header(span_of(head, n), &log->info);
	if (strcmp(log->info.format, "HvLE") != 0)
		return HL_OK;
	return walk_entries(log, src, ctx);
}

/* One of hive's logs, opened already or not. */
static enum hl_status look_at_log(struct hl_streams *s, size_t i)
{
	struct hl_hive *hive = s->hive;
	struct hl_hive_log *log = &hive->logs[i];
	struct hl_src *src = i < HL_REPLAY_LOGS ? s->log[i] : NULL, *own = src;
	enum hl_status st = HL_OK;

	if (!src)
		st = hl_fs_stream(&own, hive->volume->fs, &log->entry.ref,
		                  NULL, HL_STREAM_CONTENT);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK) {
		hl_warn(&(struct hl_at){ s->ctx, hive->volume->src,
		                         HL_NO_OFFSET, log->path },
		        "the log cannot be opened: %s", hl_status_text(st));
		log->info.format = "unknown";
		return HL_OK;
	}
	st = hl_hive_log_look(log, own, s->ctx);
	if (!src)
		hl_src_close(own);
	return st;
}

/* ---- one hive ---------------------------------------------------------- */

/* The stream's own reader said why; here it is tied to the hive. */
static enum hl_status no_stream(struct hl_hive *hive, enum hl_status why,
                                const struct hl_ctx *ctx)
{
	struct hl_hive_report *r = &hive->report;

	memset(r, 0, sizeof(*r));
	r->state = HL_HIVE_DAMAGED;
	r->n_notes = 1;
	snprintf(r->notes[0], HL_HIVE_NOTE_BYTES,
	         "its content cannot be opened: %s", hl_status_text(why));
	hive->entry.flags |= HL_ENTRY_DAMAGED;
	return hl_fail(&(struct hl_at){ ctx, hive->volume->src, HL_NO_OFFSET,
	                                hive->path },
	               HL_CORRUPT, "%s", r->notes[0]);
}

/* Some of it cannot be read after all: then its digest is its own. */
static enum hl_status hash_alone(struct hl_streams *s)
{
	struct hl_pass pass = { .hashes = 1u << HL_SHA256 };
	struct hl_ctx quiet = *s->ctx;

	quiet.note = NULL; /* it has been said */
	quiet.log = NULL;
	enum hl_status st = hl_pass_run(&pass, s->src, s->hive->path, &quiet);
	hl_copy(s->hive->sha256, sizeof(s->hive->sha256),
	        pass.hex[HL_SHA256]);
	return st;
}

/* Every byte is read and judged; hashed only what nobody has hashed. */
static enum hl_status by_known(struct hl_streams *s, struct hl_pass *pass,
                               struct hl_hashed *hashed)
{
	struct hl_hive *h = s->hive;
	const char *sha256;
	struct hl_alike a;
	enum hl_status st = hl_hashed_find(hashed, h, s->src, &a, &sha256,
					   s->ctx);

	if (sha256)
		pass->hashes = 0;
	if (st == HL_OK)
		st = hl_hive_pass(h, s->src, pass, s->ctx);
	if (st == HL_OK && sha256 && pass->bad.bytes)
		st = hash_alone(s);
	else if (st == HL_OK && sha256)
		hl_copy(h->sha256, sizeof(h->sha256), sha256);
	else if (st == HL_OK && !pass->bad.bytes)
		st = hl_hashed_add(hashed, h, &a);
	hl_alike_free(&a, s->ctx);
	return st;
}

static enum hl_status as_found(struct hl_streams *s, struct hl_pass *pass,
                               struct hl_hashed *hashed)
{
	struct hl_src *window = NULL;
	uint64_t end;
	enum hl_status st = hl_pass_end(&end, s->src, s->hive->volume,
	                                s->hive->path, s->ctx);

	if (st == HL_OK && end < hl_src_size(s->src))
		st = hl_src_window(&window, s->src, 0, end, s->ctx);
	if (st == HL_OK && hashed && pass->hashes && !window)
		st = by_known(s, pass, hashed);
	else if (st == HL_OK)
		st = hl_hive_pass(s->hive, window ? window : s->src, pass,
		                  s->ctx);
	hl_src_close(window);
	return st;
}

static enum hl_status examine(struct hl_streams *s, bool hash,
                              struct hl_hashed *hashed)
{
	struct hl_pass pass = { .hashes = hash ? 1u << HL_SHA256 : 0 };
	struct hl_pass again = { .hashes = 0 };
	enum hl_status st = as_found(s, &pass, hashed);

	if (st == HL_OK && s->replayed)
		st = hl_hive_pass_replayed(s->hive, s->replayed, &again,
		                           s->ctx);
	if (st == HL_OK)
		hl_streams_say(s);
	for (size_t i = 0; st == HL_OK && i < s->hive->n_logs; i++)
		st = look_at_log(s, i);
	return st;
}

enum hl_status hl_hive_examine_hashed(struct hl_hive *hive, bool hash,
                                      struct hl_hashed *hashed,
                                      const struct hl_ctx *ctx)
{
	struct hl_streams s;
	enum hl_status st = hl_streams_open(&s, hive, true, ctx);

	if (st == HL_OK)
		st = examine(&s, hash, hashed);
	else if (st != HL_NOMEM && st != HL_CANCELLED)
		st = no_stream(hive, st, ctx);
	hl_streams_close(&s);
	return st;
}

enum hl_status hl_hive_examine(struct hl_hive *hive, bool hash,
                               const struct hl_ctx *ctx)
{
	return hl_hive_examine_hashed(hive, hash, NULL, ctx);
}
