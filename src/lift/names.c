/*
 * names.c: see names.h for the rule.
 *
 * Escaping goes character by character into one part; a part that is full is
 * closed with %+ and the next begins.  Whether a part is a device name can
 * only be told when it is complete.
 */
#include <string.h>

#include "base/text.h"
#include "lift/names.h"
#include "base/banned.h"

struct writer {
	char *dst;
	size_t size, n;
	bool full;
	char part[HL_NAME_PART + 1];
	size_t n_part;
};

static void put(struct writer *w, const char *s, size_t n)
{
	if (w->full || n >= w->size - w->n) {
		w->full = true;
		return;
	}
	memcpy(w->dst + w->n, s, n);
	w->n += n;
	w->dst[w->n] = '\0';
}

/*
 * Windows takes these as devices in every folder, whatever stands after the
 * first dot and however many blanks before it.
 */
static bool is_device(const char *s, size_t n)
{
	static const char *const names[] = { "con",    "prn",     "aux",
		                             "nul",    "conin$",  "conout$",
		                             "clock$" };
	static const char *const ports[] = { "com", "lpt" };
	char base[8] = "";
	size_t len = 0;

	while (len < n && s[len] != '.')
		len++;
	while (len && s[len - 1] == ' ')
		len--;
	if (len < 3 || len >= sizeof(base))
		return false;
	memcpy(base, s, len);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!hl_casecmp(base, names[i]))
			return true;
	for (size_t i = 0; i < 2; i++)
		if (hl_case_starts(base, ports[i]) &&
		    ((len == 4 && base[3] >= '0' && base[3] <= '9') ||
		     !strcmp(base + 3, "\xc2\xb9") || /* superscript 1 2 3 */
		     !strcmp(base + 3, "\xc2\xb2") ||
		     !strcmp(base + 3, "\xc2\xb3")))
			return true;
	return false;
}

static size_t percent(char *dst, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	dst[0] = '%';
	dst[1] = digits[byte >> 4];
	dst[2] = digits[byte & 15];
	return 3;
}

static void close_part(struct writer *w, bool escape_first)
{
	char first[3];

	if (escape_first || is_device(w->part, w->n_part)) {
		put(w, first, percent(first, (unsigned char)w->part[0]));
		put(w, w->part + 1, w->n_part - 1);
	} else {
		put(w, w->part, w->n_part);
	}
	w->n_part = 0;
}

static void add(struct writer *w, const char *token, size_t n)
{
	if (n > HL_NAME_PART - w->n_part) {
		close_part(w, false);
		put(w, "%+/", 3);
	}
	memcpy(w->part + w->n_part, token, n);
	w->n_part += n;
}

/* The next character; a lone surrogate is one too. */
static uint32_t character(const uint16_t *u, size_t n, size_t *i)
{
	uint32_t c = u[(*i)++];

	if (c < 0xd800 || c > 0xdbff || *i == n || u[*i] < 0xdc00 ||
	    u[*i] > 0xdfff)
		return c;
	return 0x10000 + ((c - 0xd800) << 10) + (u[(*i)++] - 0xdc00u);
}

static size_t encode(unsigned char *b, uint32_t c)
{
	if (c < 0x80) {
		b[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		b[0] = (unsigned char)(0xc0 | c >> 6);
		b[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		b[0] = (unsigned char)(0xe0 | c >> 12);
		b[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	b[0] = (unsigned char)(0xf0 | c >> 18);
	b[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	b[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	b[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

/* Marks that turn a line round or end it, wherever the name is shown. */
static bool turns(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Controls, lone surrogates, and what Windows does not take in a name. */
static bool hurts(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
		return true;
	if (turns(c))
		return true;
	return c < 0x80 && strchr("%/\\:\"*<>?|", (int)c);
}

static size_t token_of(char *token, uint32_t c, bool last)
{
	unsigned char b[4];
	size_t n = encode(b, c), len = 0;

	if (!hurts(c) && !(last && (c == '.' || c == ' '))) {
		memcpy(token, b, n);
		return n;
	}
	for (size_t i = 0; i < n; i++)
		len += percent(token + len, b[i]);
	return len;
}

size_t hl_name_escape(char *dst, size_t size, const uint16_t *u, size_t n,
                      bool top)
{
	struct writer w = { .dst = dst, .size = size };
	char token[12];

	if (size == 0)
		return SIZE_MAX;
	for (size_t i = 0; i < n;) {
		uint32_t c = character(u, n, &i);
		add(&w, token, token_of(token, c, i == n));
	}
	if (n == 0)
		put(&w, "%-", 2);
	w.part[w.n_part] = '\0';
	if (n)
		close_part(&w, top && n == 8 &&
		                       !hl_casecmp(w.part, "$Deleted"));
	return w.full ? SIZE_MAX : w.n;
}

/* ---- and back --------------------------------------------------------- */

struct reader {
	const char *s;
	bool bad;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool at_end(const char *s)
{
	return *s == '\0' || *s == '/';
}

/* %~N up to the end of the part. */
static const char *suffix(const char *s)
{
	if (s[0] != '%' || s[1] != '~')
		return s;
	for (s += 2; *s >= '0' && *s <= '9'; s++)
		;
	return s;
}

/* The next byte of the name, or -1 at its end (or when it is not one). */
static int next_byte(struct reader *r)
{
	const char *s = r->s;

	if (s[0] == '%' && s[1] == '+') {
		s = suffix(s + 2);
		r->bad = *s != '/' || at_end(s + 1);
		s++;
	}
	if (r->bad || at_end(s))
		goto end;
	if (*s != '%') {
		r->s = s + 1;
		return (unsigned char)*s;
	}
	if (s[1] == '~') {
		s = suffix(s);
		r->bad = !at_end(s);
		goto end;
	}
	if (digit(s[1]) < 0 || digit(s[2]) < 0) {
		r->bad = true;
		goto end;
	}
	r->s = s + 3;
	return digit(s[1]) << 4 | digit(s[2]);
end:
	r->s = s;
	return -1;
}

static uint32_t more(struct reader *r, uint32_t c, int n)
{
	while (n-- > 0) {
		int b = next_byte(r);
		if (b < 0 || (b & 0xc0) != 0x80) {
			r->bad = true;
			return 0;
		}
		c = c << 6 | (uint32_t)(b & 0x3f);
	}
	return c;
}

/* Over-long forms and what UTF-16 cannot hold are not ours: bad. */
static uint32_t decode(struct reader *r, int b)
{
	uint32_t c = (uint32_t)b, least = 0;

	if (b >= 0xf0 && b <= 0xf4) {
		c = more(r, c & 7, 3);
		least = 0x10000;
	} else if (b >= 0xe0 && b < 0xf0) {
		c = more(r, c & 15, 2);
		least = 0x800;
	} else if (b >= 0xc2 && b < 0xe0) {
		c = more(r, c & 31, 1);
		least = 0x80;
	} else if (b >= 0x80) {
		r->bad = true;
	}
	if (c < least || c > 0x10ffff)
		r->bad = true;
	return c;
}

size_t hl_name_unescape(uint16_t *dst, size_t max, const char **path)
{
	struct reader r = { .s = *path };
	size_t n = 0;
	int b;

	if (at_end(r.s))
		return SIZE_MAX;
	if (r.s[0] == '%' && r.s[1] == '-') {
		r.s = suffix(r.s + 2);
		r.bad = !at_end(r.s);
	} else {
		while (!r.bad && (b = next_byte(&r)) >= 0) {
			uint32_t c = decode(&r, b);
			size_t need = c > 0xffff ? 2 : 1;

			if (r.bad || need > max - n)
				return SIZE_MAX;
			if (need == 2) {
				dst[n++] = (uint16_t)(0xd7c0 + (c >> 10));
				dst[n++] = (uint16_t)(0xdc00 | (c & 0x3ff));
			} else {
				dst[n++] = (uint16_t)c;
			}
		}
	}
	if (r.bad)
		return SIZE_MAX;
	*path = *r.s == '/' ? r.s + 1 : r.s;
	return n;
}
