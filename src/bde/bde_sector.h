/* bde_sector.h: who deciphers sectors; for one thread at a time. */
#ifndef HL_BDE_SECTOR_H
#define HL_BDE_SECTOR_H

#include "bde/bde.h"

struct bde_sector {
	struct bde_sector *next; /* for whoever keeps several */
	const struct hl_ctx *ctx;
	uint32_t size;  /* bytes of a sector */
	bool xts, batch; /* batch: small sectors, see bde_xts.c */
	struct hl_aes *data, *iv, *tweak; /* or NULL */
	uint8_t *scratch; /* IVs, last blocks and tweaks of one batch */
	uint64_t *tweaks; /* of each block, or NULL */
};
/* HL_OK, HL_NOMEM, HL_UNSUPPORTED */
enum hl_status hl_bde_sector_new(struct bde_sector **out,
                                 struct hl_crypto *crypto,
                                 const struct bde_fvek *key, uint32_t size,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_bde_sector_free(struct bde_sector *s); /* NULL is fine */
/* first, first + step, … of n sectors, encrypted; `each` blocks of them for a
 * sector, the second with 0x80 in its last byte.  false: libcrypto failed */
bool hl_bde_numbers(struct hl_aes *aes, uint64_t first, uint32_t step,
                    size_t n, size_t each, uint8_t *out) HL_MUST_CHECK;
/* bde_xts.c; n: at most one batch */
bool hl_bde_xts_batch(struct bde_sector *s, uint64_t at, uint8_t *p,
                      size_t n) HL_MUST_CHECK;
/* Whole sectors, in place; at: where the first one lies on the volume.
 * false: libcrypto failed */
bool hl_bde_decipher(struct bde_sector *s, uint64_t at, uint8_t *p,
                     size_t n) HL_MUST_CHECK;

#endif
