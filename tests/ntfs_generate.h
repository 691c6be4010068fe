/*
 * ntfs_generate.h: volumes written through mkntfs and ntfs-3g, with a list
 * of what was written where.
 */
#ifndef HL_NTFS_GENERATE_H
#define HL_NTFS_GENERATE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing.h"

struct config {
	unsigned cluster, sector, mib;
	bool packed; /* ntfs-3g compresses up to 4 KiB clusters */
};
static const struct config configs[] = {
	{ 512, 512, 32, true },   { 1024, 512, 48, true },
	{ 4096, 512, 64, true },  { 65536, 512, 256, false },
	{ 4096, 4096, 64, true }, { 65536, 4096, 256, false },
	{ 2097152, 512, 1024, false },
};
#define N_CONFIGS (int)(sizeof(configs) / sizeof(configs[0]))

/* What a file holds follows from its seed. */
enum { ZERO_SEED = 0, TEXT_SEED = 1 << 20, MIXED_SEED = 2 << 20 };
struct file {
	char path[1100];
	char stream[32];
	size_t len, hole; /* hole: bytes of zeros at the start */
	size_t stripe;    /* every second so many bytes are zero */
	unsigned seed;
};
#define MAX_FILES 400
static struct file files[MAX_FILES];
static size_t n_files;

static char image[512], mnt[512];

static void fill(uint8_t *p, const struct file *f)
{
	static const char fox[] = "the quick brown fox ";
	uint32_t x = f->seed * 2654435761u + 12345;
	size_t i;

	for (i = 0; i < f->len; i++) {
		x = x * 1664525u + 1013904223u;
		if (i < f->hole || f->seed == ZERO_SEED ||
		    (f->stripe && !(i / f->stripe % 2)))
			p[i] = 0;
		else if (f->seed >= MIXED_SEED && (i >> 16) % 3 == 1)
			p[i] = 0;
		else if (f->seed >= TEXT_SEED &&
		         !(f->seed >= MIXED_SEED && (i >> 16) % 3 == 2))
			p[i] = (uint8_t)fox[(i + i / 977) % 20];
		else
			p[i] = (uint8_t)(x >> 24);
	}
}

static bool run(const char *fmt, const char *a, const char *b)
{
	char cmd[2048];

	snprintf(cmd, sizeof(cmd), fmt, a, b);
	return system(cmd) == 0;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n < 65536 ? n : 65536);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static struct file *add(const char *path, const char *stream, size_t len,
                        unsigned seed, size_t hole)
{
	struct file *f = &files[n_files++];
	char full[2048];
	uint8_t *p = malloc(len + 1);
	int fd;

	ck_assert(n_files < MAX_FILES);
	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->stream, sizeof(f->stream), "%s", stream);
	f->len = len;
	f->seed = seed;
	f->hole = hole;
	fill(p, f);
	snprintf(full, sizeof(full), "%s/%s%s%s", mnt, path,
	         *stream ? ":" : "", stream);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ck_assert_msg(fd >= 0, "cannot create %s", full);
	if (hole)
		ck_assert(lseek(fd, (off_t)hole, SEEK_SET) >= 0);
	ck_assert(write_all(fd, p + hole, len - hole));
	ck_assert(close(fd) == 0);
	free(p);
	return f;
}

static void make_dir(const char *path)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s/%s", mnt, path);
	ck_assert(mkdir(full, 0755) == 0);
}

static bool have_tools(void)
{
	return geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0 &&
	       run("command -v mkntfs >/dev/null && "
	           "command -v ntfs-3g >/dev/null && "
	           "command -v setfattr >/dev/null", "", "");
}

static bool mount_it(void)
{
	return run("ntfs-3g -o streams_interface=windows,compression '%s' "
	           "'%s' 2>/dev/null", image, mnt);
}

static void umount_it(void)
{
	ck_assert(run("umount '%s'", mnt, "") ||
	          run("sleep 1; umount '%s'", mnt, ""));
}

/* A fresh volume in a file; false: this mkntfs cannot. */
static bool make(const struct config *c)
{
	char cmd[2048];

	snprintf(image, sizeof(image), "%s/v%u-%u.img", test_tmp(), c->cluster,
	         c->sector);
	snprintf(mnt, sizeof(mnt), "%s/mnt", test_tmp());
	mkdir(mnt, 0755);
	snprintf(cmd, sizeof(cmd), "rm -f '%s'; truncate -s %uM '%s' && "
	         "mkntfs -q -F -Q -c %u -s %u -L 'T\xc3\xa4st' '%s' "
	         ">/dev/null 2>&1", image, c->mib, image, c->cluster,
	         c->sector, image);
	n_files = 0;
	return system(cmd) == 0;
}

static void write_sizes(unsigned cluster)
{
	static const size_t sizes[] = {
		0, 1, 2, 511, 512, 513, 600, 640, 664, 672, 680, 688, 696, 704,
		712, 720, 728, 736, 744, 752, 760, 1023, 1024, 1025, 3500, 3700,
		3740, 3760, 3780, 3800, 4095, 4096, 4097, 65535, 65536, 65537,
		200000,
	};
	char path[64];
	size_t i;

	make_dir("sizes");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(path, sizeof(path), "sizes/f%zu", sizes[i]);
		add(path, "", sizes[i], 7 + (unsigned)i, 0);
	}
	snprintf(path, sizeof(path), "sizes/cluster");
	add(path, "", (size_t)cluster * 3, 99, 0);
}

static void write_names(void)
{
	char path[1100];
	size_t i, n;

	make_dir("names");
	n = (size_t)snprintf(path, sizeof(path), "names/");
	memset(path + n, 'a', 255);
	path[n + 255] = 0;
	add(path, "", 10, 1, 0);
	for (i = 0; i < 255; i++)
		memcpy(path + n + 2 * i, "\xc3\xa9", 2); /* e acute */
	path[n + 510] = 0;
	add(path, "", 900, 2, 0);
	for (i = 0; i < 127; i++)
		memcpy(path + n + 4 * i, "\xf0\x9f\x98\x80", 4); /* U+1F600 */
	path[n + 508] = 0;
	add(path, "", 11, 3, 0);
	add("names/\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "", 12, 4,
	    0);
}

static void write_sparse(void)
{
	make_dir("sparse");
	add("sparse/tail", "", 300000, 5, 250000);
	add("sparse/big", "", (8 << 20) + 777, 6, 8 << 20);
	add("sparse/all", "", 1, ZERO_SEED, 0);
}

static void write_streams(void)
{
	add("ads", "", 100, 8, 0);
	add("ads", "small", 50, 9, 0);
	add("ads", "large", 150000, 10, 0);
	add("ads", "St\xc3\xb6m", 3000, 11, 0);
}

static void write_packed(void)
{
	static const size_t sizes[] = {
		5, 900, 4096, 8192, 65535, 65536, 65537, 70000, 131072, 400001,
	};
	char path[64];
	size_t i;

	make_dir("packed");
	ck_assert(run("setfattr -h -v 0x00000800 -n system.ntfs_attrib_be "
	              "'%s/packed'", mnt, ""));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(path, sizeof(path), "packed/text%zu", sizes[i]);
		add(path, "", sizes[i], TEXT_SEED + (unsigned)i, 0);
		snprintf(path, sizeof(path), "packed/random%zu", sizes[i]);
		add(path, "", sizes[i], 40 + (unsigned)i, 0);
		snprintf(path, sizeof(path), "packed/mixed%zu", sizes[i]);
		add(path, "", sizes[i], MIXED_SEED + (unsigned)i, 0);
		snprintf(path, sizeof(path), "packed/zero%zu", sizes[i]);
		add(path, "", sizes[i], ZERO_SEED, 0);
	}
	add("packed/hole", "", 600000, TEXT_SEED + 77, 300000);
}

#define TALL 2000
static void write_tall(void)
{
	char path[1024];
	int i;

	make_dir("tall");
	for (i = 0; i < TALL; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/tall/Name %d of a Tall index",
		         mnt, i * 7919 % TALL);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		ck_assert(fd >= 0);
		close(fd);
	}
}

static void write_links(void)
{
	char a[1024], b[1024];
	int i;

	make_dir("links");
	add("links/l0", "", 5000, 12, 0);
	for (i = 1; i < 60; i++) {
		snprintf(a, sizeof(a), "%s/links/l0", mnt);
		snprintf(b, sizeof(b), "%s/links/a longer link name %d", mnt,
		         i);
		ck_assert(link(a, b) == 0);
	}
}

/* Every second cluster written, the others left out: two runs for each,
 * too many for one record. */
static int stripes(const struct config *c)
{
	/* 4096-byte sectors bring records of 4096 bytes, which hold more. */
	return c->sector == 4096 && c->cluster == 4096 ? 1500 : 450;
}

static void write_fragments(const struct config *c)
{
	size_t cluster = c->cluster;
	struct file *f = add("fragments", "", 0, 13, 0);
	char path[2048];
	uint8_t *p;
	int fd, i;

	f->stripe = cluster;
	f->len = cluster * (size_t)stripes(c) * 2;
	p = malloc(f->len);
	fill(p, f);
	snprintf(path, sizeof(path), "%s/%s", mnt, f->path);
	fd = open(path, O_WRONLY);
	for (i = 0; i < stripes(c); i++) {
		size_t off = ((size_t)i * 2 + 1) * cluster;

		ck_assert(lseek(fd, (off_t)off, SEEK_SET) >= 0);
		ck_assert(write_all(fd, p + off, cluster));
	}
	close(fd);
	free(p);
}

static inline void write_volume(const struct config *c)
{
	write_sizes(c->cluster);
	write_names();
	write_sparse();
	write_streams();
	write_links();
	write_tall();
	if (c->packed)
		write_packed();
	if (c->cluster <= 65536)
		write_fragments(c);
}

#endif
