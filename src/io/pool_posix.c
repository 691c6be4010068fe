/* pool_posix.c: see pool.h. */
#include <signal.h>
#include <unistd.h>

#include "base/banned.h"
#include "io/pool.h"

/* A chunk needs little; what sanitizers add to a frame has room, too. */
#define STACK (512u << 10)

size_t hl_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (size_t)n;
}

void hl_pool_start(struct hl_pool *p, size_t n, void *(*fn)(void *arg),
                   void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;

	p->n = 0;
	if (pthread_attr_init(&attr) != 0)
		return;
	(void)pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* a sandbox speaks through it */
	if (pthread_sigmask(SIG_SETMASK, &all, &old) == 0) {
		while (p->n < n && p->n < HL_POOL_MAX &&
		       pthread_create(&p->thread[p->n], &attr, fn, arg) == 0)
			p->n++;
		(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
}

void hl_pool_join(struct hl_pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		(void)pthread_join(p->thread[i], NULL);
	p->n = 0;
}
