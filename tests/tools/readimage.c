/*
 * readimage.c: reads an image from its first byte to its last through the
 * public API, a MiB at a time, and prints how many bytes that were: what a
 * scan of the same image is measured against.
 *
 *	readimage IMAGE
 *	readimage -b TIMES IMAGE    the plain text of a BitLocker volume that
 *	                            has a clear key, and the processor's and
 *	                            the clock's seconds for reading it alone
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hivelift/hivelift.h"

#define CHUNK (1 << 20)

static void on_note(void *user, const struct hl_note *note)
{
	(void)user;
	fprintf(stderr, "%s: %s\n", note->what, note->text);
}

static int read_all(struct hl_src *image, uint8_t *buf)
{
	uint64_t size = hl_src_size(image), off = 0;

	while (off < size) {
		size_t n = size - off < CHUNK ? (size_t)(size - off) : CHUNK;

		if (hl_src_read(image, off, buf, n, NULL) < 0)
			return 1;
		off += n;
	}
	printf("%" PRIu64, off);
	return 0;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The first time it comes from the medium, and is not counted. */
static int read_plain(struct hl_src *image, uint8_t *buf, int times,
                      const struct hl_ctx *ctx)
{
	struct hl_bde *bde = NULL;
	double cpu = 0, wall = 0;
	int rc = hl_bde_open(&bde, image, "1", ctx) != HL_OK ||
	         !hl_bde_plain(bde);

	for (int i = 0; i <= times && !rc; i++) {
		if (i == 1) {
			cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
			wall = seconds(CLOCK_MONOTONIC);
		}
		rc = read_all(hl_bde_plain(bde), buf);
		putchar(' ');
	}
	printf("%.6f %.6f", seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
	       seconds(CLOCK_MONOTONIC) - wall);
	hl_bde_close(bde);
	return rc;
}

int main(int argc, char **argv)
{
	const struct hl_image_opts opts = { 0 };
	struct hl_ctx ctx = { .note = on_note };
	struct hl_files *files = NULL;
	struct hl_src *image = NULL;
	uint8_t *buf = malloc(CHUNK);
	int rc = 1, times = 0;

	if (argc == 4 && !strcmp(argv[1], "-b"))
		times = atoi(argv[2]);
	if ((argc != 2 && times < 1) || !buf) {
		fprintf(stderr, "usage: readimage [-b TIMES] IMAGE\n");
		free(buf);
		return 1;
	}
	if (hl_files_find(&files, argv[argc - 1], &opts, &ctx) == HL_OK &&
	    hl_image_open(&image, files, &opts, &ctx) == HL_OK)
		rc = times ? read_plain(image, buf, times, &ctx) :
		     read_all(image, buf);
	putchar('\n');
	hl_src_close(image);
	hl_files_close(files);
	free(buf);
	return rc;
}
