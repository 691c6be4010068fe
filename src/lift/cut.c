/*
 * cut.c: how much of a stream is read.  One flipped bit in a file's size makes
 * 2^48 bytes of zeros of it, which would be hashed for weeks:
 *
 *	|-- data --|-- hole --|-- data --|------ nothing stored -------|
 *	                                 ^ cut here, when that is more than the
 *	                                   whole volume and a good deal
 *
 * What is missing at the end (a chain that is cut, clusters that the volume
 * does not have) is cut off when the volume could not hold it and it is large;
 * less than that stays, as zeros, so that the length does.
 *
 * Holes between data stay: the journal $UsnJrnl:$J begins with one that grows
 * for the volume's life.
 */
#include <inttypes.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "io/note.h"
#include "lift/pass.h"
#include "base/banned.h"

/* Where the last byte ends that is stored, and the last that ought to be. */
static enum hl_status end_of_stored(uint64_t *end, uint64_t *ought,
                                    struct hl_src *src,
                                    const struct hl_ctx *ctx)
{
	uint64_t off = 0, size = hl_src_size(src);
	struct hl_extent e;

	for (*end = *ought = 0; off < size; off += e.len) {
		enum hl_status st = hl_src_map(src, off, &e);

		if (hl_cancelled(ctx))
			return HL_CANCELLED;
		if (st == HL_NOMEM)
			return st;
		if (st != HL_OK || e.len == 0) {
			*end = *ought = size; /* the reading will tell */
			return HL_OK;
		}
		if (e.in || (e.what != HL_WHAT_SPARSE &&
		             e.what != HL_WHAT_BEYOND_VALID))
			*ought = off + e.len;
		if (*ought == off + e.len && e.what != HL_WHAT_MISSING)
			*end = off + e.len;
	}
	return HL_OK;
}

enum hl_status hl_pass_end(uint64_t *end, struct hl_src *src,
                           const struct hl_volume *v, const char *path,
                           const struct hl_ctx *ctx)
{
	uint64_t size = hl_src_size(src), stored, ought;
	uint64_t most = max_u64(v->len, HL_MAX_EMPTY_TAIL);
	uint64_t missing = max_u64(v->len, HL_MAX_MISSING_TAIL);
	enum hl_status st;

	*end = size;
	if (size <= v->len)
		return HL_OK;
	st = end_of_stored(&stored, &ought, src, ctx);
	if (st != HL_OK)
		return st;
	/* a hole may be larger than the volume, what is missing cannot be */
	if (ought - stored <= missing && size - ought <= most)
		return HL_OK;
	if (ought - stored <= missing)
		stored = ought;
	hl_warn(&(struct hl_at){ ctx, src, stored, path },
	        "nothing is stored behind byte %" PRIu64 " of %" PRIu64
	        ", more than the volume holds: cut there", stored, size);
	*end = stored;
	return HL_OK;
}
