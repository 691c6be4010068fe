/*
 * stats.c: --stats: what a run read, held and took.  Its time is that of the
 * clock, and all of it falls into one of four:
 *
 *	find        the image's files, the outputs, the sandbox
 *	open        container, partition table, file systems
 *	search      for what was asked: files, hives, volumes
 *	read/write  their content
 */
#include <stdio.h>
#include <sys/resource.h>

#include "base/banned.h"
#include "cli.h"

void stats_phase(struct cli *c, enum phase next)
{
	struct phases *p = &c->phases;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (p->begun)
		p->ns[p->now] += (now.tv_sec - p->since.tv_sec) * 1000000000LL +
		                 (now.tv_nsec - p->since.tv_nsec);
	p->begun = true;
	p->now = next;
	p->since = now;
}

static void print_times(struct cli *c)
{
	static const char *const names[N_PHASES] = {
		[PHASE_FIND] = "find", [PHASE_OPEN] = "open",
		[PHASE_SEARCH] = "search", [PHASE_READ] = "read/write",
	};

	fputs("hivelift: stats: time:", stderr);
	for (int i = 0; i < N_PHASES; i++) {
		long long us = c->phases.ns[i] / 1000;

		fprintf(stderr, "%s %s %lld.%06lld s", i ? "," : "", names[i],
		        us / 1000000, us % 1000000);
	}
	fputs("\n", stderr);
}

void stats_print(struct cli *c)
{
	const struct hl_stats *s = &c->stats;
	struct rusage ru;
	unsigned long long kib = 0;

	if (!c->o.stats)
		return;
	stats_phase(c, c->phases.now);
	if (getrusage(RUSAGE_SELF, &ru) == 0)
		kib = (unsigned long long)ru.ru_maxrss;
#ifdef __APPLE__
	kib /= 1024; /* bytes there */
#endif
	fprintf(stderr,
	        "hivelift: stats: image files: %llu bytes in %llu reads\n"
	        "hivelift: stats: image: %llu bytes in %llu reads\n"
	        "hivelift: stats: cache: %llu hits, %llu misses\n"
	        "hivelift: stats: memory: own peak %llu bytes, process peak "
	        "%llu bytes (libraries included)\n",
	        (unsigned long long)s->file_bytes,
	        (unsigned long long)s->file_reads,
	        (unsigned long long)s->image_bytes,
	        (unsigned long long)s->image_reads,
	        (unsigned long long)s->cache_hits,
	        (unsigned long long)s->cache_misses,
	        (unsigned long long)s->mem_peak, kib * 1024);
	print_times(c);
}
