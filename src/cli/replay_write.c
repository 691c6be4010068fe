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
