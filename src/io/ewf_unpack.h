/*
 * ewf_unpack.h: stored chunks to bytes, in a worker that one thread has at a
 * time: room for what was stored, the inflater, and the fills it knows.
 */
#ifndef HL_EWF_UNPACK_H
#define HL_EWF_UNPACK_H

#include "io/ewf_impl.h"
#include "io/inflate.h"

/* How a chunk came out; bytes of a bad one are zeros. */
struct ewf_outcome {
	enum hl_what what;
	enum hl_quality quality;
};

#define EWF_FILL_STORED 512 /* 32 KiB of one byte are about 50 */
#define EWF_FILL_UNIT 512
#define EWF_FILLS 2

/* A deflated chunk that is one unit over and over, as an empty disk is. */
struct ewf_fill {
	uint32_t n_stored; /* 0: none */
	size_t n, period;  /* bytes of content; divides EWF_FILL_UNIT */
	uint8_t stored[EWF_FILL_STORED], unit[EWF_FILL_UNIT];
};

struct ewf_worker {
	struct ewf_worker *next;
	struct hl_inflate *z;
	uint8_t *raw, *data; /* data: a chunk, when it has one */
	size_t raw_size;
	unsigned next_fill;
	struct ewf_fill fill[EWF_FILLS];
	struct ewf_page page; /* entries, so that no lock is needed */
};

/* raw_size is raised to what one chunk needs.  NULL: no memory. */
struct ewf_worker *hl_ewf_worker_new(const struct ewf *e, size_t raw_size);
void hl_ewf_worker_free(const struct ewf *e, struct ewf_worker *w);

/* Bytes of the medium that chunk holds; only the last may be short. */
uint32_t hl_ewf_content_len(const struct ewf *e, uint64_t chunk);

/*
 * One chunk from its n stored bytes; room as for content and tail.  false:
 * it is broken, and out holds anything.  *got: what it held, >= want.
 */
bool hl_ewf_unpack(struct ewf_worker *w, struct span stored, bool deflated,
                   uint8_t *out, uint32_t room, uint32_t want, size_t *got);

/*
 * Read n chunks from `chunk` on, side by side into out (chunk_size each), in
 * as few reads as they are stored in one piece.  how[] says how each came
 * out.  own: take the worker's page of the table.
 */
void hl_ewf_load(struct ewf *e, struct ewf_worker *w, uint64_t chunk,
                 uint32_t n, bool own, uint8_t *out, struct ewf_outcome *how);

#endif
