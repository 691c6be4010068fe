/*
 * bde_map.c: what lies where.
 *
 *	0       the first sectors, from their backup (Vista: as they are)
 *	...     ciphertext, in place, up to where encryption has come
 *	        the three blocks of metadata: zeros
 *	        the backup itself: zeros
 *	        what was being converted: zeros, and that is a loss
 *	        plain text
 *
 * Every number is the volume's own and may be anything: the places where
 * something begins or ends are sorted, and each piece between two is asked
 * what it is.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"

#define VISTA_PLAIN 8192 /* bytes at the start that Vista leaves alone */

struct range {
	uint64_t off, len;
};

struct map {
	const struct bde_meta *m;
	uint64_t size, encrypted;
	struct range block[3], backup, head, doubt;
};

static bool inside(struct range r, uint64_t off)
{
	return off >= r.off && off - r.off < r.len;
}

static struct range cut(uint64_t off, uint64_t len, uint64_t size)
{
	if (off >= size)
		return (struct range){ 0, 0 };
	return (struct range){ off, min_u64(len, size - off) };
}

/* Windows shows each as a file that fills clusters, of zeros. */
static uint64_t block_len(const struct map *p, const struct bde_boot *boot)
{
	uint64_t cluster = boot->cluster_size;

	if (p->m->version == 2 || !cluster)
		return 65536;
	return (cluster + 16383) & ~(cluster - 1);
}

static void measure(struct map *p, const struct bde_boot *boot)
{
	const struct bde_meta *m = p->m;
	uint64_t sector = boot->sector_size, len = m->backup_len;

	for (int i = 0; i < 3; i++)
		p->block[i] = cut(m->off[i], block_len(p, boot), p->size);
	p->encrypted = p->size;
	if (m->version == 1)
		return;
	if (m->encrypted || m->state != BDE_ENCRYPTED)
		p->encrypted = min_u64(m->encrypted, p->size);
	p->encrypted -= p->encrypted % sector;
	if (!len)
		len = m->n_backup_sectors * sector;
	len = min_u64(len, p->size) / sector * sector;
	if (m->backup % sector == 0)
		p->backup = cut(m->backup, len, p->size);
	p->head = cut(0, p->backup.len, p->size);
	if (m->state == BDE_CONVERTING)
		p->doubt = cut(p->encrypted, m->convert, p->size);
}

static void judge(const struct map *p, struct bde_piece *x)
{
	x->at = x->off;
	x->how = BDE_CRYPT;
	if (p->head.len && inside(p->head, x->off)) {
		x->at = p->backup.off + x->off;
		if (x->at >= p->encrypted)
			x->how = BDE_PLAIN;
		return;
	}
	for (int i = 0; i < 3; i++)
		if (inside(p->block[i], x->off))
			x->how = BDE_ZERO;
	if (inside(p->backup, x->off))
		x->how = BDE_ZERO;
	if (x->how == BDE_ZERO)
		return;
	bool vista = p->m->version == 1 && x->off < VISTA_PLAIN;
	if (!vista && inside(p->doubt, x->off))
		x->how = BDE_DOUBT;
	else if (vista || x->off >= p->encrypted)
		x->how = BDE_PLAIN;
}

struct cuts {
	uint64_t at[32];
	size_t n;
};

/* Sorted, each once. */
static void add(struct cuts *c, uint64_t at, uint64_t size, uint64_t sector)
{
	size_t i = c->n;

	if (at < size)
		at -= at % sector;
	if (at > size)
		return;
	for (size_t k = 0; k < c->n; k++)
		if (c->at[k] == at)
			return;
	for (; i && c->at[i - 1] > at; i--)
		c->at[i] = c->at[i - 1];
	c->at[i] = at;
	c->n++;
}

static void add_range(struct cuts *c, struct range r, uint64_t size,
                      uint64_t sector)
{
	if (!r.len)
		return;
	add(c, r.off, size, sector);
	add(c, r.off + r.len, size, sector);
}

size_t hl_bde_map(struct bde_piece piece[BDE_PIECES], const struct bde_meta *m,
                  const struct bde_boot *boot, uint64_t size)
{
	struct map p = { .m = m, .size = size };
	struct cuts c = { .n = 0 };
	uint64_t sector = boot->sector_size;
	size_t n = 0;

	measure(&p, boot);
	add(&c, 0, size, sector);
	add(&c, size, size, sector);
	add(&c, min_u64(size, m->version == 1 ? VISTA_PLAIN : p.encrypted),
	    size, sector);
	/* where the backup of the first sectors stops being ciphertext */
	if (p.head.len && p.encrypted > p.backup.off)
		add(&c, min_u64(p.encrypted - p.backup.off, p.head.len), size,
		    sector);
	for (int i = 0; i < 3; i++)
		add_range(&c, p.block[i], size, sector);
	add_range(&c, p.backup, size, sector);
	add_range(&c, p.head, size, sector);
	add_range(&c, p.doubt, size, sector);
	for (size_t i = 0; i + 1 < c.n && n < BDE_PIECES; i++, n++) {
		piece[n] = (struct bde_piece){ .off = c.at[i],
			                       .len = c.at[i + 1] - c.at[i] };
		judge(&p, &piece[n]);
	}
	return n;
}
