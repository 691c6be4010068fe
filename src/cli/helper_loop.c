/*
 * helper_loop.c: what the helper does all its life: serve one request after
 * the other, until the socket closes, whatever made it close.
 *
 * A child leads its own process group, so that it can be ended with all that
 * it has started.  A terminal's Ctrl-C therefore does not reach it; hivelift
 * gets it, closes the socket, and the helper ends the group.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/banned.h"
#include "helper.h"

#define PATIENCE_SECONDS 2 /* between asking a child to end and killing it */

static volatile sig_atomic_t told_to_end;

struct server {
	int sock;
	char *const *cmd;
	struct hand hand;
	sigset_t idle;  /* while waiting: nothing of ours is blocked */
	sigset_t outer; /* as it was before */
};

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		told_to_end = 1;
}

/* Blocked but while we wait, so that none is missed in between. */
static void prepare_signals(struct server *s)
{
	struct sigaction sa;
	sigset_t block;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &s->outer);
	s->idle = s->outer;
	sigdelset(&s->idle, SIGCHLD);
	sigdelset(&s->idle, SIGTERM);
	sigaction(SIGCHLD, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* these mean hivelift; what it makes of them is seen at the socket */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* Until the socket has something, a signal came, or that time is over. */
static bool readable(struct server *s, const struct timespec *most)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(s->sock, &set);
	return pselect(s->sock + 1, &set, NULL, NULL, most, &s->idle) > 0;
}

static bool reaped(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, WNOHANG);
	while (got < 0 && errno == EINTR);
	return got != 0;
}

/* It has ended, and is still there to keep its number. */
static bool ended(pid_t pid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return waitid(P_PID, (id_t)pid, &info,
	              WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid == pid;
}

/* The child with all that it has started, gently at first. */
static void end_group(pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 20000000 };

	kill(-pid, SIGTERM);
	kill(-pid, SIGCONT);
	for (int i = 0; i < PATIENCE_SECONDS * 50 && !ended(pid); i++)
		nanosleep(&tick, NULL);
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0 || errno == EINTR)
		;
}

/* false: broken off.  While a child runs, hivelift has nothing to ask. */
static bool wait_child(struct server *s, pid_t pid, struct wire *end)
{
	int status = 0;

	while (!reaped(pid, &status)) {
		if (readable(s, NULL) || told_to_end) {
			end_group(pid);
			return false;
		}
	}
	if (WIFSIGNALED(status))
		end->signal = WTERMSIG(status);
	else
		end->status = WEXITSTATUS(status);
	return true;
}

static bool serve_file(struct server *s)
{
	struct wire reply = { .what = WIRE_DONE };

	hand_close(&s->hand);
	reply.error = hand_open(&s->hand);
	return wire_send(s->sock, &reply, NULL, s->hand.fd);
}

static bool serve_run(struct server *s, const struct wire *request, int out)
{
	struct wire reply = { .what = WIRE_DONE };
	struct spawn how = { .cmd = s->cmd, .hand = &s->hand, .out = out,
		             .n_env = request->n, .mask = &s->outer };
	bool ok = false;
	pid_t pid;

	how.env = malloc(request->n + 1);
	if (how.env && wire_bytes(s->sock, how.env, request->n)) {
		how.env[request->n] = '\0';
		hand_seal(&s->hand);
		reply.error = child_start(&how, &pid);
		ok = reply.error || wait_child(s, pid, &reply);
	}
	free(how.env);
	hand_close(&s->hand);
	return ok && wire_send(s->sock, &reply, NULL, -1);
}

static bool serve(struct server *s)
{
	struct wire request;
	bool ok = false;
	int fd;

	if (!wire_recv(s->sock, &request, &fd))
		return false;
	if (request.what == WIRE_FILE)
		ok = serve_file(s);
	else if (request.what == WIRE_RUN && s->hand.fd >= 0)
		ok = serve_run(s, &request, fd);
	if (fd >= 0)
		close(fd);
	return ok;
}

void helper_loop(int sock, char *const *cmd)
{
	struct server s = { .sock = sock, .cmd = cmd, .hand.fd = -1 };

	prepare_signals(&s);
#ifdef PR_SET_DUMPABLE
	/* with --run-as; or /proc/self, which a child is told, is root's */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
#ifdef PR_SET_CHILD_SUBREAPER
	/* what a child leaves behind is then ours to wait for */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
	while (!told_to_end)
		if (readable(&s, NULL) && !serve(&s))
			break;
	hand_close(&s.hand);
	_exit(0);
}
