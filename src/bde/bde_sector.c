/*
 * bde_sector.c: ciphertext of whole sectors into plain text.
 *
 *	AES-XTS   the sector's number is the tweak
 *	AES-CBC   IV: the sector's offset, encrypted with the same key
 *	diffuser  a second key encrypts the offset twice, with 0x80 in the last
 *	          byte the second time: 32 bytes, over which all is spread
 *
 * Many sectors are one message to libcrypto: of AES-CBC the first block of
 * each sector but the first then has the wrong block xored into it, which is
 * put right afterwards.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/wipe.h"
#include "bde/bde_sector.h"

#define BLOCK 16
#define BATCH (16u << 10) /* bytes at a time: with their tweaks in L1 */
#define SECTORS ((size_t)BATCH / 512)

static void put64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void xor_block(uint8_t *p, const uint8_t *a)
{
	for (int i = 0; i < BLOCK; i++)
		p[i] ^= a[i];
}

static bool decipher_xts(struct bde_sector *s, uint64_t at, uint8_t *p,
                         size_t n)
{
	uint8_t iv[BLOCK] = { 0 };

	for (size_t i = 0; i < n; i += s->size) {
		put64(iv, (at + i) / s->size);
		if (!hl_aes_run(s->data, iv, p + i, p + i, s->size))
			return false;
	}
	return true;
}

bool hl_bde_numbers(struct hl_aes *aes, uint64_t first, uint32_t step,
                    size_t n, size_t each, uint8_t *out)
{
	memset(out, 0, n * each * BLOCK);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < each; k++) {
			uint8_t *b = out + (i * each + k) * BLOCK;

			put64(b, first + i * step);
			b[BLOCK - 1] = k ? 0x80 : 0;
		}
	return hl_aes_run(aes, NULL, out, out, n * each * BLOCK);
}

static bool decipher_cbc(struct bde_sector *s, uint64_t at, uint8_t *p,
                         size_t n)
{
	uint8_t *iv = s->scratch, *last = iv + SECTORS * BLOCK;
	uint8_t *tweak = last + SECTORS * BLOCK;
	size_t count = n / s->size;

	if (!hl_bde_numbers(s->iv, at, s->size, count, 1, iv) ||
	    (s->tweak &&
	     !hl_bde_numbers(s->tweak, at, s->size, count, 2, tweak)))
		return false;
	for (size_t i = 0; i < count; i++)
		memcpy(last + i * BLOCK, p + (i + 1) * s->size - BLOCK, BLOCK);
	if (!hl_aes_run(s->data, iv, p, p, n))
		return false;
	for (size_t i = 1; i < count; i++) {
		xor_block(p + i * s->size, last + (i - 1) * BLOCK);
		xor_block(p + i * s->size, iv + i * BLOCK);
	}
	for (size_t i = 0; s->tweak && i < count; i++)
		hl_bde_undiffuse(p + i * s->size, s->size,
		                 tweak + i * 2 * BLOCK);
	return true;
}

bool hl_bde_decipher(struct bde_sector *s, uint64_t at, uint8_t *p, size_t n)
{
	bool ok = true;

	while (n && ok) {
		size_t some = (size_t)min_u64(n, BATCH);

		ok = s->batch ? hl_bde_xts_batch(s, at, p, some) :
		     s->xts ? decipher_xts(s, at, p, some) :
		     decipher_cbc(s, at, p, some);
		at += some;
		p += some;
		n -= some;
	}
	return ok;
}

/* Its two keys apart: one for the data, one for the sectors' numbers. */
static enum hl_status xts_keys(struct bde_sector *s, struct hl_crypto *crypto,
                               const struct bde_fvek *key)
{
	s->tweaks = hl_alloc(s->ctx, BATCH);
	if (!s->tweaks)
		return HL_NOMEM;
	enum hl_status st = hl_aes_new(&s->data, crypto, HL_AES_ECB_DECRYPT,
	                               key->bits, key->key);

	if (st != HL_OK)
		return st;
	return hl_aes_new(&s->tweak, crypto, HL_AES_ECB_ENCRYPT, key->bits,
	                  key->key + key->bits / 8);
}

static enum hl_status keys(struct bde_sector *s, struct hl_crypto *crypto,
                           const struct bde_fvek *key)
{
	if (s->batch)
		return xts_keys(s, crypto, key);
	if (s->xts)
		return hl_aes_new(&s->data, crypto, HL_AES_XTS_DECRYPT,
		                  key->bits, key->key);
	enum hl_status st = hl_aes_new(&s->data, crypto, HL_AES_CBC_DECRYPT,
	                               key->bits, key->key);
	if (st == HL_OK)
		st = hl_aes_new(&s->iv, crypto, HL_AES_ECB_ENCRYPT, key->bits,
		                key->key);
	if (st == HL_OK && key->diffuser)
		st = hl_aes_new(&s->tweak, crypto, HL_AES_ECB_ENCRYPT,
		                key->bits, key->tweak);
	return st;
}

enum hl_status hl_bde_sector_new(struct bde_sector **out,
                                 struct hl_crypto *crypto,
                                 const struct bde_fvek *key, uint32_t size,
                                 const struct hl_ctx *ctx)
{
	struct bde_sector *s = hl_zalloc(ctx, sizeof(*s));

	*out = NULL;
	if (!s)
		return HL_NOMEM;
	s->ctx = ctx;
	s->size = size;
	s->xts = key->xts;
	s->batch = key->xts && size < 4096;
	s->scratch = hl_alloc(ctx, 4 * SECTORS * BLOCK);
	enum hl_status st = s->scratch ? HL_OK : HL_NOMEM;
	if (st == HL_OK)
		st = keys(s, crypto, key);
	if (st != HL_OK) {
		hl_bde_sector_free(s);
		return st;
	}
	*out = s;
	return HL_OK;
}

void hl_bde_sector_free(struct bde_sector *s)
{
	if (!s)
		return;
	hl_aes_free(s->data);
	hl_aes_free(s->iv);
	hl_aes_free(s->tweak);
	hl_free(s->ctx, s->scratch);
	if (s->tweaks)
		hl_wipe(s->tweaks, BATCH);
	hl_free(s->ctx, s->tweaks);
	hl_free(s->ctx, s);
}
