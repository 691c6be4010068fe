/*
 * progress.c: one line on stderr that shows bytes, rate and time left, from
 * the first second on, five times a second at most.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "cli.h"

#define AFTER_MS 1000
#define EVERY_MS 200
#define LINES_MS 1000 /* where lines cannot be overwritten */

static long long since_ms(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)(now.tv_sec - t->tv_sec) * 1000 +
	       (now.tv_nsec - t->tv_nsec) / 1000000;
}

void progress_init(struct cli *c)
{
	struct progress *p = &c->progress;

	p->terminal = isatty(STDERR_FILENO) == 1;
	p->wanted = c->o.progress || (p->terminal && !c->o.quiet);
	clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->last = p->start;
}

void progress_total(struct cli *c, uint64_t total)
{
	c->progress.base = c->progress.before = 0;
	c->progress.total = total;
}

void progress_done(struct cli *c, uint64_t bytes)
{
	c->progress.base += bytes;
}

void progress_clear(struct cli *c)
{
	if (c->progress.shown && c->progress.terminal)
		fputs("\r\x1b[K", stderr);
	c->progress.shown = false;
}

static void draw(struct cli *c, const char *what, uint64_t done, uint64_t total,
                 long long ms)
{
	char a[SIZE_TEXT], b[SIZE_TEXT], r[SIZE_TEXT], left[32] = "", name[64];
	/* what an earlier run has done took none of this one's time */
	uint64_t now = done - min_u64(done, c->progress.before);
	uint64_t rate = now * 1000 / (uint64_t)ms;

	if (total && rate)
		snprintf(left, sizeof(left), ", %llu s left",
		         (unsigned long long)((total - done) / rate));
	fprintf(stderr, "%s%s%s%s, %s/s%s  %s%s",
	        c->progress.terminal ? "\r\x1b[K" : "hivelift: ",
	        show_size(a, done), total ? " of " : "",
	        total ? show_size(b, total) : "", show_size(r, rate), left,
	        esc_text(name, sizeof(name), what ? what : "", NULL),
	        c->progress.terminal ? "" : "\n");
	fflush(stderr);
	c->progress.shown = true;
}

static void step(struct cli *c, const char *what, uint64_t all,
                 uint64_t total)
{
	struct progress *p = &c->progress;

	if (!p->wanted)
		return;
	long long ms = since_ms(&p->start);
	long long every = p->terminal ? EVERY_MS : LINES_MS;
	if (ms < AFTER_MS || (p->shown && since_ms(&p->last) < every))
		return;
	clock_gettime(CLOCK_MONOTONIC, &p->last);
	draw(c, what, all, total >= all ? total : 0, ms);
}

void progress_step(struct cli *c, const char *what, uint64_t done)
{
	step(c, what, c->progress.base + done, c->progress.total);
}

void progress_sink(void *user, const struct hl_progress *p)
{
	struct cli *c = user;

	/* without a sum over all files, how far this one is */
	if (p->phase == HL_PHASE_DISK_DATA && !c->progress.total)
		step(c, p->what, p->done, p->total);
	else if (p->phase == HL_PHASE_DISK_DATA)
		progress_step(c, p->what, p->done);
	else if (p->phase == HL_PHASE_VOLUME || p->phase == HL_PHASE_FILE)
		progress_step(c, p->what, 0);
}
