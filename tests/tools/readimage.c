/*
 * readimage.c: reads an image from its first byte to its last through the
 * public API, a MiB at a time, and prints how many bytes that were: what a
 * scan of the same image is measured against.
 *
 *	readimage IMAGE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
	printf("%" PRIu64 "\n", off);
	return 0;
}

int main(int argc, char **argv)
{
	const struct hl_image_opts opts = { 0 };
	struct hl_ctx ctx = { .note = on_note };
	struct hl_files *files = NULL;
	struct hl_src *image = NULL;
	uint8_t *buf = malloc(CHUNK);
	int rc = 1;

	if (argc != 2 || !buf) {
		fprintf(stderr, "usage: readimage IMAGE\n");
		free(buf);
		return 1;
	}
	if (hl_files_find(&files, argv[1], &opts, &ctx) == HL_OK &&
	    hl_image_open(&image, files, &opts, &ctx) == HL_OK)
		rc = read_all(image, buf);
	hl_src_close(image);
	hl_files_close(files);
	free(buf);
	return rc;
}
