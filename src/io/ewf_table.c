/*
 * ewf_table.c: from a chunk's number to the place of its bytes.
 *
 *	chunk 0                                              n_chunks
 *	|-- table 0 --|-- table 1 --|   hole   |-- table 2 --|
 *
 * The entries stay on disk (a terabyte has 33 million of them); each table
 * is read once at open to check it, later in pages.
 */
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_disk.h"
#include "io/ewf_impl.h"

struct check {
	struct ewf_table *t;
	uint64_t file_size;
	uint32_t i, last; /* entries seen; offset of the last one */
	uint64_t first_off;
	bool outside;
};

/* EnCase 6.7 goes on past 2 GiB with plain 32-bit offsets, not deflated. */
static void check_entries(struct check *c, const uint8_t *p, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++, c->i++) {
		uint32_t raw = le32_at(p + (size_t)k * 4);
		uint32_t off = raw & EWF_ENTRY_OFFSET;
		uint64_t abs;
		if (c->i && c->i < c->t->wide_from && off < c->last &&
		    raw > EWF_ENTRY_OFFSET)
			c->t->wide_from = c->i;
		if (c->i >= c->t->wide_from)
			off = raw;
		c->last = off;
		if (ckd_add(&abs, c->t->base, (uint64_t)off) ||
		    abs >= c->file_size || abs < EWF_FILE_HEADER)
			c->outside = true;
		if (c->i == 0)
			c->first_off = abs;
	}
}

static enum hl_status read_all(const struct ewf *e, size_t seg, uint64_t off,
                               void *buf, size_t len)
{
	size_t got;
	enum hl_status st = hl_files_pread(e->files, seg, off, buf, len, &got);

	return st == HL_OK && got < len ? HL_CORRUPT : st;
}

/* Read all entries once; *sum becomes their checksum. */
static enum hl_status stream_entries(const struct ewf *e, struct check *c,
                                     uint64_t off, size_t seg, uint32_t *sum)
{
	uint8_t buf[16384];
	uint32_t left = c->t->n;
	uLong adler = adler32(0, NULL, 0);

	while (left) {
		uint32_t n = left < sizeof(buf) / 4 ? left : sizeof(buf) / 4;
		enum hl_status st = read_all(e, seg, off, buf, (size_t)n * 4);
		if (hl_cancelled(e->src.ctx))
			return HL_CANCELLED;
		if (st != HL_OK)
			return st;
		check_entries(c, buf, n);
		adler = adler32(adler, buf, n * 4);
		off += (uint64_t)n * 4;
		left -= n;
	}
	*sum = (uint32_t)adler;
	return HL_OK;
}

static enum hl_status bad(const char **why, const char *text)
{
	*why = text;
	return HL_CORRUPT;
}

static enum hl_status check_body(const struct ewf *e,
                                 const struct ewf_body *body,
                                 struct ewf_table *t, const char **why)
{
	struct check c = { .t = t,
	                   .file_size = e->files->seg[body->seg].size };
	uint64_t bytes = (uint64_t)t->n * 4, after;
	uint32_t sum;
	uint8_t foot[4];
	enum hl_status st;

	t->entries_off = body->off + EWF_TABLE_HEAD;
	t->wide_from = t->n;
	if (bytes > body->end - t->entries_off)
		return bad(why, "has more entries than fit into it");
	st = stream_entries(e, &c, t->entries_off, body->seg, &sum);
	if (st != HL_OK)
		return st == HL_CORRUPT ? bad(why, "is cut") : st;
	after = t->entries_off + bytes;
	/* chunks behind the entries leave no room for a checksum in SMART */
	if (body->end - after >= 4 &&
	    (body->data_end || (t->n && c.first_off >= after + 4))) {
		st = read_all(e, body->seg, after, foot, sizeof(foot));
		if (st != HL_OK)
			return bad(why, "is cut");
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
		if (le32_at(foot) != sum)
			return bad(why, "has a wrong checksum");
#endif
	}
	/* with allow_missing each such chunk is lost by itself */
	if (c.outside && !e->allow_missing)
		return bad(why, "points beyond the end of the file");
	t->data_end = body->data_end ? body->data_end : body->end;
	return HL_OK;
}

enum hl_status hl_ewf_table_check(const struct ewf *e,
                                  const struct ewf_body *body,
                                  struct ewf_table *t, const char **why)
{
	struct ewf_table_head head;
	uint8_t raw[EWF_TABLE_HEAD];
	enum hl_status st;

	*why = "cannot be read";
	if (body->end - body->off < EWF_TABLE_HEAD)
		return bad(why, "is too short");
	st = read_all(e, body->seg, body->off, raw, sizeof(raw));
	if (st != HL_OK)
		return st;
	if (hl_ewf_table_head(span_of(raw, sizeof(raw)), &head) != HL_OK)
		return bad(why, "has a wrong checksum in its head");
	if (head.n > (body->end - body->off - EWF_TABLE_HEAD) / 4)
		return bad(why, "has more entries than fit into it");
	t->n = head.n;
	t->base = head.base;
	t->seg = body->seg;
	return check_body(e, body, t, why);
}

enum hl_status hl_ewf_add_table(struct ewf *e, const struct ewf_table *t)
{
	enum hl_status st = hl_grow(e->src.ctx, (void **)&e->table,
	                            &e->cap_tables, e->n_tables,
	                            sizeof(*e->table), HL_MAX_EWF_TABLES);

	if (st == HL_OK)
		e->table[e->n_tables++] = *t;
	return st;
}

/* ---- placing ---------------------------------------------------------- */

static enum hl_status check_sum(const struct ewf *e, uint64_t sum,
                                size_t holes)
{
	const char *path = e->files->seg[0].path;
	uint64_t want = e->vol.chunks;

	if (sum > want)
		return hl_ewf_flaw(e, path, HL_CORRUPT, "the tables of the set "
		                   "list %" PRIu64 " chunks, its volume "
		                   "section says %" PRIu64, sum, want);
	if (sum < want && !holes)
		return hl_ewf_flaw(e, path, HL_CORRUPT, "the tables of the set "
		                   "list only %" PRIu64 " of the %" PRIu64
		                   " chunks that its volume section says",
		                   sum, want);
	return HL_OK;
}

/* Tables between two holes could be anywhere; what they hold is lost. */
static void drop(struct ewf *e, size_t from, size_t to)
{
	uint64_t n = 0;

	for (size_t i = from; i < to; i++) {
		n += e->table[i].hole ? 0 : e->table[i].n;
		hl_free(e->src.ctx, e->table[i].entries);
	}
	if (n)
		hl_warn(&(struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
		                         e->files->seg[0].path },
		        "%" PRIu64 " chunks between missing ones cannot be "
		        "placed; they read as zeros", n);
	memmove(&e->table[from], &e->table[to],
	        (e->n_tables - to) * sizeof(*e->table));
	e->n_tables -= to - from;
}

enum hl_status hl_ewf_place_tables(struct ewf *e)
{
	uint64_t sum = 0, at = 0, want = e->vol.chunks;
	size_t holes = 0, head = 0, tail = e->n_tables, keep = 0;
	enum hl_status st;

	for (size_t i = 0; i < e->n_tables; i++) {
		sum += e->table[i].hole ? 0 : e->table[i].n;
		holes += e->table[i].hole;
	}
	st = check_sum(e, sum, holes);
	if (st != HL_OK)
		return st;
	if (sum >= want) { /* the holes hold nothing */
		for (size_t i = 0; i < e->n_tables; i++)
			if (!e->table[i].hole)
				e->table[keep++] = e->table[i];
		e->n_tables = tail = keep;
		holes = 0;
	}
	for (; head < e->n_tables && !e->table[head].hole; head++) {
		e->table[head].first = at;
		at += e->table[head].n;
	}
	if (!holes)
		return HL_OK;
	for (at = want; !e->table[tail - 1].hole; tail--) {
		at -= e->table[tail - 1].n;
		e->table[tail - 1].first = at;
	}
	drop(e, head, tail);
	return HL_OK;
}

/* ---- looking up ------------------------------------------------------- */

bool hl_ewf_find_table(const struct ewf *e, uint64_t chunk, size_t *i)
{
	size_t lo = 0, hi = e->n_tables;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (e->table[mid].first <= chunk)
			lo = mid + 1;
		else
			hi = mid;
	}
	*i = lo; /* the first table behind */
	if (lo && chunk - e->table[lo - 1].first < e->table[lo - 1].n) {
		*i = lo - 1;
		return true;
	}
	return false;
}

static enum hl_status fill_page(struct ewf *e, struct ewf_page *p, size_t t,
                                uint32_t page)
{
	const struct ewf_table *table = &e->table[t];
	uint32_t first = page * EWF_PAGE_ENTRIES;
	enum hl_status st;

	p->table = SIZE_MAX;
	p->n = table->n - first < EWF_PAGE_ENTRIES ? table->n - first
	                                           : EWF_PAGE_ENTRIES;
	st = read_all(e, table->seg, table->entries_off + (uint64_t)first * 4,
	              p->entries, (size_t)p->n * 4);
	if (st == HL_OK) {
		p->table = t;
		p->page = page;
	}
	return st;
}

static enum hl_status from_page(struct ewf *e, struct ewf_page *p, size_t t,
                                uint32_t i, uint32_t *raw)
{
	enum hl_status st = HL_OK;

	if (p->table != t || p->page != i / EWF_PAGE_ENTRIES)
		st = fill_page(e, p, t, i / EWF_PAGE_ENTRIES);
	if (st == HL_OK)
		*raw = le32_at(p->entries + (size_t)(i % EWF_PAGE_ENTRIES) * 4);
	return st;
}

/* Entry i of table t, through a page of its own or the shared ones. */
static enum hl_status entry(struct ewf *e, struct ewf_page *own, size_t t,
                            uint32_t i, uint32_t *raw)
{
	enum hl_status st;

	if (e->table[t].entries) {
		*raw = e->table[t].entries[i];
		return HL_OK;
	}
	if (own)
		return from_page(e, own, t, i, raw);
	pthread_mutex_lock(&e->lock);
	st = from_page(e, &e->page[(t * 7 + i / EWF_PAGE_ENTRIES) % EWF_PAGES],
	               t, i, raw);
	pthread_mutex_unlock(&e->lock);
	return st;
}

static bool absolute(const struct ewf_table *t, uint32_t i, uint32_t raw,
                     uint64_t *off)
{
	if (i < t->wide_from)
		raw &= EWF_ENTRY_OFFSET;
	return !ckd_add(off, t->base, (uint64_t)raw);
}

enum hl_status hl_ewf_locate(struct ewf *e, uint64_t chunk,
                             struct ewf_page *own, struct ewf_place *out)
{
	uint64_t end, limit, most;
	uint32_t i, raw, next;
	const struct ewf_table *t;
	enum hl_status st;
	size_t k;

	if (!hl_ewf_find_table(e, chunk, &k) || e->table[k].bad)
		return HL_END;
	t = &e->table[k];
	i = (uint32_t)(chunk - t->first);
	st = entry(e, own, k, i, &raw);
	if (st != HL_OK)
		return st;
	out->seg = t->seg;
	out->deflated = i < t->wide_from && (raw & EWF_ENTRY_DEFLATED);
	limit = min_u64(t->data_end, e->files->seg[t->seg].size);
	if (!absolute(t, i, raw, &out->off) || out->off < EWF_FILE_HEADER)
		return HL_CORRUPT;
	/* an entry outside the sectors section may still be in the file */
	if (out->off >= limit)
		limit = e->files->seg[t->seg].size;
	if (out->off >= limit)
		return HL_END;
	end = limit;
	if (i + 1 < t->n) {
		uint64_t behind;
		st = entry(e, own, k, i + 1, &next);
		if (st != HL_OK)
			return st;
		if (absolute(t, i + 1, next, &behind) && behind > out->off)
			end = min_u64(end, behind);
	}
	most = out->deflated ? (uint64_t)e->chunk_size + e->chunk_size / 8 +
	       1024 : (uint64_t)e->chunk_size + 4;
	out->len = (uint32_t)min_u64(end - out->off, most);
	return HL_OK;
}
