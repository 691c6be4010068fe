/*
 * cipher.h: AES and SHA-256 out of libcrypto, as encrypted volumes need them.
 *
 * A struct hl_crypto is the loaded library; of what is made with it each is
 * for one thread at a time.
 */
#ifndef HL_IO_CIPHER_H
#define HL_IO_CIPHER_H

#include "hivelift/ctx.h"

struct hl_crypto;
/* HL_OK, HL_UNSUPPORTED (no libcrypto here, said), HL_NOMEM */
enum hl_status hl_crypto_open(struct hl_crypto **out,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_crypto_close(struct hl_crypto *crypto); /* NULL is fine */

#define HL_SHA256_BYTES 32
/* HL_OK, HL_UNSUPPORTED */
enum hl_status hl_crypto_sha256(struct hl_crypto *crypto, const void *p,
                                size_t n,
                                uint8_t out[HL_SHA256_BYTES]) HL_MUST_CHECK;

#define HL_CCM_NONCE 12
#define HL_CCM_MAC 16
/*
 * AES-256-CCM: n bytes, and whether they are what was sealed with that key.
 *   HL_OK; HL_END: another key, or changed since (out is wiped);
 *   HL_NOMEM, HL_UNSUPPORTED
 */
enum hl_status hl_crypto_unseal(struct hl_crypto *crypto,
                                const uint8_t key[32],
                                const uint8_t nonce[HL_CCM_NONCE],
                                const uint8_t mac[HL_CCM_MAC],
                                const uint8_t *in, uint8_t *out,
                                size_t n) HL_MUST_CHECK;

/* No padding anywhere. */
enum hl_aes_mode {
	HL_AES_ECB_ENCRYPT,
	HL_AES_ECB_DECRYPT,
	HL_AES_CBC_DECRYPT,
	HL_AES_XTS_DECRYPT, /* the key is twice as long */
};
struct hl_aes;
/* bits: 128 or 256.  HL_OK, HL_NOMEM, HL_UNSUPPORTED */
enum hl_status hl_aes_new(struct hl_aes **out, struct hl_crypto *crypto,
                          enum hl_aes_mode mode, unsigned bits,
                          const uint8_t *key) HL_MUST_CHECK;
void hl_aes_free(struct hl_aes *aes); /* NULL is fine; forgets the key */
/*
 * One message, a multiple of 16 bytes; in may be out.  iv: 16 bytes, or NULL
 * (ECB).  false: libcrypto failed.
 */
bool hl_aes_run(struct hl_aes *aes, const uint8_t *iv, const uint8_t *in,
                uint8_t *out, size_t n) HL_MUST_CHECK;

#endif
