/* check_carve.c: what carving believes, what it rejoins, and what not. */
#include <stdlib.h>
#include <string.h>

#include "hive/carve.h"
#include "testing.h"

#define BIN 4096u
#define CELL 0x60u
#define BINS 6u
#define SIZE (BIN + BINS * BIN)

/* ---- a hive built by hand -------------------------------------------------- */

static void seal(uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 508; i += 4)
		sum ^= (uint32_t)h[i] | (uint32_t)h[i + 1] << 8 |
		       (uint32_t)h[i + 2] << 16 | (uint32_t)h[i + 3] << 24;
	put32(h + 508, sum);
}

static void put_base(uint8_t *h, uint32_t bins, uint64_t time)
{
	memset(h, 0, BIN);
	memcpy(h, "regf", 4);
	put32(h + 4, 7);
	put32(h + 8, 7);
	put64(h + 12, time);
	put32(h + 20, 1);
	put32(h + 24, 5);
	put32(h + 32, 1);
	put32(h + 36, 32); /* root */
	put32(h + 40, bins);
	put32(h + 44, 1);
	put_utf16(h + 48, "\\x\\SAMPLE");
	seal(h);
}

/* A key of that name in a cell of `size` bytes. */
static void put_key(uint8_t *p, uint32_t size, bool root, uint32_t parent,
                    uint32_t sk)
{
	memset(p, 0, size);
	put32(p, 0u - size);
	memcpy(p + 4, "nk", 2);
	put16(p + 6, root ? 0x2c : 0x20);
	put32(p + 4 + 0x10, parent);
	put32(p + 4 + 0x2c, sk);
	put16(p + 4 + 0x48, 1);
	p[4 + 0x4c] = 'k';
}

/*
 * Bin 0 holds the root and the security cell; every other bin is full of
 * keys of `cell` bytes that name both, and the first key of the bin before.
 */
static void put_hive(uint8_t *h, uint32_t cell, uint64_t time)
{
	put_base(h, BINS * BIN, time);
	for (uint32_t b = 0; b < BINS; b++) {
		uint8_t *p = h + BIN + b * BIN;
		uint32_t at = 32;

		memset(p, 0, BIN);
		memcpy(p, "hbin", 4);
		put32(p + 4, b * BIN);
		put32(p + 8, BIN);
		if (b == 0) {
			put64(p + 20, time);
			put_key(p + 32, cell, true, 0, 32 + cell);
			at += cell;
			put32(p + at, 0u - 32u);
			memcpy(p + at + 4, "sk", 2);
			put32(p + at + 8, at);
			put32(p + at + 12, at);
			at += 32;
		}
		for (; at + cell <= BIN; at += cell)
			put_key(p + at, cell, false,
			        b > 1 ? (b - 1) * BIN + 32 : 32, 32 + cell);
		if (at < BIN)
			put32(p + at, BIN - at);
	}
}

/* ---- a search in memory ---------------------------------------------------- */

struct search {
	struct hl_src *image;
	struct hl_disk *disk;
	struct hl_carve *c;
	uint8_t *p;
};

static enum hl_status search_try(struct search *s, const uint8_t *p, size_t n)
{
	static const struct hl_carve_opts opts;
	enum hl_status st;

	*s = (struct search){ .p = tight(p, n) };
	st = hl_src_mem(&s->image, s->p, n, false, test_ctx());
	if (st == HL_OK)
		st = hl_disk_open(&s->disk, s->image, NULL, test_ctx());
	if (st == HL_OK || st == HL_END)
		st = hl_carve_find(&s->c, s->disk, &opts, test_ctx());
	return st;
}

static void search_end(struct search *s)
{
	hl_carve_free(s->c);
	hl_disk_close(s->disk);
	hl_src_close(s->image);
	free(s->p);
}

static void search(struct search *s, const uint8_t *p, size_t n)
{
	ck_assert_int_eq(search_try(s, p, n), HL_OK);
}

/* The bytes of find i are those. */
static void is(struct search *s, size_t i, const uint8_t *want, size_t n)
{
	struct hl_src *src;
	uint8_t *have = calloc(1, n + 1);
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	ck_assert_ptr_nonnull(have);
	ck_assert_uint_lt(i, hl_carve_count(s->c));
	ck_assert_int_eq(hl_carve_open(&src, s->c, i), HL_OK);
	ck_assert_uint_eq(hl_src_size(src), n);
	ck_assert_int_eq(hl_src_read(src, 0, have, n, &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 0);
	ck_assert_mem_eq(have, want, n);
	hl_src_close(src);
	free(have);
}

static bool decided(struct hl_carved *p, const char *part)
{
	for (size_t i = 0; i < p->n_decided; i++)
		if (strstr(p->decided[i], part))
			return true;
	return false;
}

/* ---- decoders -------------------------------------------------------------- */

START_TEST(a_cell_has_a_size_that_can_be)
{
	static const struct {
		uint32_t raw;
		bool ok;
	} row[] = {
		{ 8, true }, { 0u - 8, true }, { 4064, true },
		{ 0, false }, { 4, false }, { 12, false }, { 4072, false },
		{ 0u - 4072, false },
		{ 0x80000000u, false }, /* it has no positive */
		{ 0x7ffffff8u, false },
	};
	uint8_t p[4];
	uint32_t size;
	bool used;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		put32(p, row[i].raw);
		ck_assert_int_eq(hl_carve_cell(p, 4064, &size, &used),
		                 row[i].ok);
		ck_assert_int_eq(used, row[i].raw >> 31);
	}
}
END_TEST

START_TEST(a_bin_has_whole_pages_and_a_first_cell)
{
	static const struct {
		uint32_t off, size, cell;
		bool ok;
	} row[] = {
		{ 0, 4096, 0u - 96, true },
		{ 8192, 8192, 96, true },
		{ 0xfffff000u, 4096, 96, false },
		{ 1, 4096, 96, false },
		{ 0, 0, 96, false },
		{ 0, 4097, 96, false },
		{ 0, 512, 96, false },
		{ 0, 4096, 0, false },
		{ 0, 4096, 4096, false },
		{ 0, 0xfffff000u, 96, false },
	};
	uint8_t p[36] = "hbin";
	struct hive_bin bin;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		put32(p + 4, row[i].off);
		put32(p + 8, row[i].size);
		put32(p + 32, row[i].cell);
		ck_assert_msg(hl_carve_bin(span_of(p, 36), &bin) == row[i].ok,
		              "row %zu", i);
	}
	ck_assert(!hl_carve_bin(span_of(p, 31), &bin));
	p[0] = 'H';
	ck_assert(!hl_carve_bin(span_of(p, 36), &bin));
}
END_TEST

START_TEST(a_base_block_is_believed_by_fields_and_checksum)
{
	static const struct {
		size_t at;
		uint32_t value;
	} row[] = {
		{ 20, 2 }, { 24, 7 }, { 28, 9 }, { 32, 0 }, { 40, 0 },
		{ 40, 4095 },
	};
	uint8_t h[BIN];
	struct hl_base_block b;

	put_base(h, 4096, 1);
	ck_assert_int_eq(hl_carve_base(span_of(h, 512), &b), CARVE_BASE_SURE);
	h[508] ^= 1;
	ck_assert_int_eq(hl_carve_base(span_of(h, 512), &b), CARVE_BASE_WEAK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		put_base(h, 4096, 1);
		put32(h + row[i].at, row[i].value);
		seal(h);
		ck_assert_int_eq(hl_carve_base(span_of(h, 512), &b),
		                 CARVE_BASE_NONE);
	}
	ck_assert_int_eq(hl_carve_base(span_of(h, 511), &b), CARVE_BASE_NONE);
}
END_TEST

START_TEST(cells_name_others)
{
	uint8_t p[CELL], list[4 + 16];
	struct hl_carve_refs it;
	struct hl_carve_ref r;

	put_key(p, CELL, false, 0x1234, 0x80);
	put32(p + 4 + 0x24, 3);      /* values */
	put32(p + 4 + 0x28, 0x5000);
	it = (struct hl_carve_refs){ .cell = span_of(p + 4, CELL - 4) };
	ck_assert(hl_carve_ref_next(&it, &r));
	ck_assert_uint_eq(r.to, 0x1234);
	ck_assert_int_eq(r.kind, CARVE_NK);
	ck_assert(hl_carve_ref_next(&it, &r));
	ck_assert_uint_eq(r.to, 0x5000);
	ck_assert_uint_eq(r.n, 3);
	ck_assert_int_eq(r.item, CARVE_VK);
	ck_assert(hl_carve_ref_next(&it, &r));
	ck_assert_uint_eq(r.to, 0x80);
	ck_assert_int_eq(r.kind, CARVE_SK);
	ck_assert(!hl_carve_ref_next(&it, &r));
	/* a list that says it is longer than its cell */
	memcpy(list, "lh", 2);
	put16(list + 2, 0xffff);
	put32(list + 4, 0x100);
	put32(list + 12, 0x200);
	it = (struct hl_carve_refs){ .cell = span_of(list, sizeof(list)) };
	ck_assert(hl_carve_ref_next(&it, &r));
	ck_assert(hl_carve_ref_next(&it, &r));
	ck_assert_uint_eq(r.to, 0x200);
	ck_assert(!hl_carve_ref_next(&it, &r));
}
END_TEST

/* ---- what is found --------------------------------------------------------- */

static uint8_t a[SIZE], b[SIZE], image[8 * SIZE];

static void fresh(void)
{
	put_hive(a, CELL, 1111);
	put_hive(b, CELL + 8, 2222);
	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7 + i / 251);
}

START_TEST(a_hive_anywhere_on_a_sector)
{
	static const size_t at[] = { 512, 4096, 5 * 512, SIZE + 1536 };
	struct search s;

	for (size_t i = 0; i < 4; i++) {
		fresh();
		memcpy(image + at[i], a, SIZE);
		search(&s, image, sizeof(image));
		ck_assert_uint_eq(hl_carve_count(s.c), 1);
		struct hl_carved *p = hl_carve_get(s.c, 0);
		ck_assert_uint_eq(p->off, at[i]);
		ck_assert(p->whole && !p->joined);
		ck_assert_int_eq(p->what, HL_CARVED_HIVE);
		is(&s, 0, a, SIZE);
		search_end(&s);
	}
	fresh();
	memcpy(image + 100, a, SIZE); /* inside a sector: nowhere */
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 0);
	search_end(&s);
}
END_TEST

START_TEST(a_stated_size_is_no_size)
{
	struct search s;

	fresh();
	put32(a + 40, 0xfffff000u);
	seal(a);
	memcpy(image + 512, a, SIZE);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 1);
	ck_assert(!hl_carve_get(s.c, 0)->whole);
	is(&s, 0, a, SIZE);
	search_end(&s);
}
END_TEST

START_TEST(a_weak_base_block_needs_its_bins)
{
	struct search s;

	fresh();
	a[508] ^= 1;
	memcpy(image, a, BIN);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 0);
	search_end(&s);
	memcpy(image, a, SIZE);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 1);
	ck_assert(decided(hl_carve_get(s.c, 0), "checksum wrong"));
	search_end(&s);
}
END_TEST

START_TEST(a_clean_base_block_takes_no_bin_of_another_time)
{
	struct search s;

	fresh();
	memcpy(image, a, BIN);
	memcpy(image + BIN, b + BIN, BIN);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 2);
	ck_assert_int_eq(hl_carve_get(s.c, 0)->what, HL_CARVED_BASE);
	ck_assert_int_eq(hl_carve_get(s.c, 1)->what, HL_CARVED_BINS);
	search_end(&s);
	/* a dirty one may */
	put32(a + 4, 8);
	seal(a);
	memcpy(image, a, BIN);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 1);
	search_end(&s);
}
END_TEST

/* Where it was cut, and whether the halves lie in their order. */
START_TEST(parts_of_one_hive_are_rejoined_wherever_it_was_cut)
{
	struct search s;

	for (size_t cut = 2 * BIN; cut < SIZE; cut += 512)
		for (int order = 0; order < 2; order++) {
			size_t x = order ? 512 : 3 * SIZE;
			size_t y = order ? 3 * SIZE : 512;

			fresh();
			memcpy(image + x, a, cut);
			memcpy(image + y, a + cut, SIZE - cut);
			search(&s, image, sizeof(image));
			/* the last bin's rest has no bin behind it that
			   would tell where it is */
			if (cut > SIZE - BIN) {
				ck_assert(!hl_carve_get(s.c, order ? 0 :
				          hl_carve_count(s.c) - 1)->whole);
			} else {
				ck_assert_uint_eq(hl_carve_count(s.c), 1);
				ck_assert(hl_carve_get(s.c, 0)->joined);
				is(&s, 0, a, SIZE);
			}
			search_end(&s);
		}
}
END_TEST

START_TEST(parts_of_two_hives_are_not)
{
	struct search s;

	for (size_t cut = 2 * BIN; cut < SIZE; cut += BIN) {
		fresh();
		memcpy(image + 3 * SIZE, a, cut);
		memcpy(image + 512, b + cut, SIZE - cut);
		search(&s, image, sizeof(image));
		ck_assert_uint_eq(hl_carve_count(s.c), 2);
		ck_assert(!hl_carve_get(s.c, 0)->joined);
		ck_assert(!hl_carve_get(s.c, 1)->joined);
		search_end(&s);
		/* nor when they lie in a row */
		fresh();
		memcpy(image, a, cut);
		memcpy(image + cut, b + cut, SIZE - cut);
		search(&s, image, sizeof(image));
		ck_assert_uint_eq(hl_carve_count(s.c), 2);
		is(&s, 0, a, cut);
		is(&s, 1, b + cut, SIZE - cut);
		search_end(&s);
	}
}
END_TEST

START_TEST(of_two_that_fit_none_is_taken)
{
	struct search s;
	size_t cut = 3 * BIN;

	fresh();
	memcpy(image + 512, a, cut);
	memcpy(image + 2 * SIZE, a + cut, SIZE - cut);
	memcpy(image + 4 * SIZE, a + cut, SIZE - cut);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 3);
	ck_assert(decided(hl_carve_get(s.c, 0), "equally well"));
	search_end(&s);
}
END_TEST

/* A page of it is another file's: the rest is there, and that is said. */
START_TEST(a_page_that_was_overwritten)
{
	struct search s;

	fresh();
	memcpy(image + 512, a, SIZE);
	memset(image + 512 + 3 * BIN + 1024, 'x', 1024);
	search(&s, image, sizeof(image));
	ck_assert_uint_eq(hl_carve_count(s.c), 1);
	ck_assert(hl_carve_get(s.c, 0)->whole);
	ck_assert(decided(hl_carve_get(s.c, 0), "overwritten in part"));
	search_end(&s);
}
END_TEST

START_TEST(damage_never_ends_in_a_crash)
{
	unsigned seed = 1;
	struct search s;

	for (int round = 0; round < 300; round++) {
		fresh();
		memcpy(image + 512, a, SIZE);
		memcpy(image + 512 + SIZE, b, SIZE);
		memcpy(image + 4 * SIZE, a + 3 * BIN, 3 * BIN);
		for (int i = 0; i < 40; i++) {
			seed = seed * 1103515245u + 12345u;
			image[(seed >> 8) % (5 * SIZE)] = (uint8_t)(seed >> 3);
		}
		search(&s, image, 5 * SIZE + (seed >> 9) % 3000);
		for (size_t i = 0; i < hl_carve_count(s.c); i++)
			ck_assert_uint_le(hl_carve_get(s.c, i)->size,
			                  sizeof(image));
		search_end(&s);
	}
}
END_TEST

START_TEST(any_allocation_may_fail)
{
	struct search s;
	size_t n = 1;
	enum hl_status st;

	fresh();
	memcpy(image + 3 * SIZE, a, 3 * BIN + 512);
	memcpy(image + 512, a + 3 * BIN + 512, 3 * BIN - 512 + BIN);
	do {
		test_fail_alloc(n);
		st = search_try(&s, image, sizeof(image));
		test_fail_alloc(0);
		search_end(&s);
		ck_assert_uint_eq(test_mem_now(), 0);
		ck_assert_msg(st == HL_OK || st == HL_NOMEM, "%d", (int)st);
		n++;
	} while (st != HL_OK && n < 500);
	ck_assert_uint_lt(n, 500);
	ck_assert_uint_gt(n, 10);
}
END_TEST

/* ---- free space ------------------------------------------------------------ */

START_TEST(stretches_add_up_to_what_is_free)
{
	struct hl_files *files;
	struct hl_src *src;
	struct hl_disk *disk;
	unsigned tried = 0;

	ck_assert_int_eq(hl_files_find(&files, "testdata/sample.E01", NULL,
	                               test_ctx()), HL_OK);
	ck_assert_int_eq(hl_image_open(&src, files, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_disk_open(&disk, src, NULL, test_ctx()), HL_OK);
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_volume *v = hl_disk_volume(disk, i);
		uint64_t cursor = 0, off, len, sum = 0, want, end = 0;
		enum hl_status st;

		if (!v->fs || hl_fs_unallocated(v->fs, &want) != HL_OK)
			continue;
		while ((st = hl_fs_free_next(v->fs, &cursor, &off, &len)) ==
		       HL_OK) {
			ck_assert_uint_gt(len, 0);
			ck_assert(off >= end);
			end = off + len;
			sum += len;
		}
		ck_assert_int_eq(st, HL_END);
		ck_assert_uint_eq(sum, want);
		tried++;
	}
	ck_assert_uint_gt(tried, 1);
	hl_disk_close(disk);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

static TCase *decoders(void)
{
	TCase *t = tcase_create("decoders");

	tcase_add_test(t, a_cell_has_a_size_that_can_be);
	tcase_add_test(t, a_bin_has_whole_pages_and_a_first_cell);
	tcase_add_test(t, a_base_block_is_believed_by_fields_and_checksum);
	tcase_add_test(t, cells_name_others);
	return t;
}

static TCase *finds(void)
{
	TCase *t = tcase_create("finds");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_hive_anywhere_on_a_sector);
	tcase_add_test(t, a_stated_size_is_no_size);
	tcase_add_test(t, a_weak_base_block_needs_its_bins);
	tcase_add_test(t, a_clean_base_block_takes_no_bin_of_another_time);
	tcase_add_test(t, parts_of_one_hive_are_rejoined_wherever_it_was_cut);
	tcase_add_test(t, parts_of_two_hives_are_not);
	tcase_add_test(t, of_two_that_fit_none_is_taken);
	tcase_add_test(t, a_page_that_was_overwritten);
	tcase_add_test(t, damage_never_ends_in_a_crash);
	tcase_add_test(t, any_allocation_may_fail);
	tcase_add_test(t, stretches_add_up_to_what_is_free);
	return t;
}

int main(void)
{
	return test_main("carve", decoders(), finds(), NULL);
}
