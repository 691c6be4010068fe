/*
 * ewf_values.c: header and header2 sections: what the examiner typed.
 *
 * Deflated text; header is in the code page of the writer, header2 UTF-16LE
 * with a byte order mark.  Line by line:
 *	1                      number of categories
 *	main
 *	a <TAB> c <TAB> n …    keys
 *	text <TAB> text …      values
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/ewf_values.h"

static const struct {
	const char *id, *key;
	bool date;
} keys[] = {
	{ "a", "description", false },
	{ "c", "case_number", false },
	{ "n", "evidence_number", false },
	{ "e", "examiner", false },
	{ "t", "notes", false },
	{ "m", "acquired", true },
	{ "u", "system_date", true },
	{ "av", "software_version", false },
	{ "ov", "software_platform", false },
	{ "md", "model", false },
	{ "sn", "serial_number", false },
	{ "l", "device_label", false },
	{ "pid", "process_id", false },
	{ "ext", "extents", false },
};

/* "2004 3 2 14 5 10" or seconds since 1970, as ISO 8601; else unchanged. */
static void date_text(char *dst, size_t size, const char *s)
{
	unsigned y, mo, d, h, mi, sec;
	unsigned long long unix_time;
	char rest;

	if (sscanf(s, "%4u %2u %2u %2u %2u %2u", &y, &mo, &d, &h, &mi,
	           &sec) == 6) {
		snprintf(dst, size, "%04u-%02u-%02uT%02u:%02u:%02u", y, mo,
		         d, h, mi, sec);
	} else if (sscanf(s, "%12llu%c", &unix_time, &rest) == 1) {
		time_t t = (time_t)unix_time;
		struct tm tm;
		if (!gmtime_r(&t, &tm) ||
		    !strftime(dst, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
			hl_copy(dst, size, s);
	} else {
		hl_copy(dst, size, s);
	}
}

static bool known(const struct ewf_values *v, const char *key)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->pair[i][0], key) == 0)
			return true;
	return false;
}

static enum hl_status add_value(struct ewf_values *v, const char *id,
                                const char *text, const struct hl_ctx *ctx)
{
	char date[64];

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].id, id) != 0)
			continue;
		if (known(v, keys[i].key) || v->n == EWF_MAX_VALUES)
			return HL_OK;
		if (keys[i].date) {
			date_text(date, sizeof(date), text);
			text = date;
		}
		char *copy = hl_strdup(ctx, text);
		if (!copy)
			return HL_NOMEM;
		v->pair[v->n][0] = keys[i].key;
		v->pair[v->n++][1] = copy;
	}
	return HL_OK;
}

/* Cut the next part off *s at one of `at`; NULL at the end. */
static char *part(char **s, char at)
{
	char *p = *s, *end;

	if (!p)
		return NULL;
	end = strchr(p, at);
	if (end)
		*end++ = '\0';
	*s = end;
	if (at == '\n' && *p && p[strlen(p) - 1] == '\r')
		p[strlen(p) - 1] = '\0';
	return p;
}

static enum hl_status parse(struct ewf_values *v, char *text,
                            const struct hl_ctx *ctx)
{
	char *line, *ids, *values, *id, *value;
	enum hl_status st = HL_OK;

	do
		line = part(&text, '\n');
	while (line && strcmp(line, "main") != 0);
	ids = part(&text, '\n');
	values = part(&text, '\n');
	if (!ids || !values)
		return HL_CORRUPT;
	while (st == HL_OK && (id = part(&ids, '\t')) != NULL &&
	       (value = part(&values, '\t')) != NULL)
		if (*value)
			st = add_value(v, id, value, ctx);
	return st;
}

static voidpf z_alloc(voidpf ctx, uInt n, uInt size)
{
	return hl_alloc_array(ctx, n, size);
}

static void z_free(voidpf ctx, voidpf p)
{
	hl_free(ctx, p);
}

/* Inflate into a block that doubles, never above HL_MAX_EWF_HEADER. */
static enum hl_status inflate_all(uint8_t **out, size_t *n, struct span body,
                                  const struct hl_ctx *ctx)
{
	z_stream z = { .zalloc = z_alloc, .zfree = z_free,
	               .opaque = (voidpf)(uintptr_t)ctx };
	size_t cap = 4096;
	uint8_t *buf = hl_alloc(ctx, cap), *more;
	enum hl_status st = HL_OK;
	int rc;

	if (!buf || inflateInit(&z) != Z_OK) {
		hl_free(ctx, buf);
		return HL_NOMEM;
	}
	z.next_in = (Bytef *)(uintptr_t)body.p;
	z.avail_in = (uInt)body.n;
	for (;;) {
		z.next_out = buf + z.total_out;
		z.avail_out = (uInt)(cap - z.total_out);
		rc = inflate(&z, Z_FINISH);
		if (rc == Z_STREAM_END)
			break;
		if (rc != Z_BUF_ERROR || z.avail_out) {
			st = HL_CORRUPT;
			break;
		}
		if (cap >= HL_MAX_EWF_HEADER) {
			st = HL_LIMIT;
			break;
		}
		more = hl_realloc(ctx, buf, cap *= 2);
		if (!more) {
			st = HL_NOMEM;
			break;
		}
		buf = more;
	}
	*n = z.total_out;
	*out = buf;
	inflateEnd(&z);
	return st;
}

static bool is_utf8(const uint8_t *p, size_t n)
{
	while (n) {
		size_t k = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2
		         : *p >= 0xe0 && *p < 0xf0 ? 3
		         : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
		if (k == 0 || k > n)
			return false;
		for (size_t i = 1; i < k; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += k;
		n -= k;
	}
	return true;
}

/* UTF-16 with a mark, UTF-8, or else Latin-1, as UTF-8 with a NUL. */
static char *to_utf8(const uint8_t *p, size_t n, const struct hl_ctx *ctx)
{
	char *text = hl_alloc(ctx, n * 2 + 1), *d = text;

	if (!text)
		return NULL;
	if (n >= 2 && p[0] == 0xff && p[1] == 0xfe) {
		hl_utf8_from16le(text, n * 2 + 1, span_of(p + 2, n - 2), true);
		return text;
	}
	if (is_utf8(p, n)) {
		memcpy(text, p, n);
		text[n] = '\0';
		return text;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= 0x80)
			*d++ = (char)(0xc0 | p[i] >> 6);
		*d++ = (char)(p[i] < 0x80 ? p[i] : 0x80 | (p[i] & 0x3f));
	}
	*d = '\0';
	return text;
}

enum hl_status hl_ewf_values_add(struct ewf_values *v, struct span body,
                                 const struct hl_ctx *ctx)
{
	uint8_t *raw = NULL;
	char *text;
	size_t n = 0;
	enum hl_status st = inflate_all(&raw, &n, body, ctx);

	if (st == HL_OK) {
		text = to_utf8(raw, n, ctx);
		st = text ? parse(v, text, ctx) : HL_NOMEM;
		hl_free(ctx, text);
	}
	hl_free(ctx, raw);
	return st;
}

void hl_ewf_values_free(struct ewf_values *v, const struct hl_ctx *ctx)
{
	for (size_t i = 0; i < v->n; i++)
		hl_free(ctx, (char *)(uintptr_t)v->pair[i][1]);
	v->n = 0;
}
