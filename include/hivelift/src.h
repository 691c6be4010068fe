/*
 * src.h: the one byte source.  Everything readable is a struct hl_src: an
 * image, a partition, an NTFS stream, a FAT file, a carved hive.
 *
 * Leaves (raw, split, E01, device, memory) read; views are extent lists over
 * one or several parents.  Walking hl_src_map() to the leaf answers the
 * forensic question: where on the image is this byte, and how good is it?
 *
 * Ownership: a source borrows its parents; close in reverse order.
 * Threads: hl_src_read and hl_src_map may be called from several threads at
 * once; open and close may not run beside them.
 */
#ifndef HIVELIFT_SRC_H
#define HIVELIFT_SRC_H

#include "ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the bytes of an extent are. */
enum hl_what {
	HL_WHAT_DATA,
	HL_WHAT_SPARSE,       /* a hole: reads as zeros, as it should */
	HL_WHAT_RESIDENT,     /* lies inside a record */
	HL_WHAT_COMPRESSED,   /* in_len stored bytes become len bytes */
	HL_WHAT_ENCRYPTED,    /* ciphertext, never content */
	HL_WHAT_BEYOND_VALID, /* past the valid data length: reads as zeros */
	HL_WHAT_MISSING,      /* no medium behind it: reads as zeros, a loss */
	HL_WHAT_REBUILT,      /* calculated from the rest of an array: right
	                         bytes that lie nowhere; its text is "data" */
	HL_WHAT_STORED,       /* of a shadow copy, kept by a store and not by
	                         the live volume; its text is "data" too */
};

/* How good they are. */
enum hl_quality {
	HL_Q_OK,
	HL_Q_UNALLOCATED_NOW, /* of a deleted file; free now, maybe reused */
	HL_Q_ALLOCATED_TO,    /* of a deleted file; now another file's */
	HL_Q_UNKNOWN,         /* of a deleted file; who has it cannot be told */
	HL_Q_BAD_CHECKSUM,    /* the container's checksum does not match */
	HL_Q_UNREADABLE,      /* I/O error, missing segment, beyond the cut */
	HL_Q_FRAGMENT,        /* carved: no file system says that it is so */
};

const char *hl_what_text(enum hl_what what);          /* "data", "sparse", … */
const char *hl_quality_text(enum hl_quality quality); /* "ok", … */

/* One stretch of a source: where its bytes really are. */
struct hl_extent {
	uint64_t off, len;  /* in this source; len > 0 */
	struct hl_src *in;  /* the parent that holds them; NULL: none (a hole,
	                       missing, or this source is itself the leaf) */
	uint64_t in_off, in_len; /* there; in_len != len when compressed */
	uint16_t what, quality;
	uint64_t owner; /* HL_Q_ALLOCATED_TO: id of that file's ref, or
	                   HL_NO_OFFSET: not known; else 0 */
};

/* A bounded, merging list of damaged stretches of one read. */
struct hl_range {
	uint64_t off, len; /* in the source that was read */
	uint16_t what, quality;
};
#define HL_RANGES_MAX 64
struct hl_ranges {
	struct hl_range r[HL_RANGES_MAX];
	size_t n;
	uint64_t bytes; /* sum, also of what did not fit */
	bool overflow;  /* more stretches than fit: the last one was widened */
};
void hl_ranges_clear(struct hl_ranges *list);
/* Add a stretch; neighbours of one kind are merged.  list may be NULL. */
void hl_ranges_add(struct hl_ranges *list, uint64_t off, uint64_t len,
                   enum hl_what what, enum hl_quality quality);

/* ---- reading ---------------------------------------------------------- */

uint64_t hl_src_size(const struct hl_src *src);         /* bytes */
uint32_t hl_src_sector_size(const struct hl_src *src);  /* 0: not known */
const char *hl_src_name(const struct hl_src *src);      /* never NULL */

/*
 * Read len bytes at off.  The buffer is always filled: what is damaged or
 * beyond the end is zero.  Damage costs its own bytes only and is added to
 * `bad` (offsets of this source).  Emits no notes.
 *   HL_OK      in range, every byte delivered; damage, if any, is in `bad`
 *   HL_RANGE   [off, off+len) is not inside the source; the part that is
 *              inside was still read
 *   HL_IO      there was damage and bad == NULL
 *   HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_src_read(struct hl_src *src, uint64_t off, void *buf,
                           size_t len, struct hl_ranges *bad) HL_MUST_CHECK;

/*
 * The extent that holds off (cut so that out->off == off).
 *   HL_OK; HL_RANGE when off is not inside the source; HL_NOMEM
 */
enum hl_status hl_src_map(struct hl_src *src, uint64_t off,
                          struct hl_extent *out) HL_MUST_CHECK;

/*
 * The same, walked down to the leaf: out->in is the leaf (the image) and
 * out->in_off the offset in it, or out->in == NULL for bytes that are nowhere.
 * The worst quality met on the way wins.
 */
enum hl_status hl_src_locate(struct hl_src *src, uint64_t off,
                             struct hl_extent *out) HL_MUST_CHECK;

/* Offset of a byte in the image, or HL_NO_OFFSET. */
uint64_t hl_src_image_offset(struct hl_src *src, uint64_t off);

/* Bytes from off on that are zeros, and need not be read to know that; 0: not
 * known.  It is no more than a short cut. */
uint64_t hl_src_hole(struct hl_src *src, uint64_t off);

/* A hint about coming reads; never fails. */
enum hl_advice { HL_ADVISE_SEQUENTIAL, HL_ADVISE_RANDOM, HL_ADVISE_WILLNEED };
void hl_src_advise(struct hl_src *src, uint64_t off, uint64_t len,
                   enum hl_advice how);

void hl_src_close(struct hl_src *src); /* NULL is fine */

/* ---- leaves and views ------------------------------------------------- */

/* Memory; borrowed, or copied when copy is true. */
enum hl_status hl_src_mem(struct hl_src **out, const void *p, size_t n,
                          bool copy, const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * A plain file, whatever its name and content; may be empty.
 *   HL_OK, HL_IO, HL_USAGE (not a plain file): said; HL_NOMEM
 */
enum hl_status hl_src_file(struct hl_src **out, const char *path,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;

/* A window of a parent.  A part past the parent's end reads as MISSING. */
enum hl_status hl_src_window(struct hl_src **out, struct hl_src *in,
                             uint64_t off, uint64_t len,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;

/*
 * A view made of extents: ext[0].off == 0, each begins where the one before
 * ends; checked (HL_USAGE).  in == NULL reads as zeros (a loss when what is
 * MISSING).  The array is copied.
 */
enum hl_status hl_src_extents(struct hl_src **out, const char *name,
                              const struct hl_extent *ext, size_t n,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- arrays ------------------------------------------------------------ */

/* Disks put together to one; lengths in bytes. */
enum hl_array_kind {
	HL_ARRAY_STRIPE, /* RAID-0: chunk by chunk over all columns */
	HL_ARRAY_RAID5,  /* left-symmetric, as Windows does it */
	HL_ARRAY_MIRROR, /* RAID-1: every column holds all of it */
};
#define HL_ARRAY_COLUMNS 32 /* Windows' own limit */
struct hl_array {
	enum hl_array_kind kind;
	size_t n;                              /* columns */
	struct hl_src *column[HL_ARRAY_COLUMNS]; /* NULL: missing */
	uint64_t chunk;                        /* not for mirrors */
	uint64_t size;                         /* of the whole; 0: all of it */
};
/*
 * The columns are borrowed.  Of a missing one a stripe reads as MISSING, a
 * RAID-5 is calculated from the others, a mirror has its other copies; so
 * is what a mirror's first copy cannot read, which is said at close.
 *   HL_OK; HL_USAGE: no column, too many, or a chunk that cannot be; HL_NOMEM
 */
enum hl_status hl_src_array(struct hl_src **out, const char *name,
                            const struct hl_array *array,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- images ------------------------------------------------------------ */

struct hl_files;

/* Options for opening an image; zero is the default everywhere. */
struct hl_image_opts {
	bool allow_missing;   /* missing or short segments read as MISSING */
	uint32_t sector_size; /* 0: as the container or device says */
	const char *map;      /* ddrescue's map file of the image, or NULL:
	                         what it calls not rescued is UNREADABLE */
	/* files that may be parents of a virtual disk, beside those that lie
	   where it does; chosen by their name */
	const char *const *parents;
	size_t n_parents;
};

/*
 * Find the files of an image from the name of its first (or only) one and
 * open them read-only: raw, split raw (.001 .000 .aa), E01 set, virtual disk
 * (VHD, VHDX, VMDK, QCOW2) with its extents and parents, block device, or the
 * mount point of one.  Parses nothing but the first signature, and of virtual
 * disks the headers that name other files.
 *   HL_OK, HL_IO (cannot open; said), HL_USAGE (a folder, an empty file;
 *   said), HL_NOMEM; of virtual disks as hl_image_open
 */
enum hl_status hl_files_find(struct hl_files **out, const char *path,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_files_close(struct hl_files *files);
size_t hl_files_count(const struct hl_files *files);
const char *hl_files_path(const struct hl_files *files, size_t i);
/*
 * A set of very many segments keeps only some open: the others are opened
 * again, below the folder of this descriptor, which a sandbox has to allow to
 * be read.  -1: all are open.
 */
int hl_files_folder(const struct hl_files *files);
/*
 * Is that path one of the image's files, its device, or on a volume of it?
 * The same of a descriptor, but for files on a volume: whoever redirects
 * output of a live disk knows where to.  Is it a file that a virtual disk was
 * made from (one of hl_image_opts.parents, or beside it)?
 */
bool hl_files_is_source(const struct hl_files *files, const char *path);
bool hl_files_is_parent(const struct hl_files *files, const char *path);
bool hl_files_is_source_fd(const struct hl_files *files, int fd);

/*
 * Open the image that those files hold; may run inside a sandbox.  A missing,
 * short or damaged segment is named in a note and is an error, unless
 * allow_missing is set.
 *   HL_OK, HL_IO, HL_CORRUPT, HL_UNSUPPORTED (all said), HL_NOMEM
 */
enum hl_status hl_image_open(struct hl_src **out, struct hl_files *files,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;

/* What the container says of itself.  Strings live as long as the source. */
struct hl_image_info {
	const char *path;
	const char *format; /* "raw", "E01", "VHD dynamic", "device", … */
	uint64_t size;      /* bytes of medium */
	uint32_t sector_size; /* 0: not stated */
	size_t segments;
	uint32_t chunk_size;  /* bytes; 0: no chunks */
	const char *md5, *sha1; /* stored, lower-case hex, or NULL */
	bool live;            /* mounted read-write: content may be in motion */
	bool read_only;       /* device: the kernel says read-only */
	const char *model, *serial; /* device, or NULL */
	/* acquisition data of the container: pairs key, value */
	size_t n_acquisition;
	const char *const (*acquisition)[2];
};
/* HL_END when the source is not an image leaf. */
enum hl_status hl_image_info(const struct hl_src *image,
                             struct hl_image_info *out) HL_MUST_CHECK;

/*
 * hl_src_read of an image for whoever checks it: what its source could not be
 * read for when the image was made is no damage of the image (its zeros are
 * what was hashed), and is not in `bad`.  The same codes.
 */
enum hl_status hl_image_check(struct hl_src *image, uint64_t off, void *buf,
                              size_t len, struct hl_ranges *bad) HL_MUST_CHECK;
/*
 * Bytes that the container holds behind the last whole sector, of a source
 * that was no multiple of one: stored hashes may cover them.
 *   HL_OK (*n may be 0), HL_NOMEM
 */
enum hl_status hl_image_tail(struct hl_src *image, void *buf, size_t room,
                             size_t *n) HL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
