/*
 * alike.h: does a stream hold the same bytes as another one?  Where both lie
 * at the same place of the same volume nobody has to read them to know that;
 * where they do not, both are read, up to the first byte that differs.
 */
#ifndef HL_ALIKE_H
#define HL_ALIKE_H

#include "hivelift/fs.h"

/* A stretch as it lies there, nothing decoded. */
struct hl_spot {
	uint64_t len;
	struct hl_src *in; /* NULL: zeros that lie nowhere */
	uint64_t at;
};

struct hl_alike {
	uint64_t size;
	bool known;    /* false: but for its size nothing can be told */
	uint64_t head; /* a hash of its first bytes */
	struct hl_spot *spot;
	size_t n, cap;
};

/*
 * Takes down where the first `size` bytes of a file of v lie, in max spots at
 * most; they are borrowed.  HL_OK (see known), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_alike_take(struct hl_alike *a, const struct hl_volume *v,
                             struct hl_src *src, uint64_t size, size_t max,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_alike_free(struct hl_alike *a, const struct hl_ctx *ctx);

enum hl_likeness { HL_ALIKE_DIFFERS, HL_ALIKE_SAME, HL_ALIKE_UNKNOWN };

/* By size and first bytes only: may they be the same? */
bool hl_alike_may_be(const struct hl_alike *a, const struct hl_alike *b);
/* HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_alike_compare(const struct hl_alike *a,
                                const struct hl_alike *b,
                                enum hl_likeness *out,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
