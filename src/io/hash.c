/*
 * hash.c: digests out of libcrypto, which is loaded when the first one is
 * wanted and through function pointers that live in the object: a command
 * that hashes nothing does not pay for it, and nothing global is kept.
 *
 *	hl_hash -> lib   the loaded library (dlopen counts its users)
 *	        -> fn    the entry points that are used
 *	        -> md[]  one context per kind that was asked for
 */
#include <string.h>

#include "io/hash.h"
#include "base/mem.h"
#include "io/shlib.h"
#include "io/note.h"
#include "base/text.h"
#include "base/banned.h"

#define DIGEST_MAX 32 /* SHA-256, the longest of the kinds */

/* libcrypto's prototypes, the same from 1.1.0 to 3.x. */
struct crypto {
	void *(*ctx_new)(void);
	void (*ctx_free)(void *md);
	int (*init)(void *md, const void *type, void *engine);
	int (*update)(void *md, const void *p, size_t n);
	int (*final)(void *md, unsigned char *out, unsigned int *n);
	int (*copy)(void *to, const void *from);
	const void *(*type[HL_HASH_KINDS])(void);
};

struct hl_hash {
	const struct hl_ctx *ctx;
	void *lib;
	struct crypto fn;
	void *md[HL_HASH_KINDS];
	bool failed[HL_HASH_KINDS];
};

static bool resolve(struct crypto *fn, void *lib)
{
	_Static_assert(sizeof(fn->init) == sizeof(void *), "POSIX pointers");

	return hl_shlib_entry(lib, "EVP_MD_CTX_new", &fn->ctx_new) &&
	       hl_shlib_entry(lib, "EVP_MD_CTX_free", &fn->ctx_free) &&
	       hl_shlib_entry(lib, "EVP_DigestInit_ex", &fn->init) &&
	       hl_shlib_entry(lib, "EVP_DigestUpdate", &fn->update) &&
	       hl_shlib_entry(lib, "EVP_DigestFinal_ex", &fn->final) &&
	       hl_shlib_entry(lib, "EVP_MD_CTX_copy_ex", &fn->copy) &&
	       hl_shlib_entry(lib, "EVP_md5", &fn->type[HL_MD5]) &&
	       hl_shlib_entry(lib, "EVP_sha1", &fn->type[HL_SHA1]) &&
	       hl_shlib_entry(lib, "EVP_sha256", &fn->type[HL_SHA256]);
}

/* A library in FIPS mode refuses MD5: that is said, never left out. */
static enum hl_status begin(struct hl_hash *h, unsigned kinds)
{
	static const char *const names[] = { "MD5", "SHA-1", "SHA-256" };
	struct hl_at at = { h->ctx, NULL, HL_NO_OFFSET, "hash" };

	for (int i = 0; i < HL_HASH_KINDS; i++) {
		if (!(kinds & 1u << i))
			continue;
		h->md[i] = h->fn.ctx_new();
		if (!h->md[i])
			return HL_NOMEM;
		if (h->fn.init(h->md[i], h->fn.type[i](), NULL) != 1)
			return hl_fail(&at, HL_UNSUPPORTED,
			               "libcrypto does not offer %s",
			               names[i]);
	}
	return HL_OK;
}

enum hl_status hl_hash_new(struct hl_hash **out, unsigned kinds,
                           const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, "hash" };
	struct hl_hash *h;
	enum hl_status st;

	*out = NULL;
	h = hl_zalloc(ctx, sizeof(*h));
	if (!h)
		return HL_NOMEM;
	h->ctx = ctx;
	h->lib = hl_shlib_load(HL_SHLIB_CRYPTO);
	if (!h->lib || !resolve(&h->fn, h->lib))
		st = hl_fail(&at, HL_UNSUPPORTED,
		             "no libcrypto (OpenSSL 1.1 or 3) on this system");
	else
		st = begin(h, kinds);
	if (st != HL_OK) {
		hl_hash_free(h);
		return st;
	}
	*out = h;
	return HL_OK;
}

void hl_hash_update(struct hl_hash *h, const void *p, size_t n)
{
	for (int i = 0; i < HL_HASH_KINDS; i++)
		if (h->md[i] && h->fn.update(h->md[i], p, n) != 1)
			h->failed[i] = true;
}

/* No digest is better than a wrong one. */
static void finish(struct hl_hash *h, enum hl_hash_kind kind, void *md,
                   char hex[HL_HASH_HEX])
{
	unsigned char digest[64]; /* EVP_MAX_MD_SIZE */
	unsigned int n = 0;

	if (h->fn.final(md, digest, &n) == 1 && n <= DIGEST_MAX &&
	    !h->failed[kind])
		hl_hex(hex, digest, n);
}

void hl_hash_peek(struct hl_hash *h, enum hl_hash_kind kind, const void *more,
                  size_t n, char hex[HL_HASH_HEX])
{
	void *md = h->md[kind] ? h->fn.ctx_new() : NULL;

	hex[0] = '\0';
	if (md && h->fn.copy(md, h->md[kind]) == 1 &&
	    h->fn.update(md, more, n) == 1)
		finish(h, kind, md, hex);
	if (md)
		h->fn.ctx_free(md);
}

void hl_hash_final(struct hl_hash *h, enum hl_hash_kind kind,
                   char hex[HL_HASH_HEX])
{
	hex[0] = '\0';
	if (!h->md[kind])
		return;
	finish(h, kind, h->md[kind], hex);
	h->fn.ctx_free(h->md[kind]);
	h->md[kind] = NULL;
}

void hl_hash_free(struct hl_hash *h)
{
	if (!h)
		return;
	for (int i = 0; i < HL_HASH_KINDS; i++)
		if (h->md[i])
			h->fn.ctx_free(h->md[i]);
	hl_shlib_drop(h->lib);
	hl_free(h->ctx, h);
}
