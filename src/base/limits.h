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

/* Files of one name in one output folder: more is a damaged index. */
#define HL_MAX_SAME_NAME 1000

/* Folder depth of a recursive walk: Windows paths end at 32,767 units. */
#define HL_MAX_DEPTH 1024

/* A path in UTF-8: 32,767 UTF-16 units of up to three bytes. */
#define HL_MAX_PATH (32767 * 3 + 1)

/* NTFS: $ATTRIBUTE_LIST in bytes; Windows itself stops at 256 KiB. */
#define HL_MAX_NTFS_LIST ((size_t)256 * 1024)

/* NTFS: records of one file; that list's entries are 32 bytes or more. */
#define HL_MAX_NTFS_RECORDS 8192

/* NTFS: attribute headers of one file; 24 bytes each is all they can be. */
#define HL_MAX_NTFS_PARTS 65536

/* NTFS: runs of one stream, neighbours merged; Windows stops near 1.5
 * million, where the attribute list is full. */
#define HL_MAX_NTFS_RUNS (1u << 21)

/* NTFS: times that $MFT is gathered anew because it describes itself; each
 * pass must bring a piece more, and one piece maps thousands of records. */
#define HL_MAX_NTFS_MFT_PASSES 64

/* NTFS: levels of a B-tree; 8 hold more names than a volume has records. */
#define HL_MAX_NTFS_DEPTH 24

/* NTFS: INDX blocks of one folder: 16 GiB of 4 KiB blocks, a bit for each. */
#define HL_MAX_NTFS_BLOCKS (1u << 22)

/* NTFS: broken blocks of one folder that are told one by one; more say
 * nothing new and would fill the note log. */
#define HL_MAX_NTFS_BAD_BLOCKS 1000

/* NTFS: names in one sweep of $MFT, 16 bytes each: 2 GiB of memory hold more
 * than any volume seen. */
#define HL_MAX_NTFS_SWEPT (1u << 27)

/* NTFS: stretches of records found by their signature, 24 bytes each; a $MFT
 * in more pieces than this is a medium full of copies of records. */
#define HL_MAX_NTFS_STRETCHES (1u << 22)

/* NTFS: of a whole medium, stretches of records whose volume is to be told:
 * 40 bytes each; beyond it the short ones are thinned. */
#define HL_MAX_RECMAP_STRETCHES (1u << 20)

/* NTFS: index blocks, and runs of indexes, that are compared for that, 24 and
 * 48 bytes each; beyond it folders are sampled. */
#define HL_MAX_RECMAP_INDEX (1u << 19)

/* NTFS: of the same, runs of all $MFTs, 32 bytes each, and records that call
 * themselves $MFT: a volume has two, each shadow copy may hold one more. */
#define HL_MAX_RECMAP_MFT_RUNS (1u << 20)
#define HL_MAX_RECMAP_ANCHORS 4096

/* NTFS: stretches of records that a later volume left of an $MFT. */
#define HL_MAX_NTFS_LEFT (1u << 20)

/* NTFS: stretches of a lost volume that later ones have, 24 bytes each. */
#define HL_MAX_NTFS_TAKEN (2u << 20)

/* NTFS: volumes inferred on one medium; partitions end at 128. */
#define HL_MAX_RECMAP_VOLUMES 256

/* NTFS: extents of $MFT whose first record is looked at when it is opened. */
#define HL_MAX_NTFS_MFT_CHECKS 16

/* NTFS: sectors before the end of a medium where the boot sector's copy is
 * looked for: partitions are rounded to a MiB, a cylinder is 8 MiB. */
#define HL_MAX_NTFS_BOOT_BACK 16384

/* NTFS: bytes of a compression unit; Windows makes 64 KiB at most. */
#define HL_MAX_NTFS_UNIT (1u << 20)

/* NTFS: runs of live files that are remembered to tell whose a cluster is:
 * 16 bytes each; of a full disk in many pieces the rest has no owner. */
#define HL_MAX_NTFS_OWNED (8u << 20)

/* NTFS: deleted names put into their folders by a listing, 16 bytes each. */
#define HL_MAX_NTFS_DEAD (4u << 20)

/* NTFS: names of one folder's slack that are told apart; more is noise. */
#define HL_MAX_NTFS_SLACK 16384

/* NTFS: facts that stat shows of one file. */
#define HL_MAX_NTFS_FACTS 20000

/* Bytes of one transaction log: a hive itself ends at 4 GiB. */
#define HL_MAX_HIVE_LOG (UINT64_C(1) << 32)

/* Of a dirty hive and its logs, kept while they are copied and replayed:
 * half of what own memory may be. */
#define HL_REPLAY_CACHE_BYTES (16u << 20)

/* Cells read of one hive to tell what and whose it is: a key may have some
 * thousand subkeys, and two cells are read for each. */
#define HL_MAX_HIVE_CELLS 65536

/* Stretches that are remembered of hives that were written, 24 bytes each, so
 * that those of shadow copies need not be hashed when they lie there too; and
 * hives that begin like one of them and are compared with it. */
#define HL_MAX_ALIKE_SPOTS (1u << 18)
#define HL_MAX_ALIKE_TRIES 16

/* Log entries put in order without their hive: 512 MiB of the smallest. */
#define HL_MAX_LOG_ENTRIES (1u << 20)

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
 * a whole data disk (2 MiB for everything): folders of a root that are looked
 * into; folders below one of them that are tried in vain before it is given
 * up, and below all of them; names listed in one of them, and in all.  A
 * folder of profiles shows one early (Administrator, Default User).
 */
#define HL_MAX_ROOT_FOLDERS 64
#define HL_MAX_PROBES_EACH 12
#define HL_MAX_PROBES 48
#define HL_MAX_NAMES_EACH 128
#define HL_MAX_PROBE_NAMES 4096

/* Names listed in a profile and in each folder of it, to find translated
 * folders: Windows puts about twenty in each, people put thousands. */
#define HL_MAX_WILD_NAMES 256
/* Slots of one FAT folder: the format ends at 65,536 of 32 bytes (2 MiB). */
#define HL_MAX_FAT_SLOTS 65536

/* Bytes of one exFAT folder: the format ends there. */
#define HL_MAX_EXFAT_FOLDER (256u << 20)

/* Bytes of exFAT's table of capitals: 65,536 units, not compressed. */
#define HL_MAX_EXFAT_UPCASE (128u << 10)
/* Clusters of a FAT volume that are looked at for lost folders, 4 KiB each:
 * all of a 128 GiB card; more would be read for an hour. */
#define HL_MAX_FAT_LOOKS (4u << 20)

/* Folders that no entry leads to: more than a whole volume has in use. */
#define HL_MAX_FAT_ORPHANS (1u << 20)

/* Zeros behind a file's last stored byte that are read all the same, where
 * the volume is smaller: half a minute of hashing. */
#define HL_MAX_EMPTY_TAIL (16ull << 30)

/* The same of what is missing and could not have been there, where a hole
 * may be meant: two seconds for each such file, of which there may be many. */
#define HL_MAX_MISSING_TAIL (1ull << 30)

/* Partitions of one table: GPT arrays of 128 are usual, 16384 is absurd. */
#define HL_MAX_PARTS 16384

/* Bytes of a GPT array: the same number at the largest entry in use. */
#define HL_MAX_GPT_ARRAY (4u << 20)

/* Extended boot records of one disk: drive letters end at 26. */
#define HL_MAX_EBRS 1024

/* Boot sectors and tables that a scan notices, 16 bytes each and some reads to
 * judge one; a medium with more is made of copies of them. */
#define HL_MAX_SCAN_PLACES (1u << 16)

/* Lines of evidence for one volume; a person reads ten. */
#define HL_MAX_SCAN_EVIDENCE 64

/* Partitions that older tables name: as many tables as can be noticed would
 * name more, but no disk had so many. */
#define HL_MAX_SCAN_HINTS 65536

/* Blocks of BitLocker metadata that a scan judges, three of a volume; a
 * hundredth of a second each at worst. */
#define HL_MAX_SCAN_BLOCKS 1024

/* Bytes of a scan's state: what recmap may hold, and all places as text. */
#define HL_MAX_SCAN_STATE (512u << 20)

/* Folders of one recursive walk: more than any NTFS volume seen, 16 B each. */
#define HL_MAX_FOLDERS (16u << 20)

/* Objects of a dynamic disk's database: as many as its MiB can hold. */
#define HL_MAX_LDM_OBJECTS 16384

/* Objects looked at to put its volumes together: each column of each volume
 * looks at all of them; a database that wants more names itself in circles. */
#define HL_MAX_LDM_STEPS (64u << 20)

/* Blocks of one such object: the longest seen has two. */
#define HL_MAX_LDM_BLOCKS 16

/* Segment files of one image: .ZZZ is number 14,971; split sets go on. */
#define HL_MAX_SEGMENTS 1000000

/* Segment files that stay open: 256 GiB in files of 2 GiB; of the others a
 * few are open at a time. */
#define HL_MAX_OPEN_SEGMENTS 128

/* Sections of one EWF segment file; writers make about ten for 2 GiB. */
#define HL_MAX_EWF_SECTIONS 65536

/* Tables of one EWF set: 64 TiB in the smallest tables that are written. */
#define HL_MAX_EWF_TABLES 4194304

/* Bytes of one EWF chunk: 32,768 sectors of 4,096, the most a writer offers. */
#define HL_MAX_EWF_CHUNK (128u << 20)

/* Inflated acquisition data of an EWF set: a few hundred bytes in practice. */
#define HL_MAX_EWF_HEADER (1u << 20)

/* Entries of an EWF error2 section: a disk with more is beyond listing. */
#define HL_MAX_EWF_ERRORS 65536

/* Inflated EWF chunks kept, in bytes: neighbouring MFT records share one. */
#define HL_EWF_CACHE_BYTES (2u << 20)

/* EWF chunks inflated ahead of whoever reads in order: each thread has some
 * to do while others are waited for. */
#define HL_EWF_AHEAD_BYTES (8u << 20)

/* Bad stretches of one image that verify keeps, 24 bytes each, and files it
 * names for them: more is an image of which little is left. */
#define HL_MAX_VERIFY_BAD (1u << 22)
#define HL_MAX_VERIFY_FILES (1u << 20)

/* Bytes of one file's entry in a manifest, without its runs: a path is 96 KiB
 * at most, and notes are cut.  Files of one output folder, 500 bytes each. */
#define HL_MAX_MANIFEST_ENTRY (16u << 20)
#define HL_MAX_OUTPUT_FILES (1u << 24)

/* Virtual disks: each is made from the one before; snapshots of years.  Files
 * of one level: 16 TiB in files of 2 GiB. */
#define HL_MAX_VDISK_CHAIN 64
#define HL_MAX_VDISK_EXTENTS 8192u
/* Bytes of a sparse VMDK's tables that are compared with their copies: those
 * of 4 TiB.  Larger disks would be read for minutes before anything else. */
#define HL_MAX_VMDK_TABLES (UINT64_C(256) << 20)

/* The log of a VHDX: Hyper-V and QEMU make one of 1 MiB.  Changes in it: each
 * is of 4 KiB, or of zeros, of which a table that is cleared needs a few. */
#define HL_MAX_VHDX_LOG (64u << 20)
#define HL_MAX_VHDX_PATCHES (1u << 16)

/* Devices that may be made of one disk (partitions, mappings on them). */
#define HL_MAX_RELATED_DEVICES 1024

/* Bad stretches that an acquisition keeps apart, 16 bytes each, and how many
 * of them it says: the map and --json have them all. */
#define HL_MAX_ACQUIRE_BAD (1u << 20)
#define HL_MAX_ACQUIRE_SAID 100

/* Bytes of a ddrescue map, and stretches that it calls bad: 40 bytes a line;
 * a disk with a million of them takes years to rescue. */
#define HL_MAX_MAP_BYTES (64u << 20)
#define HL_MAX_MAP_AREAS (1u << 20)

/* Carving: bytes of one bin; a value of 1 MiB is the largest that is usual. */
#define HL_MAX_CARVE_BIN (64u << 20)

/* Carving: finds of one run, 300 bytes each: a disk full of old logs. */
#define HL_MAX_CARVED 100000

/* Carving: free stretches that make one row of clusters, 56 bytes each; what
 * lies in more pieces is searched in several rows. */
#define HL_MAX_CARVE_ROW (1u << 17)

/* Carving: pieces of one find; a hive of 4 GiB in pieces of 1 MiB. */
#define HL_MAX_CARVE_PIECES 4096

/* Carving: references that are looked up to tell whether two parts belong
 * together; more of them do not make it any surer. */
#define HL_MAX_CARVE_WORDS 4096

/* Carving: how often one row of bins is parted where it contradicts itself;
 * each time what follows is walked again. */
#define HL_MAX_CARVE_CUTS 64

/* Carving: fragments of one offset that are tried for one place. */
#define HL_MAX_CARVE_TRIES 64

/* BitLocker: recovery keys in one file, each tried on each protector for a
 * second; and how often a person is asked for one volume. */
#define HL_MAX_BDE_KEYS 16
#define HL_MAX_BDE_ASKS 3

/* BitLocker: how much of a volume is read for metadata that no boot sector
 * leads to, when the boot sector is BitLocker's, and when there is none: the
 * first copy is at 33 MiB as a rule, and any partition may be without one. */
#define HL_MAX_BDE_SEARCH (UINT64_C(16) << 30)
#define HL_MAX_BDE_LOST (UINT64_C(1) << 30)
/* Blocks there that may look like it, each read with where it leads. */
#define HL_MAX_BDE_TRIES 256

/* Shadow copies: of one volume Windows keeps 512; blocks that one store keeps,
 * 100 bytes each: 16 TiB of a volume. */
#define HL_MAX_VSS_COPIES 512
#define HL_MAX_VSS_BLOCKS (1u << 26)

/* Where a catalogue is looked for when nothing leads to it, by a glance at
 * every 16 KiB: a million of them. */
#define HL_MAX_VSS_SEARCH (UINT64_C(16) << 30)

/* Bytes that libvshadow may read for one answer, beside what its lists are
 * known to need: it does not see a list that runs in circles. */
#define HL_MAX_VSS_LIB_READ (UINT64_C(64) << 20)

#ifdef HL_TEST_LIMITS
#include "limits_var.h" /* made of this file, see tests/limits */
#endif

#endif
