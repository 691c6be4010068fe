/*
 * vdisk_blocks.c: VHD and VHDX, dynamic and differencing: one table that says
 * for each block where it lies.
 *
 *	VHD    | bitmap of sectors | block |     an entry: sector of the bitmap
 *	VHDX   | block |                         an entry: state, MiB
 *	       behind the entries of 2^23 sectors one for their bitmaps, 1 MiB
 *
 * Our own, because libvhdi 20210425 takes wrong sectors from the
 * parent where a change does not begin and end at a multiple of eight of them.
 */
#include <string.h>

#include "base/banned.h"
#include "base/be.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "io/vdisk_log.h"

#define MIB (UINT64_C(1) << 20)
#define BITS_PER_BITMAP (UINT64_C(1) << 23)
#define BITMAP_READ 512u
#define VHD_SECTOR 512u
#define VHD_NONE 0xffffffffu

enum state { HOLE, PARENT, STORED, PARTLY, BAD };

struct place {
	enum state state;
	uint64_t off;     /* of the block in the file */
	uint64_t map_off; /* PARTLY: of its first sector's bit, in bytes */
};

struct blocks {
	struct hl_src *raw;   /* the file, and with its log replayed */
	struct hl_src *file;
	struct vhdx_log log;
	struct hl_src *below; /* the parent, or NULL */
	bool vhdx;
	uint32_t block, sector; /* bytes */
	uint64_t ratio;         /* VHDX: blocks that share a bitmap */
	uint8_t *table;
	size_t n;               /* entries */
};

static struct place vhd_place(const struct blocks *v, uint64_t i)
{
	struct place p = { .state = v->below ? PARENT : HOLE };
	uint64_t bits = v->block / VHD_SECTOR;
	uint64_t map = ((bits + 7) / 8 + VHD_SECTOR - 1) / VHD_SECTOR;
	uint32_t entry;

	if (i >= v->n)
		return (struct place){ .state = BAD };
	entry = be32_at(v->table + 4 * i);
	if (entry == VHD_NONE)
		return p;
	p.state = v->below ? PARTLY : STORED;
	p.map_off = (uint64_t)entry * VHD_SECTOR;
	p.off = p.map_off + map * VHD_SECTOR;
	return p;
}

static uint64_t entry_at(const struct blocks *v, uint64_t i)
{
	return i < v->n ? le64_at(v->table + 8 * i) : 4; /* no state */
}

static struct place vhdx_place(const struct blocks *v, uint64_t i)
{
	uint64_t entry = entry_at(v, i + i / v->ratio), map;
	struct place p = { .off = entry & ~(MIB - 1) };

	switch (entry & 7) {
	case 0:
		p.state = v->below ? PARENT : HOLE;
		return p;
	case 1: /* undefined, zero, unmapped */
	case 2:
	case 3:
	case 5:
		p.state = HOLE;
		return p;
	case 6:
		p.state = STORED;
		return p;
	case 7:
		map = entry_at(v, (i / v->ratio + 1) * (v->ratio + 1) - 1);
		p.state = v->below && (map & 7) == 6 ? PARTLY : BAD;
		p.map_off = (map & ~(MIB - 1)) +
		            i % v->ratio * (v->block / v->sector) / 8;
		return p;
	}
	p.state = BAD;
	return p;
}

static bool read_below(const struct blocks *v, uint64_t off, uint8_t *buf,
                       size_t len)
{
	uint64_t size = hl_src_size(v->below);
	size_t n = off < size ? (size_t)min_u64(len, size - off) : 0;

	memset(buf + n, 0, len - n); /* grown since it was made */
	return !n || hl_src_read(v->below, off, buf, n, NULL) == HL_OK;
}

static bool bit(const struct blocks *v, const uint8_t *map, uint64_t i)
{
	return map[i / 8] & (v->vhdx ? 1 << i % 8 : 0x80 >> i % 8);
}

struct bits {
	uint8_t map[BITMAP_READ];
	uint64_t first, n; /* sectors of the block that it covers */
};

static bool load_bits(const struct blocks *v, const struct place *p,
                      uint64_t sector, struct bits *b)
{
	uint64_t all = v->block / v->sector, skip = sector / 8;
	size_t want = (size_t)min_u64(BITMAP_READ, (all + 7) / 8 - skip);

	b->first = skip * 8;
	b->n = want * 8;
	return hl_src_read(v->file, p->map_off + skip, b->map, want, NULL) ==
	       HL_OK;
}

/* Bytes from `in` on, len at most, that all lie here or all below. */
static size_t alike(const struct blocks *v, const struct bits *b, uint64_t in,
                    size_t len)
{
	uint64_t i = in / v->sector - b->first;
	size_t n = (size_t)min_u64(v->sector - in % v->sector, len);
	bool here = bit(v, b->map, i);

	while (n < len && ++i < b->n && bit(v, b->map, i) == here)
		n = (size_t)min_u64(n + v->sector, len);
	return n;
}

/* Sectors of one block, each from here or from the parent. */
static bool read_partly(const struct blocks *v, const struct place *p,
                        uint64_t off, uint8_t *buf, size_t len)
{
	uint64_t in = off % v->block;
	struct bits b = { .n = 0 };

	while (len) {
		uint64_t s = in / v->sector;
		if (s - b.first >= b.n && !load_bits(v, p, s, &b))
			return false;
		size_t n = alike(v, &b, in, len);
		if (bit(v, b.map, s - b.first)
		    ? hl_src_read(v->file, p->off + in, buf, n, NULL) != HL_OK
		    : !read_below(v, off, buf, n))
			return false;
		in += n;
		off += n;
		buf += n;
		len -= n;
	}
	return true;
}

static bool read_block(const struct blocks *v, uint64_t off, uint8_t *buf,
                       size_t len)
{
	uint64_t i = off / v->block;
	struct place p = v->vhdx ? vhdx_place(v, i) : vhd_place(v, i);

	switch (p.state) {
	case HOLE:
		memset(buf, 0, len);
		return true;
	case PARENT:
		return read_below(v, off, buf, len);
	case STORED:
		return hl_src_read(v->file, p.off + off % v->block, buf, len,
		                   NULL) == HL_OK;
	case PARTLY:
		return read_partly(v, &p, off, buf, len);
	case BAD:
		break;
	}
	return false;
}

static bool blocks_read(void *disk, uint64_t off, void *buf, size_t len)
{
	const struct blocks *v = disk;

	while (len) {
		size_t n = (size_t)min_u64(v->block - off % v->block, len);
		if (!read_block(v, off, buf, n))
			return false;
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return true;
}

static void blocks_close(void *disk, const struct hl_ctx *ctx)
{
	struct blocks *v = disk;

	hl_src_close(v->below);
	hl_vhdx_log_close(&v->log, ctx);
	hl_src_close(v->raw);
	hl_free(ctx, v->table);
	hl_free(ctx, v);
}

/* Entries that a disk of that size needs. */
static uint64_t entries(struct blocks *v, const struct vdisk_head *h)
{
	uint64_t n = h->size / h->block + (h->size % h->block != 0);

	if (!v->vhdx)
		return n;
	v->ratio = BITS_PER_BITMAP * h->sector_size / h->block;
	return (n + v->ratio - 1) / v->ratio * (v->ratio + 1);
}

static enum hl_status load(struct blocks *v, const struct vdisk_job *job)
{
	const struct vdisk_head *h = job->head;
	size_t width = v->vhdx ? 8 : 4;
	uint64_t n = min_u64(entries(v, h), h->table_len / width);
	struct hl_ranges bad;

	v->block = h->block;
	v->sector = h->sector_size;
	/* the table was checked to be no longer than its file */
	v->table = hl_alloc_array(job->ctx, (size_t)n, width);
	if (!v->table)
		return HL_NOMEM;
	v->n = (size_t)n;
	hl_ranges_clear(&bad);
	if (hl_src_read(v->file, h->table_off, v->table, v->n * width,
	                &bad) != HL_OK || bad.bytes)
		return hl_fail(&job->at, HL_CORRUPT, "the table of its blocks "
		               "cannot be read");
	return HL_OK;
}

static enum hl_status blocks_open(void **disk, const struct vdisk_job *job,
                                  uint64_t *size)
{
	struct blocks *v = hl_zalloc(job->ctx, sizeof(*v));
	size_t seg = 0;
	enum hl_status st;

	if (!v)
		return HL_NOMEM;
	v->vhdx = job->head->vhdx;
	(void)hl_vdisk_files(job->files, job->level, &seg);
	st = hl_vdisk_file(&v->raw, job->files, seg);
	if (st == HL_OK && job->head->log)
		st = hl_vhdx_log_open(&v->log, v->raw, job->head, true,
		                      &job->at);
	v->file = v->log.view ? v->log.view : v->raw;
	if (st == HL_OK)
		st = load(v, job);
	if (st == HL_OK && job->head->has_parent)
		st = hl_vdisk_level(&v->below, job->files, job->level + 1,
		                    job->opts, job->ctx);
	*size = job->head->size;
	if (st == HL_OK)
		*disk = v;
	else
		blocks_close(v, job->ctx);
	return st;
}

const struct vdisk_reader hl_vdisk_blocks = {
	blocks_open, blocks_read, blocks_close,
};
