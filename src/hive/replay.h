/*
 * replay.h: what the files of the replay share.
 *
 *	replay.c         dirty or not, the result's base block, the report
 *	replay_log.c     one log: is its header of use, and if not, why
 *	replay_new.c     which HvLE logs, in which order, how far
 *	replay_entry.c   one HvLE entry: hashes and pages
 *	replay_old.c     which DIRT log, its bitmap and sectors
 *	replay_orphan.c  logs without their hive
 *	overlay.c        the source that comes of it
 *
 * Source of the rules: the regf specification by Maxim Suhanov.
 */
#ifndef HL_REPLAY_H
#define HL_REPLAY_H

#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "hive/overlay.h"

#define REPLAY_BUF 65536u

enum replay_use {
	REPLAY_NOTHING, /* empty, or not a log */
	REPLAY_BROKEN,  /* a log whose header is not to be trusted */
	REPLAY_OLD,     /* DIRT */
	REPLAY_NEW,     /* HvLE */
};

struct replay_log {
	struct hl_src *src;
	const char *name;
	size_t index;  /* in the caller's array */
	uint64_t size; /* bytes that are looked at */
	uint8_t head[HIVE_BASE_USED];
	struct hl_base_block base;
	enum replay_use use;
	const char *fault; /* of BROKEN */
};

struct replay {
	const struct hl_ctx *ctx;
	struct hl_src *hive; /* NULL: orphaned logs */
	uint8_t head[HIVE_BASE_USED]; /* the hive's, then the result's */
	struct hl_base_block base;    /* of the hive */
	bool base_ok;
	struct replay_log log[HL_REPLAY_LOGS];
	size_t n;
	struct hl_overlay *overlay;
	uint8_t *buf; /* REPLAY_BUF bytes */
	uint32_t flags, seq; /* of the result */
	struct hl_replay_report *report;
};

/* The first reason is the one that is kept. */
void hl_replay_reason(struct replay *r, bool loss, const char *fmt, ...)
	HL_PRINTF(3, 4);
void hl_replay_note(struct replay *r, const char *fmt, ...) HL_PRINTF(2, 3);

/* a before b, on a circle of 2^32; false when equal. */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return a != b && b - a <= 0x7fffffffu;
}

/* HL_OK (log->use tells), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_replay_log_load(struct replay *r, size_t i,
                                  const struct hl_replay_log *log)
	HL_MUST_CHECK;

/* What both ways of replay begin and end with.  HL_OK, HL_NOMEM … */
enum hl_status hl_replay_begin(struct replay *r, struct hl_src *hive,
                               const struct hl_replay_log *logs, size_t n)
	HL_MUST_CHECK;
enum hl_status hl_replay_load(struct replay *r,
                              const struct hl_replay_log *logs, size_t n)
	HL_MUST_CHECK;
/* st != HL_OK: only clean up, and hand it back. */
enum hl_status hl_replay_end(struct replay *r, enum hl_status st,
                             struct hl_src **out) HL_MUST_CHECK;

/*
 * Read; *sound is false when some of it is damaged.  HL_RANGE cannot be: the
 * caller stays inside.  HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_replay_read(struct hl_src *src, uint64_t off, void *buf,
                              size_t n, bool *sound) HL_MUST_CHECK;

/* The header of an entry.  HL_OK, HL_END, HL_CORRUPT; HL_NOMEM … */
enum hl_status hl_replay_entry_head(struct replay *r, struct replay_log *log,
                                    uint64_t off, struct hive_log_entry *e)
	HL_MUST_CHECK;
/* Hashes and page table.  HL_OK; HL_CORRUPT with *why; HL_NOMEM … */
enum hl_status hl_replay_entry_verify(struct replay *r,
                                      struct replay_log *log, uint64_t off,
                                      const struct hive_log_entry *e,
                                      const char **why) HL_MUST_CHECK;
/* Its pages into the overlay; it has been verified. */
enum hl_status hl_replay_entry_paint(struct replay *r, struct replay_log *log,
                                     uint64_t off,
                                     const struct hive_log_entry *e)
	HL_MUST_CHECK;

/*
 * Apply what there is.  HL_OK: applied, base block and report are filled but
 * for the result's own; HL_END: nothing of that format applies, the reason
 * tells (none when there is no such log); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_replay_new(struct replay *r) HL_MUST_CHECK;
enum hl_status hl_replay_old(struct replay *r) HL_MUST_CHECK;

/*
 * The sectors of a DIRT log: *set that its bitmap promises, *held that it
 * has, all of them readable.  paint: into the overlay as many as are there.
 */
enum hl_status hl_replay_sectors(struct replay *r, struct replay_log *log,
                                 bool paint, uint64_t *set,
                                 uint64_t *held) HL_MUST_CHECK;

#endif
