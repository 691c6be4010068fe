/*
 * mkhive.c: makes small valid hives and their transaction logs, for the
 * sample image and for whoever needs one that is nobody's property.
 *
 *	mkhive [-u USER] [-p BYTES] [-n KEYS] [-d hvle|dirt -1 LOG1
 *	       -2 LOG2 -r REPLAYED] -o FILE KIND
 *
 * -p pads the file as Windows preallocates it, -n adds keys.  With -d the hive is dirty:
 * FILE is the older state, the logs hold the pages that make it REPLAYED.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mkhive.h"
#include "mkhive_keys.h"

void die(const char *what, const char *name)
{
	fprintf(stderr, "mkhive: %s %s\n", what, name);
	exit(1);
}

size_t utf16(uint8_t *p, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		put16(p + 2 * i, (unsigned char)s[i]);
	return 2 * n;
}

/* "%s" is the user; other per cents stay (%USERPROFILE%). */
void expand(char *dst, size_t size, const char *s, const char *user)
{
	const char *at = strstr(s, "%s");

	if (at)
		snprintf(dst, size, "%.*s%s%s", (int)(at - s), s, user, at + 2);
	else
		snprintf(dst, size, "%s", s);
}

void put_base(uint8_t *p, const struct hive *h, const char *name,
              uint32_t seq1, uint32_t seq2, uint32_t type)
{
	char text[128];
	uint32_t sum = 0;

	memset(p, 0, 512);
	memcpy(p, "regf", 4);
	put32(p + 4, seq1);
	put32(p + 8, seq2);
	put64(p + 12, FILETIME);
	put32(p + 20, 1);
	put32(p + 24, 5);
	put32(p + 28, type);
	put32(p + 32, 1);
	put32(p + 36, 32);
	put32(p + 40, h->size);
	put32(p + 44, 1);
	expand(text, sizeof(text), name, h->user);
	size_t n = strlen(text);
	utf16(p + 48, n > 31 ? text + n - 31 : text);
	for (int i = 0; i < 508; i += 4)
		sum ^= get32(p + i);
	put32(p + 508, sum == 0 ? 1 : sum == NONE ? NONE - 1 : sum);
}

void write_file(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		die("cannot write", path);
}

static void write_hive(const char *path, const struct hive *h,
                       const char *name, uint32_t seq1, uint32_t seq2,
                       size_t pad)
{
	size_t n = 4096 + h->size;
	uint8_t *p = calloc(1, n > pad ? n : pad);

	if (!p)
		die("no memory for", path);
	put_base(p, h, name, seq1, seq2, 0);
	memcpy(p + 4096, h->bins, h->size);
	write_file(path, p, n > pad ? n : pad);
	free(p);
}

struct options {
	const char *user, *out, *log1, *log2, *replayed, *dirty;
	size_t pad;
	int filler;
};

static void write_dirty(const struct options *o, struct hive *h,
                        const char *name)
{
	struct hive *mid = malloc(sizeof(*mid)), *end = malloc(sizeof(*end));

	if (!mid || !end || !o->log1)
		die("-d needs -1", "LOG1");
	*mid = *h;
	change(mid, 'B');
	*end = *mid;
	if (strcmp(o->dirty, "dirt") == 0) {
		write_hive(o->out, h, name, 5, 4, o->pad);
		write_dirt(o->log1, h, mid, name, 5);
		if (o->log2)
			write_file(o->log2, h->bins, 0);
	} else {
		write_hive(o->out, h, name, 3, 2, o->pad);
		write_hvle(o->log1, h, mid, name, 2);
		change(end, 'C');
		if (o->log2)
			write_hvle(o->log2, mid, end, name, 3);
		else
			*end = *mid;
	}
	if (o->replayed)
		write_hive(o->replayed, end, name, 5, 5, o->pad);
	free(mid);
	free(end);
}

static const struct mkhive_kind *parse(int argc, char **argv,
                                       struct options *o)
{
	const struct mkhive_kind *k = mk_kinds;
	int c;

	while ((c = getopt(argc, argv, "u:p:n:d:1:2:r:o:")) != -1) {
		switch (c) {
		case 'u': o->user = optarg; break;
		case 'p': o->pad = strtoul(optarg, NULL, 0); break;
		case 'n': o->filler = (int)strtol(optarg, NULL, 0); break;
		case 'd': o->dirty = optarg; break;
		case '1': o->log1 = optarg; break;
		case '2': o->log2 = optarg; break;
		case 'r': o->replayed = optarg; break;
		case 'o': o->out = optarg; break;
		default: exit(1);
		}
	}
	if (optind != argc - 1 || !o->out)
		die("usage: mkhive [-u USER] [-p BYTES] [-n KEYS] [-d hvle|dirt "
		    "-1 LOG1 -2 LOG2 -r REPLAYED] -o FILE", "KIND");
	while (k->kind && strcmp(k->kind, argv[optind]) != 0)
		k++;
	if (!k->kind)
		die("no such kind:", argv[optind]);
	return k;
}

int main(int argc, char **argv)
{
	struct options o = { .user = "alice" };
	const struct mkhive_kind *k = parse(argc, argv, &o);
	struct hive *h = calloc(1, sizeof(*h));

	if (!h)
		die("no memory for", k->kind);
	h->user = o.user;
	build(h, k, o.filler);
	if (o.dirty)
		write_dirty(&o, h, k->file);
	else
		write_hive(o.out, h, k->file, 4, 4, o.pad);
	free(h);
	return 0;
}
