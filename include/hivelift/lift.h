/*
 * lift.h: the main job.  Find the hives of a disk, judge them, and write
 * them out with logs, manifest and checksums.
 *
 *	hl_hives_find  -> the list, by catalogue and indexes; reads no content
 *	hl_hive_examine -> state and hash of one, in one pass
 *	hl_lift_*      -> the output folder
 */
#ifndef HIVELIFT_LIFT_H
#define HIVELIFT_LIFT_H

#include "fs.h"
#include "hive.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The texts are those of `--kind` and of JSON. */
enum hl_kind {
	HL_KIND_OTHER, HL_KIND_SYSTEM, HL_KIND_SOFTWARE, HL_KIND_SAM,
	HL_KIND_SECURITY, HL_KIND_DEFAULT, HL_KIND_COMPONENTS, HL_KIND_DRIVERS,
	HL_KIND_ELAM, HL_KIND_BBI, HL_KIND_BCD, HL_KIND_BCD_TEMPLATE,
	HL_KIND_USERDIFF, HL_KIND_VSMIDK, HL_KIND_SCHEMA, HL_KIND_NTUSER,
	HL_KIND_USRCLASS, HL_KIND_AMCACHE, HL_KIND_SYSCACHE, HL_KIND_SETTINGS,
	HL_KIND_ACTIVATIONSTORE, HL_KIND_APPX,
	HL_KIND_COUNT
};
const char *hl_kind_text(enum hl_kind kind);
/* Case-insensitive; HL_END when there is no such kind. */
enum hl_status hl_kind_parse(const char *text, enum hl_kind *out) HL_MUST_CHECK;

struct hl_hive_log {
	char *path;          /* UTF-8, as on the volume */
	struct hl_entry entry;
	struct hl_log_info info;
	bool used;           /* replay applied it */
};

/* One of Windows XP: a folder "RP7". */
struct hl_restore_point {
	uint32_t number;
	char name[256 * 3 + 1]; /* "System Checkpoint", or "" */
	struct hl_time created; /* by its rp.log; NONE: not known */
};

struct hl_hive {
	const struct hl_volume *volume;
	char *path;          /* "/Windows/System32/config/SYSTEM" */
	struct hl_entry entry;
	enum hl_kind kind;
	char *user;          /* profile folder's name, or NULL */
	char *sid;           /* or NULL */
	const char *sid_source; /* "ProfileList", "root key", "file name" */
	const struct hl_restore_point *point; /* that keeps it, or NULL */
	size_t n_logs;
	struct hl_hive_log *logs;
	/* filled by hl_hive_examine or hl_lift_hive */
	struct hl_hive_report report; /* of the file as found; its state is
	                                 that of the hive with its logs */
	struct hl_replay_report replay;
	char sha256[65];     /* hex, or "" */
	uint64_t bad_bytes;  /* unreadable, missing, bad checksum */
};

struct hl_hive_query {
	uint32_t kinds;    /* bits 1 << enum hl_kind; 0: all */
	const char *user;  /* profile name, no case; NULL: all */
	/* glob over the path, no case; '*' is any run, also of '/', '?' one
	   character, '\' is '/', a drive or no '/' in front as in paths;
	   NULL: all */
	const char *path;
	bool deleted;      /* deleted ones too */
	bool deep;         /* every file whose content is a hive: a sweep */
};

struct hl_hives;
/*
 * Every hive at every place where Windows keeps one, on all volumes of the
 * disk, in volume and path order, restore points behind all others by
 * their age; through the indexes, no sweep.
 * Deleted ones, when they are asked for, come from a sweep: by the whole
 * place, or by the file's name when its content begins like a hive.
 * With deep the content of every file is asked, not only where hives are
 * kept; the kind then comes from names and keys.
 *   HL_OK (also when none was found), HL_NOMEM, HL_CANCELLED, HL_LIMIT
 */
enum hl_status hl_hives_find(struct hl_hives **out, struct hl_disk *disk,
                             const struct hl_hive_query *query,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_hives_free(struct hl_hives *hives);
size_t hl_hives_count(const struct hl_hives *hives);
struct hl_hive *hl_hives_get(struct hl_hives *hives, size_t i);

/*
 * Read a hive once: report, sha256 (when hash), log headers.
 *   HL_OK (also when damaged: see report), HL_NOMEM, HL_CANCELLED; HL_CORRUPT
 *   when its stream cannot be opened (said)
 */
enum hl_status hl_hive_examine(struct hl_hive *hive, bool hash,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * The same of the i-th, i < hl_hives_count.  On a disk with shadow copies it
 * is quicker: what an earlier one has hashed is read and judged, not hashed.
 */
enum hl_status hl_hives_examine(struct hl_hives *hives, size_t i, bool hash,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * The hive's content for whoever reads it: replayed when it is dirty and its
 * logs apply, else (or when as_found) as it lies there.  Fills hive->replay
 * and logs[].used.  Closing *out closes all below it; hive is borrowed.
 * It keeps blocks in memory, so it is for one thread at a time.
 *   HL_OK, HL_NOMEM, HL_CANCELLED; HL_CORRUPT when its stream cannot be
 *   opened (said)
 */
enum hl_status hl_hive_open(struct hl_src **out, struct hl_hive *hive,
                            bool as_found,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;

/* Is there something in it for a reader of hives?  Once it was examined. */
bool hl_hive_usable(const struct hl_hive *hive);

/*
 * The first hive before the i-th with the same content, by sha256 of those
 * that were examined with their hash; NULL: none, or it is empty.
 */
const struct hl_hive *hl_hives_same(const struct hl_hives *hives, size_t i);

/* What SOFTWARE and SYSTEM say of the Windows they belong to; or "". */
struct hl_machine {
	const struct hl_volume *volume;
	char path[256];    /* of its Windows folder */
	char product[128]; /* "Windows 10 Pro" */
	char release[64];  /* "22H2", "Service Pack 1" */
	char build[32];
	char computer[128];
};
/*
 * Fill sid and sid_source of all hives of users, and *n machines, at most
 * max of them; reads a few keys of a few hives, and says nothing.
 *   HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_hives_identify(struct hl_hives *hives,
                                 struct hl_machine *list, size_t *n,
                                 size_t max,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- coverage --------------------------------------------------------------- */

/* One thing that was seen and not searched. */
struct hl_unsearched {
	const char *what; /* "volume", "gap", "shadow copies", "unallocated" */
	const char *volume; /* id, or NULL */
	uint64_t off, len;  /* bytes in the image; HL_NO_OFFSET where it has none */
	uint64_t count;     /* shadow copies */
	const char *reason; /* "BitLocker", "no file system recognised", … */
	bool loss;          /* makes the exit status 2 */
};
struct hl_coverage {
	size_t n_searched;
	const struct hl_volume **searched;
	size_t n_unsearched;
	struct hl_unsearched *unsearched;
	uint64_t hives_seen; /* by the search; for the last line */
	uint64_t carved;     /* bytes that carving looked at */
	bool loss;           /* any of them is a loss */
	size_t cap_searched, cap_unsearched; /* room in the two arrays */
};
enum hl_status hl_coverage_build(struct hl_coverage *out,
                                 struct hl_disk *disk,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * One more, which only the caller can know ("rest", "time budget reached").
 * Its texts are borrowed.  HL_OK, HL_NOMEM, HL_LIMIT
 */
enum hl_status hl_coverage_add(struct hl_coverage *coverage,
                               const struct hl_unsearched *u,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_coverage_free(struct hl_coverage *coverage, const struct hl_ctx *ctx);

/* ---- the output folder --------------------------------------------------------- */

struct hl_lift_opts {
	const char *dir;          /* must not exist, or be empty, unless force */
	bool force;
	const char *const *argv;  /* the command line, for the manifest */
	/* Instead of a folder: a tar archive goes there; false: no more. */
	bool (*write)(void *user, const void *p, size_t n);
	void *user;
	bool dfxml;               /* dfxml.xml too */
	struct hl_files *files;   /* refused as a target; may be NULL */
	bool deleted;             /* of folders also what was deleted in them */
	bool no_replay;           /* hives as found only */
	bool all_copies;          /* of shadow copies also what was written
	                             before; else entries only */
};
struct hl_lift;
/*
 *   HL_OK; HL_EXISTS (the folder holds something), HL_IO, HL_USAGE (on the
 *   source itself), HL_UNSUPPORTED (no libcrypto), HL_NOMEM: all said,
 *   nothing left behind
 */
enum hl_status hl_lift_open(struct hl_lift **out, struct hl_disk *disk,
                            const struct hl_lift_opts *opts,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * The same in two steps, so that a sandbox can close in between: prepare
 * opens all that has to be opened by name, before a byte of the image was
 * looked at; begin writes the head of the lists.  opts must live until then.
 * On failure of begin the lift is gone, as after hl_lift_abort.
 */
enum hl_status hl_lift_prepare(struct hl_lift **out,
                               const struct hl_lift_opts *opts,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_lift_begin(struct hl_lift *lift,
                             struct hl_disk *disk) HL_MUST_CHECK;
/* A hive with its logs.  HL_IO when the output fails: stop then. */
enum hl_status hl_lift_hive(struct hl_lift *lift,
                            struct hl_hive *hive) HL_MUST_CHECK;
/*
 * The hive alone, replayed when its logs apply, under that name in the folder
 * itself; only an entry in the manifest when it is of no use to a reader of
 * hives.  Codes as above.
 */
enum hl_status hl_lift_flat(struct hl_lift *lift, struct hl_hive *hive,
                            const char *name) HL_MUST_CHECK;
/* Where the last hive is, below the folder, replayed if it was; or "". */
const char *hl_lift_written(const struct hl_lift *lift);
/*
 * A file, or a folder with all below it, with alternate streams.
 *   HL_OK, HL_END (no such path), HL_CORRUPT (the way to it is damaged;
 *   said), HL_IO (output), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_lift_path(struct hl_lift *lift, struct hl_volume *volume,
                            const char *path) HL_MUST_CHECK;
/* Counts so far. */
uint64_t hl_lift_files(const struct hl_lift *lift);
uint64_t hl_lift_bytes(const struct hl_lift *lift);
/*
 * Write manifest.json and SHA256SUMS and close.  On HL_IO or after
 * hl_lift_abort nothing half-written is left.
 */
enum hl_status hl_lift_finish(struct hl_lift *lift,
                              const struct hl_coverage *coverage) HL_MUST_CHECK;
void hl_lift_abort(struct hl_lift *lift);

#ifdef __cplusplus
}
#endif
#endif
