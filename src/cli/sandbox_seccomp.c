/*
 * sandbox_seccomp.c: which system calls there are.
 *
 *	allowed     what reading, computing, threads and writing need
 *	checked     allowed with some arguments only (sandbox_calls.c)
 *	trapped     what an attack would want and this program never does: it
 *	            ends at once, and says at which call
 *	all others  "not implemented", for which the C library has an answer
 *
 * Whatever it is, it is not done.
 */
#ifdef __linux__
#define _GNU_SOURCE
#include "sandbox_impl.h"

#ifndef HAVE_LIBSECCOMP

const char *seccomp_built(void)
{
	return NULL;
}

const char *seccomp_enter(bool writes)
{
	(void)writes;
	return "built without libseccomp";
}

#else

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <linux/seccomp.h>

#include "base/banned.h"
#include "sandbox_calls.h"

#define TEXT1(x) #x
#define TEXT(x) TEXT1(x)

const char *seccomp_built(void)
{
	return "seccomp (libseccomp " TEXT(SCMP_VER_MAJOR) "."
	       TEXT(SCMP_VER_MINOR) "." TEXT(SCMP_VER_MICRO) ")";
}

static void put(const char *s)
{
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;
}

/* In a signal handler: only write and _exit. */
static void trapped(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	put("hivelift: the sandbox has refused the system call ");
	put(sandbox_call_name(info->si_syscall));
	put(": the image may have made the program do what it never does; "
	    "ended at once\n");
	_exit(1);
}

static bool catch_traps(void)
{
	struct sigaction sa;
	sigset_t set;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = trapped;
	sa.sa_flags = SA_SIGINFO;
	sigemptyset(&sa.sa_mask);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	return sigaction(SIGSYS, &sa, NULL) == 0 &&
	       sigprocmask(SIG_UNBLOCK, &set, NULL) == 0;
}

/* A call that this machine does not have is none that could be misused. */
static bool one(scmp_filter_ctx f, uint32_t action, int nr)
{
	int e = seccomp_rule_add(f, action, nr, 0);

	return e == 0 || e == -EDOM;
}

static bool listed(scmp_filter_ctx f)
{
	size_t n;
	const int *nr = sandbox_allowed(&n);
	int trap;

	for (size_t i = 0; i < n; i++)
		if (!one(f, SCMP_ACT_ALLOW, nr[i]))
			return false;
	for (size_t i = 0; sandbox_trapped(i, &trap); i++)
		if (!one(f, SCMP_ACT_TRAP, trap))
			return false;
	return true;
}

static bool checked(scmp_filter_ctx f, bool writes)
{
	struct sandbox_check check;

	for (size_t i = 0; sandbox_check_get(i, writes, &check); i++) {
		int e = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, check.nr,
		                               check.n, check.arg);
		if (e != 0 && e != -EDOM)
			return false;
	}
	return true;
}

static bool fill(scmp_filter_ctx f, bool writes)
{
#if SCMP_VER_MAJOR > 2 || SCMP_VER_MINOR >= 5
	/* else each access to memory would be slower, against code of others */
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_SSB, 1);
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#endif
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0); /* is set */
	return listed(f) && checked(f, writes);
}

const char *seccomp_enter(bool writes)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	const char *why = NULL;
	int e;

	if (!f)
		return "out of memory";
	if (!fill(f, writes)) {
		why = "libseccomp refuses a rule";
	} else if (!catch_traps()) {
		why = strerror(errno);
	} else {
		e = seccomp_load(f);
		if (e != 0)
			why = strerror(-e);
	}
	seccomp_release(f);
	return why;
}

#endif
#endif
