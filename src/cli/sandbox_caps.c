/*
 * sandbox_caps.c: of root's capabilities none is needed to read what is open
 * and to write into a folder of one's own.  In a folder, or for segments, of
 * somebody else the rights of any user must do, or those to files stay.
 */
#ifdef __linux__
#define _GNU_SOURCE /* syscall */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/banned.h"
#include "sandbox_impl.h"

#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

/* By number: a mask is all that the kernel wants. */
#define BIT(cap) (UINT64_C(1) << (cap))
#define TO_WRITE (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER))
#define TO_READ (BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER))

static bool set(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, 0 },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0 },
	};

	return syscall(SYS_capset, &head, data) == 0;
}

static uint64_t permitted(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };

	if (syscall(SYS_capget, &head, data) != 0)
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/* With what is effective now; when it cannot be told, no. */
static bool may(int at, const char *path, int how)
{
	return syscall(SYS_faccessat2, at, path, how, AT_EACCESS) == 0;
}

/* As an owner may: who reads evidence leaves its access time alone. */
static bool owned(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && sb.st_uid == geteuid();
}

/*
 * With --force the folder holds what may be anybody's.  Even what this run has
 * just made may be: on a FAT stick all belongs to whom it is mounted for.
 */
static uint64_t needed(const struct sandbox *s)
{
	uint64_t need = 0;

	for (size_t i = 0; i < s->n_write; i++)
		if (s->write[i].replaces ||
		    !may(s->write[i].fd, ".", R_OK | W_OK | X_OK))
			need |= TO_WRITE;
	for (size_t i = 0; i < s->n_read; i++)
		if (!owned(s->read[i]) ||
		    !may(AT_FDCWD, s->read[i], R_OK))
			need |= TO_READ;
	return need;
}

unsigned capabilities_drop(struct cli *c, const struct sandbox *s)
{
	uint64_t have = permitted(), keep;
	unsigned n = 0;

	(void)c;
	if (!have)
		return 0;
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 &&
		    errno == EINVAL)
			break; /* the last that this kernel knows was before */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)set(have, 0);
	keep = needed(s) & have;
	(void)set(keep, keep);
	for (; keep; keep &= keep - 1)
		n++;
	return n;
}

#endif
