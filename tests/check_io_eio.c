/*
 * check_io_eio.c: media that cannot be read here and there.
 *
 * The library is linked statically, so that a pread defined here is the one
 * it calls: it fails with EIO for any read that touches a bad sector.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/syscall.h>

#include "io_build.h"

#if defined(__linux__) && defined(SYS_pread64) && __SIZEOF_POINTER__ == 8

static struct { long first, count; } bad_sectors[4]; /* of 512 bytes */

static bool touches(off_t off, size_t n)
{
	for (size_t i = 0; i < 4; i++) {
		off_t from = bad_sectors[i].first * 512;
		off_t to = from + bad_sectors[i].count * 512;
		if (off < to && off + (off_t)n > from)
			return true;
	}
	return false;
}

static ssize_t faulty(int fd, void *buf, size_t n, off_t off)
{
	if (touches(off, n)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, n, off);
}

/* Which of the two names <unistd.h> means depends on the C library. */
ssize_t hl_test_pread(int fd, void *buf, size_t n, off_t off) __asm__("pread");
ssize_t hl_test_pread(int fd, void *buf, size_t n, off_t off)
{
	return faulty(fd, buf, n, off);
}
ssize_t hl_test_pread64(int fd, void *buf, size_t n, off_t off)
	__asm__("pread64");
ssize_t hl_test_pread64(int fd, void *buf, size_t n, off_t off)
{
	return faulty(fd, buf, n, off);
}

START_TEST(bad_sectors_cost_only_themselves)
{
	static uint8_t want[1 << 20], got[1 << 20];
	struct hl_ranges bad;
	struct opened o;

	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (uint8_t)(i * 3 + (i >> 10));
	write_file(at("eio.raw"), want, sizeof(want));
	ck_assert_int_eq(open_image(&o, at("eio.raw"), false), HL_OK);
	bad_sectors[0].first = 7;
	bad_sectors[0].count = 1;
	bad_sectors[1].first = 300;
	bad_sectors[1].count = 3;
	bad_sectors[2].first = 2047; /* the last */
	bad_sectors[2].count = 1;
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, sizeof(got), &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 3);
	ck_assert_uint_eq(bad.r[0].off, 7 * 512);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_uint_eq(bad.r[1].off, 300 * 512);
	ck_assert_uint_eq(bad.r[1].len, 3 * 512);
	ck_assert_uint_eq(bad.r[2].off, 2047 * 512);
	ck_assert_uint_eq(bad.r[2].quality, HL_Q_UNREADABLE);
	for (size_t i = 0; i < bad.n; i++)
		memset(want + bad.r[i].off, 0, (size_t)bad.r[i].len);
	ck_assert_mem_eq(got, want, sizeof(want));
	/* a read that begins and ends within sectors */
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 6 * 512 + 100, got, 1000, &bad),
	                 HL_OK);
	ck_assert_mem_eq(got, want + 6 * 512 + 100, 1000);
	ck_assert_uint_eq(bad.r[0].off, 7 * 512);
	ck_assert_uint_eq(bad.bytes, 512);
	ck_assert_int_eq(hl_src_read(o.src, 7 * 512 + 5, got, 10, NULL),
	                 HL_IO);
	close_image(&o);
}
END_TEST

START_TEST(an_unreadable_chunk_costs_only_itself)
{
	struct b_set s = { 1, 8, 0x11, 7, false };
	uint8_t want[B_CHUNK], got[8 * B_CHUNK];
	struct hl_ranges bad;
	struct opened o;
	const char *first = b_write_set("eio", &s);

	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	/* chunk 0 is a few dozen bytes at 1217; chunk 1 lies behind it */
	bad_sectors[0].first = 6;
	bad_sectors[0].count = 1;
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, 7 * B_CHUNK, &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, B_CHUNK);
	ck_assert_uint_eq(bad.r[0].len, B_CHUNK);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	for (unsigned i = 0; i < 7; i++) {
		b_content(want, i, 7);
		if (i == 1)
			memset(want, 0, B_CHUNK);
		ck_assert_mem_eq(got + (size_t)i * B_CHUNK, want, B_CHUNK);
	}
	close_image(&o);
}
END_TEST

static TCase *errors(void)
{
	TCase *t = tcase_create("errors");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, bad_sectors_cost_only_themselves);
	tcase_add_test(t, an_unreadable_chunk_costs_only_itself);
	return t;
}

#else

START_TEST(bad_sectors_cost_only_themselves)
{
	SKIP("pread cannot be replaced here");
}
END_TEST

static TCase *errors(void)
{
	TCase *t = tcase_create("errors");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, bad_sectors_cost_only_themselves);
	return t;
}

#endif

int main(void)
{
	return test_main("io_eio", errors(), NULL);
}
