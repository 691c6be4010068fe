/*
 * scratch.h: a folder of its own for a target that needs files, and files in
 * it.  Below $TMPDIR, so that a campaign can put it into memory.
 */
#ifndef HL_FUZZ_SCRATCH_H
#define HL_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char dir[256];
};

static inline bool scratch_make(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/hl-fuzz-XXXXXX",
	         tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(s->dir) != NULL;
}

/* "dir/name"; the buffer holds 64 bytes more than scratch's own. */
#define SCRATCH_PATH (256 + 64)
static inline const char *scratch_path(const struct scratch *s,
                                       const char *name,
                                       char buf[SCRATCH_PATH])
{
	snprintf(buf, SCRATCH_PATH, "%s/%s", s->dir, name);
	return buf;
}

static inline bool scratch_write(const struct scratch *s, const char *name,
                                 const uint8_t *p, size_t n)
{
	char path[SCRATCH_PATH];
	int fd = open(scratch_path(s, name, path),
	              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, p, n) == (ssize_t)n;
	close(fd);
	return good;
}

static inline int scratch_one_(const char *path, const struct stat *sb,
                               int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Links are removed, never followed. */
static inline void scratch_remove(const struct scratch *s)
{
	(void)nftw(s->dir, scratch_one_, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
