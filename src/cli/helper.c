/* helper.c: hivelift's side of helper.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/banned.h"
#include "cli.h"
#include "helper.h"
#include "sandbox.h"

#define TICK_MS 100 /* a budget of time is looked at so often */

bool helper_start(struct cli *c)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
		msg_error(c, "cannot make a socket: %s", strerror(errno));
		return false;
	}
	wire_cloexec(pair[0]);
	wire_cloexec(pair[1]);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		hl_files_close(c->files); /* no business of the helper's */
		if (c->keeper.pid)
			close(c->keeper.sock);
		/* what hivelift itself fails at, too, and says */
		if (sandbox_become(c) != 0)
			_exit(1);
		helper_loop(pair[1], c->o.child);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		msg_error(c, "cannot start the helper: %s", strerror(errno));
		return false;
	}
	c->helper.pid = pid;
	c->helper.sock = pair[0];
	return true;
}

void helper_stop(struct cli *c)
{
	if (c->helper.pid <= 0)
		return;
	if (c->helper.sock >= 0)
		close(c->helper.sock);
	while (waitpid(c->helper.pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->helper.pid = 0;
	c->helper.sock = -1;
}

/* The reply, unless it is time to stop or the helper is gone. */
static bool reply(struct cli *c, struct wire *w, int *fd)
{
	struct pollfd p = { .fd = c->helper.sock, .events = POLLIN };
	int n;

	do {
		if (stop_wanted(c)) {
			helper_stop(c);
			return false;
		}
		n = poll(&p, 1, TICK_MS);
	} while (n == 0 || (n < 0 && errno == EINTR));
	if (n > 0 && wire_recv(c->helper.sock, w, fd) &&
	    w->what == WIRE_DONE)
		return true;
	msg_error(c, "the helper that starts the command is gone");
	helper_stop(c);
	return false;
}

int helper_file(struct cli *c)
{
	struct wire w = { .what = WIRE_FILE };
	int fd = -1;

	errno = EPIPE;
	if (c->helper.pid <= 0 ||
	    !wire_send(c->helper.sock, &w, NULL, -1) || !reply(c, &w, &fd))
		return -1;
	errno = w.error ? w.error : EBADF;
	return fd;
}

bool helper_run(struct cli *c, const char *env, size_t n, int fd,
                struct helper_end *end)
{
	struct wire w = { .what = WIRE_RUN, .n = n };
	int none = -1;

	if (c->helper.pid <= 0 || !wire_send(c->helper.sock, &w, env, fd) ||
	    !reply(c, &w, &none))
		return false;
	if (none >= 0)
		close(none);
	end->error = w.error;
	end->signal = w.signal;
	end->status = w.status;
	return true;
}
