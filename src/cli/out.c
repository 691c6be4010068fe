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

/*
 * A name in JSON may end on a terminal, too: what cannot be shown is \uXXXX
 * there, which means the same to every reader of JSON.
 */
static bool json_char(struct out *o)
{
	uint32_t c = 0;
	size_t n = o->n_tail;

	o->tail[n] = '\0';
	o->n_tail = 0;
	if (!esc_decode(o->tail, &c) || !esc_unsafe(c))
		return out_write(o, o->tail, n);
	if (c < 0x10000)
		return out_printf(o, "\\u%04x", c);
	c -= 0x10000;
	return out_printf(o, "\\u%04x\\u%04x", 0xd800 | c >> 10,
	                  0xdc00 | (c & 0x3ff));
}

static bool json_sink(void *user, const void *p, size_t n)
{
	struct out *o = user;
	const char *s = p;
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t b = (uint8_t)s[i], lead;

		if (b < 0x80)
			continue;
		out_write(o, s + from, i - from);
		from = i + 1;
		o->tail[o->n_tail++] = s[i];
		lead = (uint8_t)o->tail[0];
		if (o->n_tail == (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2))
			json_char(o);
	}
	return out_write(o, s + from, n - from);
}

void out_init(struct out *o, int fd)
{
	o->fd = fd;
	o->err = 0;
	o->n = o->n_tail = 0;
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
