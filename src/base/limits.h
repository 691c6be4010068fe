/*
 * limits.h: every ceiling in one place, each with its reason.  Reaching one
 * is a note and a loss, never a crash and never a silent cut.
 */
#ifndef HL_LIMITS_H
#define HL_LIMITS_H

/* Notes kept in a log: a manifest with more tells a person nothing. */
#define HL_MAX_NOTES 10000

/* One line of a note; long names are cut in the middle of nowhere else. */
#define HL_MAX_NOTE_TEXT 2048

/* Folder depth of a recursive walk: Windows paths end at 32,767 units. */
#define HL_MAX_DEPTH 1024

/* A path in UTF-8: 32,767 UTF-16 units of up to three bytes. */
#define HL_MAX_PATH (32767 * 3 + 1)

/* Partitions of one table: GPT arrays of 128 are usual, 16384 is absurd. */
#define HL_MAX_PARTS 16384

/* Bytes of a GPT array: the same number at the largest entry in use. */
#define HL_MAX_GPT_ARRAY (4u << 20)

/* Extended boot records of one disk: drive letters end at 26. */
#define HL_MAX_EBRS 1024

/* Folders of one recursive walk: more than any NTFS volume seen, 16 B each. */
#define HL_MAX_FOLDERS (16u << 20)

#endif
