/*
 * files.c: opens what an image is made of: one file, a set, a device, or the
 * device under a mount point.  Nothing is parsed but the first signature.
 *
 * All files are opened here because hl_image_open may run in a sandbox; those
 * beyond HL_MAX_OPEN_SEGMENTS are opened again when they are read, below the
 * folder that is held (files_fd.c).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_NOATIME */
#endif
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/files.h"
#include "io/files_set.h"
#include "io/vdisk.h"

const char *hl_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int open_quietly(int folder, const char *path, int more)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | more;
	int fd = -1;

#ifdef O_NOATIME
	fd = openat(folder, path, flags | O_NOATIME);
	if (fd >= 0 || errno != EPERM)
		return fd;
#endif
	fd = openat(folder, path, flags);
	return fd;
}

int hl_open_quietly(const char *path)
{
	/* NONBLOCK: a FIFO put in the place of a file must not hang us */
	return open_quietly(AT_FDCWD, path, O_NONBLOCK);
}

int hl_open_below(int folder, const char *name)
{
	return open_quietly(folder, name, O_NONBLOCK);
}

/* HL_OK also at the end of the file; HL_IO with errno. */
static enum hl_status pread_all(const struct hl_files *f, int fd, uint64_t off,
                                void *buf, size_t len, size_t *got)
{
	while (*got < len) {
		ssize_t n = pread(fd, (uint8_t *)buf + *got, len - *got,
		                  (off_t)(off + *got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HL_IO;
		if (n == 0)
			break;
		*got += (size_t)n;
		HL_COUNT(f->ctx, file_bytes, n);
		HL_COUNT(f->ctx, file_reads, 1);
	}
	return HL_OK;
}

enum hl_status hl_files_pread(const struct hl_files *f, size_t i, uint64_t off,
                              void *buf, size_t len, size_t *got)
{
	const struct seg_file *s = &f->seg[i];
	enum hl_status st;
	size_t slot;

	*got = 0;
	if (s->fd >= 0)
		return pread_all(f, s->fd, off, buf, len, got);
	int fd = hl_fds_get(f, i, &slot);
	if (fd < 0)
		return HL_IO;
	st = pread_all(f, fd, off, buf, len, got);
	int err = errno;
	hl_fds_put(f, fd, slot);
	errno = err;
	return st;
}

bool hl_files_name(const struct hl_files *f, uint64_t number, char *dst,
                   size_t size)
{
	return hl_seg_format(dst, size, &f->name, f->seg[0].path, number);
}

static enum hl_status cannot(const struct hl_ctx *ctx, const char *path,
                             enum hl_status st, const char *why)
{
	return hl_fail(&(struct hl_at){ ctx, NULL, HL_NO_OFFSET, path }, st,
	               "%s", why);
}

static enum hl_status cannot_open(const struct hl_ctx *ctx, const char *path)
{
	const char *why = strerror(errno);

#ifdef ENOMEDIUM
	if (errno == ENOMEDIUM)
		why = "there is no medium in the drive";
#endif
	return hl_fail(&(struct hl_at){ ctx, NULL, HL_NO_OFFSET, path }, HL_IO,
	               "cannot be opened: %s", why);
}

/* Half of what the process may open is left to others. */
static size_t open_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 ||
	    rl.rlim_cur / 2 >= HL_MAX_OPEN_SEGMENTS)
		return HL_MAX_OPEN_SEGMENTS;
	return (size_t)rl.rlim_cur / 2;
}

enum hl_status hl_files_add(struct hl_files *f, const char *path,
                            uint64_t number)
{
	struct stat sb;
	enum hl_status st = hl_grow(f->ctx, (void **)&f->seg, &f->cap, f->n,
	                            sizeof(*f->seg), HL_MAX_SEGMENTS);
	if (st != HL_OK)
		return st;
	struct seg_file *s = &f->seg[f->n];
	*s = (struct seg_file){ .fd = -1, .number = number };
	if (stat(path, &sb) != 0)
		return cannot_open(f->ctx, path);
	/* an optical drive opened with NONBLOCK invents a medium */
	s->fd = open_quietly(AT_FDCWD, path,
	                     S_ISBLK(sb.st_mode) ? 0 : O_NONBLOCK);
	if (s->fd < 0 && errno != EMFILE && errno != ENFILE)
		return cannot_open(f->ctx, path);
	s->path = hl_strdup(f->ctx, path);
	f->n++;
	if (!s->path)
		return HL_NOMEM;
	if (s->fd >= 0 && (fstat(s->fd, &sb) != 0))
		return cannot_open(f->ctx, path);
	/* the first stays open: device ioctls and notes hang on it */
	bool close_it = f->n > 1 && f->n > open_limit();
	if ((s->fd < 0 || close_it) && !f->fds && hl_fds_new(f) != HL_OK)
		return HL_NOMEM;
	if (s->fd >= 0 && close_it) {
		close(s->fd);
		s->fd = -1;
	}
	if (!S_ISREG(sb.st_mode) && !hl_dev_mode(sb.st_mode))
		return cannot(f->ctx, path, HL_USAGE,
		              "is neither a file nor a disk");
	s->size = S_ISREG(sb.st_mode) ? (uint64_t)sb.st_size : 0;
	s->dev = sb.st_dev;
	s->ino = sb.st_ino;
	return HL_OK;
}

/* A VHD whose beginning is gone. */
static enum hl_status find_at_end(struct hl_files *f)
{
	struct hl_src *file;
	enum hl_status st = hl_vdisk_file(&file, f, 0);

	if (st == HL_OK && hl_vhd_at_end(file))
		f->kind = FILES_VHD;
	if (st == HL_OK)
		hl_src_close(file);
	return st;
}

/* The plain file at `path`: its kind, and its companions. */
static enum hl_status find_file(struct hl_files *f, const char *path,
                                const struct hl_image_opts *opts)
{
	uint8_t head[512];
	size_t got;
	enum hl_status st = hl_files_add(f, path, 0);

	if (st != HL_OK)
		return st;
	if (f->seg[0].size == 0)
		return cannot(f->ctx, path, HL_USAGE, "is empty");
	st = hl_files_pread(f, 0, 0, head, sizeof(head), &got);
	if (st == HL_IO && got == 0 && errno != EIO)
		return cannot_open(f->ctx, path);
	f->kind = hl_signature(head, got, &f->other);
	if (f->kind == FILES_RAW)
		st = find_at_end(f);
	if (st == HL_NOMEM)
		return st;
	if (hl_files_virtual(f->kind))
		return hl_vdisk_find(f, opts);
	return hl_files_set(f);
}

static enum hl_status find_device(struct hl_files *f, const char *path)
{
	enum hl_status st = hl_files_add(f, path, 0);

	f->kind = FILES_DEVICE;
	return st == HL_OK ? hl_dev_probe(f) : st;
}

static enum hl_status find_folder(struct hl_files *f, const char *path)
{
	char *device = NULL;
	enum hl_status st = hl_mount_device(&device, path, f->ctx);

	if (st == HL_OK) {
		hl_say(&(struct hl_at){ f->ctx, NULL, HL_NO_OFFSET, path },
		       "is the mount point of %s, which is read", device);
		st = find_device(f, device);
	} else if (st == HL_UNSUPPORTED) {
		st = hl_fail(&(struct hl_at){ f->ctx, NULL, HL_NO_OFFSET,
		                              path },
		             HL_USAGE, "is the mount point of a file system "
		             "without a device (%s)", device ? device : "?");
	} else if (st == HL_END) {
		st = cannot(f->ctx, path, HL_USAGE,
		            "is a folder, not an image");
	}
	hl_free(f->ctx, device);
	return st;
}

static enum hl_status find_any(struct hl_files *f, const char *path,
                               const struct hl_image_opts *opts)
{
	struct stat sb;

	if (stat(path, &sb) != 0)
		return cannot_open(f->ctx, path);
	if (S_ISDIR(sb.st_mode))
		return find_folder(f, path);
	if (S_ISREG(sb.st_mode))
		return find_file(f, path, opts);
	if (hl_dev_mode(sb.st_mode))
		return find_device(f, path);
	return cannot(f->ctx, path, HL_USAGE, "is neither a file nor a disk");
}

/* Not parsed here, but known: it may be written over as little as the image. */
static enum hl_status find_map(struct hl_files *f, const char *path)
{
	struct stat sb;
	enum hl_status st = hl_src_file(&f->map, path, f->ctx);

	if (st == HL_OK && stat(path, &sb) == 0) {
		f->map_dev = sb.st_dev;
		f->map_ino = sb.st_ino;
	}
	return st;
}

enum hl_status hl_files_find(struct hl_files **out, const char *path,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx)
{
	struct hl_files *f = hl_zalloc(ctx, sizeof(*f));
	enum hl_status st;

	*out = NULL;
	if (!f)
		return HL_NOMEM;
	f->ctx = ctx;
	f->dev.direct_fd = -1;
	st = find_any(f, path, opts);
	if (st == HL_OK && opts && opts->map)
		st = find_map(f, opts->map);
	if (st == HL_OK)
		*out = f;
	else
		hl_files_close(f);
	return st;
}

void hl_files_close(struct hl_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->n; i++) {
		if (files->seg[i].fd >= 0)
			close(files->seg[i].fd);
		hl_free(files->ctx, files->seg[i].path);
	}
	hl_fds_free(files);
	hl_dev_clear(files);
	hl_src_close(files->map);
	hl_free(files->ctx, files->seg);
	hl_free(files->ctx, files);
}

size_t hl_files_count(const struct hl_files *files)
{
	return files->n;
}

const char *hl_files_path(const struct hl_files *files, size_t i)
{
	return i < files->n ? files->seg[i].path : NULL;
}

/* A file of the image, or one that its device lies in. */
static bool is_part(const struct hl_files *files, dev_t dev, ino_t ino)
{
	const struct hl_under *u = &files->dev.under;

	for (size_t i = 0; i < files->n; i++)
		if (files->seg[i].dev == dev && files->seg[i].ino == ino)
			return true;
	for (size_t i = 0; i < u->n_files; i++)
		if (u->file[i].dev == dev && u->file[i].ino == ino)
			return true;
	return files->map && files->map_dev == dev && files->map_ino == ino;
}

static bool is_related(const struct hl_files *files, dev_t dev)
{
	for (size_t i = 0; i < files->dev.n_related; i++)
		if (files->dev.related[i] == dev)
			return true;
	return false;
}

/* Is what is written to that device, or to its file system, the image? */
static bool lies_in(const struct hl_files *files, dev_t dev)
{
	struct hl_under u;

	hl_sysfs_under(&u, dev);
	for (size_t i = 0; i < u.n_devs; i++)
		if (is_related(files, u.dev[i]))
			return true;
	for (size_t i = 0; i < u.n_files; i++)
		if (is_part(files, u.file[i].dev, u.file[i].ino))
			return true;
	return false;
}

bool hl_files_is_source_fd(const struct hl_files *files, int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return false;
	return is_part(files, sb.st_dev, sb.st_ino) ||
	       (hl_dev_mode(sb.st_mode) && lies_in(files, sb.st_rdev));
}

bool hl_files_is_source(const struct hl_files *files, const char *path)
{
	struct stat sb;

	if (stat(path, &sb) != 0)
		return false;
	/* a file on a volume of the device, or a node of the same device */
	return is_part(files, sb.st_dev, sb.st_ino) ||
	       lies_in(files, sb.st_dev) ||
	       (hl_dev_mode(sb.st_mode) && lies_in(files, sb.st_rdev));
}
