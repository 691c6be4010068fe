/*
 * check_recmap.c: volumes inferred from positions: records and index blocks
 * built byte by byte, contradictions, floods, a medium of 20 TB, state.
 */
#include <stdlib.h>
#include <string.h>

#include "ntfs/recmap.h"
#include "testing.h"

static struct hl_recmap *m;
static const struct hl_recmap_volume *vol;
static size_t n_vol;

static void setup(void)
{
	test_forget_notes();
	ck_assert_int_eq(hl_recmap_new(&m, test_ctx()), HL_OK);
}

static void teardown(void)
{
	hl_recmap_free(m);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static void infer(void)
{
	ck_assert_int_eq(hl_recmap_infer(m, &vol, &n_vol), HL_OK);
}

/* ---- building -------------------------------------------------------------- */

static uint8_t rec[1024], indx[4096];
static size_t at;

static void protect(uint8_t *p, size_t n)
{
	uint8_t *usa = p + (p[4] | p[5] << 8);
	size_t i;

	put16(usa, 0x0707);
	for (i = 0; i < n / 512; i++) {
		memcpy(usa + 2 + 2 * i, p + 512 * (i + 1) - 2, 2);
		memcpy(p + 512 * (i + 1) - 2, usa, 2);
	}
}

static void begin(uint32_t number, unsigned seq, uint64_t base)
{
	memset(rec, 0, sizeof(rec));
	memcpy(rec, "FILE", 4);
	put16(rec + 4, 0x30);
	put16(rec + 6, 3);
	put16(rec + 0x10, seq);
	put16(rec + 0x14, 0x38);
	put16(rec + 0x16, 1);
	put32(rec + 0x1c, sizeof(rec));
	put64(rec + 0x20, base);
	put32(rec + 0x2c, number);
	at = 0x38;
}

static void end(void)
{
	put32(rec + at, 0xffffffff);
	put32(rec + 0x18, (uint32_t)at + 8);
	protect(rec, sizeof(rec));
}

static void add_std(uint64_t created)
{
	uint8_t *a = rec + at;

	put32(a, 0x10);
	put32(a + 4, 0x18 + 0x30);
	put32(a + 0x10, 0x30);
	put16(a + 0x14, 0x18);
	put64(a + 0x18, created);
	at += 0x48;
}

static size_t name_value(uint8_t *p, uint64_t parent, const char *name)
{
	memset(p, 0, 0x42);
	put64(p, parent);
	p[0x40] = (uint8_t)strlen(name);
	p[0x41] = 1;
	return 0x42 + put_utf16(p + 0x42, name);
}

static void add_name(uint64_t parent, const char *name)
{
	uint8_t *a = rec + at;
	size_t n = name_value(a + 0x18, parent, name);

	put32(a, 0x30);
	put32(a + 4, (uint32_t)((0x18 + n + 7) / 8 * 8));
	put32(a + 0x10, (uint32_t)n);
	put16(a + 0x14, 0x18);
	a[0x16] = 1;
	at += (0x18 + n + 7) / 8 * 8;
}

struct run { uint64_t lcn, len; };

/* Of that many clusters; lists of runs with 8-byte fields. */
static void add_runs(uint32_t type, const char *name, uint64_t lowest,
                     uint64_t cluster, const struct run *r, size_t n)
{
	uint8_t *a = rec + at, *p;
	size_t n_name = strlen(name), i, off = (0x40 + 2 * n_name + 7) / 8 * 8;
	uint64_t sum = 0, last = 0;

	put32(a, type);
	a[8] = 1;
	a[9] = (uint8_t)n_name;
	put16(a + 0x0a, 0x40);
	put_utf16(a + 0x40, name);
	put16(a + 0x20, (unsigned)off);
	p = a + off;
	for (i = 0; i < n; i++, p += 17) {
		p[0] = 0x88;
		put64(p + 1, r[i].len);
		put64(p + 9, r[i].lcn - last);
		last = r[i].lcn;
		sum += r[i].len;
	}
	put64(a + 0x10, lowest);
	put64(a + 0x18, lowest + sum - 1);
	put64(a + 0x28, lowest ? 0 : sum * cluster);
	put64(a + 0x30, lowest ? 0 : sum * cluster);
	put64(a + 0x38, lowest ? 0 : sum * cluster);
	put32(a + 4, (uint32_t)((size_t)(p + 1 - a) + 7) / 8 * 8);
	at += ((size_t)(p + 1 - a) + 7) / 8 * 8;
}

/* Every assertion of Check is a system call: too slow for millions. */
static void quietly(enum hl_status st)
{
	if (st != HL_OK)
		ck_abort_msg("%s", hl_status_text(st));
}

static void feed(uint64_t off)
{
	uint8_t *p = tight(rec, sizeof(rec));

	quietly(hl_recmap_feed(m, off, (struct span){ p, 1024 }));
	free(p);
}

/* A record 0 whose $MFT has those runs. */
static void feed_zero(uint64_t off, uint64_t created, uint64_t cluster,
                      const struct run *r, size_t n)
{
	begin(0, 1, 0);
	add_std(created);
	add_name(5, "$MFT");
	add_runs(0x80, "", 0, cluster, r, n);
	end();
	feed(off);
}

static void feed_plain(uint64_t off, uint32_t number, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		begin(number + i, 2, 0);
		add_std(1);
		end();
		feed(off + (uint64_t)i * 1024);
	}
}

/* A folder whose index has one block at that cluster. */
static void feed_folder(uint64_t off, uint32_t number, uint64_t cluster,
                        uint64_t lcn)
{
	struct run r = { lcn, cluster < 4096 ? 4096 / cluster : 1 };

	begin(number, 3, 0);
	add_std(1);
	add_runs(0xa0, "$I30", 0, cluster, &r, 1);
	end();
	feed(off);
}

static void feed_indx(uint64_t off, uint64_t vcn, uint32_t folder)
{
	uint8_t *e = indx + 0x40, *p;
	size_t n;

	memset(indx, 0, sizeof(indx));
	memcpy(indx, "INDX", 4);
	put16(indx + 4, 0x28);
	put16(indx + 6, 9);
	put64(indx + 0x10, vcn);
	put32(indx + 0x18, 0x28);
	n = name_value(e + 0x10, (uint64_t)3 << 48 | folder, "some name");
	put64(e, 99);
	put16(e + 8, (unsigned)((0x10 + n + 7) / 8 * 8));
	put16(e + 10, (unsigned)n);
	n = (0x10 + n + 7) / 8 * 8;
	put16(e + n + 8, 16);
	put16(e + n + 12, 2);
	put32(indx + 0x1c, (uint32_t)(0x28 + n + 16));
	put32(indx + 0x20, 4096 - 0x18);
	protect(indx, sizeof(indx));
	p = tight(indx, sizeof(indx));
	quietly(hl_recmap_feed(m, off, (struct span){ p, 4096 }));
	free(p);
}

/* ---- by record 0 ------------------------------------------------------------ */

START_TEST(record_0_tells_all)
{
	const struct run r[] = { { 100, 8 }, { 50, 4 }, { 900, 4 } };
	const uint64_t start = 1 << 20;

	feed_plain(start + 50 * 4096, 32, 16);
	feed_zero(start + 100 * 4096, 5, 4096, r, 3);
	feed_plain(start + 100 * 4096 + 1024, 1, 31);
	feed_plain(start + 900 * 4096, 48, 16);
	infer();
	ck_assert_uint_eq(n_vol, 1);
	ck_assert_uint_eq(vol->start, start);
	ck_assert_uint_eq(vol->cluster_size, 4096);
	ck_assert_uint_eq(vol->record_size, 1024);
	ck_assert_uint_eq(vol->mft_lcn, 100);
	ck_assert(vol->has_zero && !vol->older);
	ck_assert_uint_eq(vol->records, 64);
	ck_assert_uint_eq(vol->n_ext, 3);
	ck_assert_uint_eq(vol->ext[1].number, 32);
	ck_assert_uint_eq(vol->ext[1].off, start + 50 * 4096);
	ck_assert_uint_ge(vol->score, 90);
	ck_assert_uint_eq(vol->size, 904 * 4096);
	ck_assert(!vol->size_known);
	ck_assert_ptr_nonnull(strstr(vol->evidence[0], "64 of 64 records"));
}
END_TEST

/* Its last piece stands in an extension record. */
START_TEST(extension_records_of_the_mft_count)
{
	const struct run r = { 10, 4 }, more = { 300, 4 };
	uint8_t *a;

	begin(0, 1, 0);
	add_std(5);
	add_name(5, "$MFT");
	a = rec + at;
	add_runs(0x80, "", 0, 4096, &r, 1);
	/* it states the bytes of both pieces */
	put64(a + 0x28, 8 * 4096);
	put64(a + 0x30, 8 * 4096);
	put64(a + 0x38, 8 * 4096);
	/* another stream tells the size of a cluster */
	add_runs(0xb0, "", 0, 4096, &more, 1);
	end();
	feed(10 * 4096);
	feed_plain(10 * 4096 + 1024, 1, 14);
	begin(15, 1, (uint64_t)1 << 48);
	add_runs(0x80, "", 4, 4096, &more, 1);
	end();
	feed(10 * 4096 + 15 * 1024);
	feed_plain(300 * 4096, 16, 16);
	infer();
	ck_assert_uint_eq(n_vol, 1);
	ck_assert_uint_eq(vol->records, 32);
	ck_assert_uint_eq(vol->n_ext, 2);
	ck_assert_uint_eq(vol->start, 0);
}
END_TEST

/* Formatted anew the same way: the old $MFT goes on behind the new one. */
START_TEST(two_generations_in_one_place)
{
	const struct run r = { 4, 4 };
	uint32_t i;

	feed_zero(4 * 4096, 9, 4096, &r, 1);
	feed_plain(4 * 4096 + 1024, 1, 15);
	/* older: 16 on, at the same distance */
	for (i = 0; i < 4; i++)
		feed_folder(8 * 4096 + i * 1024, 16 + i, 4096, 700 + 10 * i);
	feed_plain(9 * 4096, 20, 100);
	for (i = 0; i < 4; i++)
		feed_indx((700 + 10 * i) * 4096, 0, 16 + i);
	infer();
	ck_assert_uint_eq(n_vol, 2);
	ck_assert(vol[0].has_zero && !vol[0].older);
	ck_assert_uint_eq(vol[0].records, 16);
	ck_assert(!vol[1].has_zero && vol[1].older);
	ck_assert_uint_eq(vol[1].start, 0);
	ck_assert_uint_eq(vol[1].records, 104);
	ck_assert_uint_eq(vol[1].index_blocks, 4);
	ck_assert_uint_eq(vol[1].ext[0].number, 16);
	ck_assert_uint_eq(vol[1].mft_lcn, 8);
}
END_TEST

/* ---- by index blocks --------------------------------------------------------- */

/* Clusters of 512 bytes to 2 MiB; blocks in large ones count sectors. */
START_TEST(index_blocks_tell_start_and_cluster)
{
	uint64_t cs = (uint64_t)512 << _i, start = 77 * (1 << 20);
	uint32_t i;

	for (i = 0; i < 6; i++)
		feed_folder(start + 40 * cs + i * 1024, 64 + i, cs,
		            9000 + 64 * i);
	feed_plain(start + 40 * cs + 6144, 70, 30);
	for (i = 0; i < 6; i++)
		feed_indx(start + (9000 + 64 * i) * cs, 0, 64 + i);
	/* another volume's, of the same number */
	feed_indx(start + 123 * 4096, 0, 66);
	infer();
	ck_assert_uint_eq(n_vol, 1);
	ck_assert_uint_eq(vol->start, start);
	ck_assert_uint_eq(vol->cluster_size, cs);
	ck_assert_uint_eq(vol->records, 36);
	ck_assert_uint_eq(vol->index_blocks, 6);
	ck_assert(!vol->has_zero);
	ck_assert_uint_ge(vol->score, 50);
}
END_TEST

START_TEST(signatures_alone_are_not_believed)
{
	const struct run r = { 4, 4 };

	feed_zero(4 * 4096, 9, 4096, &r, 1); /* nothing lies where it says */
	begin(7, 1, 0);
	end();
	rec[1022] ^= 1; /* torn */
	feed(8192);
	begin(8, 1, 0);
	put32(rec + 0x1c, 2048);
	end();
	feed(9216);
	feed_plain(1 << 20, 5000, 200); /* of which volume? */
	infer();
	ck_assert_uint_eq(n_vol, 0);
	ck_assert(test_noted(HL_INFO, "201 records in 2 stretches belong to "
	                              "no volume"));
}
END_TEST

/* ---- hostile ------------------------------------------------------------------ */

START_TEST(contradictions_and_huge_numbers)
{
	const struct run wild[] = {
		{ INT64_MAX / 2, INT64_MAX / 2 }, { 1, 1 }, { 0, 1 },
	};
	uint64_t off;
	uint32_t i;

	for (i = 0; i < 2000; i++) {
		off = (uint64_t)(i % 50) * 1024;
		begin(i * 0x9e3779b9u, i & 0xffff, i % 3 ? 0 : i);
		add_name(5, "$MFT");
		add_runs(i % 2 ? 0x80 : 0xa0, i % 2 ? "" : "$I30", 0,
		         (uint64_t)512 << i % 30, wild, 3);
		end();
		feed(off);
		if (i % 7 == 0) {
			begin(0, 1, 0);
			add_name(5, "$MFT");
			add_runs(0x80, "", 0, 512, wild + i % 2, 2);
			end();
			feed(off + 512);
		}
		feed_indx(INT64_MAX - 4096ull * i, (uint64_t)i << 33 | i, i);
		ck_assert_int_eq(hl_recmap_add(m, UINT64_MAX - i, UINT64_MAX,
		                               1024, 3), HL_OK);
		ck_assert_int_eq(hl_recmap_add(m, INT64_MAX, UINT32_MAX, 1024,
		                               4096), HL_OK);
	}
	infer();
	infer();
	ck_assert_uint_le(n_vol, 256);
}
END_TEST

/* Twice as many places as are kept, none beside another. */
START_TEST(millions_of_single_records)
{
	const struct run r = { 4, 25 };
	uint32_t i;

	feed_zero(4 * 4096, 9, 4096, &r, 1);
	feed_plain(4 * 4096 + 1024, 1, 99);
	for (i = 0; i < 2200000; i++)
		quietly(hl_recmap_add(m, (1 << 22) + 8192ull * i,
		                      i * 7919u % 1000003, 1024, 0));
	infer();
	ck_assert_uint_ge(n_vol, 1);
	ck_assert_uint_eq(vol->start, 0);
	ck_assert(vol->has_zero);
	ck_assert_uint_eq(vol->records, 100);
	ck_assert(test_noted(HL_LOSS, "alone where they lie, were left out"));
	ck_assert_uint_lt(test_stats()->mem_peak, 256u << 20);
}
END_TEST

/* 200 million records on 20 TB, $MFT in 100,000 pieces, and 20 million index
 * blocks of as many folders. */
START_TEST(twenty_terabytes)
{
	const uint64_t step = 200000000;
	uint64_t k, off = 1 << 20, number = 0, cs = 4096, start = 1 << 20;
	uint32_t i;

	for (k = 0; k < 100000; k++, off += step) {
		off -= (off - start) % cs;
		for (i = 0; i < 2000; i++, number++)
			quietly(hl_recmap_add(m, off + i * 1024ull,
				number, 1024, i % 3 ? 0 : 4096));
		if (k % 50)
			continue;
		for (i = 0; i < 20; i++) {
			uint64_t lcn = (off - start) / cs + 1000 + i * 10;

			feed_folder(off + 2000 * 1024 + i * 1024,
			            (uint32_t)(number + i), cs, lcn);
			feed_indx(start + lcn * cs, 0, (uint32_t)(number + i));
		}
		number += 20;
	}
	infer();
	ck_assert_uint_ge(n_vol, 1);
	ck_assert_uint_eq(vol->start, start);
	ck_assert_uint_eq(vol->cluster_size, cs);
	ck_assert_uint_ge(vol->records, 200000000);
	ck_assert_uint_lt(test_stats()->mem_peak, 256u << 20);
}
END_TEST

/* More folders than are compared: both sides keep the same ones. */
START_TEST(folders_are_sampled_on_both_sides)
{
	uint64_t off = 0;
	uint32_t i;

	for (i = 0; i < 700000; i++, off += 1024)
		feed_folder(off, 64 + i, 4096, 1000000 + i);
	for (i = 0; i < 700000; i++)
		feed_indx((1000000ull + i) * 4096, 0, 64 + i);
	infer();
	ck_assert_uint_eq(n_vol, 1);
	ck_assert_uint_eq(vol->start, 0);
	ck_assert_uint_eq(vol->records, 700000);
	ck_assert_uint_ge(vol->index_blocks, 100000);
	ck_assert(test_noted(HL_INFO, "one of 2 was compared"));
	ck_assert_uint_lt(test_stats()->mem_peak, 256u << 20);
}
END_TEST

/* ---- state --------------------------------------------------------------------- */

static uint8_t state[1 << 20];
static size_t n_state;

static int keep(void *user, const void *p, size_t n)
{
	if (user || n > sizeof(state) - n_state)
		return -1;
	memcpy(state + n_state, p, n);
	n_state += n;
	return 0;
}

static void small_medium(void)
{
	uint32_t i;

	for (i = 0; i < 6; i++) {
		feed_folder(40 * 4096 + i * 1024, 64 + i, 4096, 9000 + i);
		feed_indx((9000ull + i) * 4096, 0, 64 + i);
	}
}

START_TEST(state_comes_back)
{
	const struct run r = { 100, 8 };

	feed_zero(100 * 4096, 5, 4096, &r, 1);
	feed_plain(100 * 4096 + 1024, 1, 31);
	small_medium();
	n_state = 0;
	ck_assert_int_eq(hl_recmap_save(m, keep, NULL), HL_OK);
	hl_recmap_free(m);
	ck_assert_int_eq(hl_recmap_load(&m, (struct span){ state, n_state },
	                                test_ctx()), HL_OK);
	infer();
	ck_assert_uint_eq(n_vol, 2);
	ck_assert_uint_eq(vol[0].records, 32);
	ck_assert_uint_eq(vol[1].index_blocks, 6);
	/* and goes on: the next record of a stretch, twice the same */
	feed_plain(40 * 4096 + 6 * 1024, 70, 2);
	feed_plain(40 * 4096 + 6 * 1024, 70, 2);
	infer();
	ck_assert_uint_eq(vol[1].records, 8);
	ck_assert_uint_eq(vol[1].n_ext, 1);
	ck_assert_int_eq(hl_recmap_save(m, keep, m), HL_IO);
}
END_TEST

START_TEST(state_that_was_changed_is_refused)
{
	struct hl_recmap *other;
	size_t i;

	small_medium();
	n_state = 0;
	ck_assert_int_eq(hl_recmap_save(m, keep, NULL), HL_OK);
	for (i = 0; i < n_state; i++) {
		uint8_t *p = tight(state, i);

		ck_assert_int_eq(hl_recmap_load(&other, (struct span){ p, i },
		                                test_ctx()), HL_CORRUPT);
		free(p);
		state[i] ^= 0x41;
		ck_assert_int_eq(hl_recmap_load(&other, (struct span){ state,
		                 n_state }, test_ctx()), HL_CORRUPT);
		state[i] ^= 0x41;
	}
}
END_TEST

START_TEST(memory_may_fail_anywhere)
{
	size_t i;
	enum hl_status st = HL_NOMEM;

	small_medium();
	for (i = 1; st == HL_NOMEM; i++) {
		test_fail_alloc(i);
		st = hl_recmap_infer(m, &vol, &n_vol);
		ck_assert(st == HL_OK || st == HL_NOMEM);
	}
	test_fail_alloc(0);
	ck_assert_uint_gt(i, 5);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("recmap");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, record_0_tells_all);
	tcase_add_test(t, extension_records_of_the_mft_count);
	tcase_add_test(t, two_generations_in_one_place);
	tcase_add_loop_test(t, index_blocks_tell_start_and_cluster, 0, 13);
	tcase_add_test(t, signatures_alone_are_not_believed);
	tcase_add_test(t, contradictions_and_huge_numbers);
	tcase_add_test(t, millions_of_single_records);
	tcase_add_test(t, twenty_terabytes);
	tcase_add_test(t, folders_are_sampled_on_both_sides);
	tcase_add_test(t, state_comes_back);
	tcase_add_test(t, state_that_was_changed_is_refused);
	tcase_add_test(t, memory_may_fail_anywhere);
	return test_main("recmap", t, NULL);
}
