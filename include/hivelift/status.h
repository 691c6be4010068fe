/*
 * status.h: what a library call can answer.
 *
 * One closed set for the whole library.  Zero is success, the one positive
 * value is an ordinary end, everything negative is a failure.  The text that
 * says where and why goes to the note sink (note.h), never to errno.
 */
#ifndef HIVELIFT_STATUS_H
#define HIVELIFT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

enum hl_status {
	HL_OK = 0,
	HL_END = 1,          /* no more items; not this format; no such name */
	HL_IO = -1,          /* the operating system could not read or write */
	HL_NOMEM = -2,       /* memory is short, or --max-memory is reached */
	HL_RANGE = -3,       /* outside the source, or a number out of range */
	HL_CORRUPT = -4,     /* ours, but damaged beyond use */
	HL_UNSUPPORTED = -5, /* valid, but of a kind that is not read */
	HL_LIMIT = -6,       /* a budget of limits.h or of the caller is used up */
	HL_USAGE = -7,       /* the caller asked for something impossible */
	HL_CANCELLED = -8,   /* hl_ctx.cancelled said so */
	HL_EXISTS = -9,      /* an output is already there */
};

#if defined(__GNUC__) || defined(__clang__)
#define HL_MUST_CHECK __attribute__((warn_unused_result))
#define HL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define HL_MUST_CHECK
#define HL_PRINTF(f, a)
#endif

/* A short English text for a status; never NULL. */
const char *hl_status_text(enum hl_status st);

#ifdef __cplusplus
}
#endif
#endif
