/* sandbox_none.c: a system that has none that we know. */
#if !defined(__linux__) && !defined(__OpenBSD__) && !defined(__FreeBSD__)
#include <stdio.h>

#include "base/banned.h"
#include "sandbox_impl.h"

void sandbox_os_built(char *dst, size_t size)
{
	snprintf(dst, size, "none on this system");
}

void sandbox_os_prepare(struct cli *c, struct sandbox *s)
{
	(void)c;
	(void)s;
}

void sandbox_os_enter(struct cli *c, struct sandbox *s)
{
	(void)s;
	if (c->o.verbose)
		msg_say(c, "sandbox: none on this system");
}

#endif
