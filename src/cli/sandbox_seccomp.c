/*
 * sandbox_seccomp.c: which system calls there are.
 *
 *	allowed     what reading, computing, threads and writing need
 *	checked     allowed with some arguments only (sandbox_calls.c)
 *	trapped     what an attack would want and this program never does: it
 *	            ends at once, and says at which call
 *	all others  "not implemented", for which the C library has an answer
 *
 * Whatever it is, it is not done.  The filter was made when the program was
 * built: sandbox_filter.h.
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
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/seccomp.h>

#include "base/banned.h"
#include "sandbox_calls.h"
#include "sandbox_filter.h"

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

/* A copy of the filter that knows this process: abort() is a signal to it. */
static struct sock_filter *own(const struct sandbox_filter *f)
{
	struct sock_filter *code = calloc(f->n, sizeof(*code));

	for (size_t i = 0; code && i < f->n; i++) {
		code[i] = f->code[i];
		if (code[i].k == SANDBOX_OWN_PID)
			code[i].k = (uint32_t)getpid();
	}
	return code;
}

/* Else each access to memory would be slower, against code of others; kernels
 * before 4.17 know nothing of it. */
static bool load(const struct sock_fprog *prog)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	               SECCOMP_FILTER_FLAG_SPEC_ALLOW, prog) == 0 ||
	       (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                                   0, prog) == 0);
}

const char *seccomp_enter(bool writes)
{
	const struct sandbox_filter *f = &sandbox_filters[writes];
	struct sock_fprog prog = { .len = f->n, .filter = own(f) };
	bool ok = prog.filter && catch_traps() && load(&prog);
	int e = prog.filter ? errno : ENOMEM;

	free(prog.filter);
	return ok ? NULL : strerror(e);
}

#endif
#endif
