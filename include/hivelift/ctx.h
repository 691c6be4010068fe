/*
 * ctx.h: what a caller hands to the library when it opens something.
 *
 * struct hl_ctx is plain: fill what you need, leave the rest zero.  The
 * library borrows it (keep it alive and unchanged until everything that was
 * opened with it is closed) and keeps no state anywhere else.
 */
#ifndef HIVELIFT_CTX_H
#define HIVELIFT_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "times.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hl_src;
struct hl_notelog;
struct hl_bde_keys;

#define HL_NO_OFFSET UINT64_MAX

/* How much a note weighs; the order is significant. */
enum hl_level {
	HL_INFO,   /* worth knowing; nothing was lost */
	HL_LOSS,   /* damage, a cut, a second copy used, a budget reached */
	HL_FAILED, /* this object cannot be had at all */
};

/* One observation.  All pointers are valid during the call only. */
struct hl_note {
	enum hl_level level;
	enum hl_status status; /* HL_OK when it is not a failure */
	const char *what;      /* the structure: "MFT record 5", "GPT header" */
	const char *text;      /* one line, no newline, may hold hostile names */
	const struct hl_src *src; /* where it was seen, or NULL */
	uint64_t off;             /* bytes into src, or HL_NO_OFFSET */
	uint64_t image_off;       /* bytes into the image, or HL_NO_OFFSET */
};

/* What is being done; a caller can tell these apart. */
enum hl_phase {
	HL_PHASE_VOLUME,      /* a volume is opened; done/total in volumes */
	HL_PHASE_FILE,        /* a file begins; done/total in files */
	HL_PHASE_EXTENTS,     /* its run list or chain is decoded */
	HL_PHASE_RECORD_DATA, /* bytes that lie in the record itself */
	HL_PHASE_DISK_DATA,   /* bytes from the medium; done/total in bytes */
	HL_PHASE_OUTPUT,      /* bytes written; done/total in bytes */
};

struct hl_progress {
	enum hl_phase phase;
	const char *what; /* volume name or path; valid during the call */
	uint64_t done, total; /* total 0: not known */
};

/* Ceilings a caller may set; zero means the built-in default of limits.h. */
struct hl_limits {
	uint64_t max_memory;    /* bytes of the library's own allocations */
	uint64_t max_file_size; /* bytes written for one file */
};

/* Counters; the library adds to them atomically. */
struct hl_stats {
	uint64_t file_bytes;  /* read from the files or device of the image */
	uint64_t file_reads;  /* in so many system calls or library calls */
	uint64_t image_bytes; /* handed out by the image, after inflation */
	uint64_t image_reads;
	uint64_t cache_hits, cache_misses;
	uint64_t mem_now, mem_peak; /* own allocations, bytes */
	uint64_t mem_refused; /* those that max_memory did not allow */
};

struct hl_ctx {
	void *user; /* handed to every callback */
	void (*note)(void *user, const struct hl_note *note);
	bool (*cancelled)(void *user); /* polled often; true: HL_CANCELLED */
	void (*progress)(void *user, const struct hl_progress *p);
	/* A wall-clock time in UTC; NULL: FAT times stay without a zone. */
	struct hl_time (*to_utc)(void *user, struct hl_time local);
	/* Like realloc(3); n == 0 frees and returns NULL.  NULL: realloc. */
	void *(*realloc)(void *user, void *p, size_t n);
	struct hl_limits limits;
	struct hl_stats *stats;  /* borrowed, may be NULL */
	struct hl_notelog *log;  /* borrowed, may be NULL: keeps every note */
	const char *codepage;    /* for FAT short names, iconv name; NULL: CP437 */
	const struct hl_bde_keys *bde_keys; /* of BitLocker volumes (bde.h) */
};

/*
 * A note log keeps copies of notes so that they can be put into a manifest.
 * Mark, work, and read what came since.  It is bounded (limits.h); what did
 * not fit is counted.  Not thread-safe.
 */
enum hl_status hl_notelog_new(struct hl_notelog **out) HL_MUST_CHECK;
void hl_notelog_free(struct hl_notelog *log);
size_t hl_notelog_count(const struct hl_notelog *log);
/* The i-th kept note, or NULL; valid until the log is freed. */
const struct hl_note *hl_notelog_get(const struct hl_notelog *log, size_t i);
/* Notes of at least that level that were seen, also those not kept. */
size_t hl_notelog_seen(const struct hl_notelog *log, enum hl_level at_least);

#ifdef __cplusplus
}
#endif
#endif
