/*
 * stop.c: when to stop early: a signal, the time budget, stdout gone.
 */
#include <signal.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"

/* A signal handler has no other way to say anything. */
static volatile sig_atomic_t signalled;

static void on_signal(int sig)
{
	(void)sig;
	signalled = 1;
}

bool stop_signalled(const struct cli *c)
{
	return signalled && !c->stop.complete;
}

bool stop_by_budget(const struct cli *c)
{
	return c->stop.timed_out || c->stop.starved;
}

void stop_early(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN; /* a closed pipe is an error of write(2) */
	sigemptyset(&sa.sa_mask);
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL); /* a file size limit likewise */
}

void stop_init(struct cli *c)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	/* the second one kills: a drive that hangs must not hold the user */
	sa.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	if (c->o.timeout) {
		c->stop.has_deadline = true;
		clock_gettime(CLOCK_MONOTONIC, &c->stop.deadline);
		c->stop.deadline.tv_sec += (time_t)c->o.timeout;
	}
}

static bool over(const struct stop *s)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != s->deadline.tv_sec)
		return now.tv_sec > s->deadline.tv_sec;
	return now.tv_nsec >= s->deadline.tv_nsec;
}

bool stop_wanted(void *user)
{
	struct cli *c = user;

	if (stop_signalled(c) || c->out.err)
		return true;
	/* what is there is still to be written down in good order */
	if (!c->stop.has_deadline || c->stop.finishing)
		return false;
	if (!c->stop.timed_out && over(&c->stop)) {
		c->stop.timed_out = true;
		note_loss(c, NULL, HL_NO_OFFSET, "--timeout",
		          "time budget reached");
	}
	return c->stop.timed_out;
}
