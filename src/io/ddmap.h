/*
 * ddmap.h: the map that GNU ddrescue keeps of a rescue, and a source that
 * knows by it which of an image's bytes were never read from the medium.
 */
#ifndef HL_DDMAP_H
#define HL_DDMAP_H

#include "base/span.h"
#include "hivelift/src.h"

/* ---- the text ---------------------------------------------------------- */

struct hl_ddmap {
	struct span text; /* what is left of it */
	uint64_t end;     /* of the area before */
	unsigned line;    /* where it stands, from 1 */
	bool begun;       /* the status line is over */
	const char *why;  /* after HL_CORRUPT: what is wrong with that line */
};

struct hl_ddmap_area {
	uint64_t off, len; /* len > 0; they ascend and never overlap */
	bool rescued;      /* '+'; any other was not read, or not yet */
	char status;       /* as it stands there */
};

static inline struct hl_ddmap hl_ddmap_of(struct span text)
{
	return (struct hl_ddmap){ .text = text };
}

/*
 * The next area of the map.  Allocates nothing, says nothing.
 *   HL_OK, HL_END, HL_CORRUPT (m->line, m->why)
 */
enum hl_status hl_ddmap_next(struct hl_ddmap *m, struct hl_ddmap_area *out)
	HL_MUST_CHECK;

/* ---- the source -------------------------------------------------------- */

/*
 * `in` with all that the map does not call rescued UNREADABLE, what it leaves
 * out, too; those bytes read as zeros.  For all else it is like `in`, whose
 * hl_image_info it answers, and it stands for the leaf.  Closing it closes
 * `in`; on failure `in` is left open.
 *   HL_OK, HL_IO, HL_CORRUPT, HL_LIMIT (all said), HL_NOMEM
 */
enum hl_status hl_ddmap_open(struct hl_src **out, struct hl_src *in,
                             struct hl_src *text, const struct hl_ctx *ctx)
	HL_MUST_CHECK;

#endif
