/* replay_write.c: the bytes of the one file that `replay` writes. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lift/pass.h"
#include "replay.h"
#include "base/banned.h"

struct sink {
	struct cli *c;
	int fd;
	bool hole; /* the last piece was left out */
};

static bool all_zero(const char *p, size_t n)
{
	return n && !*p && memcmp(p, p + 1, n - 1) == 0;
}

/* A log of some kilobytes may say that its hive had gigabytes. */
static bool leave_out(struct sink *s, uint64_t off, const char *p, size_t n)
{
	s->hole = all_zero(p, n) &&
	          lseek(s->fd, (off_t)(off + n), SEEK_SET) >= 0;
	return s->hole;
}

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	struct sink *s = user;
	const char *at = p;

	if (leave_out(s, off, p, n))
		return HL_OK;
	while (n) { /* in order */
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
	struct sink s = { .c = c, .fd = f->out };
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
	pass.check = check;
	enum hl_status st = hl_pass_run(&pass, src, c->o.image, &c->ctx);
	f->out = -1;
	if (st == HL_OK && s.hole &&
	    ftruncate(s.fd, (off_t)hl_src_size(src)) != 0) {
		msg_error(c, "%s: %s", c->o.output, strerror(errno));
		st = HL_IO;
	}
	if (close(s.fd) != 0 && st == HL_OK) {
		msg_error(c, "%s: %s", c->o.output, strerror(errno));
		st = HL_IO;
	}
	if (st != HL_OK && st != HL_IO && st != HL_CANCELLED)
		msg_error(c, "%s", show_status(c, st));
	hl_hive_check_finish(check, report);
	hl_hive_check_free(check);
	hl_copy(sha256, 65, pass.hex[HL_SHA256]);
	return replay_finish(c, st == HL_OK) && st == HL_OK;
}
