/*
 * file_posix.c: one plain file as a source, whatever its name: a hive or a
 * log that somebody has extracted already.  Unlike an image it may be empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/files.h"
#include "io/src_impl.h"

#define UNIT 512u /* what one bad spot costs */

struct file {
	struct hl_src src;
	int fd;
	char *name;
};

/* As much as there is; -1 and errno. */
static ssize_t pread_some(int fd, void *buf, size_t n, uint64_t off)
{
	ssize_t got;

	do {
		got = pread(fd, buf, n, (off_t)off);
	} while (got < 0 && errno == EINTR);
	return got;
}

static enum hl_status file_read(struct hl_src *src, uint64_t off, void *buf,
                                size_t len, struct hl_ranges *bad)
{
	const struct file *f = (const struct file *)src;
	uint8_t *p = buf;

	HL_COUNT(src->ctx, image_bytes, len);
	HL_COUNT(src->ctx, image_reads, 1);
	while (len) {
		ssize_t got = pread_some(f->fd, p, len, off);
		HL_COUNT(src->ctx, file_reads, 1);
		if (got <= 0) { /* an error, or it has become shorter */
			got = (ssize_t)min_u64(len, UNIT - off % UNIT);
			memset(p, 0, (size_t)got);
			hl_ranges_add(bad, off, (uint64_t)got, HL_WHAT_DATA,
			              HL_Q_UNREADABLE);
		}
		HL_COUNT(src->ctx, file_bytes, got);
		p += got;
		off += (uint64_t)got;
		len -= (size_t)got;
	}
	return HL_OK;
}

static void file_close(struct hl_src *src)
{
	struct file *f = (struct file *)src;

	close(f->fd);
	hl_free(src->ctx, f->name);
	hl_free(src->ctx, f);
}

static const struct hl_src_ops file_ops = { .read = file_read,
	                                    .close = file_close };

static enum hl_status make(struct hl_src **out, int fd, const char *path,
                           uint64_t size, const struct hl_ctx *ctx)
{
	struct file *f = hl_zalloc(ctx, sizeof(*f));
	char *name = hl_strdup(ctx, path);

	if (!f || !name) {
		hl_free(ctx, f);
		hl_free(ctx, name);
		return HL_NOMEM;
	}
	f->fd = fd;
	f->name = name;
	hl_src_init(&f->src, &file_ops, ctx, hl_path_base(f->name), size, 0);
	*out = &f->src;
	return HL_OK;
}

enum hl_status hl_src_file(struct hl_src **out, const char *path,
                           const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, path };
	struct stat st;

	*out = NULL;
	int fd = hl_open_quietly(path);
	if (fd < 0)
		return hl_fail(&at, HL_IO, "%s", strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return hl_fail(&at, HL_USAGE, "not a plain file");
	}
	enum hl_status rc = make(out, fd, path, (uint64_t)st.st_size, ctx);
	if (rc != HL_OK)
		close(fd);
	return rc;
}
