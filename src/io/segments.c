/*
 * segments.c: names of segment files to numbers and back (see segments.h).
 *
 * split(1) without -a keeps a first letter below 'z' and grows by two
 * letters when it runs out: aa … yz, zaaa … zyzz, zzaaaa …; with -a it uses
 * all combinations, so "za" is the number that "zaaa" is otherwise.
 */
#include "io/segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

#define MAX_DIGITS 9
#define MAX_LETTERS 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static char to_upper(char c)
{
	return (char)(is_lower(c) ? c - 'a' + 'A' : c);
}

static bool is_letter(char c)
{
	return to_upper(c) >= 'A' && to_upper(c) <= 'Z';
}

static bool parse_digits(struct seg_name *out, const char *s)
{
	size_t n = strlen(s);

	if (n < 3 || n > MAX_DIGITS)
		return false;
	out->number = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s[i]))
			return false;
		out->number = out->number * 10 + (uint64_t)(s[i] - '0');
	}
	/* "1000" follows "999"; "0001" is of a set with four digits */
	out->width = n > 3 && s[0] != '0' ? 3 : (unsigned)n;
	return true;
}

/* How many names come before those that begin with k times 'z'. */
static uint64_t letters_before(size_t k)
{
	uint64_t sum = 0, block = UINT64_C(25) * 26;

	for (; k; k--, block *= 26)
		sum += block;
	return sum;
}

static bool parse_letters(struct seg_name *out, const char *s)
{
	size_t n = strlen(s), k = 0;
	uint64_t v = 0;

	if (n < 2 || n > MAX_LETTERS)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_lower(s[i]))
			return false;
		v = v * 26 + (uint64_t)(s[i] - 'a');
	}
	while (s[k] == 'z')
		k++;
	out->width = (unsigned)n;
	out->number = v;
	if (k && n == 2 * k + 2) {
		/* the growing kind, of a set that began with two letters */
		v = 0;
		for (size_t i = k; i < n; i++)
			v = v * 26 + (uint64_t)(s[i] - 'a');
		out->width = 2;
		out->number = letters_before(k) + v;
	}
	return true;
}

/* Three characters: letter and two digits, or three letters. */
static bool parse_ewf(struct seg_name *out, const char *s)
{
	char c = to_upper(s[0]);

	if (strlen(s) != 3 || !is_letter(s[0]))
		return false;
	out->lower = is_lower(s[0]);
	if (is_digit(s[1]) && is_digit(s[2])) {
		out->lead = c;
		out->number = (uint64_t)(s[1] - '0') * 10 + (uint64_t)(s[2] - '0');
		return out->number > 0;
	}
	if (!is_letter(s[1]) || !is_letter(s[2]))
		return false;
	out->lead = (char)(c >= 'S' ? 'S' : c >= 'L' ? 'L' : 'E');
	if (c < 'E')
		return false;
	out->number = 100 + (uint64_t)(c - out->lead) * 676 +
	              (uint64_t)(to_upper(s[1]) - 'A') * 26 +
	              (uint64_t)(to_upper(s[2]) - 'A');
	return true;
}

/* Four characters: "Ex01" … "Ex99", "ExAA" … "EzZZ". */
static bool parse_ewf2(struct seg_name *out, const char *s)
{
	char x;

	if (strlen(s) != 4 || !is_letter(s[0]))
		return false;
	x = to_upper(s[1]);
	if (x < 'X' || x > 'Z')
		return false;
	out->lead = to_upper(s[0]);
	out->lower = is_lower(s[0]);
	if (x == 'X' && is_digit(s[2]) && is_digit(s[3])) {
		out->number = (uint64_t)(s[2] - '0') * 10 + (uint64_t)(s[3] - '0');
		return out->number > 0;
	}
	if (!is_letter(s[2]) || !is_letter(s[3]))
		return false;
	out->number = 100 + (uint64_t)(x - 'X') * 676 +
	              (uint64_t)(to_upper(s[2]) - 'A') * 26 +
	              (uint64_t)(to_upper(s[3]) - 'A');
	return true;
}

bool hl_seg_parse(struct seg_name *out, const char *name,
                  enum seg_scheme scheme)
{
	const char *dot = strrchr(name, '.');

	memset(out, 0, sizeof(*out));
	if (!dot || dot == name)
		return false;
	out->scheme = scheme;
	out->stem = (size_t)(dot - name) + 1;
	switch (scheme) {
	case SEG_DIGITS:
		return parse_digits(out, dot + 1);
	case SEG_LETTERS:
		return parse_letters(out, dot + 1);
	case SEG_EWF:
		return parse_ewf(out, dot + 1);
	case SEG_EWF2:
		return parse_ewf2(out, dot + 1);
	case SEG_NONE:
		break;
	}
	return false;
}

bool hl_seg_sibling(const struct seg_name *like, const char *like_name,
                    const char *name, uint64_t *number)
{
	struct seg_name got;

	if (!hl_seg_parse(&got, name, like->scheme) ||
	    got.stem != like->stem ||
	    memcmp(name, like_name, like->stem) != 0)
		return false;
	if ((like->scheme == SEG_DIGITS || like->scheme == SEG_LETTERS) &&
	    got.width != like->width)
		return false;
	/* the first letter counts on past the lead: EZZ is followed by FAA */
	if (like->scheme == SEG_EWF && got.number >= 100) {
		char c = to_upper(name[got.stem]);
		if (c < like->lead)
			return false;
		got.number = (got.number - 100) % 676 + 100 +
		             (uint64_t)(c - like->lead) * 676;
	} else if (got.lead != like->lead) {
		return false;
	}
	*number = got.number;
	return true;
}

static bool format_letters(char *s, unsigned width, uint64_t v)
{
	uint64_t block = UINT64_C(25) * 26;
	unsigned k = 0, n = width;

	if (width == 2) {
		while (v >= block && k < 3) {
			v -= block;
			block *= 26;
			k++;
		}
		n = k + 2;
	}
	if (k + n > MAX_LETTERS)
		return false;
	memset(s, 'z', k);
	s[k + n] = '\0';
	for (unsigned i = n; i-- > 0; v /= 26)
		s[k + i] = (char)('a' + v % 26);
	return v == 0;
}

static bool format_ewf(char *s, const struct seg_name *like, uint64_t v)
{
	bool two = like->scheme == SEG_EWF2;
	char *p = s;
	uint64_t high;

	*p++ = like->lead;
	if (two)
		*p++ = 'x';
	if (v < 100) {
		*p++ = (char)('0' + v / 10);
		*p++ = (char)('0' + v % 10);
	} else {
		v -= 100;
		high = v / 676;
		if (high > (uint64_t)('Z' - (two ? 'X' : like->lead)))
			return false;
		p[-1] = (char)(p[-1] + (char)high);
		*p++ = (char)('A' + v / 26 % 26);
		*p++ = (char)('A' + v % 26);
	}
	*p = '\0';
	for (p = s; like->lower && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return true;
}

bool hl_seg_format(char *dst, size_t size, const struct seg_name *like,
                   const char *like_name, uint64_t number)
{
	char suffix[24];
	int n;

	switch (like->scheme) {
	case SEG_DIGITS:
		snprintf(suffix, sizeof(suffix), "%0*" PRIu64,
		         (int)like->width, number);
		break;
	case SEG_LETTERS:
		if (!format_letters(suffix, like->width, number))
			return false;
		break;
	case SEG_EWF:
	case SEG_EWF2:
		if (!format_ewf(suffix, like, number))
			return false;
		break;
	case SEG_NONE:
		return false;
	}
	n = snprintf(dst, size, "%.*s%s", (int)like->stem, like_name, suffix);
	return n > 0 && (size_t)n < size;
}
