/*
 * keeper.c: see sandbox.h.
 *
 *	hivelift                       keeper
 *	  one byte: keep it   ------>  rename it, if it has another name
 *	  end of file: do not ------>  remove it
 *	  one byte            <------  errno
 *
 * It does that one thing and knows no other name, so that a parser that went
 * astray can make no use of it.  It lives through the signals that end the
 * run, and sees by the closed socket that the run was killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/banned.h"
#include "cli.h"
#include "helper.h"
#include "sandbox.h"

static int act(const struct keeper *k, bool keep)
{
	int n = 0;

	if (keep && k->to)
		n = rename(k->made, k->to);
	else if (!keep)
		n = k->folder ? rmdir(k->made) : unlink(k->made);
	/* a folder with something in it is meant to stay */
	return n == 0 || k->folder ? 0 : errno;
}

static void ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		                       SIGPIPE };
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

static void wait_and_act(int sock, const struct keeper *k)
{
	unsigned char word;
	ssize_t n;

	ignore_signals();
	/* a reader at the other end of a pipe waits for hivelift only */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	do
		n = read(sock, &word, 1);
	while (n < 0 && errno == EINTR);
	word = (unsigned char)act(k, n == 1);
	_exit(write(sock, &word, 1) != 1);
}

bool keeper_start(struct cli *c, const struct keeper *what)
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
		wait_and_act(pair[1], what);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		msg_error(c, "cannot start a process: %s", strerror(errno));
		return false;
	}
	c->keeper.pid = pid;
	c->keeper.sock = pair[0];
	return true;
}

int keeper_end(struct cli *c, bool keep)
{
	unsigned char word = 0;
	ssize_t n;

	if (c->keeper.pid <= 0)
		return 0;
	do /* if it is gone, the answer tells */
		n = keep ? write(c->keeper.sock, &word, 1) : 0;
	while (n < 0 && errno == EINTR);
	shutdown(c->keeper.sock, SHUT_WR);
	do
		n = read(c->keeper.sock, &word, 1);
	while (n < 0 && errno == EINTR);
	close(c->keeper.sock);
	while (waitpid(c->keeper.pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->keeper.pid = 0;
	return n == 1 ? word : EPIPE;
}
