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

/* Hives of one disk: a machine with a thousand users has some ten thousand. */
#define HL_MAX_HIVES 100000

/* Names of a root that are listed; then the usual ones are looked up. */
#define HL_MAX_ROOT_NAMES 4096

/* Names kept of one folder that holds hives: what fits a row or is a log. */
#define HL_MAX_FOLDER_NAMES 4096

/* Folders of one kind on a volume: profiles of a terminal server, and more. */
#define HL_MAX_PLACES 65536

/*
 * Looking for Windows and profile folders under unusual names must not read
 * a whole data disk: folders of a root that are looked into, folders below
 * one of them that are tried in vain before it is given up, the same for all
 * together, and names listed on the way.  A folder of profiles shows one of
 * them early (Administrator, All Users, Default User).
 */
#define HL_MAX_ROOT_FOLDERS 96
#define HL_MAX_PROBES_EACH 16
#define HL_MAX_PROBES 96
#define HL_MAX_PROBE_NAMES 4096

#endif
