/*
 * mkmany.c: the volume of ntfs_many.h as a sparse file: what bench/ and the
 * tests of the program count on when they need many files.
 *
 *	mkmany [-n FILES] [-s BYTES] [-x HIVE] [-d EVERY] FILE
 *
 * -s: at least so large; -x: what Windows/System32/config/SYSTEM holds, from
 * 4,370 files on; -d: every so manieth file is deleted; -b: no boot sectors;
 * -i: the folders have lost their index blocks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "testing.h"
/* no test runs here to which Check could report */
#undef ck_assert_uint_le
#define ck_assert_uint_le(a, b) ((void)0)
#include "ntfs_many.h"

static uint8_t *load(const char *name, uint32_t *n)
{
	FILE *f = fopen(name, "rb");
	uint8_t *p = malloc(64 << 20);

	*n = f && p ? (uint32_t)fread(p, 1, 64 << 20, f) : 0;
	if (f)
		fclose(f);
	return p;
}

static bool is_zero(const uint8_t *p)
{
	return !p[0] && !memcmp(p, p + 1, NB_CLUSTER - 1);
}

static bool write_out(struct many *m, const char *name, bool boot)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	uint64_t n = m->src.size / NB_CLUSTER;
	uint8_t c[NB_CLUSTER];
	bool ok = fd >= 0 && ftruncate(fd, (off_t)m->src.size) == 0;

	for (uint64_t i = boot ? 0 : 1; ok && i < n - !boot; i++) {
		if (i == m->index_lcn + m->n_dirs)
			i = n - 1;
		many_cluster(m, i, c);
		if (!is_zero(c) && (boot || i < n - 1))
			ok = pwrite(fd, c, sizeof(c), (off_t)(i * sizeof(c))) ==
			     (ssize_t)sizeof(c);
	}
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

int main(int argc, char **argv)
{
	uint32_t n = 10000, n_hive = 0, freed = 0;
	bool boot = true, index = true;
	uint8_t *hive = NULL;
	uint64_t size = 0;
	int c;

	while ((c = getopt(argc, argv, "n:s:x:d:bi")) != -1) {
		if (c == 'n')
			n = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			size = strtoull(optarg, NULL, 10);
		else if (c == 'd')
			freed = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'x')
			hive = load(optarg, &n_hive);
		else if (c == 'b')
			boot = false;
		else if (c == 'i')
			index = false;
		else
			return 1;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: mkmany [-n FILES] [-s BYTES] "
		        "[-x HIVE] [-d EVERY] [-b] [-i] FILE\n");
		return 1;
	}
	struct many *m = many_new(n, size, hive, n_hive, NULL);
	m->each_freed = freed;
	m->no_index = !index;
	bool ok = write_out(m, argv[optind], boot);
	hl_src_close(&m->src);
	free(hive);
	if (!ok)
		perror("mkmany");
	return ok ? 0 : 1;
}
