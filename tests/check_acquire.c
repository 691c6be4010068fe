/*
 * check_acquire.c: copies through the public API: media that fail here and
 * there (a pread of our own, see check_io_eio.c), sectors that come back,
 * memory that runs out, a caller who stops.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/syscall.h>

#include "io_build.h"

#define SIZE (3u << 20)
#define MD5 (1u << HL_VERIFY_MD5)

static struct { long first, count; } bad_sectors[80]; /* of 512 bytes */
static unsigned reads_of_bad, comes_back; /* after so many reads */
static const char *victim; /* only reads of this file fail */

#if defined(__linux__) && defined(SYS_pread64) && __SIZEOF_POINTER__ == 8
#define FAULTS 1

static bool is_victim(int fd)
{
	struct stat a, b;

	return victim && fstat(fd, &a) == 0 && stat(victim, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static bool touches(off_t off, size_t n)
{
	for (size_t i = 0; i < 80; i++) {
		off_t from = bad_sectors[i].first * 512;
		off_t to = from + bad_sectors[i].count * 512;
		if (off < to && off + (off_t)n > from)
			return true;
	}
	return false;
}

static ssize_t faulty(int fd, void *buf, size_t n, off_t off)
{
	if (touches(off, n) && is_victim(fd) &&
	    (!comes_back || n > 512 || ++reads_of_bad < comes_back)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, n, off);
}

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
#else
#define FAULTS 0
#endif

static uint8_t content[SIZE];

/* Half noise, half text, so that there are chunks of either kind. */
static const char *make_source(void)
{
	uint32_t x = 12345;

	memset(bad_sectors, 0, sizeof(bad_sectors));
	reads_of_bad = comes_back = 0;
	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1103515245 + 12345;
		content[i] = i < SIZE / 2 ? (uint8_t)(x >> 16)
		                          : (uint8_t)(i >> 13);
	}
	write_file(at("src.raw"), content, SIZE);
	static char path[4096];
	snprintf(path, sizeof(path), "%s", at("src.raw"));
	victim = path;
	return path;
}

static int folder(void)
{
	int fd = open(test_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void fresh(const char *name)
{
	static const char *const ends[] = { "", ".map", ".E01", ".E02",
		                            ".E03", ".map.new" };
	char path[4096];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		snprintf(path, sizeof(path), "%s%s", at(name), ends[i]);
		unlink(path);
	}
}

static bool there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

/* The copy's bytes, through the library. */
static void same(const char *name, const uint8_t *want)
{
	static uint8_t got[SIZE];
	struct hl_ranges bad;
	struct opened o;

	ck_assert_int_eq(open_image(&o, at(name), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), SIZE);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, SIZE, &bad), HL_OK);
	ck_assert_mem_eq(got, want, SIZE);
	close_image(&o);
}

static const struct { enum hl_acquire_format format; const char *name; }
formats[] = {
	{ HL_ACQUIRE_RAW, "copy.raw" }, { HL_ACQUIRE_EWF, "copy.E01" },
};

START_TEST(a_copy_is_what_the_source_is)
{
	const char *name = formats[_i].name;
	struct hl_acquire_opts o = { .format = formats[_i].format,
		.folder = folder(), .name = name, .device = -1, .hashes = 7 };
	struct hl_acquired a;
	struct opened s;

	fresh(name);
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(a.done, SIZE);
	ck_assert_uint_eq(a.n_bad, 0);
	ck_assert_uint_eq(a.files, 1);
	ck_assert(!a.map);
	ck_assert_int_eq(hl_acquire_check(&a, at(name), &o, test_ctx()),
	                 HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_acquired_free(&a, test_ctx());
	close_image(&s);
	same(name, content);
	close(o.folder);
}
END_TEST

/* One byte of the copy is another one: read back, that is seen. */
START_TEST(a_copy_that_changed_is_seen)
{
	const char *name = formats[_i].name;
	struct hl_acquire_opts o = { .format = formats[_i].format,
		.folder = folder(), .name = name, .device = -1,
		.hashes = MD5 };
	struct hl_acquired a;
	struct opened s;
	uint8_t byte;
	int fd;

	fresh(name);
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	fd = open(at(name), O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(lseek(fd, 100000, SEEK_SET), 100000);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, 100000), 1);
	close(fd);
	test_forget_notes();
	ck_assert_int_eq(hl_acquire_check(&a, at(name), &o, test_ctx()),
	                 HL_CORRUPT);
	ck_assert(test_noted(HL_FAILED, name));
	hl_acquired_free(&a, test_ctx());
	close_image(&s);
	close(o.folder);
}
END_TEST

START_TEST(bad_sectors_are_zeros_and_listed)
{
	const char *name = formats[_i].name;
	struct hl_acquire_opts o = { .format = formats[_i].format,
		.folder = folder(), .name = name, .device = -1,
		.hashes = MD5, .retries = 2 };
	struct hl_acquired a;
	struct opened s;
	char map[64];

	if (!FAULTS)
		SKIP("pread cannot be replaced here");
	fresh(name);
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	/* more stretches in one block than one read can list */
	for (unsigned i = 0; i < 79; i++) {
		bad_sectors[i].first = 10 + 2 * i;
		bad_sectors[i].count = 1;
	}
	bad_sectors[79].first = SIZE / 512 - 3;
	bad_sectors[79].count = 3;
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(a.n_bad, 80);
	ck_assert_uint_eq(a.bad_bytes, 82 * 512);
	ck_assert(a.map);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 80);
	for (unsigned i = 0; i < 80; i++) {
		ck_assert_uint_eq(a.bad[i].off,
		                  (uint64_t)bad_sectors[i].first * 512);
		ck_assert_uint_eq(a.bad[i].len,
		                  (uint64_t)bad_sectors[i].count * 512);
		memset(content + a.bad[i].off, 0, (size_t)a.bad[i].len);
	}
	hl_acquired_free(&a, test_ctx());
	close_image(&s);
	victim = NULL;
	same(name, content);
	snprintf(map, sizeof(map), "%s.map", name);
	ck_assert(there(map));
	close(o.folder);
}
END_TEST

START_TEST(a_sector_that_comes_back_is_no_loss)
{
	struct hl_acquire_opts o = { .folder = folder(), .name = "copy.raw",
		.device = -1, .hashes = MD5, .retries = 5 };
	struct hl_acquired a;
	struct opened s;

	if (!FAULTS)
		SKIP("pread cannot be replaced here");
	fresh("copy.raw");
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	bad_sectors[0].first = 100;
	bad_sectors[0].count = 1;
	comes_back = 4;
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(a.n_bad, 0);
	ck_assert_uint_eq(reads_of_bad, 4);
	ck_assert(!a.map);
	hl_acquired_free(&a, test_ctx());
	close_image(&s);
	victim = NULL;
	same("copy.raw", content);
	close(o.folder);
}
END_TEST

/* A disk that was bad, then gone on with once it is not any longer. */
START_TEST(a_copy_is_gone_on_with)
{
	struct hl_acquire_opts o = { .folder = folder(), .name = "copy.raw",
		.device = -1, .hashes = MD5, .resume = true };
	struct hl_acquired a, b;
	struct opened s;

	if (!FAULTS)
		SKIP("pread cannot be replaced here");
	fresh("copy.raw");
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	bad_sectors[0].first = 1100;
	bad_sectors[0].count = 7;
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(a.bad_bytes, 7 * 512);
	hl_acquired_free(&a, test_ctx());
	bad_sectors[0].count = 0;
	o.retries = 1;
	ck_assert_int_eq(hl_acquire(&b, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(b.n_bad, 0);
	ck_assert_uint_eq(b.resumed, SIZE - 7 * 512);
	ck_assert(!b.map && !there("copy.raw.map"));
	hl_acquired_free(&b, test_ctx());
	close_image(&s);
	same("copy.raw", content);
	close(o.folder);
}
END_TEST

static unsigned polls;

static bool soon(void *user)
{
	(void)user;
	return polls-- == 0;
}

static const struct { bool ewf, resume; unsigned polls; } stops[] = {
	{ false, false, 3 }, { true, false, 3 }, { false, true, 3 },
	{ false, false, 0 }, { true, false, 0 }, { false, true, 0 },
};

START_TEST(stopped)
{
	const char *name = stops[_i].ewf ? "copy.E01" : "copy.raw";
	struct hl_acquire_opts o = { .format = stops[_i].ewf,
		.folder = folder(), .name = name, .device = -1,
		.hashes = MD5, .resume = stops[_i].resume };
	struct hl_acquired a;
	struct opened s;

	fresh(name);
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	struct hl_ctx ctx = *test_ctx();
	ctx.cancelled = soon;
	polls = stops[_i].polls;
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, &ctx), HL_CANCELLED);
	ck_assert(a.kept == stops[_i].resume);
	ck_assert(there("copy.raw.map") == stops[_i].resume);
	if (!stops[_i].resume)
		ck_assert(!there(name));
	hl_acquired_free(&a, &ctx);
	if (stops[_i].resume) {
		ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
		ck_assert_uint_eq(a.resumed, stops[_i].polls * (512u << 10));
		hl_acquired_free(&a, test_ctx());
	}
	close_image(&s);
	if (stops[_i].resume)
		same(name, content);
	close(o.folder);
}
END_TEST

/* Every allocation fails once: nothing is left, and nothing is leaked. */
START_TEST(memory_runs_out)
{
	const char *name = formats[_i].name;
	struct hl_acquire_opts o = { .format = formats[_i].format,
		.folder = folder(), .name = name, .device = -1, .hashes = MD5,
		.case_number = "1" };
	struct hl_acquired a;
	struct opened s;
	unsigned n = 0;
	enum hl_status st;

	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	do {
		uint64_t held = test_mem_now();
		fresh(name);
		test_fail_alloc(++n);
		st = hl_acquire(&a, s.src, &o, test_ctx());
		test_fail_alloc(0);
		if (st != HL_OK) {
			ck_assert_int_eq(st, HL_NOMEM);
			ck_assert(!there(name));
		}
		hl_acquired_free(&a, test_ctx());
		ck_assert_uint_eq(test_mem_now(), held);
	} while (st != HL_OK && n < 1000);
	ck_assert_int_eq(st, HL_OK);
	ck_assert_uint_gt(n, 5);
	close_image(&s);
	close(o.folder);
}
END_TEST

/* A set so small that its last file holds little but its end. */
START_TEST(segments_of_every_size)
{
	static const uint64_t sizes[] = { 1u << 20, 1100000, 1600000,
		                          SIZE / 2 + 20000, 3000000 };
	struct hl_acquire_opts o = { .format = HL_ACQUIRE_EWF,
		.packing = HL_ACQUIRE_NONE, .folder = folder(),
		.name = "copy.E01", .device = -1, .hashes = MD5,
		.split = sizes[_i], .replace = true };
	struct hl_acquired a;
	struct opened s;

	fresh("copy");
	ck_assert_int_eq(open_image(&s, make_source(), false), HL_OK);
	ck_assert_int_eq(hl_acquire(&a, s.src, &o, test_ctx()), HL_OK);
	ck_assert_uint_eq(a.files, a.written / sizes[_i] + 1);
	ck_assert_int_eq(hl_acquire_check(&a, at("copy.E01"), &o, test_ctx()),
	                 HL_OK);
	hl_acquired_free(&a, test_ctx());
	close_image(&s);
	same("copy.E01", content);
	close(o.folder);
}
END_TEST

static TCase *copies(void)
{
	TCase *t = tcase_create("copies");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_copy_is_what_the_source_is, 0, 2);
	tcase_add_loop_test(t, a_copy_that_changed_is_seen, 0, 2);
	tcase_add_loop_test(t, segments_of_every_size, 0, 5);
	tcase_add_loop_test(t, memory_runs_out, 0, 2);
	return t;
}

static TCase *faults(void)
{
	TCase *t = tcase_create("faults");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, bad_sectors_are_zeros_and_listed, 0, 2);
	tcase_add_test(t, a_sector_that_comes_back_is_no_loss);
	tcase_add_test(t, a_copy_is_gone_on_with);
	tcase_add_loop_test(t, stopped, 0, 6);
	return t;
}

int main(void)
{
	return test_main("acquire", copies(), faults(), NULL);
}
