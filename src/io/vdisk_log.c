/*
 * vdisk_log.c: the log of a VHDX, replayed in memory.
 *
 *	| entry | entry | free | older entries |    a ring of sectors of 4 KiB
 *	entry   | "loge", checksum, length, tail, sequence number, identifier,
 *	        | descriptors                    | data sectors |
 *	descriptor   "zero": so many bytes at an offset are zeros
 *	             "desc": a data sector's place; its first eight bytes and
 *	                     its last four, which hold other things there
 *
 * Entries with numbers that follow one another are a sequence.  Of those
 * whose last entry's tail lies inside, the one with the highest number counts:
 * what it says from the tail on was not written to its place, perhaps.
 * Source: Microsoft's MS-VHDX, 2.3.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/vdisk_log.h"

#define SECTOR ((size_t)4096)
#define HEAD 64
#define DESC 32

/* What one sector of the log begins. */
struct entry {
	uint64_t seq;
	uint32_t n;     /* sectors; 0: no sound entry */
	uint32_t tail;  /* sector of the log */
	uint32_t n_desc, desc_sectors;
};

struct log {
	uint8_t *p;
	size_t n;          /* sectors */
	const uint8_t *id;
	struct entry *e;   /* one for each sector */
	uint64_t summed;   /* bytes whose checksum was calculated */
};

struct sequence {
	size_t first, last; /* sectors where entries begin */
	uint64_t seq;       /* of the last; 0: none found */
};

uint32_t hl_vhdx_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

/* ---- one entry ----------------------------------------------------------- */

static uint8_t *sector(const struct log *l, size_t i)
{
	return l->p + i % l->n * SECTOR;
}

static const uint8_t *descriptor(const struct log *l, size_t at, uint32_t i)
{
	uint64_t pos = HEAD + (uint64_t)DESC * i;

	return sector(l, at + (size_t)(pos / SECTOR)) + pos % SECTOR;
}

static bool sum_ok(struct log *l, size_t at, const struct entry *e)
{
	static const uint8_t none[4];
	const uint8_t *p = sector(l, at);
	uint32_t crc = ~(uint32_t)0;

	/* entries that claim to lie inside one another take no time */
	l->summed += e->n * SECTOR;
	if (l->summed > 4 * (uint64_t)l->n * SECTOR)
		return false;
	crc = hl_vhdx_crc(crc, p, 4);
	crc = hl_vhdx_crc(crc, none, 4);
	crc = hl_vhdx_crc(crc, p + 8, SECTOR - 8);
	for (size_t i = 1; i < e->n; i++)
		crc = hl_vhdx_crc(crc, sector(l, at + i), SECTOR);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true;
#endif
	return (uint32_t)~crc == le32_at(p + 4);
}

static bool is_zero(const uint8_t *d)
{
	return !memcmp(d, "zero", 4);
}

static bool descriptor_ok(const uint8_t *d, uint64_t seq)
{
	uint64_t len = is_zero(d) ? le64_at(d + 8) : SECTOR;
	uint64_t off = le64_at(d + 16);

	return (is_zero(d) || !memcmp(d, "desc", 4)) &&
	       le64_at(d + 24) == seq && off % SECTOR == 0 &&
	       len % SECTOR == 0 && off <= INT64_MAX && len <= INT64_MAX - off;
}

static bool data_ok(const uint8_t *p, uint64_t seq)
{
	return !memcmp(p, "data", 4) && le32_at(p + 4) == seq >> 32 &&
	       le32_at(p + SECTOR - 4) == (seq & UINT32_MAX);
}

static bool content_ok(const struct log *l, size_t at, const struct entry *e)
{
	uint32_t used = e->desc_sectors;

	for (uint32_t i = 0; i < e->n_desc; i++) {
		const uint8_t *d = descriptor(l, at, i);
		if (!descriptor_ok(d, e->seq))
			return false;
		if (is_zero(d))
			continue;
		if (used == e->n || !data_ok(sector(l, at + used), e->seq))
			return false;
		used++;
	}
	return true;
}

static struct entry entry_at(struct log *l, size_t at)
{
	static const struct entry none;
	const uint8_t *p = sector(l, at);
	uint32_t len = le32_at(p + 8), tail = le32_at(p + 12);
	struct entry e = {
		.seq = le64_at(p + 16), .n = len / SECTOR,
		.tail = tail / SECTOR, .n_desc = le32_at(p + 24),
	};
	uint64_t need = HEAD + (uint64_t)DESC * e.n_desc;

	if (memcmp(p, "loge", 4) != 0 || memcmp(p + 32, l->id, 16) != 0 ||
	    len % SECTOR || tail % SECTOR || !e.n || e.n > l->n ||
	    e.tail >= l->n || !e.seq || need > len)
		return none;
	e.desc_sectors = (uint32_t)((need + SECTOR - 1) / SECTOR);
	return sum_ok(l, at, &e) && content_ok(l, at, &e) ? e : none;
}

/* ---- the sequence that counts ---------------------------------------------- */

/* From `first` on, as far as numbers follow; *end: the sector behind it. */
static bool follow(const struct log *l, size_t first, struct sequence *s,
                   size_t *end)
{
	size_t at = first, used = 0, tail;
	bool inside = false;

	*s = (struct sequence){ .first = first };
	while (l->e[at].n && used + l->e[at].n <= l->n &&
	       (!used || l->e[at].seq == s->seq + 1)) {
		s->last = at;
		s->seq = l->e[at].seq;
		used += l->e[at].n;
		at = (at + l->e[at].n) % l->n;
	}
	*end = first + used;
	if (!used)
		return false;
	tail = l->e[s->last].tail;
	for (at = first;; at = (at + l->e[at].n) % l->n) {
		inside |= at == tail;
		if (at == s->last)
			break;
	}
	s->first = tail;
	return inside;
}

static struct sequence find(const struct log *l)
{
	struct sequence best = { .seq = 0 }, s;
	size_t end;

	for (size_t i = 0; i < l->n;) {
		bool ok = follow(l, i, &s, &end);
		if (ok && s.seq > best.seq)
			best = s;
		i = ok ? end : i + 1;
	}
	return best;
}

/* ---- what it says ------------------------------------------------------------ */

struct changes {
	struct vhdx_patch *p;
	size_t n, cap;
	uint64_t bytes;
};

/* The copy of a data sector becomes what lies in the file. */
static uint64_t mend(const struct log *l, size_t i, const uint8_t *d)
{
	uint8_t *p = sector(l, i);

	memcpy(p, d + 8, 8);
	memcpy(p + SECTOR - 4, d + 4, 4);
	return (uint64_t)(p - l->p);
}

static enum hl_status collect_entry(const struct log *l, size_t at,
                                    struct changes *c,
                                    const struct hl_ctx *ctx)
{
	const struct entry *e = &l->e[at];
	size_t data = at + e->desc_sectors;

	for (uint32_t i = 0; i < e->n_desc; i++) {
		const uint8_t *d = descriptor(l, at, i);
		bool zero = is_zero(d);
		uint64_t len = zero ? le64_at(d + 8) : SECTOR;
		enum hl_status st;

		if (!len)
			continue;
		st = hl_grow(ctx, (void **)&c->p, &c->cap, c->n, sizeof(*c->p),
		             HL_MAX_VHDX_PATCHES);
		if (st != HL_OK)
			return st;
		c->p[c->n++] = (struct vhdx_patch){
			.off = le64_at(d + 16), .len = len,
			.from = zero ? HL_NO_OFFSET : mend(l, data++, d),
		};
		c->bytes += len;
	}
	return HL_OK;
}

static enum hl_status collect(const struct log *l, const struct sequence *s,
                              struct changes *c, const struct hl_ctx *ctx)
{
	enum hl_status st = HL_OK;
	size_t at = s->first;

	for (; st == HL_OK; at = (at + l->e[at].n) % l->n) {
		st = collect_entry(l, at, c, ctx);
		if (at == s->last)
			break;
	}
	return st;
}

struct report {
	const struct hl_at *at;
	bool say;
};

static void cannot(const struct report *r, const char *why)
{
	if (r->say)
		hl_warn(r->at, "was not closed, and its log, which may hold "
		        "changes, cannot be replayed: %s", why);
}

static void describe(const struct report *r, const struct changes *c,
                     uint64_t flushed, uint64_t size)
{
	if (!r->say)
		return;
	hl_say(r->at, "was not closed; %zu changes of its log, %llu bytes, are "
	       "applied to what is read", c->n, (unsigned long long)c->bytes);
	if (flushed > size)
		hl_warn(r->at, "is of %llu bytes; its log says that it had "
		        "%llu", (unsigned long long)size,
		        (unsigned long long)flushed);
}

static enum hl_status replay(struct vhdx_log *out, struct log *l,
                             struct hl_src *file, const struct report *r)
{
	struct sequence s = find(l);
	struct changes c = { .n = 0 };
	const struct hl_ctx *ctx = r->at->ctx;
	enum hl_status st;

	if (!s.seq) {
		cannot(r, "none of its entries is whole");
		return HL_OK;
	}
	const uint8_t *head = sector(l, s.last);
	uint64_t flushed = le64_at(head + 48), last = le64_at(head + 56);
	st = collect(l, &s, &c, ctx);
	if (st == HL_OK)
		st = hl_src_mem(&out->mem, l->p, l->n * SECTOR, false, ctx);
	if (st == HL_OK)
		st = hl_vhdx_patched(&out->view, file, out->mem, c.p, c.n,
		                     min_u64(last, INT64_MAX), ctx);
	if (st == HL_OK)
		describe(r, &c, flushed, hl_src_size(file));
	if (st == HL_LIMIT) {
		cannot(r, "it has too many entries");
		st = HL_OK;
	}
	hl_free(ctx, c.p);
	return st;
}

static bool usable(const struct vdisk_head *h, struct hl_src *file,
                   const struct report *r)
{
	if (h->log_version) {
		cannot(r, "it is of a version that is not known");
		return false;
	}
	if (!h->log_len || h->log_len % SECTOR || h->log_off % SECTOR ||
	    h->log_len > hl_src_size(file) ||
	    h->log_off > hl_src_size(file) - h->log_len) {
		cannot(r, "it does not lie inside the file");
		return false;
	}
	if (h->log_len > HL_MAX_VHDX_LOG) {
		cannot(r, "it is larger than any");
		return false;
	}
	return true;
}

enum hl_status hl_vhdx_log_open(struct vhdx_log *out, struct hl_src *file,
                                const struct vdisk_head *h, bool say,
                                const struct hl_at *at)
{
	struct report r = { at, say };
	struct log l = { .n = (size_t)(h->log_len / SECTOR), .id = h->log_id };
	struct hl_ranges bad;
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	if (!usable(h, file, &r))
		return HL_OK;
	l.p = out->buf = hl_alloc(at->ctx, l.n * SECTOR);
	l.e = hl_alloc_array(at->ctx, l.n, sizeof(*l.e));
	st = l.p && l.e ? HL_OK : HL_NOMEM;
	hl_ranges_clear(&bad);
	/* an entry with a part that cannot be read is not sound */
	if (st == HL_OK)
		st = hl_src_read(file, h->log_off, l.p, l.n * SECTOR, &bad);
	for (size_t i = 0; st == HL_OK && i < l.n; i++)
		l.e[i] = entry_at(&l, i);
	if (st == HL_OK)
		st = replay(out, &l, file, &r);
	hl_free(at->ctx, l.e);
	if (!out->view)
		hl_vhdx_log_close(out, at->ctx);
	return st;
}

void hl_vhdx_log_close(struct vhdx_log *log, const struct hl_ctx *ctx)
{
	hl_src_close(log->view);
	hl_src_close(log->mem);
	hl_free(ctx, log->buf);
	memset(log, 0, sizeof(*log));
}
