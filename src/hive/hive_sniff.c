/*
 * hive_sniff.c: names content that stands where a hive should be.  Only for
 * people: nothing is decided by it.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "hive/hive_impl.h"

static const struct magic {
	uint8_t off, n;
	const char *bytes;
	const char *name;
} magics[] = {
	/* a compressed run of clusters: its first chunk header, then a flag
	   byte, then the literal signature */
	{ 3, 4, "regf", "a hive still compressed by NTFS (LZNT1)" },
	{ 0, 4, "hbin", "a hive's bins without its base block" },
	{ 0, 4, "CREG", "a Windows 9x registry file" },
	{ 0, 4, "SHCC", "a Windows 3.1 registry file" },
	{ 0, 4, "PReg", "a group policy file (PReg)" },
	{ 0, 4, "HvLE", "an entry of a transaction log" },
	{ 0, 4, "DIRT", "a part of a transaction log" },
	{ 0, 16, "SQLite format 3\0", "an SQLite database" },
	{ 0, 2, "MZ", "a program (MZ)" },
	{ 0, 2, "PK", "a zip archive" },
	{ 0, 2, "\x1f\x8b", "a gzip file" },
	{ 0, 2, "\xff\xfe", "UTF-16 text" },
	{ 0, 3, "\xef\xbb\xbf", "UTF-8 text" },
};

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == 0x7f || (c < 0x20 && !strchr("\t\r\n\f\x1a", c)))
			return false;
		if (!c)
			return false;
	}
	return s.n > 0;
}

static const char *known(struct span s)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];
		const void *p = span_view(s, m->off, m->n);
		if (p && memcmp(p, m->bytes, m->n) == 0)
			return m->name;
	}
	return NULL;
}

void hl_hive_sniff(struct span head, char *dst, size_t size)
{
	const char *name = known(head);
	char hex[17];

	if (name) {
		hl_copy(dst, size, name);
		return;
	}
	if (is_text(head)) {
		hl_copy(dst, size, "text");
		return;
	}
	size_t n = head.n < 8 ? head.n : 8;
	hl_hex(hex, head.p, n);
	snprintf(dst, size, "unknown content that begins %s", hex);
}
