/* secrets.c: see secrets.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/lint.h"
#include "base/wipe.h"
#include "cli.h"
#include "sandbox.h"
#include "secrets.h"

struct held {
	struct secrets pub;
	struct hl_bde_keys keys;
	struct hl_bde_key key[SECRETS_MAX];
	char *buf[SECRETS_MAX + 1]; /* SECRET_MAX bytes each */
	size_t n_buf;
};

static const char *option_of(const struct opt_secret *s)
{
	static const char *const names[] = {
		[HL_BDE_PASSWORD] = "password-file",
		[HL_BDE_RECOVERY] = "recovery-key-file",
		[HL_BDE_STARTUP] = "startup-key",
	};

	return names[s->kind];
}

bool secrets_usage(struct cli *c)
{
	int n = 0;

	for (size_t i = 0; i < c->o.n_secrets; i++)
		n += !strcmp(c->o.secret[i].file, "-");
	if (n > 1)
		msg_usage(c, "two keys cannot both come from stdin");
	return n <= 1;
}

static bool refuse(struct cli *c, const struct opt_secret *s, const char *why)
{
	msg_error(c, "--%s %s: %s", option_of(s), s->file, why);
	return false;
}

/* Not swapped where that is allowed; where it is not, nothing is lost. */
static char *room(struct held *h)
{
	char *p = calloc(1, SECRET_MAX);

	if (!p)
		return NULL;
	(void)!mlock(p, SECRET_MAX);
	h->buf[h->n_buf++] = p;
	return p;
}

/* "-", "fd:N" or a name; -1: errno */
static int open_secret(const char *file)
{
	uint64_t fd;

	if (!strcmp(file, "-"))
		return STDIN_FILENO;
	if (strncmp(file, "fd:", 3) != 0)
		return open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (size_parse(file + 3, &fd, NULL) && fd < 1u << 20)
		return (int)fd;
	errno = EBADF;
	return -1;
}

/* All there is; SIZE_MAX: errno, which is EFBIG when it is too much. */
static size_t read_all(int fd, char *p, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, p + n, size - n);

		if (got < 0)
			return SIZE_MAX;
		if (got == 0)
			return n;
		n += (size_t)got;
	}
	errno = EFBIG;
	return SIZE_MAX;
}

/* The first line of it, in UTF-16 of either order too. */
static size_t first_line(const char *p, size_t n)
{
	bool little = n >= 2 && !memcmp(p, "\xff\xfe", 2);
	bool big = n >= 2 && !memcmp(p, "\xfe\xff", 2);
	size_t step = little || big ? 2 : 1, i = 0;

	for (; i + step <= n; i += step) {
		char c = p[i + big];
		if ((c == '\n' || c == '\r') && (step == 1 || !p[i + little]))
			return i;
	}
	return n;
}

static bool take(struct cli *c, struct held *h, const struct opt_secret *s)
{
	struct hl_bde_key *key = &h->key[h->keys.n];
	char *p = room(h);
	int fd = p ? open_secret(s->file) : -1;

	if (fd < 0)
		return refuse(c, s, p ? strerror(errno) : "out of memory");
	size_t n = isatty(fd) ? secrets_line(fd, p, SECRET_MAX) :
	           read_all(fd, p, SECRET_MAX);
	int e = errno;
	if (strcmp(s->file, "-") != 0)
		close(fd);
	if (n == SIZE_MAX)
		return refuse(c, s, e == EFBIG ? "too large for a key" :
		              strerror(e));
	if (s->kind == HL_BDE_PASSWORD)
		n = first_line(p, n);
	if (n == 0)
		return refuse(c, s, "it is empty");
	*key = (struct hl_bde_key){ s->kind, p, n };
	h->keys.n++;
	return true;
}

/* Whoever only looks is told which protectors there are, and not asked. */
static bool may_ask(const struct cli *c)
{
	const unsigned never = CMD_INFO | CMD_SCAN | CMD_VERIFY;

	return !c->o.n_secrets && !(c->cmd->bit & never) &&
	       isatty(STDIN_FILENO);
}

/* secrets_free() frees what c->secrets lies in */
LINT_NOT("-Wanalyzer-malloc-leak")
bool secrets_open(struct cli *c)
{
	bool ask = may_ask(c);
	struct held *h = ask || c->o.n_secrets ? calloc(1, sizeof(*h)) : NULL;

	if (!h && c->o.n_secrets)
		return refuse(c, c->o.secret, "out of memory");
	if (!h)
		return true;
	sandbox_no_core();
	c->secrets = &h->pub;
	h->keys.key = h->key;
	h->pub.keys = &h->keys;
	h->pub.tty = -1;
	for (size_t i = 0; i < c->o.n_secrets; i++)
		if (!take(c, h, &c->o.secret[i]))
			return false;
	if (ask)
		h->pub.tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (h->pub.tty >= 0) {
		h->pub.typed = room(h);
		h->keys.ask = h->pub.typed ? secrets_ask : NULL;
		h->keys.user = c;
	}
	c->ctx.bde_keys = &h->keys;
	return true;
}
LINT_AGAIN

void secrets_free(struct cli *c)
{
	struct held *h = (struct held *)c->secrets;

	if (!h)
		return;
	for (size_t i = 0; i < h->n_buf; i++) {
		hl_wipe(h->buf[i], SECRET_MAX);
		(void)!munlock(h->buf[i], SECRET_MAX);
		free(h->buf[i]);
	}
	if (h->pub.tty >= 0)
		close(h->pub.tty);
	free(h);
	c->secrets = NULL;
	c->ctx.bde_keys = NULL;
}
