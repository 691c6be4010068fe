/*
 * bde_open.c: a BitLocker volume: what its metadata tells, and whether there
 * is a key.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wipe.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"
#include "io/note.h"

static struct hl_at here(const struct hl_bde *b, uint64_t off)
{
	return (struct hl_at){ b->ctx, b->src, off, "BitLocker metadata" };
}

/* ---- what it tells -------------------------------------------------------- */

static struct hl_time utc(uint64_t ticks)
{
	struct hl_time t = { ticks, ticks ? HL_TIME_UTC : HL_TIME_NONE };

	return t;
}

static void tell_protectors(struct hl_bde *b)
{
	for (size_t i = 0; i < b->meta.n_vmk; i++) {
		const struct bde_vmk *v = &b->meta.vmk[i];
		const struct bde_word *w = hl_bde_protection(v->protection);
		struct hl_bde_protector *p = &b->protector[i];

		p->kind = w->kind;
		p->name = w->name;
		p->type = (uint16_t)v->protection;
		p->changed = utc(v->changed);
		hl_guid_text(p->id, v->id);
		hl_utf8_from16le(p->label, sizeof(p->label), v->label, true);
	}
	b->info.protector = b->protector;
	b->info.n_protectors = b->meta.n_vmk;
}

static void tell(struct hl_bde *b)
{
	struct hl_bde_info *f = &b->info;
	struct hl_at at = here(b, HL_NO_OFFSET);

	f->variant = b->boot.variant == BDE_TO_GO ? "BitLocker To Go" :
	             "BitLocker";
	f->method = hl_bde_method(b->meta.method);
	f->state = hl_bde_state(b->meta.state, b->meta.next_state);
	f->encrypted = b->meta.version == 1 ? hl_src_size(b->src) :
	               b->meta.encrypted;
	f->sector_size = b->boot.sector_size;
	f->created = utc(b->meta.created);
	hl_guid_text(f->id, b->meta.id);
	hl_utf8_from16le(f->label, sizeof(f->label), b->meta.label, true);
	tell_protectors(b);
	if (b->meta.more)
		hl_warn(&at, "volume %s: more than %d protectors: only those "
		        "are tried", b->volume, BDE_PROTECTORS);
}

struct text {
	char *s;
	size_t size, n;
};

static void append(struct text *t, const char *a, const char *b, const char *c)
{
	int n = snprintf(t->s + t->n, t->size - t->n, "%s%s%s", a, b, c);

	if (n > 0)
		t->n = min_u64(t->n + (size_t)n, t->size - 1);
}

/* "recovery key {3fd7…}, password {cdfd…}" of those that were tried or not */
static bool list(struct text *t, const struct hl_bde *b, bool tried)
{
	bool any = false;

	for (size_t i = 0; i < b->info.n_protectors; i++) {
		const struct hl_bde_protector *p = &b->protector[i];

		if (p->tried != tried)
			continue;
		append(t, any ? ", " : "", p->name, " {");
		append(t, p->id, "}", "");
		any = true;
	}
	return any;
}

static void explain(struct hl_bde *b)
{
	struct text t = { b->text, sizeof(b->text), 0 };
	const struct hl_bde_protector *p = b->info.opened;

	append(&t, b->info.variant, b->plain ? ", opened with " :
	       ": encrypted", "");
	if (b->plain) {
		append(&t, p->name, " {", p->id);
		append(&t, "}", "", "");
		return;
	}
	if (b->mistyped)
		append(&t, "; no recovery key in the text given (48 digits in "
		       "groups of six)", "", "");
	if (b->foreign)
		append(&t, "; the startup key given belongs to none of its "
		       "protectors", "", "");
	if (b->garbled)
		append(&t, "; the password given is neither UTF-8 nor UTF-16 "
		       "with its mark, and was not tried", "", "");
	append(&t, "; wrong key for ", "", "");
	size_t n = t.n;
	if (!list(&t, b, true)) {
		t.n = n - strlen("; wrong key for ");
		t.s[t.n] = '\0';
	}
	append(&t, "; opens with ", "", "");
	n = t.n;
	if (!list(&t, b, false)) {
		t.n = n - strlen("; opens with ");
		t.s[t.n] = '\0';
	}
}

/* ---- all of it ------------------------------------------------------------ */

/* Decrypted already, and only its header is left: no key is needed. */
static enum hl_status unlock(struct hl_bde *b)
{
	struct bde_fvek key = { .bits = 0 };
	struct hl_at at = here(b, HL_NO_OFFSET);
	enum hl_status st = hl_bde_unlock(b, &key);

	if (st == HL_OK)
		st = hl_bde_source(&b->plain, b, &key);
	hl_wipe(&key, sizeof(key));
	explain(b);
	if (st == HL_END && b->info.n_protectors &&
	    b->ctx->bde_keys && b->ctx->bde_keys->n)
		hl_warn(&at, "volume %s: no key that was given opens it: %s",
		        b->volume, b->text);
	if (st == HL_OK && b->meta.state == BDE_CONVERTING)
		hl_warn(&at, "volume %s: %s when it was copied: %" PRIu64
		        " bytes at %" PRIu64 " were being worked on and read "
		        "as zeros", b->volume, b->info.state, b->meta.convert,
		        b->meta.encrypted);
	return st == HL_END || st == HL_CORRUPT || st == HL_UNSUPPORTED ?
	       HL_OK : st;
}

static enum hl_status begin(struct hl_bde *b)
{
	struct hl_at at = here(b, 0);
	uint8_t boot[512];
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	if (hl_src_size(b->src) < sizeof(boot))
		return HL_END;
	enum hl_status st = hl_src_read(b->src, 0, boot, sizeof(boot), &bad);
	if (st != HL_OK)
		return st;
	st = hl_bde_boot(span_of(boot, sizeof(boot)), &b->boot);
	if (st == HL_UNSUPPORTED)
		return hl_fail(&at, st, "volume %s: BitLocker that encrypts "
		               "what is written first (encrypt-on-write): not "
		               "read", b->volume);
	if (st == HL_CORRUPT) {
		b->boot.n = 0; /* a search may find what it led to */
		st = HL_OK;
	}
	if (!b->boot.sector_size)
		b->boot.sector_size = hl_src_sector_size(b->src) == 4096 ?
			4096 : 512;
	return st;
}

/* Without a boot sector, by one block of the three.  How large Vista's
 * clusters were only that could tell; up to 16 KiB it makes no difference.
 * Its sectors are those of the device, unless the metadata knows better. */
static void without_boot(struct hl_bde *b)
{
	uint64_t n = b->meta.n_backup_sectors;

	b->boot.variant = b->meta.version == 1 ? BDE_VISTA : BDE_SEVEN;
	b->boot.cluster_size = b->meta.version == 1 ? 4096 : 0;
	b->boot.sector_size = hl_src_sector_size(b->src) == 4096 ||
		(n && b->meta.backup_len / n == 4096) ? 4096 : 512;
	b->boot.n = 3;
	memcpy(b->boot.off, b->meta.off, sizeof(b->boot.off));
}

static enum hl_status begin_at(struct hl_bde *b, uint64_t off)
{
	struct hl_at at = here(b, off);
	enum hl_status st = hl_bde_block(b, off);

	if (st == HL_UNSUPPORTED)
		return hl_fail(&at, st, "volume %s: BitLocker metadata of a "
		               "later version", b->volume);
	if (st == HL_OK)
		without_boot(b);
	return st;
}

static enum hl_status begin_lost(struct hl_bde *b)
{
	enum hl_status st = hl_bde_search(b, HL_MAX_BDE_LOST);

	if (st == HL_OK)
		without_boot(b);
	return st;
}

static enum hl_status new(struct hl_bde **out, struct hl_src *src,
                          const char *volume, const struct hl_ctx *ctx)
{
	struct hl_bde *b = *out = hl_zalloc(ctx, sizeof(*b));

	if (!b)
		return HL_NOMEM;
	b->ctx = ctx;
	b->src = src;
	b->volume = volume;
	b->block = hl_alloc(ctx, BDE_BLOCK_MAX);
	return b->block ? HL_OK : HL_NOMEM;
}

static enum hl_status finish(struct hl_bde **out, struct hl_bde *b,
                             enum hl_status st)
{
	if (st == HL_OK)
		st = hl_bde_metadata(b);
	if (st == HL_OK) {
		tell(b);
		st = unlock(b);
	}
	*out = st == HL_OK ? b : NULL;
	if (st != HL_OK)
		hl_bde_close(b);
	return st;
}

enum hl_status hl_bde_open(struct hl_bde **out, struct hl_src *src,
                           const char *volume, const struct hl_ctx *ctx)
{
	return hl_bde_open_at(out, src, 0, volume, ctx);
}

enum hl_status hl_bde_open_at(struct hl_bde **out, struct hl_src *src,
                              uint64_t block_off, const char *volume,
                              const struct hl_ctx *ctx)
{
	struct hl_bde *b;
	enum hl_status st = new(&b, src, volume, ctx);

	if (st == HL_OK)
		st = block_off ? begin_at(b, block_off) : begin(b);
	return finish(out, b, st);
}

enum hl_status hl_bde_open_lost(struct hl_bde **out, struct hl_src *src,
                                const char *volume, const struct hl_ctx *ctx)
{
	struct hl_bde *b;
	enum hl_status st = new(&b, src, volume, ctx);

	if (st == HL_OK)
		st = begin_lost(b);
	return finish(out, b, st);
}

void hl_bde_close(struct hl_bde *b)
{
	if (!b)
		return;
	hl_src_close(b->plain);
	hl_crypto_close(b->crypto);
	if (b->block)
		hl_wipe(b->block, BDE_BLOCK_MAX); /* a clear key is in it */
	hl_free(b->ctx, b->block);
	hl_free(b->ctx, b);
}

const struct hl_bde_info *hl_bde_info(const struct hl_bde *b)
{
	return &b->info;
}

struct hl_src *hl_bde_plain(const struct hl_bde *b)
{
	return b->plain;
}

const char *hl_bde_text(const struct hl_bde *b)
{
	return b->text;
}
