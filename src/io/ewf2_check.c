/*
 * ewf2_check.c: what an Ex01 set states, before libewf believes it.
 *
 *	header  32 bytes
 *	data, descriptor (64) of it; data, descriptor; ...
 *	                                the last one ends the file, and each
 *	                                names the one before
 *
 *	device information  deflated text: bytes per sector
 *	case data           the same: sectors per chunk
 *	sector table        so many entries of 16 bytes
 *
 * Nothing is kept: counts must lie in the bytes that are there, descriptors
 * must not overlap, texts must stay small, chunks must be possible.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"
#include "io/inflate.h"
#include "io/note.h"

#define HEAD 32
#define DESCRIPTOR 64
#define MAX_RATIO 1040 /* deflate cannot do better */
#define ORDINARY_CHUNK (1u << 20)
#define USUAL_PER_CHUNK 64

enum { DEVICE = 1, CASE = 2, TABLE = 4, ERRORS = 5, SESSIONS = 6 };

struct check {
	const struct hl_ctx *ctx;
	const struct hl_files *f;
	size_t seg;
	uint64_t at;        /* the descriptor in question */
	uint64_t files;     /* bytes of all */
	uint64_t per_chunk, sector; /* 0: not stated */
	uint8_t *text;      /* HL_MAX_EWF_HEADER bytes, once it is needed */
};

static enum hl_status refuse(const struct check *c, const char *why)
{
	struct hl_at at = { c->ctx, NULL, c->at, c->f->seg[c->seg].path };

	return hl_fail(&at, HL_CORRUPT, "Ex01: the section that ends at byte "
	               "%llu %s; it is not handed to libewf",
	               (unsigned long long)c->at, why);
}

static enum hl_status read_at(struct check *c, uint64_t off, void *p, size_t n)
{
	size_t got;

	if (hl_files_pread(c->f, c->seg, off, p, n, &got) != HL_OK || got < n)
		return refuse(c, "cannot be read");
	return HL_OK;
}

/* ---- texts: "1\nmain\nKEYS\nVALUES\n", by tabs ---------------------------- */

/* The units of the next field of a line; false: the line is over. */
static bool field(struct span *line, struct span *out)
{
	size_t n = 0;

	if (!line->p)
		return false;
	while (n + 2 <= line->n && le16_at(line->p + n) != '\t' &&
	       le16_at(line->p + n) != '\n')
		n += 2;
	*out = span_of(line->p, n);
	if (n + 2 <= line->n && le16_at(line->p + n) == '\t')
		*line = span_of(line->p + n + 2, line->n - n - 2);
	else
		line->p = NULL;
	return true;
}

static struct span line_of(struct span text, unsigned number)
{
	size_t i = text.n >= 2 && le16_at(text.p) == 0xfeff ? 2 : 0;

	for (; number && i + 2 <= text.n; i += 2)
		number -= le16_at(text.p + i) == '\n';
	return number ? span_of(NULL, 0) : span_of(text.p + i, text.n - i);
}

/* The number below a key of two letters; 0: none. */
static uint64_t stated(struct span text, const char *key)
{
	struct span keys = line_of(text, 2), values = line_of(text, 3), k, v;
	uint64_t n = 0;

	while (field(&keys, &k) && field(&values, &v)) {
		if (k.n != 4 || le16_at(k.p) != (uint8_t)key[0] ||
		    le16_at(k.p + 2) != (uint8_t)key[1])
			continue;
		for (size_t i = 0; i + 2 <= v.n && n < 1u << 30; i += 2) {
			unsigned c = le16_at(v.p + i);
			if (c < '0' || c > '9')
				return 0;
			n = n * 10 + (c - '0');
		}
		return n;
	}
	return 0;
}

static enum hl_status inflated(struct check *c, struct span raw, size_t *n)
{
	struct hl_inflate *z;
	enum hl_status st = hl_inflate_new(&z, c->ctx);

	if (st != HL_OK)
		return st;
	st = hl_inflate_zlib(z, raw, c->text, HL_MAX_EWF_HEADER, n);
	hl_inflate_free(z);
	return st == HL_OK ? HL_OK :
	       refuse(c, "holds no text, or more than a text may be");
}

static enum hl_status text(struct check *c, uint32_t type, uint64_t off,
                           uint64_t size)
{
	uint8_t *raw;
	size_t n = 0;

	if (size == 0)
		return HL_OK;
	if (size > HL_MAX_EWF_HEADER)
		return refuse(c, "has more bytes than a text may have");
	if (!c->text)
		c->text = hl_alloc(c->ctx, HL_MAX_EWF_HEADER);
	raw = hl_alloc(c->ctx, (size_t)size);
	enum hl_status st = raw && c->text ? read_at(c, off, raw, (size_t)size)
	                                   : HL_NOMEM;
	if (st == HL_OK)
		st = inflated(c, span_of(raw, (size_t)size), &n);
	hl_free(c->ctx, raw);
	if (st == HL_OK && type == CASE && !c->per_chunk)
		c->per_chunk = stated(span_of(c->text, n), "sb");
	if (st == HL_OK && type == DEVICE && !c->sector)
		c->sector = stated(span_of(c->text, n), "bp");
	return st;
}

/* ---- sections ---------------------------------------------------------------- */

/* Entries of 16 bytes behind 16 or 32 bytes that count them. */
static enum hl_status entries(struct check *c, uint32_t type, uint64_t off,
                              uint64_t size)
{
	size_t head = type == TABLE ? 32 : 16;
	uint8_t p[16];
	enum hl_status st;

	if (size < head)
		return refuse(c, "is shorter than a table");
	st = read_at(c, off, p, sizeof(p));
	if (st != HL_OK)
		return st;
	if (le32_at(p + (type == TABLE ? 8 : 0)) > (size - head) / 16)
		return refuse(c, "counts more entries than it has room for");
	return HL_OK;
}

/* The one that ends at c->at; moves on to the one before, HL_END: none. */
static enum hl_status section(struct check *c)
{
	uint8_t d[DESCRIPTOR];
	uint64_t from = c->at - DESCRIPTOR, size, before;
	enum hl_status st = read_at(c, from, d, sizeof(d));

	if (st != HL_OK)
		return st;
	before = le64_at(d + 8);
	size = le64_at(d + 16);
	if (hl_adler32(span_of(d, 60)) != le32_at(d + 60))
		return refuse(c, "has a wrong checksum");
	if (size > from - HEAD)
		return refuse(c, "has more data than lie before it");
	uint32_t type = le32_at(d);
	if (type == DEVICE || type == CASE)
		st = text(c, type, from - size, size);
	else if (type == TABLE || type == ERRORS || type == SESSIONS)
		st = entries(c, type, from - size, size);
	if (st != HL_OK || before == 0)
		return st == HL_OK ? HL_END : st;
	if (before < HEAD || before > from - size ||
	    from - size - before < DESCRIPTOR)
		return refuse(c, "does not follow the one before");
	c->at = before + DESCRIPTOR;
	return HL_OK;
}

static enum hl_status segment(struct check *c)
{
	enum hl_status st = HL_OK;

	c->at = c->f->seg[c->seg].size;
	if (c->at < HEAD + DESCRIPTOR)
		return refuse(c, "is not there");
	for (unsigned n = 0; st == HL_OK; n++) {
		if (n == HL_MAX_EWF_SECTIONS)
			return refuse(c, "is one of too many");
		if (hl_cancelled(c->ctx))
			return HL_CANCELLED;
		st = section(c);
	}
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_ewf2_check(const struct hl_files *f,
                             const struct hl_ctx *ctx)
{
	struct check c = { .ctx = ctx, .f = f };
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < f->n; i++)
		c.files += min_u64(f->seg[i].size, UINT64_C(1) << 40);
	for (; c.seg < f->n && st == HL_OK; c.seg++)
		st = segment(&c);
	hl_free(ctx, c.text);
	if (st != HL_OK)
		return st;
	c.seg = 0;
	uint64_t chunk = (c.per_chunk ? c.per_chunk : USUAL_PER_CHUNK) *
	                 (c.sector ? c.sector : 512);
	if (c.sector > 65536 || chunk > HL_MAX_EWF_CHUNK ||
	    (chunk > ORDINARY_CHUNK && chunk / MAX_RATIO > c.files))
		return refuse(&c, "and others state chunks that are "
		              "impossible");
	return HL_OK;
}
