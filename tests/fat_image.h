/*
 * fat_image.h: a file as a source, for the FAT tests: no container, no
 * search, and it counts what is read.
 */
#ifndef HL_TEST_FAT_IMAGE_H
#define HL_TEST_FAT_IMAGE_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/src_impl.h"
#include "testing.h"

struct file_src {
	struct hl_src src;
	int fd;
	uint64_t bytes; /* read so far */
};

static inline enum hl_status file_src_read(struct hl_src *src, uint64_t off,
                                           void *buf, size_t len,
                                           struct hl_ranges *bad)
{
	struct file_src *f = (struct file_src *)src;

	(void)bad;
	f->bytes += len;
	ck_assert_int_eq(pread(f->fd, buf, len, (off_t)off), (ssize_t)len);
	return HL_OK;
}

static inline void file_src_close(struct hl_src *src)
{
	struct file_src *f = (struct file_src *)src;

	close(f->fd);
	free(f);
}

static inline struct file_src *file_src_open(const char *path)
{
	static const struct hl_src_ops ops = { .read = file_src_read,
	                                       .close = file_src_close };
	struct file_src *f = calloc(1, sizeof(*f));
	struct stat st;

	ck_assert_ptr_nonnull(f);
	f->fd = open(path, O_RDONLY);
	ck_assert_msg(f->fd >= 0 && fstat(f->fd, &st) == 0, "%s", path);
	hl_src_init(&f->src, &ops, test_ctx(), "image", (uint64_t)st.st_size,
	            512);
	return f;
}

#endif
