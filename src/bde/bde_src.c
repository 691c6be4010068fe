/*
 * bde_src.c: the volume as Windows shows it, as a source.
 *
 * Sectors are read where they lie and deciphered in the caller's buffer, many
 * at a time, of a large read by several threads; only the first and last one
 * of a read, when it wants a part of them, go through a buffer of their own.
 * Of a sector with a damaged byte nothing can be had (AES-CBC: hardly
 * anything), so that damage grows to whole sectors.
 */
#include <pthread.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/wipe.h"
#include "bde/bde_gang.h"
#include "bde/bde_sector.h"
#include "io/src_impl.h"

#define SECTOR_MAX 4096

struct plain {
	struct hl_src src;
	struct hl_src *in;
	struct bde_fvek key;
	struct hl_crypto *crypto; /* borrowed */
	uint32_t sector;
	bool vista;
	uint64_t mft_mirror;
	struct bde_piece piece[BDE_PIECES];
	size_t n;
	pthread_mutex_t lock; /* of what follows */
	struct bde_sector *idle;
	struct bde_gang *gang; /* from the first large read on, or NULL */
	bool gang_tried;
};

static const struct bde_piece *find(const struct plain *p, uint64_t off)
{
	size_t i = 0;

	while (i + 1 < p->n && off - p->piece[i].off >= p->piece[i].len)
		i++;
	return &p->piece[i];
}

/* ---- who deciphers ------------------------------------------------------- */

static enum hl_status take(struct plain *p, struct bde_sector **out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->idle;
	if (*out)
		p->idle = (*out)->next;
	pthread_mutex_unlock(&p->lock);
	if (*out)
		return HL_OK;
	return hl_bde_sector_new(out, p->crypto, &p->key, p->sector,
	                         p->src.ctx);
}

static void give(struct plain *p, struct bde_sector *s)
{
	pthread_mutex_lock(&p->lock);
	s->next = p->idle;
	p->idle = s;
	pthread_mutex_unlock(&p->lock);
}

static bool decipher(void *arg, const struct bde_job *job)
{
	struct plain *p = arg;
	struct bde_sector *s;
	bool ok;

	if (take(p, &s) != HL_OK)
		return false;
	ok = hl_bde_decipher(s, job->at, job->p, job->n);
	give(p, s);
	return ok;
}

/* So many idle ones that no thread of the gang has to make one. */
static bool enough(struct plain *p, size_t n)
{
	struct bde_sector *s;
	bool ok;

	if (!n)
		return true;
	if (take(p, &s) != HL_OK)
		return false;
	ok = enough(p, n - 1);
	give(p, s);
	return ok;
}

static struct bde_gang *gang_of(struct plain *p)
{
	struct bde_gang *g;
	bool first;

	pthread_mutex_lock(&p->lock);
	first = !p->gang_tried;
	p->gang_tried = true;
	g = p->gang;
	pthread_mutex_unlock(&p->lock);
	if (!first)
		return g;
	g = hl_bde_gang_new(decipher, p, p->src.ctx);
	if (g && !enough(p, hl_bde_gang_size(g) + 1)) {
		hl_bde_gang_free(g);
		g = NULL;
	}
	pthread_mutex_lock(&p->lock);
	p->gang = g;
	pthread_mutex_unlock(&p->lock);
	return g;
}

/* ---- reading ------------------------------------------------------------- */

static void hurt(const struct plain *p, const struct hl_ranges *below,
                 uint64_t at, uint64_t off, uint8_t *buf, size_t len,
                 struct hl_ranges *bad)
{
	for (size_t i = 0; i < below->n; i++) {
		const struct hl_range *r = &below->r[i];
		uint64_t from = r->off - at, to = from + r->len;

		from -= from % p->sector;
		to = min_u64(to + (p->sector - to % p->sector) % p->sector,
		             len);
		if (r->quality == HL_Q_UNREADABLE ||
		    r->what == HL_WHAT_MISSING)
			memset(buf + from, 0, (size_t)(to - from));
		hl_ranges_add(bad, off + from, to - from,
		              (enum hl_what)r->what,
		              (enum hl_quality)r->quality);
	}
}

static enum hl_status together(struct plain *p, struct bde_gang *g,
                               uint64_t at, uint8_t *buf, size_t len,
                               struct hl_ranges *below)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < len && st == HL_OK;) {
		const struct bde_job job = {
			.at = at + i, .p = buf + i,
			.n = (size_t)min_u64(BDE_GANG_PIECE, len - i),
		};
		st = hl_src_read(p->in, job.at, job.p, job.n, below);
		if (st == HL_OK)
			hl_bde_gang_put(g, &job);
		i += job.n;
	}
	/* in any case: they write into buf */
	if (!hl_bde_gang_end(g) && st == HL_OK)
		st = HL_NOMEM;
	return st;
}

static enum hl_status alone(struct plain *p, uint64_t at, uint8_t *buf,
                            size_t len, struct hl_ranges *below)
{
	const struct bde_job job = { .at = at, .p = buf, .n = len };
	enum hl_status st = hl_src_read(p->in, at, buf, len, below);

	if (st == HL_OK && !decipher(p, &job))
		st = HL_NOMEM; /* nothing else makes it fail */
	return st;
}

/* Whole sectors that lie at `at`. */
static enum hl_status whole(struct plain *p, uint64_t at, uint64_t off,
                            uint8_t *buf, size_t len, struct hl_ranges *bad)
{
	struct bde_gang *g = len >= BDE_GANG_READ ? gang_of(p) : NULL;
	struct hl_ranges below;
	enum hl_status st;

	hl_ranges_clear(&below);
	if (g && hl_bde_gang_take(g))
		st = together(p, g, at, buf, len, &below);
	else
		st = alone(p, at, buf, len, &below);
	if (st == HL_OK && below.n)
		hurt(p, &below, at, off, buf, len, bad);
	return st;
}

/* Some bytes of one sector; tells how many. */
static enum hl_status part(struct plain *p, uint64_t at, uint64_t off,
                           uint8_t *buf, size_t *len, struct hl_ranges *bad)
{
	uint8_t sector[SECTOR_MAX];
	struct hl_ranges all;
	size_t skip = (size_t)(at % p->sector);
	size_t n = (size_t)min_u64(*len, p->sector - skip);

	hl_ranges_clear(&all);
	enum hl_status st = whole(p, at - skip, off - skip, sector, p->sector,
	                          &all);
	if (st == HL_OK) {
		memcpy(buf, sector + skip, n);
		if (all.n)
			hl_ranges_add(bad, off, n, (enum hl_what)all.r[0].what,
			              (enum hl_quality)all.r[0].quality);
	}
	*len = n;
	return st;
}

static enum hl_status crypt(struct plain *p, uint64_t at, uint64_t off,
                            uint8_t *buf, size_t len, struct hl_ranges *bad)
{
	enum hl_status st = HL_OK;

	while (len && st == HL_OK) {
		size_t n = len;

		if (at % p->sector || len < p->sector) {
			st = part(p, at, off, buf, &n, bad);
		} else {
			n -= n % p->sector;
			st = whole(p, at, off, buf, n, bad);
		}
		at += n;
		off += n;
		buf += n;
		len -= n;
	}
	return st;
}

/* Vista keeps the boot sector, but for its name and $MFTMirr's place. */
static void mend_boot(const struct plain *p, uint64_t off, uint8_t *buf,
                      size_t len)
{
	for (size_t i = 0; i < len && off + i < 0x40; i++) {
		uint64_t k = off + i;

		if (k >= 3 && k < 11)
			buf[i] = (uint8_t)"NTFS    "[k - 3];
		else if (k >= 0x38)
			buf[i] = (uint8_t)(p->mft_mirror >> 8 * (k - 0x38));
	}
}

static enum hl_status plain_part(struct plain *p, const struct bde_piece *x,
                                 uint64_t off, uint8_t *buf, size_t n,
                                 struct hl_ranges *bad)
{
	struct hl_extent e = {
		.off = off, .in = p->in, .in_off = x->at + (off - x->off),
	};
	enum hl_status st = HL_OK;

	switch (x->how) {
	case BDE_CRYPT:
		return crypt(p, e.in_off, off, buf, n, bad);
	case BDE_PLAIN:
		st = hl_src_read_extent(&e, buf, n, bad);
		if (st == HL_OK && p->vista)
			mend_boot(p, off, buf, n);
		return st;
	case BDE_DOUBT:
		hl_ranges_add(bad, off, n, HL_WHAT_MISSING, HL_Q_UNREADABLE);
		break;
	case BDE_ZERO:
		break;
	}
	memset(buf, 0, n);
	return HL_OK;
}

static enum hl_status plain_read(struct hl_src *src, uint64_t off, void *buf,
                                 size_t len, struct hl_ranges *bad)
{
	struct plain *p = (struct plain *)src;
	enum hl_status st = HL_OK;
	uint8_t *to = buf;

	while (len && st == HL_OK) {
		const struct bde_piece *x = find(p, off);
		size_t n = (size_t)min_u64(len, x->len - (off - x->off));

		st = plain_part(p, x, off, to, n, bad);
		to += n;
		off += n;
		len -= n;
	}
	return st;
}

static enum hl_status plain_map(struct hl_src *src, uint64_t off,
                                struct hl_extent *out)
{
	const struct plain *p = (const struct plain *)src;
	const struct bde_piece *x = find(p, off);

	*out = (struct hl_extent){ .off = x->off, .len = x->len };
	if (x->how == BDE_CRYPT || x->how == BDE_PLAIN) {
		out->in = p->in;
		out->in_off = x->at;
	} else if (x->how == BDE_ZERO) {
		out->what = HL_WHAT_SPARSE;
	} else {
		out->what = HL_WHAT_MISSING;
		out->quality = HL_Q_UNREADABLE;
	}
	return HL_OK;
}

static void plain_advise(struct hl_src *src, uint64_t off, uint64_t len,
                         enum hl_advice how)
{
	const struct plain *p = (const struct plain *)src;

	while (len) {
		const struct bde_piece *x = find(p, off);
		uint64_t skip = off - x->off, n = min_u64(len, x->len - skip);

		if (x->how == BDE_CRYPT || x->how == BDE_PLAIN)
			hl_src_advise(p->in, x->at + skip, n, how);
		off += n;
		len -= n;
	}
}

static void plain_close(struct hl_src *src)
{
	struct plain *p = (struct plain *)src;

	hl_bde_gang_free(p->gang);
	while (p->idle) {
		struct bde_sector *s = p->idle;

		p->idle = s->next;
		hl_bde_sector_free(s);
	}
	pthread_mutex_destroy(&p->lock);
	hl_wipe(&p->key, sizeof(p->key));
	hl_free(src->ctx, p);
}

static const struct hl_src_ops plain_ops = {
	.read = plain_read,
	.map = plain_map,
	.advise = plain_advise,
	.close = plain_close,
};

enum hl_status hl_bde_source(struct hl_src **out, const struct hl_bde *b,
                             const struct bde_fvek *key)
{
	uint64_t size = hl_src_size(b->src);
	struct bde_sector *first;
	struct plain *p = hl_zalloc(b->ctx, sizeof(*p));

	*out = NULL;
	if (!p || pthread_mutex_init(&p->lock, NULL) != 0) {
		hl_free(b->ctx, p);
		return HL_NOMEM;
	}
	size -= size % b->boot.sector_size;
	hl_src_init(&p->src, &plain_ops, b->ctx, hl_src_name(b->src), size,
	            b->boot.sector_size);
	p->in = b->src;
	p->key = *key;
	p->crypto = b->crypto;
	p->sector = b->boot.sector_size;
	p->vista = b->meta.version == 1;
	p->mft_mirror = b->meta.mft_mirror;
	p->n = hl_bde_map(p->piece, &b->meta, &b->boot, size);
	enum hl_status st = take(p, &first); /* is such a cipher offered? */
	if (st != HL_OK) {
		plain_close(&p->src);
		return st;
	}
	give(p, first);
	*out = &p->src;
	return HL_OK;
}
