/*
 * json.c: see json.h.
 *
 * Everything goes through one buffer.  Text is copied in stretches of plain
 * ASCII, so that the common case is a scan and a memcpy; what needs care is
 * taken one character at a time.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

void hl_json_init(struct hl_json *j, bool (*sink)(void *, const void *, size_t),
                  void *user, bool indent)
{
	j->sink = sink;
	j->user = user;
	j->indent = indent;
	j->failed = false;
	j->depth = 0;
	memset(j->comma, 0, sizeof(j->comma));
	j->after_key = false;
	j->n = 0;
}

bool hl_json_flush(struct hl_json *j)
{
	if (j->n && !j->failed)
		j->failed = !j->sink(j->user, j->buf, j->n);
	j->n = 0;
	return !j->failed;
}

static void put(struct hl_json *j, const char *s, size_t n)
{
	while (n) {
		size_t room = HL_JSON_BUFFER - j->n;
		size_t part = n < room ? n : room;

		memcpy(j->buf + j->n, s, part);
		j->n += part;
		s += part;
		n -= part;
		if (j->n == HL_JSON_BUFFER)
			(void)hl_json_flush(j);
	}
}

static void put1(struct hl_json *j, char c)
{
	put(j, &c, 1);
}

static void line(struct hl_json *j)
{
	static const char blanks[] = "                                ";
	size_t n = (size_t)j->depth;

	put1(j, '\n');
	put(j, blanks, n < sizeof(blanks) - 1 ? n : sizeof(blanks) - 1);
}

/* What stands between the value before and the one that comes. */
static void separate(struct hl_json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->comma[j->depth])
		put1(j, ',');
	j->comma[j->depth] = true;
	if (j->indent && j->depth > 0)
		line(j);
}

/*
 * Too deep is the caller's mistake; it must not become a broken document
 * that looks whole.
 */
static void enter(struct hl_json *j, char c)
{
	separate(j);
	put1(j, c);
	if (j->depth + 1 >= HL_JSON_DEPTH) {
		j->failed = true;
		return;
	}
	j->comma[++j->depth] = false;
}

static void leave(struct hl_json *j, char c)
{
	if (j->depth == 0) {
		j->failed = true;
		return;
	}
	bool any = j->comma[j->depth--];
	if (j->indent && any)
		line(j);
	put1(j, c);
}

void hl_json_object(struct hl_json *j)
{
	enter(j, '{');
}

void hl_json_object_end(struct hl_json *j)
{
	leave(j, '}');
}

void hl_json_array(struct hl_json *j)
{
	enter(j, '[');
}

void hl_json_array_end(struct hl_json *j)
{
	leave(j, ']');
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static bool follows(const unsigned char *s, size_t n)
{
	for (size_t i = 1; i <= n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/*
 * Bytes of the valid UTF-8 character at s, or 0.  The second byte's range
 * keeps out over-long forms, surrogates and what lies above U+10FFFF; a NUL
 * is no continuation, so nothing is read behind the end.
 */
static size_t utf8_length(const unsigned char *s)
{
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return follows(s, 1) ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		if ((s[0] == 0xe0 && s[1] < 0xa0) ||
		    (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return follows(s, 2) ? 3 : 0;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		if ((s[0] == 0xf0 && s[1] < 0x90) ||
		    (s[0] == 0xf4 && s[1] > 0x8f))
			return 0;
		return follows(s, 3) ? 4 : 0;
	}
	return 0;
}

static void escape(struct hl_json *j, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "btn?fr"; /* 0x08 to 0x0d */
	char u[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };
	char two[2] = { '\\', (char)c };

	if (c == '"' || c == '\\') {
		put(j, two, 2);
	} else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
		two[1] = letters[c - 0x08];
		put(j, two, 2);
	} else {
		put(j, u, 6);
	}
}

static void unit(struct hl_json *j, uint32_t u)
{
	char s[8];

	snprintf(s, sizeof(s), "\\u%04x", (unsigned)(u & 0xffff));
	put(j, s, 6);
}

/* A valid character of n bytes.  What cannot be shown is \uXXXX, which means
 * the same to every reader of JSON: a name may end on a terminal here, too. */
static void character(struct hl_json *j, const unsigned char *s, size_t n)
{
	uint32_t c = s[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	if (!hl_text_unsafe(c)) {
		put(j, (const char *)s, n);
	} else if (c < 0x10000) {
		unit(j, c);
	} else {
		unit(j, 0xd800 | (c - 0x10000) >> 10);
		unit(j, 0xdc00 | ((c - 0x10000) & 0x3ff));
	}
}

static void quoted(struct hl_json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	put1(j, '"');
	while (*s) {
		const unsigned char *from = s;
		size_t n;

		while (plain(*s))
			s++;
		put(j, (const char *)from, (size_t)(s - from));
		if (!*s)
			break;
		if (*s < 0x80) {
			escape(j, *s++);
		} else if ((n = utf8_length(s)) > 0) {
			character(j, s, n);
			s += n;
		} else {
			put(j, "\xef\xbf\xbd", 3);
			s++;
		}
	}
	put1(j, '"');
}

void hl_json_key(struct hl_json *j, const char *key)
{
	separate(j);
	quoted(j, key);
	if (j->indent)
		put(j, ": ", 2);
	else
		put1(j, ':');
	j->after_key = true;
}

void hl_json_string(struct hl_json *j, const char *s)
{
	if (!s) {
		hl_json_null(j);
		return;
	}
	separate(j);
	quoted(j, s);
}

void hl_json_u64(struct hl_json *j, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	if (v > INT64_MAX) {
		hl_json_null(j);
		return;
	}
	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	separate(j);
	put(j, digits + n, sizeof(digits) - n);
}

void hl_json_bool(struct hl_json *j, bool v)
{
	separate(j);
	put(j, v ? "true" : "false", v ? 4 : 5);
}

void hl_json_null(struct hl_json *j)
{
	separate(j);
	put(j, "null", 4);
}

void hl_json_kv(struct hl_json *j, const char *key, const char *s)
{
	hl_json_key(j, key);
	hl_json_string(j, s);
}

void hl_json_ku(struct hl_json *j, const char *key, uint64_t v)
{
	hl_json_key(j, key);
	hl_json_u64(j, v);
}

void hl_json_kb(struct hl_json *j, const char *key, bool v)
{
	hl_json_key(j, key);
	hl_json_bool(j, v);
}

void hl_json_kn(struct hl_json *j, const char *key)
{
	hl_json_key(j, key);
	hl_json_null(j);
}

void hl_json_newline(struct hl_json *j)
{
	put1(j, '\n');
	j->comma[0] = false;
}
