/*
 * fuzz_ntfs_volume.c: a whole volume: opened, listed, every stream read a
 * little, its facts told.  Bounded in work, not in what it may find.
 */
#include <stdint.h>
#include <stdlib.h>

#include "hivelift/hivelift.h"

#define MAX_ENTRIES 200

static unsigned budget;

static bool spent(void *user)
{
	(void)user;
	return !budget || !--budget;
}

static struct hl_stats stats;
static const struct hl_ctx ctx = {
	.cancelled = spent, .stats = &stats,
	.limits = { .max_memory = 64u << 20 },
};

static void read_some(struct hl_src *s)
{
	static uint8_t buf[70000];
	struct hl_ranges bad;
	struct hl_extent x;
	uint64_t size = hl_src_size(s), off = 0;
	int i;

	for (i = 0; i < 4 && off < size; i++) {
		hl_ranges_clear(&bad);
		if (hl_src_locate(s, off, &x) == HL_OK && !x.len)
			abort();
		if (hl_src_read(s, off, buf, sizeof(buf), &bad) == HL_NOMEM)
			return;
		off += size / 4 + 1;
	}
}

static void visit(struct hl_fs *fs, const struct hl_entry *e)
{
	struct hl_stream_info si;
	struct hl_fact fact;
	struct hl_src *s;
	unsigned cursor = 0;
	char target[512];
	int how;

	while (hl_fs_stream_next(fs, &e->ref, &cursor, &si) == HL_OK &&
	       cursor < 20)
		for (how = HL_STREAM_CONTENT; how <= HL_STREAM_RAW; how++)
			if (hl_fs_stream(&s, fs, &e->ref, si.name,
			                 (enum hl_stream_how)how) == HL_OK) {
				read_some(s);
				hl_src_close(s);
			}
	for (cursor = 0; hl_fs_fact_next(fs, &e->ref, &cursor, &fact) == HL_OK;)
		if (cursor > 100000)
			abort();
	if (hl_fs_link(fs, &e->ref, target, sizeof(target)) == HL_NOMEM)
		return;
}

static void walk(struct hl_fs *fs, const struct hl_ref *dir, int depth,
                 int *left)
{
	struct hl_fs_iter *it;
	struct hl_entry e, found;
	enum hl_status st;

	if (depth > 4 || hl_fs_list(&it, fs, dir, HL_LIST_FULL |
	                            HL_LIST_DELETED) != HL_OK)
		return;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (--*left < 0)
			break;
		if (st == HL_CORRUPT)
			continue;
		visit(fs, &e);
		if (hl_fs_lookup(fs, dir, e.name, &found) == HL_NOMEM)
			break;
		if (e.type == HL_DIR)
			walk(fs, &e.ref, depth + 1, left);
	}
	hl_fs_iter_close(it);
}

static void sweep(struct hl_fs *fs, int *left)
{
	static char path[4096];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	if (hl_fs_sweep(&it, fs, HL_LIST_DELETED) != HL_OK)
		return;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (--*left < 0)
			break;
		if (st == HL_CORRUPT)
			continue;
		if (hl_fs_path(fs, &e, path, sizeof(path), NULL) == HL_OK &&
		    path[0] != '/')
			abort();
		visit(fs, &e);
	}
	hl_fs_iter_close(it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_src *src;
	struct hl_entry e;
	struct hl_fs *fs;
	uint64_t bytes;
	int left = MAX_ENTRIES;

	budget = 200000;
	if (hl_src_mem(&src, data, size, false, &ctx) != HL_OK)
		return 0;
	if (hl_fs_open(&fs, src, &ctx) == HL_OK) {
		if (hl_fs_root(fs, &e) == HL_OK)
			walk(fs, &e.ref, 0, &left);
		left = MAX_ENTRIES;
		sweep(fs, &left);
		if (hl_fs_unallocated(fs, &bytes) == HL_OK &&
		    bytes > hl_fs_info(fs)->size)
			abort();
		hl_fs_close(fs);
	}
	hl_src_close(src);
	if (stats.mem_now)
		abort(); /* a leak */
	return 0;
}
