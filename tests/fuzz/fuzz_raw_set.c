/*
 * fuzz_raw_set.c: a split raw set: which of its files are there and how long
 * each is comes from the input.
 *
 *	| scheme | number of files | number, size, size for each | fill |
 *
 * Opened by its first file and read whole, with and without allow_missing.
 */
#include <string.h>

#include "hivelift/src.h"
#include "scratch.h"

#define MOST_FILES 12
#define MOST_SIZE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void name_of(char name[32], unsigned scheme, unsigned number)
{
	static const char *const odd[] = {
		"disk.002.bak", "disk.vhd", "disk.e01", "disk.1000", "disk.",
		"disk", "disk.aaa", "DISK.001",
	};

	switch (scheme % 4) {
	case 0:
		snprintf(name, 32, "disk.%03u", number);
		break;
	case 1:
		snprintf(name, 32, "disk.%c%c", 'a' + number / 26 % 26,
		         'a' + number % 26);
		break;
	case 2:
		snprintf(name, 32, "disk.raw.%u", number);
		break;
	default:
		snprintf(name, 32, "%s", odd[number % 8]);
		break;
	}
}

static void read_all(struct hl_src *src, uint64_t there)
{
	static uint8_t buf[MOST_FILES * MOST_SIZE];
	uint64_t size = hl_src_size(src), off;
	struct hl_ranges bad;
	struct hl_extent e;

	hl_ranges_clear(&bad);
	for (off = 0; off < size; off += sizeof(buf)) {
		uint64_t n = size - off;
		n = n < sizeof(buf) ? n : sizeof(buf);
		if (hl_src_read(src, off, buf, (size_t)n, &bad) != HL_OK)
			abort();
	}
	/* what is not missing was in a file */
	if (size - bad.bytes > there)
		abort();
	for (off = 0; off < size; off += e.len)
		if (hl_src_locate(src, off, &e) != HL_OK || !e.len)
			abort();
}

static void open_it(const char *path, bool allow_missing, uint64_t there)
{
	struct hl_image_opts opts = { .allow_missing = allow_missing };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats,
	                      .limits.max_memory = 16u << 20 };
	struct hl_files *files;
	struct hl_src *src;

	if (hl_files_find(&files, path, &opts, &ctx) == HL_OK) {
		if (hl_image_open(&src, files, &opts, &ctx) == HL_OK) {
			read_all(src, there);
			hl_src_close(src);
		}
		hl_files_close(files);
	}
	if (stats.mem_now)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t fill[MOST_SIZE];
	char name[32], path[SCRATCH_PATH], first[32] = "";
	struct scratch s;
	uint64_t there = 0;

	if (size < 2 || !scratch_make(&s))
		return 0;
	size_t n = data[1] % (MOST_FILES + 1), at = 2;
	for (size_t i = 0; i < n && size - at >= 3; i++, at += 3) {
		size_t len = (data[at + 1] | (size_t)data[at + 2] << 8) %
			     (MOST_SIZE + 1);
		name_of(name, data[0], data[at]);
		memset(fill, (int)(i + 1), sizeof(fill));
		if (i == 0 && size > at + 3) /* a signature, maybe */
			memcpy(fill, data + at + 3,
			       size - at - 3 < len ? size - at - 3 : len);
		if (scratch_write(&s, name, fill, len))
			there += len;
		if (i == 0)
			memcpy(first, name, sizeof(first));
	}
	if (*first) {
		open_it(scratch_path(&s, first, path), false, there);
		open_it(path, true, there);
	}
	scratch_remove(&s);
	return 0;
}
