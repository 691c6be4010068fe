/*
 * replay_write.c: the one file that `replay` writes.  Never over an input,
 * over an existing file only with --force, and never half.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "lift/pass.h"
#include "replay.h"
#include "base/banned.h"

#define NEW (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static bool same(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

static bool is_input(struct cli *c, const struct replay_files *f,
                     const struct stat *st)
{
	bool is = same(st, c->o.image);

	for (size_t i = 0; i < f->n; i++)
		is |= same(st, f->path[i]);
	return is;
}

static int create(struct cli *c, const struct replay_files *f)
{
	const char *path = c->o.output;
	struct stat st;
	int fd = open(path, NEW, 0666);

	if (fd >= 0 || errno != EEXIST) {
		if (fd < 0)
			msg_error(c, "%s: %s", path, strerror(errno));
		return fd;
	}
	if (stat(path, &st) == 0 && is_input(c, f, &st)) {
		msg_error(c, "%s: is what is read", path);
		return -1;
	}
	if (lstat(path, &st) != 0 ||
	    !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))) {
		msg_error(c, "%s: not a plain file", path);
		return -1;
	}
	if (!c->o.force) {
		msg_error(c, "%s: exists; not written without --force", path);
		return -1;
	}
	if (unlink(path) == 0)
		fd = open(path, NEW, 0666);
	if (fd < 0)
		msg_error(c, "%s: %s", path, strerror(errno));
	return fd;
}

struct sink {
	struct cli *c;
	int fd;
};

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	const struct sink *s = user;
	const char *at = p;

	(void)off; /* in order */
	while (n) {
		ssize_t done = write(s->fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			msg_error(s->c, "%s: %s", s->c->o.output,
			          strerror(done ? errno : ENOSPC));
			return HL_IO;
		}
		at += done;
		n -= (size_t)done;
	}
	return HL_OK;
}

static bool limited(struct cli *c, struct hl_src *src)
{
	if (!c->o.max_file_size || hl_src_size(src) <= c->o.max_file_size)
		return false;
	msg_error(c, "the result has %llu bytes: --max-file-size",
	          (unsigned long long)hl_src_size(src));
	return true;
}

bool replay_write(struct cli *c, struct replay_files *f, struct hl_src *src,
                  char sha256[65], struct hl_hive_report *report)
{
	struct sink s = { .c = c };
	struct hl_hive_check *check;
	/* only JSON shows it, and it costs more than the replay */
	struct hl_pass pass = { .hashes = c->o.json ? 1u << HL_SHA256 : 0,
		                .sink = sink, .user = &s };

	if (limited(c, src))
		return false;
	if (hl_hive_check_new(&check, &c->ctx) != HL_OK) {
		msg_error(c, "out of memory");
		return false;
	}
	s.fd = create(c, f);
	enum hl_status st = HL_IO;
	if (s.fd >= 0) {
		pass.check = check;
		st = hl_pass_run(&pass, src, c->o.image, &c->ctx);
		if (close(s.fd) != 0 && st == HL_OK) {
			msg_error(c, "%s: %s", c->o.output, strerror(errno));
			st = HL_IO;
		}
		if (st != HL_OK)
			unlink(c->o.output);
	}
	if (st != HL_OK && st != HL_IO && st != HL_CANCELLED)
		msg_error(c, "%s", show_status(c, st));
	hl_hive_check_finish(check, report);
	hl_hive_check_free(check);
	hl_copy(sha256, 65, pass.hex[HL_SHA256]);
	return st == HL_OK;
}
