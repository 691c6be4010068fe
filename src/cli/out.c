/*
 * out.c: stdout.  Data only, through one buffer, and the first error is kept:
 * a closed pipe or a full disk ends the work, it is never passed over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"

static bool put(struct out *o, const char *p, size_t n)
{
	while (n && !o->err) {
		ssize_t done = write(o->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			o->err = done ? errno : EIO;
			break;
		}
		p += done;
		n -= (size_t)done;
	}
	return !o->err;
}

bool out_write(struct out *o, const void *p, size_t n)
{
	if (o->err)
		return false;
	if (n > sizeof(o->buf) - o->n) {
		if (!put(o, o->buf, o->n))
			return false;
		o->n = 0;
	}
	if (n >= sizeof(o->buf))
		return put(o, p, n);
	memcpy(o->buf + o->n, p, n);
	o->n += n;
	return true;
}

static bool json_sink(void *user, const void *p, size_t n)
{
	return out_write(user, p, n);
}

void out_init(struct out *o, int fd)
{
	o->fd = fd;
	o->err = 0;
	o->n = 0;
	hl_json_init(&o->json, json_sink, o, false);
}

bool out_text(struct out *o, const char *s)
{
	return out_write(o, s, strlen(s));
}

bool out_printf(struct out *o, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return out_text(o, line);
}

/* Most names are of nothing but these, and most of a listing is names. */
static size_t plain(const char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '\\')
		n++;
	return n;
}

bool out_name(struct out *o, const char *s)
{
	while (*s) {
		char one[ESC_MAX];
		size_t n = plain(s);

		if (n && !out_write(o, s, n))
			return false;
		s += n;
		if (!*s)
			break;
		esc_step(one, &s, NULL);
		if (!out_text(o, one))
			return false;
	}
	return !o->err;
}

bool out_flush(struct out *o)
{
	if (!hl_json_flush(&o->json) && !o->err)
		o->err = EIO;
	if (o->n && put(o, o->buf, o->n))
		o->n = 0;
	return !o->err;
}
