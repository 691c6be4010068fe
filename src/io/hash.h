/*
 * hash.h: digests behind five functions.  libcrypto is loaded by the first
 * hl_hash_new, so that a command which hashes nothing does not pay for it.
 */
#ifndef HL_HASH_H
#define HL_HASH_H

#include "hivelift/ctx.h"

enum hl_hash_kind { HL_MD5, HL_SHA1, HL_SHA256, HL_HASH_KINDS };
#define HL_HASH_HEX 65 /* the longest in hex, with NUL */

struct hl_hash;
/* kinds: bits 1 << enum hl_hash_kind, fed together.
 * HL_OK, HL_NOMEM, HL_UNSUPPORTED (no libcrypto here) */
enum hl_status hl_hash_new(struct hl_hash **out, unsigned kinds,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_hash_update(struct hl_hash *h, const void *p, size_t n);
/* Lower-case hex of one kind; may be called once per kind, ends it. */
void hl_hash_final(struct hl_hash *h, enum hl_hash_kind kind,
                   char hex[HL_HASH_HEX]);
/* What it would be with n bytes more; it goes on as if nothing was asked. */
void hl_hash_peek(struct hl_hash *h, enum hl_hash_kind kind, const void *more,
                  size_t n, char hex[HL_HASH_HEX]);
void hl_hash_free(struct hl_hash *h);

#endif
