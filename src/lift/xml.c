/* xml.c: see xml.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lift/xml.h"
#include "base/banned.h"

void hl_xml_raw(struct hl_list *l, const char *s)
{
	hl_list_add(l, s, strlen(s));
}

/*
 * The length of the character at s if XML may hold it, else 0: bytes that are
 * no UTF-8, controls, and two that XML 1.0 leaves out.
 */
static size_t allowed(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;
	size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 :
	           b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;

	if (n == 1)
		return b[0] >= 0x20 && b[0] != 0x7f;
	for (size_t i = 1; i < n; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
	    (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f) ||
	    (b[0] == 0xef && b[1] == 0xbf && b[2] > 0xbd) ||
	    (b[0] == 0xc2 && b[1] < 0xa0))
		return 0;
	return n;
}

void hl_xml_text(struct hl_list *l, const char *s)
{
	while (*s) {
		size_t n = allowed(s);

		if (n == 0)
			hl_xml_raw(l, "\xef\xbf\xbd"); /* U+FFFD */
		else if (*s == '<')
			hl_xml_raw(l, "&lt;");
		else if (*s == '>')
			hl_xml_raw(l, "&gt;");
		else if (*s == '&')
			hl_xml_raw(l, "&amp;");
		else
			hl_list_add(l, s, n);
		s += n ? n : 1;
	}
}

void hl_xml_element(struct hl_list *l, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	hl_xml_raw(l, "<");
	hl_xml_raw(l, name);
	hl_xml_raw(l, ">");
	hl_xml_text(l, value);
	hl_xml_raw(l, "</");
	hl_xml_raw(l, name);
	hl_xml_raw(l, ">\n");
}

void hl_xml_number(struct hl_list *l, const char *name, uint64_t v)
{
	char s[24];

	snprintf(s, sizeof(s), "%" PRIu64, v);
	hl_xml_element(l, name, s);
}

void hl_xml_time(struct hl_list *l, const char *name, struct hl_time t)
{
	char s[HL_TIME_TEXT];

	hl_time_text(s, t);
	hl_xml_element(l, name, s);
}
