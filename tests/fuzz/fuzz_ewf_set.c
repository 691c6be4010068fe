/*
 * fuzz_ewf_set.c: an E01 set of up to three segments, read whole.
 *
 *	| flags | bytes of the first (32 bit) | of the second | first | … |
 *
 * flags: bit 0 allow_missing, bit 1 the second file is not there
 */
#include <string.h>

#include "hivelift/src.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST (1u << 20) /* read of an image that says it is huge */

static size_t length(const uint8_t *p, size_t left)
{
	size_t n = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	           (size_t)p[3] << 24;

	return n < left ? n : left;
}

static void read_all(struct hl_src *src)
{
	static uint8_t buf[65536];
	uint64_t size = hl_src_size(src);
	struct hl_ranges bad;

	for (uint64_t off = 0; off < size && off < MOST; off += sizeof(buf)) {
		uint64_t n = size - off;
		hl_ranges_clear(&bad);
		n = n < sizeof(buf) ? n : sizeof(buf);
		if (hl_src_read(src, off, buf, (size_t)n, &bad) == HL_RANGE)
			abort();
		for (size_t i = 0; i < bad.n; i++)
			if (bad.r[i].off < off || bad.r[i].len > n)
				abort();
	}
	if (size > MOST)
		(void)!hl_src_read(src, size - 70, buf, 70, &bad);
}

static void open_it(const char *path, bool allow_missing)
{
	struct hl_image_opts opts = { .allow_missing = allow_missing };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats,
	                      .limits.max_memory = 64u << 20 };
	struct hl_image_info info;
	struct hl_files *files;
	struct hl_src *src;

	if (hl_files_find(&files, path, &opts, &ctx) == HL_OK) {
		if (hl_image_open(&src, files, &opts, &ctx) == HL_OK) {
			if (hl_image_info(src, &info) != HL_OK)
				abort();
			read_all(src);
			hl_src_close(src);
		}
		hl_files_close(files);
	}
	if (stats.mem_now)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[SCRATCH_PATH];
	struct scratch s;

	if (size < 9 || !scratch_make(&s))
		return 0;
	size_t left = size - 9;
	size_t one = length(data + 1, left);
	size_t two = length(data + 5, left - one);
	const uint8_t *p = data + 9;
	scratch_write(&s, "disk.E01", p, one);
	if (two && !(data[0] & 2))
		scratch_write(&s, "disk.E02", p + one, two);
	if (left - one - two)
		scratch_write(&s, "disk.E03", p + one + two, left - one - two);
	open_it(scratch_path(&s, "disk.E01", path), data[0] & 1);
	scratch_remove(&s);
	return 0;
}
