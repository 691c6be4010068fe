/*
 * replay_create.c: the one file that `replay` writes.  Never over an input,
 * over an existing file only with --force, and never half.
 *
 * It is made before anything is read, for behind the sandbox nothing can be.
 * With --force it is made beside what is there, and replaces that at the end:
 * when the logs are refused, the old file stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay.h"
#include "sandbox.h"
#include "base/banned.h"

#define NEW (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static bool same(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

static bool is_input(struct cli *c, const struct replay_files *f,
                     const struct stat *st)
{
	bool is = same(st, c->o.image);

	for (size_t i = 0; i < f->n; i++)
		is |= same(st, f->path[i]);
	return is;
}

/* May what is at path be replaced?  false: said */
static bool replaceable(struct cli *c, const struct replay_files *f,
                        const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && is_input(c, f, &st))
		msg_error(c, "%s: is what is read", path);
	else if (lstat(path, &st) != 0 ||
	         !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		msg_error(c, "%s: not a plain file", path);
	else if (!c->o.force)
		msg_error(c, "%s: exists; not written without --force", path);
	else
		return true;
	return false;
}

/* In the same folder, with the rights that any new file would get. */
static int beside(struct replay_files *f, const char *path)
{
	static const char name[] = ".hivelift-XXXXXX";
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	f->temp = malloc(n + sizeof(name));
	if (!f->temp)
		return -1;
	memcpy(f->temp, path, n);
	memcpy(f->temp + n, name, sizeof(name));
	fd = mkstemp(f->temp);
	if (fd >= 0) {
		(void)fchmod(fd, 0666 & ~mask);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return fd;
}

bool replay_create(struct cli *c, struct replay_files *f)
{
	struct keeper keep = { .made = c->o.output };

	f->out = open(c->o.output, NEW, 0666);
	if (f->out < 0 && errno == EEXIST) {
		if (!replaceable(c, f, c->o.output))
			return false;
		f->out = beside(f, c->o.output);
		keep.made = f->temp;
		keep.to = c->o.output;
	}
	if (f->out < 0) {
		msg_error(c, "%s: %s", c->o.output, strerror(errno));
		return false;
	}
	if (sandbox_give(c, f->out, keep.made) && keeper_start(c, &keep))
		return true;
	unlink(keep.made);
	return false;
}

bool replay_finish(struct cli *c, bool keep)
{
	int e = keeper_end(c, keep);

	if (keep && e)
		msg_error(c, "%s: %s", c->o.output, strerror(e));
	return !e;
}
