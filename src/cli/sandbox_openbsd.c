/*
 * sandbox_openbsd.c: the same steps with unveil(2), which files, and
 * pledge(2), which system calls.
 */
#ifdef __OpenBSD__
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "base/banned.h"
#include "sandbox_impl.h"

void sandbox_os_built(char *dst, size_t size)
{
	snprintf(dst, size, "pledge, unveil");
}

/* unveil closes nothing before the last call, which is in enter. */
void sandbox_os_prepare(struct cli *c, struct sandbox *s)
{
	(void)c;
	(void)s;
}

static bool unveil_all(const struct sandbox *s)
{
	for (size_t i = 0; i < s->n_write; i++)
		if (unveil(s->write[i].path, "rwc") != 0)
			return false;
	for (size_t i = 0; i < s->n_read; i++)
		if (unveil(s->read[i], "r") != 0 && errno != ENOENT)
			return false;
	return unveil(NULL, NULL) == 0;
}

void sandbox_os_enter(struct cli *c, struct sandbox *s)
{
	const struct rlimit none = { 0, 0 };
	/* recvfd: the files that the helper of exec makes */
	const char *promise = s->n_write ?
		"stdio rpath wpath cpath fattr flock sendfd recvfd" :
		"stdio rpath sendfd recvfd";

	(void)setrlimit(RLIMIT_CORE, &none);
	if (unveil_all(s))
		sandbox_note(s, "unveil");
	else if (c->o.verbose)
		msg_say(c, "sandbox: no unveil: %s", strerror(errno));
	if (pledge(promise, NULL) == 0)
		sandbox_note(s, "pledge");
	else if (c->o.verbose)
		msg_say(c, "sandbox: no pledge: %s", strerror(errno));
}

#endif
