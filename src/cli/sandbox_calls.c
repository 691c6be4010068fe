/*
 * sandbox_calls.c: system calls by name: allowed, checked, trapped.
 *
 * A new one is added to a list with what needs it; nothing else is to be
 * changed.  Names that a machine does not have count for nothing there.
 */
#if defined(__linux__) && defined(HAVE_LIBSECCOMP)
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <termios.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/banned.h"
#include "sandbox_calls.h"
#include "sandbox_filter.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define C(name) SCMP_SYS(name)

static const int allowed[] = {
	/* to read what is open, or what Landlock leaves */
	C(read), C(readv), C(pread64), C(preadv), C(preadv2), C(lseek),
	C(_llseek), C(close), C(close_range), C(fstat), C(fstat64),
	C(newfstatat), C(fstatat64), C(stat), C(stat64), C(lstat), C(lstat64),
	C(statx), C(fstatfs), C(fstatfs64), C(statfs), C(statfs64), C(access),
	C(faccessat), C(faccessat2), C(readlink), C(readlinkat), C(getcwd),
	C(getdents), C(getdents64), C(fadvise64), C(fadvise64_64),
	C(arm_fadvise64_64), C(readahead),
	/* to write to what is open */
	C(write), C(writev), C(pwrite64), C(pwritev), C(pwritev2),
	C(ftruncate), C(ftruncate64), C(fallocate), C(fsync), C(fdatasync),
	C(sync_file_range), C(copy_file_range), C(fcntl), C(fcntl64), C(dup),
	C(dup2), C(dup3), C(pipe2), C(flock),
	/* memory; mmap and mprotect are checked */
	C(brk), C(munmap), C(mremap), C(madvise), C(mincore), C(membarrier),
	C(mlock), C(munlock),
	/* threads; clone is checked, and without clone3 it is used */
	C(futex), C(futex_time64), C(futex_waitv), C(set_robust_list),
	C(get_robust_list), C(rseq), C(set_tid_address), C(gettid),
	C(sched_yield), C(sched_getaffinity), C(sched_setaffinity), C(getcpu),
	C(exit), C(exit_group), C(restart_syscall),
	/* who, where and when */
	C(getpid), C(getppid), C(getuid), C(geteuid), C(getgid), C(getegid),
	C(getuid32), C(geteuid32), C(getgid32), C(getegid32), C(uname),
	C(sysinfo), C(getrusage), C(times), C(getrandom), C(time),
	C(gettimeofday), C(clock_gettime), C(clock_gettime64),
	C(clock_getres), C(clock_getres_time64), C(nanosleep),
	C(clock_nanosleep), C(clock_nanosleep_time64), C(setitimer),
	C(getitimer),
	/* signals that others send */
	C(rt_sigaction), C(rt_sigprocmask), C(rt_sigreturn), C(sigreturn),
	C(sigaction), C(sigprocmask), C(sigaltstack), C(rt_sigpending),
	C(rt_sigtimedwait), C(rt_sigtimedwait_time64), C(rt_sigsuspend),
	/* the helper of exec, keeper.c: sockets that are open */
	C(sendmsg), C(recvmsg), C(shutdown), C(poll), C(ppoll), C(ppoll_time64), C(select),
	C(_newselect), C(pselect6), C(pselect6_time64), C(wait4), C(waitpid),
	C(waitid),
};

/* All relative to a descriptor: see `below`. */
static const int below[] = {
	C(mkdirat), C(unlinkat), C(utimensat), C(utimensat_time64),
};
static const int below_both[] = { C(renameat), C(renameat2) };

static const struct { int nr; const char *name; } traps[] = {
#define T(name) { SCMP_SYS(name), #name }
	T(execve), T(execveat), T(fork), T(vfork), T(ptrace),
	T(process_vm_readv), T(process_vm_writev), T(kill), T(tkill),
	T(rt_sigqueueinfo), T(rt_tgsigqueueinfo), T(pidfd_open),
	T(pidfd_send_signal), T(pidfd_getfd),
	T(socket), T(socketpair), T(connect), T(bind), T(listen), T(accept),
	T(accept4),
	T(chmod), T(fchmod), T(fchmodat), T(chown), T(fchown), T(lchown),
	T(fchownat), T(link), T(linkat), T(symlink), T(symlinkat), T(mknod),
	T(mknodat), T(truncate), T(truncate64), T(setxattr), T(lsetxattr),
	T(fsetxattr), T(open_by_handle_at), T(name_to_handle_at),
	T(mount), T(umount), T(umount2), T(move_mount), T(open_tree),
	T(fsopen), T(fsconfig), T(fsmount), T(fspick), T(pivot_root),
	T(chroot), T(chdir), T(fchdir), T(unshare), T(setns), T(quotactl),
	T(swapon), T(swapoff), T(acct), T(syslog), T(reboot),
	T(setuid), T(setgid), T(setreuid), T(setregid), T(setresuid),
	T(setresgid), T(setgroups), T(setfsuid), T(setfsgid), T(setuid32),
	T(setgid32), T(setreuid32), T(setregid32), T(setresuid32),
	T(setresgid32), T(setgroups32), T(capset), T(seccomp), T(bpf),
	T(perf_event_open), T(userfaultfd), T(io_uring_setup),
	T(io_uring_enter), T(io_uring_register), T(io_setup), T(keyctl),
	T(add_key), T(request_key), T(init_module), T(finit_module),
	T(delete_module), T(kexec_load), T(kexec_file_load), T(iopl),
	T(ioperm), T(modify_ldt), T(personality), T(fanotify_init),
	T(memfd_secret), T(sethostname), T(setdomainname), T(settimeofday),
	T(clock_settime), T(adjtimex), T(clock_adjtime), T(vhangup),
};

const int *sandbox_allowed(size_t *n)
{
	*n = N(allowed);
	return allowed;
}

bool sandbox_trapped(size_t i, int *nr)
{
	if (i >= N(traps))
		return false;
	*nr = traps[i].nr;
	return true;
}

const char *sandbox_call_name(int nr)
{
	for (size_t i = 0; i < N(traps); i++)
		if (traps[i].nr == nr)
			return traps[i].name;
	return "(unknown)";
}

/* ---- checked by their arguments ---------------------------------------- */

#define NONE_OF(arg, bits) \
	{ arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0 }
#define ALL_OF(arg, bits) \
	{ arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), (scmp_datum_t)(bits) }
/* of an int only the low half means anything */
#define IS(arg, value) \
	{ arg, SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)(value) }
/* AT_FDCWD is negative: so not a name that begins where we stand */
#define A_FOLDER(arg) NONE_OF(arg, 0x80000000u)

#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | \
	         (O_TMPFILE & ~O_DIRECTORY))

static const struct sandbox_check checks[] = {
	/* no new code */
	{ C(mmap), 1, { NONE_OF(2, PROT_EXEC) } },
	{ C(mmap2), 1, { NONE_OF(2, PROT_EXEC) } },
	{ C(mprotect), 1, { NONE_OF(2, PROT_EXEC) } },
	/* a thread, never a process */
	{ C(clone), 1, { ALL_OF(CLONE_FLAGS, CLONE_THREAD) } },
	/* to read; what may be read Landlock decides */
	{ C(open), 1, { NONE_OF(1, CHANGES) } },
	{ C(openat), 1, { NONE_OF(2, CHANGES) } },
	/* isatty, and the width of the terminal; never TIOCSTI */
	{ C(ioctl), 1, { IS(1, TCGETS) } },
	{ C(ioctl), 1, { IS(1, TIOCGWINSZ) } },
	/* a key is typed: its echo is turned off */
	{ C(ioctl), 1, { IS(1, TCSETSF) } },
	/* send(2), and to nobody else */
	{ C(sendto), 1, { { 4, SCMP_CMP_EQ, 0, 0 } } },
	{ C(recvfrom), 1, { { 4, SCMP_CMP_EQ, 0, 0 } } },
	/* limits are asked for, not changed */
	{ C(prlimit64), 1, { { 2, SCMP_CMP_EQ, 0, 0 } } },
	{ C(prctl), 1, { IS(0, PR_SET_NAME) } },
	{ C(prctl), 1, { IS(0, 0x53564d41 /* PR_SET_VMA: names */) } },
};

static const struct sandbox_check writing = {
	C(openat), 1, { A_FOLDER(0) },
};

/* abort() is a signal to oneself */
static struct sandbox_check own_signal(void)
{
	return (struct sandbox_check){ C(tgkill), 1,
		                       { IS(0, SANDBOX_OWN_PID) } };
}

static bool writing_get(size_t i, struct sandbox_check *out)
{
	if (i == 0) {
		*out = writing;
	} else if (--i < N(below)) {
		*out = (struct sandbox_check){ below[i], 1,
			                       { A_FOLDER(0) } };
	} else if ((i -= N(below)) < N(below_both)) {
		*out = (struct sandbox_check){ below_both[i], 2,
			                       { A_FOLDER(0),
			                         A_FOLDER(2) } };
	} else {
		return false;
	}
	return true;
}

bool sandbox_check_get(size_t i, bool writes, struct sandbox_check *out)
{
	if (i < N(checks)) {
		*out = checks[i];
		return true;
	}
	if (i == N(checks)) {
		*out = own_signal();
		return true;
	}
	return writes && writing_get(i - N(checks) - 1, out);
}

#endif
