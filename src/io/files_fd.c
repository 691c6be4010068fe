/*
 * files_fd.c: descriptors of the segments that are not kept open: a few, the
 * one unused longest goes first.
 *
 *	folder fd   held from the start, so that a sandbox can allow what is
 *	            below it, and nothing can be put in its place
 *	slot[]      segment, descriptor, how many read from it now
 *
 * A file that is opened again has to be the one that was seen at first.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_NOATIME, O_PATH */
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/files_set.h"

#define SLOTS 32
#define NO_SLOT SIZE_MAX

struct slot {
	size_t seg;
	int fd; /* -1: empty */
	unsigned users;
	uint64_t used;
};

struct hl_fds {
	int folder;
	pthread_mutex_t lock; /* of what follows */
	uint64_t clock;
	struct slot slot[SLOTS];
};

enum hl_status hl_fds_new(struct hl_files *f)
{
	const char *path = f->seg[0].path, *base = hl_path_base(path);
	char *dir = hl_asprintf(f->ctx, "%.*s.", (int)(base - path), path);
	struct hl_fds *c = hl_zalloc(f->ctx, sizeof(*c));

	if (!dir || !c || pthread_mutex_init(&c->lock, NULL) != 0) {
		hl_free(f->ctx, dir);
		hl_free(f->ctx, c);
		return HL_NOMEM;
	}
	for (size_t i = 0; i < SLOTS; i++)
		c->slot[i].fd = -1;
#ifdef O_PATH
	c->folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
#else
	c->folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#endif
	hl_free(f->ctx, dir);
	f->fds = c;
	return HL_OK;
}

void hl_fds_free(struct hl_files *f)
{
	struct hl_fds *c = f->fds;

	if (!c)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].fd >= 0)
			close(c->slot[i].fd);
	if (c->folder >= 0)
		close(c->folder);
	pthread_mutex_destroy(&c->lock);
	hl_free(f->ctx, c);
	f->fds = NULL;
}

int hl_files_folder(const struct hl_files *f)
{
	return f->fds ? f->fds->folder : -1;
}

static int open_again(const struct hl_files *f, size_t seg)
{
	const struct seg_file *s = &f->seg[seg];
	const char *name = s->path;
	int at = AT_FDCWD;
	struct stat sb;

	if (f->fds->folder >= 0) {
		at = f->fds->folder;
		name = hl_path_base(s->path);
	}
	int fd = hl_open_below(at, name);
	if (fd >= 0 && (fstat(fd, &sb) != 0 || sb.st_dev != s->dev ||
	                sb.st_ino != s->ino)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

static struct slot *find(struct hl_fds *c, size_t seg)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].fd >= 0 && c->slot[i].seg == seg)
			return &c->slot[i];
	return NULL;
}

/* Empty or unused, longest first; NULL: all are being read from. */
static struct slot *vacant(struct hl_fds *c)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &c->slot[i];
		if (s->fd < 0)
			return s;
		if (!s->users && (!best || s->used < best->used))
			best = s;
	}
	return best;
}

/* One more descriptor for the process; false: none of ours is idle. */
static bool give_back(struct hl_fds *c)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &c->slot[i];
		if (s->fd >= 0 && !s->users && (!best || s->used < best->used))
			best = s;
	}
	if (!best)
		return false;
	close(best->fd);
	best->fd = -1;
	return true;
}

/* Opening is quick and rare; others may wait for it. */
int hl_fds_get(const struct hl_files *f, size_t seg, size_t *slot)
{
	struct hl_fds *c = f->fds;
	struct slot *s;
	int fd;

	*slot = NO_SLOT;
	pthread_mutex_lock(&c->lock);
	s = find(c, seg);
	fd = s ? s->fd : open_again(f, seg);
	/* a process that may open few keeps fewer than there are slots */
	while (fd < 0 && errno == EMFILE && give_back(c))
		fd = open_again(f, seg);
	if (!s && fd >= 0) {
		s = vacant(c);
		if (s && s->fd >= 0)
			close(s->fd);
		if (s)
			*s = (struct slot){ .seg = seg, .fd = fd };
	}
	if (s && fd >= 0) {
		s->users++;
		s->used = ++c->clock;
		*slot = (size_t)(s - c->slot);
	}
	pthread_mutex_unlock(&c->lock);
	return fd;
}

void hl_fds_put(const struct hl_files *f, int fd, size_t slot)
{
	struct hl_fds *c = f->fds;

	if (slot == NO_SLOT) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&c->lock);
	c->slot[slot].users--;
	pthread_mutex_unlock(&c->lock);
}

uint64_t hl_files_hole(const struct hl_files *f, size_t i, uint64_t off)
{
#ifdef SEEK_DATA
	const struct seg_file *s = &f->seg[i];
	off_t data;

	if (s->fd < 0 || off >= s->size)
		return 0;
	data = lseek(s->fd, (off_t)off, SEEK_DATA);
	if (data < 0) /* ENXIO: nothing but a hole from there on */
		return errno == ENXIO && f->kind != FILES_DEVICE ?
		       s->size - off : 0;
	return (uint64_t)data > off ? (uint64_t)data - off : 0;
#else
	(void)f;
	(void)i;
	(void)off;
	return 0;
#endif
}
