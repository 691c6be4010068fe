/*
 * hashers.h: digests of a stream, each in a thread of its own, while the
 * caller reads on.
 *
 *	while (more) {
 *		p = hl_hashers_room(h);        a buffer that all are done with
 *		… up to HL_HASHERS_ROOM bytes into p …
 *		hl_hashers_feed(h, n);
 *	}
 *	hl_hashers_final(h, HL_MD5, hex);
 */
#ifndef HL_HASHERS_H
#define HL_HASHERS_H

#include "io/hash.h"

#define HL_HASHERS_ROOM (512u << 10)

struct hl_hashers;
/* kinds as for hl_hash_new; 0 is fine.  The same codes. */
enum hl_status hl_hashers_new(struct hl_hashers **out, unsigned kinds,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
uint8_t *hl_hashers_room(struct hl_hashers *h);
void hl_hashers_feed(struct hl_hashers *h, size_t n);
/* What it would be with n bytes more; see hl_hash_peek. */
void hl_hashers_peek(struct hl_hashers *h, enum hl_hash_kind kind,
                     const void *more, size_t n, char hex[HL_HASH_HEX]);
/* Waits for all that was fed.  "" when it was not asked for. */
void hl_hashers_final(struct hl_hashers *h, enum hl_hash_kind kind,
                      char hex[HL_HASH_HEX]);
void hl_hashers_free(struct hl_hashers *h); /* NULL is fine */

#endif
