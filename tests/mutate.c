/*
 * mutate.c: damages an image in memory, again and again, and runs a fuzz
 * target over each: a coverage-free fuzzer that needs no special compiler.
 *
 *	mutate IMAGE ROUNDS [SEED]
 *
 * Each round starts from the undamaged image; the damage is 1 to 8 places of
 * flipped bits, zeroed sectors, copied sectors, huge fields, or a cut end.
 * The seed and the round name a failing case; MUTATE_SAVE=FILE keeps it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint64_t rnd(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? state % below : 0;
}

/* Sectors that hold something; damage to empty space finds nothing. */
static size_t used_sector(const uint8_t *p, size_t n)
{
	for (int tries = 0; tries < 64; tries++) {
		size_t s = rnd(n / 512) * 512;
		for (size_t i = 0; i < 512; i++)
			if (p[s + i])
				return s;
	}
	return 0;
}

static void damage(uint8_t *p, size_t *n)
{
	static const uint8_t huge[8] = { 0xff, 0xff, 0xff, 0x7f,
	                                 0xff, 0xff, 0xff, 0xff };
	size_t s = used_sector(p, *n), at = s + rnd(512 - 8);

	switch (rnd(12)) {
	case 0:
		memset(p + s, 0, 512);
		break;
	case 1:
		memcpy(p + s, p + used_sector(p, *n), 512);
		break;
	case 2:
		memcpy(p + at, huge, 1u << rnd(4));
		break;
	case 3:
		memset(p + at, 0, 1u << rnd(4));
		break;
	case 4:
		if (rnd(8) == 0)
			*n = (size_t)rnd(*n) + 1;
		break;
	case 5:
		p[at] = (uint8_t)rnd(256);
		break;
	default:
		p[at] ^= (uint8_t)(1u << rnd(8));
		break;
	}
}

static void save(const uint8_t *p, size_t n)
{
	const char *path = getenv("MUTATE_SAVE");
	FILE *f = path ? fopen(path, "wb") : NULL;

	if (f) {
		fwrite(p, 1, n, f);
		fclose(f);
	}
}

static uint8_t *load(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	*n = (size_t)ftell(f);
	rewind(f);
	uint8_t *p = malloc(*n + 1);
	if (!p || *n < 1024 || fread(p, 1, *n, f) != *n) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	fclose(f);
	return p;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: mutate IMAGE ROUNDS [SEED]\n");
		return 1;
	}
	size_t n;
	uint8_t *good = load(argv[1], &n);
	unsigned long rounds = strtoul(argv[2], NULL, 10);
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;

	for (unsigned long r = 0; r < rounds; r++) {
		state = (seed << 32) + r * 2654435761u + 88172645463325252u;
		size_t k = n;
		uint8_t *p = malloc(n);
		if (!p)
			return 1;
		memcpy(p, good, n);
		for (uint64_t i = rnd(8) + 1; i && k >= 1024; i--)
			damage(p, &k);
		uint8_t *exact = realloc(p, k); /* ASan sees one byte more */
		save(exact, k);
		LLVMFuzzerTestOneInput(exact, k);
		free(exact);
	}
	printf("%s: %lu rounds\n", argv[1], rounds);
	free(good);
	return 0;
}
