/*
 * exec_hand.c: what a child of `exec` gets to see of a hive: its bytes, and
 * what is known of it in the environment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "exec.h"

#define PIECE 65536

static bool zeros(const char *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static bool put(int fd, uint64_t off, const char *p, size_t n)
{
	while (n) {
		ssize_t done = pwrite(fd, p, n, (off_t)off);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			return false;
		p += done;
		off += (uint64_t)done;
		n -= (size_t)done;
	}
	return true;
}

static enum hl_status failed(struct cli *c, const char *name)
{
	note_loss(c, NULL, HL_NO_OFFSET, name,
	          "not handed over: its copy cannot be written: %s",
	          strerror(errno));
	return HL_IO;
}

/* Zeros cost no memory: the file has its size already. */
static enum hl_status copy(struct cli *c, const char *name,
                           struct hl_src *src, int fd, char *buf)
{
	uint64_t size = hl_src_size(src);
	struct hl_ranges bad;

	hl_ranges_clear(&bad); /* said when the hive was examined */
	for (uint64_t off = 0; off < size; off += PIECE) {
		size_t n = size - off < PIECE ? (size_t)(size - off) : PIECE;
		enum hl_status st;

		if (stop_wanted(c))
			return HL_CANCELLED;
		st = hl_src_read(src, off, buf, n, &bad);
		if (st != HL_OK)
			return st;
		if (!zeros(buf, n) && !put(fd, off, buf, n))
			return failed(c, name);
	}
	return HL_OK;
}

enum hl_status exec_fill(struct cli *c, const char *name, struct hl_src *src,
                         int fd)
{
	uint64_t size = hl_src_size(src), max = c->o.max_file_size;
	enum hl_status st;
	char *buf;

	if (max && size > max) {
		note_loss(c, NULL, HL_NO_OFFSET, name,
		          "not handed over: %llu bytes, larger than "
		          "--max-file-size", (unsigned long long)size);
		return HL_IO;
	}
	if (size > INT64_MAX || ftruncate(fd, (off_t)size) != 0)
		return failed(c, name);
	buf = malloc(PIECE);
	if (!buf)
		return HL_NOMEM;
	st = copy(c, name, src, fd, buf);
	free(buf);
	return st;
}

char *exec_environment(const struct hl_hive *h, const char *state, size_t *n)
{
	const char *const vars[][2] = {
		{ "HIVELIFT_KIND=", hl_kind_text(h->kind) },
		{ "HIVELIFT_USER=", h->user ? h->user : "" },
		{ "HIVELIFT_PATH=", h->path },
		{ "HIVELIFT_VOLUME=", h->volume->id },
		{ "HIVELIFT_STATE=", state },
	};
	const size_t n_vars = sizeof(vars) / sizeof(vars[0]);
	size_t size = 0, at = 0;
	char *env;

	for (size_t i = 0; i < n_vars; i++)
		size += strlen(vars[i][0]) + strlen(vars[i][1]) + 1;
	env = malloc(size);
	for (size_t i = 0; env && i < n_vars; i++)
		at += (size_t)snprintf(env + at, size - at, "%s%s", vars[i][0],
		                       vars[i][1]) + 1;
	*n = at;
	return env;
}
