/*
 * bdecat.c: the whole plain text of a BitLocker volume through the public API:
 *
 *	bdecat IMAGE [password|recovery|startup FILE]
 *
 * Reads in pieces of odd sizes that cross every edge, and says on stderr what
 * was noted.  Exit status 0, or the negated status of what failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"

static void note(void *user, const struct hl_note *n)
{
	(void)user;
	fprintf(stderr, "%d %s: %s\n", (int)n->level, n->what, n->text);
}

static int key_of(char **argv, struct hl_bde_key *key)
{
	static char secret[65536];
	FILE *f = fopen(argv[3], "rb");

	if (!f)
		return 1;
	key->n = fread(secret, 1, sizeof(secret), f);
	fclose(f);
	key->secret = secret;
	key->kind = argv[2][0] == 'p' ? HL_BDE_PASSWORD :
	            argv[2][0] == 'r' ? HL_BDE_RECOVERY : HL_BDE_STARTUP;
	return 0;
}

static int copy(struct hl_src *src)
{
	static uint8_t buf[1500000];
	static const size_t sizes[] = { 1, 511, 512, 513, 4096, 299999,
	                                1499999 };
	uint64_t off = 0, size = hl_src_size(src);

	for (unsigned i = 0; off < size; i++) {
		size_t n = sizes[i % 7];

		n = n > size - off ? (size_t)(size - off) : n;
		enum hl_status st = hl_src_read(src, off, buf, n, NULL);
		if (st != HL_OK)
			return -(int)st;
		fwrite(buf, 1, n, stdout);
		off += n;
	}
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct hl_bde_key key;
	struct hl_bde_keys keys = { &key, argc > 3, NULL, NULL };
	struct hl_ctx ctx = { .note = note, .bde_keys = &keys };
	struct hl_image_opts opts = { .map = NULL };
	struct hl_files *files = NULL;
	struct hl_src *src = NULL;
	struct hl_bde *bde = NULL;
	int rc = 1;

	if (argc < 2 || (argc > 3 && key_of(argv, &key) != 0))
		return 1;
	enum hl_status st = hl_files_find(&files, argv[1], &opts, &ctx);
	if (st == HL_OK)
		st = hl_image_open(&src, files, &opts, &ctx);
	if (st == HL_OK)
		st = hl_bde_open(&bde, src, "1", &ctx);
	if (st == HL_OK && hl_bde_plain(bde))
		rc = copy(hl_bde_plain(bde));
	else if (st == HL_OK)
		fprintf(stderr, "%s\n", hl_bde_text(bde));
	hl_bde_close(bde);
	hl_src_close(src);
	hl_files_close(files);
	return rc;
}
