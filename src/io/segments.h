/*
 * segments.h: how the files of one image are named.
 *
 *	disk.001 disk.002 … disk.999 disk.1000      digits, from 000 or 001
 *	disk.aa disk.ab … disk.yz disk.zaaa …       letters, as split(1) does
 *	disk.E01 … disk.E99 disk.EAA … disk.ZZZ     EWF; also e01, S01
 *	disk.Ex01 … disk.Ex99 disk.ExAA … disk.EzZZ EWF version 2
 *
 * Pure: names in, numbers out.
 */
#ifndef HL_SEGMENTS_H
#define HL_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seg_scheme {
	SEG_NONE, /* a name that says nothing of other files */
	SEG_DIGITS,
	SEG_LETTERS,
	SEG_EWF,
	SEG_EWF2,
};

struct seg_name {
	enum seg_scheme scheme;
	size_t stem;     /* bytes before the suffix, the dot included */
	unsigned width;  /* digits: at least so many; letters: so many */
	char lead;       /* EWF: first letter of segments 1 to 99 */
	bool lower;      /* EWF: the letters are small */
	uint64_t number; /* as the scheme counts */
};

/* The number of the first segment; digits may also begin at 0. */
static inline uint64_t hl_seg_base(enum seg_scheme scheme)
{
	return scheme == SEG_LETTERS ? 0 : 1;
}

/* Does the name end as that scheme has it? */
bool hl_seg_parse(struct seg_name *out, const char *name,
                  enum seg_scheme scheme);

/*
 * Is `name` of the set that `like` (parsed from `like_name`) is of?  The stem
 * is compared exactly, the letters of EWF suffixes without case.
 */
bool hl_seg_sibling(const struct seg_name *like, const char *like_name,
                    const char *name, uint64_t *number);

/* The name of segment `number` of that set; false when it has none. */
bool hl_seg_format(char *dst, size_t size, const struct seg_name *like,
                   const char *like_name, uint64_t number);

#endif
