/*
 * ewf_put.c: see ewf_put.h and ewf_disk.h.  header2 and header are tables of
 * text: one line of column names, one of values, both with tabs between.
 * header2 is UTF-16LE with a byte order mark and tells seconds since 1970,
 * header is ASCII and tells a wall clock, for readers of before EnCase 4.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/deflate.h"
#include "io/ewf_disk.h"
#include "io/ewf_put.h"
#include "io/inflate.h"

#define ERROR_GRANULARITY 1 /* sectors */
#define MEDIA_FIXED 1
#define MEDIA_OPTICAL 3
#define FLAGS_LOGICAL 1     /* an image */
#define FLAGS_PHYSICAL 3    /* of a whole medium */

static const uint8_t signature[8] = { 'E', 'V', 'F', 9, 13, 10, 255, 0 };

void hl_ewf_put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static le32 put32(uint32_t v)
{
	le32 e = { { 0 } };

	hl_ewf_put32(e.b, v);
	return e;
}

static le64 put64(uint64_t v)
{
	le64 e = { { 0 } };

	hl_ewf_put32(e.b, (uint32_t)v);
	hl_ewf_put32(e.b + 4, (uint32_t)(v >> 32));
	return e;
}

void hl_ewf_put_checksum(uint8_t *p, size_t n)
{
	hl_ewf_put32(p + n, hl_adler32(span_of(p, n)));
}

void hl_ewf_put_file_header(uint8_t p[13], uint32_t segment)
{
	struct ewf_file_header_disk h = { .one = 1 };

	memcpy(h.signature, signature, sizeof(signature));
	h.segment.b[0] = (uint8_t)segment;
	h.segment.b[1] = (uint8_t)(segment >> 8);
	memcpy(p, &h, sizeof(h));
}

void hl_ewf_put_section(uint8_t p[76], const char *type, uint64_t off,
                        uint64_t next, uint64_t size)
{
	struct ewf_section_disk s = { .next = put64(off + next),
		                      .size = put64(size) };

	hl_copy((char *)s.type, sizeof(s.type), type);
	memcpy(p, &s, sizeof(s));
	hl_ewf_put_checksum(p, sizeof(s) - sizeof(s.checksum));
}

void hl_ewf_put_volume(uint8_t p[1052], const struct hl_ewf_medium *m)
{
	uint64_t chunks = m->sectors / m->sectors_per_chunk +
	                  (m->sectors % m->sectors_per_chunk != 0);
	struct ewf_volume_disk v = {
		.media_type = m->optical ? MEDIA_OPTICAL : MEDIA_FIXED,
		.chunks = put32((uint32_t)chunks),
		.sectors_per_chunk = put32(m->sectors_per_chunk),
		.bytes_per_sector = put32(m->bytes_per_sector),
		.sectors = put64(m->sectors),
		.media_flags = m->part ? FLAGS_LOGICAL : FLAGS_PHYSICAL,
		.compression = m->compression,
		.error_granularity = put32(ERROR_GRANULARITY),
	};

	memcpy(v.set_id, m->set_id, sizeof(v.set_id));
	memcpy(p, &v, sizeof(v));
	hl_ewf_put_checksum(p, sizeof(v) - sizeof(v.checksum));
}

void hl_ewf_put_table_head(uint8_t p[24], uint32_t n, uint64_t base)
{
	struct ewf_table_disk t = { .n = put32(n), .base = put64(base) };

	memcpy(p, &t, sizeof(t));
	hl_ewf_put_checksum(p, sizeof(t) - sizeof(t.checksum));
}

/* ---- header2 and header ------------------------------------------------- */

/* A tab or a line's end in a value would be one of the table. */
static char *clean(const char *s, const struct hl_ctx *ctx)
{
	char *t = hl_strdup(ctx, s ? s : "");

	for (char *p = t; p && *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return t;
}

enum { DESC, CASE, EVID, EXAM, NOTE, MODEL, SERIAL, SOFT, SYS, N_VALUES };

static void values_free(char *v[N_VALUES], const struct hl_ctx *ctx)
{
	for (int i = 0; i < N_VALUES; i++)
		hl_free(ctx, v[i]);
}

static bool values_of(char *v[N_VALUES], const struct hl_ewf_case *c,
                      const struct hl_ctx *ctx)
{
	const char *const from[N_VALUES] = {
		c->description, c->number, c->evidence, c->examiner, c->notes,
		c->model, c->serial, c->software, c->system,
	};
	bool ok = true;

	for (int i = 0; i < N_VALUES; i++) {
		v[i] = clean(from[i], ctx);
		ok &= v[i] != NULL;
	}
	return ok;
}

static char *wide_text(char *const *v, int64_t when, const struct hl_ctx *ctx)
{
	return hl_asprintf(ctx,
		"3\nmain\na\tc\tn\te\tt\tmd\tsn\tav\tov\tm\tu\tp\tdc\n"
		"%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64
		"\t0\t\n\n"
		"srce\n0\t1\np\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq\n0\t0\n"
		"\t\t\t\t\t-1\t-1\t\t\t\n\n"
		"sub\n0\t1\np\tn\tid\tnu\tco\tgu\n0\t0\n\t\t\t\t1\t\n\n",
		v[DESC], v[CASE], v[EVID], v[EXAM], v[NOTE], v[MODEL],
		v[SERIAL], v[SOFT], v[SYS], when, when);
}

static char *narrow_text(char *const *v, int64_t when,
                         const struct hl_ctx *ctx)
{
	time_t t = (time_t)when;
	char date[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(date, sizeof(date), "%Y %m %d %H %M %S", &tm);
	char *s = hl_asprintf(ctx,
		"1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n"
		"%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t0\r\n\r\n",
		v[CASE], v[EVID], v[DESC], v[EXAM], v[NOTE], v[SOFT], v[SYS],
		date, date);
	for (char *p = s; p && *p; p++)
		if ((unsigned char)*p > 0x7e)
			*p = '?';
	return s;
}

/* UTF-16LE with its mark; *n bytes.  What is no UTF-8 goes byte by byte. */
static uint8_t *widen(const char *s, size_t *n, const struct hl_ctx *ctx)
{
	size_t max = strlen(s), units;
	uint16_t *u = hl_alloc_array(ctx, max + 1, sizeof(*u));
	uint8_t *b = hl_alloc_array(ctx, max + 1, 2);

	if (u && b) {
		units = hl_utf16_from8(u, max, s);
		if (units == SIZE_MAX)
			for (units = 0; units < max; units++)
				u[units] = (uint8_t)s[units];
		b[0] = 0xff;
		b[1] = 0xfe;
		for (size_t i = 0; i < units; i++) {
			b[2 * i + 2] = (uint8_t)u[i];
			b[2 * i + 3] = (uint8_t)(u[i] >> 8);
		}
		*n = 2 * units + 2;
	} else {
		hl_free(ctx, b);
		b = NULL;
	}
	hl_free(ctx, u);
	return b;
}

static enum hl_status compress(uint8_t **out, size_t *n, struct span in,
                               const struct hl_ctx *ctx)
{
	struct hl_deflate *z;
	enum hl_status st = hl_deflate_new(&z, true, ctx);
	size_t room = in.n + in.n / 8 + 256;

	*out = st == HL_OK ? hl_alloc(ctx, room) : NULL;
	*n = *out ? hl_deflate_zlib(z, in, *out, room) : 0;
	if (*out && !*n) {
		hl_free(ctx, *out);
		*out = NULL;
	}
	if (st == HL_OK)
		hl_deflate_free(z);
	return *out ? HL_OK : HL_NOMEM;
}

enum hl_status hl_ewf_put_header(uint8_t **out, size_t *n,
                                 const struct hl_ewf_case *c, bool wide,
                                 const struct hl_ctx *ctx)
{
	char *v[N_VALUES] = { NULL }, *text = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum hl_status st = HL_NOMEM;

	*out = NULL;
	if (values_of(v, c, ctx))
		text = wide ? wide_text(v, c->when, ctx)
		            : narrow_text(v, c->when, ctx);
	if (text && wide)
		bytes = widen(text, &len, ctx);
	if (bytes)
		st = compress(out, n, span_of(bytes, len), ctx);
	else if (text && !wide)
		st = compress(out, n, span_of(text, strlen(text)), ctx);
	hl_free(ctx, bytes);
	hl_free(ctx, text);
	values_free(v, ctx);
	return st;
}
