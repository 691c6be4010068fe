/*
 * imgcat.c: all of an image to stdout, in order, through the public API:
 * what bench/ times beside img_cat, and check.sh counts instructions of.
 *
 *	imgcat [-n BYTES] [-s STEP] IMAGE	-n: only so much; -s: bytes a read
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hivelift/hivelift.h"

static void on_note(void *user, const struct hl_note *note)
{
	(void)user;
	fprintf(stderr, "imgcat: %s: %s\n", note->what, note->text);
}

static bool put(const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t done = write(STDOUT_FILENO, p, n);
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static int copy(struct hl_src *image, uint64_t end, size_t step)
{
	uint8_t *buf = malloc(step);
	struct hl_ranges bad;
	int rc = buf ? 0 : 1;

	hl_ranges_clear(&bad);
	hl_src_advise(image, 0, end, HL_ADVISE_SEQUENTIAL);
	for (uint64_t off = 0; rc == 0 && off < end;) {
		size_t n = end - off < step ? (size_t)(end - off) : step;
		if (hl_src_read(image, off, buf, n, &bad) != HL_OK ||
		    !put(buf, n))
			rc = 1;
		off += n;
	}
	free(buf);
	return rc ? rc : bad.bytes ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .note = on_note, .stats = &stats };
	struct hl_files *files = NULL;
	struct hl_src *image = NULL;
	uint64_t end = UINT64_MAX;
	size_t step = 1 << 20;
	int c, rc = 1;

	while ((c = getopt(argc, argv, "n:s:")) != -1) {
		if (c == 'n')
			end = strtoull(optarg, NULL, 10);
		else if (c == 's')
			step = strtoull(optarg, NULL, 10);
		else
			return 1;
	}
	if (optind + 1 == argc && step &&
	    hl_files_find(&files, argv[optind], NULL, &ctx) == HL_OK &&
	    hl_image_open(&image, files, NULL, &ctx) == HL_OK) {
		if (end > hl_src_size(image))
			end = hl_src_size(image);
		rc = copy(image, end, step);
	}
	hl_src_close(image);
	hl_files_close(files);
	if (stats.mem_now) {
		fprintf(stderr, "imgcat: memory was not freed\n");
		rc = 1;
	}
	return rc;
}
