/*
 * fat_name.c: short names and labels, from code page bytes to UTF-16.
 *
 * A short name is stored in the code page of the system that wrote it, which
 * the volume does not name.  CP437 is built in, because it is the default and
 * must work where nothing can be loaded; any other comes from iconv.
 */
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "fat/fat.h"
#include "fat/fat_disk.h"
#include "base/banned.h"
#include "base/le.h"
#include "base/text.h"

static const uint16_t cp437[128] = {
	0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7,
	0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5,
	0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
	0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192,
	0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA,
	0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
	0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
	0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
	0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B,
	0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
	0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4,
	0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229,
	0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
	0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

enum hl_status hl_fat_codepage_open(struct hl_fat_codepage *cp,
                                    const char *name)
{
	cp->iconv = NULL;
	if (!name || hl_casecmp(name, "CP437") == 0 ||
	    hl_casecmp(name, "437") == 0 || hl_casecmp(name, "IBM437") == 0)
		return HL_OK;
	iconv_t cd = iconv_open("UTF-16LE", name);
	if (cd == (iconv_t)-1)
		return HL_END;
	cp->iconv = cd;
	return HL_OK;
}

void hl_fat_codepage_close(struct hl_fat_codepage *cp)
{
	if (cp->iconv)
		iconv_close((iconv_t)cp->iconv);
	cp->iconv = NULL;
}

static uint16_t undecoded(uint8_t byte, bool *bad)
{
	*bad = true;
	return (uint16_t)(0xDC00 + byte);
}

/* One character of up to four bytes; the bytes used, 0 when none fits. */
static size_t one_char(iconv_t cd, const uint8_t *s, size_t n, uint16_t u[2],
                       size_t *units)
{
	for (size_t len = 1; len <= n && len <= 4; len++) {
		char in[4], out[4];
		char *from = in, *to = out;
		size_t left = len, room = sizeof(out);

		memcpy(in, s, len);
		iconv(cd, NULL, NULL, NULL, NULL);
		if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 ||
		    left || room == sizeof(out))
			continue;
		*units = (sizeof(out) - room) / 2;
		for (size_t i = 0; i < *units; i++)
			u[i] = le16_at((const uint8_t *)out + 2 * i);
		return len;
	}
	return 0;
}

size_t hl_fat_decode(const struct hl_fat_codepage *cp, uint16_t *dst,
                     const uint8_t *s, size_t n, bool *bad)
{
	size_t got = 0;

	for (size_t i = 0; i < n;) {
		uint16_t u[2];
		size_t units = 0, used = 0;

		if (s[i] != 0 && s[i] < 0x80) {
			dst[got++] = s[i++];
			continue;
		}
		if (s[i] != 0 && !cp->iconv) {
			dst[got++] = cp437[s[i++] - 0x80];
			continue;
		}
		if (s[i] != 0)
			used = one_char((iconv_t)cp->iconv, s + i, n - i, u,
			                &units);
		if (!used || units > used) {
			dst[got++] = undecoded(s[i++], bad);
			continue;
		}
		memcpy(dst + got, u, units * sizeof(u[0]));
		got += units;
		i += used;
	}
	return got;
}

static size_t trimmed(const uint8_t *s, size_t n)
{
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

static size_t part(const struct hl_fat_codepage *cp, uint16_t *dst,
                   const uint8_t *s, size_t n, bool lower, bool *bad)
{
	size_t got = hl_fat_decode(cp, dst, s, trimmed(s, n), bad);

	for (size_t i = 0; lower && i < got; i++)
		dst[i] = hl_fat_downcase(dst[i]);
	return got;
}

void hl_fat_short_name(const struct hl_fat_codepage *cp,
                       struct hl_fat_entry *e)
{
	const struct fat_slot *f = SPAN_VIEW(span_of(e->raw, FAT_SLOT), 0,
	                                     struct fat_slot);
	uint8_t base[8];
	bool bad = false;

	memcpy(base, f->name, 8);
	if (base[0] == 0xE5) /* deleted, and lost for good or not */
		base[0] = e->first ? e->first : '_';
	if (base[0] == 0x05)
		base[0] = 0xE5; /* E5 itself would mean deleted */
	size_t n = part(cp, e->short16, base, 8, f->nt_case & FAT_CASE_BASE,
	                &bad);
	if (trimmed(f->name + 8, 3)) {
		e->short16[n++] = '.';
		n += part(cp, e->short16 + n, f->name + 8, 3,
		          f->nt_case & FAT_CASE_EXT, &bad);
	}
	e->n_short = (uint16_t)n;
	if (e->long_name)
		return;
	e->bad_name = bad;
	e->n_name = e->n_short;
	memcpy(e->name16, e->short16, n * sizeof(e->name16[0]));
}

size_t hl_fat_label_name(const struct hl_fat_codepage *cp, uint16_t dst[11],
                         const uint8_t raw[11])
{
	uint8_t name[11];
	bool bad;

	if (memcmp(raw, "NO NAME    ", 11) == 0)
		return 0;
	memcpy(name, raw, 11);
	if (name[0] == 0x05)
		name[0] = 0xE5;
	size_t n = 0;
	while (n < 11 && name[n])
		n++; /* some tools end labels with a NUL */
	return hl_fat_decode(cp, dst, name, trimmed(name, n), &bad);
}
