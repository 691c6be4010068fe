/*
 * vdisk.h: disks of virtual machines.
 *
 *	vdisk_vhd.c vdisk_vhdx.c    what a file's header says: which files
 *	vdisk_qcow.c vdisk_vmdk.c   belong to it, how large it makes tables
 *	vdisk_find.c                finds and opens those files
 *	vdisk.c                     the source: one lock, a cache, damage
 *	vdisk_blocks.c              reads VHD and VHDX
 *	vdisk_log.c vdisk_patch.c   the log of a VHDX that was not closed
 *	vdisk_clusters.c            reads QCOW
 *	vdisk_grains.c              reads VMDK
 *	vdisk_tables.c              its tables, which are there twice
 *
 * A file may hold only what differs from another, its parent, and so on.  The
 * files of level 0 are the image's own, those of level 1 its parent's:
 *
 *	seg[]   | 0.0 disk.vmdk | 0.1 disk-s001.vmdk | 1.0 base.vmdk | 1.1 …
 */
#ifndef HL_VDISK_H
#define HL_VDISK_H

#include "base/span.h"
#include "io/files.h"
#include "io/note.h"

/* A file's name is 255 bytes at most, or 255 UTF-16 units. */
#define VDISK_NAME 1024
/* Ways in which one file may name its parent. */
#define VDISK_HINTS 4

struct vdisk_head {
	const char *format;  /* "VHD dynamic" */
	const char *creator; /* or NULL; may point into text */
	uint64_t size;       /* of the disk; VMDK: its extents decide */
	uint32_t sector_size;
	bool has_parent;
	bool parent_raw;     /* QCOW2: and it is no disk of another kind,
	                        whatever whoever wrote to it made of it */
	bool lone;           /* VMDK: its one extent is in the same file */
	bool log;            /* VHDX: its log has to be replayed */
	const char *flaw;    /* a copy that is damaged, a loss; or NULL */
	uint16_t log_version;
	uint8_t log_id[16];
	uint64_t log_off, log_len;
	/* bytes of a block or cluster; where the (first) table of them lies */
	bool vhdx, old;      /* old: QCOW version 1 */
	uint32_t snapshots;  /* QCOW2: older states inside, not read */
	bool zstd;           /* QCOW2: clusters are compressed by it */
	uint32_t l2_bits;    /* QCOW: log2 of the entries of a second table */
	uint32_t block;
	uint64_t table_off, table_len;
	/* of this disk, and of the one it was made from, or empty */
	char id[48], parent_id[48];
	char other_id[48];   /* VHDX: parent_id may also be this one */
	char text[64];
	size_t n_hints;      /* names of the parent, as they are stored */
	char hint[VDISK_HINTS][VDISK_NAME];
};

/*
 * Of the file's beginning, before the sandbox: fields only, each bounded.
 *   HL_OK; HL_CORRUPT, HL_UNSUPPORTED, HL_USAGE (said); HL_NOMEM
 */
enum hl_status hl_vdisk_head(struct hl_src *file, enum files_kind kind,
                             struct vdisk_head *out,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_vhd_head(struct hl_src *file, struct vdisk_head *out,
                           const struct hl_at *at) HL_MUST_CHECK;
enum hl_status hl_vhdx_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at) HL_MUST_CHECK;
enum hl_status hl_qcow_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at) HL_MUST_CHECK;
enum hl_status hl_vmdk_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at) HL_MUST_CHECK;
/*
 * Is that a dynamic or differencing VHD, by its footer?  Its beginning may be
 * gone, and with it the signature.
 */
bool hl_vhd_at_end(struct hl_src *file);
/* Bytes of the footer that ends a fixed VHD; 0: it is none. */
size_t hl_vhd_fixed(struct hl_src *file);
/* What a file is by its beginning and its end; FILES_RAW: nothing known. */
enum files_kind hl_vdisk_kind(struct hl_src *file, const char **other);
/* One more name of the parent; what is empty or too long is none. */
void hl_vdisk_hint(struct vdisk_head *out, const char *name, size_t n);

/*
 * What may be looked for below the image's own folder: a name as it is
 * stored, as a path of parts that stay below.  Absolute ones only by their
 * last part.  false: nothing of the kind.
 */
bool hl_vdisk_below(char *dst, size_t size, const char *stored);

/* The descriptor of a VMDK, in the file or inside it; allocated, with a NUL.
 * HL_OK, HL_CORRUPT (said), HL_USAGE (said: an extent), HL_NOMEM */
enum hl_status hl_vmdk_text(char **out, struct hl_src *file,
                            const struct hl_at *at) HL_MUST_CHECK;
/* The header of a sparse extent, and whether it can be; as hl_vdisk_head. */
#define VMDK_HEADER 512
enum hl_status hl_vmdk_sparse(struct hl_src *file, uint8_t head[VMDK_HEADER],
                              const struct hl_at *at) HL_MUST_CHECK;
enum hl_status hl_vmdk_header(const uint8_t head[VMDK_HEADER],
                              uint64_t file_size,
                              const struct hl_at *at) HL_MUST_CHECK;
struct vmdk_extent {
	uint64_t sectors, off; /* off: of the file, where the extent begins */
	char type[16];
	char name[VDISK_NAME]; /* empty: none */
};
/* The next from *p on; false when there is none. */
bool hl_vmdk_extent(const char **p, struct vmdk_extent *out);

/* Number of a segment: level and file of it; see the map above. */
#define VDISK_NUMBER(level, i) ((uint64_t)(level) << 32 | (uint32_t)(i))
static inline uint32_t vdisk_level(const struct seg_file *s)
{
	return (uint32_t)(s->number >> 32);
}

/* Segments of one level: the first, and how many; 0: there is no such. */
size_t hl_vdisk_files(const struct hl_files *f, uint32_t level, size_t *first);

/*
 * seg[0] is open: find what else belongs to it.
 *   HL_OK; HL_IO: a parent or an extent is not there (said); as head above
 */
enum hl_status hl_vdisk_find(struct hl_files *f,
                             const struct hl_image_opts *opts) HL_MUST_CHECK;

/* One segment as a source; a window on what is open. */
enum hl_status hl_vdisk_file(struct hl_src **out, const struct hl_files *f,
                             size_t seg) HL_MUST_CHECK;

enum hl_status hl_vdisk_open(struct hl_src **out, struct hl_files *f,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/* From that level on; of another kind than the image it may be. */
enum hl_status hl_vdisk_level(struct hl_src **out, struct hl_files *f,
                              uint32_t level,
                              const struct hl_image_opts *opts,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- what one format does ----------------------------------------------- */

struct vdisk_job {
	struct hl_files *files;
	uint32_t level;
	const struct hl_image_opts *opts;
	const struct hl_ctx *ctx;
	const struct vdisk_head *head; /* of that level */
	struct hl_at at;
};

struct vdisk_reader {
	/* HL_OK, HL_CORRUPT, HL_UNSUPPORTED, HL_IO (said), HL_NOMEM */
	enum hl_status (*open)(void **disk, const struct vdisk_job *job,
	                       uint64_t *size);
	/* All of it, or false.  Never by two threads at once. */
	bool (*read)(void *disk, uint64_t off, void *buf, size_t len);
	void (*close)(void *disk, const struct hl_ctx *ctx);
};

extern const struct vdisk_reader hl_vdisk_blocks, hl_vdisk_clusters,
	hl_vdisk_grains;

#endif
