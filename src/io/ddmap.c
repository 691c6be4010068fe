/*
 * ddmap.c: the text of a ddrescue map ("logfile" before version 1.20):
 *
 *	# Mapfile. Created by GNU ddrescue version 1.27
 *	# current_pos  current_status  current_pass
 *	0x00120000     ?               1		status line
 *	#      pos        size  status
 *	0x00000000  0x00117000  +			rescued
 *	0x00117000  0x00000200  -			bad sector
 *	0x00117200  0x00008E00  *			non-trimmed
 *
 * and '/' non-scraped, '?' non-tried.  Numbers are as in C: 0x hexadecimal, 0
 * octal, else decimal; the last size may be -1, to the end.  Old versions
 * leave the pass out, the first ones the whole status line.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "io/ddmap.h"

/* A number, a number, a status; one more is too many. */
#define MAX_WORDS 4

struct words {
	struct span v[MAX_WORDS];
	size_t n;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without its end; false: there is none. */
static bool take_line(struct hl_ddmap *m, struct span *line)
{
	if (m->text.n == 0)
		return false;
	const uint8_t *p = m->text.p;
	const uint8_t *nl = memchr(p, '\n', m->text.n);
	size_t n = nl ? (size_t)(nl - p) : m->text.n;

	*line = span_of(p, n);
	m->text = span_of(p + n + !!nl, m->text.n - n - !!nl);
	m->line++;
	return true;
}

/* Up to a comment; words that do not fit are counted as one. */
static void split(struct span line, struct words *w)
{
	size_t i = 0;

	w->n = 0;
	while (i < line.n && w->n < MAX_WORDS) {
		size_t from;

		while (i < line.n && is_blank(line.p[i]))
			i++;
		if (i == line.n || line.p[i] == '#')
			return;
		for (from = i; i < line.n && !is_blank(line.p[i]); i++)
			;
		w->v[w->n++] = span_of(line.p + from, i - from);
	}
}

/* 0 to 15, or 16: no digit. */
static unsigned digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10u;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10u;
	return 16;
}

static bool number(struct span s, uint64_t *out)
{
	unsigned base = s.n > 1 && s.p[0] == '0' ? 8 : 10;
	size_t i = 0;

	if (base == 8 && (s.p[1] == 'x' || s.p[1] == 'X')) {
		base = 16;
		i = 2;
	}
	*out = 0;
	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		unsigned d = digit(s.p[i]);
		if (d >= base || ckd_mul(out, *out, base) ||
		    ckd_add(out, *out, d))
			return false;
	}
	return true;
}

static bool letter(struct span s, const char *of)
{
	return s.n == 1 && s.p[0] && strchr(of, s.p[0]);
}

/* "-1": as far as there is something. */
static bool size_of(struct span s, uint64_t pos, uint64_t *out)
{
	if (s.n == 2 && memcmp(s.p, "-1", 2) == 0) {
		*out = UINT64_MAX - pos;
		return true;
	}
	return number(s, out);
}

static bool is_status_line(const struct words *w)
{
	uint64_t n;

	return (w->n == 2 || (w->n == 3 && number(w->v[2], &n))) &&
	       number(w->v[0], &n) && letter(w->v[1], "?*/-FG+");
}

static enum hl_status wrong(struct hl_ddmap *m, const char *why)
{
	m->why = why;
	return HL_CORRUPT;
}

static enum hl_status area(struct hl_ddmap *m, const struct words *w,
                           struct hl_ddmap_area *out)
{
	uint64_t end;

	if (w->n != 3 || !number(w->v[0], &out->off) ||
	    !size_of(w->v[1], out->off, &out->len))
		return wrong(m, "is no area of a ddrescue map (position, "
		             "size, status)");
	if (!letter(w->v[2], "?*/-+"))
		return wrong(m, "has a status that ddrescue does not know");
	if (ckd_add(&end, out->off, out->len))
		return wrong(m, "ends beyond what can be counted");
	if (out->off < m->end)
		return wrong(m, "overlaps the area before it");
	/* a map that was only begun holds one area of nothing */
	if (out->len == 0 && (out->off || m->end))
		return wrong(m, "has an area without bytes");
	m->end = end;
	out->status = (char)w->v[2].p[0];
	out->rescued = out->status == '+';
	return HL_OK;
}

enum hl_status hl_ddmap_next(struct hl_ddmap *m, struct hl_ddmap_area *out)
{
	struct span line;
	struct words w;

	while (take_line(m, &line)) {
		bool first = !m->begun;

		split(line, &w);
		if (w.n == 0)
			continue;
		m->begun = true;
		if (first && is_status_line(&w))
			continue;
		enum hl_status st = area(m, &w, out);
		if (st != HL_OK || out->len)
			return st;
	}
	return HL_END;
}
