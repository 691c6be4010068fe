/*
 * sandbox_user.c: --run-as.  The files are open when the rights change; what
 * this run makes belongs to that user, and the children of exec are theirs.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>

#include "base/banned.h"
#include "sandbox_impl.h"

static struct passwd *look_up(const char *name)
{
	struct passwd *pw = getpwnam(name);
	char *end;

	if (pw || *name < '0' || *name > '9')
		return pw;
	errno = 0;
	unsigned long uid = strtoul(name, &end, 10);
	if (errno || *end || uid != (unsigned long)(uid_t)uid)
		return NULL;
	return getpwuid((uid_t)uid);
}

bool sandbox_user_find(struct cli *c, struct sandbox_user *u)
{
	const struct passwd *pw = look_up(c->o.run_as);

	if (!pw) {
		msg_error(c, "--run-as %s: no such user", c->o.run_as);
		return false;
	}
	u->set = true;
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	u->name = c->o.run_as;
	if (geteuid() != 0 && geteuid() != u->uid) {
		msg_error(c, "--run-as %s: only root may do that", u->name);
		return false;
	}
	return true;
}

void sandbox_user_give(const struct sandbox *s)
{
	for (size_t i = 0; i < s->n_write; i++)
		if (s->write[i].made && geteuid() == 0 &&
		    fchown(s->write[i].fd, s->user.uid, s->user.gid) != 0)
			continue; /* if that matters, it is seen then */
}

/* initgroups is no POSIX; every system that has setgroups has it. */
int sandbox_user_become(const struct sandbox_user *u)
{
	if (geteuid() != 0)
		return 0; /* it is us already */
	const struct passwd *pw = getpwuid(u->uid);

	if (!pw)
		return ENOENT;
	if (initgroups(pw->pw_name, u->gid) != 0 || setgid(u->gid) != 0 ||
	    setuid(u->uid) != 0)
		return errno;
	/* that there is no way back is worth more than a promise */
	if (u->uid != 0 && setuid(0) == 0)
		return EPERM;
	return 0;
}
