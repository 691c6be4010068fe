/*
 * names.h: names from the evidence as names in the output folder.
 *
 * One name of a volume (UTF-16, any units at all) becomes one or, when it is
 * too long, several parts of a path that cannot hurt: not empty, not "." or
 * "..", no separator, control, bidirectional or Windows-reserved character,
 * no device name, no blank or dot at the end, at most 255 bytes.  Nothing is
 * lost:
 *
 *	%XX   a byte of the name's UTF-8 (a lone surrogate: of its three-byte
 *	      form); '%' itself is %25, and "name:stream" is name%3Astream
 *	%-    the empty name
 *	%+    at the end of a folder: the name goes on in the part below
 *	%~N   at the end of a part: the N-th (from 2) of that name here; it is
 *	      no part of the name
 */
#ifndef HL_NAMES_H
#define HL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes a part may have before a suffix; 255 is what file systems take. */
#define HL_NAME_PART 230
/* Room for n units: 9 bytes each, and what every part may add to it. */
#define HL_ESCAPED_BYTES(n) ((n) * 9 + ((n) / 20 + 1) * 5 + 3)

/*
 * top: the name is the first below the volume's folder, where "$Deleted" is
 * taken.  Returns the length, or SIZE_MAX when size is too small
 * (HL_ESCAPED_BYTES(n) never is).
 */
size_t hl_name_escape(char *dst, size_t size, const uint16_t *u, size_t n,
                      bool top);

/*
 * One name back out of an escaped path: *path is moved behind it and its
 * separator, to the NUL at the end.  Returns the number of units, or SIZE_MAX
 * when it is not a name of hl_name_escape or has more than max units.
 */
size_t hl_name_unescape(uint16_t *dst, size_t max, const char **path);

#endif
