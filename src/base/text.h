/*
 * text.h: UTF-16 and UTF-8, GUIDs, hex, comparing without case (ASCII).
 */
#ifndef HL_TEXT_H
#define HL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * UTF-16 units (host order) to UTF-8.  Lone surrogates become U+FFFD and
 * make the result false.  dst always gets a NUL; it is cut between
 * characters when size is too small (3 * n + 1 never is).
 */
bool hl_utf8_from16(char *dst, size_t size, const uint16_t *u, size_t n);

/* The same from little-endian bytes; a NUL unit ends it when stop_at_nul. */
bool hl_utf8_from16le(char *dst, size_t size, struct span s, bool stop_at_nul);

/*
 * UTF-8 to UTF-16 units.  Returns the number of units, or SIZE_MAX when the
 * text is not valid UTF-8 or needs more than max units.
 */
size_t hl_utf16_from8(uint16_t *dst, size_t max, const char *s);

#define HL_GUID_TEXT 37
/* Mixed-endian GUID of 16 bytes, lower case with dashes, no braces. */
void hl_guid_text(char dst[HL_GUID_TEXT], const uint8_t guid[16]);

/* n bytes as 2 * n lower-case digits and a NUL. */
void hl_hex(char *dst, const void *p, size_t n);

/* n units as UTF-16LE bytes: 4 * n digits and a NUL. */
void hl_hex16(char *dst, const uint16_t *u, size_t n);

/*
 * Nothing for a terminal: a character that moves the cursor, turns the line
 * round, or is not seen at all.
 */
bool hl_text_unsafe(uint32_t c);

/* ASCII only; bytes above 0x7f compare as they are. */
int hl_casecmp(const char *a, const char *b);
bool hl_case_starts(const char *s, const char *prefix);

/* strlcpy: always a NUL; returns strlen(src). */
size_t hl_copy(char *dst, size_t size, const char *src);

#endif
