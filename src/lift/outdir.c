/*
 * outdir.c: the output folder and the folders in it.
 *
 *	DIR          fd, opened once by the name the user gave
 *	  v3         every part below: mkdirat, then openat with O_NOFOLLOW
 *	    Windows  cur_fd, the folder used last
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "lift/outdir_impl.h"
#include "lift/outtar.h"
#include "base/banned.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Names and sizes the output cannot take cost one file, all else the run. */
static bool only_this_one(int e)
{
	return e == EFBIG || e == ENAMETOOLONG || e == EILSEQ || e == EINVAL;
}

enum hl_status hl_outdir_fail(struct hl_outdir *d, const char *doing,
                              const char *rel, int e)
{
	struct hl_at at = { d->ctx, NULL, HL_NO_OFFSET, "output" };

	return hl_fail(&at, only_this_one(e) ? HL_LIMIT : HL_IO,
	               "cannot %s %s%s%s: %s", doing, d->path, *rel ? "/" : "",
	               rel, strerror(e));
}

bool hl_outdir_name(struct hl_buf *out, const char *part, size_t n,
                    unsigned i)
{
	char number[16];

	if (!hl_buf_add(out, part, n))
		return false;
	if (i == 1)
		return true;
	snprintf(number, sizeof(number), "%%~%u", i);
	return hl_buf_text(out, number);
}

/* When it cannot be told, it is: the safe answer. */
static bool is_source(struct hl_outdir *d, const char *rel)
{
	bool source;

	if (!d->files)
		return false;
	char *path = hl_asprintf(d->ctx, "%s/%s", d->path, rel);
	source = !path || hl_files_is_source(d->files, path);
	hl_free(d->ctx, path);
	return source;
}

bool hl_outdir_clear(struct hl_outdir *d, int parent, const char *name,
                     const char *rel)
{
	struct stat st;

	if (!d->over || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	if (S_ISDIR(st.st_mode) || hl_made_has_ino(&d->made, st.st_ino))
		return false;
	return !is_source(d, rel) && unlinkat(parent, name, 0) == 0;
}

/* ---- folders ------------------------------------------------------------ */

/* Make or open one folder; -1 with errno, EEXIST: something else is there. */
static int step(struct hl_outdir *d, int parent, const char *name,
                const char *real)
{
	bool made = mkdirat(parent, name, 0777) == 0;

	if (made && hl_made_add(&d->made, 'd', real) != HL_OK) {
		unlinkat(parent, name, AT_REMOVEDIR);
		errno = ENOMEM;
		return -1;
	}
	if (!made && errno != EEXIST)
		return -1;
	int fd = openat(parent, name, FOLDER | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == EMLINK))
		errno = EEXIST;
	return fd;
}

/* d->real becomes the folder above (its first n bytes) and the i-th name. */
static bool set_name(struct hl_outdir *d, size_t above, const char *part,
                     size_t n, unsigned i)
{
	hl_buf_cut(&d->real, above);
	if (above && !hl_buf_text(&d->real, "/"))
		return false;
	return hl_outdir_name(&d->real, part, n, i);
}

/*
 * One part more below `parent`, which stays open; d->real grows by it.  A
 * file may have its name: then it is the next free one.
 */
static int descend(struct hl_outdir *d, int parent, const char *part,
                   size_t n)
{
	size_t above = d->real.n;

	for (unsigned i = 1; i <= HL_MAX_SAME_NAME; i++) {
		if (!set_name(d, above, part, n, i)) {
			errno = ENOMEM;
			return -1;
		}
		const char *name = d->real.p + above + (above ? 1 : 0);
		int fd = step(d, parent, name, d->real.p);
		if (fd < 0 && errno == EEXIST &&
		    hl_outdir_clear(d, parent, name, d->real.p))
			fd = step(d, parent, name, d->real.p);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = ENAMETOOLONG;
	return -1;
}

static void leave(struct hl_outdir *d)
{
	if (d->cur_fd >= 0)
		close(d->cur_fd);
	d->cur_fd = -1;
	hl_buf_cut(&d->real, 0);
	hl_buf_cut(&d->asked, 0);
}

static bool is_current(const struct hl_outdir *d, const char *rel, size_t n)
{
	return d->cur_fd >= 0 && d->asked.n == n &&
	       (n == 0 || !memcmp(d->asked.p, rel, n));
}

enum hl_status hl_outdir_enter(struct hl_outdir *d, const char *rel, size_t n)
{
	if (is_current(d, rel, n))
		return HL_OK;
	leave(d);
	int fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);
	for (size_t i = 0; fd >= 0 && i < n;) {
		size_t len = 0;
		while (i + len < n && rel[i + len] != '/')
			len++;
		int below = descend(d, fd, rel + i, len);
		int e = errno;
		close(fd);
		errno = e;
		fd = below;
		i += len + 1;
	}
	if (fd < 0) {
		int e = errno;
		return e == ENOMEM ? HL_NOMEM
		                   : hl_outdir_fail(d, "make the folder",
		                                    d->real.n ? d->real.p : "",
		                                    e);
	}
	d->cur_fd = fd;
	if (hl_buf_add(&d->asked, rel, n))
		return HL_OK;
	leave(d);
	return HL_NOMEM;
}

enum hl_status hl_outdir_mkdir(struct hl_outdir *d, const char *rel)
{
	if (d->tar)
		return hl_outtar_mkdir(d, rel);
	return hl_outdir_enter(d, rel, strlen(rel));
}

/* Even with force a rename must not put the source away. */
enum hl_status hl_outdir_rename(struct hl_outdir *d, const char *from,
                                const char *to)
{
	struct hl_at at = { d->ctx, NULL, HL_NO_OFFSET, "output" };

	if (d->tar)
		return hl_outtar_rename(d, from, to);
	if (is_source(d, to))
		return hl_fail(&at, HL_USAGE, "%s/%s is the source itself",
		               d->path, to);
	if (renameat(d->fd, from, d->fd, to) != 0)
		return hl_outdir_fail(d, "write", to, errno);
	enum hl_status st = hl_made_add(&d->made, 'f', to);
	if (st != HL_OK)
		unlinkat(d->fd, to, 0);
	return st;
}

/* ---- opening and closing ----------------------------------------------- */

/* 1: nothing in it, 0: something, -1: errno */
static int is_empty(int dir)
{
	int fd = openat(dir, ".", FOLDER);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	do
		e = readdir(list);
	while (e && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
	closedir(list);
	return e == NULL;
}

/*
 * Two runs at once would take back each other's files.  Where a folder
 * cannot be locked (some network file systems) that is left to the user.
 */
static enum hl_status alone(struct hl_outdir *d)
{
	struct hl_at at = { d->ctx, NULL, HL_NO_OFFSET, "output" };

	if (flock(d->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return HL_OK;
	d->made_root = false; /* made by us, and taken by the other */
	return hl_fail(&at, HL_EXISTS, "another run is writing into %s",
	               d->path);
}

static enum hl_status take(struct hl_outdir *d, bool force)
{
	struct hl_at at = { d->ctx, NULL, HL_NO_OFFSET, "output" };
	enum hl_status st;

	d->made_root = mkdir(d->path, 0777) == 0;
	if (!d->made_root && errno != EEXIST)
		return hl_outdir_fail(d, "make the folder", "", errno);
	d->fd = open(d->path, FOLDER);
	if (d->fd < 0 && errno == ENOTDIR)
		return hl_fail(&at, HL_EXISTS, "%s is there and is no folder",
		               d->path);
	if (d->fd < 0)
		return hl_outdir_fail(d, "open", "", errno);
	st = alone(d);
	if (st != HL_OK)
		return st;
	int empty = is_empty(d->fd);
	if (empty < 0)
		return hl_outdir_fail(d, "read", "", errno);
	if (!empty && !force)
		return hl_fail(&at, HL_EXISTS,
		               "%s is there and is not empty (--force writes "
		               "into it)",
		               d->path);
	d->over = !empty;
	return HL_OK;
}

/*
 * A folder that is still to be made would lie on what holds the one above
 * it: asked before anything is written, for that may be the evidence.
 */
static enum hl_status check_source(struct hl_outdir *d)
{
	struct hl_at at = { d->ctx, NULL, HL_NO_OFFSET, "output" };
	struct hl_buf above = { .ctx = d->ctx };
	size_t n = strlen(d->path);
	bool source;

	if (!d->files)
		return HL_OK;
	while (n > 1 && d->path[n - 1] == '/')
		n--;
	while (n && d->path[n - 1] != '/')
		n--;
	if (!hl_buf_add(&above, d->path, n) ||
	    (n == 0 && !hl_buf_set(&above, ".")))
		return HL_NOMEM;
	source = hl_files_is_source(d->files, d->path) ||
	         hl_files_is_source(d->files, above.p);
	hl_buf_free(&above);
	if (source)
		return hl_fail(&at, HL_USAGE, "%s lies on the source itself",
		               d->path);
	return HL_OK;
}

enum hl_status hl_outdir_open(struct hl_outdir **out, const char *path,
                              bool force, struct hl_files *files,
                              const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, "output" };
	struct hl_outdir *d;
	enum hl_status st;

	*out = NULL;
	if (!*path)
		return hl_fail(&at, HL_USAGE, "the output folder has no name");
	d = hl_zalloc(ctx, sizeof(*d));
	if (!d)
		return HL_NOMEM;
	d->ctx = d->made.list.ctx = d->asked.ctx = d->real.ctx = ctx;
	d->files = files;
	d->fd = d->cur_fd = -1;
	d->path = hl_strdup(ctx, path);
	st = d->path ? check_source(d) : HL_NOMEM;
	if (st == HL_OK)
		st = take(d, force);
	if (st != HL_OK) {
		hl_outdir_abort(d);
		return st;
	}
	*out = d;
	return HL_OK;
}

int hl_outdir_fd(const struct hl_outdir *d)
{
	return d->fd;
}

const char *hl_outdir_path(const struct hl_outdir *d)
{
	return d->path;
}

bool hl_outdir_made(const struct hl_outdir *d)
{
	return d->made_root;
}

enum hl_status hl_outdir_finish(struct hl_outdir *d)
{
	return d->tar ? hl_outtar_finish(d) : HL_OK;
}

void hl_outdir_close(struct hl_outdir *d)
{
	if (!d)
		return;
	leave(d);
	if (d->fd >= 0)
		close(d->fd);
	if (d->tar)
		hl_outtar_free(d->tar);
	hl_free(d->ctx, d->tar);
	hl_made_free(&d->made);
	hl_buf_free(&d->asked);
	hl_buf_free(&d->real);
	hl_free(d->ctx, d->path);
	hl_free(d->ctx, d);
}
