/*
 * helper_file.c: the seekable file that a child gets.
 *
 * Where the system can, it lives in memory and never touches a disk; the
 * child inherits it and opens it by name through /proc/self/fd.  Elsewhere it
 * is a temporary file that only its owner can read, removed when the child
 * has ended.
 */
#ifdef __linux__
#define _GNU_SOURCE /* memfd_create, seals */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "base/banned.h"
#include "helper.h"

#if defined(MFD_CLOEXEC) && defined(F_ADD_SEALS)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

static int in_memory(struct hand *h)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	if (access("/proc/self/fd/0", F_OK) != 0)
		return errno;
	/* kernels before 6.3 do not know that data need not be executable */
	h->fd = memfd_create("hive", flags | MFD_NOEXEC_SEAL);
	if (h->fd < 0 && errno == EINVAL)
		h->fd = memfd_create("hive", flags);
	if (h->fd < 0)
		return errno;
	h->inherit = true;
	snprintf(h->path, sizeof(h->path), "/proc/self/fd/%d", h->fd);
	return 0;
}

void hand_seal(struct hand *h)
{
	if (!h->inherit)
		return;
	/* what it cannot do, it need not: the copy is the child's own */
	(void)fcntl(h->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	                                F_SEAL_SHRINK | F_SEAL_SEAL);
	(void)lseek(h->fd, 0, SEEK_SET);
}

#else

static int in_memory(struct hand *h)
{
	(void)h;
	return ENOSYS;
}

void hand_seal(struct hand *h)
{
	(void)h;
}

#endif

/* mkstemp makes it with mode 0600, and only where nothing was. */
static int temporary(struct hand *h)
{
	const char *dir = getenv("TMPDIR");
	int n;

	if (!dir || *dir != '/')
		dir = "/tmp";
	n = snprintf(h->path, sizeof(h->path), "%s/hivelift-XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof(h->path))
		return ENAMETOOLONG;
	h->fd = mkstemp(h->path);
	if (h->fd < 0)
		return errno;
	wire_cloexec(h->fd);
	return 0;
}

int hand_open(struct hand *h)
{
	*h = (struct hand){ .fd = -1 };
	if (in_memory(h) == 0)
		return 0;
	return temporary(h);
}

void hand_close(struct hand *h)
{
	if (h->fd < 0)
		return;
	close(h->fd);
	if (!h->inherit)
		unlink(h->path);
	h->fd = -1;
}
