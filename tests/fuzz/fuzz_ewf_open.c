/*
 * fuzz_ewf_open.c: the bytes are a file; it is found, opened and read like
 * any image, with and without allow_missing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hivelift/src.h"

#define READ_MAX (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_some(struct hl_src *src, uint64_t off, struct hl_ranges *bad)
{
	uint8_t *buf = malloc(READ_MAX);
	struct hl_extent e;

	if (buf && hl_src_read(src, off, buf, READ_MAX, bad) == HL_OK)
		(void)!hl_src_read(src, off + 1, buf, 700, bad);
	if (hl_src_map(src, off, &e) == HL_OK && e.len == 0)
		abort();
	free(buf);
}

static void open_and_read(const char *path, bool allow_missing)
{
	struct hl_image_opts opts = { .allow_missing = allow_missing };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats,
	                      .limits.max_memory = 64u << 20 };
	struct hl_image_info info;
	struct hl_files *files;
	struct hl_ranges *bad;
	struct hl_src *src;

	if (hl_files_find(&files, path, &opts, &ctx) != HL_OK)
		return;
	bad = calloc(1, sizeof(*bad));
	if (bad && hl_image_open(&src, files, &opts, &ctx) == HL_OK) {
		if (hl_image_info(src, &info) != HL_OK)
			abort();
		read_some(src, 0, bad);
		read_some(src, hl_src_size(src) / 2, bad);
		if (hl_src_size(src) > 100)
			read_some(src, hl_src_size(src) - 100, bad);
		hl_src_close(src);
	}
	free(bad);
	hl_files_close(files);
	if (stats.mem_now)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/hl-fuzz-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size) {
		open_and_read(path, false);
		open_and_read(path, true);
	}
	close(fd);
	unlink(path);
	return 0;
}
