/*
 * memory.c: how much memory the library may take.  --max-memory says it, else
 *
 *	half of the least of: physical memory, the limit of each control group
 *	this process is in, RLIMIT_AS, RLIMIT_DATA; never above a quarter of
 *	the address space
 *
 * so that a hostile image makes this process give up, and not the machine
 * kill another one.  Half, because libcrypto, zlib, libewf and the page cache
 * that holds the image want their share.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"

#define LEAST (64u << 20) /* below it not even a small disk is read */

static void lower(uint64_t *least, uint64_t v)
{
	if (v < *least)
		*least = v;
}

static void lower_by_rlimit(uint64_t *least, int what)
{
	struct rlimit rl;

	if (getrlimit(what, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY)
		lower(least, (uint64_t)rl.rlim_cur);
}

#ifdef __linux__
static void lower_by_file(uint64_t *least, const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long v;

	if (!f)
		return;
	if (fscanf(f, "%llu", &v) == 1) /* or the word "max" */
		lower(least, v);
	fclose(f);
}

/* A group's limit binds all below it. */
static void lower_by_group(uint64_t *least, const char *root, char *group,
                           const char *name)
{
	char path[PATH_MAX];

	for (;;) {
		int n = snprintf(path, sizeof(path), "%s%s/%s", root, group,
		                 name);
		char *slash = strrchr(group, '/');

		if (n > 0 && (size_t)n < sizeof(path))
			lower_by_file(least, path);
		if (!slash)
			return;
		*slash = '\0';
	}
}

/* "0::/user.slice" (version 2), "9:memory:/docker/x" (version 1) */
static void lower_by_groups(uint64_t *least)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];

	while (f && fgets(line, sizeof(line), f)) {
		char *kind = strchr(line, ':');
		char *group = kind ? strchr(kind + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		group[strcspn(group, "\n")] = '\0';
		if (!kind[1])
			lower_by_group(least, "/sys/fs/cgroup", group,
			               "memory.max");
		else if (strstr(kind, "memory"))
			lower_by_group(least, "/sys/fs/cgroup/memory", group,
			               "memory.limit_in_bytes");
	}
	if (f)
		fclose(f);
}
#endif

uint64_t memory_ceiling(const struct cli *c)
{
	uint64_t least = SIZE_MAX / 2;
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (c->o.max_memory)
		return c->o.max_memory;
	if (pages > 0 && size > 0)
		lower(&least, (uint64_t)pages * (uint64_t)size);
	lower_by_rlimit(&least, RLIMIT_AS);
#ifdef RLIMIT_DATA
	lower_by_rlimit(&least, RLIMIT_DATA);
#endif
#ifdef __linux__
	lower_by_groups(&least);
#endif
	return least / 2 < LEAST ? LEAST : least / 2;
}

bool memory_reached(struct cli *c, enum hl_status st)
{
	if (st == HL_NOMEM && c->stats.mem_refused && c->disk)
		c->stop.starved = true;
	return st == HL_NOMEM && c->stats.mem_refused;
}
