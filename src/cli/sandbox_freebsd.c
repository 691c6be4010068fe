/*
 * sandbox_freebsd.c: Capsicum.  In capability mode nothing is opened by a
 * path, only below a folder that is open: so are the output, and segments
 * that are too many to be held open (io/files_fd.c).  What libewf opens by
 * itself is read without it.
 */
#ifdef __FreeBSD__
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capsicum.h>
#include <sys/resource.h>

#include "base/banned.h"
#include "sandbox_impl.h"

void sandbox_os_built(char *dst, size_t size)
{
	snprintf(dst, size, "capsicum");
}

void sandbox_os_prepare(struct cli *c, struct sandbox *s)
{
	(void)c;
	(void)s;
}

void sandbox_os_enter(struct cli *c, struct sandbox *s)
{
	const struct rlimit none = { 0, 0 };
	const char *why = NULL;

	(void)setrlimit(RLIMIT_CORE, &none);
	if (c->files && c->files->kind == FILES_EWF2)
		why = "libewf opens files by name";
	else if (cap_enter() != 0)
		why = strerror(errno);
	else
		sandbox_note(s, "capsicum");
	if (why && c->o.verbose)
		msg_say(c, "sandbox: no capsicum: %s", why);
}

#endif
