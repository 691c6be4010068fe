/*
 * find_glob.c: one loop with one place to fall back to: linear in the text
 * for every '*', so no pattern makes it explode.
 */
#include <stddef.h>

#include "base/banned.h"
#include "lift/find_glob.h"

static unsigned char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c - 'A' + 'a');
	return c == '\\' ? '/' : (unsigned char)c;
}

static const char *next_char(const char *s)
{
	s++;
	while (((unsigned char)*s & 0xc0) == 0x80)
		s++;
	return s;
}

bool hl_glob_match(const char *p, const char *t)
{
	const char *star = NULL, *from = NULL;

	while (*t) {
		if (*p == '*') {
			star = ++p;
			from = t;
		} else if (*p == '?') {
			p++;
			t = next_char(t);
		} else if (*p && fold(*p) == fold(*t)) {
			p++;
			t++;
		} else if (star) {
			p = star;
			t = ++from;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}
