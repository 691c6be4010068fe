/*
 * fs.h: one view of every file system, and the disk as a list of volumes.
 *
 * Everything here works the same on NTFS and FAT.  Names are UTF-8 with the
 * exact UTF-16 beside it.  A file is named by a struct hl_ref.
 */
#ifndef HIVELIFT_FS_H
#define HIVELIFT_FS_H

#include "shadow.h"
#include "src.h"
#include "times.h"
#include "vol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HL_NAME_UNITS 255               /* UTF-16 units in one name */
#define HL_NAME_BYTES (255 * 3 + 1)     /* the same in UTF-8, with NUL */

struct hl_ref {
	uint64_t id;     /* NTFS: record number; FAT: position of the entry */
	uint32_t seq;    /* NTFS: sequence number */
	uint16_t origin; /* 0: live */
};

enum hl_type { HL_FILE, HL_DIR, HL_LINK, HL_OTHER };

enum hl_entry_flag {
	HL_ENTRY_DELETED = 1 << 0,
	HL_ENTRY_DAMAGED = 1 << 1,
	HL_ENTRY_RECORD = 1 << 2,     /* ref.id is an MFT record number */
	HL_ENTRY_FULL = 1 << 3,       /* size and times come from the record,
	                                 not from the (lazy) index copy */
	HL_ENTRY_BAD_NAME = 1 << 4,   /* name is not valid UTF-16 */
	HL_ENTRY_SHORT_NAME = 1 << 5, /* a DOS-only (8.3) name of another one */
	HL_ENTRY_ENCRYPTED = 1 << 6,
	HL_ENTRY_COMPRESSED = 1 << 7,
	HL_ENTRY_SPARSE = 1 << 8,
	HL_ENTRY_CASE_SENSITIVE = 1 << 9, /* a folder with that flag */
	HL_ENTRY_SLACK = 1 << 10, /* a name left behind in a folder's unused
	                             bytes; its file may be gone or another's */
	HL_ENTRY_GUESSED = 1 << 11, /* deleted: where its bytes lay is a guess */
	HL_ENTRY_FIRST_LOST = 1 << 12, /* deleted on FAT: "_" stands for the
	                                  first character, which is lost */
};

struct hl_entry {
	struct hl_ref ref, parent;
	enum hl_type type;
	unsigned flags;      /* enum hl_entry_flag */
	uint32_t attributes; /* FILE_ATTRIBUTE_* bits */
	uint32_t reparse_tag; /* 0: none */
	uint64_t size;       /* of the unnamed stream, bytes */
	uint64_t allocated;  /* bytes on the disk, 0 when not known */
	struct hl_time created, modified, mft_changed, accessed;
	uint16_t n_name16;
	uint16_t name16[HL_NAME_UNITS];
	char name[HL_NAME_BYTES]; /* lone surrogates as U+FFFD */
};

struct hl_stream_info {
	char name[HL_NAME_BYTES]; /* "" for the unnamed one */
	uint64_t size, valid, allocated; /* bytes */
	bool resident, compressed, sparse, encrypted;
};

/* One line of what `stat` shows: facts of one group stand together. */
struct hl_fact {
	char group[64];  /* "record", "attribute 0x30 $FILE_NAME", … */
	char key[40];
	char value[1024]; /* text; a number when is_number */
	bool is_number;
};

struct hl_fs_info {
	const char *name;  /* "ntfs", "fat12", "fat16", "fat32", "exfat" */
	char label[HL_NAME_BYTES];
	char serial[40];   /* as Windows prints it: "1A2B-3C4D" or 16 digits */
	char guid[40];     /* of the volume, when it has one (exFAT), or "" */
	uint32_t cluster_size, sector_size;
	uint64_t size;     /* bytes, as the boot sector says */
	bool boot_backup;  /* the second boot sector had to be used */
	bool dirty;        /* $Volume or FAT dirty flag */
	bool hibernated;   /* hiberfil.sys holds a hibernation */
	bool has_records;  /* refs are MFT records */
	bool stitched;     /* NTFS: $MFT is put together from what is left of
	                      it; folders may be missing above their files,
	                      which then are below "/$Orphan" */
	uint32_t shadow_copies; /* counted, not searched */
	uint64_t unallocated;   /* bytes free; HL_NO_OFFSET: not known (yet,
	                           see hl_fs_unallocated) */
};

struct hl_fs;
struct hl_fs_iter;

/*
 * Open the file system at the start of a source, by its content.
 *   HL_OK, HL_END (none that is read), HL_CORRUPT, HL_UNSUPPORTED, HL_IO,
 *   HL_NOMEM, HL_CANCELLED (all but HL_END said)
 */
enum hl_status hl_fs_open(struct hl_fs **out, struct hl_src *vol,
                          const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_fs_close(struct hl_fs *fs);
const struct hl_fs_info *hl_fs_info(struct hl_fs *fs);
struct hl_src *hl_fs_source(struct hl_fs *fs);
/*
 * Bytes that no file owns.  Reads the allocation map when it must, which may
 * be large, so that it is not done at open.  HL_OK, HL_END (the format or its
 * damage does not tell), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fs_unallocated(struct hl_fs *fs,
                                 uint64_t *bytes) HL_MUST_CHECK;

/*
 * The next stretch of the volume's bytes that its map of clusters gives to no
 * file, in order; *cursor starts at 0.  What a damaged map does not tell of
 * is among them.
 *   HL_OK, HL_END, HL_UNSUPPORTED (the format has no map), HL_NOMEM,
 *   HL_CANCELLED
 */
enum hl_status hl_fs_free_next(struct hl_fs *fs, uint64_t *cursor,
                               uint64_t *off, uint64_t *len) HL_MUST_CHECK;

/* The root folder. */
enum hl_status hl_fs_root(struct hl_fs *fs, struct hl_entry *out) HL_MUST_CHECK;

/* One name in one folder, by the volume's rules of case; HL_END: none. */
enum hl_status hl_fs_lookup(struct hl_fs *fs, const struct hl_ref *dir,
                            const char *name,
                            struct hl_entry *out) HL_MUST_CHECK;

/*
 * A whole path: '/' or '\', a leading "C:" is ignored, "" and "/" are the
 * root, "@N" and "@N-S" are MFT records.  Links are not followed.
 *   HL_OK, HL_END (not there), HL_CORRUPT (something on the way is damaged)
 */
enum hl_status hl_fs_find(struct hl_fs *fs, const char *path,
                          struct hl_entry *out) HL_MUST_CHECK;

/* All that is known of one file by its ref; the name is its first long one. */
enum hl_status hl_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                           struct hl_entry *out) HL_MUST_CHECK;

/*
 * The names of a folder in the volume's own order.  HL_LIST_FULL reads each
 * file's record, so that sizes and times are exact.  Short (DOS) names of
 * files that have a long one are left out unless HL_LIST_SHORT.
 */
enum hl_list_how {
	HL_LIST_NAMES = 0,
	HL_LIST_FULL = 1,
	HL_LIST_SHORT = 2,
	HL_LIST_DELETED = 4, /* deleted names too, marked HL_ENTRY_DELETED */
	HL_LIST_NO_LIVE = 8, /* sweep: only those */
};
enum hl_status hl_fs_list(struct hl_fs_iter **out, struct hl_fs *fs,
                          const struct hl_ref *dir,
                          unsigned how) HL_MUST_CHECK;
/*
 * HL_OK an entry; HL_END no more; HL_CORRUPT: something was skipped (said),
 * call again to go on; HL_NOMEM, HL_CANCELLED, HL_LIMIT end it.
 */
enum hl_status hl_fs_next(struct hl_fs_iter *it,
                          struct hl_entry *out) HL_MUST_CHECK;
void hl_fs_iter_close(struct hl_fs_iter *it);

/*
 * Every file of the volume without the indexes, in the volume's own order
 * (NTFS: by record number over $MFT; FAT: folder by folder), always full;
 * each name of a file with several comes out.  The root itself does not.
 * `how` as above.  For hl_fs_next; the same codes.
 */
enum hl_status hl_fs_sweep(struct hl_fs_iter **out, struct hl_fs *fs,
                           unsigned how) HL_MUST_CHECK;
/* false: hl_fs_sweep is HL_UNSUPPORTED for this kind of volume. */
bool hl_fs_can_sweep(const struct hl_fs *fs);
/*
 * The folder in which an entry lies or lay.  Only when it still is that
 * folder: a record that was used anew is not.
 *   HL_OK; HL_END: it is gone (or entry is the root); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fs_parent(struct hl_fs *fs, const struct hl_entry *entry,
                            struct hl_entry *out) HL_MUST_CHECK;
/*
 * An entry's path through its parents, "/a/b"; "/$Orphan/b" from where they
 * no longer hold (*orphan is then true; orphan may be NULL).
 *   HL_OK, HL_LIMIT (it does not fit into n), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fs_path(struct hl_fs *fs, const struct hl_entry *entry,
                          char *buf, size_t n, bool *orphan) HL_MUST_CHECK;

/* How a stream is read.  The unnamed stream of a file that WOF compressed
 * (CompactOS) is what WofCompressedData holds; raw, it is that stream. */
enum hl_stream_how {
	HL_STREAM_CONTENT, /* as Windows reads it */
	HL_STREAM_SLACK,   /* the same, then the bytes to the cluster's end */
	HL_STREAM_RAW,     /* as it lies on the disk */
	HL_STREAM_LOOK,    /* content, for its runs or a glance: that a deleted
	                      file's clusters are in use again is not said */
};
/*
 * A file's stream as a source; stream "" or NULL is the unnamed one.
 *   HL_OK, HL_END (no such stream), HL_UNSUPPORTED (encrypted, kept by
 *   WOF elsewhere: said),
 *   HL_CORRUPT (said), HL_NOMEM
 */
enum hl_status hl_fs_stream(struct hl_src **out, struct hl_fs *fs,
                            const struct hl_ref *ref, const char *stream,
                            enum hl_stream_how how) HL_MUST_CHECK;

/* The streams of a file; *cursor starts at 0.  HL_OK, HL_END, HL_CORRUPT */
enum hl_status hl_fs_stream_next(struct hl_fs *fs, const struct hl_ref *ref,
                                 unsigned *cursor,
                                 struct hl_stream_info *out) HL_MUST_CHECK;

/* Where a link leads, as stored, UTF-8, cut to n.  HL_OK, HL_END */
enum hl_status hl_fs_link(struct hl_fs *fs, const struct hl_ref *ref,
                          char *buf, size_t n) HL_MUST_CHECK;

/* Everything `stat` shows of one file; *cursor starts at 0. */
enum hl_status hl_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                               unsigned *cursor,
                               struct hl_fact *out) HL_MUST_CHECK;

/* ---- paths as users write them ------------------------------------- */

/*
 * A path argument, taken apart.  All pointers lead into the argument.
 *
 *	3:/Windows/notes.txt:stream     L1:\x     3.s1:/y     C:\z     @42-7
 *	|  |                 |
 *	|  path (n_base up to the last ':' behind the last separator)
 *	volume               stream
 *
 * A name made by POSIX may hold ':' itself, so whoever looks the path up
 * tries all of it first; hl_fs_find_path does.
 */
struct hl_path {
	char volume[16];    /* "3", "L1", "3.s1", or "" when none is named */
	const char *path;   /* the rest, all of it */
	size_t n_base;      /* its bytes before ":stream", or all */
	const char *stream; /* NULL: none named */
};
/* HL_OK; HL_USAGE when a volume's name is too long */
enum hl_status hl_path_parse(const char *arg,
                             struct hl_path *out) HL_MUST_CHECK;
/*
 * hl_fs_find for a path that was taken apart: the whole of it as a name
 * first, then without the stream.  *stream is "" or the stream's name.
 */
enum hl_status hl_fs_find_path(struct hl_fs *fs, const struct hl_path *path,
                               struct hl_entry *out,
                               const char **stream) HL_MUST_CHECK;

/* ---- the disk ----------------------------------------------------------- */

struct hl_scan;
struct hl_lost;
struct hl_bde;
struct hl_lost_geom;

struct hl_disk_opts {
	uint32_t sector_size; /* 0: find out */
	bool at_offset;       /* ignore the table, one file system at offset */
	uint64_t offset;      /* bytes */
	const struct hl_lost_geom *geom; /* of what lies at the offset, when
	                         its boot sector is gone; or NULL (scan.h) */
	struct hl_scan *scan; /* its believed volumes that no table has
	                         follow as "L1", …; borrowed; or NULL */
	bool plain;           /* of a medium without partitions only what its
	                         first sectors say: nobody reads all of it */
	const char *volume;   /* open only that one ("3"); the others are
	                         listed as skipped; NULL: all */
	struct hl_src *const *with; /* the other disks of a dynamic disk's
	                         group, or with its shadow copies' stores;
	                         borrowed */
	size_t n_with;
	bool shadows;         /* shadow copies too, behind all other volumes */
	const uint32_t *shadow; /* only these numbers of each volume, or NULL */
	size_t n_shadow;
};

struct hl_volume {
	char id[16];               /* "1", "2", …, "L1", …, "1.s1", … */
	uint64_t off, len;         /* bytes in the image */
	const struct hl_part *part; /* NULL: no table (or --offset) */
	const struct hl_lost *lost; /* a scan found it; or NULL */
	struct hl_src *in;         /* what holds it when that is not the image
	                              itself: a dynamic volume; else NULL */
	const struct hl_shadow *shadow; /* "3.s1": a copy of volume 3; or NULL.
	                              off is then that volume's */
	uint32_t n_shadows;        /* copies of this one that are listed */
	bool shadows_asked;        /* and those that are not were left out */
	const char *remark;        /* what its parts lack, or NULL */
	bool lacks;                /* and that is a loss */
	struct hl_src *src;        /* window of that; NULL when len is 0; of a
	                              BitLocker volume with a key its plain
	                              text */
	struct hl_bde *bde;        /* BitLocker (bde.h), or NULL */
	struct hl_src *locked;     /* and its ciphertext, when src is not */
	struct hl_fs *fs;          /* NULL: not read */
	const char *fs_name;       /* also of what is not read: "bitlocker",
	                              "refs", "ext4", …; "" unknown; never NULL */
	const char *unread;        /* why it is not read, or NULL */
	bool skipped;              /* another volume was asked for: not opened */
	bool expected_empty;       /* reserved, extended, zeroed: nothing lost */
	bool zeros;                /* not read: nothing but zeros at its start */
	bool rest;                 /* all of a medium without a table on which
	                              a scan has found volumes: what they leave
	                              of it is among the gaps */
};

struct hl_disk;

/*
 * The volumes of an image: by its table, or one bare file system.  What lies
 * at the start of the image is asked before its table, since every NTFS, FAT
 * and BitLocker boot sector ends like an MBR.
 *   HL_OK; HL_END when nothing at all was recognised: *out is then valid all
 *   the same and holds the whole image as volume "1", unread (or no volume
 *   when the image is empty), so that coverage can tell;
 *   HL_NOMEM, HL_CANCELLED, HL_USAGE (no such volume, or an offset behind the
 *   end of the image: said) leave *out NULL
 */
enum hl_status hl_disk_open(struct hl_disk **out, struct hl_src *image,
                            const struct hl_disk_opts *opts,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_disk_close(struct hl_disk *disk);
struct hl_src *hl_disk_image(struct hl_disk *disk);
const struct hl_table *hl_disk_table(struct hl_disk *disk); /* or NULL */
size_t hl_disk_count(struct hl_disk *disk);
struct hl_volume *hl_disk_volume(struct hl_disk *disk, size_t i);
/* Stretches that no volume covers; HL_END after the last. */
enum hl_status hl_disk_gap(struct hl_disk *disk, size_t i, uint64_t *off,
                           uint64_t *len) HL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
