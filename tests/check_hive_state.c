/*
 * check_hive_state.c: the verdict over hives built here byte by byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define BINS 12288u              /* one bin of 4096, one of 8192 */
#define SIZE (4096u + BINS + 4096u) /* and a preallocated tail */

static void seal(uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 508; i += 4)
		sum ^= (uint32_t)h[i] | (uint32_t)h[i + 1] << 8 |
		       (uint32_t)h[i + 2] << 16 | (uint32_t)h[i + 3] << 24;
	put32(h + 508, sum == 0 ? 1 : sum == 0xffffffff ? 0xfffffffe : sum);
}

static void put_bin(uint8_t *h, uint32_t off, uint32_t size)
{
	memcpy(h + 4096 + off, "hbin", 4);
	put32(h + 4096 + off + 4, off);
	put32(h + 4096 + off + 8, size);
}

/* A root key named "ROOT" in a cell of 88 bytes at 32. */
static void put_root(uint8_t *h)
{
	uint8_t *cell = h + 4096 + 32;

	put32(cell, (uint32_t)-88);
	memcpy(cell + 4, "nk", 2);
	put16(cell + 6, 0x2c);        /* root, no delete, latin 1 name */
	put16(cell + 4 + 0x48, 4);    /* name length */
	memcpy(cell + 4 + 0x4c, "ROOT", 4);
}

static uint8_t *hive_new(void)
{
	uint8_t *h = calloc(1, SIZE);

	ck_assert_ptr_nonnull(h);
	memcpy(h, "regf", 4);
	put32(h + 4, 7);       /* sequence numbers */
	put32(h + 8, 7);
	put32(h + 20, 1);      /* version 1.5 */
	put32(h + 24, 5);
	put32(h + 32, 1);      /* format */
	put32(h + 36, 32);     /* root cell */
	put32(h + 40, BINS);
	put32(h + 44, 1);      /* clustering */
	put_utf16(h + 48, "\\config\\TEST");
	put_bin(h, 0, 4096);
	put_bin(h, 4096, 8192);
	put_root(h);
	memset(h + 4096 + BINS, 0xa5, 4096); /* remnant: normal */
	seal(h);
	return h;
}

static struct hl_hive_report judge(const uint8_t *p, size_t n, size_t piece)
{
	struct hl_hive_report r;
	struct hl_hive_check *c;
	uint8_t *copy = tight(p, n);

	ck_assert_int_eq(hl_hive_check_new(&c, test_ctx()), HL_OK);
	for (size_t at = 0; at < n; at += piece) {
		size_t len = n - at < piece ? n - at : piece;
		uint8_t *part = tight(copy + at, len);
		hl_hive_check_feed(c, part, len);
		free(part);
	}
	hl_hive_check_finish(c, &r);
	hl_hive_check_free(c);
	free(copy);
	return r;
}

static bool says(const struct hl_hive_report *r, const char *part)
{
	for (size_t i = 0; i < r->n_notes; i++)
		if (strstr(r->notes[i], part))
			return true;
	return false;
}

#define STATE(r, s) \
	ck_assert_str_eq(hl_hive_state_text((r).state), hl_hive_state_text(s))

START_TEST(a_whole_hive_is_clean_whatever_the_pieces)
{
	static const size_t pieces[] = { 1, 7, 31, 512, 4095, 4096, 4097,
	                                 65536 };
	uint8_t *h = hive_new();

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct hl_hive_report r = judge(h, SIZE, pieces[i]);
		STATE(r, HL_HIVE_CLEAN);
		ck_assert_uint_eq(r.bins_ok, BINS);
		ck_assert_uint_eq(r.size, SIZE);
		ck_assert(r.root_ok);
		ck_assert_str_eq(r.root_name, "ROOT");
		ck_assert_uint_eq(r.n_notes, 0);
		ck_assert_str_eq(r.base.name, "\\config\\TEST");
		ck_assert_uint_eq(r.base.seq1, 7);
		ck_assert_uint_eq(r.base.minor, 5);
	}
	free(h);
}
END_TEST

/* Field by field: what is between them differs by machine and compiler. */
static void same(const struct hl_hive_report *a, const struct hl_hive_report *b)
{
	const struct hl_base_block *x = &a->base, *y = &b->base;

	STATE(*a, b->state);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->bins_ok, b->bins_ok);
	ck_assert_int_eq(a->root_ok, b->root_ok);
	ck_assert_str_eq(a->root_name, b->root_name);
	ck_assert_uint_eq(a->n_notes, b->n_notes);
	for (size_t i = 0; i < a->n_notes; i++)
		ck_assert_str_eq(a->notes[i], b->notes[i]);
	ck_assert_int_eq(x->signature, y->signature);
	ck_assert_int_eq(x->checksum_ok, y->checksum_ok);
	ck_assert_uint_eq(x->seq1, y->seq1);
	ck_assert_uint_eq(x->seq2, y->seq2);
	ck_assert_int_eq(x->last_written.ticks, y->last_written.ticks);
	ck_assert_uint_eq(x->major, y->major);
	ck_assert_uint_eq(x->minor, y->minor);
	ck_assert_uint_eq(x->type, y->type);
	ck_assert_uint_eq(x->root_cell, y->root_cell);
	ck_assert_uint_eq(x->bins_size, y->bins_size);
	ck_assert_uint_eq(x->flags, y->flags);
	ck_assert_str_eq(x->name, y->name);
}

START_TEST(the_verdict_does_not_depend_on_the_pieces)
{
	uint8_t *h = hive_new();

	for (size_t at = 0; at < 4096 + 200; at += 3) {
		h[at] ^= 0x55;
		struct hl_hive_report a = judge(h, SIZE, SIZE);
		struct hl_hive_report b = judge(h, SIZE, 37);
		same(&a, &b);
		h[at] ^= 0x55;
	}
	free(h);
}
END_TEST

START_TEST(zero_bytes_are_empty)
{
	struct hl_hive_report r = judge((const uint8_t *)"", 0, 1);

	STATE(r, HL_HIVE_EMPTY);
	ck_assert_uint_eq(r.n_notes, 0);
}
END_TEST

START_TEST(a_cut_hive_is_never_clean)
{
	uint8_t *h = hive_new();

	for (size_t n = 512; n < 4096 + BINS; n += 512) {
		struct hl_hive_report r = judge(h, n, 1000);
		STATE(r, HL_HIVE_DAMAGED);
		ck_assert_uint_gt(r.n_notes, 0);
		ck_assert_uint_le(r.bins_ok, n > 4096 ? n - 4096 : 0);
		ck_assert_uint_eq(r.bins_ok, n < 8192 ? 0 : 4096);
	}
	for (size_t n = 4; n < 512; n += 4) {
		struct hl_hive_report r = judge(h, n, 1000);
		STATE(r, HL_HIVE_DAMAGED);
		ck_assert(says(&r, "inside the base block"));
	}
	struct hl_hive_report r = judge(h, 4096 + BINS, 4096);
	STATE(r, HL_HIVE_CLEAN);
	free(h);
}
END_TEST

START_TEST(sequence_numbers_that_differ_are_dirty)
{
	uint8_t *h = hive_new();

	put32(h + 4, 8);
	seal(h);
	struct hl_hive_report r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_DIRTY);
	ck_assert(says(&r, "8 and 7"));
	/* its logs may bring what is cut: dirty, and said */
	r = judge(h, 8192 + 512, 4096);
	STATE(r, HL_HIVE_DIRTY);
	ck_assert(says(&r, "the file ends inside the bin at 8192"));
	ck_assert_uint_eq(r.bins_ok, 4096);
	free(h);
}
END_TEST

START_TEST(a_wrong_checksum_is_dirty_while_bins_are_there)
{
	uint8_t *h = hive_new();

	h[508] ^= 1;
	struct hl_hive_report r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_DIRTY);
	ck_assert(!r.base.checksum_ok);
	ck_assert(says(&r, "checksum"));
	memset(h + 4096, 0, 32);
	r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_DAMAGED);
	free(h);
}
END_TEST

START_TEST(checksums_zero_and_all_ones_are_never_stored)
{
	struct hl_base_block b;
	uint8_t h[512] = "regf";

	memcpy(h + 4, "regf", 4); /* cancels: the sum is 0 */
	put32(h + 508, 0);
	ck_assert_int_eq(hl_base_block_decode(h, 512, &b), HL_OK);
	ck_assert(!b.checksum_ok);
	put32(h + 508, 1);
	ck_assert_int_eq(hl_base_block_decode(h, 512, &b), HL_OK);
	ck_assert(b.checksum_ok);
	put32(h + 8, 0xffffffff); /* the sum is all ones */
	put32(h + 508, 0xfffffffe);
	ck_assert_int_eq(hl_base_block_decode(h, 512, &b), HL_OK);
	ck_assert(b.checksum_ok);
	ck_assert_int_eq(hl_base_block_decode(h, 511, &b), HL_RANGE);
	h[0] = 'R';
	ck_assert_int_eq(hl_base_block_decode(h, 512, &b), HL_END);
}
END_TEST

/* One field of the second bin each, or of the base block. */
static const struct broken {
	uint32_t off;
	uint32_t value;
	const char *note;
	uint32_t bins_ok;
} broken[] = {
	{ 8192, 0x6e696269, "no \"hbin\"", 4096 },
	{ 8192 + 4, 0, "offset field", 4096 },
	{ 8192 + 4, 8192, "offset field", 4096 },
	{ 8192 + 8, 0, "whole pages", 4096 },
	{ 8192 + 8, 4095, "whole pages", 4096 },
	{ 8192 + 8, 0x80000000, "larger than the stated", 4096 },
	{ 8192 + 8, 0xfffff000, "larger than the stated", 4096 },
	{ 8192 + 8, 4096, "no \"hbin\"", 8192 }, /* the next page has none */
	{ 4096 + 8, 16384, "larger than the stated", 0 },
	{ 40, 0, "not in whole pages", 0 },
	{ 40, BINS - 1, "not in whole pages", 4096 },
	{ 40, 0xffffffff, "not in whole pages", BINS },
	{ 40, 0xfffff000, "12288 of 4294963200", BINS },
	{ 40, 8192, "larger than the stated", 4096 },
	{ 20, 2, "major version", BINS },
	{ 36, 0, "bin's header", BINS },
	{ 36, 24, "bin's header", BINS },
	{ 36, 4096 + 8, "bin's header", BINS },
	{ 36, 33, "not a cell's", BINS },
	{ 36, BINS, "outside the bins", BINS },
	{ 36, 0xfffffff8, "outside the bins", BINS },
	{ 36, 4096 + 32, "not in use", BINS },
	{ 4096 + 32, 88, "not in use", BINS },
	{ 4096 + 32, 0x80000000, "larger than the bins", BINS },
	{ 4096 + 32, (uint32_t)-8192, "larger than the bins", BINS },
	{ 4096 + 32, (uint32_t)-4, "too small", BINS },
	{ 4096 + 32, 0xffffffff, "too small", BINS },
	{ 4096 + 32, (uint32_t)-80, "out of its cell", BINS },
	{ 4096 + 36, 0, "no key", BINS },
	{ 4096 + 36 + 0x48, 0xffff, "longer than", BINS },
	{ 4096 + 36 + 0x48, 512, "out of its cell", BINS },
};

START_TEST(each_broken_field_is_found)
{
	const struct broken *b = &broken[_i];
	uint8_t *h = hive_new();

	put32(h + b->off, b->value);
	seal(h);
	struct hl_hive_report r = judge(h, SIZE, 777);
	STATE(r, HL_HIVE_DAMAGED);
	ck_assert_msg(says(&r, b->note), "row %d: %s", _i, r.notes[0]);
	ck_assert_msg(r.bins_ok == b->bins_ok, "row %d: %s", _i, r.notes[0]);
	free(h);
}
END_TEST

START_TEST(a_hive_without_its_base_block_is_damaged)
{
	uint8_t *h = hive_new();

	memset(h, 0, 4096);
	struct hl_hive_report r = judge(h, SIZE, 600);
	STATE(r, HL_HIVE_DAMAGED);
	ck_assert(says(&r, "base block is destroyed"));
	ck_assert_uint_eq(r.bins_ok, BINS);
	ck_assert(r.root_ok);
	r = judge(h, 8192 + 4096, 600); /* cut in the second bin */
	STATE(r, HL_HIVE_DAMAGED);
	ck_assert_uint_eq(r.bins_ok, 4096);
	free(h);
}
END_TEST

START_TEST(other_content_is_not_a_hive_and_named)
{
	static uint8_t zeros[8192];
	struct hl_hive_report r = judge(zeros, sizeof(zeros), 4096);

	STATE(r, HL_HIVE_NOT_A_HIVE);
	ck_assert(says(&r, "all zeros"));
	r = judge((const uint8_t *)"hello\n", 6, 6);
	STATE(r, HL_HIVE_NOT_A_HIVE);
	ck_assert(says(&r, "text"));
	r = judge((const uint8_t *)"\xb5\xb1\0regf\4", 8, 8);
	STATE(r, HL_HIVE_NOT_A_HIVE);
	ck_assert(says(&r, "LZNT1"));
	r = judge((const uint8_t *)"\1\2\3", 3, 1);
	STATE(r, HL_HIVE_NOT_A_HIVE);
	ck_assert(says(&r, "begins 010203"));
	r = judge((const uint8_t *)"reg", 3, 1);
	STATE(r, HL_HIVE_NOT_A_HIVE);
}
END_TEST

START_TEST(a_log_is_not_a_hive_but_a_copy_of_type_1_is)
{
	uint8_t *h = hive_new();

	put32(h + 28, 1); /* SYSTEM.ALT of Windows 2000 */
	seal(h);
	struct hl_hive_report r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_CLEAN);
	memcpy(h + 512, "DIRT", 4);
	r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_NOT_A_HIVE);
	ck_assert(says(&r, "transaction log"));
	free(h);
}
END_TEST

START_TEST(nt_31_cells_have_one_dword_more)
{
	uint8_t *h = hive_new();
	uint8_t *cell = h + 4096 + 32;

	put32(h + 24, 1);
	memset(cell, 0, 128);
	put32(cell, (uint32_t)-112);
	put32(cell + 4, 0);         /* the cell before: none */
	memcpy(cell + 8, "nk", 2);
	put16(cell + 10, 0x2c);
	put16(cell + 8 + 0x48, 8);
	put_utf16(cell + 8 + 0x4c, "ROOT"); /* always UTF-16LE */
	seal(h);
	struct hl_hive_report r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_CLEAN);
	ck_assert_str_eq(r.root_name, "ROOT");
	put32(h + 24, 3); /* a later version has no such cells */
	seal(h);
	r = judge(h, SIZE, 4096);
	STATE(r, HL_HIVE_DAMAGED);
	free(h);
}
END_TEST

START_TEST(memory_that_is_short_is_said)
{
	struct hl_hive_check *c;

	test_fail_alloc(1);
	ck_assert_int_eq(hl_hive_check_new(&c, test_ctx()), HL_NOMEM);
	ck_assert_ptr_null(c);
	test_fail_alloc(0);
	hl_hive_check_free(NULL);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static TCase *built(void)
{
	TCase *tc = tcase_create("built");

	tcase_add_test(tc, a_whole_hive_is_clean_whatever_the_pieces);
	tcase_add_test(tc, the_verdict_does_not_depend_on_the_pieces);
	tcase_add_test(tc, zero_bytes_are_empty);
	tcase_add_test(tc, a_cut_hive_is_never_clean);
	tcase_add_test(tc, sequence_numbers_that_differ_are_dirty);
	tcase_add_test(tc, a_wrong_checksum_is_dirty_while_bins_are_there);
	tcase_add_test(tc, checksums_zero_and_all_ones_are_never_stored);
	tcase_add_loop_test(tc, each_broken_field_is_found, 0, COUNT(broken));
	tcase_add_test(tc, a_hive_without_its_base_block_is_damaged);
	tcase_add_test(tc, other_content_is_not_a_hive_and_named);
	tcase_add_test(tc, a_log_is_not_a_hive_but_a_copy_of_type_1_is);
	tcase_add_test(tc, nt_31_cells_have_one_dword_more);
	tcase_add_test(tc, memory_that_is_short_is_said);
	return tc;
}

int main(void)
{
	return test_main("hive_state", built(), NULL);
}
