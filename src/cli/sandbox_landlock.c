/*
 * sandbox_landlock.c: which files can be reached.
 *
 *	each segment that is opened by name    read
 *	the folder that `verify` checks        list, read
 *	a folder that is verified              list, read
 *	the output folder                      list, make, write, remove
 *	all else                               nothing
 *
 * A rule hangs on the file itself, not on its name, and descriptors that are
 * open stay usable.  The kernel tells its ABI; the numbers are our own, since
 * headers are older than kernels.
 */
#ifdef __linux__
#define _GNU_SOURCE /* O_PATH, syscall */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/banned.h"
#include "sandbox_impl.h"

#ifndef SYS_landlock_create_ruleset /* the same on every machine but Alpha */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum {
	CREATE_VERSION = 1,
	RULE_PATH_BENEATH = 1,

	WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3,
	REMOVE_DIR = 1 << 4, REMOVE_FILE = 1 << 5, MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8, TRUNCATE = 1 << 14,
};
#define OUTPUT (READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | \
	        MAKE_DIR | MAKE_REG | TRUNCATE)

/* Grows with the ABI; older kernels take the beginning. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

int landlock_abi(const char **why)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	                   CREATE_VERSION);

	if (abi > 0)
		return (int)abi;
	*why = errno == ENOSYS ? "the kernel does not have it" :
	       errno == EOPNOTSUPP ? "the kernel has it switched off" :
	       strerror(errno);
	return 0;
}

/* All that this kernel can forbid is forbidden, then rules allow. */
static int create(int abi)
{
	const unsigned n_fs = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14
	                                                               : 13;
	const struct ruleset r = {
		.fs = (UINT64_C(1) << n_fs) - 1,
		.net = abi >= 4 ? 3 : 0,    /* bind and connect, TCP */
		.scoped = abi >= 6 ? 3 : 0, /* abstract sockets, signals */
	};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

	return (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
}

static int allow(int ruleset, int fd, unsigned what, int abi)
{
	struct beneath b = { .allowed = what, .fd = fd };

	if (abi < 3)
		b.allowed &= ~(uint64_t)TRUNCATE;
	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &b,
	               0) == 0 ? 0 : errno;
}

static int allow_read(int ruleset, const char *path, int abi)
{
	int fd = open(path, O_PATH | O_CLOEXEC), e;
	struct stat sb;

	if (fd < 0)
		return 0; /* what cannot be opened needs no rule */
	bool folder = fstat(fd, &sb) == 0 && S_ISDIR(sb.st_mode);
	e = allow(ruleset, fd, READ_FILE | (folder ? READ_DIR : 0), abi);
	close(fd);
	return e;
}

int landlock_prepare(struct sandbox *s)
{
	const char *why;
	int abi = landlock_abi(&why), e = 0;
	int ruleset = create(abi);

	if (ruleset < 0)
		return errno;
	for (size_t i = 0; !e && i < s->n_write; i++)
		e = allow(ruleset, s->write[i].fd, OUTPUT, abi);
	for (size_t i = 0; !e && i < s->n_read; i++)
		e = allow_read(ruleset, s->read[i], abi);
	if (e) {
		close(ruleset);
		return e;
	}
	s->ruleset = ruleset;
	return 0;
}

int landlock_enter(struct sandbox *s)
{
	int e = 0;

	if (syscall(SYS_landlock_restrict_self, s->ruleset, 0) != 0)
		e = errno;
	close(s->ruleset);
	s->ruleset = -1;
	return e;
}

#endif
