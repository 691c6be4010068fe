/*
 * cipher.c: see cipher.h.  The library is called through pointers that live
 * in the object, with the prototypes that 1.1.0 and 3.x share.
 */
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/wipe.h"
#include "io/cipher.h"
#include "io/shlib.h"
#include "io/note.h"
#include "base/banned.h"

/* EVP_CTRL_AEAD_SET_IVLEN and _SET_TAG */
#define SET_IVLEN 0x9
#define SET_TAG 0x11

enum kind { CCM, ECB, CBC, XTS, KINDS };

struct hl_crypto {
	const struct hl_ctx *ctx;
	void *lib;
	void *(*ctx_new)(void);
	void (*ctx_free)(void *c);
	int (*init)(void *c, const void *type, void *engine,
	            const unsigned char *key, const unsigned char *iv, int enc);
	int (*update)(void *c, unsigned char *out, int *n,
	              const unsigned char *in, int n_in);
	int (*ctrl)(void *c, int what, int arg, void *p);
	int (*padding)(void *c, int on);
	const void *(*type[KINDS][2])(void); /* 128, 256 */
	void *(*md_new)(void);
	void (*md_free)(void *md);
	int (*md_init)(void *md, const void *type, void *engine);
	int (*md_update)(void *md, const void *p, size_t n);
	int (*md_final)(void *md, unsigned char *out, unsigned int *n);
	const void *(*sha256)(void);
	void *md; /* begun once: to look it up again takes longer than to use it */
};

struct hl_aes {
	struct hl_crypto *crypto;
	void *c;
	bool encrypts;
};

static bool resolve_ciphers(struct hl_crypto *k)
{
	static const char *const names[KINDS][2] = {
		[CCM] = { "EVP_aes_128_ccm", "EVP_aes_256_ccm" },
		[ECB] = { "EVP_aes_128_ecb", "EVP_aes_256_ecb" },
		[CBC] = { "EVP_aes_128_cbc", "EVP_aes_256_cbc" },
		[XTS] = { "EVP_aes_128_xts", "EVP_aes_256_xts" },
	};
	bool ok = true;

	for (int i = 0; i < KINDS; i++)
		for (int b = 0; b < 2; b++)
			ok &= hl_shlib_entry(k->lib, names[i][b],
			                         &k->type[i][b]);
	return ok &&
	       hl_shlib_entry(k->lib, "EVP_CIPHER_CTX_new", &k->ctx_new) &&
	       hl_shlib_entry(k->lib, "EVP_CIPHER_CTX_free",
	                          &k->ctx_free) &&
	       hl_shlib_entry(k->lib, "EVP_CipherInit_ex", &k->init) &&
	       hl_shlib_entry(k->lib, "EVP_CipherUpdate", &k->update) &&
	       hl_shlib_entry(k->lib, "EVP_CIPHER_CTX_ctrl", &k->ctrl) &&
	       hl_shlib_entry(k->lib, "EVP_CIPHER_CTX_set_padding",
	                          &k->padding);
}

static bool resolve_digest(struct hl_crypto *k)
{
	return hl_shlib_entry(k->lib, "EVP_MD_CTX_new", &k->md_new) &&
	       hl_shlib_entry(k->lib, "EVP_MD_CTX_free", &k->md_free) &&
	       hl_shlib_entry(k->lib, "EVP_DigestInit_ex", &k->md_init) &&
	       hl_shlib_entry(k->lib, "EVP_DigestUpdate", &k->md_update) &&
	       hl_shlib_entry(k->lib, "EVP_DigestFinal_ex",
	                          &k->md_final) &&
	       hl_shlib_entry(k->lib, "EVP_sha256", &k->sha256);
}

enum hl_status hl_crypto_open(struct hl_crypto **out, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, "cipher" };
	struct hl_crypto *k = hl_zalloc(ctx, sizeof(*k));

	*out = NULL;
	if (!k)
		return HL_NOMEM;
	k->ctx = ctx;
	k->lib = hl_shlib_load(HL_SHLIB_CRYPTO);
	if (!k->lib || !resolve_ciphers(k) || !resolve_digest(k)) {
		hl_crypto_close(k);
		return hl_fail(&at, HL_UNSUPPORTED, "no libcrypto (OpenSSL "
		               "1.1 or 3) on this system");
	}
	k->md = k->md_new();
	if (!k->md || k->md_init(k->md, k->sha256(), NULL) != 1) {
		hl_crypto_close(k);
		return HL_NOMEM;
	}
	*out = k;
	return HL_OK;
}

void hl_crypto_close(struct hl_crypto *k)
{
	if (!k)
		return;
	if (k->md)
		k->md_free(k->md); /* which forgets what it holds */
	hl_shlib_drop(k->lib);
	hl_free(k->ctx, k);
}

enum hl_status hl_crypto_sha256(struct hl_crypto *k, const void *p, size_t n,
                                uint8_t out[HL_SHA256_BYTES])
{
	unsigned int got = 0;

	if (k->md_init(k->md, NULL, NULL) == 1 &&
	    k->md_update(k->md, p, n) == 1 &&
	    k->md_final(k->md, out, &got) == 1 && got == HL_SHA256_BYTES)
		return HL_OK;
	return HL_UNSUPPORTED;
}

enum hl_status hl_crypto_unseal(struct hl_crypto *k, const uint8_t key[32],
                                const uint8_t nonce[HL_CCM_NONCE],
                                const uint8_t mac[HL_CCM_MAC],
                                const uint8_t *in, uint8_t *out, size_t n)
{
	void *c = k->ctx_new();
	uint8_t tag[HL_CCM_MAC];
	int got = 0;

	if (!c)
		return HL_NOMEM;
	memcpy(tag, mac, sizeof(tag));
	bool ready = n <= INT_MAX &&
	        k->init(c, k->type[CCM][1](), NULL, NULL, NULL, 0) == 1 &&
	        k->ctrl(c, SET_IVLEN, HL_CCM_NONCE, NULL) == 1 &&
	        k->ctrl(c, SET_TAG, HL_CCM_MAC, tag) == 1 &&
	        k->init(c, NULL, NULL, key, nonce, 0) == 1;
	bool right = ready && k->update(c, out, &got, in, (int)n) == 1 &&
	        (size_t)got == n;
	k->ctx_free(c);
	if (!right)
		hl_wipe(out, n);
	return right ? HL_OK : ready ? HL_END : HL_UNSUPPORTED;
}

enum hl_status hl_aes_new(struct hl_aes **out, struct hl_crypto *k,
                          enum hl_aes_mode mode, unsigned bits,
                          const uint8_t *key)
{
	static const enum kind kinds[] = {
		[HL_AES_ECB_ENCRYPT] = ECB,
		[HL_AES_ECB_DECRYPT] = ECB,
		[HL_AES_CBC_DECRYPT] = CBC,
		[HL_AES_XTS_DECRYPT] = XTS,
	};
	struct hl_aes *a = hl_zalloc(k->ctx, sizeof(*a));

	*out = NULL;
	if (!a)
		return HL_NOMEM;
	a->crypto = k;
	a->encrypts = mode == HL_AES_ECB_ENCRYPT;
	a->c = k->ctx_new();
	if (!a->c || k->init(a->c, k->type[kinds[mode]][bits == 256](), NULL,
	                     key, NULL, a->encrypts) != 1) {
		enum hl_status st = a->c ? HL_UNSUPPORTED : HL_NOMEM;

		hl_aes_free(a);
		return st;
	}
	k->padding(a->c, 0);
	*out = a;
	return HL_OK;
}

void hl_aes_free(struct hl_aes *a)
{
	if (!a)
		return;
	if (a->c)
		a->crypto->ctx_free(a->c);
	hl_free(a->crypto->ctx, a);
}

bool hl_aes_run(struct hl_aes *a, const uint8_t *iv, const uint8_t *in,
                uint8_t *out, size_t n)
{
	struct hl_crypto *k = a->crypto;
	int got = 0;

	return n <= INT_MAX &&
	       (!iv || k->init(a->c, NULL, NULL, NULL, iv, -1) == 1) &&
	       k->update(a->c, out, &got, in, (int)n) == 1 &&
	       (size_t)got == n;
}
