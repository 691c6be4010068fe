/*
 * replay.c: a dirty hive and its logs become one source.
 *
 *	base block sound, numbers equal     clean: no log is looked at
 *	else                                dirty: new-format logs, then old
 *	nothing applies                     refused, with the reason
 *
 * The result's base block: the hive's own (or the log's, when it is bad) with
 * type 0, the last number twice, the size of the bins and bit 0 of the flags
 * of what was applied, and a right checksum.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "hive/replay.h"

static const char *const state_text[] = {
	[HL_REPLAY_NONE] = "",
	[HL_REPLAY_CLEAN] = "clean",
	[HL_REPLAY_DONE] = "replayed",
	[HL_REPLAY_PARTIAL] = "partial",
	[HL_REPLAY_REFUSED] = "refused",
};

const char *hl_replay_state_text(enum hl_replay_state state)
{
	size_t i = (size_t)state;

	if (i >= sizeof(state_text) / sizeof(state_text[0]))
		return "";
	return state_text[i];
}

void hl_replay_reason(struct replay *r, bool loss, const char *fmt, ...)
{
	struct hl_replay_report *rep = r->report;
	va_list ap;

	rep->loss |= loss;
	if (rep->reason[0])
		return;
	va_start(ap, fmt);
	vsnprintf(rep->reason, sizeof(rep->reason), fmt, ap);
	va_end(ap);
}

void hl_replay_note(struct replay *r, const char *fmt, ...)
{
	struct hl_replay_report *rep = r->report;
	va_list ap;

	if (rep->n_notes == HL_HIVE_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(rep->notes[rep->n_notes++], HL_HIVE_NOTE_BYTES, fmt, ap);
	va_end(ap);
}

/* ---- the hive ------------------------------------------------------------ */

/* Without base block there must be bins, or it is not a hive at all. */
static enum hl_status has_bins(struct replay *r, bool *yes)
{
	uint8_t p[sizeof(struct hive_bin_disk)];
	struct hive_bin bin;
	bool sound;

	*yes = false;
	if (hl_src_size(r->hive) < HIVE_BASE_SIZE + sizeof(p))
		return HL_OK;
	enum hl_status st = hl_replay_read(r->hive, HIVE_BASE_SIZE, p,
	                                   sizeof(p), &sound);
	*yes = st == HL_OK &&
	       hl_hive_bin_decode(span_of(p, sizeof(p)), &bin) == HL_OK &&
	       bin.offset == 0;
	return st;
}

static bool is_log(const uint8_t *p, const struct hl_base_block *b)
{
	const uint8_t *mark = p + HIVE_BASE_USED;

	return b->type != 0 && (memcmp(mark, "DIRT", 4) == 0 ||
	                        memcmp(mark, "HvLE", 4) == 0);
}

static enum hl_status refuse(struct replay *r, const char *why)
{
	hl_replay_reason(r, false, "%s", why);
	return HL_END;
}

/* HL_OK: dirty, go on; HL_END: clean, or not for us */
static enum hl_status load_hive(struct replay *r)
{
	uint8_t p[HIVE_BASE_USED + 4] = { 0 };
	uint64_t size = hl_src_size(r->hive);
	size_t n = (size_t)min_u64(size, sizeof(p));
	bool sound, bins;
	enum hl_status st;

	if (!n)
		return refuse(r, "the file is empty");
	st = hl_replay_read(r->hive, 0, p, n, &sound);
	if (st != HL_OK)
		return st;
	memcpy(r->head, p, sizeof(r->head));
	st = hl_base_block_decode(p, HIVE_BASE_USED, &r->base);
	r->base_ok = sound && st == HL_OK && r->base.checksum_ok;
	if (r->base.signature && is_log(p, &r->base))
		return refuse(r, "it is a transaction log, not a hive");
	if (r->base_ok)
		r->report->bins_before = r->base.bins_size;
	if (r->base_ok && r->base.seq1 == r->base.seq2) {
		r->report->state = HL_REPLAY_CLEAN;
		r->report->bins_size = r->base.bins_size;
		return HL_END;
	}
	if (r->base_ok)
		return HL_OK;
	st = has_bins(r, &bins);
	if (st == HL_OK && !bins)
		return refuse(r, "it has neither a base block nor a first "
		              "bin: no hive to apply a log to");
	return st;
}

/* ---- the logs ---------------------------------------------------------- */

enum hl_status hl_replay_load(struct replay *r,
                              const struct hl_replay_log *logs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum hl_status st = hl_replay_log_load(r, i, &logs[i]);
		if (st != HL_OK)
			return st;
	}
	r->n = n;
	return HL_OK;
}

/* Logs that were left aside because they are broken. */
static void say_broken(struct replay *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->log[i].use == REPLAY_BROKEN)
			hl_replay_reason(r, true, "%s cannot be used: %s",
			                 r->log[i].name, r->log[i].fault);
}

/* The last resort of words, when no log had anything to say. */
static void say_refused(struct replay *r)
{
	struct hl_replay_report *rep = r->report;

	say_broken(r);
	if (rep->reason[0])
		return;
	if (!r->n)
		hl_replay_reason(r, false, "it has no log");
	else if (rep->n_notes)
		hl_replay_reason(r, false, "%s", rep->notes[0]);
	else
		hl_replay_reason(r, false, "its logs are empty");
}

/* HL_OK applied, HL_END refused */
static enum hl_status apply(struct replay *r)
{
	struct hl_replay_report *rep = r->report;
	enum hl_status st = hl_replay_new(r);

	if (st == HL_END)
		st = hl_replay_old(r);
	if (st == HL_END) {
		rep->state = HL_REPLAY_REFUSED;
		say_refused(r);
	}
	if (st != HL_OK)
		return st;
	say_broken(r);
	rep->state = rep->loss ? HL_REPLAY_PARTIAL : HL_REPLAY_DONE;
	if (!rep->loss)
		rep->reason[0] = '\0';
	rep->from_logs = hl_overlay_painted(r->overlay, rep->bins_size);
	return HL_OK;
}

/* ---- the result -------------------------------------------------------- */

static void set32(uint8_t *p, size_t off, uint32_t v)
{
	p[off] = (uint8_t)v;
	p[off + 1] = (uint8_t)(v >> 8);
	p[off + 2] = (uint8_t)(v >> 16);
	p[off + 3] = (uint8_t)(v >> 24);
}

#define FIELD(f) offsetof(struct hive_base_disk, f)

static void seal(struct replay *r)
{
	uint8_t *p = r->head;
	uint32_t flags = le32_at(p + FIELD(flags));

	set32(p, FIELD(type), 0);
	set32(p, FIELD(seq1), r->seq);
	set32(p, FIELD(seq2), r->seq);
	set32(p, FIELD(bins_size), r->report->bins_size);
	set32(p, FIELD(flags), (flags & ~1u) | (r->flags & 1u));
	set32(p, FIELD(checksum), hl_hive_checksum(p));
}

enum hl_status hl_replay_begin(struct replay *r, struct hl_src *hive,
                               const struct hl_replay_log *logs, size_t n)
{
	r->hive = hive;
	r->report->format = "";
	r->buf = hl_alloc(r->ctx, REPLAY_BUF);
	if (!r->buf)
		return HL_NOMEM;
	return hl_overlay_new(&r->overlay, hive, logs, n, r->ctx);
}

enum hl_status hl_replay_end(struct replay *r, enum hl_status st,
                             struct hl_src **out)
{
	if (st == HL_OK) {
		if (memcmp(r->head, "regf", 4) == 0)
			seal(r);
		st = hl_overlay_finish(r->overlay, r->head,
		                       r->report->bins_size, out);
	} else {
		hl_overlay_free(r->overlay);
	}
	hl_free(r->ctx, r->buf);
	return st;
}

enum hl_status hl_replay_open(struct hl_src **out, struct hl_src *hive,
                              const struct hl_replay_log *logs, size_t n,
                              struct hl_replay_report *report,
                              const struct hl_ctx *ctx)
{
	struct replay r = { .ctx = ctx, .report = report };
	enum hl_status st;

	*out = NULL;
	memset(report, 0, sizeof(*report));
	report->format = "";
	if (n > HL_REPLAY_LOGS)
		return HL_USAGE;
	st = hl_replay_begin(&r, hive, logs, n);
	if (st == HL_OK)
		st = load_hive(&r);
	if (st == HL_END && report->state == HL_REPLAY_NONE)
		report->state = HL_REPLAY_REFUSED;
	if (st == HL_OK)
		st = hl_replay_load(&r, logs, n);
	if (st == HL_OK)
		st = apply(&r);
	return hl_replay_end(&r, st, out);
}
