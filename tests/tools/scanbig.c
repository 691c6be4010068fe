/*
 * scanbig.c: what a scan keeps in memory of a medium of 20 TB, without one:
 * the places of 200 million records, as a pass would meet them, go into the
 * map that volumes are inferred from.  The records lie in stretches of 1 to
 * 127, four volumes' in turns, so that next to nothing can be merged.
 *
 *	scanbig [RECORDS]
 *
 * Prints the peak of what was allocated, volumes inferred, and the seconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hivelift/hivelift.h"
#include "ntfs/recmap.h"

#define MEDIUM (UINT64_C(20) * 1000 * 1000 * 1000 * 1000)
#define VOLUMES 4

static uint64_t random64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static enum hl_status feed(struct hl_recmap *m, uint64_t records)
{
	uint64_t number[VOLUMES] = { 0 }, seed = 88172645463325252u;
	uint64_t off = 1 << 20, done = 0, gap = MEDIUM / records;
	enum hl_status st = HL_OK;

	for (unsigned turn = 0; done < records && st == HL_OK; turn++) {
		uint64_t n = 1 + random64(&seed) % 127, skip;

		skip = n * gap - n * 1024;
		for (uint64_t i = 0; i < n && st == HL_OK; i++, off += 1024)
			st = hl_recmap_add(m, off, number[turn % VOLUMES]++,
			                   1024, 4096);
		done += n;
		off += skip / 512 * 512;
	}
	return st;
}

int main(int argc, char **argv)
{
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats };
	const struct hl_recmap_volume *found = NULL;
	uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000000;
	struct hl_recmap *m = NULL;
	clock_t start = clock(), fed = start;
	enum hl_status st;
	size_t n = 0;

	if (records == 0 || records > MEDIUM / 2048)
		return 1;
	st = hl_recmap_new(&m, &ctx);
	if (st == HL_OK)
		st = feed(m, records);
	fed = clock();
	if (st == HL_OK)
		st = hl_recmap_infer(m, &found, &n);
	printf("status %d, %" PRIu64 " records, peak %" PRIu64 " bytes, %zu "
	       "volumes, %.1f s to feed, %.1f s to infer\n", (int)st, records,
	       stats.mem_peak, n, (double)(fed - start) / CLOCKS_PER_SEC,
	       (double)(clock() - fed) / CLOCKS_PER_SEC);
	hl_recmap_free(m);
	return st != HL_OK;
}
