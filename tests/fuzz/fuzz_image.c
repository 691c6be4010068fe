/*
 * fuzz_image.c: the whole library over one image in memory: tables, every
 * volume, every name, every byte of every stream, facts, links, hives.
 * Budgets keep one input short; nothing may crash, hang or leak.
 */
#include <stdlib.h>

#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one input may cost; a real run has no such budget. */
struct budget {
	unsigned entries;
	uint64_t bytes;
};

static bool out_of_budget(void *user)
{
	const struct budget *b = user;

	return b->entries == 0 || b->bytes == 0;
}

static void spend(struct budget *b, uint64_t bytes)
{
	b->bytes -= bytes < b->bytes ? bytes : b->bytes;
}

static void read_all(struct hl_src *src, struct budget *b)
{
	static uint8_t buf[65536];
	struct hl_ranges bad;
	struct hl_extent e;
	uint64_t size = hl_src_size(src);

	hl_ranges_clear(&bad);
	for (uint64_t off = 0; off < size && b->bytes; off += sizeof(buf)) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off)
		                                    : sizeof(buf);
		if (hl_src_read(src, off, buf, n, &bad) != HL_OK)
			break;
		spend(b, n);
	}
	for (uint64_t off = 0; off < size && b->bytes; off += e.len) {
		if (hl_src_locate(src, off, &e) != HL_OK)
			break;
		if (e.len == 0 || e.off != off)
			abort(); /* no progress: a caller would hang */
		spend(b, 64);
	}
}

static void read_streams(struct hl_fs *fs, const struct hl_ref *ref,
                         struct budget *b)
{
	struct hl_stream_info info;
	unsigned cursor = 0;

	while (b->bytes &&
	       hl_fs_stream_next(fs, ref, &cursor, &info) == HL_OK) {
		struct hl_src *src;
		spend(b, 256);
		for (int how = HL_STREAM_CONTENT; how <= HL_STREAM_RAW; how++) {
			if (hl_fs_stream(&src, fs, ref, info.name,
			                 (enum hl_stream_how)how) != HL_OK)
				continue;
			read_all(src, b);
			hl_src_close(src);
		}
	}
}

static void look_at(struct hl_fs *fs, const struct hl_ref *ref,
                    struct budget *b)
{
	struct hl_entry e;
	struct hl_fact fact;
	unsigned cursor = 0;
	char link[4096];

	if (hl_fs_entry(fs, ref, &e) != HL_OK)
		return;
	while (b->bytes && hl_fs_fact_next(fs, ref, &cursor, &fact) == HL_OK)
		spend(b, 256);
	if (hl_fs_link(fs, ref, link, sizeof(link)) == HL_OK)
		spend(b, sizeof(link));
	read_streams(fs, ref, b);
}

static void list(struct hl_fs *fs, const struct hl_ref *dir, int depth,
                 struct budget *b)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	if (depth > 8 ||
	    hl_fs_list(&it, fs, dir, HL_LIST_FULL | HL_LIST_SHORT) != HL_OK)
		return;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		if (b->entries == 0 || --b->entries == 0)
			break;
		if (st == HL_CORRUPT)
			continue;
		look_at(fs, &e.ref, b);
		if (hl_fs_lookup(fs, dir, e.name, &e) == HL_OK &&
		    e.type == HL_DIR)
			list(fs, &e.ref, depth + 1, b);
	}
	hl_fs_iter_close(it);
}

static void search(struct hl_disk *disk, const struct hl_ctx *ctx,
                   struct budget *b)
{
	struct hl_hive_query query = { 0 };
	struct hl_hives *hives;

	if (hl_hives_find(&hives, disk, &query, ctx) != HL_OK)
		return;
	for (size_t i = 0; i < hl_hives_count(hives) && b->bytes; i++) {
		enum hl_status st =
			hl_hive_examine(hl_hives_get(hives, i), false, ctx);
		spend(b, 4096);
		if (st == HL_NOMEM || st == HL_CANCELLED)
			break;
	}
	hl_hives_free(hives);
}

static void whole_disk(struct hl_src *image, const struct hl_ctx *ctx,
                       struct budget *b)
{
	struct hl_disk_opts opts = { 0 };
	struct hl_coverage coverage;
	struct hl_disk *disk;

	enum hl_status st = hl_disk_open(&disk, image, &opts, ctx);
	if (st != HL_OK && !disk)
		return;
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_fs *fs = hl_disk_volume(disk, i)->fs;
		struct hl_entry root;
		if (fs && hl_fs_root(fs, &root) == HL_OK)
			list(fs, &root.ref, 0, b);
	}
	search(disk, ctx, b);
	if (hl_coverage_build(&coverage, disk, ctx) == HL_OK)
		hl_coverage_free(&coverage, ctx);
	hl_disk_close(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct budget budget = { .entries = 3000, .bytes = 64 << 20 };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .user = &budget,
	                      .cancelled = out_of_budget,
	                      .limits.max_memory = 64 << 20,
	                      .stats = &stats };
	struct hl_src *image;

	if (hl_src_mem(&image, data, size, false, &ctx) != HL_OK)
		return 0;
	whole_disk(image, &ctx, &budget);
	hl_src_close(image);
	if (stats.mem_now != 0)
		abort(); /* something was kept */
	return 0;
}
