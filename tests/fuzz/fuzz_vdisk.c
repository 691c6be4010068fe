/*
 * fuzz_vdisk.c: the bytes are a virtual disk; its files are found, it is
 * opened and read.  Beside it lie what it may name as
 * its parent: "raw", plain bytes, and "p.vhd", a fixed VHD.
 */
#include <string.h>

#include "hivelift/src.h"
#include "io/vdisk.h"
#include "scratch.h"

#define READ_MAX (256u << 10)
#define PARENT (16u << 10)
#define MEMORY (24u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every decoder of headers, whatever the signature says. */
static void heads(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	struct vdisk_head *head = malloc(sizeof(*head));
	char below[VDISK_NAME];
	struct hl_src *src;

	if (!head || hl_src_mem(&src, data, size, false, &ctx) != HL_OK)
		abort();
	for (int kind = FILES_VHD; kind <= FILES_QCOW; kind++) {
		if (hl_vdisk_head(src, (enum files_kind)kind, head, &ctx) !=
		    HL_OK)
			continue;
		for (size_t i = 0; i < head->n_hints; i++)
			if (hl_vdisk_below(below, sizeof(below),
			                   head->hint[i]) &&
			    (*below == '/' || strstr(below, "../")))
				abort();
	}
	hl_src_close(src);
	free(head);
}

static void read_some(struct hl_src *src, uint64_t off, struct hl_ranges *bad)
{
	uint8_t *buf = malloc(READ_MAX);

	hl_ranges_clear(bad);
	if (buf && hl_src_read(src, off, buf, READ_MAX, bad) == HL_OK)
		(void)!hl_src_read(src, off + 1, buf, 700, bad);
	free(buf);
}

static void open_and_read(const char *path, bool allow_missing, size_t size)
{
	struct hl_image_opts opts = { .allow_missing = allow_missing };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats,
	                      .limits.max_memory = 64u << 20 };
	struct hl_image_info info;
	struct hl_files *files;
	struct hl_ranges *bad;
	struct hl_src *src;

	if (hl_files_find(&files, path, &opts, &ctx) == HL_OK) {
		bad = malloc(sizeof(*bad));
		if (bad && hl_image_open(&src, files, &opts, &ctx) == HL_OK) {
			if (hl_image_info(src, &info) != HL_OK)
				abort();
			read_some(src, 0, bad);
			read_some(src, hl_src_size(src) / 2, bad);
			read_some(src, hl_src_size(src) - 1, bad);
			hl_src_close(src);
		}
		free(bad);
		hl_files_close(files);
	}
	/* what a few clusters and the kept blocks need, and tables that the
	   file could hold */
	if (stats.mem_now || stats.mem_peak > MEMORY + 8 * size)
		abort();
}

static bool parents(const struct scratch *s)
{
	static uint8_t p[PARENT + 512];
	uint8_t *foot = p + PARENT;

	memset(p, 'p', PARENT);
	memcpy(foot, "conectix", 8);
	foot[63] = 2;
	memset(foot + 68, 0x55, 16);
	return scratch_write(s, "raw", p, PARENT) &&
	       scratch_write(s, "p.vhd", p, sizeof(p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[SCRATCH_PATH];
	struct scratch s;

	heads(data, size);
	if (!scratch_make(&s))
		return 0;
	if (size && parents(&s) && scratch_write(&s, "disk", data, size)) {
		open_and_read(scratch_path(&s, "disk", path), false, size);
		open_and_read(scratch_path(&s, "disk", path), true, size);
	}
	scratch_remove(&s);
	return 0;
}
