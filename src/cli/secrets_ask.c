/* secrets_ask.c: keys that are typed. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"
#include "secrets.h"

static void say(int fd, const char *s)
{
	size_t n = strlen(s);

	while (n) {
		ssize_t put = write(fd, s, n);

		if (put <= 0)
			return;
		s += put;
		n -= (size_t)put;
	}
}

/* A signal ends it too: the echo must come back. */
static size_t read_line(int fd, char *dst, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, dst + n, 1);

		if (got < 0 || (got == 0 && n == 0))
			return SIZE_MAX;
		if (got == 0 || dst[n] == '\n')
			return n;
		n++;
	}
	return SIZE_MAX;
}

/* What was typed before is forgotten. */
static bool hush(int fd, struct termios *was)
{
	struct termios quiet;

	if (tcgetattr(fd, was) != 0)
		return false;
	quiet = *was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
}

static size_t hushed_line(int fd, const struct termios *was, char *dst,
                          size_t size)
{
	size_t n = read_line(fd, dst, size);

	(void)!tcsetattr(fd, TCSAFLUSH, was);
	say(fd, "\n");
	return n;
}

size_t secrets_line(int fd, char *dst, size_t size)
{
	struct termios was;

	if (!hush(fd, &was))
		return SIZE_MAX; /* never shown on the screen */
	return hushed_line(fd, &was, dst, size);
}

static void list(int fd, const struct hl_bde_info *info, const char *volume)
{
	char line[512], safe[1024];

	snprintf(line, sizeof(line), "volume %s is encrypted: %s %s", volume,
	         info->variant, info->label);
	say(fd, esc_text(safe, sizeof(safe), line, NULL));
	for (size_t i = 0; i < info->n_protectors; i++) {
		snprintf(line, sizeof(line), "\n  %s {%s}",
		         info->protector[i].name, info->protector[i].id);
		say(fd, line);
	}
	say(fd, "\n");
}

static bool all_digits(const char *s, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		digits += s[i] >= '0' && s[i] <= '9';
		if (!strchr("0123456789- ", s[i]) || !s[i])
			return false;
	}
	return digits == 48;
}

bool secrets_ask(void *user, const struct hl_bde_info *info,
                 const char *volume, bool again, struct hl_bde_key *out)
{
	struct cli *c = user;
	struct secrets *s = c->secrets;
	struct termios was;

	progress_clear(c);
	/* before the question: who answers at once is not shown either, and
	 * not forgotten */
	if (!hush(s->tty, &was))
		return false;
	if (again)
		say(s->tty, "That opens none of them.\n");
	else
		list(s->tty, info, volume);
	say(s->tty, "Recovery key or password (nothing: leave it locked): ");
	size_t n = hushed_line(s->tty, &was, s->typed, SECRET_MAX);
	if (n == SIZE_MAX || n == 0)
		return false;
	out->kind = all_digits(s->typed, n) ? HL_BDE_RECOVERY :
	            HL_BDE_PASSWORD;
	out->secret = s->typed;
	out->n = n;
	return true;
}
