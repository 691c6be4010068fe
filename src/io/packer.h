/*
 * packer.h: chunks of a stream, compressed by several threads and handed on
 * in their order by the caller's own.
 *
 *	while (more) {
 *		hl_packer_feed(p, buf, n);   up to HL_PACKER_ROOM bytes
 *	}
 *	hl_packer_end(p);
 *
 * The sink is called from within feed and end only.
 */
#ifndef HL_PACKER_H
#define HL_PACKER_H

#include "hivelift/ctx.h"

#define HL_PACKER_ROOM (512u << 10)

enum hl_packing { HL_PACK_STORE, HL_PACK_FAST, HL_PACK_BEST };

/* One chunk as an EWF file holds it: a zlib stream, or the bytes and their
 * Adler-32. */
struct hl_packed {
	const uint8_t *p;
	uint32_t n;
	bool deflated;
};

struct hl_packer_opts {
	uint32_t chunk_size; /* divides HL_PACKER_ROOM */
	enum hl_packing how;
	enum hl_status (*sink)(void *user, const struct hl_packed *chunk);
	void *user;
};

struct hl_packer;
/* HL_OK, HL_NOMEM */
enum hl_status hl_packer_new(struct hl_packer **out,
                             const struct hl_packer_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * All but the last one are whole chunks.  The bytes are copied.
 *   HL_OK, what the sink says
 */
enum hl_status hl_packer_feed(struct hl_packer *p, const uint8_t *buf,
                              size_t n) HL_MUST_CHECK;
/* Hands on all that is left. */
enum hl_status hl_packer_end(struct hl_packer *p) HL_MUST_CHECK;
void hl_packer_free(struct hl_packer *p); /* NULL is fine; at any time */

#endif
