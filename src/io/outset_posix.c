/* outset_posix.c: see outset.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/note.h"
#include "io/outset.h"

#define NEW (O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define OLD (O_RDWR | O_NOFOLLOW | O_CLOEXEC)
#define NAME_ROOM 1024
#define NO_PART SIZE_MAX

struct hl_outset {
	const struct hl_ctx *ctx;
	struct hl_outset_opts o;
	size_t part, parts; /* the open one; so many were made or found */
	int fd;
	bool written; /* since it was opened */
	char open_name[NAME_ROOM];
};

enum hl_status hl_outset_new(struct hl_outset **out,
                             const struct hl_outset_opts *opts,
                             const struct hl_ctx *ctx)
{
	struct hl_outset *s = hl_zalloc(ctx, sizeof(*s));

	*out = s;
	if (!s)
		return HL_NOMEM;
	s->ctx = ctx;
	s->o = *opts;
	s->part = NO_PART;
	s->fd = -1;
	return HL_OK;
}

static bool name_of(const struct hl_outset_opts *o, size_t part, char *dst,
                    size_t size)
{
	if (o->scheme.scheme == SEG_NONE)
		return part == 0 && hl_copy(dst, size, o->name) < size;
	return hl_seg_format(dst, size, &o->scheme, o->name,
	                     o->scheme.number + part);
}

static enum hl_status cannot(struct hl_outset *s, const char *doing)
{
	const char *name = s->o.device >= 0 ? s->o.name : s->open_name;

	return hl_fail(&(struct hl_at){ s->ctx, NULL, HL_NO_OFFSET,
	                                "output" }, HL_IO,
	               "%s: cannot be %s: %s", name, doing, strerror(errno));
}

static enum hl_status close_part(struct hl_outset *s)
{
	int e = 0;

	if (s->fd < 0)
		return HL_OK;
	if (s->written && fsync(s->fd) != 0)
		e = errno;
	if (close(s->fd) != 0 && !e)
		e = errno;
	s->fd = -1;
	s->part = NO_PART;
	s->written = false;
	errno = e;
	return e ? cannot(s, "written") : HL_OK;
}

/* HL_END: not there, and only read. */
static enum hl_status open_part(struct hl_outset *s, size_t part, bool write)
{
	struct stat sb;
	enum hl_status st;

	if (s->o.device >= 0 || s->part == part)
		return HL_OK;
	st = close_part(s);
	if (st != HL_OK)
		return st;
	if (!name_of(&s->o, part, s->open_name, NAME_ROOM))
		return hl_fail(&(struct hl_at){ s->ctx, NULL, HL_NO_OFFSET,
		                                "output" }, HL_LIMIT,
		               "a set of that name has no %zu. file: make "
		               "--split larger", part + 1);
	if (s->o.resume || part < s->parts)
		s->fd = openat(s->o.folder, s->open_name, OLD);
	if (s->fd < 0 && !write)
		return HL_END;
	if (s->fd < 0)
		s->fd = openat(s->o.folder, s->open_name,
		               NEW | (s->o.resume ? O_RDWR : O_WRONLY), 0666);
	if (s->fd < 0)
		return cannot(s, "made");
	s->part = part;
	s->parts = (size_t)max_u64(s->parts, part + 1);
	if (fstat(s->fd, &sb) == 0 && S_ISREG(sb.st_mode))
		return HL_OK;
	errno = EINVAL;
	return cannot(s, "written: not a plain file");
}

enum hl_status hl_outset_write(struct hl_outset *s, size_t part, uint64_t off,
                               const void *p, size_t n)
{
	enum hl_status st = open_part(s, part, true);
	int fd = s->o.device >= 0 ? s->o.device : s->fd;
	const uint8_t *from = p;

	if (st != HL_OK)
		return st;
	s->written = true;
	while (n) {
		ssize_t done = pwrite(fd, from, n, (off_t)off);
		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			return cannot(s, "written");
		from += done;
		off += (uint64_t)done;
		n -= (size_t)done;
	}
	return HL_OK;
}

enum hl_status hl_outset_read_some(struct hl_outset *s, size_t part,
                                   uint64_t off, void *p, size_t n,
                                   size_t *got)
{
	enum hl_status st = open_part(s, part, false);
	int fd = s->o.device >= 0 ? s->o.device : s->fd;

	*got = 0;
	while (st == HL_OK && *got < n) {
		ssize_t k = pread(fd, (uint8_t *)p + *got, n - *got,
		                  (off_t)(off + *got));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return HL_IO;
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return st;
}

enum hl_status hl_outset_read(struct hl_outset *s, size_t part, uint64_t off,
                              void *p, size_t n)
{
	size_t got;
	enum hl_status st = hl_outset_read_some(s, part, off, p, n, &got);

	return st == HL_OK && got < n ? HL_END : st;
}

/* So that it is read again from there; a hint. */
static void forget(int fd)
{
#ifdef POSIX_FADV_DONTNEED
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#else
	(void)fd;
#endif
}

enum hl_status hl_outset_sync(struct hl_outset *s)
{
	enum hl_status st = HL_OK;

	if (s->o.device >= 0) {
		if (fsync(s->o.device) != 0)
			return cannot(s, "written");
		forget(s->o.device);
		return HL_OK;
	}
	if (s->fd >= 0 && s->written && fsync(s->fd) != 0)
		st = cannot(s, "written");
	if (s->fd >= 0)
		forget(s->fd);
	s->written = false;
	/* some file systems do not sync folders; then there is no need */
	(void)fsync(s->o.folder);
	return st;
}

void hl_outset_remove(struct hl_outset *s)
{
	char name[NAME_ROOM];

	if (s->o.device >= 0)
		return;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->part = NO_PART;
	for (size_t i = 0; i < s->parts; i++)
		if (name_of(&s->o, i, name, sizeof(name)))
			(void)unlinkat(s->o.folder, name, 0);
	s->parts = 0;
}

size_t hl_outset_parts(const struct hl_outset *s)
{
	return s->parts;
}

void hl_outset_close(struct hl_outset *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	hl_free(s->ctx, s);
}

/* ---- what is there ------------------------------------------------------ */

/* As E01 is continued, disk.raw and disk.txt have a segment's name, too. */
static bool is_ewf(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	                O_CLOEXEC);
	char p[8];
	bool yes = fd >= 0 && read(fd, p, sizeof(p)) == (ssize_t)sizeof(p) &&
	           memcmp(p, "EVF\x09\x0d\x0a\xff", sizeof(p)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static bool of_set(const struct hl_outset_opts *o, const char *name)
{
	uint64_t number;

	if (o->scheme.scheme == SEG_NONE)
		return strcmp(name, o->name) == 0;
	return hl_seg_sibling(&o->scheme, o->name, name, &number) &&
	       (o->scheme.scheme != SEG_EWF || number <= 99 ||
	        is_ewf(o->folder, name));
}

size_t hl_outset_there(const struct hl_outset_opts *o, bool remove,
                       uint64_t *bytes)
{
	int fd = openat(o->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	struct stat sb;
	size_t n = 0;

	if (!d && fd >= 0)
		close(fd);
	while (d && (de = readdir(d)) != NULL) {
		if (!of_set(o, de->d_name))
			continue;
		if (bytes && fstatat(o->folder, de->d_name, &sb,
		                     AT_SYMLINK_NOFOLLOW) == 0)
			*bytes += (uint64_t)sb.st_blocks * 512;
		if (!remove || unlinkat(o->folder, de->d_name, 0) != 0)
			n++;
	}
	if (d)
		closedir(d);
	return n;
}

/* ---- a text beside them ------------------------------------------------- */

static bool put_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return fsync(fd) == 0;
}

enum hl_status hl_outset_text(int folder, const char *name, const char *p,
                              size_t n, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, "output" };
	char temp[NAME_ROOM];
	int fd, e = 0;

	if (snprintf(temp, sizeof(temp), "%s.new", name) >= (int)sizeof(temp))
		return hl_fail(&at, HL_IO, "%s: too long a name", name);
	(void)unlinkat(folder, temp, 0);
	fd = openat(folder, temp, NEW | O_WRONLY, 0666);
	if (fd < 0)
		return hl_fail(&at, HL_IO, "%s: %s", temp, strerror(errno));
	if (!put_all(fd, p, n))
		e = errno;
	if (close(fd) != 0 && !e)
		e = errno;
	if (!e && renameat(folder, temp, folder, name) != 0)
		e = errno;
	if (!e)
		return HL_OK;
	(void)unlinkat(folder, temp, 0);
	return hl_fail(&at, HL_IO, "%s: %s", name, strerror(e));
}
