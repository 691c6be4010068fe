/*
 * scan_state.c: what a pass has seen so far, as bytes, and back.
 *
 *	hivelift scan state 2     (1: BitLocker was not looked for)
 *	image BYTES IDENTITY      CRCs of its first, middle and last bytes
 *	range FROM TO             version 3; 2 is of the whole image
 *	at BYTES
 *	place ROW BYTES           any number of them
 *	records BYTES             and so many bytes of the map of records
 *
 * Only places are kept: they are judged anew each time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/note.h"
#include "fs/scan_impl.h"

#define KIND "hivelift scan state "
#define HEADLINE KIND "2\n"
#define RANGED KIND "3\n" /* as long as the other */
#define PIECE 65536u
#define IDENTITY 25 /* three CRCs in hex, with NUL */

struct writer {
	bool (*put)(void *user, const void *p, size_t n);
	void *user;
	uint64_t n; /* counted when put is NULL */
};

static int count(void *user, const void *p, size_t n)
{
	struct writer *w = user;

	(void)p;
	w->n += n;
	return 0;
}

static int pass_on(void *user, const void *p, size_t n)
{
	struct writer *w = user;

	return w->put(w->user, p, n) ? 0 : -1;
}

static bool line(struct writer *w, const char *fmt, ...) HL_PRINTF(2, 3);
static bool line(struct writer *w, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(text) &&
	       w->put(w->user, text, (size_t)n);
}

/* Three pieces tell one image from another; what is unreadable is zeros. */
static enum hl_status identity(struct hl_scan *s, char hex[IDENTITY])
{
	uint64_t size = hl_src_size(s->image);
	const uint64_t at[3] = { 0, size / 2, size - min_u64(size, PIECE) };
	uint8_t *b = hl_alloc(s->ctx, PIECE);
	enum hl_status st = b ? HL_OK : HL_NOMEM;

	for (size_t i = 0; i < 3 && st == HL_OK; i++) {
		size_t n = (size_t)min_u64(PIECE, size - at[i]);
		struct hl_ranges bad;

		hl_ranges_clear(&bad);
		if (n)
			st = hl_src_read(s->image, at[i], b, n, &bad);
		snprintf(hex + 8 * i, 9, "%08lx", crc32(0, b, (uInt)n));
	}
	hl_free(s->ctx, b);
	return st;
}

static bool head(struct writer *w, const struct hl_scan *s, const char *hex)
{
	uint64_t from, to;
	bool ranged = hl_scan_range(s, &from, &to);

	return line(w, "%simage %" PRIu64 " %s\n",
	            ranged ? RANGED : HEADLINE, hl_src_size(s->image), hex) &&
	       (!ranged ||
	        line(w, "range %" PRIu64 " %" PRIu64 "\n", from, to)) &&
	       line(w, "at %" PRIu64 "\n", s->at);
}

enum hl_status hl_scan_save(struct hl_scan *scan,
                            bool (*put)(void *user, const void *p, size_t n),
                            void *user)
{
	struct writer w = { put, user, 0 };
	char hex[IDENTITY];
	enum hl_status st = identity(scan, hex);

	if (st == HL_OK)
		st = hl_recmap_save(scan->map, count, &w);
	if (st != HL_OK)
		return st;
	if (!head(&w, scan, hex))
		return HL_IO;
	for (size_t i = 0; i < scan->n_place; i++)
		if (!line(&w, "place %s %" PRIu64 "\n",
		          hl_scan_rows[scan->place[i].row].name,
		          scan->place[i].off))
			return HL_IO;
	if (!line(&w, "records %" PRIu64 "\n", w.n))
		return HL_IO;
	return hl_recmap_save(scan->map, pass_on, &w);
}

/* ---- back ---------------------------------------------------------------- */

struct reader {
	struct span s;
	size_t pos;
	char word[3][80]; /* of the line */
};

/* The next line, cut into up to three words. */
static bool next(struct reader *r)
{
	unsigned w = 0;
	size_t n = 0;

	memset(r->word, 0, sizeof(r->word));
	for (; r->pos < r->s.n; r->pos++) {
		char c = (char)r->s.p[r->pos];

		if (c == '\n') {
			r->pos++;
			return true;
		}
		if (c == ' ') {
			w++;
			n = 0;
		} else if (w < 3 && n < sizeof(r->word[0]) - 1) {
			r->word[w][n++] = c;
		}
	}
	return false;
}

static bool number(const char *s, uint64_t *out)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	*out = strtoull(s, &end, 10);
	return !*end;
}

static bool find_row(const char *name, uint32_t *row)
{
	for (*row = 0; *row < hl_scan_n_rows; ++*row)
		if (!strcmp(hl_scan_rows[*row].name, name))
			return true;
	return false;
}

static enum hl_status load_records(struct hl_scan *s, struct reader *r)
{
	struct hl_recmap *map;
	struct span bytes;
	uint64_t n;

	if (!number(r->word[1], &n) || n != r->s.n - r->pos ||
	    !span_from(r->s, r->pos, &bytes))
		return HL_CORRUPT;
	enum hl_status st = hl_recmap_load(&map, bytes, s->ctx);
	if (st != HL_OK)
		return st;
	hl_recmap_free(s->map);
	s->map = map;
	return HL_OK;
}

static enum hl_status load_place(struct hl_scan *s, const struct reader *r)
{
	struct scan_place p;

	if (!find_row(r->word[1], &p.row) || !number(r->word[2], &p.off) ||
	    p.off >= hl_src_size(s->image) || p.off % SCAN_SECTOR)
		return HL_CORRUPT;
	enum hl_status st = hl_grow(s->ctx, (void **)&s->place, &s->cap_place,
	                            s->n_place, sizeof(p),
	                            HL_MAX_SCAN_PLACES);
	if (st == HL_OK)
		s->place[s->n_place++] = p;
	return st == HL_LIMIT ? HL_CORRUPT : st;
}

static enum hl_status load(struct hl_scan *s, struct reader *r)
{
	enum hl_status st;

	if (!next(r) || strcmp(r->word[0], "at") != 0 ||
	    !number(r->word[1], &s->at) || s->at < s->from || s->at > s->to)
		return HL_CORRUPT;
	while (next(r)) {
		if (!strcmp(r->word[0], "records"))
			return load_records(s, r);
		if (strcmp(r->word[0], "place") != 0)
			return HL_CORRUPT;
		st = load_place(s, r);
		if (st != HL_OK)
			return st;
	}
	return HL_CORRUPT;
}

/* Does the state go on where this scan is to look?  Else said. */
static enum hl_status same_range(struct hl_scan *s, struct reader *r,
                                 bool ranged, struct hl_at *at)
{
	uint64_t from = 0, to = hl_src_size(s->image);

	if (ranged && (!next(r) || strcmp(r->word[0], "range") != 0 ||
	               !number(r->word[1], &from) ||
	               !number(r->word[2], &to)))
		return HL_CORRUPT;
	if (from == s->from && to == s->to)
		return HL_OK;
	if (!ranged)
		return hl_fail(at, HL_USAGE, "it is of a scan of the whole "
		               "image");
	return hl_fail(at, HL_USAGE, "it is of a scan of another range: "
	               "bytes %" PRIu64 " to %" PRIu64, from, to);
}

enum hl_status hl_scan_load(struct hl_scan *scan, const void *p, size_t n)
{
	struct reader r = { .s = span_of(p, n), .pos = strlen(HEADLINE) };
	struct hl_at at = { scan->ctx, NULL, HL_NO_OFFSET, "scan state" };
	char hex[IDENTITY];
	uint64_t size;
	bool whole = n >= r.pos && !memcmp(p, HEADLINE, r.pos);
	bool ranged = n >= r.pos && !memcmp(p, RANGED, r.pos);
	enum hl_status st;

	if (n >= r.pos && !memcmp(p, KIND, strlen(KIND)) && !whole && !ranged)
		return hl_fail(&at, HL_USAGE, "another version of hivelift "
		               "made it");
	if ((!whole && !ranged) || !next(&r) ||
	    strcmp(r.word[0], "image") != 0 || !number(r.word[1], &size))
		return hl_fail(&at, HL_CORRUPT, "that file is not one");
	st = identity(scan, hex);
	if (st != HL_OK)
		return st;
	if (size != hl_src_size(scan->image) || strcmp(hex, r.word[2]) != 0)
		return hl_fail(&at, HL_USAGE, "it is of another image");
	st = same_range(scan, &r, ranged, &at);
	if (st == HL_OK)
		st = load(scan, &r);
	if (st == HL_CORRUPT) {
		scan->at = scan->from;
		scan->n_place = 0;
		return hl_fail(&at, HL_CORRUPT, "it is damaged");
	}
	return st;
}
