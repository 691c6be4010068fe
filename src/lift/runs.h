/*
 * runs.h: where every byte of a file lies in the image, as a cursor.
 *
 *	struct hl_runs r = { .src = stream, .leaf = hl_runs_leaf(image),
 *	                     .end = hl_src_size(stream) };
 *	while ((st = hl_runs_next(&r, &run)) == HL_OK)
 */
#ifndef HL_RUNS_H
#define HL_RUNS_H

#include "hivelift/fs.h"

struct hl_run {
	uint64_t off, len;       /* in the file */
	uint64_t in_off, in_len; /* in the image; HL_NO_OFFSET: not there */
	const char *image; /* NULL: the one in question; else the path of
	                      another disk of its array, which in_off is on */
	uint16_t what, quality;
	uint64_t owner; /* with HL_Q_ALLOCATED_TO; HL_NO_OFFSET: not known */
};

struct hl_runs {
	struct hl_src *src;
	const struct hl_src *leaf;   /* the image itself */
	const struct hl_ranges *bad; /* found when it was read; may be NULL */
	uint64_t at, end;
};

/* Every run is told as bytes of the image, so know where maps end. */
struct hl_src *hl_runs_leaf(struct hl_src *image);
/*
 * The next run, neighbours merged.  HL_OK, HL_END; HL_CORRUPT, HL_RANGE:
 * nothing is known from r->at on; HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_runs_next(struct hl_runs *r,
                            struct hl_run *out) HL_MUST_CHECK;

#endif
