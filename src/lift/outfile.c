/*
 * outfile.c: one file of the output folder.  It is made under its own name
 * with O_EXCL and removed again unless it gets done: a temporary name and a
 * link would need hard links, which a FAT stick does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/times_impl.h"
#include "lift/outdir_impl.h"
#include "lift/outtar.h"
#include "base/banned.h"

#define NEW (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* f->rel becomes the folder as it is and the i-th name in it. */
static bool set_name(struct hl_outfile *f, const char *name, unsigned i)
{
	struct hl_outdir *d = f->dir;

	hl_buf_cut(&f->rel, 0);
	if (d->real.n && !(hl_buf_add(&f->rel, d->real.p, d->real.n) &&
	                   hl_buf_text(&f->rel, "/")))
		return false;
	return hl_outdir_name(&f->rel, name, strlen(name), i);
}

static const char *last_part(const struct hl_outfile *f)
{
	const char *slash = strrchr(f->rel.p, '/');

	return slash ? slash + 1 : f->rel.p;
}

/* -1 with errno; ENOMEM for memory */
static int open_new(struct hl_outfile *f, const char *name)
{
	struct hl_outdir *d = f->dir;

	for (unsigned i = 1; i <= HL_MAX_SAME_NAME; i++) {
		if (!set_name(f, name, i)) {
			errno = ENOMEM;
			return -1;
		}
		const char *s = last_part(f);
		int fd = openat(d->cur_fd, s, NEW, 0666);
		if (fd < 0 && errno == EEXIST &&
		    hl_outdir_clear(d, d->cur_fd, s, f->rel.p))
			fd = openat(d->cur_fd, s, NEW, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = ENAMETOOLONG;
	return -1;
}

static enum hl_status remember(struct hl_outfile *f)
{
	struct stat st;

	if (f->dir->over && fstat(f->fd, &st) == 0) {
		enum hl_status r = hl_made_ino(&f->dir->made, st.st_ino);
		if (r != HL_OK)
			return r;
	}
	return hl_made_add(&f->dir->made, 'f', f->rel.p);
}

enum hl_status hl_outfile_create(struct hl_outfile *f, struct hl_outdir *d,
                                 const char *rel)
{
	const char *slash = strrchr(rel, '/');
	enum hl_status st;

	*f = (struct hl_outfile){ .dir = d, .fd = -1, .rel.ctx = d->ctx };
	if (d->tar) {
		st = hl_outtar_create(f, rel);
		if (st != HL_OK)
			hl_outfile_free(f);
		return st;
	}
	st = hl_outdir_enter(d, rel, slash ? (size_t)(slash - rel) : 0);
	if (st != HL_OK)
		return st;
	f->fd = open_new(f, slash ? slash + 1 : rel);
	if (f->fd < 0)
		st = errno == ENOMEM ? HL_NOMEM
		                     : hl_outdir_fail(d, "write", f->rel.p,
		                                      errno);
	else
		st = remember(f);
	if (st != HL_OK) {
		hl_outfile_drop(f);
		hl_outfile_free(f);
	}
	return st;
}

enum hl_status hl_outfile_expect(struct hl_outfile *f, uint64_t size,
                                 struct hl_time modified)
{
	return f->dir->tar ? hl_outtar_expect(f, size, modified) : HL_OK;
}

static bool write_all(int fd, uint64_t off, const char *p, size_t n)
{
	while (n) {
		ssize_t done = pwrite(fd, p, n, (off_t)off);
		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
		off += (uint64_t)done;
	}
	return true;
}

enum hl_status hl_outfile_write(struct hl_outfile *f, uint64_t off,
                                const void *p, size_t n)
{
	if (f->dir->tar) {
		enum hl_status st = hl_outtar_write(f, off, p, n);

		if (st != HL_END)
			return st;
	}
	if (off > (uint64_t)INT64_MAX - n)
		return hl_outdir_fail(f->dir, "write", f->rel.p, EFBIG);
	if (!write_all(f->fd, off, p, n))
		return hl_outdir_fail(f->dir, "write", f->rel.p, errno);
	if (off + n > f->end)
		f->end = off + n;
	return HL_OK;
}

/*
 * Only the modification time: no tool needs the access time, and the wall
 * clock of a FAT volume is taken as if it were UTC, for want of a zone.
 */
static void set_time(int fd, struct hl_time modified)
{
	struct timespec ts[2] = { { .tv_nsec = UTIME_OMIT } };
	int64_t sec;
	long nsec;

	if (!hl_time_unix(modified, &sec, &nsec))
		return;
	ts[1] = (struct timespec){ .tv_sec = (time_t)sec, .tv_nsec = nsec };
	/* A time that the output cannot hold is still in the manifest. */
	(void)futimens(fd, ts);
}

enum hl_status hl_outfile_done(struct hl_outfile *f, uint64_t size,
                               struct hl_time modified)
{
	enum hl_status st = HL_OK;

	if (f->dir->tar)
		return hl_outtar_done(f, size, modified);
	if (size > INT64_MAX)
		st = hl_outdir_fail(f->dir, "write", f->rel.p, EFBIG);
	else if (size > f->end && ftruncate(f->fd, (off_t)size) != 0)
		st = hl_outdir_fail(f->dir, "write", f->rel.p, errno);
	if (st == HL_OK) {
		set_time(f->fd, modified);
		int fd = f->fd;
		f->fd = -1;
		if (close(fd) == 0 || errno == EINTR)
			return HL_OK;
		st = hl_outdir_fail(f->dir, "write", f->rel.p, errno);
		hl_outdir_unlink(f->dir, f->rel.p, 0);
	}
	hl_outfile_drop(f);
	return st;
}

enum hl_status hl_outfile_sync(struct hl_outfile *f)
{
	if (f->dir->tar)
		return HL_OK;
	/* EINVAL: the file system has no such thing */
	if (fsync(f->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		return hl_outdir_fail(f->dir, "write", f->rel.p, errno);
	return HL_OK;
}

void hl_outfile_drop(struct hl_outfile *f)
{
	if (f->fd < 0 && !f->direct)
		return; /* and its folder may be closed */
	if (f->dir->tar) {
		hl_outtar_drop(f);
		return;
	}
	close(f->fd);
	f->fd = -1;
	hl_outdir_unlink(f->dir, f->rel.p, 0);
}

void hl_outfile_free(struct hl_outfile *f)
{
	hl_buf_free(&f->rel);
}
