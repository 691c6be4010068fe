/*
 * fuzz_exfat.c: an exFAT volume of any bytes: opened (also by its backup),
 * listed to some depth with its dead entries, every file read, every fact
 * told.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "fs/fs_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 6
#define ENTRIES 300

static void read_stream(struct hl_fs *fs, const struct hl_entry *e,
                        enum hl_stream_how how)
{
	static uint8_t buf[4096];
	struct hl_ranges bad;
	struct hl_src *s;

	if (hl_fs_stream(&s, fs, &e->ref, "", how) != HL_OK)
		return;
	for (uint64_t off = 0; off < hl_src_size(s) && off < 1 << 16;) {
		uint64_t n = hl_src_size(s) - off;
		hl_ranges_clear(&bad);
		n = n < sizeof(buf) ? n : sizeof(buf);
		if (hl_src_read(s, off, buf, (size_t)n, &bad) != HL_OK)
			abort();
		off += n;
	}
	hl_src_close(s);
}

static void read_all(struct hl_fs *fs, const struct hl_entry *e)
{
	struct hl_stream_info info;
	struct hl_fact fact;
	unsigned cursor = 0;

	for (int i = 0; i < 60; i++)
		if (hl_fs_fact_next(fs, &e->ref, &cursor, &fact) != HL_OK)
			break;
	cursor = 0;
	if (hl_fs_stream_next(fs, &e->ref, &cursor, &info) == HL_OK &&
	    info.valid > info.size)
		abort();
	read_stream(fs, e, HL_STREAM_SLACK);
	read_stream(fs, e, HL_STREAM_RAW);
}

static void list(struct hl_fs *fs, const struct hl_ref *dir, int depth,
                 int *left)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	if (depth == 0 || hl_fs_list(&it, fs, dir, HL_LIST_DELETED) != HL_OK)
		return;
	while (*left > 0 && ((st = hl_fs_next(it, &e)) == HL_OK ||
	                     st == HL_CORRUPT)) {
		--*left;
		if (st != HL_OK)
			continue;
		if (e.n_name16 == 0 || e.name[0] == '\0')
			abort();
		read_all(fs, &e);
		if (e.type == HL_DIR)
			list(fs, &e.ref, depth - 1, left);
	}
	hl_fs_iter_close(it);
}

static void sweep(struct hl_fs *fs, int left)
{
	static char path[HL_MAX_PATH];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	if (hl_fs_sweep(&it, fs, HL_LIST_DELETED) != HL_OK)
		return;
	while (left-- > 0 && ((st = hl_fs_next(it, &e)) == HL_OK ||
	                      st == HL_CORRUPT))
		if (st == HL_OK &&
		    hl_fs_path(fs, &e, path, sizeof(path), NULL) == HL_OK &&
		    path[0] != '/')
			abort();
	hl_fs_iter_close(it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_fs_driver only_exfat[] = {
		{ "exfat", &hl_fs_exfat },
		{ NULL, NULL },
	};
	const struct hl_ctx ctx = { 0 };
	struct hl_fs_found found;
	struct hl_entry e;
	struct hl_src *s;
	uint64_t bytes;
	int left = ENTRIES;

	if (hl_src_mem(&s, data, size, false, &ctx) != HL_OK)
		return 0;
	if (hl_fs_identify_with(&found, s, true, only_exfat, &ctx) == HL_OK) {
		if (hl_fs_root(found.fs, &e) == HL_OK)
			list(found.fs, &e.ref, DEPTH, &left);
		sweep(found.fs, ENTRIES);
		if (hl_fs_find(found.fs, "/sub/IN SUB", &e) == HL_OK)
			read_all(found.fs, &e);
		if (hl_fs_unallocated(found.fs, &bytes) == HL_OK &&
		    bytes > hl_fs_info(found.fs)->size)
			abort();
		hl_fs_close(found.fs);
	}
	hl_src_close(s);
	return 0;
}
