/*
 * catalogue.h: every place where Windows keeps a hive, as one table.
 *
 * A pattern is a path.  Its first part is a set of folders that was found by
 * content; the others are names, in which '*' stands for any run of
 * characters but never for a '/'.
 *	{root}     the root of each volume
 *	{system}   a folder that holds a Windows folder: the root, Windows.old
 *	{windows}  a folder with System32/config below, whatever its name
 *	{profile}  a user's or a service's folder
 */
#ifndef HL_CATALOGUE_H
#define HL_CATALOGUE_H

#include <stdbool.h>

#include "hivelift/lift.h"

enum hl_anchor { HL_AT_ROOT, HL_AT_SYSTEM, HL_AT_WINDOWS, HL_AT_PROFILE };

/* Whose registry it is. */
enum hl_whose {
	HL_WHOSE_MACHINE,
	HL_WHOSE_PROFILE, /* the profile folder's name */
	HL_WHOSE_SID,     /* the file's name ends with it */
};

enum hl_row_flag {
	/* also NAME.SAV, NAME.ALT, NAME.OLD and NAME.BAK */
	HL_ROW_COPIES = 1 << 0,
	/* only in a profile that has a hive but no AppData: before Vista the
	   folders between were translated */
	HL_ROW_TRANSLATED = 1 << 1,
};

struct hl_place_row {
	const char *pattern;
	enum hl_kind kind;
	enum hl_whose whose;
	unsigned flags;
};

/*
 * Rows of one folder stand together, so that it is visited once; the more
 * specific of two patterns that fit the same file stands first.
 */
extern const struct hl_place_row hl_catalogue[];
extern const size_t hl_catalogue_rows;

/* The rest of a pattern after its anchor and '/'; the anchor in *out. */
const char *hl_row_anchor(const char *pattern, enum hl_anchor *out);

/* The last name in a pattern. */
const char *hl_row_name(const char *pattern);

/* Rows from i on that share i's folder. */
size_t hl_row_group(size_t i);

#endif
