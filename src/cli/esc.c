/*
 * esc.c: text from the evidence, made safe for a terminal and for one line.
 *
 * Control characters, bidirectional and other invisible marks and bytes that
 * are not UTF-8 are shown as \xHH, byte by byte; a backslash that would look
 * like the start of such an escape is \x5c.  So the result can be read back.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "cli.h"

struct reach {
	uint32_t from, to;
};

static const struct reach wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1faff },
	{ 0x20000, 0x3fffd },
};
static const struct reach narrow[] = { /* combining: no column */
	{ 0x300, 0x36f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

static bool within(const struct reach *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}
#define WITHIN(table, c) within(table, sizeof(table) / sizeof(*(table)), c)

/* One UTF-8 character; returns its bytes, 0 when it is not one. */
size_t esc_decode(const char *s, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf8 ? 0 : p[0] >= 0xf0 ? 4 :
	           p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;

	if (!n)
		return 0;
	*out = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) /* stops at a NUL, too */
			return 0;
		*out = *out << 6 | (p[i] & 0x3f);
	}
	if (*out < least[n] || *out > 0x10ffff ||
	    (*out >= 0xd800 && *out <= 0xdfff))
		return 0;
	return n;
}

static unsigned as_hex(char dst[ESC_MAX], const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(dst + 4 * i, ESC_MAX - 4 * i, "\\x%02x",
		         (unsigned)(uint8_t)s[i]);
	return (unsigned)(4 * n);
}

unsigned esc_step(char dst[ESC_MAX], const char **s, const char *also)
{
	const char *p = *s;
	uint32_t c = 0;
	size_t n = esc_decode(p, &c);

	*s = p + (n ? n : 1);
	if (!n)
		return as_hex(dst, p, 1);
	if (hl_text_unsafe(c) || (c == '\\' && p[1] == 'x') ||
	    (also && c < 0x80 && strchr(also, (int)c)))
		return as_hex(dst, p, n);
	memcpy(dst, p, n);
	dst[n] = '\0';
	if (c < 0x300)
		return 1;
	return WITHIN(narrow, c) ? 0 : WITHIN(wide, c) ? 2 : 1;
}

char *esc_text(char *dst, size_t size, const char *s, const char *also)
{
	size_t at = 0;

	while (*s) {
		char one[ESC_MAX];

		esc_step(one, &s, also);
		size_t n = strlen(one);
		if (n >= size - at)
			break;
		memcpy(dst + at, one, n);
		at += n;
	}
	dst[at] = '\0';
	return dst;
}

unsigned esc_width(const char *safe)
{
	unsigned width = 0;
	char one[ESC_MAX];

	while (*safe) {
		/* "\x" of an escape is four plain characters here */
		if (*safe == '\\') {
			safe++;
			width++;
			continue;
		}
		width += esc_step(one, &safe, NULL);
	}
	return width;
}
