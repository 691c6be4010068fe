/*
 * tar.c: see tar.h.
 *
 *	0    100  name                  124  12  size, octal
 *	100  8    mode                  136  12  mtime, octal
 *	108  8    uid                   148  8   checksum, octal, " " counted
 *	116  8    gid                   156  1   type: 0 file, 5 folder, x pax
 *	257  8    "ustar" NUL "00"
 *
 * What a field cannot say (a name that is long or not ASCII, eight gigabytes,
 * a part of a second, a time before 1970) stands in a pax header before it,
 * lines of "LENGTH KEY=VALUE\n".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ckd.h"
#include "base/times_impl.h"
#include "lift/tar.h"
#include "base/banned.h"

#define BLOCK 512
#define RECORD 10240 /* what an archive's length is a multiple of */
#define OCTAL_MAX 077777777777u /* eleven digits */

/* "30 mtime=1577934245.123456700\n" and "20 size=8589934592\n" */
struct pax {
	char text[128];
	size_t n;
};

static enum hl_status put(struct hl_tar *t, const void *p, size_t n)
{
	if (n && !t->write(t->user, p, n))
		return HL_IO;
	t->written += n;
	return HL_OK;
}

static enum hl_status zeros(struct hl_tar *t, uint64_t n)
{
	static const char none[RECORD];
	enum hl_status st = HL_OK;

	while (n && st == HL_OK) {
		size_t part = (size_t)min_u64(n, sizeof(none));

		st = put(t, none, part);
		n -= part;
	}
	return st;
}

static size_t padding(uint64_t size, size_t unit)
{
	return (size_t)((unit - size % unit) % unit);
}

static void octal(char *dst, size_t size, uint64_t v)
{
	dst[--size] = '\0';
	while (size) {
		dst[--size] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

static enum hl_status header(struct hl_tar *t, const char *name, char type,
                             uint64_t size, uint64_t mtime)
{
	char h[BLOCK] = { 0 };
	size_t n = strlen(name);
	unsigned sum = 0;

	memcpy(h, name, n < 100 ? n : 100);
	octal(h + 100, 8, type == '5' ? 0755 : 0644);
	octal(h + 108, 8, 0);
	octal(h + 116, 8, 0);
	octal(h + 124, 12, size);
	octal(h + 136, 12, mtime);
	h[156] = type;
	/* as the format has it:
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(h + 257, "ustar\0" "00", 8);
	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	octal(h + 148, 7, sum);
	return put(t, h, BLOCK);
}

/* The length counts itself. */
static size_t pax_length(size_t n)
{
	size_t len = n, digits;

	do {
		digits = 1;
		for (size_t v = len; v >= 10; v /= 10)
			digits++;
		if (n + digits + 1 == len)
			break;
		len = n + digits + 1;
	} while (true);
	return len;
}

static void pax_add(struct pax *x, const char *line)
{
	int n = snprintf(x->text + x->n, sizeof(x->text) - x->n, "%zu %s\n",
	                 pax_length(strlen(line) + 1), line);

	if (n > 0)
		x->n += (size_t)n;
}

static void pax_time(struct pax *x, int64_t sec, long nsec)
{
	char line[64];
	uint64_t whole = (uint64_t)sec;
	bool minus = sec < 0;

	if (minus) {
		whole = nsec ? (uint64_t)-(sec + 1) : (uint64_t)-sec;
		nsec = nsec ? 1000000000 - nsec : 0;
	}
	snprintf(line, sizeof(line), "mtime=%s%" PRIu64 ".%09ld",
	         minus ? "-" : "", whole, nsec);
	pax_add(x, line);
}

static bool simple(const char *name)
{
	size_t n = 0;

	while (name[n] && (unsigned char)name[n] < 0x80)
		n++;
	return !name[n] && n <= 100;
}

/* A pax header, with the name unless the field will hold it. */
static enum hl_status pax(struct hl_tar *t, const struct pax *x,
                          const char *name)
{
	bool named = !simple(name);
	size_t n = named ? pax_length(strlen("path=") + strlen(name) + 1) : 0;
	char start[32];
	enum hl_status st;

	if (!x->n && !n)
		return HL_OK;
	st = header(t, "pax", 'x', x->n + n, 0);
	if (st == HL_OK)
		st = put(t, x->text, x->n);
	if (st == HL_OK && named) {
		snprintf(start, sizeof(start), "%zu path=", n);
		st = put(t, start, strlen(start));
		if (st == HL_OK)
			st = put(t, name, strlen(name));
		if (st == HL_OK)
			st = put(t, "\n", 1);
	}
	return st == HL_OK ? zeros(t, padding(x->n + n, BLOCK)) : st;
}

enum hl_status hl_tar_member(struct hl_tar *t, const char *name, uint64_t size,
                             struct hl_time mtime)
{
	size_t n = strlen(name);
	char type = n && name[n - 1] == '/' ? '5' : '0';
	struct pax x = { .n = 0 };
	int64_t sec = 0;
	long nsec = 0;
	char line[64];
	enum hl_status st;

	if (!hl_time_unix(mtime, &sec, &nsec))
		sec = nsec = 0;
	if (nsec || sec < 0 || (uint64_t)sec > OCTAL_MAX)
		pax_time(&x, sec, nsec);
	if (size > OCTAL_MAX) {
		snprintf(line, sizeof(line), "size=%" PRIu64, size);
		pax_add(&x, line);
	}
	t->left = size;
	t->pad = padding(size, BLOCK);
	st = pax(t, &x, name);
	if (st != HL_OK)
		return st;
	return header(t, name, type, size > OCTAL_MAX ? 0 : size,
	              sec < 0 || (uint64_t)sec > OCTAL_MAX ? 0
	                                                   : (uint64_t)sec);
}

enum hl_status hl_tar_data(struct hl_tar *t, const void *p, uint64_t n)
{
	if (n > t->left)
		return HL_RANGE;
	t->left -= n;
	return p ? put(t, p, (size_t)n) : zeros(t, n);
}

enum hl_status hl_tar_member_end(struct hl_tar *t)
{
	uint64_t n = t->left + t->pad;

	t->left = t->pad = 0;
	return zeros(t, n);
}

enum hl_status hl_tar_end(struct hl_tar *t)
{
	enum hl_status st = zeros(t, 2 * (uint64_t)BLOCK);

	return st == HL_OK ? zeros(t, padding(t->written, RECORD)) : st;
}
