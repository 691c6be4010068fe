/*
 * carve.h: hives, fragments of them and log entries where no live file lies.
 *
 *	hl_carve_find   one pass over the space that no file owns
 *	hl_carve_get    what was found, in the order of its place
 *	hl_lift_carved  one of them into the output folder
 */
#ifndef HIVELIFT_CARVE_H
#define HIVELIFT_CARVE_H

#include "lift.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The texts are those of `carve --json`, key found. */
enum hl_carved_what {
	HL_CARVED_HIVE,    /* a base block and bins in order */
	HL_CARVED_BASE,    /* a base block alone; "base-block" */
	HL_CARVED_BINS,    /* bins in order; "fragment" */
	HL_CARVED_LOG,     /* a log's header and entries; "log" */
	HL_CARVED_ENTRIES, /* entries alone; "log-entries" */
	HL_CARVED_OLD_LOG, /* a log of the old format; "old-log" */
};
const char *hl_carved_text(enum hl_carved_what what);

struct hl_carved {
	enum hl_carved_what what;
	const struct hl_volume *volume; /* NULL: no volume covers it */
	const char *where; /* "unallocated", "slack", "gap", "volume" (one that
	                      is not read), "medium" (the whole was asked) */
	uint64_t off;      /* of its first byte in the image */
	uint64_t size;     /* bytes */
	bool whole;        /* nothing of it is missing */
	bool packed;       /* NTFS had compressed it */
	bool joined;       /* made of fragments that were not in a row */
	uint32_t bin_off;  /* of its first bin, from the hive's first */
	uint64_t bins;     /* bytes of bins in a row */
	struct hl_base_block base; /* signature false: there is none */
	uint32_t entries, first_seq, last_seq; /* of logs */
	uint32_t bins_size;  /* of a log: as its last entry says */
	enum hl_kind kind;
	char *inside;      /* path of the live file it lies in, or NULL */
	char *belongs;     /* the hive that a log was written for, or NULL */
	const char *const *decided; /* how it was told, in words */
	size_t n_decided;
	/* filled by hl_lift_carved */
	struct hl_hive_report report; /* state UNKNOWN for logs */
	char *output;      /* below the folder, or NULL */
	char sha256[65];   /* or "" */
};

struct hl_carve_opts {
	bool all;          /* the whole medium, not only free space */
	bool volumes_only; /* no gaps: some volume or offset was asked for;
	                      with all, all of what is open */
};

struct hl_carve;
/*
 * Search.  The disk stays open and unchanged until hl_carve_free.
 *   HL_OK (also when nothing was found), HL_NOMEM;
 *   HL_CANCELLED: *out is valid all the same, with what there was so far
 */
enum hl_status hl_carve_find(struct hl_carve **out, struct hl_disk *disk,
                             const struct hl_carve_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_carve_free(struct hl_carve *carve);
size_t hl_carve_count(const struct hl_carve *carve);
struct hl_carved *hl_carve_get(struct hl_carve *carve, size_t i);
/* The bytes of one, as a source; borrows the carve.  HL_OK, HL_NOMEM */
enum hl_status hl_carve_open(struct hl_src **out, struct hl_carve *carve,
                             size_t i) HL_MUST_CHECK;
/* Bytes of the medium that were looked at. */
uint64_t hl_carve_searched(const struct hl_carve *carve);
/* Finds that are live hives or their logs, and so are not listed. */
uint64_t hl_carve_live(const struct hl_carve *carve);
/* What was searched and what was not, in place of hl_coverage_build. */
enum hl_status hl_carve_coverage(struct hl_carve *carve,
                                 struct hl_coverage *out) HL_MUST_CHECK;

/*
 * Write one, "carved/v2/0000001234567-SYSTEM.hive", with its entry in the
 * manifest; fills report, output and sha256.
 *   HL_OK, HL_IO (the output fails: stop), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_lift_carved(struct hl_lift *lift, struct hl_carve *carve,
                              size_t i) HL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
