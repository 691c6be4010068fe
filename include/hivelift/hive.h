/*
 * hive.h: what a registry hive says of itself (regf 1.1 to 1.6).
 *
 * Source of the format facts: the regf specification by Maxim Suhanov.
 * The judge reads no file: bytes are fed in, so that one pass over the
 * content can hash, write and judge it.  Replay works on sources.
 */
#ifndef HIVELIFT_HIVE_H
#define HIVELIFT_HIVE_H

#include "ctx.h"
#include "times.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The order is not significant; the texts are those of `hives --json`. */
enum hl_hive_state {
	HL_HIVE_UNKNOWN,    /* not examined yet; text "" */
	HL_HIVE_CLEAN,      /* base block right, every bin chains to the stated
	                       size, the root key decodes */
	HL_HIVE_DIRTY,      /* sequence numbers differ or checksum wrong */
	HL_HIVE_REPLAYED,   /* dirty, and its logs apply */
	HL_HIVE_EMPTY,      /* zero bytes */
	HL_HIVE_DAMAGED,    /* a hive, but something in it is broken */
	HL_HIVE_NOT_A_HIVE, /* the content is something else */
};
const char *hl_hive_state_text(enum hl_hive_state state);

/* The base block, the first 4096 bytes; all values as stored. */
struct hl_base_block {
	bool signature;      /* "regf" */
	bool checksum_ok;    /* XOR of the first 127 dwords */
	uint32_t seq1, seq2; /* primary and secondary sequence number */
	struct hl_time last_written; /* UTC; NONE when zero */
	uint32_t major, minor;
	uint32_t type;       /* 0 primary, 1 and 2 old log, 6 new log */
	uint32_t root_cell;  /* offset from the first bin, bytes */
	uint32_t bins_size;  /* bytes */
	uint32_t flags;
	char name[32 * 3 + 1]; /* embedded name, UTF-8 */
};
/* HL_OK, HL_END (no "regf"), HL_RANGE (fewer than 512 bytes) */
enum hl_status hl_base_block_decode(const void *p, size_t n,
                                    struct hl_base_block *out) HL_MUST_CHECK;

#define HL_HIVE_NOTES 8
#define HL_HIVE_NOTE_BYTES 128
/* The judgement over one stream of bytes. */
struct hl_hive_report {
	enum hl_hive_state state;
	struct hl_base_block base;
	uint64_t size;           /* bytes fed */
	uint64_t bins_ok;        /* bytes of bins that chain, from offset 4096 */
	bool root_ok;            /* the root key decodes */
	char root_name[HL_HIVE_NOTE_BYTES]; /* its name, UTF-8, maybe cut */
	size_t n_notes;          /* why it is not clean, in words */
	char notes[HL_HIVE_NOTES][HL_HIVE_NOTE_BYTES];
};

/*
 * Examine a hive while its bytes pass by, in order from offset 0.
 *   new: HL_OK, HL_NOMEM.  feed never fails.  finish fills the report.
 */
struct hl_hive_check;
enum hl_status hl_hive_check_new(struct hl_hive_check **out,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_hive_check_feed(struct hl_hive_check *c, const void *p, size_t n);
void hl_hive_check_finish(struct hl_hive_check *c, struct hl_hive_report *out);
void hl_hive_check_free(struct hl_hive_check *c);

/* What a transaction log's header says; fed with its first 4096 bytes or
 * fewer.  format: "DIRT", "HvLE", "empty", "unknown". */
struct hl_log_info {
	const char *format;
	bool header_ok;
	uint32_t first_seq, last_seq; /* of the header: seq1; entries: see below */
};
/*
 * HvLE entries are walked when the whole log is given (n == file size):
 * last_seq is that of the last entry whose sequence continues; hashes are
 * not checked here.  HL_OK always; format tells.
 */
enum hl_status hl_log_info_decode(const void *p, size_t n,
                                  struct hl_log_info *out) HL_MUST_CHECK;

/* ---- replay ---------------------------------------------------------- */

struct hl_src;

/* The texts are those of `hives --json`, key replay.state. */
enum hl_replay_state {
	HL_REPLAY_NONE,    /* not tried; text "" */
	HL_REPLAY_CLEAN,   /* the hive is clean: no log is looked at */
	HL_REPLAY_DONE,    /* all that the logs hold was applied; "replayed" */
	HL_REPLAY_PARTIAL, /* applied as far as the logs are sound */
	HL_REPLAY_REFUSED, /* dirty, and no log applies */
};
const char *hl_replay_state_text(enum hl_replay_state state);

#define HL_REPLAY_LOGS 8
struct hl_replay_report {
	enum hl_replay_state state;
	char reason[HL_HIVE_NOTE_BYTES]; /* why partial or refused, or "" */
	bool loss;            /* a log that should apply is broken */
	bool rebuilt;         /* the base block was made from a log's header */
	const char *format;   /* of what was applied: "HvLE", "DIRT", or "" */
	uint32_t entries;     /* applied; DIRT: 1 */
	uint32_t first_seq, last_seq; /* of those; DIRT: the log's */
	uint32_t bins_before; /* bytes, as the base block stated; 0: unknown */
	uint32_t bins_size;   /* bytes, of the result */
	uint64_t from_logs;   /* bytes of the result that lie in logs */
	bool used[HL_REPLAY_LOGS]; /* which of logs[] */
	size_t n_notes;       /* information, in words */
	char notes[HL_HIVE_NOTES][HL_HIVE_NOTE_BYTES];
};

struct hl_replay_log {
	struct hl_src *src; /* borrowed */
	const char *name;   /* for the report's words: "NTUSER.DAT.LOG1" */
};

/*
 * A dirty hive with its transaction logs applied, by the rules of the Windows
 * kernel: a view over hive and logs (which stay open and unchanged; borrowed,
 * also by the result), with a small base block of its own.  Give the logs as
 * LOG1, LOG2, LOG; their order matters for the old format only.  Says nothing
 * to the note sink: the report has it all.
 *   HL_OK: *out is the replayed hive (DONE, PARTIAL);
 *   HL_END: *out is NULL, the hive is to be used as it is (CLEAN, REFUSED);
 *   HL_USAGE (more than HL_REPLAY_LOGS), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_replay_open(struct hl_src **out, struct hl_src *hive,
                              const struct hl_replay_log *logs, size_t n,
                              struct hl_replay_report *report,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * The bins that logs hold of a hive that is gone: every sound entry of all of
 * them in the order of its number, also of earlier rounds, on zeros.  Always
 * PARTIAL, whatever there is; the same codes.
 */
enum hl_status hl_replay_orphan(struct hl_src **out,
                                const struct hl_replay_log *logs, size_t n,
                                struct hl_replay_report *report,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
