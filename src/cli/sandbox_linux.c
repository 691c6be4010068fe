/*
 * sandbox_linux.c: the steps on Linux, each of which stands on the one before:
 *
 *	prepare   Landlock's rules, with the rights to open what they name
 *	(--run-as)
 *	no core dump, no ptrace by others; capabilities
 *	no_new_privs, Landlock
 *	seccomp, the last: it forbids all the calls above
 *
 * Where a kernel or a container refuses a step, the others are still taken.
 */
#ifdef __linux__
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/banned.h"
#include "sandbox_impl.h"

void sandbox_os_built(char *dst, size_t size)
{
	const char *why = "", *seccomp = seccomp_built();
	int abi = landlock_abi(&why);

	if (abi)
		snprintf(dst, size, "landlock (kernel has ABI %d), %s", abi,
		         seccomp ? seccomp : "no seccomp (built without)");
	else
		snprintf(dst, size, "no landlock (%s), %s", why,
		         seccomp ? seccomp : "no seccomp (built without)");
}

static void missing(struct cli *c, const char *what, const char *why)
{
	if (c->o.verbose)
		msg_say(c, "sandbox: no %s: %s", what, why);
}

void sandbox_os_prepare(struct cli *c, struct sandbox *s)
{
	const char *why = "";
	int e;

	if (!landlock_abi(&why)) {
		missing(c, "landlock", why);
		return;
	}
	e = landlock_prepare(s);
	if (e)
		missing(c, "landlock", strerror(e));
}

static void landlock(struct cli *c, struct sandbox *s)
{
	const char *why;
	int e;

	if (s->ruleset < 0)
		return;
	e = landlock_enter(s);
	if (e)
		missing(c, "landlock", strerror(e));
	else
		sandbox_note(s, "landlock %d", landlock_abi(&why));
}

static void seccomp(struct cli *c, struct sandbox *s)
{
	const char *why = seccomp_enter(s->n_write != 0);

	if (why)
		missing(c, "seccomp", why);
	else
		sandbox_note(s, "seccomp");
}

void sandbox_os_enter(struct cli *c, struct sandbox *s)
{
	unsigned kept;

	sandbox_no_core();
	kept = capabilities_drop(c, s);
	if (kept && c->o.verbose)
		msg_say(c, "sandbox: %u of root's capabilities are kept, for "
		        "files of others", kept);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		missing(c, "no_new_privs", "an old kernel");
		return;
	}
	sandbox_note(s, "no_new_privs");
	landlock(c, s);
	seccomp(c, s);
}

#endif
