/*
 * scan_bde.c: BitLocker volumes: what a boot sector or a block of metadata
 * found somewhere proves.
 *
 *	start                                             start + encrypted
 *	 |boot| ..... |block| ..... |block| ..... |block| .....|
 *	   \____________^_____________^_____________^ where they are
 *	              each block tells the places of all three
 *
 * Without a key nothing else of such a volume can be told from noise.  A
 * block whose checksum holds and that lies where another of the same volume
 * says so is no chance; so three of them are a volume whose boot sector a
 * later one took.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"
#include "fs/scan_impl.h"
#include "io/note.h"

#define SECTORS_OFF 0x28 /* Vista leaves NTFS' own number there */

/* What a block tells. */
struct block {
	uint8_t id[16];
	uint64_t off[3], encrypted, created, end;
	unsigned version, state;
	bool sound; /* its CRC-32 fits */
};

struct proof {
	struct hl_scan *s;
	struct hl_lost *l;
	struct block b; /* the first that was there */
	unsigned seen, sound;
	uint64_t or_at; /* it may as well begin there; 0: no */
};

bool hl_bde_lost_keep(struct span sector)
{
	struct bde_boot b;

	/* one that encrypts what is written first is a volume, too */
	return hl_bde_boot(sector, &b) == HL_OK ||
	       hl_bde_boot(sector, &b) == HL_UNSUPPORTED;
}

bool hl_bde_to_go_keep(struct span sector)
{
	struct bde_boot b;

	return hl_bde_boot(sector, &b) != HL_END && b.variant == BDE_TO_GO;
}

bool hl_bde_block_keep(struct span sector)
{
	const struct bde_block_disk *h = SPAN_VIEW(sector, 0,
	                                           struct bde_block_disk);

	if (!h || memcmp(h->signature, BDE_SIGNATURE, 8) != 0 ||
	    get16(h->version) < 1 || get16(h->version) > 2)
		return false;
	for (int i = 0; i < 3; i++)
		if (!get64(h->off[i]) || get64(h->off[i]) % SCAN_SECTOR ||
		    get64(h->off[i]) > INT64_MAX)
			return false;
	return true;
}

/* ---- blocks -------------------------------------------------------------- */

static void take(struct block *b, const struct bde_meta *m)
{
	*b = (struct block){
		.encrypted = m->encrypted, .created = m->created,
		.version = m->version, .state = m->state,
		.end = m->version == 2 ? m->backup + m->backup_len : 0,
		.sound = hl_bde_crc_fits(m) && !m->cut,
	};
	memcpy(b->id, m->id, sizeof(b->id));
	memcpy(b->off, m->off, sizeof(b->off));
}

/* HL_END: none there */
static enum hl_status read_block(struct hl_scan *s, uint64_t at,
                                 struct block *out)
{
	uint64_t size = hl_src_size(s->image);
	size_t n = at < size ? (size_t)min_u64(BDE_BLOCK_MAX, size - at) : 0;
	struct bde_meta *m;
	uint8_t *p;
	enum hl_status st;

	if (!n)
		return HL_END;
	p = hl_alloc(s->ctx, n);
	m = hl_alloc(s->ctx, sizeof(*m));
	st = p && m ? hl_scan_read(s, at, p, n) : HL_NOMEM;
	if (st == HL_OK)
		st = hl_bde_meta(span_of(p, n), m);
	if (st == HL_OK)
		take(out, m);
	hl_free(s->ctx, p);
	hl_free(s->ctx, m);
	return st == HL_OK || hl_scan_fatal(st) ? st : HL_END;
}

/* Is it another one of the volume that the first block is of? */
static bool same(const struct block *a, const struct block *b)
{
	return !memcmp(a->id, b->id, sizeof(a->id)) &&
	       !memcmp(a->off, b->off, sizeof(a->off));
}

static enum hl_status look(struct proof *p, uint64_t off)
{
	struct block b;
	uint64_t at;

	if (ckd_add(&at, p->l->off, off))
		return HL_OK;
	enum hl_status st = read_block(p->s, at, &b);
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	if (p->seen && !same(&p->b, &b))
		return HL_OK;
	if (!p->sound) { /* a sound one's word counts */
		p->b = b;
		p->l->bde_off = off;
	}
	p->seen++;
	p->sound += b.sound;
	return HL_OK;
}

static enum hl_status look_all(struct proof *p, const uint64_t *off, size_t n)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < n && st == HL_OK; i++)
		st = look(p, off[i]);
	/* Vista's boot sector knows the first one only */
	for (size_t i = 1; n == 1 && p->seen && i < 3 && st == HL_OK; i++)
		st = look(p, p->b.off[i]);
	return st;
}

/* ---- size, words --------------------------------------------------------- */

static uint64_t least(const struct block *b)
{
	uint64_t n = b->encrypted > b->end ? b->encrypted : b->end;

	for (int i = 0; i < 3; i++)
		n = b->off[i] + BDE_BLOCK_MAX > n ? b->off[i] + BDE_BLOCK_MAX :
		                                    n;
	return n;
}

static void measure(struct proof *p)
{
	struct hl_lost *l = p->l;
	uint64_t rest = hl_src_size(p->s->image) - l->off;

	if (l->size || !p->seen)
		return;
	l->at_least = p->b.version == 1 || p->b.state != BDE_ENCRYPTED ||
	              !p->b.encrypted;
	l->size = l->at_least ? min_u64(least(&p->b), rest) :
	                        p->b.encrypted;
	if (l->size > INT64_MAX - l->off)
		l->size = rest;
}

static enum hl_status say(struct proof *p)
{
	static const unsigned points[4] = { 15, 40, 60, 80 };
	struct hl_lost *l = p->l;
	bool boot = l->boot == HL_BOOT_PRIMARY;
	enum hl_status st = HL_OK;

	if (boot)
		st = hl_lost_say(p->s, l, 20, "BitLocker boot sector");
	if (p->seen && st == HL_OK)
		st = hl_lost_say(p->s, l, !boot && (p->seen < 2 || p->or_at) ?
		                 20 : points[p->sound], "%u of 3 blocks of "
		                 "BitLocker metadata lie where they say, %u "
		                 "with the right checksum", p->seen, p->sound);
	if (p->seen && !boot && st == HL_OK)
		st = hl_lost_say(p->s, l, 0, "no boot sector is left");
	if (p->or_at && st == HL_OK)
		st = hl_lost_say(p->s, l, 0, "where it began is not certain: "
		                 "byte %llu would fit, too",
		                 (unsigned long long)p->or_at);
	if (l->at_least && st == HL_OK)
		st = hl_lost_say(p->s, l, 0, "its size is not known, it has "
		                 "%llu bytes at least",
		                 (unsigned long long)l->size);
	if (p->seen && st == HL_OK)
		st = hl_lost_say(p->s, l, 0, "encrypted: what is in it can be "
		                 "read with a key only");
	return st;
}

static enum hl_status finish(struct proof *p)
{
	enum hl_status st;

	measure(p);
	p->l->formatted = p->b.created;
	st = say(p);
	if (st == HL_OK && p->l->score && !hl_scan_same(p->s, p->l))
		return hl_scan_take(p->s, p->l);
	hl_lost_clear(p->s, p->l);
	return st;
}

/* ---- what the pass noticed ----------------------------------------------- */

enum hl_status hl_bde_lost_judge(struct hl_scan *s, uint64_t off,
                                 struct span sector)
{
	struct hl_lost l = {
		.off = off, .fs = "bitlocker", .boot = HL_BOOT_PRIMARY,
		.boot_off = off, .geom = { .mft_lcn = HL_NO_OFFSET },
	};
	struct proof p = { .s = s, .l = &l };
	struct bde_boot b;
	uint64_t n;
	enum hl_status st = hl_bde_boot(sector, &b);

	if (st == HL_OK && b.variant == BDE_VISTA &&
	    !ckd_mul(&n, le64_at(sector.p + SECTORS_OFF),
	             (uint64_t)b.sector_size) &&
	    n < INT64_MAX - off - b.sector_size)
		l.size = n ? n + b.sector_size : 0;
	l.geom.sector_size = b.sector_size;
	st = st == HL_OK ? look_all(&p, b.off, b.n) : HL_OK;
	if (st == HL_OK)
		return finish(&p);
	hl_lost_clear(s, &l);
	return st;
}

/* Told already, by its boot sector or another block? */
static bool known(const struct hl_scan *s, uint64_t start)
{
	for (size_t i = 0; i < s->n_lost; i++)
		if (s->lost[i].bde_off && s->lost[i].off == start)
			return true;
	return false;
}

/* A medium made to be full of them must not cost hours. */
static bool enough(struct hl_scan *s)
{
	if (s->n_blocks++ < HL_MAX_SCAN_BLOCKS)
		return false;
	if (s->n_blocks == HL_MAX_SCAN_BLOCKS + 1)
		hl_warn(&(struct hl_at){ s->ctx, s->image, HL_NO_OFFSET,
		                         "scan" },
		        "more than %d blocks of BitLocker metadata; the rest "
		        "is not judged", HL_MAX_SCAN_BLOCKS);
	return true;
}

/* The volume that has this block as its i-th.  HL_END: told already */
static enum hl_status as_nth(struct proof *p, const struct block *b, int i,
                             uint64_t off)
{
	*p->l = (struct hl_lost){
		.off = off - b->off[i], .fs = "bitlocker",
		.boot = HL_BOOT_NONE, .boot_off = HL_NO_OFFSET,
		.geom = { .mft_lcn = HL_NO_OFFSET },
	};
	return known(p->s, p->l->off) ? HL_END : look_all(p, b->off, 3);
}

/* More blocks, or the place where partitions begin since Windows Vista. */
static bool better(const struct proof *p, const struct proof *best)
{
	bool whole = p->l->off % (1u << 20) == 0;

	if (p->seen != best->seen)
		return p->seen > best->seen;
	return whole && best->l->off % (1u << 20) != 0;
}

static bool as_good(const struct proof *p, const struct proof *best)
{
	return !better(p, best) && !better(best, p);
}

/* It may be any of three; the start is where the others are, too. */
enum hl_status hl_bde_block_judge(struct hl_scan *s, uint64_t off,
                                  struct span sector)
{
	struct hl_lost best = { .off = HL_NO_OFFSET };
	struct proof taken = { .s = s, .l = &best };
	struct block b;
	enum hl_status st = enough(s) ? HL_END : read_block(s, off, &b);

	(void)sector;
	for (int i = 0; i < 3 && st == HL_OK; i++) {
		struct hl_lost l = { .off = HL_NO_OFFSET };
		struct proof p = { .s = s, .l = &l };

		if (b.off[i] > off)
			continue;
		st = as_nth(&p, &b, i, off);
		if (st == HL_OK && as_good(&p, &taken))
			taken.or_at = l.off;
		if (st == HL_OK && better(&p, &taken)) {
			best = l;
			taken = p;
			taken.l = &best;
		}
	}
	if (st != HL_OK || best.off == HL_NO_OFFSET)
		return st == HL_END ? HL_OK : st;
	return finish(&taken);
}
