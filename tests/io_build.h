/*
 * io_build.h: EWF segment files built field by field, and small helpers for
 * the tests of src/io.  The layout is written from the format, not from
 * the reader.
 */
#ifndef IO_BUILD_H
#define IO_BUILD_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "testing.h"

#define UNUSED __attribute__((unused))

#define B_CHUNK 4096u /* 8 sectors of 512: small chunks, small files */

struct bytes {
	uint8_t *p;
	size_t n;
};

static UNUSED void b_add(struct bytes *b, const void *p, size_t n)
{
	b->p = realloc(b->p, b->n + n + 1);
	ck_assert_ptr_nonnull(b->p);
	if (p)
		memcpy(b->p + b->n, p, n);
	else
		memset(b->p + b->n, 0, n);
	b->n += n;
}

static UNUSED uint32_t b_adler(const uint8_t *p, size_t n)
{
	return (uint32_t)adler32(adler32(0, NULL, 0), p, (uInt)n);
}

/* A descriptor; next == 0: right behind `len` bytes of content. */
static UNUSED void b_section(struct bytes *b, const char *type, size_t len,
                             uint64_t next)
{
	uint8_t d[76] = { 0 };

	memcpy(d, type, strlen(type));
	put64(d + 16, next ? next : b->n + 76 + len);
	put64(d + 24, 76 + len);
	put32(d + 72, b_adler(d, 72));
	b_add(b, d, sizeof(d));
}

static UNUSED void b_head(struct bytes *b, unsigned segment)
{
	uint8_t h[13] = "EVF\x09\x0d\x0a\xff\x00\x01";

	put16(h + 9, segment);
	b_add(b, h, sizeof(h));
}

struct b_volume {
	uint32_t chunks, per_chunk, sector;
	uint64_t sectors;
	uint8_t id;
};

static UNUSED void b_volume(struct bytes *b, const char *type,
                            const struct b_volume *v)
{
	uint8_t d[1052] = { 1 };

	put32(d + 4, v->chunks);
	put32(d + 8, v->per_chunk);
	put32(d + 12, v->sector);
	put64(d + 16, v->sectors);
	memset(d + 64, v->id, 16);
	put32(d + 1048, b_adler(d, 1048));
	b_section(b, type, sizeof(d), 0);
	b_add(b, d, sizeof(d));
}

/* table or table2 with n entries, relative to base */
static UNUSED void b_table(struct bytes *b, const char *type,
                           const uint32_t *entry, uint32_t n, uint64_t base)
{
	size_t len = 24 + (size_t)n * 4 + 4;
	uint8_t *d = calloc(1, len);

	ck_assert_ptr_nonnull(d);
	put32(d, n);
	put64(d + 8, base);
	put32(d + 20, b_adler(d, 20));
	for (uint32_t i = 0; i < n; i++)
		put32(d + 24 + 4 * i, entry[i]);
	put32(d + len - 4, b_adler(d + 24, (size_t)n * 4));
	b_section(b, type, len, 0);
	b_add(b, d, len);
	free(d);
}

/* Chunk i of a set: even ones deflate well, odd ones are stored plain. */
static UNUSED void b_content(uint8_t *dst, unsigned i, unsigned salt)
{
	uint32_t x = i * 2654435761u + salt + 1;

	for (unsigned k = 0; k < B_CHUNK; k++) {
		x = x * 1664525u + 1013904223u;
		dst[k] = i % 2 ? (uint8_t)(x >> 24) : (uint8_t)(i + k / 512);
	}
}

struct b_set {
	unsigned segments, per_segment; /* chunks; the last has one less */
	uint8_t id;                     /* of the GUID */
	unsigned salt;
	bool no_table2;
};

static UNUSED unsigned b_set_chunks(const struct b_set *s)
{
	return s->segments * s->per_segment - 1;
}

static UNUSED void b_sectors(struct bytes *b, const struct b_set *s,
                             unsigned first, unsigned n)
{
	struct bytes data = { 0 };
	uint32_t entry[64];
	uint8_t plain[B_CHUNK + 4], packed[2 * B_CHUNK];

	ck_assert_uint_le(n, 64);
	for (unsigned i = 0; i < n; i++) {
		uLongf len = sizeof(packed);
		b_content(plain, first + i, s->salt);
		entry[i] = (uint32_t)(76 + data.n);
		if ((first + i) % 2 == 0) {
			entry[i] |= 0x80000000u;
			compress(packed, &len, plain, B_CHUNK);
			b_add(&data, packed, len);
		} else {
			put32(plain + B_CHUNK, b_adler(plain, B_CHUNK));
			b_add(&data, plain, sizeof(plain));
		}
	}
	uint64_t base = b->n; /* EnCase 6: from the sectors section */
	b_section(b, "sectors", data.n, 0);
	b_add(b, data.p, data.n);
	free(data.p);
	b_table(b, "table", entry, n, base);
	if (!s->no_table2)
		b_table(b, "table2", entry, n, base);
}

static UNUSED struct bytes b_segment(const struct b_set *s, unsigned k)
{
	struct b_volume v = { b_set_chunks(s), 8, 512,
	                      (uint64_t)b_set_chunks(s) * 8, s->id };
	struct bytes b = { 0 };
	unsigned n = s->per_segment - (k + 1 == s->segments);

	b_head(&b, k + 1);
	b_volume(&b, k ? "data" : "volume", &v);
	b_sectors(&b, s, k * s->per_segment, n);
	b_section(&b, k + 1 == s->segments ? "done" : "next", 0, b.n);
	return b;
}

static UNUSED void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* A path in the scratch folder; 64 results live at once. */
static UNUSED const char *at(const char *fmt, ...)
{
	static char path[64][512];
	static unsigned i;
	char *p = path[i++ % 64];
	int n = snprintf(p, 512, "%s/", test_tmp());
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p + n, 512 - (size_t)n, fmt, ap);
	va_end(ap);
	return p;
}

/* Writes NAME.E01 …; returns the path of the first. */
static UNUSED const char *b_write_set(const char *name, const struct b_set *s)
{
	for (unsigned k = 0; k < s->segments; k++) {
		struct bytes b = b_segment(s, k);
		write_file(at("%s.E%02u", name, k + 1), b.p, b.n);
		free(b.p);
	}
	return at("%s.E01", name);
}

/* Change one byte of a file. */
static UNUSED void flip(const char *path, long off, int bits)
{
	FILE *f = fopen(path, "r+b");

	ck_assert_ptr_nonnull(f);
	fseek(f, off, off < 0 ? SEEK_END : SEEK_SET);
	int c = fgetc(f);
	fseek(f, off, off < 0 ? SEEK_END : SEEK_SET);
	fputc(c ^ bits, f);
	fclose(f);
}

struct opened {
	struct hl_files *files;
	struct hl_src *src;
};

/* Find and open; on failure nothing is left open. */
static UNUSED enum hl_status open_image(struct opened *o, const char *path,
                                        bool allow_missing)
{
	struct hl_image_opts opts = { .allow_missing = allow_missing };
	enum hl_status st;

	test_forget_notes();
	o->src = NULL;
	st = hl_files_find(&o->files, path, &opts, test_ctx());
	if (st != HL_OK)
		return st;
	st = hl_image_open(&o->src, o->files, &opts, test_ctx());
	if (st != HL_OK)
		hl_files_close(o->files);
	return st;
}

static UNUSED void close_image(struct opened *o)
{
	hl_src_close(o->src);
	hl_files_close(o->files);
	ck_assert_uint_eq(test_mem_now(), 0);
}

#endif
