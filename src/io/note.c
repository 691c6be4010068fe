/*
 * note.c: one way for everything that was seen to reach the caller: the
 * callback, and the log when there is one.  It lives beside the sources
 * because a note carries the image offset, found through the source's map.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/lint.h"
#include "base/limits.h"
#include "io/note.h"

/*
 * Its memory is malloc's and not the context's: a log outlives contexts (that
 * of a run that ran out of memory, too), and a note that memory is short must
 * not need the memory that is short.  HL_MAX_NOTES of HL_MAX_NOTE_TEXT bound
 * it, and what cannot be kept is counted.
 */
struct hl_notelog {
	struct hl_note *notes;
	size_t n, cap;
	size_t seen[HL_FAILED + 1]; /* by level */
};

enum hl_status hl_notelog_new(struct hl_notelog **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? HL_OK : HL_NOMEM;
}

void hl_notelog_free(struct hl_notelog *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->n; i++) {
		free((char *)log->notes[i].what);
		free((char *)log->notes[i].text);
	}
	free(log->notes);
	free(log);
}

size_t hl_notelog_count(const struct hl_notelog *log)
{
	return log->n;
}

const struct hl_note *hl_notelog_get(const struct hl_notelog *log, size_t i)
{
	return i < log->n ? &log->notes[i] : NULL;
}

size_t hl_notelog_seen(const struct hl_notelog *log, enum hl_level at_least)
{
	size_t n = 0;

	for (int l = at_least; l <= HL_FAILED; l++)
		n += log->seen[l];
	return n;
}

/* The log owns what is kept: gcc's analyzer loses sight of it there. */
LINT_NOT("-Wanalyzer-malloc-leak")
static bool make_room(struct hl_notelog *log)
{
	if (log->n < log->cap)
		return true;
	size_t cap = log->cap ? 2 * log->cap : 16;
	void *p = NULL;
	if (log->n < HL_MAX_NOTES)
		p = realloc(log->notes, cap * sizeof(*log->notes));
	if (!p)
		return false;
	log->notes = p;
	log->cap = cap;
	return true;
}

/* What is not kept is still counted, so silence is never mistaken for none. */
static void keep(struct hl_notelog *log, const struct hl_note *note)
{
	log->seen[note->level]++;
	if (!make_room(log))
		return;
	struct hl_note copy = *note;
	copy.what = strdup(note->what);
	copy.text = strdup(note->text);
	copy.src = NULL; /* may be closed before the log is read */
	if (!copy.what || !copy.text) {
		free((char *)copy.what);
		free((char *)copy.text);
		/* cppcheck-suppress memleak ; free() behind a cast */
		return;
	}
	log->notes[log->n++] = copy;
}
LINT_AGAIN

static void emit(const struct hl_at *at, enum hl_level level,
                 enum hl_status st, const char *fmt, va_list ap)
{
	char text[HL_MAX_NOTE_TEXT];

	if (!at->ctx->note && !at->ctx->log)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	struct hl_note note = { .level = level,
	                        .status = st,
	                        .what = at->what ? at->what : "",
	                        .text = text,
	                        .src = at->src,
	                        .off = at->src ? at->off : HL_NO_OFFSET,
	                        .image_off = HL_NO_OFFSET };
	if (at->src && at->off != HL_NO_OFFSET)
		note.image_off = hl_src_image_offset(at->src, at->off);
	if (at->ctx->note)
		at->ctx->note(at->ctx->user, &note);
	if (at->ctx->log)
		keep(at->ctx->log, &note);
}

enum hl_status hl_fail(const struct hl_at *at, enum hl_status st,
                       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(at, HL_FAILED, st, fmt, ap);
	va_end(ap);
	return st;
}

void hl_warn(const struct hl_at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(at, HL_LOSS, HL_OK, fmt, ap);
	va_end(ap);
}

void hl_say(const struct hl_at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(at, HL_INFO, HL_OK, fmt, ap);
	va_end(ap);
}

void hl_progress(const struct hl_ctx *ctx, enum hl_phase phase,
                 const char *what, uint64_t done, uint64_t total)
{
	struct hl_progress p = { .phase = phase,
	                         .what = what,
	                         .done = done,
	                         .total = total };

	if (ctx->progress)
		ctx->progress(ctx->user, &p);
}
