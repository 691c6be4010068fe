/*
 * fs_impl.h: what a file system provides: one row of the table in fs.c.
 * To add one: a folder that reads it, an adapter here that fills these, a
 * row in the table.
 */
#ifndef HL_FS_IMPL_H
#define HL_FS_IMPL_H

#include "hivelift/fs.h"

struct hl_at;

struct hl_fs_ops {
	/* HL_OK: the boot sector (first 4 KiB given) is plausible; HL_END. */
	enum hl_status (*probe)(const void *p, size_t n);
	/*
	 * Open; fills fs->impl and fs->info.  Also called when no probe said
	 * yes, last, with rescue true: try second copies; HL_END when there
	 * are none either.
	 */
	enum hl_status (*open)(struct hl_fs *fs, bool rescue);
	void (*close)(struct hl_fs *fs);
	enum hl_status (*root)(struct hl_fs *fs, struct hl_entry *out);
	enum hl_status (*lookup)(struct hl_fs *fs, const struct hl_ref *dir,
	                         const char *name, struct hl_entry *out);
	/* entry by ref, full; when by_number only ref->id counts (@N) */
	enum hl_status (*entry)(struct hl_fs *fs, const struct hl_ref *ref,
	                        bool by_number, struct hl_entry *out);
	enum hl_status (*list)(void **iter, struct hl_fs *fs,
	                       const struct hl_ref *dir, unsigned how);
	enum hl_status (*next)(struct hl_fs *fs, void *iter,
	                       struct hl_entry *out);
	void (*list_close)(struct hl_fs *fs, void *iter);
	/* Without the indexes; all four may be NULL: HL_UNSUPPORTED, HL_END */
	enum hl_status (*sweep)(void **iter, struct hl_fs *fs, unsigned how);
	enum hl_status (*sweep_next)(struct hl_fs *fs, void *iter,
	                             struct hl_entry *out);
	void (*sweep_close)(struct hl_fs *fs, void *iter);
	enum hl_status (*parent)(struct hl_fs *fs, const struct hl_entry *e,
	                         struct hl_entry *out);
	enum hl_status (*stream)(struct hl_src **out, struct hl_fs *fs,
	                         const struct hl_ref *ref, const char *stream,
	                         enum hl_stream_how how);
	enum hl_status (*stream_next)(struct hl_fs *fs,
	                              const struct hl_ref *ref,
	                              unsigned *cursor,
	                              struct hl_stream_info *out);
	enum hl_status (*link)(struct hl_fs *fs, const struct hl_ref *ref,
	                       char *buf, size_t n);
	enum hl_status (*fact_next)(struct hl_fs *fs, const struct hl_ref *ref,
	                            unsigned *cursor, struct hl_fact *out);
	/* Bytes free; HL_END: not known.  May be NULL: info.unallocated. */
	enum hl_status (*unallocated)(struct hl_fs *fs, uint64_t *bytes);
	/* Whose is that byte of the volume?  HL_OK: a live file's, of which
	 * ref->id is set; HL_END: nobody's, or not known.  May be NULL. */
	enum hl_status (*holder)(struct hl_fs *fs, uint64_t off,
	                         struct hl_ref *ref);
	/* Are bytes from off on in use, by the volume's own map?  *n is cut
	 * to where the answer is one.  HL_END: it does not tell of those *n.
	 * May be NULL. */
	enum hl_status (*in_use)(struct hl_fs *fs, uint64_t off, uint64_t *n,
	                         bool *used);
};

struct hl_fs {
	const struct hl_fs_ops *ops;
	const struct hl_ctx *ctx;
	struct hl_src *src; /* the volume, borrowed */
	struct hl_fs_info info;
	void *impl;
	struct hl_fs_paths *paths; /* tree.c: paths of folders, or NULL */
};
void hl_fs_paths_free(struct hl_fs *fs);

/*
 * ntfs_below.c: an NTFS volume without its boot sector, maybe with a later
 * one over it.
 */
struct hl_recmap_extent;
struct hl_fs_rival { /* a later volume, open */
	struct hl_fs *fs; /* NULL: it is not read */
	uint64_t off;     /* in the image */
	uint64_t size;    /* bytes, where it is not read or copied */
	bool maybe;       /* it is not sure that it is the later one */
	bool copied;      /* it is older, and was copied over this one */
	bool table;       /* no volume: the partition table's own bytes */
};
struct hl_fs_lost {
	bool has_boot; /* a boot sector has told all this: it is not gone */
	uint32_t cluster_size, record_size; /* bytes; record_size 0: unknown */
	bool has_mft;
	uint64_t mft_lcn; /* a cluster of its $MFT, the first or another */
	uint64_t vol_off; /* of vol in the image */
	const struct hl_recmap_extent *ext; /* its $MFT, offsets in the image;
	                                       NULL: it is looked for */
	size_t n_ext;
	bool no_search; /* not all over the volume: others' lie there, too */
	const struct hl_fs_rival *rival; /* what begins at its start
	                                   is found by itself */
	size_t n_rival;
};
/* scan_rivals.c: may a partition hold what is not read, and not nothing? */
struct hl_part;
bool hl_fs_blind(const struct hl_volume *v, const struct hl_part *p);
/*
 * taken.c: what rivals have of a volume at vol_off of the image: sorted,
 * disjoint, offsets in it.  For hl_free.  HL_OK, HL_NOMEM, HL_CANCELLED
 */
struct hl_ntfs_taken;
enum hl_status hl_fs_taken(struct hl_ntfs_taken **out, size_t *n,
                           struct hl_src *vol, uint64_t vol_off,
                           const struct hl_fs_rival *rival, size_t n_rival,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
/* below.c: the same volume, of which the map tells it; takes vol over, also
 * when it fails.  bytes[]: how many, by enum hl_ntfs_taken_why. */
enum hl_status hl_fs_below(struct hl_src **out, struct hl_src *vol,
                           uint64_t vol_off, const struct hl_fs_rival *rival,
                           size_t n_rival, uint64_t *bytes,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Nothing of *lost is kept.  HL_OK (how it was found is said as a loss),
 * HL_END (no records), HL_CORRUPT (said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fs_open_lost(struct hl_fs **out, struct hl_src *vol,
                               const struct hl_fs_lost *lost,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;

extern const struct hl_fs_ops hl_fs_ntfs; /* ntfs_fs.c */
extern const struct hl_fs_ops hl_fs_fat;  /* fat_fs.c */
extern const struct hl_fs_ops hl_fs_exfat; /* exfat_fs.c */

/*
 * known.c: names what is seen and not read, by its signature.  p is the
 * beginning of a volume (or image), up to HL_KNOWN_BYTES.
 */
#define HL_KNOWN_BYTES ((size_t)68 * 1024)
#define HL_PROBE_BYTES 4096 /* what drivers and boot signatures look at */
struct hl_known {
	const char *fs_name; /* "bitlocker", "refs", "ext4", "luks", … */
	const char *reason;  /* "BitLocker: encrypted, no key" … */
	bool boot;           /* it is told by the boot sector itself, and so
	                        stands before drivers and before an MBR */
	bool foreign;        /* no volume at all: a container, a hive, … */
	bool locks;          /* BitLocker: a key may open it */
};
/* NULL when nothing is known.  boot_only: the boot sector's alone. */
const struct hl_known *hl_known_find(const void *p, size_t n, bool boot_only);

/* One row of the table of drivers. */
struct hl_fs_driver {
	const char *name;
	const struct hl_fs_ops *ops;
};

/* What lies at the start of a source. */
struct hl_fs_found {
	struct hl_fs *fs;             /* NULL: not read */
	const char *name;             /* "" unknown; never NULL */
	const char *reason;           /* why it is not read, or NULL */
	bool zeros;                   /* nothing but zeros at the start */
	bool damaged;                 /* a driver knows it and cannot open it */
};
/*
 * The one order of tries for the whole library: signatures that stand before
 * the drivers, drivers by their probe, other signatures, second copies.
 * rescue: try second copies too.
 *   HL_OK: out->fs is set; HL_END: it is not, out tells what there is;
 *   HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fs_identify(struct hl_fs_found *out, struct hl_src *vol,
                              bool rescue, const struct hl_ctx *ctx)
	HL_MUST_CHECK;
/* The same with other drivers; ends with a row of NULL.  For tests. */
enum hl_status hl_fs_identify_with(struct hl_fs_found *out, struct hl_src *vol,
                                   bool rescue,
                                   const struct hl_fs_driver *drivers,
                                   const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * The same in silence, with nothing kept open; out->fs is NULL.  *size: of
 * the file system, when HL_OK.
 */
enum hl_status hl_fs_peek(struct hl_fs_found *out, uint64_t *size,
                          struct hl_src *vol, bool rescue,
                          const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Does the start of a volume look like one that a driver reads? */
bool hl_fs_probes(const void *p, size_t n);

/*
 * volume.c: what a volume holds: opens its window and file system, or says
 * why it is not read.  v->off, len, part, id are set.  search: for second
 * copies, when no table tells what it should be.
 * HL_OK (also when it is not read); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_volume_open(struct hl_volume *v, struct hl_src *image,
                              bool search, const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_volume_close(struct hl_volume *v);

/*
 * bitlocker.c: of a BitLocker volume that some key opens, v->src is the plain
 * text from now on; else v->unread says more.
 * HL_OK, also when it is none; HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_volume_unlock(struct hl_volume *v,
                                const struct hl_at *at) HL_MUST_CHECK;
/* The same without a boot sector, by a block of its metadata. */
enum hl_status hl_volume_unlock_at(struct hl_volume *v, uint64_t block_off,
                                   const struct hl_at *at) HL_MUST_CHECK;
/* The other way round; v->src is then what was opened first. */
/* The same of what has no boot sector, by a search. */
enum hl_status hl_volume_unlock_lost(struct hl_volume *v,
                                     const struct hl_at *at) HL_MUST_CHECK;
void hl_volume_lock(struct hl_volume *v);

#endif
