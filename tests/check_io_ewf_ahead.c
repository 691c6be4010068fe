/*
 * check_io_ewf_ahead.c: long reads of an EWF set, by several threads, give
 * what single chunks give: the same bytes, the same damage, from everywhere.
 */
#include <pthread.h>

#include "io_build.h"
#include "io/pool.h"

#define SIZE ((size_t)b_set_chunks(&set) * B_CHUNK)

static const struct b_set set = { 18, 64, 0x61, 9, false };

static struct opened o;
static uint8_t *want;  /* content; zeros where chunks are broken */
static uint8_t *broken; /* for each chunk */

/* Byte 40 of every 7th segment's chunk data lies in its first chunk. */
static void build(void)
{
	unsigned n = b_set_chunks(&set);
	const char *first;

	want = calloc(n, B_CHUNK);
	broken = calloc(1, n);
	ck_assert(want && broken);
	first = b_write_set("a", &set);
	for (unsigned i = 0; i < n; i++)
		b_content(want + (size_t)i * B_CHUNK, i, set.salt);
	for (unsigned k = 2; k <= set.segments; k += 7) {
		unsigned i = (k - 1) * set.per_segment;
		flip(at("a.E%02u", k), 13 + 76 + 1052 + 76 + 12, 0x10);
		broken[i] = 1;
		memset(want + (size_t)i * B_CHUNK, 0, B_CHUNK);
	}
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), SIZE);
}

static void done(void)
{
	close_image(&o);
	ck_assert_uint_eq(test_mem_now(), 0);
	free(want);
	free(broken);
}

/* Is every byte that is damaged in `bad`, and no other? */
static bool told(const struct hl_ranges *bad, size_t off, size_t n)
{
	for (size_t i = off; i < off + n; i += 512) {
		bool is = false;
		for (size_t k = 0; k < bad->n; k++)
			is |= i - bad->r[k].off < bad->r[k].len;
		if (is != (broken[i / B_CHUNK] != 0))
			return false;
	}
	return true;
}

static bool right(struct hl_src *src, size_t off, size_t n, uint8_t *buf)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	return hl_src_read(src, off, buf, n, &bad) == HL_OK &&
	       memcmp(buf, want + off, n) == 0 && told(&bad, off, n);
}

static void read_all(size_t step, bool backwards)
{
	uint8_t *buf = malloc(step);

	for (size_t at_off = 0; at_off < SIZE; at_off += step) {
		size_t off = at_off;
		size_t n = SIZE - at_off < step ? SIZE - at_off : step;
		if (backwards)
			off = SIZE - at_off - n;
		ck_assert_msg(right(o.src, off, n, buf), "%zu at %zu", n, off);
	}
	free(buf);
}

static const size_t steps[] = {
	B_CHUNK, 2 * B_CHUNK, 65536, 100001, 131072, 1 << 20, (1 << 20) + 1,
	3 << 20,
};

START_TEST(every_step_reads_the_same)
{
	build();
	read_all(steps[_i], false);
	read_all(steps[_i], true);
	done();
}
END_TEST

START_TEST(with_advice_it_is_the_same)
{
	build();
	hl_src_advise(o.src, 0, SIZE, HL_ADVISE_SEQUENTIAL);
	read_all(steps[_i], false);
	hl_src_advise(o.src, SIZE / 2, 3 * B_CHUNK, HL_ADVISE_SEQUENTIAL);
	read_all(steps[_i], false);
	done();
}
END_TEST

/* A chunk is inflated by the ring or by nobody: reading on costs no more. */
START_TEST(what_was_advised_is_all_that_is_read)
{
	uint64_t before;
	uint8_t *buf;

	build();
	buf = malloc(2 << 20);
	before = test_stats()->file_bytes;
	hl_src_advise(o.src, 0, 2 << 20, HL_ADVISE_SEQUENTIAL);
	ck_assert(right(o.src, 0, 1 << 20, buf));
	ck_assert(right(o.src, 1 << 20, 1 << 20, buf));
	close_image(&o); /* joins the threads: nothing is read behind this */
	ck_assert_uint_le(test_stats()->file_bytes - before,
	                  (2 << 20) + (128 << 10) + 18 * 8192);
	free(buf);
	free(want);
	free(broken);
}
END_TEST

START_TEST(short_reads_start_no_thread)
{
	uint8_t buf[B_CHUNK];

	build();
	test_stats()->mem_peak = test_stats()->mem_now;
	for (unsigned i = 0; i < 2000; i++) {
		size_t off = i * 2654435761u % (SIZE - 512);
		struct hl_ranges bad;
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(o.src, off, buf, 512, &bad),
		                 HL_OK);
		ck_assert_mem_eq(buf, want + off, 512);
	}
	/* the ring alone would be more */
	ck_assert_uint_lt(test_stats()->mem_peak, 1 << 20);
	done();
}
END_TEST

/*
 * What was read last is still there for a second reader, damage and all: all
 * that lies behind the first read is inflated once at most, be it read here or
 * ahead.
 */
START_TEST(who_reads_it_again_inflates_nothing)
{
	const size_t first = (1 << 20) + 1000, step = 131072, piece = 16384;
	const size_t end = SIZE - (3 << 19); /* there nobody reads ahead */
	uint8_t *buf = malloc(first);
	uint64_t before, once;

	if (hl_cpus() < 2)
		SKIP("one processor");
	build();
	before = test_stats()->file_bytes;
	read_all(B_CHUNK, false);
	once = (test_stats()->file_bytes - before) / SIZE * (SIZE - first) +
	       (test_stats()->file_bytes - before) % SIZE * (SIZE - first) /
	       SIZE;
	ck_assert(right(o.src, 0, first, buf)); /* so that there is a ring */
	before = test_stats()->file_bytes;
	for (size_t off = first; off + step < end; off += step) {
		ck_assert(right(o.src, off, step, buf));
		for (size_t k = 0; k < step; k += piece)
			ck_assert_msg(right(o.src, off + k, piece, buf),
			              "%zu at %zu", k, off);
	}
	close_image(&o); /* joins the threads: nothing is read behind this */
	ck_assert_uint_le(test_stats()->file_bytes - before,
	                  once + once / 16);
	free(buf);
	free(want);
	free(broken);
}
END_TEST

struct reader {
	size_t step, from;
	unsigned wrong;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint8_t *buf = malloc(r->step);

	for (unsigned turn = 0; turn < 3; turn++)
		for (size_t off = r->from; off + r->step < SIZE;
		     off += r->step)
			r->wrong += !right(o.src, off, r->step, buf);
	free(buf);
	return NULL;
}

START_TEST(several_readers_do_not_disturb_each_other)
{
	struct reader r[4] = { { 1 << 20, 0, 0 }, { 300000, 1 << 20, 0 },
		               { 512, 2 << 20, 0 }, { 65536, 5, 0 } };
	pthread_t t[4];

	build();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, read_on, &r[i]),
		                 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		ck_assert_uint_eq(r[i].wrong, 0);
	}
	done();
}
END_TEST

START_TEST(without_memory_it_reads_all_the_same)
{
	uint8_t *buf = malloc(2 << 20);

	for (size_t n = 1; n < 60; n++) {
		struct hl_ranges bad;
		enum hl_status st;
		build();
		hl_ranges_clear(&bad);
		test_fail_alloc(n);
		st = hl_src_read(o.src, 100, buf, 2 << 20, &bad);
		test_fail_alloc(0);
		if (st == HL_OK)
			ck_assert_mem_eq(buf, want + 100, 2 << 20);
		else
			ck_assert_int_eq(st, HL_NOMEM);
		ck_assert(right(o.src, 7, 1 << 20, buf));
		done();
	}
	free(buf);
}
END_TEST

/* ---- fills ------------------------------------------------------------ */

/* Chunks of one unit over and over, and others that only begin like them. */
static void fill_content(uint8_t *dst, unsigned i)
{
	static const uint8_t units[][5] = { "\0\0\0\0", "\xff\xff\xff\xff",
		                            "PTRN", "\0\0\0\0" };

	for (unsigned k = 0; k < B_CHUNK; k++)
		dst[k] = units[i % 4][k % 4];
	if (i % 7 == 3)
		dst[B_CHUNK - 1] ^= (uint8_t)(1 + i % 2);
}

START_TEST(fills_are_what_they_were)
{
	struct b_volume v = { 64, 8, 512, 512, 3 };
	struct bytes b = { 0 }, data = { 0 };
	uint32_t entry[64];
	uint8_t plain[B_CHUNK], packed[2 * B_CHUNK], got[64 * B_CHUNK];

	b_head(&b, 1);
	b_volume(&b, "volume", &v);
	for (unsigned i = 0; i < 64; i++) {
		uLongf len = sizeof(packed);
		fill_content(plain, i);
		compress(packed, &len, plain, B_CHUNK);
		entry[i] = 0x80000000u | (uint32_t)(76 + data.n);
		b_add(&data, packed, len);
	}
	uint64_t base = b.n;
	b_section(&b, "sectors", data.n, 0);
	b_add(&b, data.p, data.n);
	b_table(&b, "table", entry, 64, base);
	b_section(&b, "done", 0, b.n);
	write_file(at("fill.E01"), b.p, b.n);
	ck_assert_int_eq(open_image(&o, at("fill.E01"), false), HL_OK);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, sizeof(got), NULL), HL_OK);
	for (unsigned i = 0; i < 64; i++) {
		fill_content(plain, i);
		ck_assert_mem_eq(got + i * B_CHUNK, plain, B_CHUNK);
	}
	close_image(&o);
	free(b.p);
	free(data.p);
}
END_TEST

int main(void)
{
	int n = (int)(sizeof(steps) / sizeof(*steps));
	TCase *t = tcase_create("ahead"), *f = tcase_create("fills");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, every_step_reads_the_same, 0, n);
	tcase_add_loop_test(t, with_advice_it_is_the_same, 0, n);
	tcase_add_test(t, what_was_advised_is_all_that_is_read);
	tcase_add_test(t, short_reads_start_no_thread);
	tcase_add_test(t, who_reads_it_again_inflates_nothing);
	tcase_add_test(t, several_readers_do_not_disturb_each_other);
	tcase_add_test(t, without_memory_it_reads_all_the_same);
	tcase_add_test(f, fills_are_what_they_were);
	return test_main("io_ewf_ahead", t, f, NULL);
}
