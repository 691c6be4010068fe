/*
 * bde_unlock.c: from what a person has to the key of the sectors.
 *
 *	secret --stretch, or as it is--> key --unseal--> volume master key
 *	volume master key --unseal--> key of the sectors
 *	                  --unseal--> SHA-256 of the metadata
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/wipe.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"
#include "io/note.h"

#define OPENED_MAX 256 /* bytes of a key in its entry; 76 is the longest */

static struct hl_at here(const struct hl_bde *b)
{
	return (struct hl_at){ b->ctx, b->src, HL_NO_OFFSET, "BitLocker" };
}

/*
 * A sealed entry that holds a key: out gets it, at most 64 bytes.
 * HL_OK; HL_END: another key; HL_CORRUPT: no key inside; HL_NOMEM, …
 */
static enum hl_status unseal(struct hl_bde *b, const struct bde_sealed *s,
                             const uint8_t key[BDE_KEY], unsigned *method,
                             uint8_t out[64], size_t *n)
{
	uint8_t open[OPENED_MAX];
	struct bde_entry e;

	if (!s->nonce || s->data.n > sizeof(open))
		return HL_CORRUPT;
	enum hl_status st = hl_crypto_unseal(b->crypto, key, s->nonce, s->mac,
	                                     s->data.p, open, s->data.n);
	struct span rest = span_of(open, s->data.n);
	if (st == HL_OK) {
		st = HL_CORRUPT;
		if (hl_bde_entry(&rest, &e) == HL_OK &&
		    e.value == BDE_IS_KEY && e.data.n > BDE_KEY_BYTES &&
		    e.data.n - BDE_KEY_BYTES <= 64) {
			*n = e.data.n - BDE_KEY_BYTES;
			*method = le16_at(e.data.p);
			memcpy(out, e.data.p + BDE_KEY_BYTES, *n);
			st = HL_OK;
		}
	}
	hl_wipe(open, sizeof(open));
	return st;
}

/* ---- the key of the sectors --------------------------------------------- */

static bool split(struct bde_fvek *out, unsigned method, const uint8_t *key,
                  size_t n)
{
	static const size_t need[] = { 64, 64, 16, 32, 32, 64 };
	unsigned i = method - BDE_CBC_128_DIFFUSER;

	if (method < BDE_CBC_128_DIFFUSER || method > BDE_XTS_256 ||
	    n < need[i])
		return false;
	out->method = method;
	out->bits = i & 1 ? 256 : 128;
	out->xts = method >= BDE_XTS_128;
	out->diffuser = method <= BDE_CBC_256_DIFFUSER;
	memcpy(out->key, key, need[i]);
	if (out->diffuser)
		memcpy(out->tweak, key + 32, 32);
	return true;
}

/* That nothing of the metadata was changed since Windows wrote it. */
static void check_hash(struct hl_bde *b, const uint8_t vmk[BDE_KEY])
{
	struct hl_at at = here(b);
	uint8_t want[64], got[HL_SHA256_BYTES];
	unsigned method;
	size_t n;

	if (!b->meta.hash.nonce)
		return;
	if (unseal(b, &b->meta.hash, vmk, &method, want, &n) == HL_OK &&
	    n >= sizeof(got) &&
	    hl_crypto_sha256(b->crypto, b->meta.checked.p, b->meta.checked.n,
	                     got) == HL_OK &&
	    memcmp(want, got, sizeof(got)) == 0)
		return;
	hl_warn(&at, "volume %s: the metadata is not what its sealed SHA-256 "
	        "says: it was changed", b->volume);
}

static enum hl_status take_vmk(struct hl_bde *b, const uint8_t vmk[BDE_KEY],
                               struct bde_fvek *out)
{
	struct hl_at at = here(b);
	uint8_t key[64];
	unsigned method;
	size_t n;
	enum hl_status st = unseal(b, &b->meta.fvek, vmk, &method, key, &n);

	if (st == HL_OK && !split(out, method, key, n))
		st = hl_fail(&at, HL_UNSUPPORTED, "volume %s: its key is of a "
		             "method that is not known (%#x)", b->volume,
		             method);
	else if (st == HL_OK)
		check_hash(b, vmk);
	else if (st == HL_END || st == HL_CORRUPT)
		st = hl_fail(&at, HL_CORRUPT, "volume %s: the protector's key "
		             "is right, but the volume's own cannot be had "
		             "with it: the metadata is damaged", b->volume);
	hl_wipe(key, sizeof(key));
	return st;
}

/* ---- protectors ---------------------------------------------------------- */

/* One key on one protector.  HL_END: it does not fit */
static enum hl_status try_key(struct hl_bde *b, size_t i,
                              const uint8_t key[BDE_KEY],
                              struct bde_fvek *out)
{
	uint8_t vmk[64];
	unsigned method;
	size_t n = 0;
	enum hl_status st = unseal(b, &b->meta.vmk[i].sealed, key, &method,
	                           vmk, &n);

	if (st == HL_OK && n == BDE_KEY) {
		st = take_vmk(b, vmk, out);
		b->info.opened = st == HL_OK ? &b->protector[i] : NULL;
	} else if (st == HL_OK || st == HL_CORRUPT) {
		st = HL_END;
	}
	hl_wipe(vmk, sizeof(vmk));
	b->protector[i].tried |= st == HL_END;
	return st;
}

static enum hl_status try_stretched(struct hl_bde *b, unsigned protection,
                                    const uint8_t key[BDE_KEY],
                                    struct bde_fvek *out)
{
	enum hl_status st = HL_END;

	for (size_t i = 0; i < b->meta.n_vmk && st == HL_END; i++) {
		const struct bde_vmk *v = &b->meta.vmk[i];
		uint8_t long_key[BDE_KEY];

		if (v->protection != protection || !v->salt)
			continue;
		memcpy(long_key, key, sizeof(long_key));
		st = hl_bde_stretch(b->crypto, long_key, v->salt, b->ctx);
		if (st == HL_OK)
			st = try_key(b, i, long_key, out);
		hl_wipe(long_key, sizeof(long_key));
	}
	return st;
}

static enum hl_status try_password(struct hl_bde *b, struct span secret,
                                   struct bde_fvek *out)
{
	uint8_t key[BDE_KEY];
	enum hl_status st = hl_bde_password(b->crypto, secret, key);

	if (st == HL_OK)
		st = try_stretched(b, BDE_PASSWORD, key, out);
	hl_wipe(key, sizeof(key));
	b->garbled |= st == HL_RANGE;
	return st == HL_RANGE ? HL_END : st;
}

static enum hl_status try_recovery(struct hl_bde *b, struct span secret,
                                   struct bde_fvek *out)
{
	enum hl_status st = HL_END;
	struct hl_at at = here(b);
	uint8_t key[BDE_KEY];
	bool any = false;

	for (int i = 0; st == HL_END; i++) {
		enum hl_status one = hl_bde_recovery(b->crypto, &secret, key);

		if (one == HL_END)
			break;
		if (i == HL_MAX_BDE_KEYS) {
			hl_warn(&at, "volume %s: more than %d recovery keys "
			        "in one file: the others were not tried",
			        b->volume, HL_MAX_BDE_KEYS);
			any = true;
			break;
		}
		any |= one == HL_OK;
		st = one == HL_OK ? try_stretched(b, BDE_RECOVERY, key, out) :
		     one == HL_RANGE ? HL_END : one;
	}
	b->mistyped |= !any;
	hl_wipe(key, sizeof(key));
	return st;
}

static enum hl_status try_startup(struct hl_bde *b, struct span secret,
                                  struct bde_fvek *out)
{
	enum hl_status st = HL_END;
	bool mine = false;
	struct span key;
	uint8_t id[16];

	if (hl_bde_startup(secret, id, &key) != HL_OK || key.n != BDE_KEY) {
		b->foreign = true;
		return HL_END;
	}
	for (size_t i = 0; i < b->meta.n_vmk && st == HL_END; i++)
		if (memcmp(b->meta.vmk[i].id, id, sizeof(id)) == 0) {
			mine = true;
			st = try_key(b, i, key.p, out);
		}
	b->foreign |= !mine;
	return st;
}

/* What everyone may open: protection was suspended. */
static enum hl_status try_clear(struct hl_bde *b, struct bde_fvek *out)
{
	enum hl_status st = HL_END;

	for (size_t i = 0; i < b->meta.n_vmk && st == HL_END; i++)
		if (b->meta.vmk[i].protection == BDE_CLEAR &&
		    b->meta.vmk[i].clear.n == BDE_KEY)
			st = try_key(b, i, b->meta.vmk[i].clear.p, out);
	return st;
}

static enum hl_status try_one(struct hl_bde *b, const struct hl_bde_key *key,
                              struct bde_fvek *out)
{
	struct span secret = span_of(key->secret, key->n);

	switch (key->kind) {
	case HL_BDE_PASSWORD:
		return try_password(b, secret, out);
	case HL_BDE_RECOVERY:
		return try_recovery(b, secret, out);
	case HL_BDE_STARTUP:
		return try_startup(b, secret, out);
	}
	return HL_END;
}

static enum hl_status ask(struct hl_bde *b, const struct hl_bde_keys *keys,
                          struct bde_fvek *out)
{
	enum hl_status st = HL_END;
	struct hl_bde_key key;

	for (int i = 0; i < HL_MAX_BDE_ASKS && st == HL_END; i++) {
		if (!keys->ask || !keys->ask(keys->user, &b->info, b->volume,
		                             i > 0, &key))
			break;
		st = hl_cancelled(b->ctx) ? HL_CANCELLED :
		     try_one(b, &key, out);
	}
	return st;
}

enum hl_status hl_bde_unlock(struct hl_bde *b, struct bde_fvek *out)
{
	const struct hl_bde_keys *keys = b->ctx->bde_keys;
	enum hl_status st = hl_crypto_open(&b->crypto, b->ctx);

	if (st == HL_OK)
		st = try_clear(b, out);
	for (size_t i = 0; keys && i < keys->n && st == HL_END; i++)
		st = try_one(b, &keys->key[i], out);
	if (st == HL_END && keys)
		st = ask(b, keys, out);
	return st;
}
