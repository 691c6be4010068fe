/*
 * pass.h: one pass over a stream.  Whatever wants the bytes of a file (the
 * digests, the judgement, the output) gets them from the same read, so that a
 * hive or a log is read from the medium once.
 */
#ifndef HL_PASS_H
#define HL_PASS_H

#include "io/hash.h"
#include "hivelift/lift.h"

struct hl_pass {
	/* set by the caller; zero is fine everywhere */
	unsigned hashes; /* bits 1 << enum hl_hash_kind */
	/*
	 * Gets every byte in order, damaged ones as zeros.  Anything but HL_OK
	 * ends the pass and is its result.
	 */
	enum hl_status (*sink)(void *user, uint64_t off, const void *p,
	                       size_t n);
	void *user;
	struct hl_hive_check *check; /* fed too; hl_hive_pass sets it itself */

	/* filled by the pass */
	uint64_t bytes;       /* delivered */
	struct hl_ranges bad; /* offsets of the stream */
	char hex[HL_HASH_KINDS][HL_HASH_HEX]; /* "" when not asked for */
};

/*
 * Read src from first to last byte.  Damage is a HL_LOSS note that names the
 * path, the stretch and its place in the image; the pass goes on.
 *   HL_OK (also with damage: see bad), HL_NOMEM, HL_CANCELLED,
 *   HL_UNSUPPORTED (no hashing here), or what the sink said
 */
enum hl_status hl_pass_run(struct hl_pass *pass, struct hl_src *src,
                           const char *path,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * Where to stop reading: the end, or where a tail begins in which nothing is
 * stored and which no volume like v could have held (said: a loss).
 *   HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_pass_end(uint64_t *end, struct hl_src *src,
                           const struct hl_volume *v, const char *path,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * The same for a hive's unnamed stream: fills hive->report, sha256 (when
 * asked for in pass->hashes), bad_bytes and the entry's damaged flag, and
 * says what is wrong: damaged and not-a-hive are losses, dirty is not.
 */
enum hl_status hl_hive_pass(struct hl_hive *hive, struct hl_src *src,
                            struct hl_pass *pass,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;

/* What that says of the hive's state, again: for who had it be silent. */
void hl_hive_say(const struct hl_hive *hive, struct hl_src *src,
                 const struct hl_ctx *ctx);

/*
 * The same over the replayed content, after that: its state becomes the
 * hive's.  report is not touched otherwise, and sha256 stays that of the file
 * as found.
 */
enum hl_status hl_hive_pass_replayed(struct hl_hive *hive, struct hl_src *src,
                                     struct hl_pass *pass,
                                     const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * Fill log->info from the log's stream: its header, and the headers of its
 * entries; the pages between are not read.
 *   HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_hive_log_look(struct hl_hive_log *log, struct hl_src *src,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
