/*
 * text.c: names from Windows (UTF-16, sometimes invalid) and names for
 * people (UTF-8).
 */
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/text.h"

static bool is_high(uint16_t u)
{
	return (u & 0xfc00) == 0xd800;
}

static bool is_low(uint16_t u)
{
	return (u & 0xfc00) == 0xdc00;
}

/* Bytes of one code point; 1 to 4. */
static size_t utf8_put(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* One code point from units; *ok becomes false for a lone surrogate. */
static uint32_t take(const uint16_t *u, size_t n, size_t *i, bool *ok)
{
	uint16_t a = u[(*i)++];

	if (is_high(a) && *i < n && is_low(u[*i]))
		return 0x10000 + ((uint32_t)(a & 0x3ff) << 10) +
		       (u[(*i)++] & 0x3ff);
	if (is_high(a) || is_low(a)) {
		*ok = false;
		return 0xfffd;
	}
	return a;
}

bool hl_utf8_from16(char *dst, size_t size, const uint16_t *u, size_t n)
{
	size_t out = 0;
	bool ok = true;

	if (size == 0)
		return false;
	for (size_t i = 0; i < n;) {
		char c[4];
		size_t len = utf8_put(c, take(u, n, &i, &ok));
		if (len >= size - out)
			break;
		memcpy(dst + out, c, len);
		out += len;
	}
	dst[out] = '\0';
	return ok;
}

bool hl_utf8_from16le(char *dst, size_t size, struct span s, bool stop_at_nul)
{
	uint16_t u[128];
	size_t out = 0, units = s.n / 2, i = 0;
	bool ok = true;

	if (size == 0)
		return false;
	dst[0] = '\0';
	while (i < units) {
		size_t n = 0;
		for (; n < 128 && i < units; n++, i++) {
			u[n] = le16_at(s.p + 2 * i);
			if (u[n] == 0 && stop_at_nul) {
				units = i;
				break;
			}
		}
		/* a pair must not be torn between two rounds */
		if (n == 128 && i < units && is_high(u[127])) {
			n--;
			i--;
		}
		ok &= hl_utf8_from16(dst + out, size - out, u, n);
		out += strlen(dst + out);
	}
	return ok;
}

/* Length of the sequence at s and its code point, or 0 when invalid. */
static size_t utf8_take(const unsigned char *s, uint32_t *c)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
	           : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n == 0)
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && *c < 0x800) || (n == 4 && *c < 0x10000) ||
	    *c > 0x10ffff || (*c & 0xfffff800) == 0xd800)
		return 0;
	return n;
}

size_t hl_utf16_from8(uint16_t *dst, size_t max, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t out = 0;

	while (*p) {
		uint32_t c;
		size_t n = utf8_take(p, &c);
		if (n == 0 || max - out < (c < 0x10000 ? 1u : 2u))
			return SIZE_MAX;
		if (c < 0x10000) {
			dst[out++] = (uint16_t)c;
		} else {
			dst[out++] = (uint16_t)(0xd7c0 + (c >> 10));
			dst[out++] = (uint16_t)(0xdc00 | (c & 0x3ff));
		}
		p += n;
	}
	return out;
}

void hl_hex(char *dst, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		*dst++ = digits[b[i] >> 4];
		*dst++ = digits[b[i] & 15];
	}
	*dst = '\0';
}

void hl_hex16(char *dst, const uint16_t *u, size_t n)
{
	*dst = '\0';
	for (size_t i = 0; i < n; i++) {
		uint8_t le[2] = { (uint8_t)u[i], (uint8_t)(u[i] >> 8) };

		hl_hex(dst + 4 * i, le, 2);
	}
}

void hl_guid_text(char dst[HL_GUID_TEXT], const uint8_t guid[16])
{
	/* the first three fields are little-endian */
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
	                                   8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*dst++ = '-';
		hl_hex(dst, &guid[order[i]], 1);
		dst += 2;
	}
}

static int lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int hl_casecmp(const char *a, const char *b)
{
	while (*a && lower((unsigned char)*a) == lower((unsigned char)*b)) {
		a++;
		b++;
	}
	return lower((unsigned char)*a) - lower((unsigned char)*b);
}

bool hl_case_starts(const char *s, const char *prefix)
{
	while (*prefix &&
	       lower((unsigned char)*s) == lower((unsigned char)*prefix)) {
		s++;
		prefix++;
	}
	return !*prefix;
}

size_t hl_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	if (size) {
		size_t k = n < size ? n : size - 1;
		memcpy(dst, src, k);
		dst[k] = '\0';
	}
	return n;
}

bool hl_text_unsafe(uint32_t c)
{
	static const uint32_t reach[][2] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },
		{ 0x61c, 0x61c },   { 0x180e, 0x180e }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof(reach) / sizeof(reach[0]); i++)
		if (c >= reach[i][0] && c <= reach[i][1])
			return true;
	return false;
}
