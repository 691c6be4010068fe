/*
 * files.h: the open files of one image, and what kind of image they hold.
 */
#ifndef HL_FILES_H
#define HL_FILES_H

#include <sys/types.h>

#include "hivelift/src.h"
#include "io/segments.h"

enum files_kind {
	FILES_RAW,   /* one file, or a split set */
	FILES_EWF,   /* EVF signature */
	FILES_EWF2,  /* EVF2 signature */
	FILES_DEVICE,
	FILES_VHD,   /* dynamic or differencing; a fixed one is raw */
	FILES_VHDX,
	FILES_VMDK,  /* its descriptor, in a file of its own or inside */
	FILES_QCOW,  /* 1, 2 and 3 */
	FILES_OTHER, /* a container that is not read; refused at open */
};

/* One segment.  Missing numbers have no entry. */
struct seg_file {
	char *path;
	int fd;          /* -1: opened when it is read (too many files) */
	uint64_t size;
	uint64_t number; /* as the scheme counts */
	dev_t dev;
	ino_t ino;
};

/* Where a device's bytes really lie: files below loop devices, and devices. */
#define HL_UNDER 64
struct hl_under {
	struct {
		dev_t dev;
		ino_t ino;
	} file[HL_UNDER];
	dev_t dev[HL_UNDER]; /* the first is the device itself */
	size_t n_files, n_devs;
};

/* What the operating system knows of a device. */
struct dev_facts {
	uint32_t sector_size;
	bool read_only, live;
	char *model, *serial; /* or NULL */
	char *mounted_at;     /* where, when live */
	dev_t *related;       /* itself, partitions and what is made of them */
	size_t n_related, cap_related;
	struct hl_under under;
	int direct_fd;        /* O_DIRECT twin, or -1 */
};

struct hl_files {
	const struct hl_ctx *ctx;
	enum files_kind kind;
	const char *other;    /* FILES_OTHER: what it is */
	struct seg_name name; /* of the first */
	struct seg_file *seg; /* ascending numbers, n > 0 */
	size_t n, cap;
	struct dev_facts dev;
	struct hl_src *map;   /* ddrescue's, or NULL */
	dev_t map_dev;
	ino_t map_ino;
	struct hl_fds *fds;   /* of segments not kept open; NULL: none */
};

/* The last part of a path; what notes call a file. */
const char *hl_path_base(const char *path);

/*
 * Read from one segment, as much as there is: *got < len only at its end.
 * Counts into hl_stats.  HL_OK; HL_IO with errno set (*got bytes are good)
 */
enum hl_status hl_files_pread(const struct hl_files *f, size_t i, uint64_t off,
                              void *buf, size_t len, size_t *got)
	HL_MUST_CHECK;

/* Bytes from off on that a segment's file system never gave room to, and so
 * are zeros; 0: none, or it does not tell. */
uint64_t hl_files_hole(const struct hl_files *f, size_t i, uint64_t off);

/* Open read-only without touching the access time; -1 and errno. */
int hl_open_quietly(const char *path);
int hl_open_below(int folder, const char *name);

/*
 * What a container begins with.  FILES_RAW when nothing is known of it;
 * *other names what is not read.
 */
enum files_kind hl_signature(const void *head, size_t n, const char **other);

/* The name of segment `number`, or false.  A whole path. */
bool hl_files_name(const struct hl_files *f, uint64_t number, char *dst,
                   size_t size);

/*
 * dev_posix.c: size and facts of the block device open as seg[0].
 *   HL_OK, HL_IO (said), HL_NOMEM
 */
enum hl_status hl_dev_probe(struct hl_files *f) HL_MUST_CHECK;
void hl_dev_clear(struct hl_files *f);
/* Is that mode one that a disk has here? */
bool hl_dev_mode(mode_t mode);
/* Re-read through the O_DIRECT twin, sector by sector; see dev_posix.c. */
bool hl_dev_read_sector(const struct hl_files *f, uint64_t off, void *buf,
                        size_t len);

/*
 * dev_mounts_posix.c: the device under a mount point, as an allocated path.
 *   HL_OK; HL_END: not a mount point; HL_UNSUPPORTED: no device (*out then
 *   names the file system's type); HL_NOMEM
 */
enum hl_status hl_mount_device(char **out, const char *path,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Is one of dev.related mounted read-write?  Sets dev.live, mounted_at. */
void hl_mount_check(struct hl_files *f);

/* dev_sysfs_posix.c: partitions, holders, model, serial, where there. */
enum hl_status hl_sysfs_facts(struct hl_files *f, dev_t dev) HL_MUST_CHECK;
/* What a device lies on, as far as there is room to say. */
void hl_sysfs_under(struct hl_under *u, dev_t dev);

/* One of the four above? */
static inline bool hl_files_virtual(enum files_kind kind)
{
	return kind >= FILES_VHD && kind <= FILES_QCOW;
}

/* The leaves; errors are said. */
enum hl_status hl_raw_open(struct hl_src **out, struct hl_files *f,
                           const struct hl_image_opts *opts,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_ewf_open(struct hl_src **out, struct hl_files *f,
                           const struct hl_image_opts *opts,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * ewf2_check.c: does an Ex01 set state nothing that its files cannot hold?
 * libewf believes what it reads.  HL_OK; HL_CORRUPT (said); HL_NOMEM,
 * HL_CANCELLED
 */
enum hl_status hl_ewf2_check(const struct hl_files *f,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Through libewf; HL_UNSUPPORTED (said) when it was left out. */
enum hl_status hl_libewf_open(struct hl_src **out, struct hl_files *f,
                              const struct hl_image_opts *opts,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
