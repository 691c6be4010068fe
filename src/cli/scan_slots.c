/*
 * scan_slots.c: the file of --state.
 *
 *	0     "hivelift scan 1 NUMBER OFFSET LENGTH CRC\n", filled with blanks
 *	512   the same, of the save before or after
 *	1024  what the two lead to
 *
 * Behind the sandbox no file can be given another name, so a save cannot make
 * a new file and put it in the old one's place.  It writes where the last
 * good one does not lie, and then the older of the two lines: whatever ends
 * the run, one of them leads to a whole state.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/limits.h"
#include "scan.h"

#define LINE 512
#define FIRST 1024
#define MAGIC "hivelift scan 1 "

struct slots {
	int fd;
	bool fresh;      /* empty so far */
	unsigned long long number, off, len; /* of the last good one */
};

static bool read_all(int fd, void *p, size_t n, off_t off)
{
	char *at = p;

	while (n) {
		ssize_t got = pread(fd, at, n, off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		off += got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_all(int fd, const void *p, size_t n, off_t off)
{
	const char *at = p;

	while (n) {
		ssize_t put = pwrite(fd, at, n, off);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		off += put;
		n -= (size_t)put;
	}
	return true;
}

static bool refuse(struct cli *c, const char *why)
{
	msg_error(c, "--state %s: %s", c->o.state, why);
	return false;
}

/* A file that is something else must never be written over. */
static bool looks_ours(struct slots *s, off_t size)
{
	char b[sizeof(MAGIC)] = "";

	s->fresh = size == 0;
	return s->fresh || (read_all(s->fd, b, sizeof(MAGIC) - 1, 0) &&
	                    !memcmp(b, MAGIC, sizeof(MAGIC) - 1));
}

bool slots_open(struct cli *c)
{
	struct slots *s;
	struct stat st;

	if (!c->o.state)
		return true;
	if (with_lies_on_source(c, c->o.state))
		return refuse(c, "is the image, or lies on it");
	s = calloc(1, sizeof(*s));
	if (!s)
		return refuse(c, "out of memory");
	c->state = s;
	s->fd = open(c->o.state, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	             O_NONBLOCK, 0600);
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return refuse(c, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(c, "not a plain file");
	if (hl_files_is_source_fd(c->files, s->fd))
		return refuse(c, "that is the image");
	return looks_ours(s, st.st_size) ||
	       refuse(c, "there is another file of that name");
}

void slots_close(struct cli *c)
{
	struct slots *s = c->state;

	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	c->state = NULL;
}

/* ---- reading ------------------------------------------------------------- */

struct slot {
	unsigned long long number, off, len;
	unsigned long crc;
};

static bool field(char **p, unsigned long long *out)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	*out = strtoull(*p, &end, 10);
	if (*end != ' ' && *end != '\n')
		return false;
	*p = end + 1;
	return true;
}

static bool parse(struct slots *s, int which, struct slot *out)
{
	char b[LINE + 1] = "", *p = b + sizeof(MAGIC) - 1;
	unsigned long long crc;

	if (!read_all(s->fd, b, LINE, (off_t)which * LINE) ||
	    memcmp(b, MAGIC, sizeof(MAGIC) - 1) != 0)
		return false;
	b[LINE] = '\0';
	if (!field(&p, &out->number) || !field(&p, &out->off) ||
	    !field(&p, &out->len) || !field(&p, &crc))
		return false;
	out->crc = (unsigned long)crc;
	return out->off >= FIRST && out->len <= HL_MAX_SCAN_STATE &&
	       out->off <= (unsigned long long)INT64_MAX - out->len;
}

static void *content(struct slots *s, const struct slot *slot)
{
	void *p = malloc((size_t)slot->len + 1);

	if (p && read_all(s->fd, p, (size_t)slot->len, (off_t)slot->off) &&
	    crc32(0, p, (uInt)slot->len) == slot->crc)
		return p;
	free(p);
	return NULL;
}

void *slots_load(struct cli *c, size_t *n, bool *failed)
{
	struct slots *s = c->state;
	struct slot slot[2] = { { 0 }, { 0 } };
	bool there[2];
	void *p = NULL;

	*failed = false;
	if (!s || s->fresh)
		return NULL;
	for (int i = 0; i < 2; i++)
		there[i] = parse(s, i, &slot[i]);
	int newer = there[1] && (!there[0] || slot[1].number > slot[0].number);
	for (int i = 0; i < 2 && !p; i++) {
		int k = i ? !newer : newer;

		p = there[k] ? content(s, &slot[k]) : NULL;
		if (!p)
			continue;
		*n = (size_t)slot[k].len;
		s->number = slot[k].number;
		s->off = slot[k].off;
		s->len = slot[k].len;
	}
	/* made, and then ended before the first save was complete */
	*failed = !p && (there[0] || there[1]);
	if (*failed)
		refuse(c, "damaged");
	return p;
}

/* ---- writing ------------------------------------------------------------- */

static bool put(struct slots *s, const void *p, size_t n)
{
	unsigned long long off = FIRST;
	char b[LINE];
	int len;

	/* before the last good one when there is room, else behind it */
	if (s->number && s->off < FIRST + (unsigned long long)n)
		off = s->off + s->len;
	if (!write_all(s->fd, p, n, (off_t)off) || fsync(s->fd) != 0)
		return false;
	memset(b, ' ', sizeof(b));
	len = snprintf(b, sizeof(b), MAGIC "%llu %llu %zu %lu\n",
	               s->number + 1, off, n, crc32(0, p, (uInt)n));
	b[len] = ' ';
	b[LINE - 1] = '\n';
	if (!write_all(s->fd, b, LINE, (off_t)(s->number % 2) * LINE) ||
	    fsync(s->fd) != 0)
		return false;
	s->number++;
	s->off = off;
	s->len = n;
	s->fresh = false;
	return true;
}

bool slots_save(struct cli *c, const void *p, size_t n)
{
	errno = 0;
	return put(c->state, p, n) ||
	       refuse(c, errno ? strerror(errno) : "cannot be written");
}
