/* sandbox_impl.h: what sandbox*.c share. */
#ifndef HL_CLI_SANDBOX_IMPL_H
#define HL_CLI_SANDBOX_IMPL_H

#include <stddef.h>
#include <sys/types.h>

#include "io/files.h"
#include "cli.h"
#include "sandbox.h"

/*
 * AddressSanitizer looks for leaks with ptrace and reads /proc at the end,
 * ThreadSanitizer starts a thread of its own: such builds have no sandbox.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_OFF "a sanitizer build"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANDBOX_OFF "a sanitizer build"
#endif
#endif

struct sandbox_folder {
	int fd;
	const char *path;
	bool made;     /* by this run */
	bool replaces; /* it held something, which may be replaced */
};

struct sandbox {
	size_t n_write, n_read, cap_read;
	struct sandbox_folder write[4];
	const char **read; /* opened by name later */
	bool entered;
	char active[160];  /* "landlock 7, seccomp" */
	struct sandbox_user {
		bool set;
		uid_t uid;
		gid_t gid;
		const char *name;
	} user;
	int ruleset; /* Landlock's, or -1 */
};

/* Adds a word to what is active. */
void sandbox_note(struct sandbox *s, const char *fmt, ...) HL_PRINTF(2, 3);

/* ---- sandbox_user.c: --run-as ------------------------------------------ */

/* false: no such user, said */
bool sandbox_user_find(struct cli *c, struct sandbox_user *u);
/* Folders this run made become theirs, where there are owners. */
void sandbox_user_give(const struct sandbox *s);
/* In this process, for good.  0 or errno */
int sandbox_user_become(const struct sandbox_user *u);

/* ---- one of sandbox_linux.c, _openbsd.c, _freebsd.c, _none.c ----------- */

/* What the system can do, for --version: no more than `size` bytes. */
void sandbox_os_built(char *dst, size_t size);
/* With the rights of the caller still; nothing closes yet. */
void sandbox_os_prepare(struct cli *c, struct sandbox *s);
/* After --run-as.  What cannot be had is said with -v. */
void sandbox_os_enter(struct cli *c, struct sandbox *s);

/* ---- Linux ------------------------------------------------------------- */

/* Its ABI: 0 none, and *why says so. */
int landlock_abi(const char **why);
/* 0 or errno */
int landlock_prepare(struct sandbox *s);
int landlock_enter(struct sandbox *s);
/* NULL: in force; else what kept it. */
const char *seccomp_enter(bool writes);
const char *seccomp_built(void); /* "seccomp (libseccomp 2.5.4)", or NULL */
/* Of root's capabilities only what this run still needs; how many are left. */
unsigned capabilities_drop(struct cli *c, const struct sandbox *s);

#endif
