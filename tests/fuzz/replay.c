/*
 * replay.c: runs a fuzz target over files, with any compiler.
 *
 *	fuzz_x [-v] [-m ROUNDS [-s SEED] [-k FILE]] FILE...
 *
 * Each file is fed once, copied to a block of its exact size so that a
 * sanitizer sees one byte too many; a .hex fixture is turned into bytes
 * first.  -m feeds ROUNDS damaged copies of each as well: always the same
 * ones for a seed, so that a failure comes again; -k keeps the last one,
 * which is the one that failed.  Every other copy has its checksums made
 * right again (seal.h).  -v names each file before it runs.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "damage.h"
#include "seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct options {
	unsigned long rounds, seed;
	const char *keep;
};

#define MAX_HEX (64u << 20)

static uint8_t *tight_copy(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, p, n);
	return copy;
}

static uint8_t *load(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	long size;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		rewind(f);
		p = calloc(1, (size_t)size + 1);
		*n = (size_t)size;
		if (p && fread(p, 1, *n, f) != *n) {
			free(p);
			p = NULL;
		}
	}
	fclose(f);
	return p;
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* pos becomes where the bytes end; out NULL only measures. */
static bool unhex(const char *s, uint8_t *out, size_t *end)
{
	size_t pos = 0;

	for (*end = 0; *s; *end = pos > *end ? pos : *end) {
		if (*s == '#') {
			s += strcspn(s, "\n");
		} else if (*s == '@') {
			char *after;
			pos = strtoull(s + 1, &after, 16);
			s = after;
		} else if (digit(s[0]) >= 0 && digit(s[1]) >= 0) {
			if (out)
				out[pos] = (uint8_t)(digit(s[0]) << 4 |
				                     digit(s[1]));
			pos++;
			s += 2;
		} else {
			s++;
		}
		if (pos > MAX_HEX)
			return false;
	}
	return true;
}

static uint8_t *from_hex(uint8_t *text, size_t *n)
{
	uint8_t *out = NULL;

	if (unhex((char *)text, NULL, n)) {
		out = calloc(1, *n + 1);
		if (out && !unhex((char *)text, out, n))
			abort();
	}
	free(text);
	return out;
}

static void keep(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = path ? fopen(path, "wb") : NULL;

	if (!f)
		return;
	fwrite(p, 1, n, f);
	fclose(f);
}

static void feed_damaged(const struct options *o, const uint8_t *p, size_t n,
                         uint64_t *state, bool sealed)
{
	uint8_t *work = tight_copy(p, n);

	damage(work, &n, state);
	if (sealed)
		seal(work, n);
	uint8_t *copy = tight_copy(work, n);
	free(work);
	keep(o->keep, copy, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static bool replay(const struct options *o, const char *path)
{
	size_t len = strlen(path), n;
	uint64_t state = 0x9e3779b97f4a7c15u ^ o->seed;
	uint8_t *p = load(path, &n);

	if (p && len > 4 && strcmp(path + len - 4, ".hex") == 0)
		p = from_hex(p, &n);
	if (!p) {
		perror(path);
		return false;
	}
	uint8_t *copy = tight_copy(p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	for (unsigned long i = 0; i < o->rounds; i++)
		feed_damaged(o, p, n, &state, i & 1);
	free(p);
	return true;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct options o = { .rounds = 0 };
	int passed = 0, failed = 0, c;
	bool verbose = false;

	while ((c = getopt(argc, argv, "vm:s:k:")) != -1) {
		if (c == 'v')
			verbose = true;
		else if (c == 'm')
			o.rounds = strtoul(optarg, NULL, 10);
		else if (c == 's')
			o.seed = strtoul(optarg, NULL, 10);
		else if (c == 'k')
			o.keep = optarg;
		else
			return 1;
	}
	if (optind == argc) {
		fprintf(stderr, "no files: where are the seeds?\n");
		failed++;
	}
	for (int i = optind; i < argc; i++) {
		if (verbose)
			fprintf(stderr, "%s\n", argv[i]);
		if (replay(&o, argv[i]))
			passed++;
		else
			failed++;
	}
	printf("%s: %d passed, %d failed, 0 skipped\n",
	       name ? name + 1 : argv[0], passed, failed);
	return failed != 0;
}
